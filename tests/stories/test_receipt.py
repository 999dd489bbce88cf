"""The receipt, as each of its readers gets it from the desk over HTTP, and checks it without the desk."""

import base64
import json
import os
from datetime import datetime, timedelta

import boto3

from chalicelib.closure import signing
from chalicelib.closure.verify_receipt import GENUINE, verdict
from tests.stories.people import Agent, Answer, Customer, Desk, link_in


def closed(desk: Desk, lan: Customer) -> str:
    number = lan.asks_to_close()
    desk.agent().erases_now(lan, number)
    assert lan.ticket(number)["status"] == "closed"
    return number


def for_agents(agent: Agent, number: str) -> Answer:
    return agent.desk.call("GET", f"/desk/tickets/{number}/receipt", token=agent.token())


def test_customer_agent_and_link_get_the_same_bytes_and_the_published_keys_check_them(desk: Desk) -> None:
    lan = desk.customer()
    token = lan.token()
    number = closed(desk, lan)
    mine = desk.call("GET", f"/tickets/{number}/receipt", token=token)
    link = link_in(lan.mails()[-1])
    by_link = desk.page(f"{link}/receipt")
    said = mine.ok()
    assert mine.raw == by_link.raw == for_agents(desk.agent(), number).raw
    assert mine.headers["Content-Disposition"] == f'attachment; filename="{number}-receipt.json"'
    assert [each["holder"] for each in said["holders"]] == ["account", "files", "orders"]
    assert {each["found"] for each in said["holders"]} == {"nothing"}
    assert said["account"]["id"] == lan.account_id
    keys = desk.call("GET", "/receipt-keys")
    assert verdict(mine.raw, keys.raw).exits == GENUINE
    # The file that was sent is, byte for byte, the canonical form.
    assert json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() == mine.raw


def test_the_receipt_is_the_same_a_month_later_when_the_ticket_has_been_shrunk(desk: Desk) -> None:
    lan = desk.customer()
    number = closed(desk, lan)
    before = for_agents(desk.agent(), number)
    desk.advance("P31D")
    assert desk.agent().ticket(number)["subject"] is None
    assert for_agents(desk.agent(), number).raw == before.raw


def test_everything_of_a_shrunk_ticket_goes_with_its_tombstone_after_two_years(desk: Desk) -> None:
    lan = desk.customer()
    number = closed(desk, lan)
    ended_at = datetime.fromisoformat(desk.agent().ticket(number)["ended_at"])
    desk.advance("P31D")
    goes_at = {int(item["expires"]["N"]) for item in desk.items(number)}
    assert goes_at == {int((ended_at + timedelta(days=730)).timestamp())}


def test_before_the_ticket_is_closed_there_is_no_receipt_for_anybody_nor_a_link_to_one(desk: Desk) -> None:
    lan = desk.customer()
    number = lan.asks_to_close()
    link = link_in(lan.mails()[-1])
    assert lan.call("GET", f"/tickets/{number}/receipt").status == 404
    assert for_agents(desk.agent(), number).status == 404
    assert desk.page(f"{link}/receipt").status == 404
    assert b"/receipt" not in desk.page(link).raw
    desk.agent().erases_now(lan, number)
    assert f'href="{link}/receipt"'.encode() in desk.page(link).raw


def test_a_receipt_is_nobody_elses_business(desk: Desk) -> None:
    lan, minh = desk.customer(), desk.customer()
    number = closed(desk, lan)
    assert minh.call("GET", f"/tickets/{number}/receipt").status == 404
    assert desk.call("GET", f"/tickets/{number}/receipt").status == 401
    assert desk.call("GET", f"/desk/tickets/{number}/receipt", token=minh.token()).status == 403
    assert desk.page(f"/track/{number.lower()}.aaaaaaaaaaaaaaaaaaaaaaaaaa/receipt").status == 404


def test_who_registered_the_same_account_id_again_sees_no_receipt_of_the_one_before(desk: Desk) -> None:
    lan = desk.customer()
    number = closed(desk, lan)
    desk.register(lan.account_id, email="another@khach.example")
    assert lan.call("GET", f"/tickets/{number}/receipt").status == 404


def test_a_receipt_from_before_the_key_was_changed_is_checked_by_the_keys_that_are_published_now(desk: Desk) -> None:
    lan = desk.customer()
    number = closed(desk, lan)
    before = for_agents(desk.agent(), number)
    _change_key()
    keys, after = desk.call("GET", "/receipt-keys"), for_agents(desk.agent(), number)
    assert before.ok()["key"] != after.ok()["key"] == keys.ok()["keys"][0]["kid"]
    assert verdict(before.raw, keys.raw).exits == verdict(after.raw, keys.raw).exits == GENUINE


def _change_key() -> None:
    """As docs/receipt.md has it: one more key, and `now` names it; then a new process."""
    parameters = boto3.client("ssm")
    name = os.environ["RECEIPT_KEYS_PARAMETER"]
    held = json.loads(parameters.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])
    held["keys"]["next"] = base64.b64encode(b"n" * 32).decode()
    value = json.dumps(held | {"now": "next"})
    parameters.put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)
    signing.receipt_keys.cache_clear()
