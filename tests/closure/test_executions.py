"""The workflow waits until the second in which a closure may begin, never a moment less."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from chalicelib import clock
from chalicelib.closure import executions
from infra.local.cloud import forget_what_was_made
from tests.environment import ENVIRONMENT, of_a_desk
from tests.examples import proved

START = datetime(2100, 1, 1, tzinfo=UTC)
MACHINE = ENVIRONMENT["CLOSURE_WORKFLOW"]
WAITS = {"StartAt": "It", "States": {"It": {"Type": "Succeed"}}}


@pytest.fixture(autouse=True)
def workflow() -> Iterator[None]:
    """A workflow of that name, which does nothing."""
    forget_what_was_made()
    with pytest.MonkeyPatch.context() as process, of_a_desk(process):
        untyped: Any = boto3
        untyped.client("stepfunctions").create_state_machine(
            name=MACHINE.rpartition(":")[2], definition=json.dumps(WAITS), roleArn="arn:aws:iam::123456789012:role/x"
        )
        yield
    forget_what_was_made()


def waits_until(closes_at: datetime) -> datetime:
    """When the execution that is started for this closure wakes."""
    ticket = proved("scheduled", closes_at=closes_at)
    executions.start(ticket)
    untyped: Any = boto3
    arn = MACHINE.replace(":stateMachine:", ":execution:") + f":{ticket.number}-1"
    given = json.loads(untyped.client("stepfunctions").describe_execution(executionArn=arn)["input"])
    return datetime.fromisoformat(given["closes_at"])


@pytest.mark.parametrize("fraction", [timedelta(milliseconds=1), timedelta(milliseconds=999)])
def test_the_workflow_never_wakes_before_the_closure_may_begin(fraction: timedelta) -> None:
    assert waits_until(START + fraction) == START + timedelta(seconds=1)


def test_a_closure_that_may_begin_now_waits_for_nothing() -> None:
    now = clock.now().replace(microsecond=999_000) - timedelta(seconds=2)
    assert waits_until(now) < now
