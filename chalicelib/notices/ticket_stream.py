"""Entrypoint: each change of a ticket comes here from the table's stream, and its notices go out."""

import logging
from typing import Any

from chalice.app import Blueprint

from chalicelib.notices import sending
from chalicelib.problems import NotFound

entrypoint = Blueprint(__name__)
_log = logging.getLogger("signoff.notices")


@entrypoint.lambda_function(name="ticket_stream")
def tell(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Sends what each ticket of the batch has to tell. What couldn't be sent comes again: the answer names the first
    record of each such ticket (ReportBatchItemFailures), and Lambda goes on from the earliest of them."""
    first: dict[str, str] = {}
    for record in event["Records"]:
        number = record["dynamodb"]["Keys"]["pk"]["S"]
        first.setdefault(number, record["dynamodb"]["SequenceNumber"])
    failed = [sequence for number, sequence in first.items() if not _told(number)]
    return {"batchItemFailures": [{"itemIdentifier": sequence} for sequence in failed]}


def _told(number: str) -> bool:
    try:
        sending.send_due(number)
    except NotFound:
        return True  # its tombstone is gone: there is nobody to tell
    except Exception as error:
        cause = error.__cause__ or error
        _log.warning("notice not sent", extra={"ticket": number, "error": type(cause).__name__})
        return False
    return True
