"""Letters in: what SES does with a mail that arrives, read from the receipt rules that are deployed and active."""

import asyncio
import json
import random
import re
import socket
import string
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import getaddresses
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from infra.local.clients import client
from infra.local.clock import Clock
from infra.local.where import MAIL_DOMAIN, REGION, SUPPORT_ADDRESS

LARGEST_LETTER = 40 * 1024 * 1024  # what SES takes
HEADERS_TOLD = 10 * 1024  # SES cuts the event's headers there
READABLE = 2_000  # a longer header field is told as it stands

CHECKS = ("spf", "dkim", "dmarc", "spam", "virus")
PASSED = dict.fromkeys(CHECKS, "PASS")


class NobodyHere(Exception):
    """No active receipt rule takes mail for these recipients."""


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A letter with its envelope, and what SES found out about it. A check without a verdict is left out."""

    raw: bytes
    source: str
    recipients: tuple[str, ...]
    verdicts: dict[str, str]


def arrival(raw: bytes, *, source: str = "", recipients: tuple[str, ...] = (), **verdicts: str) -> Arrival:
    """A letter of which only the bytes are sure: the envelope is read from its headers, every verdict is PASS.

    A source of `<>` is the null sender; without one it is the letter's Return-Path, or its From.
    """
    head = _head(raw)
    if wrong := set(verdicts) - set(CHECKS):
        raise ValueError(f"no such check: {', '.join(sorted(wrong))}")
    named = _addresses(head, "to", "cc")
    ours = tuple(each for each in named if each.lower().endswith(f"@{MAIL_DOMAIN}"))
    return Arrival(
        raw=raw,
        source=_no_one(source or (_addresses(head, "return-path") or _addresses(head, "from") or [""])[0]),
        recipients=recipients or ours or (SUPPORT_ADDRESS,),
        verdicts={name: value for name, value in (PASSED | verdicts).items() if value},
    )


def _no_one(source: str) -> str:
    """The null sender of bounces is an empty source."""
    return "" if source == "<>" else source


class Receiving:
    """Lays letters in the bucket and wakes the function, as the rules say."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def receive(self, letter: Arrival) -> str:
        """The SES message id, when the letter is stored and the function's event is on its way."""
        for rule in _active_rules():
            taken = tuple(each for each in letter.recipients if _is_for(each, rule))
            if taken:
                message_id = "".join(random.choices(string.ascii_lowercase + string.digits, k=40))
                self._act(rule, replace(letter, recipients=taken), message_id)
                return message_id
        raise NobodyHere(", ".join(letter.recipients))

    def _act(self, rule: dict[str, Any], letter: Arrival, message_id: str) -> None:
        stamped = self._stamp(letter, message_id) + letter.raw
        for action in rule["Actions"]:
            match next(iter(action.items())):
                case "S3Action", where:
                    key = where.get("ObjectKeyPrefix", "") + message_id
                    client("s3").put_object(Bucket=where["BucketName"], Key=key, Body=stamped)
                case "LambdaAction", where:
                    client("lambda").invoke(
                        FunctionName=where["FunctionArn"],
                        InvocationType=where.get("InvocationType", "Event"),
                        Payload=json.dumps(self._event(letter, message_id, where)),
                    )
                case kind, _:
                    raise NotImplementedError(f"receipt action {kind}")

    def _stamp(self, letter: Arrival, message_id: str) -> bytes:
        """The lines that SES writes above a letter before it stores it."""
        first_line, _, _ = letter.raw.partition(b"\n")
        end = "\r\n" if first_line.endswith(b"\r") or not letter.raw else "\n"
        at = self._clock.now().strftime("%a, %d %b %Y %H:%M:%S +0000 (UTC)")
        told = {name: letter.verdicts.get(name, "none").lower() for name in CHECKS}
        lines = [
            f"Return-Path: <{letter.source}>",
            f"Received: from localhost (localhost [127.0.0.1]) by inbound-smtp.{REGION}.amazonaws.com"
            f" with SMTP id {message_id} for {letter.recipients[0]}; {at}",
            f"X-SES-Spam-Verdict: {told['spam'].upper()}",
            f"X-SES-Virus-Verdict: {told['virus'].upper()}",
            f"Authentication-Results: amazonses.com; spf={told['spf']}; dkim={told['dkim']}; dmarc={told['dmarc']}",
        ]
        return "".join(re.sub(r"[\r\n]", " ", line) + end for line in lines).encode("utf-8", "replace")

    def _event(self, letter: Arrival, message_id: str, action: dict[str, Any]) -> dict[str, Any]:
        at = self._clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        head = _head(self._stamp(letter, message_id) + letter.raw)
        headers, truncated = _told_headers(head)
        return {
            "Records": [
                {
                    "eventSource": "aws:ses",
                    "eventVersion": "1.0",
                    "ses": {
                        "mail": {
                            "timestamp": at,
                            "source": letter.source,
                            "messageId": message_id,
                            "destination": list(letter.recipients),
                            "headersTruncated": truncated,
                            "headers": headers,
                            "commonHeaders": _common_headers(head, letter),
                        },
                        "receipt": {
                            "timestamp": at,
                            "processingTimeMillis": 500,
                            "recipients": list(letter.recipients),
                            **{f"{name}Verdict": {"status": value} for name, value in letter.verdicts.items()},
                            "action": {
                                "type": "Lambda",
                                "functionArn": action["FunctionArn"],
                                "invocationType": action.get("InvocationType", "Event"),
                            },
                        },
                    },
                }
            ]
        }


