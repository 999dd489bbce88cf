"""After a restore from a backup one command finds what was closed since, and closes it again."""

import json

import boto3
import pytest

from infra import reapply_closures
from infra.local.seeds import fill_holders
from infra.local.where import STAGE
from tests.stories.people import Customer, Desk


@pytest.fixture
def since(desk: Desk) -> str:
    """The day of the backup."""
    return f"{desk.cloud.now():%Y-%m-%d}"


def closed(desk: Desk) -> tuple[Customer, str]:
    lan = desk.customer()
    number = lan.asks_to_close()
    assert desk.agent().erases_now(lan, number)["status"] == "closed"
    return lan, number


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, str]]:
    """What the command ends with, and what it says of each ticket."""
    ends_with = reapply_closures.main(["--stage", STAGE, *arguments])
    lines = capsys.readouterr().out.splitlines()
    return ends_with, {line.split()[0]: " ".join(line.split()[2:]) for line in lines if line.startswith("SO-")}


def test_without_more_it_names_what_is_there_again_and_changes_nothing(
    desk: Desk, since: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lan, number = closed(desk)
    _, gone = closed(desk)
    fill_holders(lan.account_id)
    before = desk.agent().ticket(number)
    ended, said = run(capsys, "--since", since)
    assert (ended, said[number], said[gone]) == (1, "is_there orders: some", "gone")
    after = desk.agent().ticket(number)
    assert (after["status"], after["version"], after["ledger"]) == ("closed", before["version"], before["ledger"])
    assert lan.email not in str(said)


def test_with_reopen_the_ticket_needs_attention_and_with_erase_it_is_closed_again(
    desk: Desk, since: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lan, number = closed(desk)
    table = boto3.resource("dynamodb").Table(desk.table("ACCOUNTS_TABLE"))
    fill_holders(lan.account_id)
    record = {"account_id": lan.account_id, "generation": reference(desk, number), "status": "active"}
    table.put_item(
        Item=record | {"address": lan.email, "email": lan.email, "changed_at": "2026-01-01T00:00:00.000000+0000"}
    )
    assert run(capsys, "--since", since, "--reopen")[1][number] == "reopened orders: some"
    assert desk.agent().ticket(number)["status"] == "needs_attention"
    assert run(capsys, "--since", since, "--reopen")[1][number] == "reopened orders: some"
    assert desk.agent().timeline(number).count("reappeared") == 1
    assert run(capsys, "--since", since, "--erase")[1][number] == "erasing orders: some"
    assert desk.agent().ticket(number)["status"] == "closed"
    assert (desk.holdings(lan.account_id), lan.account().status) == ({"orders": 0, "files": 0}, 404)
    assert run(capsys, "--since", since, "--erase")[1][number] == "gone"
    assert desk.agent().timeline(number).count("retried") == 1


def test_an_account_that_was_registered_anew_is_left_alone(
    desk: Desk, since: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lan, number = closed(desk)
    desk.register(lan.account_id, email=lan.email)
    fill_holders(lan.account_id)
    assert run(capsys, "--since", since, "--erase")[1][number] == "new_customer"
    assert desk.agent().ticket(number)["status"] == "closed"
    assert desk.holdings(lan.account_id) == {"orders": 3, "files": 3}


def test_what_was_closed_before_the_backup_is_not_looked_at(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    _, number = closed(desk)
    assert number not in run(capsys, "--since", "2999-01-01")[1]


def test_an_account_that_was_never_closed_is_not_erased_by_it(
    desk: Desk, since: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A ticket that needs attention for another reason waits for its agent."""
    lan, an = desk.customer(), desk.agent()
    number = lan.asks_to_close()
    desk.fault("dynamodb", "BatchWriteItem", "before", times=100)
    assert an.erases_now(lan, number)["status"] == "needs_attention"
    desk.no_more_faults()
    assert number not in run(capsys, "--since", since, "--erase")[1]
    assert an.ticket(number)["status"] == "needs_attention"


def reference(desk: Desk, number: str) -> int:
    """The generation that the ticket is about."""
    (item,) = [each for each in desk.items(number) if each["sk"]["S"] == "ticket"]
    return int(json.loads(item["data"]["S"])["account"]["generation"])
