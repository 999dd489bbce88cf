"""Sends the notices that a ticket's timeline asks for: each once, in order, claimed before it is sent.

A notice waits until the one before it is sent or given up. Where SES took a mail and its answer was lost, SES's own
event says so (feedback.py). A repeat is possible only if that doesn't come either, in ten minutes: then the claim
lapses, and the mail is sent again.
"""

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from chalicelib import clients, clock, metrics, operators
from chalicelib.notices import delivery
from chalicelib.notices.facts import BRING_CODES, facts_of, language_of, recipients, seat_of
from chalicelib.notices.mail import CantBeAddressed, raw_mail
from chalicelib.notices.tags import tags_of
from chalicelib.notices.which import Asked, notices_of
from chalicelib.notices.worded import worded
from chalicelib.proof import proving
from chalicelib.settings import settings
from chalicelib.tickets import deciding, store
from chalicelib.tickets.opening import asker_hash
from chalicelib.tickets.store.notices import SETTLED
from chalicelib.tickets.ticket import Ticket

MOST_TRIES = 12
GIVES_UP_AFTER = timedelta(days=1)  # tries alone would be used up by a few minutes in which SES doesn't answer
_NEVER = frozenset({"MessageRejected", "InvalidParameterValue", "BadRequestException"})


class NotYet(Exception):
    """A notice couldn't be sent now; those after it wait."""


@cache
def _ses() -> Any:
    # One attempt: the SDK's own retry after a lost answer would send the mail twice without our knowing.
    return clients.client("sesv2", retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=20)


def send_due(number: str) -> None:
    """Sends all that the ticket's timeline asks for and that isn't settled. `NotYet` at the first that can't go."""
    file = store.file_of(number)
    at = clock.now()
    states = {notice.sk: notice for notice in file.notices}
    for asked in notices_of(file.changes):
        if _all_settled(asked, states):
            continue
        for suffix, contact in (*recipients(file, asked, at=at),) or (("", None),):
            known = states.get(asked.key + suffix)
            if known is None or known.state not in SETTLED:
                _send(file, asked, contact, key=asked.key + suffix, tries=int(known.tries) if known else 0)


def _all_settled(asked: Asked, states: dict[str, Any]) -> bool:
    mine = [notice for key, notice in states.items() if key == asked.key or key.startswith(asked.key + "#")]
    return bool(mine) and asked.key in states and all(notice.state in SETTLED for notice in mine)


def _send(file: store.File, asked: Asked, contact: store.Contact | None, *, key: str, tries: int) -> None:
    at = clock.now()
    notice = store.notices.claim(file.ticket.number, key, kind=asked.kind, reader=asked.reader, at=at, tries=tries)
    if not notice:
        raise NotYet()
    try:
        pointless = _pointless(file, asked, contact, at=at)
        raw = _raw(file, asked, contact) if contact and not pointless else None
    except Exception as error:
        _not_worded(notice, error, file, asked, at=at)
        return
    if contact is None or raw is None:
        store.notices.skip(notice, at=at, why=pointless or "no_address")
        metrics.count("Notices", State="skipped")
        _hand_code_to_agents(file.ticket, asked, pointless or "no_address")
        return
    try:
        ses_id = _hand_over(raw, contact, tags_of(file.ticket.number, key))
    except Exception as error:
        _not_sent(notice, error, at=at, asked_at=asked.change.at)
        return
    delivery.note_sent(file.ticket, key, ses_id=ses_id)
    metrics.count("Notices", State="sent")


def _not_worded(notice: Any, error: Exception, file: store.File, asked: Asked, *, at: datetime) -> None:
    """What it says, or a key for its links, can't be read now: it waits. Otherwise it will never be worded better, and
    those after it must not wait for it."""
    if clients.is_of_aws(error):
        store.notices.release(notice, at=at, why=type(error).__name__)
        raise NotYet() from error
    why = "address" if isinstance(error, CantBeAddressed) else "wording"
    store.notices.give_up(notice, at=at, why=why)
    metrics.count("Notices", State="failed")
    _hand_code_to_agents(file.ticket, asked, why)
    operators.warn("notice_could_not_be_written", file.ticket.number)


def _pointless(file: store.File, asked: Asked, contact: store.Contact | None, *, at: datetime) -> str | None:
    """Why nobody is helped by this notice any more; None if it should go."""
    if contact is None:
        return "no_address"
    if store.guards.is_suppressed(asker_hash(contact.address)):
        return "address_bounced"
    if asked.kind == "blocked" and not file.ticket.blockers:
        return "cleared_meanwhile"
    if asked.kind in BRING_CODES:
        code = file.ticket.code
        if not code or code.nth != asked.change.facts.get("code") or not code.lives_at(at):
            return "code_is_over"
        if any(proving.has_no_code_way(each, at=at) for each in deciding.references(file.ticket)):
            return "new_address"
    return None


def _hand_code_to_agents(ticket: Ticket, asked: Asked, why: str) -> None:
    """Nobody gets this code: agents go on with the ticket. One that is merely over is followed by another."""
    if asked.kind in BRING_CODES and why != "code_is_over":
        delivery.hand_to_agents(ticket.number)


def _raw(file: store.File, asked: Asked, contact: store.Contact) -> bytes:
    ticket = file.ticket
    facts = facts_of(file, asked, contact)
    return raw_mail(
        worded(asked.kind, language_of(ticket, contact), facts), to=contact.address, name=contact.name,
        reply_to=proving.reply_address(ticket, seat_of(asked.kind, asked.reader)), number=ticket.number,
        answers=asked.kind in ("acknowledged", "code_refused", "agent_reply", "more_needed"),
    )  # fmt: skip


def _hand_over(raw: bytes, contact: store.Contact, tags: list[dict[str, str]]) -> str:
    """Gives the mail to SES; the id that SES gave it."""
    more = {"ConfigurationSetName": settings().configuration_set} if settings().configuration_set else {}
    sent = _ses().send_email(
        FromEmailAddress=settings().support_address, Destination={"ToAddresses": [contact.address]},
        Content={"Raw": {"Data": raw}}, EmailTags=tags, **more,
    )  # fmt: skip
    return str(sent["MessageId"])


def _not_sent(notice: Any, error: Exception, *, at: datetime, asked_at: datetime) -> None:
    """SES answered no: later again, or never. No answer at all: it may have been sent, so the claim stands."""
    code = getattr(error, "response", {}).get("Error", {}).get("Code")
    if code is None:
        metrics.count("Notices", State="waiting")
        raise NotYet() from error
    is_hopeless = notice.tries >= MOST_TRIES and at >= asked_at + GIVES_UP_AFTER
    if code in _NEVER or is_hopeless:
        store.notices.give_up(notice, at=at, why=code)
        metrics.count("Notices", State="failed")
        return
    metrics.count("Notices", State="waiting")
    store.notices.release(notice, at=at, why=code)
    raise NotYet() from error
