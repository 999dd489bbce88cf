"""What other systems hear on EventBridge: what the published schema says, and ids only."""

import json
from collections.abc import Iterator

import boto3
import pytest
from jsonschema import Draft202012Validator, FormatChecker

from infra.template import PROJECT
from tests.stories.people import Desk, Json

SCHEMA = json.loads((PROJECT / "docs" / "events.schema.json").read_text("utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=FormatChecker())


class Listener:
    """A queue behind a rule for all that Signoff tells, as another system would have it."""

    def __init__(self, name: str) -> None:
        self._sqs = boto3.client("sqs")
        self._url = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        events = boto3.client("events")
        events.put_rule(Name=name, EventPattern=json.dumps({"source": ["signoff"]}))
        events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])

    def heard(self) -> Iterator[Json]:
        """What came since it was asked last, in order."""
        while found := self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get("Messages"):
            for each in found:
                yield json.loads(each["Body"])
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=each["ReceiptHandle"])


def test_other_systems_hear_that_an_account_is_closing_and_closed_in_the_form_that_is_published(desk: Desk) -> None:
    listener = Listener("closures")
    lan, an = desk.customer(name="Nguyễn Thị Lan", phone="+84 90 555 0199"), desk.agent()
    generation = lan.account().ok()["generation"]
    number = lan.asks_to_close()
    an.erases_now(lan, number)
    events = list(listener.heard())
    for event in events:
        assert list(VALIDATOR.iter_errors(event)) == []
        assert event["detail"] == {"account_id": lan.account_id, "generation": generation, "ticket": number}
    assert [each["detail-type"] for each in events] == ["AccountClosing", "AccountClosed"]


def test_an_event_tells_no_more_than_the_example_of_the_papers() -> None:
    paper = (PROJECT / "docs" / "events.md").read_text("utf-8")
    example = json.loads(paper.partition("```json")[2].partition("```")[0])
    sent = {"version": "0", "id": "1", "account": "1", "region": "r", "time": "2026-11-27T00:00:00Z", "resources": []}
    assert list(VALIDATOR.iter_errors(example | sent)) == []


@pytest.mark.parametrize(
    "changed", [{"email": "lan@khach.example"}, {"account_id": "lan@khach.example"}, {"ticket": ""}]
)
def test_the_schema_has_no_room_for_anything_personal(changed: Json) -> None:
    detail = {"account_id": "acc-lan", "generation": 1, "ticket": "SO-7K3M9Q"}
    schema = Draft202012Validator(SCHEMA["properties"]["detail"])
    assert list(schema.iter_errors(detail)) == []
    assert list(schema.iter_errors(detail | changed)) != []
