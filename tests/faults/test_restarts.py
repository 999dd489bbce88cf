"""A process that is killed and started again on the same tables and folder loses nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.door import open_door
from tests.faults.house import House, a_house
from tests.faults.restarts import Play


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_door() as endpoint, a_house(tmp_path, endpoint) as found:
        yield found


def test_three_lives_of_a_desk_keep_every_promise_of_three_requests(house: House) -> None:
    play = Play(house=house, mark="1")
    play.people_register()

    house.dies_at("s3", "GetObject")  # a letter lies there, and nobody has read it; two tickets were opened just now
    play.people_ask()
    play.john_proves()
    play.agents_approve()
    house.dies_at("s3", "DeleteObjects")  # somebody's data is half erased
    play.minh_withdraws()
    play.time_passes()
    assert play.ends() == []
    assert house.deaths == 2
