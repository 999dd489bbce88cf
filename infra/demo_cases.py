"""The two cases of the guide, step by step."""

import json
import re
from datetime import datetime, timedelta
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

from chalicelib.closure.verify_receipt import GENUINE, Verdict, verdict
from infra.demo_desk import Desk, Unexpected
from infra.demo_people import Agent, Customer, Person, needs, needs_text, passes
from infra.demo_telling import Telling

A_DAY = timedelta(days=1)
AN_HOUR = timedelta(hours=1)  # longer than the workflow tries again before it calls for an agent
_CODE = re.compile(r"^\s*([BCGHKMNPQRTVXZ2-9]{4}-[BCGHKMNPQRTVXZ2-9]{4})\s*$", re.MULTILINE)
_LINK = re.compile(r"https?://\S+/track/[A-Za-z0-9.-]*[A-Za-z0-9]")


def lan(mark: str) -> Person:
    return Person(
        says="Lan", account_id=f"demo-lan-{mark}", email=f"lan.{mark}@khach.example", name="Nguyễn Thị Lan",
        language="vi", country="VN",
    )  # fmt: skip


def john(mark: str) -> Person:
    return Person(
        says="John", account_id=f"demo-john-{mark}", email=f"john.{mark}@customer.example", name="John Carter",
        language="en", country="IE",
    )  # fmt: skip


def in_the_portal(desk: Desk, telling: Telling, mark: str) -> None:
    """Case 1: a customer who can sign in, in Vietnamese."""
    telling.scene("Case 1: Lan signs in to the portal and opens a ticket (Vietnamese)")
    me = Customer(lan(mark), desk, telling)
    agent = Agent("An", desk, telling)
    me.is_registered()
    _lan_opens_a_ticket(me, desk, telling)
    _is_approved(me, agent, telling)
    _time_passes(me, agent, desk, telling)
    telling.does("Lan", "looks at the ticket in the tool")
    ticket = needs(me.asks("GET", f"/tickets/{me.number}"), 200, "GET the ticket")
    telling.sees(f"{me.number}: {ticket['status_name']}. {ticket['next']['text']}")
    telling.promise('the ticket says "Closed"', ticket["status"] == "closed", ticket["status"])
    me.has_in_the_mailbox("received", "scheduled", "reminder_cooling_off", "closing", "closed")


def by_mail(desk: Desk, telling: Telling, mark: str) -> None:
    """Case 2: a customer who can't sign in, in English."""
    telling.scene("Case 2: John cannot sign in and writes a mail (English)")
    me = Customer(john(mark), desk, telling)
    agent = Agent("Chi", desk, telling)
    me.is_registered()
    code_mail = _john_writes(me, desk, telling)
    _chi_must_wait(me, agent, telling)
    _john_replies(me, code_mail, desk, telling)
    _is_approved(me, agent, telling)
    _time_passes(me, agent, desk, telling)
    me.has_in_the_mailbox("code", "verified", "scheduled", "reminder_cooling_off", "closing", "closed")


def _lan_opens_a_ticket(me: Customer, desk: Desk, telling: Telling) -> None:
    catalog = needs(desk.call("GET", "/catalog", language="vi"), 200, "GET the catalog")
    product = _named(catalog["products"], "other")
    category = _named(catalog["categories"], "technical_support")
    words = "Tôi muốn hủy tài khoản và xóa toàn bộ dữ liệu của tôi."
    telling.does("Lan", f'opens a ticket: {product} > {category}, "Hủy tài khoản"')
    asked = {
        "product": "other", "category": "technical_support", "subject": "Hủy tài khoản", "content": words,
        "request": "account_closure",
    }  # fmt: skip
    ticket = needs(me.asks("POST", "/tickets", asked), 201, "POST the ticket")
    me.number = ticket["number"]
    telling.sees(f"in the tool: {me.number} – {ticket['status_name']}. {ticket['next']['text']}")
    telling.promise("the ticket is under review at once: signing in was the proof", ticket["status"] == "in_review")
    me.gets("received")
    rows = needs(me.asks("GET", "/tickets"), 200, "GET my tickets")["items"]
    telling.promise("the ticket is in Lan's list", [me.number] == [row["number"] for row in rows], rows)


def _named(entries: list[dict[str, Any]], key: str) -> str:
    return str(next(each["vi"] for each in entries if each["key"] == key))


def _is_approved(me: Customer, agent: Agent, telling: Telling) -> None:
    telling.does(agent.says, "opens the ticket at the desk")
    ticket = agent.sees(me)
    facts = ticket["accounts"][0]
    telling.sees(
        f"{ticket['number']} – {ticket['status']}, proved by {ticket['proof']}, due {ticket['due_at'][:10]}",
        f"account {facts['account_id']}: {facts['name']}, {facts['email']}, {facts['country']}",
    )
    telling.does(agent.says, "approves")
    approved = needs(agent.approves(ticket), 200, "approve")
    telling.sees(f"{approved['status']}; erasing begins {approved['closes_at'][:16].replace('T', ' ')} UTC")
    telling.promise("the ticket is scheduled", approved["status"] == "scheduled", approved["status"])
    me.gets("scheduled")


