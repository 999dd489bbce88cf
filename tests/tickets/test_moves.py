"""Every move against every status: what is allowed, what it makes of the ticket, and that nothing else is."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import get_args

import pytest
from msgspec.structs import replace

from chalicelib.problems import NotNow, Problem
from chalicelib.tickets import moves
from chalicelib.tickets.moves import Moved
from chalicelib.tickets.ticket import ENDED, MAY_WITHDRAW, OPEN, Code, FactsRecord, Status, Ticket
from tests.examples import LAN, LATER, MINH, START, by_mail, proved, support

STATUSES: tuple[Status, ...] = get_args(Status)
ALWAYS = STATUSES
UNPROVED: tuple[Status, ...] = ("received", "awaiting_proof")
CLOSES_AT = START + timedelta(days=7)
RECORD = FactsRecord(agent="an", at=LATER, matched=("email", "last_invoice_number", "name"))


@dataclass(frozen=True, kw_only=True)
class Row:
    """A move, the statuses that allow it, and the status after it (as before, where none is named)."""

    name: str
    do: Callable[[Ticket], Moved]
    allowed: tuple[Status, ...]
    becomes: Status | None = None
    from_scheduled: Status | None = None
    given: Callable[[Status], Ticket] = proved
    also_support: bool = False


def unproved(status: Status) -> Ticket:
    return by_mail(status=status)


def paused(status: Status) -> Ticket:
    return proved(status, held=True, hold_review_at=LATER)


def hurried(status: Status) -> Ticket:
    return proved(status, expedite_asked_at=LATER, code=Code(nth=1, issued_at=START, aim="expedite"), codes=1)


ROWS = (
    Row(name="confirmed", do=lambda t: moves.confirmed(t, by="customer", at=LATER), allowed=("received",),
        becomes="in_review"),
    Row(name="code_sent", do=lambda t: moves.code_sent(t, by="desk", at=LATER), allowed=("awaiting_proof",),
        given=unproved),
    Row(name="code_sent", do=lambda t: moves.code_sent(t, by="customer", at=LATER, aim="expedite"),
        allowed=("scheduled", "in_review")),
    Row(name="code_refused", do=lambda t: moves.code_refused(t, by="owner", at=LATER), allowed=ALWAYS, given=unproved,
        also_support=True),
    Row(name="proved", do=lambda t: moves.proved(t, account=LAN, way="code", by="owner", at=LATER, word=True),
        allowed=UNPROVED, becomes="in_review", given=unproved),
    Row(name="undeliverable", do=lambda t: moves.undeliverable(t, at=LATER), allowed=("awaiting_proof",),
        given=unproved),
    Row(name="facts_recorded", do=lambda t: moves.facts_recorded(t, record=RECORD, is_enough=True),
        allowed=("awaiting_proof",), given=unproved),
    Row(name="expired", do=lambda t: moves.expired(t, at=LATER), allowed=("awaiting_proof",), becomes="expired",
        given=unproved, also_support=True),
    Row(name="scheduled", do=lambda t: moves.scheduled(t, by="agent:an", at=LATER, closes_at=CLOSES_AT),
        allowed=("in_review",), becomes="scheduled"),
    Row(name="started_again", do=lambda t: moves.started_again(t, at=LATER), allowed=("scheduled",),
        also_support=True),
    Row(name="held", do=lambda t: moves.held(t, by="agent:chi", at=LATER, review_at=CLOSES_AT), allowed=MAY_WITHDRAW,
        from_scheduled="in_review", also_support=True),
    Row(name="released", do=lambda t: moves.released(t, by="agent:chi", at=LATER), allowed=OPEN, given=paused,
        also_support=True),
    Row(name="stopped", do=lambda t: moves.stopped(t, by="owner", at=LATER, why="not_me"), allowed=MAY_WITHDRAW,
        from_scheduled="in_review", also_support=True),
    Row(name="blocked", do=lambda t: moves.blocked(t, codes=("unpaid",), until=CLOSES_AT, at=LATER),
        allowed=("in_review", "scheduled"), from_scheduled="in_review"),
    Row(name="unblocked", do=lambda t: moves.unblocked(t, at=LATER), allowed=("in_review",)),
    Row(name="put_back", do=lambda t: moves.put_back(t, at=LATER), allowed=("scheduled",), from_scheduled="in_review"),
    Row(name="withdrawn", do=lambda t: moves.withdrawn(t, by="customer", at=LATER), allowed=MAY_WITHDRAW,
        becomes="withdrawn", also_support=True),
    Row(name="rejected", do=lambda t: moves.rejected(t, by="agent:an", at=LATER, reason="fraud_suspected"),
        allowed=MAY_WITHDRAW, becomes="rejected", also_support=True),
    Row(name="merged", do=lambda t: moves.merged(t, into="SO-AAAAAA", by="agent:an", at=LATER), allowed=MAY_WITHDRAW,
        becomes="rejected", also_support=True),
    Row(name="resolved", do=lambda t: moves.resolved(t, by="agent:an", at=LATER), allowed=("received", "in_review"),
        becomes="resolved", given=support, also_support=True),
    Row(name="expedite_asked", do=lambda t: moves.expedite_asked(t, by="customer", at=LATER),
        allowed=("scheduled", "in_review")),
    Row(name="expedited", do=lambda t: moves.expedited(t, by="agent:an", at=LATER), allowed=("scheduled",),
        given=hurried),
    Row(name="extended", do=lambda t: moves.extended(t, by="agent:an", at=LATER, due_at=CLOSES_AT), allowed=OPEN,
        also_support=True),
    Row(name="began_closing", do=lambda t: moves.began_closing(t, run=t.run, at=LATER), allowed=("scheduled",),
        becomes="closing"),
    Row(name="troubled", do=lambda t: moves.troubled(t, run=t.run, cause="orders: some", at=LATER),
        allowed=("closing",), becomes="needs_attention", also_support=True),
    Row(name="retried", do=lambda t: moves.retried(t, by="agent:an", at=LATER), allowed=("needs_attention",),
        becomes="closing", also_support=True),
    Row(name="closed", do=lambda t: moves.closed(t, run=t.run, at=LATER), allowed=("closing",), becomes="closed"),
    Row(name="reappeared", do=lambda t: moves.reappeared(t, cause="orders: some", at=LATER), allowed=("closed",),
        becomes="needs_attention", also_support=True),
    Row(name="linked", do=lambda t: moves.linked(t, claims=(MINH,), by="agent:an", at=LATER), allowed=UNPROVED,
        given=unproved),
    Row(name="assigned", do=lambda t: moves.assigned(t, to="binh", by="agent:an", at=LATER), allowed=ALWAYS,
        also_support=True),
    Row(name="noted", do=lambda t: moves.noted(t, by="agent:an", at=LATER, words=2), allowed=ALWAYS,
        also_support=True),
    Row(name="replied", do=lambda t: moves.replied(t, by="customer", at=LATER, words=2), allowed=ALWAYS,
        also_support=True),
    Row(name="answered", do=lambda t: moves.answered(t, by="agent:an", at=LATER, words=2, needs_answer=False),
        allowed=ALWAYS, also_support=True),
    Row(name="corrected", do=lambda t: moves.corrected(t, kind="support", by="agent:an", at=LATER),
        allowed=("received", "awaiting_proof", "in_review"), becomes="received"),
    Row(name="corrected", do=lambda t: moves.corrected(t, kind="closure", by="agent:an", at=LATER),
        allowed=("received", "awaiting_proof", "in_review"), becomes="received", given=support, also_support=True),
    Row(name="reminded", do=lambda t: moves.reminded(t, at=LATER), allowed=("awaiting_proof", "scheduled"),
        also_support=True),
    Row(name="warned", do=lambda t: moves.warned(t, level=1, at=LATER), allowed=ALWAYS, also_support=True),
    Row(name="hold_is_due", do=lambda t: moves.hold_is_due(t, at=LATER),
        allowed=("received", "awaiting_proof", "in_review"), given=paused, also_support=True),
    Row(name="shrunk", do=lambda t: moves.shrunk(t, at=LATER), allowed=ENDED, also_support=True),
)  # fmt: skip

PAIRS = [pytest.param(row, status, id=f"{row.name}-{status}") for row in ROWS for status in STATUSES]


@pytest.mark.parametrize(("row", "status"), PAIRS)
def test_a_move_is_allowed_from_just_the_statuses_of_its_row_and_leads_where_the_row_says(
    row: Row, status: Status
) -> None:
    before = row.given(status)
    if status not in row.allowed:
        with pytest.raises(NotNow) as refused:
            row.do(before)
        assert refused.value.status == status
        return
    after = row.do(before).ticket
    expected = row.becomes or (row.from_scheduled if status == "scheduled" else None) or status
    assert after.status == expected
    assert (after.version, after.changed_at) == (before.version + len(row.do(before).changes), LATER)


@pytest.mark.parametrize("row", [row for row in ROWS if not row.also_support], ids=lambda row: row.name)
@pytest.mark.parametrize("status", STATUSES)
def test_what_only_a_closure_may_do_a_support_ticket_never_does(row: Row, status: Status) -> None:
    with pytest.raises(NotNow):
        row.do(replace(row.given(status), kind="support"))


def test_every_move_that_there_is_stands_in_the_table() -> None:
    there_are = {
        name
        for name, function in inspect.getmembers(moves, inspect.isfunction)
        if function.__module__ == moves.__name__ and not name.startswith("_")
    }
    assert there_are - {"opened"} == {row.name for row in ROWS}


def test_from_an_ended_ticket_no_move_leads_back_to_life_but_the_reappearance_of_a_closed_one() -> None:
    revived = set()
    for row in ROWS:
        for status in ENDED:
            try:
                after = row.do(row.given(status)).ticket
            except Problem:
                continue
            if after.is_live:
                revived.add((row.name, status))
    assert revived == {("reappeared", "closed")}


def test_closed_is_reached_by_one_move_from_one_status() -> None:
    """Rule 1: closed is reached from one place only."""
    ways = {(row.name, status) for row in ROWS for status in row.allowed if row.becomes == "closed"}
    assert ways == {("closed", "closing")}


def test_erasing_is_begun_by_two_moves_only_and_one_of_them_goes_on_with_what_was_begun() -> None:
    ways = {(row.name, status) for row in ROWS for status in row.allowed if row.becomes == "closing"}
    assert ways == {("began_closing", "scheduled"), ("retried", "needs_attention")}
