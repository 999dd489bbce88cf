"""A sample of the crash points, so that no change breaks them unseen; `make soak` plays them all."""

import pytest

from tests.faults.crash_points import KINDS, play_all


@pytest.mark.parametrize("name", ["closed by portal", "closed by mail"])
def test_a_fault_at_any_call_breaks_no_rule(name: str) -> None:
    told: list[str] = []
    found = play_all([name], every=61, part=(1, 1), tell=told.append)
    assert found.broken == []
    assert found.played >= len(KINDS)
    assert found.missed == 0
    assert found.points > 100
