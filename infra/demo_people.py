"""Who plays in the demo: two customers with accounts of their own in each run, and two agents."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from infra.demo_desk import Answer, Desk, Unexpected
from infra.demo_telling import Telling

SUBJECTS = {
    "vi": {
        "received": "Chúng tôi đã nhận được yêu cầu xóa tài khoản của bạn",
        "scheduled": "Tài khoản của bạn đã được lên lịch xóa",
        "reminder_cooling_off": "Nhắc bạn: tài khoản của bạn sắp bị xóa",
        "closing": "Chúng tôi đang xóa tài khoản của bạn",
        "closed": "Đã đóng (Closed): tài khoản của bạn đã được xóa",
    },
    "en": {
        "code": "Your code to close your account",
        "verified": "We have verified that the account is yours",
        "scheduled": "Your account is going to be erased",
        "reminder_cooling_off": "Reminder: your account will soon be erased",
        "closing": "We are now erasing your account",
        "closed": "Closed: your account has been removed",
    },
}
"""Each notice's subject as its reader sees it; the ticket's number stands before it."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """A customer; `says` is what they are called in the story."""

    says: str
    account_id: str
    email: str
    name: str
    language: str
    country: str


class Customer:
    """A customer's account and mailbox, as the story goes on."""

    def __init__(self, person: Person, desk: Desk, telling: Telling) -> None:
        self.person = person
        self._desk = desk
        self._telling = telling
        self._read = 0  # how many mails were read so far
        self.number = ""

    def is_registered(self) -> None:
        """Another system registers the account; two holders get something to erase."""
        person = self.person
        fields = {
            "email": person.email, "name": person.name, "country": person.country, "language": person.language
        }  # fmt: skip
        path = f"/accounts/{person.account_id}"
        answer = self._desk.call("PUT", path, fields, token=self._desk.token(sub="crm", scope="accounts:write"))
        held = self._desk.fill_holders(person.account_id)
        self._telling.does("Another system", f"has registered {person.account_id} ({person.email})")
        self._telling.promise("the account is there", answer.status == 201 and self.account_status() == 200, answer)
        self._telling.promise(f"other systems hold its data: {_counts(held)}", all(held.values()), held)

    def account_status(self) -> int:
        reader = self._desk.token(sub="crm", scope="accounts:write")
        return self._desk.call("GET", f"/accounts/{self.person.account_id}", token=reader).status

    def asks(self, method: str, path: str, body: dict[str, Any] | None = None) -> Answer:
        """A call by the customer, signed in this moment."""
        token = self._desk.token(account_id=self.person.account_id)
        return self._desk.call(method, path, body, token=token, language=self.person.language)

    def gets(self, *kinds: str) -> list[dict[str, Any]]:
        """Reads the mails that came since the last look: these kinds, in this order, and no others."""
        self._desk.settle()
        mails = self._desk.outbox(self.person.email)[self._read :]
        self._read += len(mails)
        for mail in mails:
            self._telling.mail(mail)
        if not self.number and mails:
            self.number = mails[0]["subject"].partition("]")[0].lstrip("[")
        found = [mail["subject"] for mail in mails]
        told = " and ".join(kinds) + ("" if len(kinds) == 1 else ", once each")
        self._telling.promise(f"what came by mail now: {told}, and nothing else", found == self._subjects(kinds), found)
        return mails

    def has_in_the_mailbox(self, *kinds: str) -> None:
        """All mails of the story, each once, in order; the last of them went to an address that was erased by then."""
        mails = self._desk.outbox(self.person.email)
        self._telling.does(self.person.says, f"has {len(mails)} mails from the desk")
        self._telling.sees(*(f"{mail['at'][:16].replace('T', ' ')}  {mail['subject']}" for mail in mails))
        found = [mail["subject"] for mail in mails]
        self._telling.promise(
            "each step's mail came, in order, none of them twice", found == self._subjects(kinds), found
        )

    def _subjects(self, kinds: tuple[str, ...]) -> list[str]:
        return [f"[{self.number}] {SUBJECTS[self.person.language][kind]}" for kind in kinds]

    def is_gone(self) -> None:
        """The account record and every holder's data, looked for where they lay."""
        status = self.account_status()
        self._telling.promise(f"GET /accounts/{self.person.account_id} answers 404", status == 404, status)
        held = self._desk.holders(self.person.account_id)
        self._telling.promise(f"other systems hold nothing any more: {_counts(held)}", not any(held.values()), held)


class Agent:
    """An agent of the technical team."""

    def __init__(self, says: str, desk: Desk, telling: Telling) -> None:
        self.says = says
        self._desk = desk
        self._telling = telling

    def sees(self, customer: Customer) -> dict[str, Any]:
        """Finds the customer's ticket in the queue by the address on file, and opens it."""
        asked = urlencode({"q": customer.person.email})
        rows = needs(self._call("GET", f"/desk/tickets?{asked}"), 200, "the queue")["items"]
        found = [each["number"] for each in rows]
        self._telling.promise(f"the desk finds it by {customer.person.email}", found == [customer.number], found)
        return self.reads(customer)

    def reads(self, customer: Customer) -> dict[str, Any]:
        return needs(self._call("GET", f"/desk/tickets/{customer.number}"), 200, "the desk's ticket")

    def approves(self, ticket: dict[str, Any]) -> Answer:
        given = {"expected_version": ticket["version"]}
        return self._call("POST", f"/desk/tickets/{ticket['number']}/approve", given)

    def finds_the_ledger_clean(self, customer: Customer) -> None:
        """What each holder said when it was read again after the erasing."""
        ticket = self.reads(customer)
        looked = {each["holder"]: each["found"] for each in ticket["ledger"] if each["found"] != "residual"}
        cause = f"{ticket['status']}, {ticket['cause']}: {looked}"
        self._telling.sees(*(f"ledger: {holder} was read again and showed {found}" for holder, found in looked.items()))
        is_clean = {"account", "orders", "files"} <= set(looked) and set(looked.values()) == {"nothing"}
        self._telling.promise("the ledger names every holder, and nothing was found there", is_clean, cause)
        self._telling.promise("the desk's own status is closed", ticket["status"] == "closed", cause)

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Answer:
        token = self._desk.token(sub=self.says.lower(), groups=["desk-agent"])
        return self._desk.call(method, path, body, token=token)


def passes(desk: Desk, by: timedelta) -> None:
    """Time goes by: what is due on the way happens, in order."""
    desk.advance(f"PT{int(by.total_seconds())}S")


def needs(answer: Answer, status: int, what: str) -> dict[str, Any]:
    """The answer's body, or `Unexpected`: without it the story can't go on."""
    needs_text(answer, what, status)
    return answer.json


def needs_text(answer: Answer, what: str, status: int = 200) -> str:
    """The same, as it came."""
    if answer.status != status:
        raise Unexpected(f"{what}: {answer.status} instead of {status}: {answer.text[:400]}")
    return answer.text


def _counts(held: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in held.items())
