"""Load: `python -m infra.measure_load`. Prints figures, and fails where one breaks its promise.

Functions are called with events in this process, without HTTP; the rest is the local cloud. Times are processor time
of the one thread that calls, which other work on the machine disturbs least. Of each the part that is moto's, playing
AWS, is told apart: on AWS that part is waiting, and what is left is what a function computes. Calls are counted by
infra/counting.py, which reckons capacity from the items by DynamoDB's rules.
"""

import json
import statistics
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import boto3
from botocore import xform_name
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from infra.cost_stories import CLOSURE, letter, registered
from infra.counting import Counts, counted
from infra.demo_desk import Desk
from infra.furnished import Shown
from infra.load_desk import (
    TABLES,
    Event,
    Taken,
    asked_by,
    call,
    cloned,
    desk_without_followers,
    event_of,
    tables_kept,
    timed,
)
from infra.local import streams
from infra.local.__main__ import quiet
from infra.local.clients import client
from infra.local.cloud import LocalCloud
from infra.local.seams import replaced
from infra.local.tables import MotoStream, Tables
from infra.measure_pages import cookie_of

API = "chalicelib.front.answer"
MAIL = "chalicelib.letters.inbound_mail.receive"
STREAM = "chalicelib.notices.ticket_stream.tell"
AT_ONCE = 100
ROUNDS = 5
MOST_OVERHEAD = 1.5
FEW, MANY = 1_000, 100_000

Asked = tuple[str, str, dict[str, Any]]  # service, operation, parameters


def main() -> int:
    quiet()
    broken: list[str] = []
    with desk_without_followers() as (cloud, desk):
        posts = posts_of(cloud, desk)
        letters = letters_of(cloud, desk)
        empty = tables_kept()
        tell(rate("tickets created", "POST /tickets", posts, API, empty))
        tell(rate("letters taken in", "a stranger's question", letters, MAIL, empty))
        tell(warm("POST /tickets", [(API, each) for each in posts], empty, broken))
        batch = batch_of(posts)
        tell(warm("a stream batch of 100 tickets", [(STREAM, batch)], tables_kept(), broken))
        tell(poisoned(cloud, batch, broken))
        empty()
        tell(lists_and_sweeps(cloud, desk, broken))
    print("\n".join(["", *broken]) if broken else "\nEvery promise is kept.")
    return 1 if broken else 0


def tell(line: str) -> None:
    print(line, flush=True)


# ── what is asked ────────────────────────────────────────────────────────────────────────────────────────────


def posts_of(cloud: LocalCloud, desk: Desk) -> list[Event]:
    """A request for a closure by each of a hundred customers."""
    accounts = [registered(desk) for _ in range(AT_ONCE + 1)]
    first = desk.token(account_id=accounts[0])
    event = event_of(cloud, lambda: desk.call("POST", "/tickets", CLOSURE, token=first))
    return [asked_by(event, desk.token(account_id=each), CLOSURE) for each in accounts[1:]]


def letters_of(cloud: LocalCloud, desk: Desk) -> list[Event]:
    """The events of a hundred letters by as many strangers; the letters lie in the bucket."""
    made = []
    for nth in range(AT_ONCE):
        address = f"eve@asks{nth}.example"
        mail = letter(address, "Where do I find my invoices?", subject="A question")
        made.append((address, mail))
    first = event_of(cloud, lambda: desk.letter(made[0][1], source=made[0][0]), "InboundMail")
    bucket = next(each["Name"] for each in client("s3").list_buckets()["Buckets"] if "-letters-" in each["Name"])
    events = []
    for nth, (address, mail) in enumerate(made):
        event, ses_id = deepcopy(first), f"load{nth:012}"
        event["Records"][0]["ses"]["mail"] |= {"messageId": ses_id, "source": address}
        client("s3").put_object(Bucket=bucket, Key=f"raw/{ses_id}", Body=mail.as_bytes())
        events.append(event)
    return events


