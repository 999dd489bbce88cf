"""What was given up is told in words, and replayed without harm."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from chalicelib import clock
from infra import dead_letters
from infra.local.where import ACCOUNT, REGION, STAGE
from infra.operating import function_names
from tests.stories.letters import letter, stranger
from tests.stories.people import Desk


@pytest.fixture(autouse=True)
def nothing_was_given_up_before(desk: Desk) -> None:
    sqs = boto3.client("sqs")
    for url in sqs.list_queues()["QueueUrls"]:
        while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for each in found:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])


@contextmanager
def later(desk: Desk, by: timedelta) -> Iterator[None]:
    """Queues go by the real time, and so does whoever runs the command."""
    clock.follow(lambda: datetime.now(UTC) + by)
    try:
        yield
    finally:
        clock.follow(desk.cloud.now)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """What the command ends with, and what it says."""
    ended = dead_letters.main(["--stage", STAGE, *arguments], wait_s=0)
    return ended, capsys.readouterr().out


def laid_in(queue: str, message: Any) -> None:
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName=f"signoff-{STAGE}-{queue}")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=message if isinstance(message, str) else json.dumps(message))


def test_a_letter_that_was_given_up_is_told_in_ids_and_replayed(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    eve = stranger(desk)
    desk.fault("s3", "GetObject", "before", times=3)
    ses_id = desk.letter(letter(eve.address, "Please close my account."))
    assert eve.tickets() == []
    ended, said = run(capsys)
    assert (ended, "letter " + ses_id in said, "3 tries" in said) == (1, True, True)
    assert eve.address not in said
    desk.fault("s3", "GetObject", "before")
    ended, said = run(capsys, "--replay")
    assert (ended, "failed again, and kept" in said, eve.tickets()) == (1, True, [])
    ended, said = run(capsys, "--replay")
    assert (ended, "replayed, and taken" in said, len(eve.tickets())) == (0, True, 1)
    assert run(capsys, "--replay") == (0, "0 were given up, 0 lie there still\n")
    assert len(eve.mails()) == 1


def test_places_in_the_stream_are_forgotten_once_the_sweep_has_been_there(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    batch = {"streamArn": "arn:…", "batchSize": 2, "startSequenceNumber": "100", "endSequenceNumber": "101"}
    context = {"condition": "RetryAttemptsExhausted", "approximateInvokeCount": 6, "functionArn": "arn:aws:lambda"}
    laid_in("failed-records", {"version": "1.0", "requestContext": context, "DDBStreamBatchInfo": batch})
    with later(desk, timedelta()):
        ended, said = run(capsys, "--replay")
    assert (ended, "records 2 from 100" in said, "left until the sweep" in said) == (1, True, True)
    with later(desk, timedelta(hours=3)):
        ended, said = run(capsys, "--replay")
    assert (ended, "forgotten" in said) == (0, True)


@pytest.mark.parametrize("payload", [
    "not JSON: eve@stranger.example", "[]", {"requestContext": {}},
    {"requestContext": {"functionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:another"}, "requestPayload": {}},
])  # fmt: skip
def test_what_the_desk_did_not_send_is_left_alone_and_not_shown(
    desk: Desk, capsys: pytest.CaptureFixture[str], payload: Any
) -> None:
    laid_in("failed-events", payload)
    ended, said = run(capsys, "--replay")
    assert (ended, "left alone" in said, "eve@" in said) == (1, True, False)


def test_a_sweep_and_a_mail_s_fate_are_replayed_by_their_own_functions(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    told = {"eventType": "Send", "mail": {"messageId": "0100abc-000000", "destination": ["eve@stranger.example"]}}
    feedback = {"Records": [{"Sns": {"Message": json.dumps(told)}}]}
    names = {resource: name for name, resource in function_names(STAGE, dead_letters.KINDS).items()}
    for resource, payload in (("Sweep", {}), ("MailFeedback", feedback)):
        arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{names[resource]}:$LATEST"
        context = {"functionArn": arn, "condition": "EventAgeExceeded", "approximateInvokeCount": 2}
        laid_in("failed-events", {"requestContext": context, "requestPayload": payload})
    ended, said = run(capsys, "--replay")
    assert (ended, said.count("replayed, and taken")) == (0, 2)
    assert "feedback 0100abc-000000 2 tries EventAgeExceeded" in said
    assert "eve@" not in said
