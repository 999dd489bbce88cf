"""`python -m tests.faults.restarts [TURNS]`: kill -9 all over the two cases of the guide, and nothing is lost.

Plays both cases, and a request that is withdrawn, against a desk on tables and a folder that stay. Again and again the
whole process dies at a call that writes: right after it was answered, before anyone heard of it. It is started again,
whoever got no answer asks again, and time passes. In the end every ticket must have ended as promised; what did not is
printed, and makes the exit status 1.
"""

import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import boto3

from infra import ministack
from infra.local.where import ACCOUNT, REGION
from infra.second_dynamodb import served
from tests.faults.house import House, a_house
from tests.stories.letters import CLOSE, answer_to, code_in, letter
from tests.stories.people import Customer, Desk, Json

PORTAL = ["received", "scheduled", "reminder_cooling_off", "closing", "closed"]
MAIL = ["code", "verified", "scheduled", "reminder_cooling_off", "closing", "closed"]
WITHDRAWN = ["received", "scheduled", "withdrawn"]
AN_END = 20
"""More quarters of a day than what a crash leaves behind takes, after the cooling-off."""


@dataclass(kw_only=True)
class Person:
    """Somebody with an account, through all lives of the desk; which notices they are promised, and how it ends."""

    house: House
    account_id: str
    promised: list[str]
    number: str = ""

    @property
    def email(self) -> str:
        return f"{self.account_id}@customer.example"

    def customer(self, desk: Desk) -> Customer:
        return Customer(desk=desk, account_id=self.account_id, email=self.email, sub=self.account_id)

    def is_registered(self) -> None:
        fields = {"email": self.email, "name": "John Carter", "country": "IE", "language": "en"}
        self.house.until_done(lambda desk: desk.system("PUT", f"/accounts/{self.account_id}", fields))
        self.house.until_done(lambda desk: desk.panel("POST", "/holders", {"account_id": self.account_id}))

    def asks(self) -> None:
        """In the portal. Who got no answer looks at the list before asking again."""

        def ask(desk: Desk) -> str:
            me = self.customer(desk)
            return next(iter(me.tickets()), "") or me.asks_to_close()

        self.number = self.house.until_done(ask)

    def writes(self, words: str, mail: Json | None = None) -> None:
        """By mail. A mail program that got no answer sends the same letter again."""
        name = f"<{self.account_id}.{'reply' if mail else 'first'}@customer.example>"
        headers = {"subject": f"Re: {mail['subject']}", "to": mail["headers"]["Reply-To"]} if mail else {}
        raw = letter(f"John Carter <{self.email}>", words, **headers, **{"Message-ID": name})
        self.house.until_done(lambda desk: desk.letter(raw))

    def gets_code(self) -> Json:
        """The mail that brings it, at the latest by the second sweep from now."""
        for _ in range(3):
            mails = self.house.until_done(lambda desk: desk.mails(self.email))
            if mails:
                self.number = mails[0]["subject"].partition("]")[0].lstrip("[")
                return dict(mails[-1])
            self.house.until_done(lambda desk: desk.advance("PT2H"))
        raise AssertionError(f"{self.account_id} wrote, and no code came")

    def is_approved(self) -> None:
        """As soon as the ticket waits for it."""
        self.house.until_done(lambda desk: self._decided(desk, "in_review", "approve"))

    def is_tried_again(self) -> None:
        self.house.until_done(lambda desk: self._decided(desk, "needs_attention", "retry"))

    def withdraws(self) -> None:
        def withdraw(desk: Desk) -> None:
            me = self.customer(desk)
            if me.ticket(self.number)["status"] == "scheduled":
                me.does(self.number, "withdraw", {}).ok()

        self.house.until_done(withdraw)

    def status(self) -> str:
        return str(self.house.until_done(lambda desk: desk.agent().ticket(self.number)["status"]))

    def _decided(self, desk: Desk, status: str, what: str) -> None:
        agent = desk.agent()
        ticket = agent.ticket(self.number)
        if ticket["status"] == status:
            agent.decides(self.number, what, version=ticket["version"]).ok()

    def mails(self) -> list[Json]:
        return list(self.house.until_done(lambda desk: desk.mails(self.email)))


