"""Tables elsewhere: another DynamoDB, named by AWS_ENDPOINT_URL_DYNAMODB, in the place of moto's.

Templates are deployed into moto as ever, which keeps an empty table of each name; what makes a table is done there
too, and everything else only there. A request gets there where it would have been answered here, so faults, policies
and counts hold for it as for any other.
"""

import json
import logging
import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from socket import IPPROTO_TCP, TCP_NODELAY
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session
from moto.core.botocore_stubber import BotocoreStubber

from infra.local.clients import client
from infra.local.endpoint_stream import EndpointStream, stream_of
from infra.local.folder import Folder
from infra.local.seams import replaced
from infra.local.tables import Tables, only_reads
from infra.local.where import ACCOUNT, REGION

log = logging.getLogger("signoff.local")

_BOTH = ("CreateTable", "UpdateTimeToLive")
_MOTO_ALONE = ("UpdateContinuousBackups",)


class TableIsThere(RuntimeError):
    """A cloud that begins with nothing found a table of one of its names."""


class CannotKeep(ValueError):
    """A folder alone keeps no tables."""


@dataclass(frozen=True, kw_only=True)
class Where:
    """Addresses of a DynamoDB and of its streams."""

    tables: str
    streams: str


def tables(kept: Folder) -> "Tables | Endpoint":
    """Those that the environment names, or moto's own, which can't be kept."""
    url = os.environ.get("AWS_ENDPOINT_URL_DYNAMODB")
    if url:
        streams = os.environ.get("AWS_ENDPOINT_URL_DYNAMODB_STREAMS") or url
        return Endpoint(where=Where(tables=url, streams=streams), kept=kept)
    if kept.path:
        raise CannotKeep("a folder keeps no tables: AWS_ENDPOINT_URL_DYNAMODB must name a DynamoDB that does")
    return Tables()


@dataclass(kw_only=True, eq=False)
class Endpoint:
    """Answers for DynamoDB; tells whoever listens after each operation that may have written.

    With a folder tables stay: they are made once, and found again. Without one an access key of its own is used, by
    which MiniStack and DynamoDB Local keep tables apart, and what was made is deleted at the end.
    """

    where: Where
    kept: Folder
    _made: list[str] = field(default_factory=list)
    _listeners: list[Callable[[], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.keeps = self.kept.path is not None
        key = ACCOUNT if self.keeps else str(random.randrange(10**11, 10**12))
        self._credentials = Credentials(key, "local")
        self._session = URLLib3Session(max_pool_connections=64, socket_options=[(IPPROTO_TCP, TCP_NODELAY, 1)])

    @contextmanager
    def installed(self) -> Iterator[None]:
        with replaced(BotocoreStubber, "__call__", self._instead):
            yield
            for name in [] if self.keeps else self._made:
                said = {"TableName": name, "DeletionProtectionEnabled": False}
                self._send("dynamodb", "UpdateTable", json.dumps(said).encode())
                self._send("dynamodb", "DeleteTable", json.dumps({"TableName": name}).encode())

    def listen(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)

    def open_stream(self, table: str, reader: str) -> EndpointStream | None:
        """None where this DynamoDB has no streams; then the sweep, every hour, does what they would have done."""
        if not stream_of(table):
            log.warning("%s has no streams: notices and closures wait for the sweep", self.where.streams)
            return None
        return EndpointStream(table, self.kept.inside("streams"), reader)

    def delete_expired(self, now: datetime) -> int:
        """As `tables.delete_expired`: DynamoDB itself would take up to two days, and goes by real time."""
        dynamodb = client("dynamodb")
        names = [name for page in dynamodb.get_paginator("list_tables").paginate() for name in page["TableNames"]]
        return sum(_delete_expired_in(dynamodb, name, now) for name in names)

    def _instead(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def __call__(stubber: BotocoreStubber, event_name: str, request: Any, **given: Any) -> Any:  # noqa: N807
            _, service, operation = event_name.split(".")
            if service not in ("dynamodb", "dynamodb-streams") or operation in _MOTO_ALONE:
                return original(stubber, event_name, request, **given)
            answer = self._send(service, operation, request.body)
            if operation in _BOTH:
                self._note(operation, request, answer)
                return original(stubber, event_name, request, **given)
            if not only_reads(operation):
                for listener in self._listeners:
                    listener()
            return answer

        return __call__

    def _send(self, service: str, operation: str, body: bytes) -> Any:
        target = "DynamoDB_20120810" if service == "dynamodb" else "DynamoDBStreams_20120810"
        url = self.where.tables if service == "dynamodb" else self.where.streams
        headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"{target}.{operation}"}
        request = AWSRequest(method="POST", url=url.rstrip("/") + "/", data=body, headers=headers)
        SigV4Auth(self._credentials, "dynamodb", REGION).add_auth(request)
        return self._session.send(request.prepare())

    def _note(self, operation: str, request: Any, answer: Any) -> None:
        """What was there already may stay, if tables are kept; every other refusal is one."""
        there = b"ResourceInUseException" in answer.content or b"TimeToLive is already enabled" in answer.content
        if answer.status_code >= 300 and not there:
            raise RuntimeError(f"{urlsplit(self.where.tables).netloc} refused {operation}: {answer.text}")
        if operation != "CreateTable":
            return
        name = _name(request)
        if there and not self.keeps:
            raise TableIsThere(f"{name} is there already, at {urlsplit(self.where.tables).netloc}")
        if not there:
            self._made.append(name)


def _name(request: Any) -> str:
    return str(json.loads(request.body)["TableName"])


def _delete_expired_in(dynamodb: Any, table: str, now: datetime) -> int:
    expiry = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    if expiry["TimeToLiveStatus"] != "ENABLED":
        return 0
    keys = [each["AttributeName"] for each in dynamodb.describe_table(TableName=table)["Table"]["KeySchema"]]
    names = {f"#{place}": name for place, name in enumerate([expiry["AttributeName"], *keys])}
    pages = dynamodb.get_paginator("scan").paginate(
        TableName=table, FilterExpression="#0 < :now", ProjectionExpression=", ".join(names),
        ExpressionAttributeNames=names, ExpressionAttributeValues={":now": {"N": str(int(now.timestamp()))}},
    )  # fmt: skip
    expired = [{key: item[key] for key in keys} for page in pages for item in page["Items"]]
    for each in expired:
        dynamodb.delete_item(TableName=table, Key=each)
    return len(expired)