def _active_rules() -> list[dict[str, Any]]:
    rules = client("ses").describe_active_receipt_rule_set().get("Rules", [])
    return [rule for rule in rules if rule["Enabled"]]


def _is_for(recipient: str, rule: dict[str, Any]) -> bool:
    """A rule names addresses, domains, or `.domain` for what lies below one; none at all takes everything."""
    address = recipient.lower()
    local, _, domain = address.partition("@")
    bare = f"{local.partition('+')[0]}@{domain}"
    wanted = [each.lower() for each in rule.get("Recipients", [])]
    return not wanted or any(
        each in (address, bare, domain) or (each.startswith(".") and domain.endswith(each)) for each in wanted
    )


def _head(raw: bytes) -> Message:
    return BytesHeaderParser(policy=compat32).parsebytes(raw)


def _addresses(head: Message, *names: str) -> list[str]:
    fields = [str(value)[:READABLE] for name in names for value in head.get_all(name, [])]
    return [address for _, address in getaddresses(fields) if "@" in address]


def _told_headers(head: Message) -> tuple[list[dict[str, str]], bool]:
    told: list[dict[str, str]] = []
    size = 0
    for name, value in head.items():
        text = _plain(value)
        size += len(name) + len(text) + 4
        if size > HEADERS_TOLD:
            return told, True
        told.append({"name": name, "value": text})
    return told, False


def _common_headers(head: Message, letter: Arrival) -> dict[str, Any]:
    common: dict[str, Any] = {"returnPath": letter.source}
    for name, key in (("from", "from"), ("to", "to"), ("cc", "cc"), ("reply-to", "replyTo")):
        if head.get_all(name):
            common[key] = [_readable(each) for each in head.get_all(name, [])]
    for name, key in (("date", "date"), ("message-id", "messageId"), ("subject", "subject")):
        if head.get(name) is not None:
            common[key] = _readable(head.get(name))
    return common


def _plain(value: Any) -> str:
    text = re.sub(r"\r?\n(?=[ \t])", "", str(value))
    return text.encode("utf-8", "replace").decode("utf-8")


def _readable(value: Any) -> str:
    text = _plain(value)
    if len(text) > READABLE:
        return text
    try:
        return _plain(make_header(decode_header(text)))
    except (ValueError, LookupError):
        return text


class Post:
    """The SMTP side: a mailbox anyone on this machine can write to; its letters pass every check."""

    def __init__(self, receiving: Receiving) -> None:
        self._receiving = receiving

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if not any(_is_for(address, rule) for rule in _active_rules()):
            return "550 5.1.1 nobody here of that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        raw = envelope.content if isinstance(envelope.content, bytes) else b""
        letter = Arrival(
            raw=raw, source=_no_one(envelope.mail_from or ""), recipients=tuple(envelope.rcpt_tos), verdicts=PASSED
        )
        message_id = await asyncio.get_running_loop().run_in_executor(None, self._receiving.receive, letter)
        return f"250 OK {message_id}"


@contextmanager
def smtp(receiving: Receiving, port: int) -> Iterator[int]:
    """Listens on that port, or on a free one for 0, and says which."""
    controller = Controller(
        Post(receiving),
        hostname="127.0.0.1",
        port=port or _free_port(),
        data_size_limit=LARGEST_LETTER,
        enable_SMTPUTF8=True,
    )
    controller.start()
    try:
        yield int(controller.port)
    finally:
        controller.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
