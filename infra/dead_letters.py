"""What was given up: `python -m infra.dead_letters [--stage STAGE] [--replay]`, or `make dead-letters STAGE=prod`.

Says in words what lies in the queues of failed events and failed records, and what may be done with it. Without
--replay (REPLAY=1) nothing is changed. With it each event is handed to its function once more, and taken off its queue
when the function took it; places in the stream are taken off once the sweep has been there. All of these may be
repeated: a letter that was taken in already, a fate that is written down already and a sweep with nothing due change
nothing. Only ids and kinds of errors are printed: letters and feedback hold addresses and words.

It ends with 0 when nothing lies there any more, with 1 while something does, with 2 where it couldn't look.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import clock
from chalicelib.problems import Problem
from chalicelib.settings import settings
from infra.operating import function_names, use_settings_of

Kind = Literal["letter", "feedback", "sweep", "records", "unknown"]

KINDS: dict[str, Kind] = {"InboundMail": "letter", "MailFeedback": "feedback", "Sweep": "sweep"}
"""What each function that takes events is handed, by the name of its resource."""

MEANS: dict[Kind, str] = {
    "letter": "The letter lies in the bucket and wasn't taken in. Replayed it is; twice it changes nothing.",
    "feedback": "What became of a mail isn't on its notice. Replayed it is; twice it changes nothing.",
    "sweep": "One hourly sweep failed. The next one does what is due; replayed it does so now.",
    "records": "Changes of tickets whose notice or run was given up. Nothing to replay: the tables know what is "
    "unsent and not begun, and the sweep does it within the hour.",
    "unknown": "Nothing that the desk sends here. A person must look; replaying leaves it alone.",
}

SWEPT_WITHIN = timedelta(hours=2)
"""Half an hour until the sweep takes a change for unsent, an hour until it comes, and time to do it."""

HELD_FOR = 1000  # seconds: a little longer than the longest function runs
_ID = re.compile(r"[\w.@/:-]{1,120}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class DeadLetter:
    """One message: what it is about, in ids, and what it takes to replay it and to take it off its queue."""

    kind: Kind
    about: str
    tries: int
    error: str
    at: datetime
    queue: str
    receipt: str
    function: str = ""
    payload: Any = None

    @property
    def is_done_by_sweep(self) -> bool:
        return clock.now() - self.at > SWEPT_WITHIN


def main(arguments: Sequence[str], *, wait_s: int = 1) -> int:
    """`wait_s` is how long an empty queue is waited for: a second asks all of SQS's servers, none at all some."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stage", help="of this deployed desk; else that of the environment")
    parser.add_argument("--replay", action="store_true")
    given = parser.parse_args(arguments)
    try:
        use_settings_of(given.stage)
        stage = given.stage or settings().stage
        functions = function_names(stage, KINDS)
        with lying_there(stage, functions, wait_s) as found:
            left = sum(not _dealt_with(each, replay=given.replay) for each in found)
    except (Problem, ClientError, BotoCoreError) as error:
        print(type(error).__name__, error, file=sys.stderr)
        return 2
    print(f"{len(found)} were given up, {left} lie there still")
    if left and not given.replay:
        print("Mend the cause first, then replay: REPLAY=1")
    return 1 if left else 0


@contextmanager
def lying_there(stage: str, functions: dict[str, str], wait_s: int) -> Iterator[list[DeadLetter]]:
    """Everything in both queues, oldest first, held for us meanwhile; what is left of it can be seen again after."""
    found: list[DeadLetter] = []
    try:
        for name in (f"signoff-{stage}-failed-events", f"signoff-{stage}-failed-records"):
            url = _client("sqs").get_queue_url(QueueName=name)["QueueUrl"]
            found += [_read(each, url, functions) for each in _messages(url, wait_s)]
        found.sort(key=lambda each: each.at)
        yield found
    finally:
        for each in found:
            _release(each)