def batch_of(posts: list[Event]) -> Event:
    """The records of the stream, as the deployed mapping would hand them over: a new ticket of each customer."""
    stream = MotoStream(TABLES[0], Tables())
    stream.done(stream.next(1_000_000))
    for each in posts:
        call(API, each)
    mapping = mapping_of("TicketStream")
    found = [streams.as_lambda_sees(each, mapping.stream) for each in stream.next(1_000_000)]
    first_of_each = {each["dynamodb"]["Keys"]["pk"]["S"]: each for each in reversed(found) if mapping.wants(each)}
    return {"Records": sorted(first_of_each.values(), key=lambda it: int(it["dynamodb"]["SequenceNumber"]))}


def mapping_of(function: str) -> streams.Mapping:
    described = client("lambda").list_event_source_mappings()["EventSourceMappings"]
    return next(streams.mapping_from(each) for each in described if f"-{function}-" in each["FunctionArn"])


# ── a second ─────────────────────────────────────────────────────────────────────────────────────────────────


def rate(what: str, of: str, events: list[Event], handler: str, put_back: Callable[[], None]) -> str:
    """How many a second of one processor: with moto's part, and by the function's own work alone."""
    all_s, own_s = [], []
    for _ in range(ROUNDS):
        put_back()
        with timed() as taken:
            for each in events:
                call(handler, each)
        all_s.append(len(events) / taken.all)
        own_s.append(len(events) / taken.own)
    put_back()
    with_moto, own = statistics.median(all_s), statistics.median(own_s)
    return f"{what + ' a second (' + of + ')':<52} {with_moto:>7.0f} with moto's part {own:>7.0f} by our own work"


# ── against bare boto3 ───────────────────────────────────────────────────────────────────────────────────────


def warm(
    what: str, invocations: list[tuple[str, Event]], put_back: Callable[[], None], broken: list[str]
) -> str:  # fmt: skip
    """Processor time against bare boto3 clients that make the very same calls of the same moto, from the same state."""
    put_back()
    with calls_noted() as asked:
        for handler, event in invocations:
            call(handler, event)
    clients = {service: boto3.client(service) for service in {each[0] for each in asked}}
    ratios: list[tuple[float, float]] = []
    for _ in range(ROUNDS + 1):
        put_back()
        with timed() as ours:
            for handler, event in invocations:
                call(handler, event)
        put_back()
        with timed() as bare:
            for service, operation, parameters in asked:
                with suppress(ClientError):  # a refusal, where there is one, is as it was
                    getattr(clients[service], xform_name(operation))(**parameters)
        ratios.append(_ratio(ours, bare))
    put_back()
    with_moto, without = (statistics.median(each) for each in zip(*ratios[1:], strict=True))
    if with_moto > MOST_OVERHEAD:
        broken.append(f"{what}: {with_moto:.2f} times bare boto3, more than {MOST_OVERHEAD}")
    of = f"{what}, {len(asked)} calls in {len(invocations)}"
    return f"{of + ': against bare boto3':<52} {with_moto:>7.2f} with moto's part {without:>7.2f} without"


def _ratio(ours: Taken, bare: Taken) -> tuple[float, float]:
    return ours.all / bare.all, ours.own / bare.own


@contextmanager
def calls_noted() -> Iterator[list[Asked]]:
    """The calls that leave through any client meanwhile, whoever made it."""
    asked: list[Asked] = []

    def note(make: Callable[..., Any]) -> Callable[..., Any]:
        def _make_api_call(aws: Any, operation: str, parameters: dict[str, Any]) -> Any:
            asked.append((aws.meta.service_model.service_name, operation, deepcopy(parameters)))
            return make(aws, operation, parameters)

        return _make_api_call

    with replaced(BaseClient, "_make_api_call", note):
        yield asked


# ── one that can't be told ───────────────────────────────────────────────────────────────────────────────────


