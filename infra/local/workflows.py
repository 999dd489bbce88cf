"""Step Functions: moto's interpreter of real ASL, with waits and pauses between tries by the desk's clock."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEventException
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.common.retry.retrier_decl import RetrierDecl
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.timestamp import Timestamp
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.parse.preprocessor import Preprocessor
from moto.stepfunctions.parser.backend.execution import Execution
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker
from moto.stepfunctions.parser.models import stepfunctions_parser_backends
from moto.stepfunctions.parser.utils import TMP_THREADS

from infra.local.clock import Clock
from infra.local.quiet import Quiet
from infra.local.seams import replaced
from infra.local.where import ACCOUNT, REGION

PATIENCE_S = 10


class Workflows:
    """Executions that wait without being in flight, wake by the clock, and can be stopped at any moment."""

    def __init__(self, clock: Clock, quiet: Quiet) -> None:
        self._clock = clock
        self._quiet = quiet
        self._in_this_thread = threading.local()

    @contextmanager
    def installed(self) -> Iterator[None]:
        with ExitStack() as seams:
            for owner, name, make in (
                (WaitFunction, "_wait_interval", self._wait),
                (Timestamp, "_get_wait_seconds", self._seconds_until),
                (RetrierDecl, "_eval_body", self._remember_environment),
                (retrier_decl, "time", lambda _: self),
                (Execution, "start", self._start),
                (ExecutionWorker, "_execution_logic", self._run),
                (ExecutionWorker, "stop", self._stop),
                (lambda_eval_utils, "boto_client_for", _one_client_for_each),
                (AmazonStateLanguageParser, "parse", _parsed_once),
            ):
                seams.enter_context(replaced(owner, name, make))
            yield
            self.stop_all()

    def stop_all(self) -> None:
        for execution in executions():
            if execution.status == "RUNNING":
                execution.stop(stop_date=datetime.now(UTC), error=None, cause="the local cloud ends")
        for thread in TMP_THREADS:
            thread.join(PATIENCE_S)
        TMP_THREADS.clear()

    def sleep(self, seconds: float) -> None:
        """In the place of `time.sleep`: the pause between two tries of a task."""
        environment = self._in_this_thread.environment
        until = self._clock.now() + timedelta(seconds=seconds)
        self._clock.pause(until, goes_on=environment.is_running, is_retry=True)

    def _wait(self, _original: Any) -> Callable[..., None]:
        def _wait_interval(_state: Any, env: Any, wait_seconds: float) -> None:
            self._clock.pause(self._clock.now() + timedelta(seconds=wait_seconds), goes_on=env.is_running)

        return _wait_interval

    def _seconds_until(self, _original: Any) -> Callable[..., float]:
        """moto takes local time from UTC and cuts fractions off; an execution would wake too early."""

        def _get_wait_seconds(state: Any, env: Any) -> float:
            state.string.eval(env=env)
            text = env.stack.pop()
            instant = _instant(text)
            if instant is None:
                raise FailureEventException(state._create_failure_event(env, text))
            return max((instant - self._clock.now()).total_seconds(), 0)

        return _get_wait_seconds

    def _remember_environment(self, original: Callable[..., None]) -> Callable[..., None]:
        def _eval_body(retrier: Any, env: Any) -> None:
            self._in_this_thread.environment = env
            original(retrier, env)

        return _eval_body

    def _start(self, original: Callable[[Execution], None]) -> Callable[[Execution], None]:
        def start(execution: Execution) -> None:
            self._quiet.begin()
            original(execution)

        return start

    def _run(self, original: Callable[[ExecutionWorker], None]) -> Callable[[ExecutionWorker], None]:
        def _execution_logic(worker: ExecutionWorker) -> None:
            try:
                original(worker)
            finally:
                self._quiet.end()

        return _execution_logic

    def _stop(self, original: Callable[..., None]) -> Callable[..., None]:
        def stop(worker: ExecutionWorker, **why: Any) -> None:
            _wait_until_begun(worker)
            original(worker, **why)
            self._clock.look_again()

        return stop


def executions() -> list[Any]:
    """Of every state machine, ended ones too."""
    machines = stepfunctions_parser_backends[ACCOUNT][REGION].state_machines
    return [execution for machine in machines for execution in machine.executions]


def _wait_until_begun(worker: ExecutionWorker) -> None:
    """moto loses a stop that comes before the first state; the thread needs a few milliseconds to get there."""
    for _ in range(PATIENCE_S * 500):
        if worker.env is not None and worker.env.program_state() is not None:
            return
        threading.Event().wait(0.002)


def _instant(text: Any) -> datetime | None:
    """RFC 3339 with a capital T and Z, as ASL wants it; None if it isn't."""
    if not isinstance(text, str) or not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _one_client_for_each(original: Callable[..., Any]) -> Callable[..., Any]:
    """Making a client takes longer than the call, and boto3 makes two at once badly."""
    lock = threading.Lock()

    @cache
    def made(region: str, service: str) -> Any:
        return original(region=region, service=service)

    def boto_client_for(region: str, service: str, **_: Any) -> Any:
        with lock:
            return made(region, service)

    return boto_client_for


def _parsed_once(original: Any) -> Any:
    """moto reads the whole definition for every execution. Of the same tree each one gets a program of its own."""
    trees: dict[str, Any] = {}

    def parse(definition: str) -> Any:
        if definition not in trees:
            program, trees[definition] = original.__func__(definition)
            return program, trees[definition]
        return Preprocessor().visit(trees[definition]), trees[definition]

    return staticmethod(parse)


def counts() -> dict[str, int]:
    """How many executions are in each status."""
    found: dict[str, int] = {}
    for execution in executions():
        found[execution.status] = found.get(execution.status, 0) + 1
    return found
