"""What may be sent: every wrong field is told at once, and nothing that can't be kept comes in."""

import json
from collections.abc import Iterator

import pytest
from chalice.test import Client

from tests.bar import TEA, Door, a_bar, served, wrong_fields
from tests.issuing import Issuer


@pytest.fixture
def door() -> Iterator[Door]:
    issuer = Issuer()
    with Client(served(a_bar(issuer))) as client:
        yield Door(client, issuer)


def test_every_wrong_field_is_told_in_one_answer(door: Door) -> None:
    body = {"what": "milk", "cups": "3", "colour": "red", "tags": ["ok", 1], "at": "2026-11-22T10:00:00"}
    assert wrong_fields(door.send("POST", "/orders", body)) == {
        "what": "This must be one of: coffee, tea.",
        "note": "This field is required.",
        "cups": "This must be a whole number.",
        "colour": "There is no such field.",
        "tags.1": "This must be text.",
        "at": "This must be a time with its zone, such as 2026-11-22T10:00:00Z.",
    }


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"note": ""}, "This must not be empty."),
        ({"note": " \u00a0"}, "This must not be empty."),
        ({"note": "x" * 21}, "This must have at most 20 characters."),
        ({"note": "one\r\nBcc: two"}, "This must be one line of text."),
        ({"note": None}, "This must be text."),
        ({"cups": 0}, "This must be at least 1."),
        ({"cups": 10}, "This must be at most 9."),
        ({"cups": 1.5}, "This must be a whole number."),
        ({"cups": True}, "This must be a whole number."),
        ({"tags": "x"}, "This must be a list."),
        ({"at": 1}, "This must be a time with its zone, such as 2026-11-22T10:00:00Z."),
        ({"at": "9999-12-31T23:59:59-01:00"}, "This must be a time with its zone, such as 2026-11-22T10:00:00Z."),
        ({"at": "0001-01-01T00:00:00+01:00"}, "This must be a time with its zone, such as 2026-11-22T10:00:00Z."),
    ],
)
def test_a_wrong_field_is_told_in_a_sentence(door: Door, change: dict[str, object], problem: str) -> None:
    assert wrong_fields(door.send("POST", "/orders", TEA | change)) == dict.fromkeys(change, problem)


@pytest.mark.parametrize("unfit", ["\\u0000", "\\ud800", "\\udc00x", "\\u001b", "\\u007f", "\\u0085", "\\uffff"])
def test_text_that_cannot_be_stored_is_refused_wherever_it_stands(door: Door, unfit: str) -> None:
    body = f'{{"what": "tea", "note": "a{unfit}b", "tags": ["ok", "{unfit}"]}}'.encode()
    problem = "This holds a character that can't be stored, such as a control character."
    assert wrong_fields(door.send("POST", "/orders", body)) == {"note": problem, "tags.1": problem}


def test_letters_beyond_the_first_plane_are_text(door: Door) -> None:
    assert door.send("POST", "/orders", b'{"what": "tea", "note": "\\ud83c\\udf75 tr\xc3\xa0"}').status_code == 201


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"tea", "The body is not JSON."),
        (b'{"what": "tea",}', "The body is not JSON."),
        (b'{"cups": NaN}', "The body is not JSON."),
        (b'{"cups": ' + b"9" * 5000 + b"}", "The body is not JSON."),
        (b"\xef\xbb\xbf{}", "The body is not JSON."),
        (b'{"note": "\xe9"}', "The body is not UTF-8 text."),
        (b'{"note": "\xed\xa0\x80"}', "The body is not UTF-8 text."),
        (b"[]", "The body must be a JSON object."),
        (b'"tea"', "The body must be a JSON object."),
        (b"null", "The body must be a JSON object."),
        (b'{"a":' * 30 + b"1" + b"}" * 30, "The body is nested too deeply."),
        (b"[" * 100_000, "The body is nested too deeply."),
    ],
)
def test_a_body_that_is_no_json_object_is_told_as_such(door: Door, body: bytes, problem: str) -> None:
    assert wrong_fields(door.send("POST", "/orders", body)) == {"": problem}


def test_of_two_fields_of_one_name_neither_is_believed(door: Door) -> None:
    told = wrong_fields(door.send("POST", "/orders", b'{"what": "tea", "note": "x", "note": "y"}'))
    assert told == {"note": "This field is given more than once."}


def test_a_body_of_256_kib_is_read_and_a_larger_one_is_not(door: Door) -> None:
    room = 256 * 1024 - len(json.dumps({"x": ""}))
    assert door.send("POST", "/orders", {"x": "a" * room}).status_code == 400
    answered = door.send("POST", "/orders", {"x": "a" * (room + 1)})
    assert (answered.status_code, answered.json_body["code"]) == (413, "too_large")


def test_a_body_of_another_type_is_refused(door: Door) -> None:
    for other in ("application/x-www-form-urlencoded", "text/plain", "image/png"):
        answered = door.send("POST", "/orders", TEA, Content_Type=other)
        assert (answered.status_code, answered.json_body["code"]) == (415, "unsupported_media_type")
    assert door.send("POST", "/orders", TEA, Content_Type="Application/JSON; charset=utf-8").status_code == 201


def test_an_empty_body_misses_what_is_required(door: Door) -> None:
    assert wrong_fields(door.send("POST", "/orders")).keys() == {"what", "note"}


def test_a_call_that_takes_nothing_refuses_fields(door: Door) -> None:
    assert wrong_fields(door.send("POST", "/key", {"x": 1})) == {"x": "There is no such field."}
    assert wrong_fields(door.send("POST", "/key?y=1")) == {"y": "There is no such field."}
    assert door.send("POST", "/key", {}).status_code == door.send("POST", "/key").status_code == 200


def test_a_refusal_is_no_larger_than_what_was_refused(door: Door) -> None:
    """Lambda hands on 6 MB; a sentence for each of a hundred thousand entries would be more."""
    for body in (
        {**TEA, "tags": [0] * 60_000},
        {**TEA, "tags": ["\x7f"] * 20_000},
        {f"x{nth}": 0 for nth in range(20_000)},
    ):
        answered = door.send("POST", "/orders", body)
        assert answered.status_code == 400
        assert len(answered.json_body["fields"]) == 100


def test_a_field_s_name_comes_back_bounded_and_clean(door: Door) -> None:
    (name,) = wrong_fields(door.send("POST", "/orders", {**TEA, "x\u0000" + "y" * 9000: 1}))
    assert name == "x?" + "y" * 98


def test_the_query_is_read_as_what_it_stands_for(door: Door) -> None:
    assert door.send("GET", "/orders?limit=20&what=tea").json_body == {"limit": 20, "what": "tea"}
    assert door.send("GET", "/orders").json_body == {"limit": 50, "what": None}


@pytest.mark.parametrize(
    ("query", "name", "problem"),
    [
        ("limit=0", "limit", "This must be at least 1."),
        ("limit=101", "limit", "This must be at most 100."),
        ("limit=ten", "limit", "This must be a whole number."),
        ("limit=1&limit=2", "limit", "This field is given more than once."),
        ("what=milk", "what", "This must be one of: coffee, tea."),
        ("colour=red", "colour", "There is no such field."),
        ("cursor=%00", "cursor", "This holds a character that can't be stored, such as a control character."),
    ],
)
def test_a_wrong_query_is_told_in_a_sentence(door: Door, query: str, name: str, problem: str) -> None:
    assert wrong_fields(door.send("GET", f"/orders?{query}")) == {name: problem}
