"""Where a ticket stands in the queue, and when the sweep must look at it next."""

from datetime import datetime, timedelta

from msgspec import Struct

from chalicelib.tickets.eligibility import is_asked_of
from chalicelib.tickets.ticket import Ticket

WARN_BEFORE = timedelta(days=2)
REMIND_AFTER = timedelta(days=2)
REMIND_BEFORE = timedelta(days=2)
LATE_START = timedelta(minutes=30)  # the workflow's own Wait comes first
STUCK_AFTER = timedelta(hours=2)  # longer than the workflow's retries take
LOOK_AGAIN_EVERY = timedelta(days=1)
PENDING_FOR = timedelta(hours=24)
CHECK_EVERY = timedelta(hours=23, minutes=30)  # a sweep of the next day, though it comes some seconds earlier
CHECK_SILENCE_EVERY = timedelta(minutes=30)  # the next sweep
SENT_WITHIN = timedelta(minutes=30)  # a notice not sent by then is sent by the sweep


class Waits(Struct, frozen=True, kw_only=True):
    """The operator's waiting times, as far as tickets need them."""

    proof_within: timedelta
    keep_after_end: timedelta
    keep_rejected: timedelta
    keep_tombstones: timedelta
    look_again_for: timedelta
    checks: bool = False  # whether the company has a check of its own before a closure


def is_pending(ticket: Ticket) -> bool:
    """A request from the public page that nobody proved is no ticket yet: agents don't see it, and it goes in a day."""
    return ticket.way_in == "public" and not ticket.proof


def place(ticket: Ticket) -> tuple[str, datetime] | None:
    """The partition of the agenda and the time within it: open tickets by status and due date, ended by month."""
    if is_pending(ticket):
        return None
    if ticket.is_live:
        return f"open#{ticket.status}", ticket.due_at
    ended_at = ticket.ended_at or ticket.changed_at
    return f"ended#{ended_at:%Y-%m}", ended_at


def wakes_at(ticket: Ticket, waits: Waits) -> datetime | None:
    """When the sweep must look next at what this ticket waits for; None: nothing waits."""
    times = [at for at in (*_moments(ticket, waits), _warning(ticket), hold_review_at(ticket)) if at]
    return min(times, default=None)


def _moments(ticket: Ticket, waits: Waits) -> tuple[datetime | None, ...]:
    match ticket.status:
        case "awaiting_proof":
            return expires_at(ticket, waits), proof_reminder_at(ticket)
        case "scheduled":
            return starts_late_at(ticket), cooling_off_reminder_at(ticket)
        case "closing":
            return (ticket.changed_at + STUCK_AFTER,)
        case "received" | "in_review" | "needs_attention":
            return (checks_at(ticket, waits),)
        case "closed" | "withdrawn" | "rejected" | "expired" | "resolved":
            return shrinks_at(ticket, waits), looks_again_at(ticket, waits)


def _warning(ticket: Ticket) -> datetime | None:
    if not ticket.is_live or ticket.warned >= 2 or is_pending(ticket):
        return None
    return ticket.due_at - WARN_BEFORE if ticket.warned == 0 else ticket.due_at


def hold_review_at(ticket: Ticket) -> datetime | None:
    """When admins are told to look at the hold again: once, until another date is set."""
    return ticket.hold_review_at if ticket.held and ticket.is_live and not ticket.hold_warned else None


def proof_ends_at(ticket: Ticket, waits: Waits) -> datetime:
    """When waiting for proof is over by the calendar, whatever becomes of the ticket: what an outsider is told."""
    return ticket.waits_since + (PENDING_FOR if ticket.way_in == "public" else waits.proof_within)


def expires_at(ticket: Ticket, waits: Waits) -> datetime | None:
    """When waiting for proof ends; None where the code can't be delivered, and agents, who see it, must go on."""
    if ticket.is_undeliverable and not is_pending(ticket):
        return None
    return ticket.waits_since + (PENDING_FOR if is_pending(ticket) else waits.proof_within)


def proof_reminder_at(ticket: Ticket) -> datetime | None:
    silent = is_pending(ticket) or ticket.reminded or ticket.suspect or ticket.stopped or not ticket.claims
    return None if silent else ticket.waits_since + REMIND_AFTER


def checks_at(ticket: Ticket, waits: Waits) -> datetime | None:
    """When the company's own check is asked: where it wasn't yet, where it was silent, daily where something stands in
    the way, and when the time to clear that is over."""
    if not waits.checks or not is_asked_of(ticket):
        return None
    if ticket.checked_at is None:
        return ticket.proved_at or ticket.opened_at
    if ticket.cause:
        return ticket.checked_at + CHECK_SILENCE_EVERY
    if not ticket.blockers:
        return None  # an approval asks again
    daily, until = ticket.checked_at + CHECK_EVERY, ticket.blocked_until
    return min(daily, until) if until and ticket.checked_at < until else daily


def is_blocked_too_long(ticket: Ticket, now: datetime) -> bool:
    """The check said after the time was over that it isn't cleared. Silence ends nothing, and what is held waits."""
    until, checked_at = ticket.blocked_until, ticket.checked_at
    is_over = until is not None and checked_at is not None and until <= checked_at <= now
    return (
        ticket.status == "in_review" and bool(ticket.blockers) and is_over and not ticket.cause and not ticket.is_paused
    )


def starts_late_at(ticket: Ticket) -> datetime | None:
    return ticket.closes_at and ticket.closes_at + LATE_START


def cooling_off_reminder_at(ticket: Ticket) -> datetime | None:
    """Two days before the cooling-off ends; none where it is so short that the mail before says it already."""
    if ticket.reminded or not ticket.closes_at:
        return None
    remind_at = ticket.closes_at - REMIND_BEFORE
    return remind_at if remind_at > (ticket.scheduled_at or ticket.changed_at) else None


def shrinks_at(ticket: Ticket, waits: Waits) -> datetime | None:
    if ticket.shrunk_at or not ticket.ended_at:
        return None
    if is_pending(ticket):
        return ticket.ended_at
    return ticket.ended_at + (waits.keep_rejected if ticket.status == "rejected" else waits.keep_after_end)


def looks_again_at(ticket: Ticket, waits: Waits) -> datetime | None:
    """The next nightly look at a closed account, as far as a backup can reach back."""
    if ticket.status != "closed" or not ticket.ended_at:
        return None
    next_at = (ticket.looked_again_at or ticket.ended_at) + LOOK_AGAIN_EVERY
    return next_at if next_at <= ticket.ended_at + waits.look_again_for else None


def tombstone_until(ticket: Ticket, waits: Waits) -> datetime | None:
    kept_for = PENDING_FOR if is_pending(ticket) else waits.keep_tombstones
    return ticket.ended_at and ticket.ended_at + kept_for
