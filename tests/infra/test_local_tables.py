"""DynamoDB in one process: isolation, quick transactions, time to live."""

import threading
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.responses import DynamoHandler

from infra.local.tables import delete_expired
from tests.infra.small_cloud import SmallCloud, put, table


def add(key: str, number: int) -> dict[str, Any]:
    return {
        "Update": {
            "TableName": "desk",
            "Key": {"pk": {"S": key}, "sk": {"S": "a"}},
            "UpdateExpression": "ADD n :n",
            "ExpressionAttributeValues": {":n": {"N": str(number)}},
        }
    }


def refused() -> dict[str, Any]:
    never = put("never")
    never["Put"]["ConditionExpression"] = "attribute_exists(pk)"
    return never


def number_of(key: str) -> int:
    item = boto3.client("dynamodb").get_item(TableName="desk", Key={"pk": {"S": key}, "sk": {"S": "a"}})["Item"]
    return int(item["n"]["N"])


def test_a_cancelled_transaction_changes_nothing(cloud: SmallCloud) -> None:
    table()
    dynamodb = boto3.client("dynamodb")
    dynamodb.transact_write_items(TransactItems=[add("a", 1)])
    with pytest.raises(ClientError, match="TransactionCanceled"):
        dynamodb.transact_write_items(TransactItems=[add("a", 1), put("b"), refused()])
    assert number_of("a") == 1
    assert dynamodb.scan(TableName="desk")["Count"] == 1


def test_a_cancelled_transaction_leaves_every_item_and_the_stream_as_they_were(cloud: SmallCloud) -> None:
    stream = table()
    dynamodb = boto3.client("dynamodb")
    for name in ("put over", "deleted", "updated"):
        dynamodb.put_item(**put(name, n={"N": "1"}, held={"M": {"in": {"S": "it"}}})["Put"])
    before = dynamodb.scan(TableName="desk")["Items"], records(stream)
    deleted = {"Delete": {"TableName": "desk", "Key": {"pk": {"S": "deleted"}, "sk": {"S": "a"}}}}
    changes = [put("put over"), put("put anew"), deleted, add("updated", 1), add("updated anew", 1)]
    with pytest.raises(ClientError, match="TransactionCanceled"):
        dynamodb.transact_write_items(TransactItems=[*changes, refused()])
    with pytest.raises(ClientError, match="multiple operations on one item"):
        dynamodb.transact_write_items(TransactItems=[*changes, add("put over", 1)])
    assert (dynamodb.scan(TableName="desk")["Items"], records(stream)) == before
    dynamodb.transact_write_items(TransactItems=changes)
    kinds = [each["eventName"] for each in records(stream)[len(before[1]) :]]
    assert kinds[:5] == ["MODIFY", "INSERT", "REMOVE", "MODIFY", "INSERT"]


def records(stream: str) -> list[Any]:
    streams = boto3.client("dynamodbstreams")
    shard = streams.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"][0]["ShardId"]
    begin = streams.get_shard_iterator(StreamArn=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    return list(streams.get_records(ShardIterator=begin["ShardIterator"])["Records"])


def test_a_write_beside_a_cancelled_transaction_is_not_lost(cloud: SmallCloud) -> None:
    table()
    together = threading.Barrier(8)
    dynamodb = boto3.client("dynamodb")

    def write() -> None:
        together.wait()
        for _ in range(10):
            dynamodb.update_item(**add("a", 1)["Update"])

    def be_refused() -> None:
        together.wait()
        for _ in range(10):
            with pytest.raises(ClientError):
                dynamodb.transact_write_items(TransactItems=[add("a", 100), refused()])

    threads = [threading.Thread(target=each) for each in [write, be_refused] * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert number_of("a") == 40


def test_items_go_when_their_time_is_up_and_the_stream_says_so(cloud: SmallCloud) -> None:
    stream = table()
    dynamodb = boto3.client("dynamodb")
    dynamodb.update_time_to_live(
        TableName="desk", TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"}
    )
    now = cloud.clock.now()
    for key, later in (("gone", -1), ("stays", 1)):
        at = int((now + timedelta(hours=later)).timestamp())
        dynamodb.put_item(**put(key, expires={"N": str(at)})["Put"])
    dynamodb.put_item(**put("never expires")["Put"])
    assert delete_expired(now) == 1
    left = {item["pk"]["S"] for item in dynamodb.scan(TableName="desk")["Items"]}
    assert left == {"stays", "never expires"}
    assert records(stream)[-1]["eventName"] == "REMOVE"


def test_a_table_without_time_to_live_keeps_everything(cloud: SmallCloud) -> None:
    table()
    boto3.client("dynamodb").put_item(**put("a", expires={"N": "1"})["Put"])
    assert delete_expired(cloud.clock.now()) == 0


def test_the_seams_are_where_we_expect_them() -> None:
    assert "call_action" in vars(DynamoHandler)
    assert {"update_item", "transact_write_items"} <= set(vars(DynamoDBBackend))
    from moto.dynamodb import models

    assert "copy" in vars(models)
