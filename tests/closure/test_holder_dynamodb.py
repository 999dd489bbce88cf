"""Holder kind `dynamodb`: by key, by index, page by page."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.closure.holders import NotDone
from chalicelib.closure.holders.dynamodb import DynamoDbHolder
from chalicelib.closure.ledger import Look
from chalicelib.tickets.ticket import AccountRef
from tests.closure.company import LAN, aws, never

pytestmark = pytest.mark.usefixtures("tables")
MINH = AccountRef(account_id="acc-minh", generation=LAN.generation)
BY_KEY = DynamoDbHolder(table="dev-orders", key="account_id")
BY_INDEX = DynamoDbHolder(table="dev-events", key="account_id", index="by_account")
SINGLE = DynamoDbHolder(table="dev-orders", key="account_id", value="ACCOUNT#{account_id}")
LARGE = "x" * 300_000  # four of them are more than one page


@pytest.fixture(scope="module")
def tables(surroundings: None) -> None:
    """Orders under the account with a sort key; events under ids of their own, found by an index."""
    orders = ("account_id", "order_id"), ()
    events = ("event_id",), ("account_id",)
    for name, (key, index) in (("dev-orders", orders), ("dev-events", events)):
        indexed = [
            {"IndexName": "by_account", "KeySchema": _schema(index), "Projection": {"ProjectionType": "KEYS_ONLY"}}
        ]
        aws("dynamodb").create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": each, "AttributeType": "S"} for each in (*key, *index)],
            KeySchema=_schema(key),
            **({"GlobalSecondaryIndexes": indexed} if index else {}),
        )


def _schema(names: tuple[str, ...]) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"), strict=False)]


@pytest.fixture(autouse=True)
def empty(tables: None) -> None:
    for table, names in (("dev-orders", ("account_id", "order_id")), ("dev-events", ("event_id",))):
        for item in aws("dynamodb").scan(TableName=table)["Items"]:
            aws("dynamodb").delete_item(TableName=table, Key={name: item[name] for name in names})


def order(account: str, number: int, **more: Any) -> None:
    item = {"account_id": {"S": account}, "order_id": {"S": f"order-{number:04}"}, **more}
    aws("dynamodb").put_item(TableName="dev-orders", Item=item)


def event(account: str, number: int, **more: Any) -> None:
    item = {"account_id": {"S": account}, "event_id": {"S": f"event-{number:04}"}, **more}
    aws("dynamodb").put_item(TableName="dev-events", Item=item)


def count(table: str) -> int:
    return int(aws("dynamodb").scan(TableName=table, Select="COUNT")["Count"])


Put = Callable[..., None]


@pytest.mark.parametrize(("holder", "put"), [(BY_KEY, order), (BY_INDEX, event)])
def test_what_is_the_account_s_is_counted_and_erased_and_what_is_another_s_stays(
    holder: DynamoDbHolder, put: Put
) -> None:
    for number in range(60):
        put("acc-lan", number)
    put("acc-minh", 100)
    assert holder.look(LAN) == Look(found="some", count=60)
    for _ in range(2):
        holder.erase(LAN, enough=never)
    assert holder.look(LAN) == Look(found="nothing")
    assert holder.look(MINH) == Look(found="some", count=1)


def test_items_of_many_pages_are_all_found_and_all_erased() -> None:
    for number in range(12):
        order("acc-lan", number, note={"S": LARGE})
    assert BY_KEY.look(LAN).count == 12
    BY_KEY.erase(LAN, enough=never)
    assert BY_KEY.look(LAN) == Look(found="nothing")


@pytest.mark.parametrize(("holder", "put", "table"), [(BY_KEY, order, "dev-orders"), (BY_INDEX, event, "dev-events")])
def test_when_time_runs_out_some_is_erased_and_the_next_call_goes_on(
    holder: DynamoDbHolder, put: Put, table: str
) -> None:
    for number in range(60):
        put("acc-lan", number)
    left = [60]
    for _ in itertools.takewhile(lambda _: left[-1], range(10)):
        with pytest.raises(NotDone):
            holder.erase(LAN, enough=lambda: True)
        left.append(count(table))
    assert left == [60, 35, 10, 0]


def test_a_key_may_hold_more_than_the_bare_id() -> None:
    order("ACCOUNT#acc-lan", 1)
    order("acc-lan", 2)
    SINGLE.erase(LAN, enough=never)
    assert SINGLE.look(LAN) == Look(found="nothing")
    assert BY_KEY.look(LAN) == Look(found="some", count=1)


def test_what_an_index_still_shows_but_is_another_account_s_by_now_is_not_erased() -> None:
    """An index answers eventually: what it shows is only where to look."""
    event("acc-minh", 1)
    BY_INDEX._delete([{"event_id": {"S": "event-0001"}}], LAN)
    assert count("dev-events") == 1


def test_what_an_index_still_shows_but_is_gone_already_is_no_trouble() -> None:
    BY_INDEX._delete([{"event_id": {"S": "event-0001"}}], LAN)
    assert count("dev-events") == 0
