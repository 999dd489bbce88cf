"""A holder that fails, or lies: the ticket never says Closed, agents see the true cause, and a retry mends it."""

from datetime import datetime

import boto3
import pytest

from infra.local.cloud import FunctionFailed
from infra.local.seeds import FILES
from tests.stories.people import Customer, Desk

MANY = 10_000
"""More than all retries together."""


def begins_and_gets_stuck(desk: Desk, lan: Customer) -> str:
    """A closure whose time has come and whose retries are all used up."""
    number = lan.asks_to_close()
    desk.agent().erases_now(lan, number)
    desk.advance("PT40M")
    return number


@pytest.mark.parametrize(
    ("service", "operation", "kind", "cause"),
    [
        ("dynamodb", "BatchWriteItem", "before", "HolderFailed orders: InternalServerError"),
        ("dynamodb", "BatchWriteItem", "throttle", "HolderFailed orders: ThrottlingException"),
        ("dynamodb", "BatchWriteItem", "lie", "StillThere orders: some"),
        ("s3", "DeleteObjects", "before", "HolderFailed files: InternalServerError"),
        ("s3", "DeleteObjects", "throttle", "HolderFailed files: SlowDown"),
        ("s3", "DeleteObjects", "lie", "StillThere files: some"),
        ("s3", "ListObjectVersions", "before", "HolderFailed files: InternalServerError"),
        ("dynamodb", "TransactWriteItems:Delete", "before", "HolderFailed account: InternalServerError"),
        ("dynamodb", "TransactWriteItems:Delete", "lie", "StillThere account: some"),
    ],
)
def test_a_holder_that_fails_or_lies_is_named_and_nothing_is_called_closed(
    desk: Desk, service: str, operation: str, kind: str, cause: str
) -> None:
    lan, an = desk.customer(), desk.agent()
    desk.fault(service, operation, kind, times=MANY)
    number = begins_and_gets_stuck(desk, lan)
    stuck = an.ticket(number)
    assert (stuck["status"], stuck["cause"]) == ("needs_attention", cause)
    assert lan.ticket(number)["status"] == "closing"
    assert lan.account().ok()["status"] == "closing"
    assert desk.system("PUT", f"/accounts/{lan.account_id}", {"email": lan.email}).code == "account_closing"
    assert "closed" not in [kind for kind, _ in lan.notices(number)]
    desk.no_more_faults()
    an.decides(number, "retry").ok()
    assert lan.ticket(number)["status"] == "closed"
    assert lan.account().status == 404
    assert desk.holdings(lan.account_id) == {"orders": 0, "files": 0}
    assert [kind for kind, _ in lan.notices(number)][-2:] == ["closing", "closed"]


def test_what_needs_attention_stands_first_in_the_queue_page_by_page(desk: Desk) -> None:
    due_later, due_sooner, an = desk.customer(country="US"), desk.customer(country="VN"), desk.agent()
    desk.fault("dynamodb", "BatchWriteItem", "before", times=MANY)
    stuck = begins_and_gets_stuck(desk, due_later)
    desk.no_more_faults()
    waiting = due_sooner.asks_to_close()
    numbers: list[str] = []
    path = "/desk/tickets?limit=3"
    while path and len(numbers) < 200:
        page = an.call("GET", path).ok()
        numbers += [row["number"] for row in page["items"]]
        path = f"/desk/tickets?limit=3&cursor={page['next']}" if page["next"] else ""
    assert numbers.index(stuck) < numbers.index(waiting)
    assert len(numbers) == len(set(numbers))
    assert due_later.ticket(stuck)["due_at"] > due_sooner.ticket(waiting)["due_at"]
    an.decides(stuck, "retry").ok()


@pytest.mark.parametrize(
    ("service", "operation"),
    [("dynamodb", "BatchWriteItem"), ("s3", "DeleteObjects"), ("dynamodb", "TransactWriteItems:Delete")],
)
def test_what_was_done_although_its_answer_was_lost_is_found_done(desk: Desk, service: str, operation: str) -> None:
    """The answer of every attempt is lost for a while: the SDK's own tries and the workflow's meet what is done."""
    lan = desk.customer()
    number = lan.asks_to_close()
    desk.agent().approves(number)
    lan.hurries(number)
    desk.fault(service, operation, "after", times=7)
    desk.agent().decides(number, "expedite").ok()
    desk.settle()
    desk.no_more_faults()
    desk.advance("PT40M")
    assert lan.ticket(number)["status"] == "closed"
    assert lan.account().status == 404
    assert [kind for kind, _ in lan.notices(number)].count("closed") == 1


