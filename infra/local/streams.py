"""Event source mappings: the stream of a table, handed to a function as Lambda does it.

moto's own push hands over single records while they are written, those of cancelled transactions too, and swallows
failures. This reads the stream instead, and keeps what the deployed mapping says: batch size, filters, partial
batches, bisecting, the cap on tries, the queue for what was given up. A retry comes at once; a record is never too
old.
"""

import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from moto.awslambda.models import LambdaFunction

from infra.local.clients import client
from infra.local.filters import matches
from infra.local.functions import Functions, as_json, send_to_queue
from infra.local.quiet import Quiet

log = logging.getLogger("signoff.local")

Record = dict[str, Any]
WHILE_IT_LASTS = 10_000  # Lambda's own "until it expires", with an end: a day of retries takes no second here


@dataclass(frozen=True, kw_only=True)
class Mapping:
    """What the deployed mapping says."""

    stream: str
    batch_size: int
    tries: int
    bisects: bool
    reports_items: bool
    failure_queue: str | None
    patterns: tuple[dict[str, Any], ...]

    def wants(self, record: Record) -> bool:
        return not self.patterns or any(matches(pattern, record) for pattern in self.patterns)

    @property
    def table(self) -> str:
        return self.stream.split(":")[5].split("/")[1]


def mapping_from(described: dict[str, Any]) -> Mapping:
    """Of what ListEventSourceMappings answers for one."""
    retries = described.get("MaximumRetryAttempts", -1)
    return Mapping(
        stream=described["EventSourceArn"],
        batch_size=int(described["BatchSize"]),
        tries=WHILE_IT_LASTS if int(retries) < 0 else 1 + int(retries),
        bisects=bool(described.get("BisectBatchOnFunctionError")),
        reports_items="ReportBatchItemFailures" in described.get("FunctionResponseTypes", []),
        failure_queue=described.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination"),
        patterns=tuple(json.loads(each["Pattern"]) for each in described.get("FilterCriteria", {}).get("Filters", [])),
    )


class Source(Protocol):
    """A stream, read in order from where it stands."""

    @property
    def look_every_s(self) -> float | None:
        """How long to wait for a word that something was written; None: it always comes."""
        ...

    def next(self, most: int) -> list[Record]:
        """What comes next, the same until it is done."""
        ...

    def done(self, records: list[Record]) -> None: ...


class Follower:
    """One mapping at work, in a thread of its own."""

    def __init__(
        self, mapping: Mapping, function: LambdaFunction, functions: Functions, quiet: Quiet, source: Source
    ) -> None:
        self.mapping = mapping
        self._source = source
        self._function = function
        self._functions = functions
        self._quiet = quiet
        self._written = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._follow, daemon=True, name=f"stream-{function.function_name}")

    @contextmanager
    def following(self) -> Iterator[None]:
        self._quiet.watch(self.is_idle)
        self._thread.start()
        yield
        self._stopping = True
        self._written.set()
        self._thread.join()

    def look(self) -> None:
        """Something may have been written."""
        self._written.set()

    def is_idle(self) -> bool:
        return not self._next()

    def _follow(self) -> None:
        while not self._stopping:
            self._written.clear()
            if records := self._next():
                try:
                    self._hand_over(records)
                finally:
                    self._source.done(records)
            else:
                self._quiet.something_changed()
                self._written.wait(self._source.look_every_s)

    def _next(self) -> list[Record]:
        return self._source.next(self.mapping.batch_size)

    def _hand_over(self, records: list[Record]) -> None:
        as_lambda_sees_them = [as_lambda_sees(each, self.mapping.stream) for each in records]
        try:
            hand_over([each for each in as_lambda_sees_them if self.mapping.wants(each)], self.mapping, self._call)
        except Exception:
            log.exception("a batch of %s was lost", self._function.function_name)

    def _call(self, batch: list[Record]) -> Any:
        outcome = self._functions.call(self._function, {"Records": batch})
        return None if outcome.is_error else {"answer": json.loads(outcome.text)}


def hand_over(records: list[Record], mapping: Mapping, call: Any) -> None:
    """Hands the batch over until it is taken or given up; `call` answers None for an error.

    What a report of failed items leaves behind counts its tries anew: the batch has become smaller, so this ends.
    """
    tries = 0
    while records:
        answer = call(records)
        failed_from = 0 if answer is None else _first_failed(records, answer["answer"], mapping)
        if failed_from == len(records):
            return
        if failed_from:
            records, tries = records[failed_from:], 0
        elif mapping.bisects and len(records) > 1:
            half = len(records) // 2
            hand_over(records[:half], mapping, call)
            records, tries = records[half:], 0
        else:
            tries += 1
            if tries >= mapping.tries:
                _give_up(records, mapping, tries)
                return


def _first_failed(records: list[Record], answer: Any, mapping: Mapping) -> int:
    """How many records from the beginning were taken. An answer that can't be read means none were."""
    if not mapping.reports_items or not answer or not answer.get("batchItemFailures"):
        return len(records)
    places = {each["dynamodb"]["SequenceNumber"]: place for place, each in enumerate(records)}
    failed = [places.get(each.get("itemIdentifier"), 0) for each in answer["batchItemFailures"]]
    return min(failed)


def _give_up(records: list[Record], mapping: Mapping, tries: int) -> None:
    """Where to find the records in the stream, for a person; not the records themselves (so does Lambda)."""
    if not mapping.failure_queue:
        return
    send_to_queue(
        mapping.failure_queue,
        {
            "version": "1.0",
            "timestamp": datetime.now(UTC).isoformat(),
            "requestContext": {"condition": "RetryAttemptsExhausted", "approximateInvokeCount": tries},
            "DDBStreamBatchInfo": {
                "streamArn": mapping.stream,
                "batchSize": len(records),
                "startSequenceNumber": records[0]["dynamodb"]["SequenceNumber"],
                "endSequenceNumber": records[-1]["dynamodb"]["SequenceNumber"],
            },
        },
    )


def as_lambda_sees(record: Record, stream: str) -> Record:
    """The record in an event: all JSON, times in seconds, bytes in base64."""
    seen: Record = json.loads(json.dumps({**record, "eventSourceARN": stream}, default=as_json))
    return seen


class Streaming(Protocol):
    """Tables that have streams, and tell of operations that may have written."""

    def listen(self, listener: Callable[[], None]) -> None: ...

    def open_stream(self, table: str, reader: str) -> Source | None:
        """The table's stream as the function with that handler reads it; None where there is none."""
        ...


def followers(functions: Functions, quiet: Quiet, tables: Streaming, deployed: list[LambdaFunction]) -> list[Follower]:
    """One for each mapping that is deployed and enabled, and whose table has a stream."""
    by_arn = {each.function_arn: each for each in deployed}
    found = client("lambda").list_event_source_mappings()["EventSourceMappings"]
    made = []
    for each in [each for each in found if each["State"] == "Enabled"]:
        mapping, function = mapping_from(each), by_arn[each["FunctionArn"]]
        if source := tables.open_stream(mapping.table, str(function.handler)):
            made.append(Follower(mapping, function, functions, quiet, source))
            tables.listen(made[-1].look)
    return made
