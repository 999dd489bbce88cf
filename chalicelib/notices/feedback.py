"""Entrypoint: what became of the mails that SES took (SNS), as the state of their notices."""

import json
import logging
from typing import Any

from chalice.app import Blueprint

from chalicelib import logs
from chalicelib.notices import delivery
from chalicelib.notices.tags import tagged
from chalicelib.tickets import store

entrypoint = Blueprint(__name__)
_log = logging.getLogger("signoff.notices")
_STATES = {"Delivery": "delivered", "Bounce": "bounced", "Complaint": "complained", "Reject": "bounced"}


@entrypoint.lambda_function(name="mail_feedback")
def hear(event: dict[str, Any], _context: Any) -> None:
    """Writes each event's state on the notice whose mail it names; what tells nothing of delivery changes nothing.

    An event of a mail that nobody wrote down, and whose tags name no notice, is raised, so that it comes again."""
    for record in event["Records"]:
        told = json.loads(record["Sns"]["Message"])
        state = _STATES.get(told.get("eventType") or told.get("notificationType") or "")
        ses_id = told.get("mail", {}).get("messageId")
        if not state or not ses_id:
            continue
        with logs.told(_log, "fate of a mail heard", mail=ses_id, state=state) as said:
            said["ticket"] = number = _ticket_of(told["mail"], ses_id)
            delivery.record(number, ses_id, state, _addresses(told))


def _ticket_of(mail: dict[str, Any], ses_id: str) -> str:
    """The ticket that the mail was sent for. If nobody wrote its sending down, that is done now."""
    if sent := store.guards.sent(ses_id):
        return sent[0]
    named = tagged(mail)
    if named is None:
        raise LookupError("the mail of this event isn't written down yet")
    number, key = named
    if ticket := store.look_for(number):
        delivery.note_sent(ticket, key, ses_id=ses_id)
    return number


def _addresses(told: dict[str, Any]) -> list[str]:
    """Who gets no more mail: who bounced for good, or complained. SES tells of a passing bounce, too, once it has given
    that mail up; another mail may arrive."""
    is_for_good = told.get("bounce", {}).get("bounceType") == "Permanent"
    bounced = told["bounce"].get("bouncedRecipients", []) if is_for_good else []
    complained = told.get("complaint", {}).get("complainedRecipients", [])
    return [each["emailAddress"] for each in (*bounced, *complained)]
