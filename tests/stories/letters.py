"""Letters of the stories: who writes them, what they look like, and what people find in the mails they get.

lan = mailbox_of(desk, desk.customer(email="lan@shop.example"))
lan.writes("Please close my account.")
code_mail = lan.mails()[-1]
lan.replies(code_mail, code_in(code_mail))
"""

import itertools
import re
import smtplib
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from tests.stories.people import Answer, Customer, Desk, Json

ALONE = {"COMPANY": "Signoff by mail"}
"""Settings of a desk that only stories in which much time passes share: few tickets are there to be swept."""
SUPPORT = "support@desk.example"
CLOSE = "Please close my account and delete my data. I can't sign in any more."
CAUTION = "This code closes your account. We never ask for it by phone or chat."
MARKER = "-- Please write above this line --"

_CODE = re.compile(r"^ {4}([BCGHKMNPQRTVXZ2-9]{4}-[BCGHKMNPQRTVXZ2-9]{4})(?: {3}(\S+))?\r?$", re.MULTILINE)
_STOP_CODE = re.compile(r"([BCGHKMNPQRTVXZ2-9]{4}-[BCGHKMNPQRTVXZ2-9]{4})\.\r?$", re.MULTILINE)
_LINK = re.compile(r"\S+/track/[a-z0-9.-]+[a-z0-9]")
_AS_WRITTEN = SMTP.clone(max_line_length=990)  # else the library encodes message ids that are long
_numbers = itertools.count(1)


def letter(
    sender: str, words: str, *, subject: str = "Close my account", to: str = SUPPORT, **headers: str | None
) -> bytes:
    """A letter as a person's mail program sends it. `In_Reply_To="<…>"` is that header; None leaves one out."""
    mail = EmailMessage(policy=_AS_WRITTEN)
    said = {
        "From": sender, "To": to, "Subject": subject, "Date": "Mon, 23 Nov 2026 09:00:00 +0700",
        "Message-ID": f"<{next(_numbers)}@letters.example>", **headers,
    }  # fmt: skip
    for name, value in said.items():
        if value is not None:
            mail[name.replace("_", "-")] = value
    mail.set_content(words)
    return mail.as_bytes()


def answer_to(mail: Json, words: str) -> str:
    """The words above the mail that they answer, quoted as most mail programs do."""
    quoted = "\n".join(f"> {line}" for line in str(mail["text"]).splitlines())
    return f"{words}\n\nOn Mon, 23 Nov 2026 at 09:00, Signoff <{SUPPORT}> wrote:\n\n{quoted}\n"


@dataclass(frozen=True, kw_only=True)
class Mailbox:
    """Somebody with a mailbox."""

    desk: Desk
    address: str

    def writes(self, words: str, *, subject: str = "Close my account", how: Json | None = None, **more: Any) -> str:
        """A fresh letter; `how` are SES's verdicts and envelope as the panel takes them. Gives its SES id."""
        return self.desk.letter(letter(self.address, words, subject=subject, **more), **(how or {}))

    def replies(self, mail: Json, words: str, *, how: Json | None = None, to: str | None = None, **more: Any) -> str:
        """An answer with the whole mail quoted below, to where that mail wants it."""
        said = {"subject": f"Re: {mail['subject']}", "In_Reply_To": mail["headers"]["Message-ID"], **more}
        where = to or str(mail["headers"]["Reply-To"])
        return self.desk.letter(letter(self.address, answer_to(mail, words), to=where, **said), **(how or {}))

    def mails(self) -> list[Json]:
        return self.desk.mails(self.address)

    def tickets(self) -> list[str]:
        """The numbers of the tickets that agents find by this address, newest first."""
        found = self.desk.agent().call("GET", f"/desk/tickets?q={self.address.replace('+', '%2B')}").ok()["items"]
        return [str(each["number"]) for each in found]

    def ticket(self) -> str:
        """The number of the only one."""
        (number,) = self.tickets()
        return number


def stranger(desk: Desk, name: str = "eve") -> Mailbox:
    """Somebody whose address no account has, at a domain of their own (domains have budgets)."""
    return Mailbox(desk=desk, address=f"{name}@stranger{next(_numbers)}.example")


def new_customer(desk: Desk, **fields: Any) -> Customer:
    """A customer who reads English, at a domain of their own."""
    said = {"email": f"john@customer{next(_numbers)}.example", "name": "John Carter", "language": "en", "country": "IE"}
    return desk.customer(**{"has_data": False, **said, **fields})


def mailbox_of(desk: Desk, customer: Customer) -> Mailbox:
    return Mailbox(desk=desk, address=customer.email)


def customer_by_mail(desk: Desk, **fields: Any) -> Mailbox:
    """The mailbox of a new customer."""
    return mailbox_of(desk, new_customer(desk, **fields))


def by_smtp(desk: Desk, raw: bytes, *, sender: str, to: str = SUPPORT) -> None:
    with smtplib.SMTP("127.0.0.1", desk.cloud.smtp_port) as line:
        line.sendmail(sender, [to], raw)
    desk.settle()


# ── what people find in a mail ───────────────────────────────────────────────────────────────────────────────


def code_in(mail: Json) -> str:
    """The code that the mail brings (the first, if there are several accounts)."""
    return _found(_CODE, mail)


def codes_in(mail: Json) -> dict[str, str]:
    """The codes by account, where a mail brings several."""
    return {account: code for code, account in _CODE.findall(str(mail["text"]))}


def has_code(mail: Json) -> bool:
    return _CODE.search(str(mail["text"])) is not None


def stop_code_in(mail: Json) -> str:
    return _found(_STOP_CODE, mail)


def link_in(mail: Json) -> str:
    """The reader's tracking link."""
    found = _LINK.search(str(mail["text"]))
    assert found, mail["text"]
    return found[0]


def wrong(code: str) -> str:
    """Another code of the same shape."""
    return code[:-1] + ("7" if code[-1] != "7" else "8") if code[:-1].replace("-", "").isalpha() else _other_end(code)


def _other_end(code: str) -> str:
    return code[:-1] + ("K" if code[-1] != "K" else "M")


def _found(pattern: re.Pattern[str], mail: Json) -> str:
    found = pattern.search(str(mail["text"]))
    assert found, mail["text"]
    return found[1]


def types(desk: Desk, link: str, code: str) -> Answer:
    """Types a code at a tracking link."""
    return desk.page(f"{link}/code", {"code": code})


def beside(desk: Desk, number: str) -> list[str]:
    """Why each letter beside the ticket lies there."""
    return [str(each["cause"]) for each in desk.agent().ticket(number)["letters"]]


def quarantined(desk: Desk, ses_id: str) -> Json | None:
    """The letter as the quarantine shows it."""
    agent, cursor = desk.agent(), ""
    while True:
        page = agent.call("GET", f"/desk/quarantine?limit=100{cursor}").ok()
        for each in page["items"]:
            if each["id"] == ses_id:
                return dict(each)
        if not page["next"]:
            return None
        cursor = f"&cursor={page['next']}"
