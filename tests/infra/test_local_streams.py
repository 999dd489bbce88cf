"""Streams, handed over as Lambda's event source mappings hand them over."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from infra.local.filters import matches
from infra.local.functions import as_json
from infra.local.streams import Mapping, followers, hand_over, mapping_from
from tests.infra.small_cloud import SmallCloud, put, table

RECORDS = [{"dynamodb": {"SequenceNumber": str(number)}, "n": number} for number in range(1, 9)]


def mapping(**changed: Any) -> Mapping:
    settings: dict[str, Any] = {
        "stream": "arn:aws:dynamodb:::stream",
        "batch_size": 100,
        "tries": 3,
        "bisects": True,
        "reports_items": True,
        "failure_queue": None,
        "patterns": (),
    }
    return Mapping(**settings | changed)


class Taker:
    """Takes batches, fails on some records, and notes what it was given."""

    def __init__(self, *, fails_on: set[int] = frozenset(), reports: set[int] = frozenset()) -> None:  # type: ignore[assignment]
        self.given: list[list[int]] = []
        self.done: list[int] = []
        self._fails_on, self._reports = fails_on, reports

    def __call__(self, batch: list[dict[str, Any]]) -> Any:
        numbers = [each["n"] for each in batch]
        self.given.append(numbers)
        if self._fails_on & set(numbers):
            return None
        failed = [number for number in numbers if number in self._reports]
        self.done += [number for number in numbers if not failed or number < failed[0]]
        return {"answer": {"batchItemFailures": [{"itemIdentifier": str(number)} for number in failed]}}


def test_a_batch_that_is_taken_is_handed_over_once() -> None:
    taker = Taker()
    hand_over(RECORDS, mapping(), taker)
    assert taker.given == [[1, 2, 3, 4, 5, 6, 7, 8]]


def test_a_poisoned_record_is_cornered_by_halves_and_the_others_are_taken_in_order() -> None:
    taker = Taker(fails_on={6})
    hand_over(RECORDS, mapping(), taker)
    assert taker.done == [1, 2, 3, 4, 5, 7, 8]
    assert taker.given.count([6]) == 3


def test_a_reported_item_is_where_the_next_try_begins() -> None:
    taker = Taker(reports={3})
    hand_over(RECORDS[:4], mapping(bisects=False), taker)
    assert taker.given == [[1, 2, 3, 4], [3, 4], [3, 4], [3, 4]]


def test_a_report_that_was_not_asked_for_is_not_read() -> None:
    taker = Taker(reports={3})
    hand_over(RECORDS[:4], mapping(reports_items=False), taker)
    assert taker.given == [[1, 2, 3, 4]]


def test_a_report_that_names_no_record_fails_the_whole_batch() -> None:
    given = []

    def call(batch: list[Any]) -> Any:
        given.append(len(batch))
        return {"answer": {"batchItemFailures": [{"itemIdentifier": "999"}]}}

    hand_over(RECORDS[:2], mapping(bisects=False), call)
    assert given == [2, 2, 2]


def test_what_is_given_up_lies_in_the_queue_as_a_place_in_the_stream(cloud: SmallCloud) -> None:
    url, arn = cloud.queue("given-up")
    hand_over(RECORDS[:2], mapping(bisects=False, failure_queue=arn), Taker(fails_on={1}))
    (message,) = boto3.client("sqs").receive_message(QueueUrl=url)["Messages"]
    told = json.loads(message["Body"])["DDBStreamBatchInfo"]
    assert (told["startSequenceNumber"], told["endSequenceNumber"], told["batchSize"]) == ("1", "2", 2)


def follow(cloud: SmallCloud, stream: str, **mapped: Any) -> tuple[list[Any], Any]:
    seen: list[Any] = []
    function = cloud.function("hear", lambda event, _: seen.append(event["Records"]))
    boto3.client("lambda").create_event_source_mapping(
        FunctionName="hear", EventSourceArn=stream, StartingPosition="TRIM_HORIZON", **mapped
    )
    from infra.local.deployment import _keep_moto_from_pushing_records

    _keep_moto_from_pushing_records()
    (follower,) = followers(cloud.functions, cloud.quiet, cloud.tables, [function])
    return seen, follower


def test_what_is_written_comes_in_order_in_batches_as_the_mapping_says(cloud: SmallCloud) -> None:
    seen, follower = follow(cloud, table(), BatchSize=2)
    for key in "abc":
        boto3.client("dynamodb").put_item(**put(key)["Put"])
    with follower.following():
        cloud.quiet.wait()
    assert [[each["dynamodb"]["Keys"]["pk"]["S"] for each in batch] for batch in seen] == [["a", "b"], ["c"]]
    assert seen[0][0]["eventSourceARN"] == follower.mapping.stream


def test_a_write_wakes_a_follower_that_sleeps(cloud: SmallCloud) -> None:
    seen, follower = follow(cloud, table())
    with follower.following():
        cloud.quiet.wait()
        boto3.client("dynamodb").put_item(**put("late")["Put"])
        cloud.quiet.wait()
        assert len(seen) == 1


def test_a_cancelled_transaction_leaves_no_record(cloud: SmallCloud) -> None:
    seen, follower = follow(cloud, table())
    dynamodb = boto3.client("dynamodb")
    refused = put("b")
    refused["Put"]["ConditionExpression"] = "attribute_exists(pk)"
    with follower.following():
        with pytest.raises(ClientError):
            dynamodb.transact_write_items(TransactItems=[put("a"), refused])
        dynamodb.put_item(**put("c")["Put"])
        cloud.quiet.wait()
    assert [each["dynamodb"]["Keys"]["pk"]["S"] for batch in seen for each in batch] == ["c"]


def test_a_filter_keeps_records_from_the_function(cloud: SmallCloud) -> None:
    pattern = {
        "eventName": ["INSERT"],
        "dynamodb": {"NewImage": {"item": {"S": ["change"]}, "run": {"N": [{"exists": True}]}}},
    }
    seen, follower = follow(cloud, table(), FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)}]})
    dynamodb = boto3.client("dynamodb")
    with follower.following():
        dynamodb.put_item(**put("a", item={"S": "change"})["Put"])
        dynamodb.put_item(**put("b", item={"S": "change"}, run={"N": "1"})["Put"])
        dynamodb.put_item(**put("b", item={"S": "change"}, run={"N": "2"})["Put"])
        cloud.quiet.wait()
    assert [each["dynamodb"]["NewImage"]["run"] for batch in seen for each in batch] == [{"N": "1"}]


def test_binary_values_come_as_lambda_sends_them(cloud: SmallCloud) -> None:
    seen, follower = follow(cloud, table())
    with follower.following():
        boto3.client("dynamodb").put_item(**put("a", raw={"B": b"\x00\x01"})["Put"])
        cloud.quiet.wait()
    assert seen[0][0]["dynamodb"]["NewImage"]["raw"] == {"B": "AAE="}


def test_records_are_those_that_get_records_gives(cloud: SmallCloud) -> None:
    seen, follower = follow(cloud, stream := table())
    dynamodb = boto3.client("dynamodb")
    deep = {"L": [{"B": b"\xfe"}, {"M": {"deep": {"BS": [b"\x01", b"\xff"]}}}, {"NULL": True}, {"NS": ["1", "2.50"]}]}
    with follower.following():
        for more in ({"raw": {"B": b"\x00\xff"}, "deep": deep}, {"raw": {"S": ""}}):
            dynamodb.put_item(**put("a", **more)["Put"])
        dynamodb.delete_item(TableName="desk", Key={"pk": {"S": "a"}, "sk": {"S": "a"}})
        cloud.quiet.wait()
    streams = boto3.client("dynamodbstreams")
    shard = streams.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"][0]["ShardId"]
    begin = streams.get_shard_iterator(StreamArn=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    given = streams.get_records(ShardIterator=begin["ShardIterator"])["Records"]
    by_api = [json.loads(json.dumps({**each, "eventSourceARN": stream}, default=as_json)) for each in given]
    assert [whole_seconds(each) for batch in seen for each in batch] == [whole_seconds(each) for each in by_api]
    assert len(by_api) == 3


def whole_seconds(record: Any) -> Any:
    """The API cuts the time of a record at milliseconds."""
    held = record["dynamodb"]
    return record | {"dynamodb": held | {"ApproximateCreationDateTime": int(held["ApproximateCreationDateTime"])}}


def test_a_mapping_without_a_cap_tries_on_and_on() -> None:
    assert mapping_from({"EventSourceArn": "arn", "BatchSize": 10}).tries > 1000


@pytest.mark.parametrize(
    ("pattern", "record", "passes"),
    [
        ({"a": ["x", "y"]}, {"a": "y"}, True),
        ({"a": ["x"]}, {"a": "y"}, False),
        ({"a": ["x"]}, {}, False),
        ({"a": {"b": [1]}}, {"a": {"b": 1}}, True),
        ({"a": {"b": [1]}}, {"a": "flat"}, False),
        ({"a": [{"prefix": "SO-"}]}, {"a": "SO-1"}, True),
        ({"a": [{"prefix": "SO-"}]}, {"a": 5}, False),
        ({"a": [{"exists": False}]}, {"b": 1}, True),
        ({"a": [{"anything-but": ["x"]}]}, {"a": "y"}, True),
        ({"a": [{"anything-but": ["x"]}]}, {"a": "x"}, False),
        ({"$or": [{"a": [1]}, {"b": [2]}]}, {"b": 2}, True),
        ({"a": [True]}, {"a": 1}, False),
    ],
)
def test_filters_read_patterns_as_lambda_documents_them(pattern: Any, record: Any, passes: bool) -> None:
    assert matches(pattern, record) is passes


def test_a_filter_rule_that_is_not_known_never_passes_in_silence() -> None:
    with pytest.raises(NotImplementedError, match="numeric"):
        matches({"a": [{"numeric": [">", 1]}]}, {"a": 2})