def _messages(url: str, wait_s: int) -> Iterator[dict[str, Any]]:
    sqs, asked = _client("sqs"), {"QueueUrl": url, "MaxNumberOfMessages": 10, "VisibilityTimeout": HELD_FOR}
    while got := sqs.receive_message(**asked, AttributeNames=["SentTimestamp"], WaitTimeSeconds=wait_s).get("Messages"):
        yield from got


def _read(message: dict[str, Any], queue: str, functions: dict[str, str]) -> DeadLetter:
    """Of a message that isn't what Lambda sends, as much as can be told."""
    try:
        told = json.loads(message["Body"])
        context = told["requestContext"]
        function = str(context.get("functionArn", "")).partition(":function:")[2].partition(":")[0]
        kind, about = _subject(told, functions.get(function))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        told, context, function, kind, about = {}, {}, "", "unknown", ""
    failed = told.get("responsePayload")
    return DeadLetter(
        kind=kind,
        about=about,
        tries=int(context.get("approximateInvokeCount", 0)),
        error=_plain(failed.get("errorType") if isinstance(failed, dict) else context.get("condition")),
        at=datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC),
        queue=queue,
        receipt=message["ReceiptHandle"],
        function=function,
        payload=told.get("requestPayload"),
    )


def _subject(told: dict[str, Any], resource: str | None) -> tuple[Kind, str]:
    if batch := told.get("DDBStreamBatchInfo"):
        return "records", f"{int(batch['batchSize'])} from {_plain(batch['startSequenceNumber'])}"
    kind = KINDS.get(resource or "", "unknown")
    match kind:
        case "letter":
            return kind, _ids(each["ses"]["mail"] for each in told["requestPayload"]["Records"])
        case "feedback":
            return kind, _ids(json.loads(each["Sns"]["Message"])["mail"] for each in told["requestPayload"]["Records"])
    return kind, ""


def _ids(mails: Iterator[dict[str, Any]]) -> str:
    return " ".join(_plain(each["messageId"]) for each in mails)


def _plain(said: Any) -> str:
    """What looks like an id; anything else might say more than an id."""
    return str(said) if _ID.fullmatch(str(said)) else "?"


def _dealt_with(letter: DeadLetter, *, replay: bool) -> bool:
    """Says what it is; whether it is off its queue now."""
    words = [letter.kind, letter.about, f"{letter.tries} tries", letter.error]
    print(f"{letter.at:%Y-%m-%d %H:%M} UTC", *(each for each in words if each))
    print(f"    {MEANS[letter.kind]}")
    if not replay:
        return False
    done, how = _replayed(letter)
    print(f"    {how}")
    if done:
        _client("sqs").delete_message(QueueUrl=letter.queue, ReceiptHandle=letter.receipt)
    return done


def _replayed(letter: DeadLetter) -> tuple[bool, str]:
    match letter.kind:
        case "unknown":
            return False, "left alone"
        case "records":
            return letter.is_done_by_sweep, "forgotten" if letter.is_done_by_sweep else "left until the sweep was there"
    asked = {"FunctionName": letter.function, "Payload": json.dumps(letter.payload)}
    answer = _client("lambda").invoke(**asked)
    if "FunctionError" not in answer:
        return True, "replayed, and taken"
    return False, f"failed again, and kept: {_plain(json.loads(answer['Payload'].read()).get('errorType'))}"


def _release(letter: DeadLetter) -> None:
    """What was taken off is gone already; SQS takes that for a fault of ours."""
    sqs = _client("sqs")
    try:
        sqs.change_message_visibility(QueueUrl=letter.queue, ReceiptHandle=letter.receipt, VisibilityTimeout=0)
    except ClientError as error:
        if error.response["Error"]["Code"] not in (
            "ReceiptHandleIsInvalid",
            "InvalidParameterValue",
            "MessageNotInflight",
        ):
            raise


def _client(service: str) -> Any:
    """Patient: a replayed sweep runs up to a quarter of an hour, and isn't begun twice."""
    patient = Config(read_timeout=HELD_FOR, retries={"total_max_attempts": 1})
    return boto3.client(service, config=patient)  # type: ignore[call-overload, unused-ignore]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
