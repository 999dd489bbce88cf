"""The door: who may call, by which ids, and that calls keep apart."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chalice.test import Client

from chalicelib.calls import CUSTOMER, Answer, Call, Calls
from chalicelib.signin import Person
from tests.bar import ROLES, TEA, Door, Order, a_bar, served, wrong_fields
from tests.issuing import Issuer


@pytest.fixture
def door() -> Iterator[Door]:
    issuer = Issuer()
    with Client(served(a_bar(issuer))) as client:
        yield Door(client, issuer)


def test_a_good_call_is_answered_in_json(door: Door) -> None:
    answered = door.send("POST", "/orders", {**TEA, "at": "2026-11-22T17:00:00+07:00"})
    assert answered.status_code == 201
    assert answered.json_body == {**TEA, "at": "2026-11-22T10:00:00.000Z"}
    assert answered.headers["Location"] == "/orders/1"
    assert answered.headers["Content-Type"] == "application/json"


def test_every_answer_carries_a_request_id_and_the_safety_headers(door: Door) -> None:
    for answered in (door.send("GET", "/orders"), door.send("PATCH", "/orders"), door.send("POST", "/orders", b"?")):
        assert answered.headers["X-Request-Id"]
        assert answered.headers["X-Content-Type-Options"] == "nosniff"
        assert answered.headers["Cache-Control"] == "no-store"


def test_the_request_id_is_the_one_in_the_problem(door: Door) -> None:
    answered = door.send("POST", "/orders", {})
    assert answered.json_body["request_id"] == answered.headers["X-Request-Id"]


@pytest.mark.parametrize(
    ("claims", "may"),
    [
        ({"account_id": "acct-1"}, {"customer"}),
        ({"groups": ["desk-agent"]}, {"agent"}),
        ({"groups": ["desk-admin"]}, {"agent", "admin"}),
        ({"scope": "accounts:write"}, {"accounts"}),
        ({"scope": "tickets:write"}, {"tickets"}),
        ({}, set()),
    ],
)
def test_each_role_may_call_what_is_its_own(door: Door, claims: dict[str, Any], may: set[str]) -> None:
    answered = {each: door.send("GET", f"/only/{each}", token=claims).status_code for each in ROLES}
    assert answered == {each: 204 if each in may else 403 for each in ROLES}


def test_either_of_two_roles_is_enough(door: Door) -> None:
    for claims in ({"account_id": "acct-1"}, {"scope": "tickets:write"}):
        assert door.send("DELETE", "/orders/1", token=claims).status_code == 204
    assert door.send("DELETE", "/orders/1", token={"groups": ["desk-admin"]}).status_code == 403


def test_without_a_token_the_answer_asks_for_one(door: Door) -> None:
    answered = door.send("DELETE", "/orders/1")
    assert (answered.status_code, answered.json_body["code"]) == (401, "not_signed_in")
    assert answered.headers["WWW-Authenticate"] == "Bearer"


def test_with_a_token_that_does_not_hold_the_answer_says_so(door: Door) -> None:
    answered = door.send("DELETE", "/orders/1", Authorization="Bearer forged")
    assert answered.status_code == 401
    assert answered.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_who_calls_comes_before_what_they_send(door: Door) -> None:
    for body in (b"no json", {"x": 1}):
        assert door.send("PUT", "/orders/O-1", body).status_code == 401
        assert door.send("PUT", "/orders/O-1", body, token={}).status_code == 403
    assert door.send("PUT", "/orders/O-1", b"x", Content_Type="image/png").status_code == 401
    assert door.send("PUT", "/orders/nonsense", token={}).status_code == 403


def test_a_call_for_anyone_knows_who_calls_if_they_say_so(door: Door) -> None:
    assert door.send("GET", "/me").json_body["sub"] is None
    assert door.send("GET", "/me", token={"sub": "an"}).json_body["sub"] == "an"
    assert door.send("GET", "/me", Authorization="Bearer forged").status_code == 401


def test_a_customer_acts_for_their_own_account(door: Door) -> None:
    answered = door.send("PUT", "/orders/O-1", TEA, token={"account_id": "acct-7"})
    assert answered.json_body == {"account": "acct-7"}


def test_two_calls_at_once_do_not_see_each_other() -> None:
    issuer = Issuer()
    both_inside = threading.Barrier(2, timeout=10)
    sign_in = issuer.sign_in()

    def person(headers: Any) -> Person:
        found = sign_in.person(headers.get("authorization"))
        both_inside.wait()
        return found

    calls = Calls("bar.orders.api", signed_in=person)

    @calls.post("/mine", who=CUSTOMER, answers={200: None}, says="Mine", takes=Order)
    def mine(call: Call[Order]) -> Answer:
        return Answer(200, {"account": call.account_id, "note": call.given.note, "agent": call.headers["user-agent"]})

    app = served(calls)
    got: dict[str, Any] = {}

    def ask(account: str) -> None:
        with Client(app) as client:
            door = Door(client, issuer)
            order = {"what": "tea", "note": account}
            answered = door.send("POST", "/mine", order, token={"account_id": account}, User_Agent=account)
            got[account] = answered.json_body

    threads = [threading.Thread(target=ask, args=(account,)) for account in ("a", "b")]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert got == {each: {"account": each, "note": each, "agent": each} for each in ("a", "b")}


def test_an_id_is_the_same_whether_or_not_the_gateway_decoded_it(door: Door) -> None:
    assert door.send("GET", "/orders/O-12").json_body == {"id": "O-12"}
    assert door.send("GET", "/orders/%4F-1%32").json_body == {"id": "O-12"}


@pytest.mark.parametrize("other", ["12", "O-", "O-1%0A", "O-1%2F2", "O-%ff", "o-1", "%2e%2e"])
def test_an_id_that_can_be_none_is_not_found(door: Door, other: str) -> None:
    answered = door.send("GET", f"/orders/{other}")
    assert (answered.status_code, answered.json_body["code"]) == (404, "not_found")


def test_an_idempotency_key_is_read_and_checked(door: Door) -> None:
    assert door.send("POST", "/key").json_body == {"key": None}
    assert door.send("POST", "/key", Idempotency_Key="k-1").json_body == {"key": "k-1"}
    for impossible in ("", "a b", "é", "x" * 256):
        assert wrong_fields(door.send("POST", "/key", Idempotency_Key=impossible)).keys() == {"Idempotency-Key"}


def test_the_door_opens_without_loading_what_a_call_may_not_need() -> None:
    heavy = ("boto3", "botocore", "cryptography", "joserfc", "jinja2", "pynamodb", "urllib.request")
    program = f"import sys, chalicelib.calls; print([each for each in {heavy} if each in sys.modules])"
    root = Path(__file__).parents[1]
    said = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
