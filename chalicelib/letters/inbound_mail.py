"""Entrypoint: SES took a letter in and laid it in the bucket; the event tells what it found out about it.

Read by ourselves: Powertools' model drops verdicts and refuses mail without a subject.
"""

import logging
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalice.app import Blueprint

from chalicelib import logs, metrics

if TYPE_CHECKING:
    from chalicelib.letters.arrival import Arrival
    from chalicelib.letters.kinds import Verdict

entrypoint = Blueprint(__name__)
_log = logging.getLogger("signoff.letters")
PREFIX = "raw/"  # of the letters in the bucket, as the receipt rule lays them there
_VERDICTS: "tuple[Verdict, ...]" = ("PASS", "FAIL", "GRAY", "PROCESSING_FAILED")


@entrypoint.lambda_function(name="inbound_mail")
def receive(event: dict[str, Any], _context: Any) -> None:
    """Takes in each letter of the event. What fails is raised: Lambda tries again, then the failure queue keeps it."""
    from chalicelib.letters import intake  # app.py imports this file too, and the API reads no letters

    for record in event["Records"]:
        arrival = arrival_of(record["ses"])
        with logs.told(_log, "letter taken in", letter=arrival.ses_id) as said:
            said["kind"] = kind = intake.take_in(arrival)
        metrics.count("Letters", Kind=kind)


def arrival_of(ses: dict[str, Any]) -> "Arrival":
    """What an SES event says of a letter. A verdict that is missing or unknown is none, and proves nothing."""
    from chalicelib.letters.arrival import Arrival
    from chalicelib.letters.kinds import Verdicts

    mail, receipt = ses["mail"], ses["receipt"]
    return Arrival(
        ses_id=mail["messageId"],
        key=f"{PREFIX}{mail['messageId']}",
        at=datetime.fromisoformat(mail["timestamp"].replace("Z", "+00:00")),
        verdicts=Verdicts(**{name: _verdict(receipt, name) for name in ("spam", "virus", "spf", "dkim", "dmarc")}),
        recipients=tuple(receipt.get("recipients", ())),
        source=mail.get("source"),
    )


def _verdict(receipt: dict[str, Any], name: str) -> "Verdict | None":
    said = receipt.get(f"{name}Verdict", {}).get("status")
    return next((verdict for verdict in _VERDICTS if verdict == said), None)
