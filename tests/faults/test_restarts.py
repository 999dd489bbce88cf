"""A process that is killed and started again on the same tables and folder loses nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.door import open_door
from tests.faults import rules
from tests.faults.house import House, a_house
from tests.faults.restarts import play


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_door() as endpoint, a_house(tmp_path, endpoint) as found:
        yield found


def test_a_desk_that_is_killed_while_it_erases_keeps_every_promise_in_its_next_life(house: House) -> None:
    """One death, because a life costs seconds; `python -m tests.faults.restarts` has dozens."""
    house.dies_at("s3", "DeleteObjects")  # somebody's files are gone, the account isn't
    assert [each for each in play(house) if rules.AGAIN not in each] == []
    assert house.deaths == 1
