"""A tracking link in the wrong hands, and fields that are nobody's to set."""

from typing import Any

import pytest

from tests.stories.letters import link_in, new_customer
from tests.stories.people import CLOSURE, Desk


def test_who_steals_a_link_learns_nothing_personal(desk: Desk) -> None:
    john = new_customer(desk)
    number = john.asks_to_close(content="My telephone is 0901 234 567.")
    desk.agent().approves(number)
    for mail in john.mails():
        page = desk.page(link_in(mail)).raw.decode()
        assert number in page
        for personal in (john.email, john.email.partition("@")[0], "Carter", john.account_id, "0901 234 567"):
            assert personal not in page


@pytest.mark.parametrize("slipped", [
    {"status": "closed"}, {"proof": "sign_in"}, {"number": "SO-AAAAAA"}, {"way_in": "portal"}, {"version": 7},
    {"account": {"account_id": "acc-0001", "generation": 1}}, {"closes_at": "2026-01-01T00:00:00Z"}, {"__class__": "x"},
])  # fmt: skip
def test_no_call_takes_a_field_that_is_not_the_caller_s_to_set(desk: Desk, slipped: dict[str, Any]) -> None:
    john = new_customer(desk)
    assert john.call("POST", "/tickets", CLOSURE | slipped).status == 400
    assert john.tickets() == []
    registered = {"email": john.email, "name": "John Carter", "country": "IE", "language": "en"}
    assert desk.system("PUT", f"/accounts/{john.account_id}", registered | slipped).status == 400
