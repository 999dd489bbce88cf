"""Faults on purpose: calls that the desk's functions make to AWS go wrong, one HTTP attempt at a time."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError
from moto.core.botocore_stubber import BotocoreStubber, MockRawResponse

from infra.local.functions import Killed, is_dead, resource_of, running
from infra.local.seams import replaced

KINDS = ("before", "after", "throttle", "deny", "lie", "kill")

CLIENT_NAMES = {"sfn": "stepfunctions", "eventbridge": "events", "cognito-identity-provider": "cognito-idp"}
"""What boto3 calls a service whose events carry another name."""

XML_SERVICES = {"s3", "sns", "ses", "iam", "sts", "cloudformation"}


@dataclass(kw_only=True)
class Fault:
    """The next `times` attempts at an operation go wrong in this way.

    before: an error is answered, nothing was done. after: it was done, the answer is lost. throttle: too many
    requests. deny: no permission. lie: success is answered, nothing was done. kill: it was done, and the function's
    process ended right there. Only of one function (its resource, such as `TicketStream`) if one is named. So many
    calls (however many attempts each takes) that it would concern are let through first. With `all_attempts` it goes
    with one call to the end: the SDK's own tries don't mend it.
    """

    service: str
    operation: str
    kind: str
    times: int = 1
    function: str = ""
    skip: int = 0
    all_attempts: bool = False
    met: str | None = None  # the first call that it met
    _let_through: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}")
        if self.times < 1:
            raise ValueError("times must be at least 1")

    def meets(self, call: str) -> bool:
        """Whether it is this call's turn."""
        if call in self._let_through or (self.all_attempts and self.met not in (None, call)):
            return False
        if len(self._let_through) < self.skip:
            self._let_through.add(call)
            return False
        self.met = self.met or call
        return True

    def concerns(self, service: str, operation: str, body: bytes) -> bool:
        """`TransactWriteItems:Delete` concerns a transaction that holds a Delete; `*` any operation."""
        name, _, held = self.operation.partition(":")
        return (
            self.service in (CLIENT_NAMES.get(service, service), "*")
            and name in (operation, "*")
            and self.function in ("", resource_of(running.get() or ""))
            and (not held or _holds(body, held))
        )


def _holds(body: bytes, kind: str) -> bool:
    try:
        return any(kind in each for each in json.loads(body).get("TransactItems", []))
    except ValueError:
        return False


class Faults:
    """The faults that wait. Only calls from inside a deployed function meet them, never the local cloud's own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    @contextmanager
    def installed(self) -> Iterator[None]:
        with replaced(BotocoreStubber, "__call__", self._between):
            yield

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()

    def waiting(self) -> list[dict[str, Any]]:
        with self._lock:
            return [
                {name: getattr(each, name) for name in ("service", "operation", "kind", "times")}
                for each in self._waiting
            ]

    def _between(self, answer: Callable[..., Any]) -> Callable[..., Any]:
        def __call__(stubber: BotocoreStubber, event_name: str, request: Any, **given: Any) -> Any:  # noqa: N807
            if is_dead():
                raise Killed()
            _, service, operation = event_name.split(".")
            fault = self._take(service, operation, request) if running.get() else None
            match fault:
                case None:
                    return answer(stubber, event_name, request, **given)
                case "after":
                    answer(stubber, event_name, request, **given)
                    raise ConnectionClosedError(endpoint_url=request.url)
                case "kill":
                    answer(stubber, event_name, request, **given)
                    raise Killed()
                case "lie":
                    return _success(service, operation, request)
            return _refusal(service, request, fault)

        return __call__

    def _take(self, service: str, operation: str, request: Any) -> str | None:
        call, body = str(request.headers.get("amz-sdk-invocation-id")), _bytes(request.body)
        with self._lock:
            concerned = [each for each in self._waiting if each.concerns(service, operation, body)]
            found = next((each for each in concerned if each.meets(call)), None)
            if found is None:
                return None
            found.times -= not found.all_attempts
            if not found.times:
                self._waiting.remove(found)
            return found.kind


def _bytes(body: Any) -> bytes:
    if isinstance(body, str):
        return body.encode()
    return bytes(body) if isinstance(body, bytes | bytearray) else b""


def _answer(request: Any, status: int, headers: dict[str, str], body: str) -> AWSResponse:
    return AWSResponse(request.url, status, headers, MockRawResponse(body))


def _refusal(service: str, request: Any, fault: str) -> AWSResponse:
    code, status = _code(service, fault)
    words = "a fault on purpose"
    if service in XML_SERVICES:
        inner = f"<Code>{code}</Code><Message>{words}</Message>"
        body = (
            f"<Error>{inner}</Error>" if service == "s3" else f"<ErrorResponse><Error>{inner}</Error></ErrorResponse>"
        )
        return _answer(request, status, {"content-type": "text/xml"}, body)
    body = json.dumps({"__type": code, "message": words})
    return _answer(request, status, {"content-type": "application/json", "x-amzn-errortype": code}, body)


def _code(service: str, fault: str) -> tuple[str, int]:
    if fault == "deny":
        return ("AccessDenied" if service in XML_SERVICES else "AccessDeniedException"), 403 if service == "s3" else 400
    if fault != "throttle":
        return "InternalServerError", 500
    if service == "s3":
        return "SlowDown", 503
    if service in ("sesv2", "lambda", "scheduler"):
        return "TooManyRequestsException", 429
    return "ThrottlingException", 400


def _success(service: str, operation: str, request: Any) -> AWSResponse:
    """What the service answers when it is all well, as short as its client takes it."""
    if operation == "DeleteObject":
        return _answer(request, 204, {}, "")
    if operation == "DeleteObjects":
        return _answer(request, 200, {"content-type": "text/xml"}, _all_deleted(_bytes(request.body)))
    if service in XML_SERVICES:
        body = "" if service == "s3" else f"<{operation}Response><{operation}Result/></{operation}Response>"
        return _answer(request, 200, {"content-type": "text/xml"}, body)
    answers: dict[str, dict[str, Any]] = {
        "BatchWriteItem": {"UnprocessedItems": {}},
        "SendEmail": {"MessageId": "010f000000000000-00000000-0000-0000-0000-000000000000-000000"},
        "PutEvents": {"FailedEntryCount": 0, "Entries": []},
    }
    return _answer(request, 200, {"content-type": "application/json"}, json.dumps(answers.get(operation, {})))


def _all_deleted(body: bytes) -> str:
    told = []
    for asked in ElementTree.fromstring(body).iter():
        if asked.tag.rpartition("}")[2] == "Object":
            fields = {each.tag.rpartition("}")[2]: each.text or "" for each in asked}
            told.append("".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items()))
    return "<DeleteResult>" + "".join(f"<Deleted>{each}</Deleted>" for each in told) + "</DeleteResult>"
