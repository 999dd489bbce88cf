"""A sample of the races; all of them: `python -m tests.faults.races`."""

import pytest

from tests.faults.acts import ACTS, Case, Outcome, Prepared
from tests.faults.races import Pair, pairs, play
from tests.faults.world import World

SAMPLE = (
    # a request that was refused had proved the ticket
    Pair(status="awaiting_proof", first="asks-again", second="letter-stop"),
    # and a second agent's record that was refused was the proof all the same
    Pair(status="facts", first="facts", second="letter-stop"),
    Pair(status="awaiting_proof", first="letter-code", second="asks-again"),
    Pair(status="in_review", first="approve", second="hold"),
    Pair(status="in_review", first="letter-stop", second="approve"),
    Pair(status="due", first="freeze", second="withdraw"),
    Pair(status="due", first="freeze", second="letter-stop"),
    Pair(status="looked", first="close", second="new-address"),
)


def test_two_who_act_at_once_leave_what_one_after_the_other_could_have_left() -> None:
    result = play(list(SAMPLE))
    assert result.broken == []
    assert result.interleavings > len(SAMPLE)


def test_every_pair_of_the_sample_is_one_that_can_meet() -> None:
    assert set(SAMPLE) <= set(pairs())


def test_a_lie_about_what_was_done_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The harness itself: whoever says that they withdrew, and didn't, is told of."""
    monkeypatch.setitem(ACTS, "withdraw", (("in_review",), only_says_so))
    result = play([Pair(status="in_review", first="sweep", second="withdraw")])
    assert result.broken
    assert {each.partition("): ")[2] for each in result.broken} == {
        "withdrawn by customer: 1 answered with success, 0 in the timeline"
    }


def only_says_so(_world: World, _case: Case, _role: str) -> Prepared:
    return lambda: Outcome(act="withdraw", done=True, what="withdrawn", by="customer")
