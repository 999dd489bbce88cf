"""Counts what a stretch of the desk's life asks of AWS: calls, capacity, invocations, steps. Only in the local cloud.

Calls are counted where they leave botocore, one HTTP attempt each, by the function that makes them. moto's capacity
figures are constants, so capacity units are reckoned here from the items themselves, by DynamoDB's published rules:
a write costs a unit for each begun KB of the larger of the item before and after, twice in a transaction, and the same
again in each index that holds it (twice where its place there changes; where little but keys lies there, a unit then
and none otherwise); a read costs half a unit for each begun 4 KB, one where it is consistent.
"""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil
from typing import Any

import boto3
from moto.awslambda.models import LambdaFunction
from moto.core.botocore_stubber import BotocoreStubber
from moto.dynamodb.models import dynamodb_backends

from infra.local.faults import CLIENT_NAMES
from infra.local.functions import Functions, resource_of, running
from infra.local.seams import replaced
from infra.local.where import ACCOUNT, REGION

Json = dict[str, Any]


@dataclass(kw_only=True)
class Counts:
    """What was asked. A call's key is the function's resource and `service:Operation`."""

    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    invocations: Counter[str] = field(default_factory=Counter)
    writes: Counter[str] = field(default_factory=Counter)  # in half units, to be counted in whole numbers
    reads: Counter[str] = field(default_factory=Counter)
    steps: int = 0

    @property
    def write_units(self) -> float:
        return self.writes.total() / 2

    @property
    def read_units(self) -> float:
        return self.reads.total() / 2

    def of(self, operation: str, function: str = "") -> int:
        """How many such calls, of one function or of all."""
        return sum(n for (by, what), n in self.calls.items() if what == operation and function in ("", by))

    def by_operation(self, function: str = "") -> Counter[str]:
        found = Counter[str]()
        for (by, what), n in self.calls.items():
            if function in ("", by):
                found[what] += n
        return found

    def less(self, other: "Counts", times: float) -> "Counts":
        """Without so many times the other; what would be less than nothing is nothing."""
        return Counts(
            calls=_less(self.calls, other.calls, times),
            invocations=_less(self.invocations, other.invocations, times),
            writes=_less(self.writes, other.writes, times),
            reads=_less(self.reads, other.reads, times),
            steps=self.steps,
        )


def _less(counter: Counter[Any], other: Counter[Any], times: float) -> Counter[Any]:
    return Counter({key: n for key, all_ in counter.items() if (n := all_ - round(other[key] * times)) > 0})


@contextmanager
def counted(only: str = "") -> Iterator[Counts]:
    """What the functions (or only one of them) ask meanwhile. Settle before it ends: what is in flight then isn't
    counted."""
    counts, lock = Counts(), threading.Lock()

    def watch(answer: Callable[..., Any]) -> Callable[..., Any]:
        def __call__(stubber: BotocoreStubber, event_name: str, request: Any, **given: Any) -> Any:  # noqa: N807
            function = running.get()
            if not function or only not in ("", resource_of(function)):
                return answer(stubber, event_name, request, **given)
            _, service, operation = event_name.split(".")
            name = f"{CLIENT_NAMES.get(service, service)}:{operation}"
            weighed = _Weighed(operation, request.body) if service == "dynamodb" else None
            response = answer(stubber, event_name, request, **given)
            with lock:
                counts.calls[resource_of(function), name] += 1
                if weighed:
                    write, read = weighed.units(response)
                    counts.writes[resource_of(function)] += round(2 * write)
                    counts.reads[resource_of(function)] += round(2 * read)
            return response

        return __call__

    def invoked(call: Callable[..., Any]) -> Callable[..., Any]:
        def counting(functions: Functions, function: LambdaFunction, event: Any) -> Any:
            with lock:
                counts.invocations[resource_of(function.function_name)] += 1
            return call(functions, function, event)

        return counting

    before = _steps()
    with replaced(BotocoreStubber, "__call__", watch), replaced(Functions, "call", invoked):
        yield counts
    counts.steps = _steps() - before


def _steps() -> int:
    """How often a state was entered or a task tried again, in every execution there is: what is billed."""
    states = boto3.client("stepfunctions")
    found = 0
    for machine in states.list_state_machines()["stateMachines"]:
        for execution in states.list_executions(stateMachineArn=machine["stateMachineArn"])["executions"]:
            history = states.get_paginator("get_execution_history").paginate(executionArn=execution["executionArn"])
            kinds = Counter(event["type"] for page in history for event in page["events"])
            entered = Counter({kind: n for kind, n in kinds.items() if kind.endswith("StateEntered")})
            found += entered.total() + max(0, kinds["TaskScheduled"] - entered["TaskStateEntered"])
    return found


# ── capacity ─────────────────────────────────────────────────────────────────────────────────────────────────


