"""What other systems are told: ids only."""

import json
from functools import cache
from typing import Any, Literal

from chalicelib import clients
from chalicelib.settings import settings
from chalicelib.tickets.ticket import Ticket


@cache
def _events() -> Any:
    return clients.client("events")


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
