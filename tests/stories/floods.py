"""Many letters at once, without SES's and Lambda's part of the way: laid in the bucket and taken in, right here."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import boto3

from chalicelib import clock
from chalicelib.letters import intake
from chalicelib.letters.arrival import Arrival
from chalicelib.letters.kinds import Verdicts
from tests.stories.letters import SUPPORT
from tests.stories.people import Desk

SURE = Verdicts(spam="PASS", virus="PASS", spf="PASS", dkim="PASS", dmarc="PASS")


def take_in(raw: bytes, *, source: str, verdicts: Verdicts = SURE) -> str:
    """Takes one letter in, as `inbound_mail` does; gives the SES id that it would have had."""
    bucket, ses_id = os.environ["LETTERS_BUCKET"], hashlib.sha256(raw).hexdigest()[:40]
    boto3.client("s3").put_object(Bucket=bucket, Key=f"raw/{ses_id}", Body=raw)
    intake.take_in(
        Arrival(
            ses_id=ses_id, key=f"raw/{ses_id}", at=clock.now(), verdicts=verdicts, recipients=(SUPPORT,), source=source
        )
    )  # fmt: skip
    return ses_id


def flood(senders: Iterable[str], *, words: str = "Please close my account.") -> list[str]:
    """A fresh request of each of them, one after the other; the SES ids."""
    found = []
    for nth, sender in enumerate(senders):
        raw = (
            f"From: {sender}\r\nTo: {SUPPORT}\r\nSubject: Close my account {nth}\r\n"
            f"Message-ID: <flood.{nth}.{clock.now().timestamp()}.{sender}>\r\n\r\n{words}\r\n"
        )
        found.append(take_in(raw.encode(), source=sender))
    return found


def tickets_of(ses_ids: Iterable[str], items: Iterable[dict[str, dict[str, str]]]) -> set[str]:
    """The numbers of the tickets beside which these letters lie; each letter has one of its own, or none is lost."""
    wanted = {f"letter#{each}" for each in ses_ids}
    return {item["pk"]["S"] for item in items if item["sk"]["S"] in wanted}


def everything(desk: Desk) -> Iterator[dict[str, dict[str, str]]]:
    """Every item of the desk table."""
    pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName=desk.table("DESK_TABLE"))
    for page in pages:
        yield from page["Items"]


@contextmanager
def warnings() -> Iterator[list[str]]:
    """What operators are told meanwhile; filled when it ends."""
    topic, told = os.environ["WARNINGS_TOPIC"], list[str]()
    sqs, sns = boto3.client("sqs"), boto3.client("sns")
    queue = sqs.create_queue(QueueName="operators")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    here = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    try:
        yield told
        while found := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
            told += [each["Body"] for each in found]
            for each in found:
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=each["ReceiptHandle"])
    finally:
        sns.unsubscribe(SubscriptionArn=here["SubscriptionArn"])
        sqs.delete_queue(QueueUrl=queue)