def test_a_few_failures_are_mended_by_the_retries_alone(desk: Desk) -> None:
    lan = desk.customer()
    number = lan.asks_to_close()
    desk.agent().approves(number)
    lan.hurries(number)
    for operation in ("BatchWriteItem", "TransactWriteItems", "Query", "GetItem"):
        desk.fault("dynamodb", operation, "before", times=2)
    desk.fault("s3", "DeleteObjects", "throttle", times=2)
    desk.agent().decides(number, "expedite")
    desk.settle()
    desk.no_more_faults()
    desk.advance("PT40M")
    if desk.agent().ticket(number)["status"] == "scheduled":  # the fault met the decision itself
        desk.agent().decides(number, "expedite").ok()
    assert lan.ticket(number)["status"] == "closed"
    assert "needs_attention" not in desk.agent().timeline(number)


def test_something_that_writes_behind_our_back_is_seen_by_the_second_look(desk: Desk) -> None:
    lan, an = desk.customer(), desk.agent()
    number = lan.asks_to_close()
    an.approves(number)
    desk.settle()
    run = {"ticket": number, "run": 1}
    desk.takes_over(f"{number}-1")
    for holder in desk.cloud.invoke("closure_freeze", run)["holders"]:
        desk.cloud.invoke("closure_erase", {**run, "holder": holder})
        desk.cloud.invoke("closure_look", {**run, "holder": holder})
    boto3.client("s3").put_object(Bucket=FILES, Key=f"{lan.account_id}/late.jpg", Body=b"an upload that was in flight")
    desk.cloud.invoke("closure_look", {**run, "holder": "orders", "again": True})
    with pytest.raises(FunctionFailed, match="StillThere") as failed:
        desk.cloud.invoke("closure_look", {**run, "holder": "files", "again": True})
    with pytest.raises(FunctionFailed, match="NotLookedAgain"):
        desk.cloud.invoke("closure_close", run)
    error = {"Error": "StillThere", "Cause": str(failed.value)}
    desk.cloud.invoke("closure_trouble", {**run, "error": error})
    stuck = an.ticket(number)
    assert (stuck["status"], stuck["cause"]) == ("needs_attention", "StillThere files: some")
    assert lan.ticket(number)["status"] == "closing"
    an.decides(number, "retry").ok()
    assert lan.ticket(number)["status"] == "closed"
    assert desk.holdings(lan.account_id)["files"] == 0


def test_the_ledger_names_each_holder_with_what_was_found_and_what_goes_by_itself(desk: Desk) -> None:
    lan, an = desk.customer(), desk.agent()
    number = lan.asks_to_close()
    ledger = {line["holder"]: line for line in an.erases_now(lan, number)["ledger"]}
    for holder in ("orders", "files", "account"):
        assert ledger[holder]["found"] == "nothing"
        erased_at, looked_at = (datetime.fromisoformat(ledger[holder][name]) for name in ("erased_at", "looked_at"))
        assert erased_at < looked_at
    residual = {holder for holder, line in ledger.items() if line["found"] == "residual"}
    assert residual == {f"residual:{name}" for name in ("backups", "streams", "history", "logs", "desk")}
    assert all(ledger[holder]["until"] for holder in residual)


def test_a_retry_is_refused_while_nothing_is_wrong(desk: Desk) -> None:
    lan, an = desk.customer(), desk.agent()
    number = lan.asks_to_close()
    assert an.decides(number, "retry").code == "not_now"
    an.erases_now(lan, number)
    assert an.decides(number, "retry").code == "not_now"


def test_a_fault_while_freezing_leaves_nothing_frozen_and_the_sweep_begins_again(desk: Desk) -> None:
    lan, an = desk.customer(), desk.agent()
    number = lan.asks_to_close()
    an.approves(number)
    lan.hurries(number)
    desk.fault("dynamodb", "TransactWriteItems:ConditionCheck", "before", times=MANY)
    an.decides(number, "expedite").ok()
    assert an.ticket(number)["status"] == "scheduled"
    desk.advance("PT40M")
    assert an.ticket(number)["status"] == "scheduled"
    assert lan.account().ok()["status"] == "active"
    assert desk.contacts(number) == []
    desk.no_more_faults()
    desk.advance("PT2H")
    assert lan.ticket(number)["status"] == "closed"
