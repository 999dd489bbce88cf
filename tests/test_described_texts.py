"""What the description says of texts and versions is what the desk takes: no program is misled by it."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib import openapi
from chalicelib.calls import ANYONE, Answer, Calls
from chalicelib.reading import Filled, FilledLine, Input, Line, Version, WrongFields, json_body

BEYOND_ASCII = "\u0085\u00a0\u1680\u2028\u2029\u3000\ufeff\ufffe\uffff\U0001f600ỗ"
texts = st.text(st.sampled_from([*map(chr, range(0x21)), "a", "\x7f", "\x80", *BEYOND_ASCII]), max_size=4)
quickly = settings(derandomize=True, max_examples=150, deadline=None, database=None)


class OneLine(Input, frozen=True, kw_only=True):
    text: Line


class AnyWords(Input, frozen=True, kw_only=True):
    text: Filled


class OneFilledLine(Input, frozen=True, kw_only=True):
    text: FilledLine


class Seen(Input, frozen=True, kw_only=True):
    version: Version


def is_taken(model: type[Input], **fields: Any) -> bool:
    try:
        json_body(json.dumps(fields, ensure_ascii=False).encode(), model)
    except WrongFields:
        return False
    return True


def described(model: type[Input]) -> Any:
    """The fields of a body, as the API tells of them."""
    calls = Calls("house.api")
    calls.post("/things", who=ANYONE, takes=model, answers={204: None}, says="Take it")(lambda _: Answer(204))
    return openapi.document(calls.described)["components"]["schemas"][model.__name__]["properties"]


def is_described(model: type[Input]) -> Callable[[str], bool]:
    # Between ^ and $: in Python, $ would let a line end pass.
    pattern = re.compile(described(model)["text"]["pattern"][1:-1])
    return lambda text: pattern.fullmatch(text) is not None


@pytest.mark.parametrize("model", [OneLine, AnyWords, OneFilledLine])
def test_a_text_is_described_if_and_only_if_the_desk_takes_it(model: type[Input]) -> None:
    known = is_described(model)

    @quickly
    @example("")
    @example(" a\n")
    @given(texts)
    def check(text: str) -> None:
        assert known(text) == is_taken(model, text=text)

    check()


@pytest.mark.parametrize("model", [OneLine, AnyWords, OneFilledLine])
def test_every_character_is_described_as_it_is_taken(model: type[Input]) -> None:
    known = is_described(model)
    characters = [chr(each) for each in range(0x10000) if not 0xD800 <= each < 0xE000]
    good = [each for each in characters if known(each)]
    assert is_taken(model, text="a" + "".join(good))
    assert not any(is_taken(model, text=each) for each in characters if not known(each))


def test_a_version_that_was_written_as_3_0_is_3() -> None:
    assert is_taken(Seen, version=3.0)
    assert not is_taken(Seen, version=3.5)


def test_a_version_is_at_most_what_a_database_can_hold() -> None:
    told = described(Seen)["version"]
    assert (told["minimum"], told["maximum"]) == (1, 2**53 - 1)
    assert is_taken(Seen, version=2**53 - 1)
    assert not is_taken(Seen, version=2**53)
    assert not is_taken(Seen, version=1e300)
