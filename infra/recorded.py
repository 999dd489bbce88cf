"""What functions are handed and what AWS answers them, kept so that a fresh process can be asked the same."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any

from moto.awslambda.models import LambdaFunction
from moto.core.botocore_stubber import BotocoreStubber

from infra.local.cloud import forget_what_was_made
from infra.local.functions import Functions, resource_of
from infra.local.seams import replaced


@dataclass(kw_only=True)
class Told:
    """One answer of AWS: which call it is for (`what_is_asked`), status, headers, body in base64."""

    asked: str
    operation: str
    status: int
    headers: dict[str, str]
    body: str


@dataclass(kw_only=True)
class Invocation:
    """One call of a function: the event, when it was by the desk's clock, and what AWS answered."""

    function: str
    event: Any
    at: str
    told: list[Told] = field(default_factory=list)

    def as_json(self) -> str:
        return json.dumps(asdict(self))

    def asks(self, operation: str) -> bool:
        return any(each.operation == operation for each in self.told)


_current: ContextVar[Invocation | None] = ContextVar("_current", default=None)


@contextmanager
def recorded(now: Callable[[], datetime]) -> Iterator[list[Invocation]]:
    """Every invocation meanwhile; each begins as in a fresh process, with nothing remembered."""
    found: list[Invocation] = []
    one_at_a_time = Lock()

    def invoked(call: Callable[..., Any]) -> Callable[..., Any]:
        def recording(functions: Functions, function: LambdaFunction, event: Any) -> Any:
            with one_at_a_time:
                return _kept(functions, function, event)

        def _kept(functions: Functions, function: LambdaFunction, event: Any) -> Any:
            forget_what_was_made()
            as_it_comes = json.loads(json.dumps(event))  # what is called may change it
            it = Invocation(function=resource_of(function.function_name), event=as_it_comes, at=now().isoformat())
            found.append(it)
            inside = _current.set(it)
            try:
                return call(functions, function, event)
            finally:
                _current.reset(inside)

        return recording

    with replaced(Functions, "call", invoked), replaced(BotocoreStubber, "__call__", _heard):
        yield found


def _heard(answer: Callable[..., Any]) -> Callable[..., Any]:
    def __call__(stubber: BotocoreStubber, event_name: str, request: Any, **given: Any) -> Any:  # noqa: N807
        response = answer(stubber, event_name, request, **given)
        it = _current.get()
        if it is not None and response is not None:
            content = response.content
            response.raw.seek(0)
            it.told.append(
                Told(
                    asked=what_is_asked(request),
                    operation=event_name.rpartition(".")[2],
                    status=response.status_code,
                    headers={name: str(value) for name, value in response.headers.items()},
                    body=base64.b64encode(content).decode(),
                )
            )
        return response

    return __call__


def what_is_asked(request: Any) -> str:
    """By which an answer is found again: the target of the JSON protocols, else method and path."""
    target = request.headers.get("X-Amz-Target", "")
    target = target.decode() if isinstance(target, bytes) else target
    return target or f"{request.method} {request.url.partition('?')[0]}"
