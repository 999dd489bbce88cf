"""Tables are read sooner than moto reads them, and give what moto gives."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.core.serialize import BaseJSONSerializer
from moto.dynamodb.models.table import Table

from infra.local import deployment
from infra.local.quick_tables import quick_tables

TABLE = "desk"
KEYS = {"pk": "S", "sk": "S", "who": "S", "rank": "N"}
NUMBERS = ("1", "1.0", "10", "9")


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A table of thirty items with two indexes, in moto as it comes."""
    for name, value in deployment.aws_environment().items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        client = boto3.client("dynamodb")
        client.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind} for name, kind in KEYS.items()],
            KeySchema=[key("pk", "HASH"), key("sk", "RANGE")],
            GlobalSecondaryIndexes=[
                {"IndexName": name, "KeySchema": schema, "Projection": {"ProjectionType": "ALL"}}
                for name, schema in (
                    ("who", [key("who", "HASH"), key("rank", "RANGE")]),
                    ("rank", [key("rank", "HASH")]),
                )
            ],
        )
        for nth in range(30):
            client.put_item(TableName=TABLE, Item=item(nth))
        yield client


def key(name: str, kind: str) -> dict[str, str]:
    return {"AttributeName": name, "KeyType": kind}


def item(nth: int) -> dict[str, Any]:
    found: dict[str, Any] = {"pk": {"S": f"p{nth % 3}"}, "sk": {"S": f"s{nth * 7 % 30:02}"}, **EVERY_KIND}
    if nth % 2:
        found |= {"who": {"S": f"w{nth % 5}"}, "rank": {"N": NUMBERS[nth % 4]}}
    return found


EVERY_KIND: dict[str, Any] = {
    "text": {"S": ""}, "number": {"N": "-1.50"}, "yes": {"BOOL": True}, "no": {"BOOL": False},
    "nothing": {"NULL": True}, "bytes": {"B": b"\x00\xff"}, "texts": {"SS": ["a", "b"]}, "numbers": {"NS": ["1", "2"]},
    "pieces": {"BS": [b"\x01"]},
    "list": {"L": [{"S": "a"}, {"L": []}, {"M": {"deep": {"B": b"\xfe"}}}]},
    "map": {"M": {"S": {"S": "named as a kind"}, "empty": {"M": {}}, "n": {"N": "1"}}},
}  # fmt: skip

QUERIES: list[dict[str, Any]] = [
    {"KeyConditionExpression": "pk = :a", "ExpressionAttributeValues": {":a": {"S": "p1"}}},
    {"KeyConditionExpression": "pk = :a", "ExpressionAttributeValues": {":a": {"S": "nobody"}}},
    {
        "KeyConditionExpression": "pk = :a AND begins_with(sk, :b)",
        "ExpressionAttributeValues": {":a": {"S": "p1"}, ":b": {"S": "s0"}},
        "ScanIndexForward": False,
    },
    {
        "KeyConditionExpression": "pk = :a AND sk > :b",
        "FilterExpression": "attribute_exists(who)",
        "ExpressionAttributeValues": {":a": {"S": "p1"}, ":b": {"S": "s05"}},
        "ConsistentRead": True,
    },
    {"IndexName": "who", "KeyConditionExpression": "who = :a", "ExpressionAttributeValues": {":a": {"S": "w1"}}},
    {
        "IndexName": "who",
        "KeyConditionExpression": "who = :a AND #r <= :b",
        "ExpressionAttributeNames": {"#r": "rank"},
        "ExpressionAttributeValues": {":a": {"S": "w1"}, ":b": {"N": "9"}},
        "ScanIndexForward": False,
    },
    {
        "IndexName": "rank",
        "KeyConditionExpression": "#r = :a",
        "ExpressionAttributeNames": {"#r": "rank"},
        "ExpressionAttributeValues": {":a": {"N": "1"}},
    },
]


@pytest.mark.parametrize("asked", QUERIES)
def test_a_query_finds_what_moto_finds_page_by_page(dynamodb: Any, asked: dict[str, Any]) -> None:
    slow = pages(dynamodb, "query", **asked)
    with quick_tables():
        assert pages(dynamodb, "query", **asked) == slow
    assert any(page["Count"] for page in slow) is (asked != QUERIES[1])


def test_a_scan_and_a_get_give_what_moto_gives(dynamodb: Any) -> None:
    slow, one = pages(dynamodb, "scan"), get(dynamodb)
    with quick_tables():
        assert pages(dynamodb, "scan") == slow
        assert get(dynamodb) == one
    assert {name: one[name] for name in EVERY_KIND} == EVERY_KIND


def test_a_partition_that_was_only_asked_for_is_not_there(dynamodb: Any) -> None:
    with quick_tables():
        dynamodb.query(TableName=TABLE, **QUERIES[1])
        assert dynamodb.scan(TableName=TABLE)["Count"] == 30


def test_the_seams_are_where_we_expect_them() -> None:
    assert {"query", "all_items"} <= set(vars(Table))
    assert "_serialize_type_structure" in vars(BaseJSONSerializer)


def pages(client: Any, what: str, **asked: Any) -> list[Any]:
    """Everything that is found, with the counts and keys of each page of four."""
    found = client.get_paginator(what).paginate(TableName=TABLE, PaginationConfig={"PageSize": 4}, **asked)
    return [{name: value for name, value in page.items() if name != "ResponseMetadata"} for page in found]


def get(client: Any) -> Any:
    return client.get_item(TableName=TABLE, Key={"pk": {"S": "p0"}, "sk": {"S": "s00"}})["Item"]
