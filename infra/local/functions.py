"""Lambda functions in this process: what moto hands to docker is called here instead.

Everything that invokes a function in moto (the API, Step Functions, SNS) comes through `LambdaFunction.invoke`.
"""

import base64
import json
import logging
import time
import traceback
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import chalice.local
from chalice.local import LambdaContext
from moto.awslambda.models import LambdaFunction

from infra.local.clients import client
from infra.local.clock import Clock
from infra.local.folder import NOTHING_KEPT, Folder
from infra.local.quiet import Quiet
from infra.local.seams import replaced

log = logging.getLogger("signoff.local")

running: ContextVar[str | None] = ContextVar("running", default=None)
"""The name of the function that this thread is inside of, if any."""

_dead: ContextVar[bool] = ContextVar("dead", default=False)

_afterwards: ContextVar[list[Callable[[], None]] | None] = ContextVar("afterwards", default=None)

RETRIES = 2  # Lambda's own, for events


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a function gave back: JSON text, either its answer or the error as Lambda words it."""

    text: str
    is_error: bool


class Killed(BaseException):
    """The function's process ended here, as by a crash or for want of memory: no `except Exception` sees it, and what
    runs on its way out reaches nothing any more."""

    def __init__(self) -> None:
        super().__init__("Error: Runtime exited without providing a reason")
        _dead.set(True)


def is_dead() -> bool:
    """Whether the process of the function that this thread is inside of has ended."""
    return _dead.get()


def resource_of(function: str) -> str:
    """`InboundMail` of `signoff-dev-InboundMail-0A1B2C3D`."""
    return function.split("-")[2] if function.count("-") >= 2 else function


class Functions:
    """Calls the deployed functions, waits for their answer or lets them run by themselves."""

    def __init__(self, clock: Clock, quiet: Quiet, kept: Folder = NOTHING_KEPT) -> None:
        self._clock = clock
        self._quiet = quiet
        self._kept = kept
        self.before_each: Callable[[LambdaFunction], None] = lambda _: None
        """Is called before a function runs."""
        self._events = ThreadPoolExecutor(max_workers=16, thread_name_prefix="lambda-event")

    @contextmanager
    def installed(self) -> Iterator[None]:
        """While it lasts, moto's Lambda runs here. Ends when the events that were begun have ended."""

        def invoke(function: LambdaFunction, *given: Any) -> bytes | str:
            return self._invoke(function, *given)

        with replaced(LambdaFunction, "invoke", lambda _: invoke):
            yield
            self._events.shutdown(wait=True, cancel_futures=True)

    def _invoke(self, function: LambdaFunction, body: Any, asked: Any, answered: dict[str, str]) -> bytes | str:
        event = json.loads(body) if body else {}
        # SNS pushes without any headers; on AWS that is an event, nobody waits for its answer.
        if not asked or asked.get("X-Amz-Invocation-Type") == "Event":
            self.send(function, event)
            return ""
        outcome = self.call(function, event)
        if outcome.is_error:
            answered["x-amz-function-error"] = "Unhandled"
        return outcome.text.encode()

    def call(self, function: LambdaFunction, event: Any) -> Outcome:
        """Runs the function in this thread, as Lambda does: JSON in, JSON out, an error is an answer too."""
        with self._quiet.at_work():
            inside, after, dead = running.set(function.function_name), _afterwards.set([]), _dead.set(False)
            try:
                self.before_each(function)
                return Outcome(text=_run(function, event, self._clock), is_error=False)
            except (Exception, Killed) as error:
                log.warning("%s failed: %r", function.function_name, error, exc_info=error)
                return Outcome(text=json.dumps(_as_lambda_words_it(error)), is_error=True)
            finally:
                later = _afterwards.get() or []
                running.reset(inside)
                _dead.reset(dead)
                _afterwards.reset(after)
                for each in later:
                    each()

    def send(self, function: LambdaFunction, event: Any) -> None:
        """Runs the function soon; two retries (at once: waiting would only slow tests), then its failure queue."""
        told = json.dumps(event)
        self._begin(function, told, self._keep(function, told) if _brings_a_letter(event) else None)

    def send_again(self, functions: list[LambdaFunction]) -> None:
        """The letters' events that another life of this cloud left behind: Lambda's own queue is as durable."""
        by_handler = {str(each.handler): each for each in functions}  # their names change with each deployment
        for each in self._kept.files():
            left = self._kept.read(each.name)
            self._begin(by_handler[left["handler"]], left["event"], each.name)

    def _keep(self, function: LambdaFunction, event: str) -> str:
        name = f"{time.time_ns():020}-{uuid.uuid4()}.json"
        self._kept.write(name, {"handler": str(function.handler), "event": event})
        return name

    def _begin(self, function: LambdaFunction, event: str, kept_as: str | None) -> None:
        self._quiet.begin()
        self._events.submit(self._run_event, function, event, kept_as)

    def _run_event(self, function: LambdaFunction, event: str, kept_as: str | None) -> None:
        try:
            tries = 1 + _retries(function)
            for _ in range(tries):
                outcome = self.call(function, json.loads(event))
                if not outcome.is_error:
                    if kept_as:
                        self._kept.drop(kept_as)
                    return
            _give_up(function, event, outcome, tries)
        except Exception:
            log.exception("an event for %s was lost", function.function_name)
        finally:
            self._quiet.end()


