"""Mails out: what SES was given, as its receiver sees it, and what SES tells about it afterwards."""

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import format_datetime, getaddresses
from typing import Any

from moto.sesv2.responses import SESV2Response

from infra.local.clients import client
from infra.local.clock import Clock
from infra.local.folder import NOTHING_KEPT, Folder
from infra.local.functions import afterwards
from infra.local.seams import replaced
from infra.local.where import ACCOUNT, REGION

SIMULATOR = "simulator.amazonses.com"  # SES's own, see "Using the mailbox simulator" in its developer guide

MAILS = "mails.jsonl"


@dataclass(frozen=True, kw_only=True)
class Mail:
    """One sent mail; `headers` are decoded, with the Message-ID and Date that SES put in."""

    id: str
    at: str
    sender: str
    to: tuple[str, ...]
    subject: str
    text: str
    html: str
    headers: dict[str, str]

    def as_json(self) -> dict[str, Any]:
        shown = asdict(self)
        return {"id": shown.pop("id"), "at": shown.pop("at"), "from": shown.pop("sender"), **shown, "to": list(self.to)}


class Outbox:
    """Keeps every mail that moto's SES accepted, and has its fate told to the configuration set's topic."""

    def __init__(self, clock: Clock, kept: Folder = NOTHING_KEPT) -> None:
        self._clock = clock
        self._kept = kept
        self._lock = threading.Lock()
        self._mails = [Mail(**{**each, "to": tuple(each["to"])}) for each in kept.lines(MAILS)]

    @contextmanager
    def installed(self) -> Iterator[None]:
        with replaced(SESV2Response, "send_email", self._watch):
            yield

    def mails(self, to: str | None = None) -> list[dict[str, Any]]:
        """Oldest first; `to` is an address, compared without case."""
        with self._lock:
            found = list(self._mails)
        wanted = to.lower() if to else None
        return [each.as_json() for each in found if not wanted or wanted in map(str.lower, each.to)]

    def _watch(self, original: Callable[[Any], str]) -> Callable[[Any], str]:
        def send_email(response: Any) -> str:
            answer = original(response)
            request = json.loads(response.body)
            mail = _mail(json.loads(answer)["MessageId"], request, self._clock.now())
            with self._lock:
                self._kept.add_line(MAILS, asdict(mail))
                self._mails.append(mail)
            # Its fate is known later than its sending: not before the function that sends it has ended.
            afterwards(lambda: _tell_fate(mail, request, self._clock.now()))
            return answer

        return send_email


def _mail(message_id: str, request: dict[str, Any], at: datetime) -> Mail:
    raw = base64.b64decode(request["Content"]["Raw"]["Data"])
    message = message_from_bytes(raw, policy=default)
    headers = {name: str(value) for name, value in message.items()}
    headers["Message-ID"] = f"<{message_id}@{REGION}.amazonses.com>"
    headers["Date"] = format_datetime(at)
    destination = request.get("Destination") or {}
    given = [each for group in ("ToAddresses", "CcAddresses", "BccAddresses") for each in destination.get(group, [])]
    return Mail(
        id=message_id,
        at=at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        sender=str(message["From"] or request.get("FromEmailAddress") or ""),
        to=tuple(dict.fromkeys(address for _, address in getaddresses(given or [str(message["To"] or "")]))),
        subject=str(message["Subject"] or ""),
        text=_body(message, "plain"),
        html=_body(message, "html"),
        headers=headers,
    )


def _body(message: EmailMessage, kind: str) -> str:
    found = message.get_body(preferencelist=(kind,))
    return str(found.get_content()) if found else ""


def _tell_fate(mail: Mail, request: dict[str, Any], now: datetime) -> None:
    configuration_set = request.get("ConfigurationSetName")
    topics = _topics(configuration_set) if configuration_set else {}
    at = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    for recipient in mail.to:
        kind, detail = _fate(recipient, at)
        if topic := topics.get(kind.lower()):
            event = {"eventType": kind, "mail": _told(mail, request.get("EmailTags", [])), kind.lower(): detail}
            client("sns").publish(
                TopicArn=topic, Subject="Amazon SES Email Event Notification", Message=json.dumps(event)
            )


def _topics(configuration_set: str) -> dict[str, str]:
    """The topic for each kind of event that the deployed destination asks for."""
    described = client("ses").describe_configuration_set(
        ConfigurationSetName=configuration_set, ConfigurationSetAttributeNames=["eventDestinations"]
    )
    return {
        kind: each["SNSDestination"]["TopicARN"]
        for each in described.get("EventDestinations", [])
        if each and each.get("Enabled") and "SNSDestination" in each
        for kind in each["MatchingEventTypes"]
    }


def _fate(recipient: str, at: str) -> tuple[str, dict[str, Any]]:
    """Everything arrives, except at the simulator's addresses."""
    local, _, domain = recipient.lower().partition("@")
    way = local.partition("+")[0] if domain == SIMULATOR else "success"
    if way in ("bounce", "suppressionlist"):
        return "Bounce", {
            "bounceType": "Permanent",
            "bounceSubType": "General" if way == "bounce" else "OnAccountSuppressionList",
            "bouncedRecipients": [
                {
                    "emailAddress": recipient,
                    "action": "failed",
                    "status": "5.1.1",
                    "diagnosticCode": "smtp; 550 5.1.1 user unknown",
                }
            ],
            "timestamp": at,
            "feedbackId": f"local-{at}",
            "reportingMTA": f"dsn; a8-50.smtp-out.{REGION}.amazonses.com",
        }
    if way == "complaint":
        return "Complaint", {
            "complainedRecipients": [{"emailAddress": recipient}],
            "timestamp": at,
            "feedbackId": f"local-{at}",
            "complaintFeedbackType": "abuse",
        }
    return "Delivery", {
        "timestamp": at,
        "processingTimeMillis": 500,
        "recipients": [recipient],
        "smtpResponse": "250 ok: Message accepted",
        "reportingMTA": f"a8-50.smtp-out.{REGION}.amazonses.com",
    }


def _told(mail: Mail, tags: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "timestamp": mail.at,
        "source": mail.sender,
        "messageId": mail.id,
        "sendingAccountId": ACCOUNT,
        "destination": list(mail.to),
        "headersTruncated": False,
        "headers": [{"name": name, "value": value} for name, value in mail.headers.items()],
        "commonHeaders": {"from": [mail.sender], "to": list(mail.to), "subject": mail.subject, "messageId": mail.id},
        "tags": {each["Name"]: [each["Value"]] for each in tags},
    }
