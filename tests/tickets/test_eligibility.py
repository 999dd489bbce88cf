"""What an answer of the company's own check makes of a ticket."""

from datetime import timedelta

import pytest

from chalicelib.problems import Blocked
from chalicelib.tickets import moves
from chalicelib.tickets.eligibility import Heard, Named, Unanswered, is_asked_of, settled
from chalicelib.tickets.moves import Moved
from chalicelib.tickets.ticket import Ticket
from tests.examples import LATER, START, by_mail, proved, support

WITHIN = timedelta(days=14)
UNTIL = LATER + WITHIN
SILENCE = Unanswered(why="timed_out")
OWED = Named(code="unpaid", kind="blocker", vi="Còn nợ", en="Still owed", url="https://billing.example/")
RUNNING = Named(code="servers", kind="blocker", vi="Máy chủ còn chạy", en="Servers run")
CREDIT = Named(code="credit", kind="warning", vi="Còn số dư", en="Credit is left")


def after(ticket: Ticket, *heard: Named, silence: bool = False) -> Moved:
    said: Heard = SILENCE if silence else heard
    return settled(ticket, said, at=LATER, within=WITHIN)


def whats(moved: Moved) -> list[tuple[str, str | None]]:
    return [(each.what, each.why) for each in moved.changes]


def blocked(*codes: str) -> Ticket:
    return proved(blockers=codes, blocked_until=UNTIL, checked_at=START)


# ── what concerns it ─────────────────────────────────────────────────────────────────────────────────────────


def test_closures_in_review_are_checked_and_those_of_owners_who_have_not_said_the_word() -> None:
    assert is_asked_of(proved())
    assert is_asked_of(proved("received", proof=None, word_at=None))
    assert is_asked_of(proved(way_in="mail", proof="code", asker_is_owner=False))


@pytest.mark.parametrize(
    "ticket",
    [support(), support("in_review", proof="sign_in", asker_is_owner=True),
     by_mail(), proved("scheduled"), proved("closing"), proved("withdrawn"), proved(account=None),
     proved("received", proof=None, asker_is_owner=False)],
)  # fmt: skip
def test_nothing_else_is_checked_and_nothing_before_its_asker_may_know(ticket: Ticket) -> None:
    assert not is_asked_of(ticket)


# ── blockers ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_blocker_keeps_the_ticket_in_review_until_a_day_and_only_its_code_is_in_the_timeline() -> None:
    moved = after(proved(), OWED, CREDIT)
    assert whats(moved) == [("blocked", "unpaid")]
    assert (moved.ticket.status, moved.ticket.blockers, moved.ticket.blocked_until) == ("in_review", ("unpaid",), UNTIL)
    assert moved.changes[0].facts == {"until": UNTIL.isoformat()}
    assert "owed" not in repr(moved.changes)


def test_the_time_to_clear_it_never_passes_the_deadline() -> None:
    soon = LATER + timedelta(days=3)
    assert after(proved(due_at=soon), OWED).ticket.blocked_until == soon


def test_the_same_blocker_again_is_no_news_and_another_one_is_but_gives_no_more_time() -> None:
    assert after(blocked("unpaid"), OWED).changes == ()
    more = settled(blocked("unpaid"), (OWED, RUNNING), at=LATER + timedelta(days=2), within=WITHIN)
    assert whats(more) == [("blocked", "servers,unpaid")]
    assert more.ticket.blocked_until == UNTIL


def test_one_of_two_that_is_cleared_is_remembered_without_a_mail() -> None:
    moved = after(blocked("servers", "unpaid"), RUNNING)
    assert (moved.changes, moved.ticket.blockers) == ((), ("servers",))


def test_where_nothing_stood_in_the_way_a_warning_is_no_news() -> None:
    assert after(proved(), CREDIT).changes == ()
    assert after(proved()).changes == ()


def test_when_nothing_stands_in_the_way_any_more_the_ticket_is_free() -> None:
    moved = after(blocked("unpaid"), CREDIT)
    assert whats(moved) == [("unblocked", None)]
    assert (moved.ticket.blockers, moved.ticket.blocked_until) == ((), None)


def test_a_blocked_ticket_is_not_approved() -> None:
    with pytest.raises(Blocked):
        moves.scheduled(blocked("unpaid"), by="agent:an", at=LATER, closes_at=UNTIL)


def test_a_scheduled_closure_that_is_blocked_goes_back_to_review_and_its_run_ends() -> None:
    moved = after(proved("scheduled"), OWED)
    assert (moved.ticket.status, moved.ticket.run, moved.changes[0].runs) == ("in_review", 2, "stop")
    assert moved.ticket.closes_at is None


def test_before_the_askers_own_word_nothing_is_blocked() -> None:
    moved = after(proved("received", proof=None, word_at=None), OWED, CREDIT)
    assert (moved.changes, moved.ticket.blockers, moved.ticket.checked_at) == ((), (), LATER)


def test_a_question_after_all_is_blocked_by_nothing() -> None:
    ticket = moves.corrected(blocked("unpaid"), kind="support", by="agent:an", at=LATER).ticket
    assert (ticket.blockers, ticket.blocked_until) == ((), None)


# ── silence ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_silence_is_a_cause_and_frees_nothing() -> None:
    moved = after(blocked("unpaid"), silence=True)
    assert (moved.changes, moved.ticket.cause) == ((), "cannot_tell (timed_out)")
    assert (moved.ticket.blockers, moved.ticket.checked_at) == (("unpaid",), LATER)


def test_an_answer_ends_the_silence() -> None:
    silent = after(proved(), silence=True).ticket
    assert after(silent).ticket.cause is None


def test_what_is_put_back_needs_nobody_who_releases_it() -> None:
    moved = moves.put_back(proved("scheduled"), at=LATER)
    assert whats(moved) == [("stopped", "cannot_tell")]
    assert (moved.ticket.status, moved.ticket.is_paused, moved.changes[0].runs) == ("in_review", False, "stop")