def _brings_a_letter(event: Any) -> bool:
    records = event.get("Records", []) if isinstance(event, dict) else []
    return any(each.get("eventSource") == "aws:ses" for each in records)


def afterwards(act: Callable[[], None]) -> None:
    """Does this when the function that runs here has ended; at once, if none runs."""
    waiting = _afterwards.get()
    if waiting is None:
        act()
    else:
        waiting.append(act)


def resolve(handler: str) -> Callable[[Any, Any], Any]:
    """What a Handler string such as `chalicelib.upkeep.sweep.sweep` names, found as Lambda's runtime finds it."""
    module, _, name = handler.rpartition(".")
    found: Callable[[Any, Any], Any] = getattr(import_module(module.replace("/", ".")), name)
    return found


def _run(function: LambdaFunction, event: Any, clock: Clock) -> str:
    return json.dumps(resolve(str(function.handler))(event, _context(function, clock)))


def _context(function: LambdaFunction, clock: Clock) -> LambdaContext:
    class Time(chalice.local.Clock):  # type: ignore[misc, unused-ignore]
        def time(self) -> float:
            return clock.now().timestamp()

    context = LambdaContext(
        function_name=function.function_name,
        memory_size=int(function.memory_size),
        max_runtime_ms=int(function.timeout) * 1000,
        time_source=Time(),
    )
    context.invoked_function_arn = function.function_arn
    context.log_group_name = function.logs_group_name
    return context


def _as_lambda_words_it(error: BaseException) -> dict[str, Any]:
    return {
        "errorMessage": str(error),
        "errorType": "Runtime.ExitError" if isinstance(error, Killed) else type(error).__name__,
        "requestId": str(uuid.uuid4()),
        "stackTrace": traceback.format_tb(error.__traceback__),
    }


def _retries(function: LambdaFunction) -> int:
    found = _invoke_config(function).get("MaximumRetryAttempts")
    return RETRIES if found is None else int(found)


def _invoke_config(function: LambdaFunction) -> dict[str, Any]:
    configs = client("lambda").list_function_event_invoke_configs(FunctionName=function.function_name)
    return next(iter(configs["FunctionEventInvokeConfigs"]), {})


def _give_up(function: LambdaFunction, event: str, outcome: Outcome, tries: int) -> None:
    """The event and its error, where the function's failure destination is a queue. Without one it is dropped."""
    queue = _invoke_config(function).get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
    if queue:
        send_to_queue(
            queue,
            {
                "version": "1.0",
                "requestContext": {
                    "functionArn": function.function_arn,
                    "condition": "RetriesExhausted",
                    "approximateInvokeCount": tries,
                },
                "requestPayload": json.loads(event),
                "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
                "responsePayload": json.loads(outcome.text),
            },
        )


def send_to_queue(arn: str, message: dict[str, Any]) -> None:
    sqs = client("sqs")
    url = sqs.get_queue_url(QueueName=arn.rsplit(":", 1)[1])["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps(message, default=as_json))


def as_json(value: Any) -> Any:
    """Types that boto3 makes of a stream record, as Lambda writes them."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.timestamp()
