"""Codes, tracking tokens, stop codes and reply addresses: derived here, checked here, and tried here.

Readers: `asker` (who wrote), `owner` (the address on file), and `code` (the code's own mail). A code counts only at
what its own mail gave: that mail's link, its signed reply address, or an authenticated reply of the address on file.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Literal

from msgspec import Struct

from chalicelib import clock, keys
from chalicelib.accounts import store as accounts_store
from chalicelib.problems import CodeRefused, NotFound
from chalicelib.proof.code import folded_code
from chalicelib.settings import settings
from chalicelib.tickets import deciding, moves, opening, store
from chalicelib.tickets.ticket import AccountRef, Ticket
from chalicelib.transaction import Together

Seat = Literal["asker", "owner", "code"]
SEATS: tuple[Seat, ...] = ("asker", "owner", "code")


class Seen(Struct, frozen=True, kw_only=True):
    """A ticket as somebody sees it who holds a link or a signed address, and as whom."""

    ticket: Ticket
    seat: Seat


def code_for(ticket: Ticket, account: AccountRef) -> str:
    """The living code of this ticket for this account, as people type it."""
    return keys.typed_code("code", *_code_parts(ticket, account))


def _code_parts(ticket: Ticket, account: AccountRef) -> tuple[str, ...]:
    aim = ticket.code.aim if ticket.code else ""
    return (ticket.number, str(ticket.codes), aim, account.account_id, str(account.generation))


def stop_code_for(ticket: Ticket, seat: Seat) -> str:
    return keys.typed_code("stop", ticket.number, seat, str(ticket.epoch))


def tracking_link(ticket: Ticket, seat: Seat) -> str:
    token = keys.token("track", ticket.number, seat, str(ticket.epoch))
    return f"{settings().public_url}/track/{ticket.number.lower()}.{token}"


def seen_by_token(token: str) -> Seen:
    """The ticket that a tracking link shows, and the reader it was made for; `NotFound` for anything else, and once
    the ticket is shrunk.

    Mail programs take the full stop or comma behind a link for a part of it; it is passed over."""
    number, _, mac = token.rstrip(".,;:!?)>]").partition(".")
    ticket = store.look_for(number.upper()) if number and mac and len(token) <= 64 else None
    for seat in SEATS if ticket and not ticket.shrunk_at else ():
        if ticket and keys.is_token(mac, "track", ticket.number, seat, str(ticket.epoch)):
            return Seen(ticket=ticket, seat=seat)
    raise NotFound()


def may_have_receipt(seen: Seen) -> bool:
    """Whether the ticket is closed, and this reader is one who proved the account: its receipt names it."""
    ticket = seen.ticket
    is_theirs = seen.seat != "asker" or ticket.proof == "facts" or ticket.asker_is_owner
    return ticket.status == "closed" and is_theirs


def reply_address(ticket: Ticket, seat: Seat) -> str:
    """Where answers to this reader's mails come in: `support+so-7k3m9q.MAC@domain`, MAC of 80 bits."""
    local, _, domain = settings().support_address.partition("@")
    mac = keys.token("reply", ticket.number, seat, str(ticket.epoch), bits=80)
    return f"{local}+{ticket.number.lower()}.{mac}@{domain}"


def seen_by_address(address: str) -> Seen | None:
    """The ticket and reader that a signed reply address was made for; None if it is none of ours."""
    local, _, domain = settings().support_address.lower().partition("@")
    before, _, after = address.strip().lower().rpartition("@")
    base, _, signed = before.partition("+")
    number, _, mac = signed.partition(".")
    if base != local or after != domain or not mac:
        return None
    ticket = store.look_for(number.upper())
    for seat in SEATS if ticket else ():
        if ticket and keys.is_token(mac, "reply", ticket.number, seat, str(ticket.epoch), bits=80):
            return Seen(ticket=ticket, seat=seat)
    return None


def has_no_code_way(account: AccountRef, *, at: datetime) -> bool:
    """Whether no code counts for this account: it is gone, or its address on file was changed in the last 30 days, so
    that whoever reads the code may not be the owner."""
    found = accounts_store.look_for(account.account_id)
    return found is None or found.generation != account.generation or found.has_new_address(at)


def try_code(
    ticket: Ticket, typed: str, *, by: str, tell: bool = False, beside: Callable[[Together], None] = lambda _: None
) -> Ticket:
    """Proves the ticket, or asks to expedite it, if this is its living code for one of its accounts.

    Otherwise `CodeRefused`, whatever was wrong with it; a try on a living code is counted. `tell`: it came in a
    letter that may be answered. `beside` adds that letter to what is written; if nothing is, it isn't either.
    """
    at = clock.now()
    folded = folded_code(typed)
    accounts = ticket.claims or ((ticket.account,) if ticket.account else ())
    if not typed.strip() or not ticket.code or not ticket.code.lives_at(at) or not ticket.is_live:
        raise CodeRefused()  # an empty form is no try: mail scanners send them
    right = [each for each in accounts if folded and keys.is_typed_code(folded, "code", *_code_parts(ticket, each))]
    if not right:
        refused = moves.code_refused(ticket, by=by, at=at, tell=tell)
        deciding.apply(ticket, refused, extra=lambda together, _: beside(together))
        raise CodeRefused()
    if has_no_code_way(right[0], at=at):
        raise CodeRefused()
    if ticket.code.aim == "expedite":
        asked = moves.expedite_asked(ticket, by=by, at=at)
        return deciding.apply(ticket, asked, extra=lambda together, _: beside(together))
    return opening.prove(ticket, right[0], way="code", by="owner", at=at, beside=beside)


def stop_with_code(seen: Seen, typed: str) -> Ticket:
    """Ends the ticket by its reader's stop code: the asker's own, or the address on file says no.

    A reader who proved the account withdraws; anybody else at least pauses it for an agent.
    """
    folded = folded_code(typed)
    ticket = seen.ticket
    if not folded or not keys.is_typed_code(folded, "stop", ticket.number, seen.seat, str(ticket.epoch)):
        raise CodeRefused()
    if seen.seat == "asker" and not ticket.proof:
        return deciding.withdraw(ticket, by="asker")
    if seen.seat in ("owner", "code") and ticket.proof in ("sign_in", "code"):
        return deciding.withdraw(ticket, by="owner")
    is_owner = seen.seat != "asker"
    return deciding.stop(ticket, by="owner" if is_owner else "asker", why="not_me", is_believed=is_owner)
