"""The stream of a table that lies elsewhere, read as a follower reads moto's; the place is kept in a folder."""

import logging
import threading
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.local.clients import client
from infra.local.folder import Folder
from infra.local.streams import Record

log = logging.getLogger("signoff.local")


def stream_of(table: str) -> str:
    """The ARN of its stream there, which isn't the one moto knows; empty without one."""
    found = client("dynamodb").describe_table(TableName=table)["Table"]
    return str(found.get("LatestStreamArn") or "")


class EndpointStream:
    """Shard by shard, oldest first. What was handed over but not yet noted as done comes again after a crash: at
    least once, as Lambda has it. Where the kept place is no longer there, everything that is comes once more."""

    look_every_s: float | None = 1.0  # another process may write too

    def __init__(self, table: str, kept: Folder, name: str) -> None:
        self._table = table
        self._kept = kept
        self._name = f"{name}.json"
        self._lock = threading.Lock()
        self._place: dict[str, str] = kept.read(self._name) or {}
        self._iterator = ""
        self._waiting: list[Record] = []

    def next(self, most: int) -> list[Record]:
        with self._lock:
            if not self._waiting:
                self._waiting = self._read(most)
            return list(self._waiting[:most])

    def done(self, records: list[Record]) -> None:
        with self._lock:
            self._waiting = self._waiting[len(records) :]
            self._place["sequence"] = str(records[-1]["dynamodb"]["SequenceNumber"])
            self._kept.write(self._name, self._place)

    def _read(self, most: int) -> list[Record]:
        try:
            while iterator := self._iterator or self._begin():
                found = client("dynamodbstreams").get_records(ShardIterator=iterator, Limit=most)
                self._iterator = found.get("NextShardIterator") or ""
                if records := list(found["Records"]):
                    return records
                if self._iterator or not self._next_shard():
                    return []
        except (ClientError, BotoCoreError) as error:
            self._lose_place(error)
        return []

    def _begin(self) -> str:
        """An iterator at the kept place, or at the beginning of what there is; empty if there is no shard."""
        shards = self._shards()
        if not shards:
            return ""
        if self._place.get("shard") not in shards:
            self._place = {"shard": shards[0]}
        asked: dict[str, Any] = {"StreamArn": stream_of(self._table), "ShardId": self._place["shard"]}
        if "sequence" in self._place:
            asked |= {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": self._place["sequence"]}
        else:
            asked |= {"ShardIteratorType": "TRIM_HORIZON"}
        return str(client("dynamodbstreams").get_shard_iterator(**asked)["ShardIterator"])

    def _next_shard(self) -> bool:
        """On to the next one, if this one has ended."""
        shards = self._shards()
        here = shards.index(self._place["shard"]) if self._place.get("shard") in shards else -1
        if here + 1 >= len(shards):
            return False
        self._place, self._iterator = {"shard": shards[here + 1]}, ""
        return True

    def _shards(self) -> list[str]:
        described = client("dynamodbstreams").describe_stream(StreamArn=stream_of(self._table))["StreamDescription"]
        return [each["ShardId"] for each in described["Shards"]]

    def _lose_place(self, error: Exception) -> None:
        """An iterator lives for minutes only, and records for a day; whatever else it is, it may pass."""
        code = getattr(error, "response", {}).get("Error", {}).get("Code", type(error).__name__)
        log.warning("the stream of %s: %s", self._table, code)
        self._iterator = ""
        if code in ("TrimmedDataAccessException", "ResourceNotFoundException"):
            self._place = {}
