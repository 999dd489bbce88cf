"""A closure is pinned to an account and its generation: nothing old ever touches what was registered again."""

import itertools

import boto3
import pytest

from infra.local.cloud import FunctionFailed
from infra.local.seeds import fill_holders
from tests.stories.people import Customer, Desk, Json

HOLDERS = ("orders", "files", "account")


def closed_and_registered_again(desk: Desk) -> tuple[Customer, str, Json]:
    """The new owner of an account id whose old account was closed, the old ticket, and the new account."""
    lan = desk.customer()
    number = lan.asks_to_close()
    assert desk.agent().erases_now(lan, number)["status"] == "closed"
    new = desk.register(lan.account_id, email=f"new-{lan.email}", name="Phạm Hoa", language="vi")
    fill_holders(lan.account_id)
    return Customer(desk=desk, account_id=lan.account_id, email=new["email"], sub="hoa"), number, new


def step(desk: Desk, name: str, **event: object) -> None:
    """A late call of one of the workflow's tasks; it may fail, it may not do anything."""
    desk.invoke_late(name, event)


def late_steps(number: str) -> list[tuple[str, Json]]:
    every_run = ({"ticket": number, "run": run} for run in (1, 2, 3))
    steps: list[tuple[str, Json]] = []
    for event in every_run:
        steps += [("closure_check", event | {"when": "after"}), ("closure_freeze", event), ("closure_close", event)]
        steps += [("closure_erase", event | {"holder": holder}) for holder in HOLDERS]
        steps += [("closure_look", event | {"holder": holder, "again": True}) for holder in HOLDERS]
        steps += [("closure_trouble", event | {"error": {"Error": "States.Timeout"}})]
    return steps


@pytest.mark.parametrize("backwards", [False, True])
def test_every_late_step_of_an_old_closure_leaves_the_new_account_alone(desk: Desk, backwards: bool) -> None:
    hoa, number, new = closed_and_registered_again(desk)
    before = desk.agent().ticket(number)
    for name, event in late_steps(number)[:: -1 if backwards else 1]:
        step(desk, name, **event)
    assert hoa.account().ok() == new
    assert desk.holdings(hoa.account_id) == {"orders": 3, "files": 3}
    after = desk.agent().ticket(number)
    assert (after["status"], after["version"], after["ledger"]) == ("closed", before["version"], before["ledger"])
    assert hoa.mails() == []


@pytest.mark.parametrize("order", list(itertools.permutations(HOLDERS)), ids="-".join)
def test_a_workflow_cut_off_while_erasing_meets_a_new_generation(desk: Desk, order: tuple[str, ...]) -> None:
    """The old ticket still says closing when its account id is registered again: no order of its steps harms it."""
    lan, an = desk.customer(), desk.agent()
    number = lan.asks_to_close()
    an.approves(number)
    desk.settle()
    desk.takes_over(f"{number}-1")
    assert desk.cloud.invoke("closure_freeze", {"ticket": number, "run": 1})["go"] is True
    accounts = boto3.resource("dynamodb").Table(desk.table("ACCOUNTS_TABLE"))
    accounts.delete_item(Key={"account_id": lan.account_id})
    again = desk.system("PUT", f"/accounts/{lan.account_id}", {"email": lan.email})
    assert (again.status, again.code) == (409, "account_closing"), "until every system was read again"
    accounts.delete_item(Key={"account_id": f"closing#{lan.account_id}"})  # even if that lock were gone
    new = desk.register(lan.account_id, email=lan.email, language="vi")
    for holder in order:
        for name in ("closure_erase", "closure_look"):
            with pytest.raises(FunctionFailed, match="HolderFailed"):
                desk.cloud.invoke(name, {"ticket": number, "run": 1, "holder": holder, "again": True})
    with pytest.raises(FunctionFailed, match="HolderFailed"):
        desk.cloud.invoke("closure_close", {"ticket": number, "run": 1})
    desk.cloud.invoke("closure_trouble", {"ticket": number, "run": 1, "error": {"Error": "States.Timeout"}})
    assert an.ticket(number)["status"] == "needs_attention"
    assert lan.account().ok() == new
    assert desk.holdings(lan.account_id) == {"orders": 3, "files": 3}


def test_a_closure_whose_account_was_registered_again_meanwhile_is_stopped_for_an_agent(desk: Desk) -> None:
    lan, an = desk.customer(), desk.agent()
    number = lan.asks_to_close()
    an.approves(number)
    desk.settle()
    boto3.resource("dynamodb").Table(desk.table("ACCOUNTS_TABLE")).delete_item(Key={"account_id": lan.account_id})
    desk.register(lan.account_id, email=lan.email, language="vi")
    step(desk, "closure_check", ticket=number, run=1, when="after")
    stopped = an.ticket(number)
    assert (stopped["status"], stopped["is_stopped"]) == ("in_review", True)
    assert [each["why"] for each in stopped["timeline"] if each["what"] == "stopped"] == ["other_generation"]
    assert lan.account().ok()["status"] == "active"
    assert desk.holdings(lan.account_id) == {"orders": 3, "files": 3}


def test_what_comes_back_under_a_new_customer_is_never_called_closed_again(desk: Desk) -> None:
    """Data of a closed account is restored, the ticket reopens, and then the id is registered anew: what lies there
    can't be told from the new customer's, so it is neither erased nor looked away."""
    lan, an = desk.customer(), desk.agent()
    number = lan.asks_to_close()
    an.erases_now(lan, number)
    fill_holders(lan.account_id)
    desk.advance("PT25H")
    assert an.ticket(number)["status"] == "needs_attention"
    desk.register(lan.account_id, email=lan.email, language="vi")
    an.decides(number, "retry").ok()
    desk.advance("PT1H")
    ticket = an.ticket(number)
    assert (ticket["status"], ticket["cause"]) == ("needs_attention", "HolderFailed account: registered_again")
    assert desk.holdings(lan.account_id) == {"orders": 3, "files": 3}
    assert "some" in {line["found"] for line in ticket["ledger"]}


def test_a_new_owner_never_sees_the_old_one_s_tickets(desk: Desk) -> None:
    hoa, number, _ = closed_and_registered_again(desk)
    assert hoa.tickets() == []
    assert hoa.call("GET", f"/tickets/{number}").status == 404
    assert hoa.does(number, "replies", {"text": "x"}).status == 404
    own = hoa.asks_to_close()
    assert own != number
    assert hoa.tickets() == [own]
    assert desk.agent().erases_now(hoa, own)["status"] == "closed"
    assert hoa.call("GET", f"/tickets/{number}").status == 404
    assert hoa.tickets() == [own]


def test_who_closed_still_sees_the_ticket_while_nobody_lives_there(desk: Desk) -> None:
    lan = desk.customer()
    number = lan.asks_to_close()
    desk.agent().erases_now(lan, number)
    assert lan.tickets() == [number]
    assert lan.ticket(number)["status"] == "closed"
