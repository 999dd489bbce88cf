"""Faults on purpose, at the attempts that the desk's functions make."""

import json
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from infra.local.faults import Fault
from tests.infra.small_cloud import SmallCloud, put, table

ONCE = Config(retries={"total_max_attempts": 1})
AGAIN = Config(retries={"total_max_attempts": 3, "mode": "standard"})


def inside(cloud: SmallCloud, act: Any, name: str = "act") -> Any:
    """Runs it inside of a deployed function and gives what came of it, the error too."""
    found: list[Any] = []

    def body(_event: Any, _context: Any) -> None:
        try:
            found.append(act())
        except Exception as error:
            found.append(error)

    cloud.functions.call(cloud.function(name, body), {})
    return found[0]


def count() -> int:
    return int(boto3.client("dynamodb").scan(TableName="desk")["Count"])


def write(config: Config = ONCE) -> Any:
    return boto3.client("dynamodb", config=config).put_item(**put("a")["Put"])


def test_before_answers_an_error_and_does_nothing(cloud: SmallCloud) -> None:
    table()
    cloud.faults.add(Fault(service="dynamodb", operation="PutItem", kind="before"))
    error = inside(cloud, write)
    assert isinstance(error, ClientError)
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert count() == 0


def test_after_does_it_and_loses_the_answer(cloud: SmallCloud) -> None:
    table()
    cloud.faults.add(Fault(service="dynamodb", operation="PutItem", kind="after"))
    assert isinstance(inside(cloud, write), ConnectionClosedError)
    assert count() == 1


def test_throttle_says_too_many(cloud: SmallCloud) -> None:
    table()
    cloud.faults.add(Fault(service="dynamodb", operation="PutItem", kind="throttle"))
    error = inside(cloud, write)
    assert error.response["Error"]["Code"] == "ThrottlingException"


def test_deny_says_that_it_is_not_permitted(cloud: SmallCloud) -> None:
    table()
    cloud.faults.add(Fault(service="dynamodb", operation="PutItem", kind="deny"))
    error = inside(cloud, write)
    assert error.response["Error"]["Code"] == "AccessDeniedException"
    assert count() == 0


def test_a_lie_says_success_and_does_nothing(cloud: SmallCloud) -> None:
    table()
    write()
    cloud.faults.add(Fault(service="dynamodb", operation="DeleteItem", kind="lie"))
    key = {"pk": {"S": "a"}, "sk": {"S": "a"}}
    answer = inside(cloud, lambda: boto3.client("dynamodb", config=ONCE).delete_item(TableName="desk", Key=key))
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert count() == 1


def test_a_lying_bucket_names_what_it_did_not_delete(cloud: SmallCloud) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="files", CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
    s3.put_object(Bucket="files", Key="a&b", Body=b"")
    cloud.faults.add(Fault(service="s3", operation="DeleteObjects", kind="lie"))
    answer = inside(cloud, lambda: s3.delete_objects(Bucket="files", Delete={"Objects": [{"Key": "a&b"}]}))
    assert [each["Key"] for each in answer["Deleted"]] == ["a&b"]
    assert s3.list_objects_v2(Bucket="files")["KeyCount"] == 1


def test_each_attempt_counts_so_the_sdk_s_retry_may_mend_it(cloud: SmallCloud) -> None:
    table()
    cloud.faults.add(Fault(service="dynamodb", operation="PutItem", kind="before", times=1))
    assert inside(cloud, lambda: write(AGAIN))["ResponseMetadata"]["RetryAttempts"] == 1
    assert count() == 1
    assert cloud.faults.waiting() == []


def test_only_a_transaction_that_holds_a_delete_is_concerned(cloud: SmallCloud) -> None:
    table()
    cloud.faults.add(Fault(service="dynamodb", operation="TransactWriteItems:Delete", kind="before"))
    dynamodb = boto3.client("dynamodb", config=ONCE)
    delete = {"Delete": {"TableName": "desk", "Key": {"pk": {"S": "a"}, "sk": {"S": "a"}}}}
    inside(cloud, lambda: dynamodb.transact_write_items(TransactItems=[put("a")]))
    assert count() == 1
    assert isinstance(inside(cloud, lambda: dynamodb.transact_write_items(TransactItems=[delete])), ClientError)


def test_the_local_cloud_s_own_calls_meet_no_fault(cloud: SmallCloud) -> None:
    table()
    cloud.faults.add(Fault(service="dynamodb", operation="*", kind="before", times=9))
    write()
    assert count() == 1


def test_a_killed_function_did_this_much_and_nothing_more(cloud: SmallCloud) -> None:
    """Not even what would catch any error, or runs on the way out, reaches anything."""
    table()
    cloud.faults.add(Fault(service="dynamodb", operation="PutItem", kind="kill"))
    dynamodb, was_caught = boto3.client("dynamodb", config=ONCE), []

    def body(_event: Any, _context: Any) -> None:
        try:
            dynamodb.put_item(**put("a")["Put"])
        except Exception as error:
            was_caught.append(error)
        finally:
            dynamodb.put_item(**put("b")["Put"])

    outcome = cloud.functions.call(cloud.function("dies", body), {})
    assert outcome.is_error
    assert json.loads(outcome.text)["errorType"] == "Runtime.ExitError"
    assert (count(), was_caught) == (1, [])
    inside(cloud, lambda: dynamodb.put_item(**put("b")["Put"]))
    assert count() == 2


def test_a_fault_may_let_some_pass_and_concern_one_function(cloud: SmallCloud) -> None:
    table()
    cloud.faults.add(Fault(service="*", operation="*", kind="before", function="Sweep", skip=1))
    of_another = [inside(cloud, write) for _ in range(3)]
    of_the_sweep = [inside(cloud, write, name="desk-dev-Sweep-1") for _ in range(3)]
    assert [isinstance(each, ClientError) for each in of_another + of_the_sweep] == [False] * 4 + [True, False]


def test_a_fault_may_go_with_one_call_to_the_end_of_its_attempts(cloud: SmallCloud) -> None:
    table()
    fault = Fault(service="dynamodb", operation="PutItem", kind="after", skip=1, all_attempts=True)
    cloud.faults.add(fault)
    answers = [inside(cloud, lambda: write(AGAIN)) for _ in range(3)]
    assert [isinstance(each, ConnectionClosedError) for each in answers] == [False, True, False]
    assert fault.met is not None


def test_clearing_ends_them_all(cloud: SmallCloud) -> None:
    table()
    cloud.faults.add(Fault(service="dynamodb", operation="*", kind="before", times=9))
    cloud.faults.clear()
    inside(cloud, write)
    assert count() == 1


@pytest.mark.parametrize(("kind", "times"), [("sideways", 1), ("before", 0)])
def test_a_fault_that_makes_no_sense_is_refused(kind: str, times: int) -> None:
    with pytest.raises(ValueError, match="must be"):
        Fault(service="s3", operation="*", kind=kind, times=times)
