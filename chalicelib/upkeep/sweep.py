"""Entrypoint, every hour: does what time asks for, and what a crash left undone."""

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

from chalice.app import Blueprint
from msgspec import Struct

from chalicelib import clock, logs, operators
from chalicelib.closure import executions, running
from chalicelib.letters import dropping
from chalicelib.notices import sending
from chalicelib.tickets import agenda, checking, deciding, moves, opening, store
from chalicelib.tickets.moves import Moved
from chalicelib.tickets.ticket import Ticket, TicketNumber
from chalicelib.transaction import Together
from chalicelib.upkeep import shrinking

entrypoint = Blueprint(__name__)
_log = logging.getLogger("signoff.sweep")
_SPARE_MS = 60_000
_LAST_MS = 20_000  # tickets come first; what they leave is for old letters


class Patience(Struct, kw_only=True):
    """With the company's own check: one that was silent once isn't waited for again in this sweep, which has more to
    do."""

    is_over: bool = False


@entrypoint.lambda_function(name="sweep")
def sweep(_event: dict[str, Any], context: Any) -> dict[str, int]:
    """Looks at each ticket whose time has come, once. How many were looked at, and how many of them failed."""
    with logs.told(_log, "swept") as said:
        found = _sweep(context)
        said.update(found)
    return found


def _sweep(context: Any) -> dict[str, int]:
    looked_at, failed, patience = 0, 0, Patience()
    for number in store.awake(clock.now()):
        if context.get_remaining_time_in_millis() <= _SPARE_MS:
            break
        looked_at += 1
        failed += not _looked_at(number, patience)
    dropping.drop_old(enough=lambda: context.get_remaining_time_in_millis() <= _LAST_MS)
    return {"looked_at": looked_at, "failed": failed}


def _looked_at(number: TicketNumber, patience: Patience) -> bool:
    """One ticket; its trouble is no other ticket's."""
    try:
        look_at(number, patience)
    except Exception as error:
        _log.warning("ticket not swept", extra={"ticket": number, "error": type(error).__name__})
        return False
    return True


def look_at(number: str, patience: Patience) -> None:
    """Does all that is due on this ticket, sends what is unsent, and puts it to sleep until its next time."""
    now = clock.now()
    ticket = store.find(number)
    if not patience.is_over and _is_past(agenda.checks_at(ticket, store.waits()), now):
        patience.is_over = not checking.look(number)
        ticket, now = store.find(number), clock.now()
    for is_due, do in _DUTIES:
        if is_due(ticket, now):
            do(ticket, now)
            ticket = store.find(number)
    if _looks_again(ticket, now):
        ticket = running.look_again(ticket)
    sending.send_due(number)
    store.put_to_sleep(ticket, now=clock.now())


def _is_past(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now


def _expires(ticket: Ticket, now: datetime) -> bool:
    return ticket.status == "awaiting_proof" and _is_past(agenda.expires_at(ticket, store.waits()), now)


def _expire(ticket: Ticket, now: datetime) -> None:
    deciding.apply(ticket, moves.expired(ticket, at=now))


def _needs_reminder(ticket: Ticket, now: datetime) -> bool:
    if ticket.status == "awaiting_proof":
        return _is_past(agenda.proof_reminder_at(ticket), now)
    return ticket.status == "scheduled" and _is_past(agenda.cooling_off_reminder_at(ticket), now)


def _remind(ticket: Ticket, now: datetime) -> None:
    """A reminder to prove ownership brings a fresh code, which is guarded like the first. While another ticket's code
    lives, or "not me" was said, it waits."""
    moved = moves.reminded(ticket, at=now)
    with suppress(store.guards.CodeLives):
        deciding.apply(ticket, moved, extra=lambda together, done: _take_code(together, ticket, done, at=now))


def _take_code(together: Together, before: Ticket, done: Moved, *, at: datetime) -> None:
    if done.ticket.codes > before.codes:
        opening.take_code(together, done.ticket, at=at)


def _end_blocked(ticket: Ticket, now: datetime) -> None:
    deciding.apply(ticket, moves.rejected(ticket, by="desk", at=now, reason="blocked"))


def _is_late(ticket: Ticket, now: datetime) -> bool:
    """Its cooling-off is over and nothing has begun: the start was lost, or the brake was on."""
    return ticket.status == "scheduled" and not ticket.is_paused and _is_past(agenda.starts_late_at(ticket), now)


def _start_again(ticket: Ticket, now: datetime) -> None:
    if store.guards.braked_since() or executions.is_running(ticket.number, ticket.run):
        return
    store.move(moves.started_again(ticket, at=now), was=ticket)


def _may_be_stuck(ticket: Ticket, now: datetime) -> bool:
    return ticket.status == "closing" and _is_past(ticket.changed_at + agenda.STUCK_AFTER, now)


def _see_if_stuck(ticket: Ticket, _now: datetime) -> None:
    """A run that died without a word, such as one that was stopped by hand."""
    if not executions.is_running(ticket.number, ticket.run):
        running.trouble(ticket.number, ticket.run, "the workflow ended without an answer")


def _warns(ticket: Ticket, now: datetime) -> bool:
    return _level(ticket, now) > ticket.warned


def _level(ticket: Ticket, now: datetime) -> int:
    if not ticket.is_live:
        return 0
    return (now >= ticket.due_at - agenda.WARN_BEFORE) + (now >= ticket.due_at)


def _warn(ticket: Ticket, now: datetime) -> None:
    level = _level(ticket, now)
    store.move(moves.warned(ticket, level=level, at=now), was=ticket)
    operators.warn("deadline_is_near" if level == 1 else "deadline_has_passed", ticket.number)


def _holds_too_long(ticket: Ticket, now: datetime) -> bool:
    return _is_past(agenda.hold_review_at(ticket), now)


def _warn_of_hold(ticket: Ticket, now: datetime) -> None:
    store.move(moves.hold_is_due(ticket, at=now), was=ticket)
    operators.warn("hold_is_to_be_reviewed", ticket.number)


def _looks_again(ticket: Ticket, now: datetime) -> bool:
    return _is_past(agenda.looks_again_at(ticket, store.waits()), now)


def _shrinks(ticket: Ticket, now: datetime) -> bool:
    return not ticket.is_live and _is_past(agenda.shrinks_at(ticket, store.waits()), now)


Duty = tuple[Callable[[Ticket, datetime], bool], Callable[[Ticket, datetime], None]]
_DUTIES: tuple[Duty, ...] = (
    (_needs_reminder, _remind),
    (_expires, _expire),
    (agenda.is_blocked_too_long, _end_blocked),
    (_is_late, _start_again),
    (_may_be_stuck, _see_if_stuck),
    (_warns, _warn),
    (_holds_too_long, _warn_of_hold),
    (_shrinks, lambda ticket, now: shrinking.shrink(ticket, at=now)),
)
