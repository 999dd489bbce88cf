"""Entrypoint: each change of a ticket comes here from the table's stream, and its notices go out."""

import json
import logging
from collections import defaultdict
from datetime import datetime
from itertools import takewhile
from typing import Any

from chalice.app import Blueprint

from chalicelib import logs, metrics
from chalicelib.notices import sending
from chalicelib.problems import NotFound
from chalicelib.tickets import store

entrypoint = Blueprint(__name__)
Image = dict[str, Any]
_log = logging.getLogger("signoff.notices")


@entrypoint.lambda_function(name="ticket_stream")
def tell(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Sends what each ticket of the batch has to tell. What couldn't be sent comes again: the answer names the first
    record of each such ticket (ReportBatchItemFailures), and Lambda goes on from the earliest of them."""
    images: dict[str, list[Image]] = defaultdict(list)
    for record in event["Records"]:
        images[record["dynamodb"]["Keys"]["pk"]["S"]].append(record["dynamodb"])
    failed = [mine[0]["SequenceNumber"] for number, mine in images.items() if not _told(number, mine)]
    done = takewhile(lambda record: record["dynamodb"]["SequenceNumber"] not in failed, event["Records"])
    for record in done:  # all others come again, and are counted then
        _count(record["dynamodb"].get("NewImage", {}))
    return {"batchItemFailures": [{"itemIdentifier": sequence} for sequence in failed]}


def _told(number: str, images: list[Image]) -> bool:
    what = ",".join(_text(each.get("NewImage", {}), "what") for each in images)
    try:
        with logs.told(_log, "changes told", ticket=number, changes=what) as said:
            try:
                sending.send_due(number)
            except NotFound:
                said["gone"] = True  # its tombstone is gone: there is nobody to tell
            except sending.NotYet as error:
                said["because"] = type(error.__cause__ or error).__name__
                raise
    except Exception:
        return False
    return True


def _count(change: Image) -> None:
    """What became of tickets, as their timelines tell it: each change comes by here once, when all goes well."""
    what, said = _text(change, "what"), json.loads(_text(change, "data") or "{}")
    if what in ("opened", "proved", "closed"):
        metrics.count("Tickets", Change=what)
    if said.get("now") == "needs_attention" != said.get("was"):
        metrics.count("Tickets", Change="needs_attention")
    if what == "closed" and (ticket := store.look_for(change["pk"]["S"])):
        metrics.took("TimeToClose", datetime.fromisoformat(said["at"]) - ticket.opened_at)


def _text(image: Image, name: str) -> str:
    """A text of a stream's image; nothing if it has none."""
    return str(image.get(name, {}).get("S", ""))
