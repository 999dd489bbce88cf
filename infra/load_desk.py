"""A desk under load: its functions called with events in this thread, and tables with as many tickets as wanted."""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from typing import Any

from moto.awslambda.models import LambdaFunction
from moto.core.botocore_stubber import BotocoreStubber
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType, Item

from infra.alone import Context
from infra.demo_desk import Desk
from infra.local import streams
from infra.local.cloud import LocalCloud
from infra.local.functions import Functions
from infra.local.seams import replaced
from infra.local.where import ACCOUNT, REGION
from infra.recorded import recorded

Event = dict[str, Any]
TABLES = ("signoff-dev-desk", "signoff-dev-accounts")
SETTINGS = {"TICKETS_A_DAY": "1000000", "ACKS_PER_HOUR": "1000000"}


@contextmanager
def desk_without_followers() -> Iterator[tuple[LocalCloud, Desk]]:
    """Nothing happens there by itself: records of the stream wait until they are handed over, and nobody tells what
    became of a mail."""
    with (
        replaced(streams, "followers", lambda _: lambda *_: []),
        replaced(Functions, "send", _but_feedback),
        LocalCloud(seeds=False, settings=SETTINGS) as cloud,
        lines_written(),
    ):
        yield cloud, Desk(url=cloud.desk_url, panel_url=cloud.panel_url, smtp_port=cloud.smtp_port)


def _but_feedback(send: Callable[..., None]) -> Callable[..., None]:
    def sending(functions: Functions, function: LambdaFunction, event: Event) -> None:
        if "-MailFeedback-" not in function.function_name:
            send(functions, function, event)

    return sending


@contextmanager
def lines_written() -> Iterator[None]:
    """The desk's log lines are made, as on Lambda, and go nowhere."""
    log = logging.getLogger("signoff")
    level, propagates, sink = log.level, log.propagate, _Sink()
    log.setLevel(logging.INFO)
    log.propagate = False
    log.addHandler(sink)
    try:
        yield
    finally:
        log.removeHandler(sink)
        log.setLevel(level)
        log.propagate = propagates


class _Sink(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        json.dumps({"message": record.getMessage()} | {name: str(it) for name, it in vars(record).items()})


def call(handler: str, event: Event) -> Any:
    """What a function answers, called as its Handler string says, in this thread."""
    module, _, name = handler.rpartition(".")
    return getattr(import_module(module), name)(event, Context())


def event_of(cloud: LocalCloud, act: Callable[[], object], function: str = "APIHandler") -> Event:
    """The event that this act brings the function."""
    with recorded(cloud.now) as found:
        act()
        cloud.settle()
    event: Event = next(each.event for each in found if each.function == function)
    return event


def asked_by(event: Event, token: str, body: Any) -> Event:
    """The same request by another person, with another body."""
    authorization = f"Bearer {token}"
    changed = {name: text for name, text in event["headers"].items() if name.lower() != "authorization"}
    many = {name: text for name, text in event["multiValueHeaders"].items() if name.lower() != "authorization"}
    return event | {
        "headers": changed | {"authorization": authorization},
        "multiValueHeaders": many | {"authorization": [authorization]},
        "body": json.dumps(body),
    }


# ── time ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(kw_only=True)
class Taken:
    """Seconds of processor time of this thread: altogether, and of it moto's, which is AWS's part here."""

    all: float = 0.0
    moto: float = 0.0

    @property
    def own(self) -> float:
        return self.all - self.moto


@contextmanager
def timed() -> Iterator[Taken]:
    taken, mine = Taken(), threading.get_ident()

    def watch(answer: Callable[..., Any]) -> Callable[..., Any]:
        def __call__(stubber: BotocoreStubber, *given: Any, **named: Any) -> Any:  # noqa: N807
            began = time.thread_time()
            try:
                return answer(stubber, *given, **named)
            finally:
                if threading.get_ident() == mine:
                    taken.moto += time.thread_time() - began

        return __call__

    with replaced(BotocoreStubber, "__call__", watch):
        began = time.thread_time()
        yield taken
        taken.all = time.thread_time() - began


# ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────


def tables_kept(names: Sequence[str] = TABLES) -> Callable[[], None]:
    """What puts these of moto's tables, and their streams, back to where they are now. moto exchanges an item, it never
    changes one (infra/local/transactions.py): the dictionaries are all to keep."""
    backend = dynamodb_backends[ACCOUNT][REGION]
    kept = [(table, _copied(table.items)) for table in map(backend.get_table, names)]
    streamed = [len(table.stream_shard.items) if table.stream_shard else 0 for table, _ in kept]

    def put_back() -> None:
        for (table, items), count in zip(kept, streamed, strict=True):
            table.items.clear()
            table.items.update(_copied(items))
            if table.stream_shard:
                del table.stream_shard.items[count:]

    return put_back


def _copied(items: Any) -> dict[Any, Any]:
    return {key: dict(held) if isinstance(held, dict) else held for key, held in items.items()}


def cloned(number: str, count: int, *, first: int = 0, wake_in: timedelta | None = None) -> None:
    """So many more tickets like this one in the desk table, of the same account; each wakes and is due a second after
    the one before. Laid in moto's table directly: to write 100,000 would take an hour."""
    table = dynamodb_backends[ACCOUNT][REGION].get_table(TABLES[0])
    held: Any = table.items
    (like,) = (item for key, item in held[DynamoType({"S": number})].items() if key.value == "ticket")
    from chalicelib import clock

    data, now = like.attrs["data"].value, clock.now()
    for nth in range(first, first + count):
        name, second = f"SO-{nth:06}", timedelta(seconds=nth)
        key, sort = DynamoType({"S": name}), like.range_key
        changed = {
            "pk": name,
            "data": data.replace(number, name),
            "agenda_at": _stamp(now + timedelta(days=20) + second),
            "wake_at": _stamp(now + (wake_in or timedelta(days=10) + second)),
            "who_at": _stamp(now - timedelta(days=40) + second),
        }
        item = Item(key, sort, {})
        dict.update(item.attrs, like.attrs)
        dict.update(item.attrs, {attribute: DynamoType({"S": text}) for attribute, text in changed.items()})
        held[key] = {sort: item}


def _stamp(at: Any) -> str:
    from pynamodb.attributes import UTCDateTimeAttribute

    return str(UTCDateTimeAttribute().serialize(at))
