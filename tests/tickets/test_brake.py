"""The brake counts the closures that began in the hour before, whatever the clock shows."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import boto3
import pytest

from chalicelib.problems import TooMany
from chalicelib.tickets import store
from chalicelib.tickets.store import guards
from chalicelib.transaction import Together
from infra.local.cloud import forget_what_was_made
from tests.environment import ENVIRONMENT, of_a_desk
from tests.examples import START

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def table() -> Iterator[None]:
    """An empty desk table, without its indexes."""
    forget_what_was_made()
    with pytest.MonkeyPatch.context() as process, of_a_desk(process):
        keys = (("pk", "HASH"), ("sk", "RANGE"))
        untyped: Any = boto3
        untyped.client("dynamodb").create_table(
            TableName=ENVIRONMENT["DESK_TABLE"],
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
            BillingMode="PAY_PER_REQUEST",
        )
        yield
    forget_what_was_made()


def begin(at: datetime, *, most: int = 2) -> None:
    together = Together()
    guards.begin_within_brake(together, most=most, at=at)
    store.commit(together)


def test_one_closure_too_many_within_an_hour_is_stopped_though_a_full_hour_lies_between() -> None:
    before_ten, after_ten = START - MINUTE, START + MINUTE
    begin(before_ten)
    begin(before_ten)
    with pytest.raises(TooMany):
        begin(after_ten)


def test_an_hour_after_the_first_there_is_room_for_one_more() -> None:
    begin(START)
    begin(START + 30 * MINUTE)
    with pytest.raises(TooMany):
        begin(START + 59 * MINUTE)
    begin(START + 60 * MINUTE)
    with pytest.raises(TooMany):
        begin(START + 89 * MINUTE)


def test_of_two_that_begin_in_one_instant_each_is_counted() -> None:
    both = [Together(), Together()]
    for each in both:
        guards.begin_within_brake(each, most=2, at=START)
    store.commit(both[0])
    with pytest.raises(guards.BegunMeanwhile):
        store.commit(both[1])


def test_while_the_brake_is_on_nothing_begins_and_a_release_counts_anew() -> None:
    begin(START)
    guards.pull_brake(at=START)
    with pytest.raises(guards.BrakeIsOn):
        begin(START + MINUTE)
    guards.release_brake()
    begin(START + MINUTE)
    begin(START + MINUTE)
    with pytest.raises(TooMany):
        begin(START + 2 * MINUTE)
