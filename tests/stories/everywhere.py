"""Everything that the local cloud holds, as text to be searched: tables, buckets, queues, workflow histories, logs."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3

NOT_THE_DESKS = frozenset({"signoff-code"})


def everything() -> Iterator[tuple[str, str]]:
    """Where, and what lies there. Left out is what the ledger names as a residual that goes by itself: streams (moto
    lets nothing go) and backups; and the outbox, which plays the mailboxes of the world."""
    yield from tables()
    yield from objects()
    yield from queues()
    yield from histories()


def tables() -> Iterator[tuple[str, str]]:
    dynamodb = boto3.client("dynamodb")
    for page in dynamodb.get_paginator("list_tables").paginate():
        for table in page["TableNames"]:
            for found in dynamodb.get_paginator("scan").paginate(TableName=table):
                for item in found["Items"]:
                    yield f"table {table}", json.dumps(item, ensure_ascii=False, default=repr)


def objects() -> Iterator[tuple[str, str]]:
    """Every version of every object: its key, its metadata, its bytes."""
    s3 = boto3.client("s3")
    for bucket in (each["Name"] for each in s3.list_buckets()["Buckets"]):
        if bucket in NOT_THE_DESKS:
            continue
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for each in page.get("Versions", []):
                found = s3.get_object(Bucket=bucket, Key=each["Key"], VersionId=each["VersionId"])
                said = found["Body"].read().decode("utf-8", "replace")
                yield f"bucket {bucket} {each['Key']}", f"{each['Key']} {found['Metadata']} {said}"


def queues() -> Iterator[tuple[str, str]]:
    sqs = boto3.client("sqs")
    for url in sqs.list_queues().get("QueueUrls", []):
        asked: dict[str, Any] = {"QueueUrl": url, "MaxNumberOfMessages": 10, "VisibilityTimeout": 1}
        for each in sqs.receive_message(**asked).get("Messages", []):
            yield f"queue {url}", each["Body"]


def histories() -> Iterator[tuple[str, str]]:
    """Input, output and every event of every execution."""
    states = boto3.client("stepfunctions")
    for machine in states.list_state_machines()["stateMachines"]:
        pages = states.get_paginator("list_executions").paginate(stateMachineArn=machine["stateMachineArn"])
        for execution in (each for page in pages for each in page["executions"]):
            arn = execution["executionArn"]
            history = states.get_paginator("get_execution_history").paginate(executionArn=arn)
            events = [event for page in history for event in page["events"]]
            yield f"history {execution['name']}", json.dumps([execution, events], ensure_ascii=False, default=repr)


@contextmanager
def logged() -> Iterator[list[str]]:
    """The lines that are logged meanwhile."""
    handler, root = LogLines(), logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield handler.lines
    finally:
        root.removeHandler(handler)
        root.setLevel(before)


class LogLines(logging.Handler):
    """Every line that is logged at INFO or above, with all that would stand beside it in Lambda's JSON."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        usual = vars(logging.makeLogRecord({})).keys() | {"message", "asctime"}
        beside = {name: value for name, value in vars(record).items() if name not in usual}
        self.lines.append(f"{self.format(record)} {beside}")
