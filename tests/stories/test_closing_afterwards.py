"""After the end: what reappears reopens the ticket, and in time only a tombstone is left."""

import json

import boto3

from infra.local.seeds import fill_holders
from tests.stories.people import QUESTION, Desk


def test_a_closed_account_whose_data_reappears_is_no_longer_called_closed(desk: Desk) -> None:
    lan, an = desk.customer(), desk.agent()
    number = lan.asks_to_close()
    assert an.erases_now(lan, number)["status"] == "closed"
    fill_holders(lan.account_id)
    desk.advance("P9D")
    reopened = an.ticket(number)
    assert (reopened["status"], reopened["cause"]) == ("needs_attention", "orders: some")
    assert lan.ticket(number)["status"] == "closing"
    assert number in [row["number"] for row in an.call("GET", "/desk/tickets?status=needs_attention").ok()["items"]]
    an.decides(number, "retry").ok()
    assert lan.ticket(number)["status"] == "closed"
    assert desk.holdings(lan.account_id) == {"orders": 0, "files": 0}


def test_an_account_record_that_a_restore_brought_back_is_frozen_and_erased_again(desk: Desk) -> None:
    lan, an = desk.customer(), desk.agent()
    table = boto3.resource("dynamodb").Table(desk.table("ACCOUNTS_TABLE"))
    record = table.get_item(Key={"account_id": lan.account_id})["Item"]
    number = lan.asks_to_close()
    an.erases_now(lan, number)
    table.put_item(Item=record)
    desk.advance("P9D")
    assert an.ticket(number)["cause"] == "account: some"
    an.decides(number, "retry").ok()
    assert lan.ticket(number)["status"] == "closed"
    assert lan.account().status == 404


def test_thirty_days_after_the_end_only_a_tombstone_is_left(desk: Desk) -> None:
    lan, an = desk.customer(name="Lê Thị Riêng Tư"), desk.agent()
    minh = desk.customer()
    question = minh.call("POST", "/tickets", QUESTION | {"content": "Bí mật."}, Idempotency_Key="k").ok(201)["number"]
    an.decides(question, "replies", text="Một bí mật nữa.").ok()
    an.decides(question, "resolve").ok()
    number = lan.asks_to_close(content="Tôi không hài lòng, xin xóa tài khoản.")
    an.decides(number, "notes", text="Khách giận.").ok()
    an.erases_now(lan, number)
    before = an.ticket(number)
    desk.advance("P31D")
    left = an.ticket(number)
    assert (left["status"], left["subject"], left["ended_at"]) == ("closed", None, before["ended_at"])
    assert {line["holder"] for line in left["ledger"]} == {line["holder"] for line in before["ledger"]}
    assert [each["what"] for each in left["timeline"]][:-1] == [each["what"] for each in before["timeline"]]
    assert all(each["text"] is None for each in left["timeline"])
    for of_whom in (number, question):
        kept = json.dumps(desk.items(of_whom), ensure_ascii=False)
        for personal in (lan.email, minh.email, "Riêng Tư", "hài lòng", "Khách giận", "bí mật", "Bí mật"):
            assert personal not in kept, (of_whom, personal)
    assert lan.tickets() == [number]
    again = minh.call("POST", "/tickets", QUESTION | {"content": "Bí mật."}, Idempotency_Key="k").ok(201)
    assert again["number"] != question
