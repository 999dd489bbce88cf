"""From the approval to the end: cooling-off, haste, holds and stops, runs of the workflow, and what reappears."""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.problems import NotAsked, NotNow, NotProved, OnHold, Problem
from chalicelib.tickets import moves
from chalicelib.tickets.changes import is_unbroken
from chalicelib.tickets.moves import Moved
from chalicelib.tickets.ticket import Code, Status, Ticket
from tests.examples import LAN, LATER, START, by_mail, fresh, proved
from tests.tickets.test_moves import ROWS, Row

CLOSES_AT = START + timedelta(days=7)


def approved(ticket: Ticket) -> Moved:
    return moves.scheduled(ticket, by="agent:an", at=LATER, closes_at=CLOSES_AT)


@pytest.mark.parametrize("missing", ["proof", "word_at", "account"])
def test_nothing_is_approved_without_proof_the_askers_word_and_the_account(missing: str) -> None:
    """Rule 2: nothing is erased without proof of ownership, the asker's own word, an approval."""
    without: dict[str, Any] = {missing: None}
    with pytest.raises(NotProved):
        approved(proved(**without))


def test_nothing_is_approved_while_a_hold_stands() -> None:
    with pytest.raises(OnHold):
        approved(proved(held=True))


def test_an_approval_starts_a_new_run_that_ends_with_the_cooling_off() -> None:
    moved = approved(proved())
    (change,) = moved.changes
    assert (moved.ticket.run, moved.ticket.closes_at, moved.ticket.approved_by) == (1, CLOSES_AT, "agent:an")
    assert (change.runs, change.run, change.facts) == ("start", 1, {"closes_at": CLOSES_AT.isoformat()})


def test_a_wish_to_hurry_that_came_before_an_approval_does_not_outlive_it() -> None:
    assert approved(proved(expedite_asked_at=START)).ticket.expedite_asked_at is None


def test_haste_is_granted_only_to_who_asked_for_it() -> None:
    with pytest.raises(NotAsked):
        moves.expedited(proved("scheduled"), by="agent:an", at=LATER)


def test_on_the_facts_way_the_cooling_off_is_never_shortened() -> None:
    """There the address on file must have its time to say stop."""
    with pytest.raises(NotAsked):
        moves.expedited(proved("scheduled", proof="facts", expedite_asked_at=LATER), by="agent:an", at=LATER)


def test_granted_haste_ends_the_cooling_off_now_and_in_a_run_of_its_own() -> None:
    moved = moves.expedited(proved("scheduled", expedite_asked_at=LATER), by="agent:an", at=LATER)
    assert (moved.ticket.closes_at, moved.ticket.run, moved.changes[0].runs) == (LATER, 2, "start")


def test_an_unproved_asker_cannot_ask_to_hurry() -> None:
    with pytest.raises(NotProved):
        moves.expedite_asked(proved(proof=None), by="customer", at=LATER)


@pytest.mark.parametrize("what", ["held", "stopped"])
def test_a_hold_or_stop_of_a_scheduled_closure_stops_its_run_and_takes_it_back_to_review(what: str) -> None:
    """Rule 10: a stop always at least pauses the ticket for an agent."""
    scheduled = proved("scheduled")
    if what == "held":
        moved = moves.held(scheduled, by="agent:chi", at=LATER, review_at=CLOSES_AT)
    else:
        moved = moves.stopped(scheduled, by="owner", at=LATER, why="stop")
    assert (moved.ticket.status, moved.ticket.run, moved.ticket.closes_at) == ("in_review", 2, None)
    assert (moved.changes[0].runs, moved.changes[0].run) == ("stop", 2)
    assert moved.ticket.is_paused


def test_a_stop_revokes_the_living_code() -> None:
    stopped = moves.stopped(by_mail(), by="owner", at=LATER, why="not_me").ticket
    assert stopped.code is not None
    assert not stopped.code.lives_at(LATER)


