"""Somebody asks later whether they were deleted: answered from a keyed hash, and only to the address on file then."""

import base64
import json
from collections.abc import Callable

import boto3

from chalicelib.keys import keyring
from infra.local.seeds import fill_holders
from tests.stories.letters import ALONE, Mailbox, mailbox_of, new_customer, stranger
from tests.stories.people import Customer, Desk

ASKS = "A year ago I had an account with you. Did you delete me?"


def closed(desk: Desk) -> tuple[Customer, str]:
    john = new_customer(desk)
    number = john.asks_to_close()
    assert desk.agent().erases_now(john, number)["status"] == "closed"
    return john, number


def asks(desk: Desk, mailbox: Mailbox, **how: str) -> str:
    """The number of the ticket that the question made."""
    before = set(mailbox.tickets())
    mailbox.writes(ASKS, subject="Did you delete me?", how=dict(how))
    (number,) = set(mailbox.tickets()) - before
    return number


def closed_before(desk: Desk, number: str) -> list[str]:
    return [each["number"] for each in desk.agent().ticket(number)["closed_before"]]


def test_who_asks_from_the_address_that_was_on_file_is_known_again_when_only_a_tombstone_is_left(
    desk_with: Callable[..., Desk],
) -> None:
    desk = desk_with(**ALONE)
    john, number = closed(desk)
    closed_at = desk.agent().ticket(number)["ended_at"]
    desk.advance("P31D")
    mailbox = mailbox_of(desk, john)
    assert mailbox.tickets() == [number]  # an agent's search by the address, too
    question = asks(desk, mailbox)
    assert desk.agent().ticket(question)["closed_before"] == [{"number": number, "closed_at": closed_at}]
    assert john.email not in json.dumps(desk.items(number))


def test_nobody_else_is_told_and_no_sender_who_may_be_forged(desk: Desk) -> None:
    john, number = closed(desk)
    mailbox = mailbox_of(desk, john)
    assert closed_before(desk, asks(desk, stranger(desk))) == []
    assert closed_before(desk, asks(desk, mailbox, dmarc="GRAY")) == []
    assert closed_before(desk, asks(desk, mailbox, dmarc="FAIL")) == []
    assert closed_before(desk, asks(desk, mailbox)) == [number]


def test_a_customer_is_shown_nothing_of_it(desk: Desk) -> None:
    john, _ = closed(desk)
    desk.register(john.account_id, email=john.email, language="en")
    assert "closed_before" not in john.ticket(john.asks_to_close())


def test_a_closure_that_was_opened_again_is_not_called_closed(desk: Desk) -> None:
    john, number = closed(desk)
    question = asks(desk, mailbox_of(desk, john))
    assert closed_before(desk, question) == [number]
    fill_holders(john.account_id)
    desk.advance("P2D")
    assert desk.agent().ticket(number)["status"] == "needs_attention"
    assert closed_before(desk, question) == []


def test_dropping_the_key_forgets_even_that(desk: Desk) -> None:
    john, number = closed(desk)
    mailbox = mailbox_of(desk, john)
    assert mailbox.tickets() == [number]
    ssm, name = boto3.client("ssm"), desk.table("KEYS_PARAMETER")
    before = ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
    fresh = json.dumps({"now": "k2", "keys": {"k2": base64.b64encode(bytes(32)).decode()}})
    try:
        ssm.put_parameter(Name=name, Value=fresh, Type="SecureString", Overwrite=True)
        keyring.cache_clear()
        assert mailbox.tickets() == []
    finally:
        ssm.put_parameter(Name=name, Value=before, Type="SecureString", Overwrite=True)
        keyring.cache_clear()
