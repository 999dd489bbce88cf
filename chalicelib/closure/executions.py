"""Starts and stops the workflow's executions. Each run of a ticket is the execution `TICKET-run`."""

import contextlib
from datetime import UTC, datetime, timedelta
from functools import cache
from json import dumps
from typing import Any

from chalicelib import clients, clock
from chalicelib.settings import settings
from chalicelib.tickets.ticket import Ticket


@cache
def _workflow() -> Any:
    return clients.client("stepfunctions")


def start(ticket: Ticket) -> None:
    """Starts the ticket's present run; done twice it is started once (names are unique for 90 days)."""
    client = _workflow()
    given = {"ticket": ticket.number, "run": ticket.run, "closes_at": _timestamp(ticket.closes_at)}
    with contextlib.suppress(client.exceptions.ExecutionAlreadyExists):
        client.start_execution(
            stateMachineArn=settings().closure_workflow, name=f"{ticket.number}-{ticket.run}", input=dumps(given)
        )


def stop(number: str, run: int) -> None:
    """Stops a run that is no longer wanted. Correctness never rests on it: every step checks its run."""
    client = _workflow()
    with contextlib.suppress(client.exceptions.ExecutionDoesNotExist):
        client.stop_execution(executionArn=_arn(number, run))


def is_running(number: str, run: int) -> bool:
    client = _workflow()
    try:
        found = client.describe_execution(executionArn=_arn(number, run))
    except client.exceptions.ExecutionDoesNotExist:
        return False
    return bool(found["status"] == "RUNNING")


def _arn(number: str, run: int) -> str:
    return settings().closure_workflow.replace(":stateMachine:", ":execution:") + f":{number}-{run}"


def _timestamp(at: datetime | None) -> str:
    """As Amazon States Language wants it: RFC 3339 with a capital T and Z, in whole seconds; never before `at`."""
    at = at or datetime(1970, 1, 1, tzinfo=UTC)
    if at.microsecond and at > clock.now():
        at += timedelta(seconds=1)
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