def test_a_release_lifts_hold_and_stop_together() -> None:
    ticket = proved(held=True, stopped=True, hold_review_at=CLOSES_AT)
    released = moves.released(ticket, by="agent:chi", at=LATER).ticket
    assert (released.is_paused, released.hold_review_at) == (False, None)


def test_a_ticket_that_has_ended_is_paused_no_more() -> None:
    ticket = proved(held=True, stopped=True, hold_review_at=CLOSES_AT)
    ended = moves.withdrawn(ticket, by="customer", at=LATER).ticket
    assert (ended.held, ended.stopped) == (False, False)


def test_what_is_not_paused_is_not_released() -> None:
    with pytest.raises(NotNow):
        moves.released(proved(), by="agent:chi", at=LATER)


@pytest.mark.parametrize("end", ["withdrawn", "rejected"])
def test_an_end_during_the_cooling_off_stops_the_run(end: str) -> None:
    scheduled = proved("scheduled")
    if end == "withdrawn":
        moved = moves.withdrawn(scheduled, by="customer", at=LATER)
    else:
        moved = moves.rejected(scheduled, by="agent:an", at=LATER, reason="legal_hold")
    assert (moved.changes[0].runs, moved.ticket.run, moved.ticket.ended_at) == ("stop", 2, LATER)


def test_an_end_before_any_approval_has_no_run_to_stop() -> None:
    moved = moves.withdrawn(proved(), by="customer", at=LATER)
    assert (moved.changes[0].runs, moved.ticket.run) == (None, 0)


STALE = (
    lambda: moves.began_closing(proved("scheduled", run=2), run=1, at=LATER),
    lambda: moves.troubled(proved("closing", run=2), run=1, cause="orders: some", at=LATER),
    lambda: moves.closed(proved("closing", run=2), run=1, at=LATER),
)


@pytest.mark.parametrize("step", STALE, ids=["began_closing", "troubled", "closed"])
def test_a_run_that_is_over_moves_nothing(step: Callable[[], Moved]) -> None:
    """Rule 3: a stale workflow can never erase."""
    with pytest.raises(NotNow):
        step()


def test_freezing_keeps_a_keyed_hash_of_the_address_and_the_timeline_does_not_tell_it() -> None:
    moved = moves.began_closing(proved("scheduled"), run=1, at=LATER, owner_mail="mail#abc")
    assert moved.ticket.owner_mail == "mail#abc"
    assert moves.shrunk(moves.closed(moved.ticket, run=1, at=LATER).ticket, at=LATER).ticket.owner_mail == "mail#abc"
    assert "mail#abc" not in repr(moved.changes)


def test_trouble_names_its_cause_and_a_retry_starts_a_run_of_its_own() -> None:
    troubled = moves.troubled(proved("closing"), run=1, cause="orders: some", at=LATER)
    assert (troubled.ticket.cause, troubled.changes[0].why) == ("orders: some", "orders: some")
    retried = moves.retried(troubled.ticket, by="agent:an", at=LATER)
    assert (retried.ticket.cause, retried.ticket.run, retried.changes[0].runs) == (None, 2, "start")


def test_what_reappears_reopens_the_ticket_which_has_no_end_any_more() -> None:
    after = moves.reappeared(proved("closed"), cause="orders: some", at=LATER).ticket
    assert (after.status, after.ended_at, after.cause) == ("needs_attention", None, "orders: some")


def test_a_shrunk_ticket_that_is_reopened_is_shrunk_again_after_its_next_end() -> None:
    after = moves.reappeared(proved("closed", shrunk_at=START), cause="orders: some", at=LATER).ticket
    assert after.shrunk_at is None


@pytest.mark.parametrize("status", ["received", "in_review"])
def test_a_closure_is_never_resolved_as_if_it_were_a_question(status: Status) -> None:
    with pytest.raises(NotNow):
        moves.resolved(proved(status), by="agent:an", at=LATER)


