"""PRODUCT's rules, held against what a story has left behind: each broken one in words."""

from collections.abc import Iterator
from itertools import groupby

import boto3

from chalicelib.closure.verify_receipt import GENUINE, verdict
from chalicelib.tickets.changes import is_unbroken
from chalicelib.tickets.store import file_of
from tests.faults.crash_stories import Played
from tests.faults.insisting import InsistingDesk
from tests.stories.people import Json

GONE = {"orders": 0, "files": 0}
WHOLE = {"orders": 3, "files": 3}


def broken(desk: InsistingDesk, played: Played) -> list[str]:
    """Every rule that doesn't hold for the story's ticket, its account, its notices and its letters."""
    ticket = desk.agent().ticket(played.number)
    return [
        *_ends(ticket, played),
        *_account(desk, played, is_closed=ticket["status"] == "closed"),
        *_timeline(played.number, ticket),
        *_notices(ticket, played),
        *_papers(desk, played, ticket),
    ]


def repeats(played: Played) -> int:
    """How many mails came more than once."""
    return len(played.mailbox.mails()) - len(played.kinds)


def _ends(ticket: Json, played: Played) -> Iterator[str]:
    if ticket["status"] != played.ends:
        yield f"ends as {ticket['status']} ({ticket.get('cause')}), not {played.ends}"


def _account(desk: InsistingDesk, played: Played, *, is_closed: bool) -> Iterator[str]:
    """Rules 1 and 2: gone if, and only if, the ticket says Closed."""
    if not played.customer:
        return
    held = desk.holdings(played.customer.account_id)
    there = played.customer.account()
    if is_closed and (held != GONE or there.status != 404):
        yield f"closed, and there is {held}, account {there.status}"
    if not is_closed and (held != WHOLE or there.body.get("status") != "active"):
        yield f"not closed, and there is {held}, account {there.status} {there.body.get('status')}"


def _timeline(number: str, ticket: Json) -> Iterator[str]:
    """Rule 9: every change, numbered and chained."""
    changes = file_of(number).changes
    if not is_unbroken(changes):
        yield "the timeline's chain is broken"
    if len(changes) != ticket["version"]:
        yield f"{len(changes)} changes at version {ticket['version']}"
    whats = [each.what for each in changes]
    yield from (f"twice in the timeline: {what}" for what in ("opened", "proved", "closed") if whats.count(what) > 1)


def _notices(ticket: Json, played: Played) -> Iterator[str]:
    """Rule 5: each once and in order, as the ticket says and as the mailbox has it; a repeat follows its first."""
    told = [(each["kind"], each["state"]) for each in ticket["notices"]]
    if told != [(kind, "delivered") for kind in played.kinds]:
        yield f"notices {told}, not {played.kinds}"
    subjects = [subject for subject, _ in groupby(mail["subject"] for mail in played.mailbox.mails())]
    if len(subjects) != len(played.kinds):
        yield f"mails {subjects}"


def _papers(desk: InsistingDesk, played: Played, ticket: Json) -> Iterator[str]:
    """Rule 6, and the receipt: only of what is closed, and genuine."""
    if played.ends == "closed" and (left := {"contact#owner", "contact#previous"} & set(desk.contacts(played.number))):
        yield f"sealed addresses are left: {left}"
    agent = desk.agent()
    receipt = agent.call("GET", f"/desk/tickets/{played.number}/receipt")
    if (receipt.status == 200) != (ticket["status"] == "closed"):
        yield f"receipt {receipt.status}"
    if receipt.status == 200 and verdict(receipt.raw, desk.call("GET", "/receipt-keys").raw).exits != GENUINE:
        yield "the receipt isn't genuine"


def events_given_up() -> int:
    """Rule 7: how many letters and events of SES ended among the dead letters. (Records of the stream may end there:
    the sweep tells what they told.)"""
    queues = boto3.client("sqs")
    url = queues.get_queue_url(QueueName="signoff-dev-failed-events")["QueueUrl"]
    name = "ApproximateNumberOfMessages"
    return int(queues.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])
