"""What other systems and operators are told: ids only."""

import json
from functools import cache
from typing import Any, Literal

from chalicelib.settings import settings
from chalicelib.tickets.ticket import Ticket


@cache
def _events() -> Any:
    import boto3

    return boto3.client("events")


@cache
def _topics() -> Any:
    import boto3

    return boto3.client("sns")


class EventRefused(Exception):
    """EventBridge took the call and not the event."""


def tell_systems(what: Literal["AccountClosing", "AccountClosed"], ticket: Ticket) -> None:
    """Puts the event on the bus, at least once. `detail`: account_id, generation, ticket."""
    if not ticket.account:
        return
    detail = {
        "account_id": ticket.account.account_id, "generation": ticket.account.generation, "ticket": ticket.number,
    }  # fmt: skip
    entry = {
        "Source": "signoff",
        "DetailType": what,
        "Detail": json.dumps(detail),
        "EventBusName": settings().event_bus,
    }
    answer = _events().put_events(Entries=[entry])
    if answer["FailedEntryCount"]:
        raise EventRefused(answer["Entries"][0].get("ErrorCode", ""))


def warn_operators(what: str, number: str = "") -> None:
    """A line to the operators' topic. What is wrong is on the ticket; this only says that somebody must look."""
    if settings().warnings_topic:
        said = f"Signoff ({settings().stage}): {what.replace('_', ' ')} {number}".strip()
        _topics().publish(TopicArn=settings().warnings_topic, Subject=said[:100], Message=said)