def test_a_deadline_is_extended_once_and_agents_are_warned_of_the_new_one() -> None:
    ticket = proved(warned=2)
    extended = moves.extended(ticket, by="agent:an", at=LATER, due_at=CLOSES_AT).ticket
    assert (extended.due_at, extended.warned) == (CLOSES_AT, 0)
    with pytest.raises(NotNow):
        moves.extended(extended, by="agent:an", at=LATER, due_at=CLOSES_AT)


# ── any moves, in any order ──────────────────────────────────────────────────────────────────────────────────

BEGINNINGS = st.sampled_from(
    [
        fresh(account=LAN, proof="sign_in", word_at=START, proved_at=START, asker_is_owner=True),
        fresh(account=LAN),
        fresh(way_in="mail", claims=(LAN,)),
        fresh(way_in="mail"),
        fresh(kind="support", account=LAN),
    ]
)
_ONWARD = {"proved", "confirmed", "scheduled", "began_closing", "troubled", "retried", "closed", "reappeared"}
PATHS = st.lists(
    st.one_of(st.sampled_from(ROWS), st.sampled_from([row for row in ROWS if row.name in _ONWARD])), max_size=40
)
"""Half of the moves lead on, so that many paths come to the erasing and past it."""


def walked(start: Ticket, rows: list[Row]) -> tuple[Moved, list[Ticket]]:
    """The ticket after as many of these moves as it allowed, and every ticket that it was on the way."""
    moved = moves.opened(start, by="asker")
    seen = [moved.ticket]
    for row in rows:
        try:
            moved = moved.then(row.do(moved.ticket))
        except Problem:
            continue
        seen.append(moved.ticket)
    return moved, seen


@settings(derandomize=True, max_examples=200, deadline=None, database=None)
@given(start=BEGINNINGS, rows=PATHS)
def test_whatever_happens_the_timeline_is_numbered_chained_and_each_line_goes_on_where_the_last_one_ended(
    start: Ticket, rows: list[Row]
) -> None:
    """Rule 9: every change is in the ticket's timeline."""
    moved, _ = walked(start, rows)
    changes = list(moved.changes)
    assert is_unbroken(changes)
    assert (moved.ticket.version, moved.ticket.head) == (len(changes), changes[-1].hash)
    assert changes[0].was is None
    assert [each.was for each in changes[1:]] == [each.now for each in changes[:-1]]


@settings(derandomize=True, max_examples=200, deadline=None, database=None)
@given(start=BEGINNINGS, rows=PATHS)
def test_whatever_happens_nothing_is_erased_without_proof_word_and_approval(start: Ticket, rows: list[Row]) -> None:
    """Rule 2, along any path."""
    _, seen = walked(start, rows)
    erased: tuple[Status, ...] = ("scheduled", "closing", "needs_attention", "closed")
    for ticket in seen:
        if ticket.status in erased:
            assert ticket.kind == "closure"
            assert ticket.account
            assert ticket.proof
            assert ticket.word_at
            assert ticket.approved_by


@settings(derandomize=True, max_examples=200, deadline=None, database=None)
@given(start=BEGINNINGS, rows=PATHS)
def test_whatever_happens_runs_and_versions_only_grow_and_an_end_is_dated(start: Ticket, rows: list[Row]) -> None:
    _, seen = walked(start, rows)
    for before, after in pairwise(seen):
        assert after.version > before.version
        assert after.run >= before.run
        assert (after.ended_at is None) == after.is_live


def test_a_code_that_asks_to_hurry_is_used_up_by_asking() -> None:
    ticket = proved("scheduled", code=Code(nth=1, issued_at=START, aim="expedite"), codes=1)
    asked = moves.expedite_asked(ticket, by="customer", at=LATER).ticket
    assert asked.expedite_asked_at == LATER
    assert asked.code is not None
    assert not asked.code.lives_at(LATER)