class _Weighed:
    """One call to DynamoDB: looks at the items before it is made, and again after."""

    def __init__(self, operation: str, body: Any) -> None:
        self._operation = operation
        self._said: Json = json.loads(body)
        self._written = list(_writes(operation, self._said))
        self._before = [_item(table, key) for table, key, _ in self._written]

    def units(self, response: Any) -> tuple[float, float]:
        """Capacity units of writing and of reading."""
        status, text = _told(response)
        if self._written:
            return self._write_units(is_refused=status >= 400), 0
        return (0, self._read_units(json.loads(text))) if status < 400 else (0, 0.5)

    def _write_units(self, *, is_refused: bool) -> float:
        found = 0.0
        factor = 2 if self._operation == "TransactWriteItems" else 1
        for (table, key, is_check), before in zip(self._written, self._before, strict=True):
            after = before if is_refused or is_check else _item(table, key)
            found += factor * max(1, _kb(before), _kb(after))
            found += 0 if is_refused or is_check else _index_units(table, before, after)
        return found

    def _read_units(self, told: Json) -> float:
        factor = 1.0 if self._said.get("ConsistentRead") else 0.5
        if self._operation == "BatchGetItem":
            items = [each for found in told["Responses"].values() for each in found]
            asked = sum(len(each["Keys"]) for each in self._said["RequestItems"].values())
            return sum(factor * ceil(max(1, size(each)) / 4096) for each in items) + factor * (asked - len(items))
        if self._operation == "GetItem":
            return factor * max(1, ceil(size(told.get("Item", {})) / 4096))
        if self._operation == "Query":
            return factor * max(1, ceil(sum(size(each) for each in told.get("Items", [])) / 4096))
        return 0


def _writes(operation: str, said: Json) -> Iterator[tuple[str, Json, bool]]:
    """Table and key of each item that is written; whether it is only looked at."""
    match operation:
        case "TransactWriteItems":
            for each in said["TransactItems"]:
                ((kind, one),) = each.items()
                yield one["TableName"], _key(one), kind == "ConditionCheck"
        case "BatchWriteItem":
            for table, asked in said["RequestItems"].items():
                for each in asked:
                    ((_, one),) = each.items()
                    yield table, _key({"TableName": table, **one}), False
        case "PutItem" | "UpdateItem" | "DeleteItem":
            yield said["TableName"], _key(said), False


def _key(one: Json) -> Json:
    return dict(one["Key"]) if "Key" in one else {name: one["Item"][name] for name in _key_names(one["TableName"])}


def _table(name: str) -> Any:
    return dynamodb_backends[ACCOUNT][REGION].get_table(name.rpartition("/")[2])


def _key_names(table: str) -> list[str]:
    found = _table(table)
    return [name for name in (found.hash_key_attr, found.range_key_attr) if name]


def _item(table: str, key: Json) -> Json | None:
    found = dynamodb_backends[ACCOUNT][REGION].get_item(table, key)
    return dict(found.to_json()["Attributes"]) if found else None


def _index_units(table: str, before: Json | None, after: Json | None) -> float:
    found = 0.0
    for index in _table(table).global_indexes:
        names = [each["AttributeName"] for each in index.schema]
        was, now = _place(before, names), _place(after, names)
        is_whole = index.projection["ProjectionType"] == "ALL"
        if was and was == now:
            found += _kb(after) if is_whole and before != after else 0
        else:
            found += sum((_kb(item) if is_whole else 1) for item, place in ((before, was), (after, now)) if place)
    return found


def _place(item: Json | None, names: list[str]) -> tuple[str, ...] | None:
    if not item or not all(name in item for name in names):
        return None
    return tuple(json.dumps(item[name]) for name in names)


def _kb(item: Json | None) -> int:
    return max(1, ceil(size(item) / 1024)) if item else 0


def size(item: Json) -> int:
    """Bytes of an item, by DynamoDB's rules: names and values in UTF-8, numbers by their digits."""
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def _size(value: Json) -> int:
    ((kind, held),) = value.items()
    return _SIZES.get(kind, lambda _: 1)(held)


_SIZES: dict[str, Callable[[Any], int]] = {
    "S": lambda text: len(text.encode()),
    "N": lambda number: ceil(len(str(number).strip("-0.")) / 2) + 1,
    "B": lambda base64: len(base64) * 3 // 4,
    "M": lambda held: 3 + sum(1 + len(name.encode()) + _size(each) for name, each in held.items()),
    "L": lambda held: 3 + sum(1 + _size(each) for each in held),
    "SS": lambda held: sum(len(each.encode()) for each in held),
    "NS": lambda held: sum(ceil(len(str(each)) / 2) + 1 for each in held),
}


def _told(response: Any) -> tuple[int, bytes]:
    raw = response.content if hasattr(response, "content") else b"{}"
    return int(response.status_code), raw or b"{}"
