"""Two actors in a fixed order: the first is paused before one of its calls to AWS, the second acts, the first goes on.

    with pauses_installed():
        first = Paused(withdraw, before=2)
        if first.is_waiting:          # it made two calls; the third waits
            with noted() as calls:
                approve()
        first.goes_on()

Paused outside of every lock of the local cloud: where the call leaves botocore, before moto sees it. What each call
reads and writes is noted, so that orders that can't differ need not be played twice.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from moto.core.botocore_stubber import BotocoreStubber

from infra.local.functions import running
from infra.local.seams import replaced

PATIENCE_S = 30
Result = TypeVar("Result")
_paused: ContextVar["Paused[Any] | None"] = ContextVar("paused", default=None)
_notes: ContextVar["list[Touched] | None"] = ContextVar("notes", default=None)


class Stuck(RuntimeError):
    """An actor neither ended nor came to its pause."""


@dataclass(frozen=True, kw_only=True)
class Touched:
    """What one call reads and writes: partitions of tables, whole indexes, other services."""

    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()

    def meets(self, others: list["Touched"]) -> bool:
        """Whether its place before or after these others can make a difference."""
        return any(
            self.writes & other.writes or self.writes & other.reads or self.reads & other.writes for other in others
        )


class Paused(Generic[Result]):
    """Acts in a thread of its own, until it has made `before` calls to AWS and is about to make the next one."""

    def __init__(self, act: Callable[[], Result], *, before: int) -> None:
        self.calls: list[Touched] = []
        """Those that it made, or is about to make."""
        self._act = act
        self._before = before
        self._changed = threading.Condition()
        self._may_go_on = False
        self._result: Result | None = None
        self._error: BaseException | None = None
        self._has_ended = False
        self.is_waiting = False
        """Whether it stands before that call; otherwise it has ended without having made so many."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._wait_for(lambda: self.is_waiting or self._has_ended)

    def goes_on(self) -> Result:
        """What came of it, to its end."""
        with self._changed:
            self._may_go_on = True
            self._changed.notify_all()
        self._wait_for(lambda: self._has_ended)
        self._thread.join()
        if self._error:
            raise self._error
        return self._result  # type: ignore[return-value]

    def _run(self) -> None:
        _paused.set(self)
        try:
            self._result = self._act()
        except BaseException as error:
            self._error = error
        with self._changed:
            self._has_ended = True
            self._changed.notify_all()

    def about_to(self, touched: Touched) -> None:
        """It is about to make a call."""
        with self._changed:
            self.calls.append(touched)
            if len(self.calls) == self._before + 1:
                self.is_waiting = True
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._may_go_on)

    def _wait_for(self, so: Callable[[], bool]) -> None:
        with self._changed:
            if not self._changed.wait_for(so, PATIENCE_S):
                raise Stuck(self._act)


@contextmanager
def noted() -> Iterator[list[Touched]]:
    """What the calls of this thread touch meanwhile."""
    found: list[Touched] = []
    before = _notes.set(found)
    try:
        yield found
    finally:
        _notes.reset(before)


@contextmanager
def pauses_installed() -> Iterator[None]:
    """While it lasts, actors can be paused. Begins after the local cloud's start, so that it comes before its seams."""

    def pausing(answer: Callable[..., Any]) -> Callable[..., Any]:
        def __call__(stubber: BotocoreStubber, event_name: str, request: Any, **given: Any) -> Any:  # noqa: N807
            actor, notes = _paused.get(), _notes.get()
            if running.get() and (actor or notes is not None):
                touched = _touched(event_name, request.body)
                if actor:
                    actor.about_to(touched)
                elif notes is not None:
                    notes.append(touched)
            return answer(stubber, event_name, request, **given)

        return __call__

    with replaced(BotocoreStubber, "__call__", pausing):
        yield


# ── what a call touches ──────────────────────────────────────────────────────────────────────────────────────


def _touched(event_name: str, body: Any) -> Touched:
    _, service, operation = event_name.split(".")
    if service == "dynamodb":
        return _of_tables(operation, json.loads(body))
    if service in ("s3", "sfn", "stepfunctions"):
        return Touched(writes=frozenset({service}))
    return Touched()  # mails, events and warnings go out in any order


def _of_tables(operation: str, said: dict[str, Any]) -> Touched:
    match operation:
        case "GetItem":
            reads = {_place(said["TableName"], said["Key"])}
        case "BatchGetItem":
            asked = said["RequestItems"].items()
            reads = {_place(table, key) for table, each in asked for key in each["Keys"]}
        case "Query" if "IndexName" in said:
            reads = {said["TableName"]}
        case "Query":
            values = said["ExpressionAttributeValues"].values()
            reads = {f"{said['TableName']}/{each.get('S')}" for each in values}
        case _:
            return _of_all(_writes(operation, said))
    return Touched(reads=frozenset(reads))


def _writes(operation: str, said: dict[str, Any]) -> list[dict[str, Any]]:
    match operation:
        case "TransactWriteItems":
            return list(said["TransactItems"])
        case "BatchWriteItem":
            asked = said["RequestItems"].items()
            return [
                {"Put": {"TableName": table, **one}} for table, all_ in asked for each in all_ for one in each.values()
            ]
        case "PutItem" | "UpdateItem" | "DeleteItem":
            return [{"Put": said}]
    return []


def _of_all(writes: list[dict[str, Any]]) -> Touched:
    reads, written = set(), set()
    for each in writes:
        ((kind, one),) = each.items()
        place = _place(one["TableName"], one.get("Key") or one["Item"])
        if kind == "ConditionCheck":
            reads.add(place)
        else:
            written |= {place, one["TableName"]}  # an index may hold it
    return Touched(reads=frozenset(reads), writes=frozenset(written))


def _place(table: str, key: dict[str, Any]) -> str:
    partition = key.get("pk") or key["account_id"]
    return f"{table}/{partition['S']}"
