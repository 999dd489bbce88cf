"""The example of a webhook holder (docs/examples) keeps the contract (docs/webhook-holder.openapi.yaml), and the desk
and it understand each other."""

import base64
import json
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from chalicelib import clock, hooks
from chalicelib.closure.holders import Refused
from chalicelib.closure.holders.webhook import Found, WebhookHolder
from chalicelib.closure.ledger import Look
from chalicelib.reading import WrongFields, json_body
from chalicelib.tickets.ticket import AccountRef
from docs.examples.webhook_holder import TOLERANCE_S, Doorkeeper, Notes, server
from docs.examples.webhook_holder import WebhookHolder as Example
from infra.template import PROJECT, read_yaml
from tests.closure.company import KEY, LAN, SECRET, Certificates, never

CONTRACT = read_yaml(PROJECT / "docs" / "webhook-holder.openapi.yaml")
OTHER_SECRET = "whsec_" + base64.b64encode(b"x" * 32).decode()
NEXT_LAN = AccountRef(account_id=LAN.account_id, generation=LAN.generation + 1)


def now() -> float:
    return clock.now().timestamp()


@contextmanager
def example(certified: Certificates, *secrets: str) -> Iterator[tuple[WebhookHolder, Notes]]:
    """The desk's holder, and the notes in the example's system, which really serves."""
    notes = Notes()
    serving = server(Example(Doorkeeper(*secrets, now=now), notes), ("127.0.0.1", 0), certified.context())
    thread = Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield WebhookHolder(url=f"https://localhost:{serving.server_port}/", key=KEY), notes
    finally:
        serving.shutdown()
        serving.server_close()
        thread.join()


@pytest.fixture
def crm(surroundings: None, certified: Certificates) -> Iterator[tuple[WebhookHolder, Notes]]:
    with example(certified, SECRET) as both:
        yield both


def test_what_lies_there_is_counted_erased_and_gone(crm: tuple[WebhookHolder, Notes]) -> None:
    holder, notes = crm
    notes.write(LAN.account_id, LAN.generation, "called twice")
    notes.write(LAN.account_id, LAN.generation, "likes tea")
    assert holder.look(LAN) == Look(found="some", count=2)
    for _ in range(2):
        holder.erase(LAN, enough=never)
    assert holder.look(LAN) == Look(found="nothing")


def test_the_notes_of_who_registered_the_id_again_stay(crm: tuple[WebhookHolder, Notes]) -> None:
    holder, notes = crm
    notes.write(NEXT_LAN.account_id, NEXT_LAN.generation, "new here")
    holder.erase(LAN, enough=never)
    assert holder.look(NEXT_LAN) == Look(found="some", count=1)


def test_a_call_that_is_signed_with_another_key_is_refused(surroundings: None, certified: Certificates) -> None:
    with example(certified, OTHER_SECRET) as (holder, notes):
        notes.write(LAN.account_id, LAN.generation, "still here")
        with pytest.raises(Refused, match="http_401"):
            holder.erase(LAN, enough=never)
        assert notes.count(LAN.account_id, LAN.generation) == 1


def test_while_the_key_is_changed_either_one_is_taken(surroundings: None, certified: Certificates) -> None:
    with example(certified, OTHER_SECRET, SECRET) as (holder, _):
        assert holder.look(LAN) == Look(found="nothing")


# ── the doorkeeper alone ─────────────────────────────────────────────────────────────────────────────────────

BODY = b'{"action":"erase","account_id":"acc-lan","generation":1700000000000}'


def headers(*, at_s: int | None = None, message_id: str = "msg_1", body: bytes = BODY) -> dict[str, str]:
    keys = hooks.keys_in(SECRET)
    return hooks.signed(body, keys, message_id=message_id, at_s=int(now()) if at_s is None else at_s)


def status(sent: dict[str, str], body: bytes = BODY, *, door: Doorkeeper | None = None) -> int:
    return Example(door or Doorkeeper(SECRET, now=now), Notes()).answer(sent, body)[0]


def test_a_signed_call_is_let_in_once() -> None:
    door = Doorkeeper(SECRET, now=now)
    assert [status(headers(), door=door) for _ in range(2)] == [200, 401]


@pytest.mark.parametrize("age", [TOLERANCE_S + 60, -TOLERANCE_S - 60])
def test_an_old_call_or_one_from_the_future_is_not_let_in(age: int) -> None:
    assert status(headers(at_s=int(now()) - age)) == 401


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
@pytest.mark.parametrize("value", ["", "x", "v1,", "v1,é"])
def test_a_call_with_a_header_that_was_changed_is_not_let_in(name: str, value: str) -> None:
    assert status(headers() | {name: value}) == 401


def test_a_call_whose_body_was_changed_is_not_let_in() -> None:
    assert status(headers(), BODY.replace(b"acc-lan", b"acc-minh")) == 401


# ── the contract ─────────────────────────────────────────────────────────────────────────────────────────────


def schema(name: str) -> Any:
    return Draft202012Validator(
        CONTRACT["components"]["schemas"][name], format_checker=Draft202012Validator.FORMAT_CHECKER
    )


def test_the_contract_is_valid_openapi() -> None:
    validate(CONTRACT)


def test_what_the_desk_sends_and_the_example_answers_are_as_the_contract_has_them() -> None:
    schema("Call").validate(json.loads(BODY))
    notes = Notes()
    notes.write(LAN.account_id, LAN.generation, "one")
    there = Example(Doorkeeper(SECRET, now=now), notes)
    for nth, account_id in enumerate(("acc-lan", "acc-minh")):
        body = BODY.replace(b"erase", b"look").replace(b"acc-lan", account_id.encode())
        _, said = there.answer(headers(message_id=f"msg_{nth}", body=body), body)
        schema("Found").validate(said)


@pytest.mark.parametrize(
    ("said", "is_whole"),
    [
        ({"found": "nothing"}, True),
        ({"found": "some", "count": 2, "detail": "open orders"}, True),
        ({"found": "kept", "basis": "Tax Act", "until": "2090-01-01T00:00:00Z"}, True),
        ({"found": "cannot_tell", "detail": "replica_down"}, True),
        ({"found": "kept", "basis": "Luật kế toán"}, True),
        ({"found": "kept", "basis": unicodedata.normalize("NFD", "Luật kế toán")}, True),
        ({"found": "kept", "basis": "आयकर अधिनियम"}, True),
        ({"found": "cannot_tell", "detail": "\u202eabc"}, False),
        ({"found": "cannot_tell", "detail": "lan＠khach"}, False),
        ({}, False),
        ({"found": "gone"}, False),
        ({"found": "nothing", "count": 1}, False),
        ({"found": "nothing", "basis": "Tax Act"}, False),
        ({"found": "some", "count": 0}, False),
        ({"found": "kept"}, False),
        ({"found": "kept", "basis": "Tax Act, and others"}, False),
        ({"found": "cannot_tell", "detail": "lan@khach.example"}, False),
        ({"found": "nothing", "ok": True}, False),
    ],
)  # fmt: skip
def test_the_contract_and_the_desk_take_the_same_answers(said: dict[str, Any], is_whole: bool) -> None:
    def is_taken() -> bool:
        try:
            json_body(json.dumps(said).encode(), Found)
        except WrongFields:
            return False
        return True

    assert schema("Found").is_valid(said) is is_whole
    assert is_taken() is is_whole
