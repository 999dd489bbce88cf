"""What a ticket says of itself: whether it lives, who is an outsider to it, and which status the asker may see."""

from datetime import timedelta
from typing import Any, get_args

import pytest

from chalicelib.tickets.changes import FIRST
from chalicelib.tickets.ticket import ENDED, OPEN, Code, ProofWay, Status, WayIn, is_outsider, shown_status
from tests.examples import LATER, START, by_mail, fresh, proved, support

STATUSES: tuple[Status, ...] = get_args(Status)


def test_every_status_is_open_or_ended_and_none_is_both() -> None:
    assert sorted((*OPEN, *ENDED)) == sorted(STATUSES)


@pytest.mark.parametrize("status", STATUSES)
def test_a_ticket_lives_until_it_has_ended(status: Status) -> None:
    assert proved(status).is_live == (status in OPEN)


@pytest.mark.parametrize(
    ("pause", "paused"), [({}, False), ({"held": True}, True), ({"stopped": True}, True), ({"suspect": True}, False)]
)
def test_a_hold_or_a_stop_pauses_a_ticket_and_nothing_else_does(pause: dict[str, Any], paused: bool) -> None:
    assert proved(**pause).is_paused is paused


def test_the_time_to_prove_runs_from_the_letter_or_from_when_proof_was_asked_for() -> None:
    assert by_mail(opened_at=START).waits_since == START
    assert by_mail(opened_at=START, asked_proof_at=LATER).waits_since == LATER


def test_a_code_of_which_nothing_is_said_is_for_closing_and_was_not_tried_yet() -> None:
    code = Code(nth=1, issued_at=START)
    assert (code.aim, code.tries, code.used) == ("close", 0, False)


def test_a_new_ticket_has_proved_nothing_and_nothing_has_been_done_to_it() -> None:
    ticket = fresh()
    assert (ticket.version, ticket.head, ticket.codes, ticket.epoch, ticket.run, ticket.warned) == (
        0,
        FIRST,
        0,
        0,
        0,
        0,
    )
    assert (ticket.product, ticket.category, ticket.regime) == ("other", "technical_support", "default")
    doubts = (ticket.suspect, ticket.ack_held_back, ticket.is_undeliverable, ticket.held, ticket.hold_warned)
    assert (*doubts, ticket.stopped, ticket.extended, ticket.reminded, ticket.asker_is_owner) == (False,) * 9
    assert (ticket.claims, ticket.facts, ticket.blockers) == ((), (), ())


# ── who is an outsider, and what an outsider sees ────────────────────────────────────────────────────────────


@pytest.mark.parametrize("way_in", get_args(WayIn))
def test_an_outsider_is_whoever_came_without_signing_in_and_has_proved_nothing(way_in: WayIn) -> None:
    assert is_outsider(fresh(way_in=way_in)) == (way_in != "portal")
    for proof in get_args(ProofWay):
        assert not is_outsider(fresh(way_in=way_in, proof=proof))


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("is_over", [True, False])
def test_to_an_outsider_every_status_looks_like_waiting_or_like_its_end_but_their_own_withdrawal(
    status: Status, is_over: bool
) -> None:
    """Rule 8: they learn nothing of what happens inside."""
    ended = is_over or status in ENDED
    expected = "withdrawn" if status == "withdrawn" else "expired" if ended else "awaiting_proof"
    assert shown_status(by_mail(status=status), is_over=is_over) == expected


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("is_over", [True, False])
def test_the_owner_sees_the_status_as_it_is_and_of_trouble_that_it_is_being_erased(
    status: Status, is_over: bool
) -> None:
    expected = "closing" if status == "needs_attention" else status
    assert shown_status(proved(status), is_over=is_over) == expected
    assert shown_status(fresh(status=status), is_over=is_over) == expected


@pytest.mark.parametrize("status", ["received", "in_review", "resolved"])
def test_a_question_hides_nothing_from_who_asked_it_wherever_it_came_from(status: Status) -> None:
    assert shown_status(support(status, way_in="mail", account=None), is_over=True) == status


def test_a_try_more_than_five_or_a_day_later_a_code_is_dead() -> None:
    assert Code(nth=1, issued_at=START, tries=4).lives_at(START + timedelta(hours=23, minutes=59))
    assert not Code(nth=1, issued_at=START, tries=5).lives_at(START)
    assert not Code(nth=1, issued_at=START, tries=6).lives_at(START)
