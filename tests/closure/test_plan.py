"""Whether a run of the workflow goes on: only for an approved ticket, its own run, and the very same account."""

from typing import get_args

import pytest

from chalicelib.closure.plan import may_go
from chalicelib.tickets.ticket import Status
from tests.examples import LAN, proved

GENERATION = LAN.generation


def test_an_approved_closure_goes_on() -> None:
    assert may_go(proved("scheduled"), run=1, generation=GENERATION) == "go"


@pytest.mark.parametrize("run", [0, 2])
def test_another_run_than_the_tickets_own_is_over(run: int) -> None:
    assert may_go(proved("scheduled"), run=run, generation=GENERATION) == "over"
    assert may_go(proved("closing"), run=run, generation=GENERATION) == "over"


@pytest.mark.parametrize("status", [each for each in get_args(Status) if each not in ("scheduled", "closing")])
def test_in_every_other_status_the_run_is_over(status: Status) -> None:
    assert may_go(proved(status, run=1), run=1, generation=GENERATION) == "over"


@pytest.mark.parametrize(
    "changed",
    [
        {"proof": None}, {"word_at": None}, {"approved_by": None}, {"account": None}, {"held": True}, {"stopped": True},
    ],
    ids=str,
)  # fmt: skip
def test_without_proof_word_or_approval_or_while_paused_nothing_is_begun(changed: dict[str, object]) -> None:
    """Rule 2."""
    assert may_go(proved("scheduled", **changed), run=1, generation=GENERATION) == "over"


def test_an_account_registered_again_is_never_erased_by_the_old_ones_ticket() -> None:
    """Rule 3: a closure is pinned to account id and generation."""
    assert may_go(proved("scheduled"), run=1, generation=GENERATION + 1) == "other_generation"


def test_an_account_that_went_by_itself_stops_the_ticket_for_an_agent() -> None:
    assert may_go(proved("scheduled"), run=1, generation=None) == "account_gone"


@pytest.mark.parametrize("generation", [GENERATION, GENERATION + 1, None])
def test_an_erasing_that_has_begun_goes_on_whatever_became_of_the_record(generation: int | None) -> None:
    assert may_go(proved("closing"), run=1, generation=generation) == "go"
