"""What a bounce or a complaint tells: which of our mails came back, and for whom (RFC 3464, RFC 5965, and older forms).

Anybody can write such a letter. It says something only about mail that we sent: compare the ids with ours.
"""

import re
from collections.abc import Iterator

from msgspec import Struct

from chalicelib.letters.letter import Letter

_FAR_ENOUGH = 65_536
_MOST = 100
_MESSAGE_ID = re.compile(
    r"^[ \t>]{0,8}message-id:\s{0,10}<?([^\s<>]{1,500}@[^\s<>]{1,255})>?", re.IGNORECASE | re.MULTILINE
)
_FIELD = re.compile(r"([a-z-]{1,60}):[ \t]*(.*(?:\n[ \t].*)*)", re.IGNORECASE)
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_OLD_STATUS = re.compile(r"(?:^|[\s(])([45])(?:\d\d(?:[ -]|$)|\.\d{1,3}\.\d{1,3}\b)", re.MULTILINE)
_OLD_RECIPIENT = re.compile(r"^\s{0,8}<([^\s<>@]{1,64}@[^\s<>@]{1,255})>", re.MULTILINE)
_RETURNED_TYPES = frozenset(
    {"message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers", "message/global-headers"}
)


class FailedRecipient(Struct, frozen=True, kw_only=True):
    """Somebody whom a mail did not reach. `status` is the enhanced code (RFC 3463), None where none is given.

    A delay or a status that begins with 4 is not permanent: mail to that address goes on.
    """

    address: str
    status: str | None
    is_permanent: bool


def bounced_message_ids(letter: Letter) -> tuple[str, ...]:
    """The ids of the mail that a bounce or complaint is about, best first, without angle brackets."""
    found: dict[str, None] = {}
    for part in letter.reports:
        if part.type in _RETURNED_TYPES:
            head = re.split(r"\n\s*\n", _text(part.content).lstrip(), maxsplit=1)[0]
            found.update((said, None) for said in _MESSAGE_ID.findall(head)[:_MOST])
    if not found:
        found.update((said, None) for said in _MESSAGE_ID.findall(letter.words[:_FAR_ENOUGH])[:_MOST])
    found.update((said, None) for said in (*letter.in_reply_to, *letter.references[-_MOST:]))
    return tuple(found)


def failed_recipients(letter: Letter) -> tuple[FailedRecipient, ...]:
    """Whom the mail did not reach, each address once and in lower case."""
    found: dict[str, FailedRecipient] = {}
    for recipient in (*_reported(letter), *_told(letter)):
        found.setdefault(recipient.address, recipient)
    return tuple(found.values())[:_MOST]


def complaining_recipients(letter: Letter) -> tuple[str, ...]:
    """Whose mailbox the complaint comes from, where the report names it."""
    found = [
        said
        for part in letter.reports
        if part.type == "message/feedback-report"
        for fields in _groups(part.content)
        for name in ("original-rcpt-to", "removal-recipient")
        if (said := _address(fields.get(name, "")))
    ]
    return tuple(dict.fromkeys(found))[:_MOST]


def _reported(letter: Letter) -> Iterator[FailedRecipient]:
    for part in letter.reports:
        if "delivery-status" not in part.type:
            continue
        for fields in _groups(part.content):
            address = _address(fields.get("final-recipient", "") or fields.get("original-recipient", ""))
            action = fields.get("action", "").strip().lower()
            if not address or action.startswith(("delivered", "relayed", "expanded")):
                continue
            status = _STATUS.search(fields.get("status", "") or fields.get("diagnostic-code", ""))
            code = status[1] if status else None
            permanent = not action.startswith("delayed") and not (code or "5").startswith("4")
            yield FailedRecipient(address=address, status=code, is_permanent=permanent)


def _told(letter: Letter) -> Iterator[FailedRecipient]:
    """What mail systems say in their own words: Exim's header, qmail's `<address>:`."""
    text = letter.words[:_FAR_ENOUGH]
    said = letter.header("x-failed-recipients").split(",")[:_MOST] + _OLD_RECIPIENT.findall(text)[:_MOST]
    status, old = _STATUS.search(text), _OLD_STATUS.search(text)
    code = status[1] if status else None
    permanent = not (code or (old[1] if old else "5")).startswith("4")
    for address in said:
        if "@" in address:
            yield FailedRecipient(address=address.strip(" <>").lower(), status=code, is_permanent=permanent)


def _groups(content: bytes) -> Iterator[dict[str, str]]:
    """The groups of fields of a report, each name once, in lower case."""
    for group in re.split(r"\n\s*\n", _text(content))[:_MOST]:
        fields: dict[str, str] = {}
        for field in _FIELD.finditer(group):
            fields.setdefault(field[1].lower(), " ".join(field[2].split()))
        yield fields


def _text(content: bytes) -> str:
    return content[:_FAR_ENOUGH].decode("utf-8", "replace").replace("\r\n", "\n")


def _address(said: str) -> str:
    """The address of a field such as `rfc822; a@example.com`."""
    address = said.rpartition(";")[2].strip(" <>").lower()
    return address if "@" in address and " " not in address else ""
