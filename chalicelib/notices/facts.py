"""What a notice may say, gathered from the ticket's file as it is now."""

from datetime import datetime
from typing import Any

from chalicelib.accounts import store as accounts
from chalicelib.accounts.account import Account
from chalicelib.language import Language
from chalicelib.notices.which import Asked, Reader
from chalicelib.notices.worded import NoticeFacts
from chalicelib.proof import proving
from chalicelib.proof.proving import Seat
from chalicelib.settings import settings
from chalicelib.tickets import agenda, store
from chalicelib.tickets.ticket import CODE_LIVES_FOR, CODE_TRIES, Ticket

PREVIOUS = "#previous"
BRING_CODES = ("code", "reminder_proof", "code_for_expedite")


def seat_of(kind: str, reader: Reader) -> Seat:
    """Whose link and reply address the notice carries: the code's own mail has its own."""
    return "code" if kind in BRING_CODES and kind != "code_for_expedite" else reader


def language_of(ticket: Ticket, contact: store.Contact) -> Language:
    """The account's language after proof; before, the letter's or page's, so that nobody learns of the account."""
    told = contact.language if ticket.proof or ticket.way_in == "portal" else ticket.language
    return "en" if told == "en" else "vi"


def recipients(file: store.File, asked: Asked, *, at: datetime) -> list[tuple[str, store.Contact]]:
    """Who gets the notice now, each under a suffix of its key: an address replaced in the last 30 days, and the reader,
    who comes last: once theirs is settled, all is.

    The owner's address is the account's, until freezing has sealed it into the ticket.
    """
    contact, previous = file.contacts.get(asked.reader), file.contacts.get("previous")
    if asked.reader == "asker" or contact:
        sealed = [("", contact)] if contact else []
        told_too = previous if asked.reader == "owner" and asked.kind not in BRING_CODES else None
        return [(PREVIOUS, told_too), *sealed] if told_too else sealed
    account = _account(file.ticket)
    if not account or (asked.kind in BRING_CODES and account.has_new_address(at)):
        return []  # to an address that is new no code goes, whoever asked for it and whenever it was changed
    said = account.fields
    language = said.language or file.ticket.language
    found = [("", store.Contact(address=said.email, name=said.name, language=language))]
    if account.has_new_address(at) and account.previous_address:
        found = [(PREVIOUS, store.Contact(address=account.previous_address, name=None, language=language)), *found]
    return found


def _account(ticket: Ticket) -> Account | None:
    """The account of the owner that the ticket is about, if it still is the same generation."""
    references = (ticket.account, *ticket.claims) if ticket.account else ticket.claims
    for each in references:
        account = accounts.look_for(each.account_id)
        if account and account.generation == each.generation:
            return account
    return None


def _confirm_link(ticket: Ticket) -> str:
    """Where the asker gives their own word: in the portal, or at their link if they can't sign in."""
    if ticket.proof == "facts":
        return proving.tracking_link(ticket, "asker")
    return f"{settings().public_url}/portal/tickets/{ticket.number}" if ticket.way_in == "portal" else ""


def facts_of(file: store.File, asked: Asked, contact: store.Contact) -> NoticeFacts:
    ticket, seat = file.ticket, seat_of(asked.kind, asked.reader)
    now, waits = settings(), store.waits()
    words_nth = asked.change.facts.get("words")
    words = file.words.get(words_nth) if isinstance(words_nth, int) else None
    closes_at, until = asked.change.facts.get("closes_at"), asked.change.facts.get("until")
    review_at = asked.change.facts.get("review_at")
    ended = ticket.ended_at
    text = words.text if words and not words.is_internal else ""
    return NoticeFacts(
        number=ticket.number, company=now.company, support_address=now.support_address, reader=asked.reader,
        name=contact.name or "", account_id=ticket.account.account_id if ticket.account and ticket.proof else "",
        zone=now.time_zone, tracking_link=proving.tracking_link(ticket, seat),
        confirm_link=_confirm_link(ticket),
        stop_code=proving.stop_code_for(ticket, seat), code_link=proving.tracking_link(ticket, "code"),
        ask_again_link=f"{now.public_url}/close-account", export_url=now.export_url, complaints_url=now.complaints_url,
        opened_at=ticket.opened_at, due_at=ticket.due_at, answer_by=ticket.answer_by,
        closes_at=datetime.fromisoformat(str(closes_at)) if closes_at else ticket.closes_at,
        hold_review_at=datetime.fromisoformat(str(review_at)) if review_at else ticket.hold_review_at,
        blocker_until=_at(str(until)) if until else ticket.blocked_until, **_named(file, asked, contact),
        proof_until=agenda.expires_at(ticket, waits), proof=ticket.proof, codes=_codes(ticket, asked),
        code_until=ticket.code.issued_at + CODE_LIVES_FOR if ticket.code else None,
        tries_left=max(0, CODE_TRIES - ticket.code.tries) if ticket.code else None,
        keep_until=agenda.shrinks_at(ticket, waits) if ended else None,
        tombstone_until=agenda.tombstone_until(ticket, waits) if ended else None,
        reason_code=_reason(asked), reason_text=text if asked.kind in ("rejected", "deadline_extended") else "",
        kept=tuple(
            (line.get("detail", ""), line["basis"], _at(line.get("until"))) for line in file.ledger if "basis" in line
        ),
        residuals=tuple((line["detail"], _at(line["until"])) for line in file.ledger if line["found"] == "residual"),
        words=text,
    )  # fmt: skip


def _named(file: store.File, asked: Asked, contact: store.Contact) -> dict[str, Any]:
    """What the company's own check named, in the reader's language; of blockers those that this change tells of."""
    language, codes = language_of(file.ticket, contact), (asked.change.why or "").split(",")
    told = [(each, each.vi if language == "vi" else each.en) for each in file.named]
    return {
        "warnings": tuple(text for each, text in told if each.kind == "warning"),
        "blockers": tuple((text, each.url or "") for each, text in told if each.code in codes),
    }


def _codes(ticket: Ticket, asked: Asked) -> tuple[tuple[str, str], ...]:
    if asked.kind not in BRING_CODES:
        return ()
    references = ticket.claims or ((ticket.account,) if ticket.account else ())
    return tuple((each.account_id, proving.code_for(ticket, each)) for each in references)


def _reason(asked: Asked) -> Any:
    return asked.change.why if asked.kind == "rejected" else None


def _at(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