def _time_passes(me: Customer, agent: Agent, desk: Desk, telling: Telling) -> None:
    """The cooling-off, the reminder in it, and the erasing after it."""
    ticket = agent.reads(me)
    closes_at = datetime.fromisoformat(ticket["closes_at"])
    passes(desk, closes_at - A_DAY - desk.now())
    telling.does("Time", "passes, until a day before the cooling-off ends")
    me.gets("reminder_cooling_off")
    telling.promise("nothing is erased yet: the account is there", me.account_status() == 200)
    passes(desk, closes_at - desk.now() + AN_HOUR)
    telling.does("Time", "passes; the cooling-off is over, and the closure workflow runs")
    mails = me.gets("closing", "closed")
    me.is_gone()
    agent.finds_the_ledger_clean(me)
    _tracks(me, mails, "Đã đóng (Closed)" if me.person.language == "vi" else "Closed", desk, telling)
    _has_a_receipt(me, mails, desk, telling)


def _john_writes(me: Customer, desk: Desk, telling: Telling) -> dict[str, Any]:
    asks = f"please close my account {me.person.account_id} and delete my data. I can't sign in any more."
    telling.does("John", 'mails support@desk.example: "Please close my account"')
    desk.mail(
        _letter(
            me.person, to="support@desk.example", subject="Please close my account", text=f"Hello,\n\n{asks}\n\nJohn\n"
        )
    )
    mail = next(iter(me.gets("code")), None)
    if not mail:
        raise Unexpected("no code mail came")
    first = next(line for line in mail["text"].splitlines()[1:] if line.strip())
    caution = "This code closes your account. We never ask for it by phone or chat."
    telling.promise("the code mail begins with the caution", first == caution, first)
    _tracks(me, [mail], "Waiting for verification", desk, telling)
    return mail


def _chi_must_wait(me: Customer, agent: Agent, telling: Telling) -> None:
    telling.does(agent.says, "opens the ticket at the desk, before John has proved anything")
    ticket = agent.sees(me)
    letter = ticket["letters"][0]
    telling.sees(f"letter from {letter['from_seen']} ({letter['standing']}): {letter['subject']}", *ticket["warnings"])
    refused = agent.approves(ticket)
    telling.promise(
        "an unproved request can't be approved (409)", refused.status == 409, f"{refused.status} {refused.text[:200]}"
    )


def _john_replies(me: Customer, code_mail: dict[str, Any], desk: Desk, telling: Telling) -> None:
    found = _CODE.search(code_mail["text"])
    if not found:
        raise Unexpected(f"no code stands in the code mail: {code_mail['text'][:600]}")
    typed = found[1].lower().replace("-", " ")
    telling.does("John", f"answers the code mail and types the code: {typed}")
    quoted = "\n".join(f"> {line}" for line in code_mail["text"].splitlines())
    reply = _letter(
        me.person, to=code_mail["headers"]["Reply-To"], subject=f"Re: {code_mail['subject']}",
        text=f"{typed}\n\nOn Sunday, Signoff wrote:\n{quoted}\n", answers=code_mail["headers"]["Message-ID"],
    )  # fmt: skip
    desk.mail(reply)
    mails = me.gets("verified")
    _tracks(me, mails, "Under review", desk, telling)


def _tracks(me: Customer, mails: list[dict[str, Any]], status: str, desk: Desk, telling: Telling) -> None:
    """Opens the tracking link of the newest mail, without signing in."""
    link = _LINK.search(mails[-1]["text"]) if mails else None
    if not link:
        telling.breaks("a mail carries a tracking link", [mail["subject"] for mail in mails])
        return
    answer = desk.read(link[0])
    page = _text_of(answer.text)
    telling.does(me.person.says, "opens the tracking link, without signing in")
    telling.sees(*page[:3])
    telling.promise(f'the tracking page says "{status}"', any(line.startswith(status) for line in page), page)
    person = me.person
    shown = [each for each in (person.email, person.name, person.account_id) if each in answer.text]
    telling.promise("and shows no personal data", answer.status == 200 and not shown, shown or answer.status)


def _has_a_receipt(me: Customer, mails: list[dict[str, Any]], desk: Desk, telling: Telling) -> None:
    """Fetches the receipt from the tracking page, and checks it as anybody can, with the published keys alone."""
    link = _LINK.search(mails[-1]["text"]) if mails else None
    receipt = needs_text(desk.read(f"{link[0]}/receipt"), "the receipt") if link else ""
    keys = needs_text(desk.read(f"{desk.url}/receipt-keys"), "the keys")
    found = verdict(receipt.encode(), keys.encode(), "vi" if me.person.language == "vi" else "en")
    telling.does(me.person.says, "keeps the receipt and checks it offline")
    telling.sees(*found.words[:2], "  - …", *found.words[-3:])
    telling.promise("the receipt is genuine and names this account", _is_for(me, receipt, found), found.words[0])


def _is_for(me: Customer, receipt: str, found: Verdict) -> bool:
    return found.exits == GENUINE and json.loads(receipt)["account"]["id"] == me.person.account_id


def _letter(person: Person, *, to: str, subject: str, text: str, answers: str = "") -> EmailMessage:
    letter = EmailMessage()
    letter["From"] = f"{person.name} <{person.email}>"
    letter["To"] = to
    letter["Subject"] = subject
    letter["Message-ID"] = f"<{person.account_id}.{'reply' if answers else 'first'}@{person.email.partition('@')[2]}>"
    if answers:
        letter["In-Reply-To"] = letter["References"] = answers
    letter.set_content(text)
    return letter


class _Lines(HTMLParser):
    """The lines of a page's main part, as they are read."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._is_main = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._is_main = self._is_main or tag == "main"

    def handle_data(self, data: str) -> None:
        if self._is_main and data.strip():
            self.lines.append(" ".join(data.split()))


def _text_of(html: str) -> list[str]:
    parser = _Lines()
    parser.feed(html)
    return parser.lines
