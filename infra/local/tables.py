"""DynamoDB in one process: one operation at a time, and items whose time is up go away.

moto answers from many threads without isolation: a write beside a cancelled transaction would be rolled back with
it. And it never deletes by TTL.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.responses import DynamoHandler

from infra.local.clients import client
from infra.local.seams import replaced
from infra.local.where import ACCOUNT, REGION


class Tables:
    """One lock around moto's DynamoDB; tells whoever listens after each operation."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._listeners: list[Callable[[], None]] = []

    @contextmanager
    def installed(self) -> Iterator[None]:
        with replaced(DynamoHandler, "call_action", self._one_at_a_time):
            yield

    @contextmanager
    def still(self) -> Iterator[None]:
        """No table changes while it lasts: for reading a stream, whose shard moto exchanges when it rolls back."""
        with self._lock:
            yield

    def listen(self, listener: Callable[[], None]) -> None:
        """Calls it after every operation on a table that may have written: it may come for nothing."""
        self._listeners.append(listener)

    def open_stream(self, table: str, _reader: str) -> "MotoStream":
        return MotoStream(table, self)

    def delete_expired(self, now: datetime) -> int:
        return delete_expired(now)

    def _one_at_a_time(self, original: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def call_action(handler: Any) -> Any:
            with self._lock:
                answer = original(handler)
            if not only_reads(str(handler.headers.get("X-Amz-Target", "")).rpartition(".")[2]):
                for listener in self._listeners:
                    listener()
            return answer

        return call_action


class MotoStream:
    """The table's stream straight from where GetRecords has it: a follower asks often, mostly in vain."""

    look_every_s: float | None = None

    def __init__(self, table: str, tables: Tables) -> None:
        self._table = table
        self._tables = tables
        self._done = 0

    def next(self, most: int) -> list[dict[str, Any]]:
        with self._tables.still():
            shard = dynamodb_backends[ACCOUNT][REGION].get_table(self._table).stream_shard
            return [each.to_json() for each in shard.items[self._done : self._done + most]] if shard else []

    def done(self, records: list[dict[str, Any]]) -> None:
        self._done += len(records)


def only_reads(operation: str) -> bool:
    """Whether nothing is written by it: of a table, or of a stream."""
    reads = ("GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems", "GetShardIterator", "GetRecords")
    return operation in reads or operation.startswith(("Describe", "List"))


def delete_expired(now: datetime) -> int:
    """Deletes every item whose TTL attribute lies before `now`, and says how many; DynamoDB takes up to two days."""
    dynamodb = client("dynamodb")
    names = [name for page in dynamodb.get_paginator("list_tables").paginate() for name in page["TableNames"]]
    return sum(_delete_expired_in(dynamodb, name, now) for name in names)


def _delete_expired_in(dynamodb: Any, table: str, now: datetime) -> int:
    expiry = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    if expiry["TimeToLiveStatus"] != "ENABLED":
        return 0
    held = dynamodb_backends[ACCOUNT][REGION].get_table(table)
    expired = [item for item in held.all_items() if _is_past(item.attrs.get(expiry["AttributeName"]), now)]
    for item in expired:
        key = {held.hash_key_attr: item.hash_key.to_json()}
        if held.range_key_attr and item.range_key:
            key[held.range_key_attr] = item.range_key.to_json()
        dynamodb.delete_item(TableName=table, Key=key)
    return len(expired)


def _is_past(expiry: Any, now: datetime) -> bool:
    return expiry is not None and expiry.type == "N" and int(expiry.cast_value) < int(now.timestamp())
