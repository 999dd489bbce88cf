"""Cursors: where a list goes on, and that nobody makes one up."""

import base64
import json
import re
from collections.abc import Iterator

import pytest

from chalicelib.cursors import PATTERN, cursor_for, key_of
from chalicelib.problems import BadInput
from tests.environment import keep_keys, of_a_desk

KEY = {"pk": {"S": "ticket#SO-7K3M9Q"}, "sk": {"S": "ticket"}, "agenda": {"S": "open#1"}}


@pytest.fixture(autouse=True)
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with of_a_desk(monkeypatch):
        yield


def refused(cursor: str, *, of: str = "") -> bool:
    with pytest.raises(BadInput) as told:
        key_of(cursor, of=of)
    return [name for name, _ in told.value.fields] == ["cursor"]


def test_a_cursor_leads_back_to_its_key() -> None:
    assert key_of(cursor_for(KEY, of="acct-1"), of="acct-1") == KEY


def test_a_cursor_fits_into_a_query_as_it_is() -> None:
    assert not set(cursor_for({"text": "ÿ~?>" * 9})) - set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
    )


def test_a_changed_cursor_is_refused() -> None:
    payload, _, mac = cursor_for(KEY).partition(".")
    other = base64.urlsafe_b64encode(json.dumps({"pk": {"S": "ticket#OTHER"}}).encode()).decode().rstrip("=")
    for made_up in (f"{other}.{mac}", f"{payload}.{'a' * len(mac)}", payload, f"{payload}.", "", ".", "é", "a" * 9999):
        assert refused(made_up)


def test_a_cursor_of_another_list_is_refused() -> None:
    assert refused(cursor_for(KEY, of="acct-1"), of="acct-2")


def test_a_cursor_outlives_a_new_key() -> None:
    cursor = cursor_for(KEY)
    keep_keys("k1", "k2")
    assert key_of(cursor) == KEY
    keep_keys("k2")
    assert refused(cursor)


def test_a_cursor_looks_as_the_description_says() -> None:
    assert re.fullmatch(PATTERN, cursor_for(KEY, of="acct-1"))
    assert re.fullmatch(PATTERN, cursor_for({"text": "ÿ~?>" * 9}))
