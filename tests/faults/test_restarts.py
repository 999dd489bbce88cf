"""A process that is killed and started again on the same tables and folder loses nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.house import House, a_house
from tests.faults.restarts import Play


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with a_house(tmp_path) as found:
        yield found


def test_five_lives_of_a_desk_keep_every_promise_of_three_requests(house: House) -> None:
    play = Play(house=house, mark="1")
    play.people_register()

    house.dies_at("sesv2", "SendEmail")  # a notice was handed over, and nobody has written that down
    play.lan.asks()
    play.minh.asks()
    house.desk()
    house.dies_at("s3", "GetObject")  # a letter lies there, and nobody has read it
    play.people_ask()
    play.john_proves()
    play.agents_approve()
    house.kill()  # in the cooling-off
    play.minh_withdraws()
    house.dies_at("s3", "DeleteObjects")  # half erased
    play.time_passes()
    assert play.ends() == []
    assert house.deaths == 4
