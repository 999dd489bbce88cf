"""A sample of the crash points, so that no change breaks them unseen; `make soak` plays them all."""

from tests.faults.crash_points import KINDS, play_all


def test_a_fault_at_any_call_breaks_no_rule() -> None:
    told: list[str] = []
    found = play_all(["closed by portal", "closed by mail"], every=79, part=(1, 1), tell=told.append)
    assert found.broken == []
    assert found.played > len(KINDS)
    assert found.points > 200
