"""What is counted for the costs: a closure by portal, one by mail, letters, an idle month."""

import itertools
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

from infra import template
from infra.counting import Counts, counted
from infra.demo_desk import Desk
from infra.demo_people import needs

LETTERS = 20
HOURS = 24
A_MONTH = 730

_numbers = itertools.count(1)

_CODE = re.compile(r"^\s*([BCGHKMNPQRTVXZ2-9]{4}-[BCGHKMNPQRTVXZ2-9]{4})\s*$", re.MULTILINE)
CLOSURE = {
    "product": "other", "category": "technical_support", "subject": "Hủy tài khoản",
    "content": "Tôi muốn hủy tài khoản và xóa toàn bộ dữ liệu của tôi.", "request": "account_closure",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Story:
    """What was counted while something happened `times` times; alarms ring by the month."""

    name: str
    counts: Counts
    times: float = 1
    alarms: int = 0


def told(desk: Desk) -> list[Story]:
    """All of them. What hourly sweeps cost anyway stands in the idle month alone."""
    idle = _idle(desk)
    stories = [
        Story(name="a closure by portal", counts=_played(desk, idle, _by_portal)),
        Story(name="a closure by mail", counts=_played(desk, idle, _by_mail)),
        Story(name="1,000 letters", counts=_letters(desk), times=LETTERS / 1000),
    ]
    alarms = template.read_yaml(template.PROJECT / "infra" / "resources.yaml")["Resources"].values()
    number = sum(each.get("Type") == "AWS::CloudWatch::Alarm" for each in alarms)
    return [*stories, Story(name="an idle month", counts=idle, times=HOURS / A_MONTH, alarms=number)]


def _idle(desk: Desk) -> Counts:
    desk.settle()
    with counted() as counts:
        desk.advance(f"PT{HOURS}H")
    return counts


def _played(desk: Desk, idle: Counts, play: Callable[[Desk, str], None]) -> Counts:
    account = registered(desk)
    desk.settle()
    with counted() as counts:
        play(desk, account)
        desk.settle()
    return counts.less(idle, counts.invocations["Sweep"] / idle.invocations["Sweep"])


def _by_portal(desk: Desk, account: str) -> None:
    """The customer asks, and looks once; an agent looks and approves; then time does the rest, until it is shrunk."""
    token = desk.token(account_id=account)
    number = needs(desk.call("POST", "/tickets", CLOSURE, token=token), 201, "the ticket")["number"]
    needs(desk.call("GET", f"/tickets/{number}", token=token), 200, "the customer's look")
    _approved(desk, number)


def _by_mail(desk: Desk, account: str) -> None:
    """The same by two letters: the request, and the answer that brings the code."""
    address = address_of(account)
    desk.letter(letter(address, "Please close my account and delete my data."), source=address)
    (mail,) = desk.outbox(address)
    desk.letter(answer_to(mail, address), source=address)
    _approved(desk, str(mail["subject"]).partition("]")[0].lstrip("["))


def _letters(desk: Desk) -> Counts:
    """Questions of strangers, each with its ticket and its answer."""
    desk.settle()
    with counted() as counts:
        for nth in range(LETTERS):
            address = f"eve@stranger{nth}.example"
            desk.letter(letter(address, "Where do I find my invoices?", subject="A question"), source=address)
        desk.settle()
    return counts


def registered(desk: Desk) -> str:
    """A new account with something to erase; its address is address_of(account)."""
    account = f"counted-{next(_numbers)}"
    fields = {"email": address_of(account), "name": "John Carter", "country": "IE", "language": "en"}
    token = desk.token(sub="crm", scope="accounts:write")
    needs(desk.call("PUT", f"/accounts/{account}", fields, token=token), 201, "the account")
    desk.fill_holders(account)
    return account


def address_of(account: str) -> str:
    return f"{account}@customer.example"


def _approved(desk: Desk, number: str) -> None:
    token = desk.token(sub="an", groups=["desk-agent"])
    seen: dict[str, Any] = needs(desk.call("GET", f"/desk/tickets/{number}", token=token), 200, "the agent's look")
    asked = {"expected_version": seen["version"]}
    needs(desk.call("POST", f"/desk/tickets/{number}/approve", asked, token=token), 200, "the approval")
    for _ in range(6):  # the cooling-off, then nightly looks and the shrinking; a longer way would leave sweeps out
        desk.advance("P7DT8H")


def answer_to(mail: dict[str, Any], address: str) -> EmailMessage:
    """The letter that brings the mail's code back."""
    code = _CODE.search(mail["text"])
    if not code:
        raise ValueError("the mail brings no code")
    return letter(address, code[1], to=mail["headers"]["Reply-To"], subject=f"Re: {mail['subject']}")


def letter(sender: str, words: str, *, to: str = "support@desk.example", subject: str = "My account") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Message-ID"] = f"<{next(_numbers)}.{secrets.token_hex(4)}@letters.example>"
    mail.set_content(words)
    return mail