@dataclass(kw_only=True)
class Play:
    """Three people's requests, side by side in the same lives."""

    house: House
    mark: str
    repeats: int = 0
    broken: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lan = Person(house=self.house, account_id=f"lan-{self.mark}", promised=PORTAL)
        self.john = Person(house=self.house, account_id=f"john-{self.mark}", promised=MAIL)
        self.minh = Person(house=self.house, account_id=f"minh-{self.mark}", promised=WITHDRAWN)
        self.people = (self.lan, self.john, self.minh)

    def people_register(self) -> None:
        for each in self.people:
            each.is_registered()

    def people_ask(self) -> None:
        self.lan.asks()
        self.minh.asks()
        self.john.writes(CLOSE)

    def john_proves(self) -> None:
        mail = self.john.gets_code()
        if self.john.status() == "awaiting_proof":
            self.john.writes(answer_to(mail, code_in(mail)), mail)

    def agents_approve(self) -> None:
        for each in self.people:
            each.is_approved()

    def minh_withdraws(self) -> None:
        self.minh.withdraws()

    def time_passes(self) -> None:
        """Until nothing is open; agents try again what the sweep found dead. At last nobody dies any more: a closing
        begins anew with each retry, and could need more calls than a life has."""
        for nth, by in enumerate((timedelta(days=9), *[timedelta(hours=6)] * AN_END)):
            if nth == AN_END // 4:
                self.house.rests()
            self._advance(by)
            for each in self.people:
                each.is_tried_again()
            if all(each.status() in ("closed", "withdrawn") for each in self.people):
                self._advance(timedelta(hours=2))  # the sweep sends what was left
                return

    def _advance(self, by: timedelta) -> None:
        """By so much altogether, in however many lives."""
        target = self._now() + by

        def advance(desk: Desk) -> None:
            left = target - datetime.fromisoformat(desk.panel("GET", "/clock")["now"])
            if left > timedelta(seconds=1):
                desk.advance(f"PT{left.total_seconds():.0f}S")

        self.house.until_done(advance)

    def _now(self) -> datetime:
        found: str = self.house.until_done(lambda desk: desk.panel("GET", "/clock")["now"])
        return datetime.fromisoformat(found)

    def ends(self) -> list[str]:
        """What was promised and isn't so."""
        self.house.rests()
        self._ends_with(self.lan, "closed", account=404)
        self._ends_with(self.john, "closed", account=404)
        self._ends_with(self.minh, "withdrawn", account=200)
        state = self.house.until_done(lambda desk: desk.state())
        self._expect("the quarantine", state["quarantine"], {})
        self._expect("letters that nobody took", [*(self.house.data / "events").glob("[!.]*")], [])
        return self.broken

    def _ends_with(self, person: Person, status: str, *, account: int) -> None:
        name = person.account_id
        self._expect(f"{name}'s ticket", person.status(), status)
        found = self.house.until_done(lambda desk: person.customer(desk).account().status)
        self._expect(f"{name}'s account", found, account)
        held = self.house.until_done(lambda desk: desk.panel("GET", f"/holders.json?account_id={name}"))
        self._expect(f"what others hold of {name}", any(held.values()), account == 200)
        ticket = self.house.until_done(lambda desk: desk.agent().ticket(person.number))
        kinds = list(dict.fromkeys(each["kind"] for each in ticket["notices"]))
        self._expect(f"{name}'s notices", kinds, person.promised)
        self._mails_are_whole(person)

    def _mails_are_whole(self, person: Person) -> None:
        """Each notice came; of a subject that came twice only the last was written down as sent."""
        mails = person.mails()
        by_subject = Counter(mail["subject"] for mail in mails)
        self._expect(f"the kinds of mail to {person.account_id}", len(by_subject), len(person.promised))
        self.repeats += len(mails) - len(by_subject)
        written = Counter(mail["subject"] for mail in mails if self._is_written(mail))
        self._expect(f"mails to {person.account_id}, as written down", written, Counter(dict.fromkeys(by_subject, 1)))

    def _is_written(self, mail: Json) -> bool:
        key = {"pk": {"S": f"sent#{mail['id']}"}, "sk": {"S": "guard"}}
        return "Item" in _tables(self.house).get_item(TableName="signoff-dev-desk", Key=key, ConsistentRead=True)

    def _expect(self, what: str, found: object, wanted: object) -> None:
        if found != wanted:
            self.broken.append(f"{what}: {found}, not {wanted}")

    def whole(self) -> list[str]:
        """The whole story, by whatever deaths it meets."""
        for act in (self.people_register, self.people_ask, self.john_proves, self.agents_approve):
            act()
        self.minh_withdraws()
        self.time_passes()
        return self.ends()


def _tables(house: House) -> Any:
    return boto3.client(
        "dynamodb", endpoint_url=house.endpoint["AWS_ENDPOINT_URL_DYNAMODB"], region_name=REGION,
        aws_access_key_id=ACCOUNT, aws_secret_access_key="local",
    )  # fmt: skip


def main(arguments: list[str]) -> int:
    turns = int(arguments[0]) if arguments else 6
    broken, repeats, began = 0, 0, time.monotonic()
    ministack.make_environment()
    with tempfile.TemporaryDirectory() as folder, served() as endpoint, a_house(Path(folder), endpoint) as house:
        for turn in range(turns):
            deaths, house.every = house.deaths, EVERY
            play = Play(house=house, mark=f"{turn:03}")
            house.dies_at("*", "*", 1 + turn * EVERY // turns)
            found = play.whole()
            broken, repeats = broken + len(found), repeats + play.repeats
            print(f"turn {turn + 1}: {house.deaths - deaths} deaths, broken: {found or 'nothing'}", flush=True)
    print(
        f"{turns} turns of three requests, {house.deaths} processes killed, {broken} promises broken, "
        f"{repeats} mails twice (each time the death lay between handing over and writing down), "
        f"{time.monotonic() - began:.0f} s"
    )
    return 1 if broken or not house.deaths else 0


EVERY = 41
"""So many calls that write are a life; each turn begins with a shorter one, so that deaths fall elsewhere."""

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
