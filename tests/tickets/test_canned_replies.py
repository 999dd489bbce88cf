"""Which prepared answers are taken."""

import json
from typing import Any

import pytest

from chalicelib.problems import TooLarge
from chalicelib.reading import WrongFields, json_body
from chalicelib.tickets.canned_replies_api import CannedReplies
from chalicelib.tickets.store import canned

ONE = {"key": "ask_for_invoice", "vi": "Xin gửi số hóa đơn.\nCảm ơn bạn.", "en": "Please send the invoice's number."}


def wrong(*replies: Any, version: Any = 0) -> list[str]:
    """The fields that are refused."""
    body = json.dumps({"expected_version": version, "replies": replies}).encode()
    try:
        json_body(body, CannedReplies)
    except WrongFields as error:
        return [each.name for each in error.wrong]
    return []


def test_answers_of_several_lines_in_both_languages_are_taken_and_so_are_none() -> None:
    assert wrong(ONE, ONE | {"key": "thanks"}) == []
    assert wrong() == []


@pytest.mark.parametrize(
    ("changed", "name"),
    [({"vi": ""}, "vi"), ({"en": " \n"}, "en"), ({"en": "x" * 4001}, "en"), ({"key": "Ask first"}, "key"),
     ({"key": "x" * 41}, "key"), ({"fr": "Merci"}, "fr"), ({"en": None}, "en"), ({"vi": "a\x00"}, "vi")],
)  # fmt: skip
def test_an_answer_that_is_not_whole_is_refused_by_the_name_of_its_field(changed: dict[str, Any], name: str) -> None:
    assert wrong(ONE | changed) == [f"replies.0.{name}"]


def test_a_key_stands_once_and_a_hundred_answers_are_enough() -> None:
    assert wrong(ONE, ONE) == ["replies"]
    assert wrong(*(ONE | {"key": f"k{nth}"} for nth in range(100))) == []
    assert wrong(*(ONE | {"key": f"k{nth}"} for nth in range(101))) == ["replies"]


def test_it_must_be_said_which_version_is_replaced() -> None:
    assert wrong(ONE, version=-1) == wrong(ONE, version="1") == ["expected_version"]


def test_more_than_one_request_may_hold_is_not_kept_however_it_came() -> None:
    many = [{"key": f"k{nth}", "vi": "ạ" * 4_000, "en": "ạ" * 4_000} for nth in range(11)]
    with pytest.raises(TooLarge):
        canned.replace(many, expected_version=0)