def poisoned(cloud: LocalCloud, batch: Event, broken: list[str]) -> str:
    """A batch of 100 tickets, of which one can't be read by any try: the 99 others get their mail."""
    mapping, records = mapping_of("TicketStream"), batch["Records"]
    number = records[AT_ONCE // 2]["dynamodb"]["Keys"]["pk"]["S"]
    key = {"pk": {"S": number}, "sk": {"S": "ticket"}}
    table = client("dynamodb")
    table.update_item(
        TableName=TABLES[0], Key=key, UpdateExpression="SET #d = :d",
        ExpressionAttributeNames={"#d": "data"}, ExpressionAttributeValues={":d": {"S": "{}"}},
    )  # fmt: skip
    before = len(cloud.outbox())
    with counted() as counts:
        streams.hand_over(records, mapping, lambda them: {"answer": cloud.invoke("ticket_stream", {"Records": them})})
    sent, given_up = len(cloud.outbox()) - before, _given_up(mapping)
    if (sent, given_up) != (len(records) - 1, 1):
        broken.append(f"a poisoned batch: {sent} mails, {given_up} given up")
    invocations, calls = counts.invocations["TicketStream"], counts.by_operation("TicketStream").total()
    return (
        f"a batch of {len(records)} tickets with a poisoned one: {sent} mails, {given_up} record given up to the "
        f"failure queue, after {invocations} invocations and {calls} calls"
    )


def _given_up(mapping: streams.Mapping) -> int:
    assert mapping.failure_queue
    sqs = client("sqs")
    url = sqs.get_queue_url(QueueName=mapping.failure_queue.rpartition(":")[2])["QueueUrl"]
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return sum(json.loads(each["Body"])["DDBStreamBatchInfo"]["batchSize"] for each in messages)


# ── however many there are ───────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True)
class Cost:
    calls: int
    read_units: float

    def __str__(self) -> str:
        return f"{self.calls:>4} calls {self.read_units:>6g} read units"


def lists_and_sweeps(cloud: LocalCloud, desk: Desk, broken: list[str]) -> str:
    """The lists and the sweep at 1,000 and at 100,000 open tickets, all of one customer."""
    account = registered(desk)
    customer, agent = desk.token(account_id=account), desk.token(sub="an", groups=["desk-agent"])
    number = str(desk.call("POST", "/tickets", CLOSURE, token=customer).json["number"])
    page = cookie_of(Shown(name="desk", who="agent", path="/desk"))
    asks: dict[str, tuple[str, Callable[[], object]]] = {
        "GET /desk/tickets": ("APIHandler", lambda: desk.call("GET", "/desk/tickets", token=agent)),
        "GET /desk (the page)": ("APIHandler", lambda: desk.read(desk.url + "/desk", page)),
        "GET /tickets (one customer's)": ("APIHandler", lambda: desk.call("GET", "/tickets", token=customer)),
        "a sweep, none due": ("Sweep", lambda: cloud.invoke("sweep")),
    }
    found: dict[str, list[Cost]] = {name: [] for name in asks}
    for first, until in ((0, FEW), (FEW, MANY)):
        cloned(number, until - first, first=first)
        for name, (function, ask) in asks.items():
            if first == 0:
                ask()  # keys are read, connections made
            found[name].append(_cost(_counted(ask), function))
    lines = [f"{'':<34}{'at 1,000 tickets':>26}{'at 100,000':>30}"]
    for name, (few, many) in found.items():
        lines.append(f"{name:<34}{few!s:>26}{many!s:>30}")
        if few != many:
            broken.append(f"{name}: {few} at {FEW} tickets, {many} at {MANY}")
    return "\n".join([*lines, *_due(cloud, number, broken)])


def _due(cloud: LocalCloud, number: str, broken: list[str]) -> Iterator[str]:
    """What a sweep asks for each ticket that is due, among 100,000 that aren't."""
    nothing = _cost(_counted(lambda: cloud.invoke("sweep")), "Sweep").calls
    each: list[float] = []
    for nth, due in enumerate((10, 250)):
        cloned(number, due, first=MANY + 1_000 * nth, wake_in=-timedelta(hours=1))
        counts = _counted(lambda: cloud.invoke("sweep"))
        more = _cost(counts, "Sweep").calls - nothing
        each.append(more / due)
        yield f"{f'a sweep, {due} due':<34}{_cost(counts, 'Sweep')!s:>26}   {more / due:.2f} calls more for each"
    if max(each) - min(each) > 0.5:
        broken.append(f"a sweep's calls don't grow by the tickets that are due: {each}")


def _counted(ask: Callable[[], object]) -> Counts:
    with counted() as counts:
        ask()
    return counts


def _cost(counts: Counts, function: str) -> Cost:
    return Cost(calls=counts.by_operation(function).total(), read_units=counts.reads[function] / 2)


if __name__ == "__main__":
    sys.exit(main())
