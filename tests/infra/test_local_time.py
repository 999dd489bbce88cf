"""The desk's clock, its schedules, and knowing when all is quiet."""

import threading
from datetime import timedelta

import boto3
import pytest

from infra.local.clock import Clock
from infra.local.quiet import NotQuiet, Quiet
from infra.local.schedules import Schedule, Schedules
from infra.local.travel import Travel
from tests.infra.small_cloud import SmallCloud, role


def schedule(cloud: SmallCloud, expression: str = "rate(1 hour)") -> None:
    function = cloud.function("sweep", lambda _event, _: None)
    boto3.client("scheduler").create_schedule(
        Name="sweep",
        ScheduleExpression=expression,
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": function.function_arn, "RoleArn": role()},
    )


class Fired:
    """Notes when a schedule fired."""

    def __init__(self, cloud: SmallCloud) -> None:
        self._cloud = cloud
        self._began = cloud.clock.now()
        self.hours: list[int] = []
        self.schedules = Schedules(cloud.clock, self)
        self.travel = Travel(cloud.clock, self.schedules, cloud.quiet)

    def __call__(self, _schedule: Schedule) -> None:
        self.hours.append(round((self._cloud.clock.now() - self._began) / timedelta(hours=1)))


def test_an_hourly_schedule_fires_every_hour_of_an_advance(cloud: SmallCloud) -> None:
    schedule(cloud)
    fired = Fired(cloud)
    with fired.schedules.running():
        fired.travel.advance(timedelta(hours=5, minutes=30))
    assert fired.hours == [1, 2, 3, 4, 5]


def test_a_long_advance_fires_it_once_a_day_and_then_hourly_again(cloud: SmallCloud) -> None:
    schedule(cloud)
    fired = Fired(cloud)
    with fired.schedules.running():
        fired.travel.advance(timedelta(days=30))
        assert len(fired.hours) == 30
        fired.travel.advance(timedelta(hours=3))
        assert len(fired.hours) == 33


def test_a_schedule_that_cannot_be_played_is_refused_at_once(cloud: SmallCloud) -> None:
    schedule(cloud, "cron(0 2 * * ? *)")
    with pytest.raises(NotImplementedError, match="cron"), Fired(cloud).schedules.running():
        pass


def test_time_only_goes_forward() -> None:
    clock = Clock(Quiet())
    before = clock.now()
    clock.jump_to(before - timedelta(days=1))
    assert clock.now() >= before


def test_a_sleeper_wakes_when_the_clock_jumps_past_it_and_is_in_flight_again() -> None:
    quiet = Quiet()
    clock = Clock(quiet)
    held, woke = threading.Event(), threading.Event()

    def sleep() -> None:
        clock.pause(clock.now() + timedelta(days=1), goes_on=lambda: True)
        woke.set()
        held.wait()
        quiet.end()

    thread = threading.Thread(target=sleep)
    quiet.begin()
    thread.start()
    quiet.wait()
    clock.jump_to(clock.now() + timedelta(days=1))
    with pytest.raises(NotQuiet):
        quiet.wait(timedelta(milliseconds=20))
    assert woke.wait(5)
    held.set()
    thread.join()
    quiet.wait()


def test_a_sleeper_that_should_sleep_no_longer_is_woken_to_see_it() -> None:
    quiet = Quiet()
    clock = Clock(quiet)
    stopped = threading.Event()
    quiet.begin()
    until = clock.now() + timedelta(days=1)
    thread = threading.Thread(target=lambda: clock.pause(until, goes_on=lambda: not stopped.is_set()))
    thread.start()
    quiet.wait()
    stopped.set()
    clock.look_again()
    thread.join(5)
    assert not thread.is_alive()


def test_quiet_asks_a_source_that_cannot_count() -> None:
    quiet = Quiet()
    idle = [False]
    quiet.watch(lambda: idle[0])
    with pytest.raises(NotQuiet):
        quiet.wait(timedelta(milliseconds=10))
    idle[0] = True
    quiet.wait(timedelta(seconds=1))
