"""What stands in the way of a closure, as the company's own check tells it: blockers, which the customer can clear, and
warnings. Pure; tickets/checking.py asks."""

from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.tickets import moves
from chalicelib.tickets.moves import Moved
from chalicelib.tickets.ticket import Ticket


class Named(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that the check named. Its code outlives the ticket's words; texts and link are erased with them."""

    code: str
    kind: Literal["blocker", "warning"]
    vi: str
    en: str
    url: str | None = None


class Unanswered(Struct, frozen=True, kw_only=True):
    """The check didn't answer, or not in a way that counts: nobody can tell. `why` is a code, nothing personal."""

    why: str


Heard = tuple[Named, ...] | Unanswered


def is_asked_of(ticket: Ticket) -> bool:
    """Whether the check concerns the ticket now: before it is approved, and once its asker may know the answer."""
    is_known = ticket.account is not None and (ticket.proof is not None or ticket.asker_is_owner)
    return ticket.kind == "closure" and is_known and ticket.status in ("received", "in_review")


def settled(ticket: Ticket, heard: Heard, *, at: datetime, within: timedelta) -> Moved:
    """The ticket after this answer. Without a change in its timeline where the customer has nothing new to learn.

    `within` is how long the customer has to clear what stands in the way, if the deadline isn't sooner. A scheduled
    closure that is blocked goes back to review; a silent check alone moves nothing (`moves.put_back` does)."""
    if isinstance(heard, Unanswered):
        return Moved(ticket=replace(ticket, checked_at=at, cause=f"cannot_tell ({heard.why})"), changes=())
    known = replace(ticket, checked_at=at, cause=None)
    codes = tuple(sorted(each.code for each in heard if each.kind == "blocker"))
    if ticket.status == "received":  # the asker's own word is missing: nothing waits for the customer but that
        return Moved(ticket=known, changes=())
    if set(codes) - set(ticket.blockers):
        until = ticket.blocked_until or min(at + within, ticket.due_at)
        return moves.blocked(known, codes=codes, until=until, at=at)
    if ticket.blockers and not codes:
        return moves.unblocked(known, at=at)
    return Moved(ticket=replace(known, blockers=codes), changes=())
