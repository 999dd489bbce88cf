"""The typed code, read however people write it."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.keys import CODE_DIGITS, CODE_LETTERS
from chalicelib.proof.code import folded_code

CODES = st.text(CODE_LETTERS + CODE_DIGITS, min_size=8, max_size=8)


@pytest.mark.parametrize(
    "typed",
    [
        "BCGH-23KM",
        "bcgh-23km",
        "BCGH23KM",
        " BCGH 23KM ",
        "BCGH–23KM",
        "BCGH—23KM",
        "B C G H 2 3 K M",
        "BCGH-23KM.",
        "BCGH\u00a023KM",
        "BCGH-23KM\r\n",
        "ＢＣＧＨ－２３ＫＭ".replace("－", "-"),
        "b\u0301cgh-23km",
        f"{' ' * 55}BCGH-23KM",
    ],
)
def test_a_code_is_read_whatever_its_case_dashes_spaces_and_accents(typed: str) -> None:
    assert folded_code(typed) == "BCGH23KM"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "BCGH-23K",
        "BCGH-23KMM",
        "ACGH-23KM",
        "BCGH-01KM",
        "code: BCGH-23KM",
        "đCGH-23KM",
        "BCGH-23KM BCGH-23KN",
        f"{' ' * 56}BCGH-23KM",  # only the first 64 signs are read
        "x" * 10_000_000,
    ],
)
def test_what_is_no_code_is_none(typed: str) -> None:
    assert folded_code(typed) is None


def test_no_letter_of_a_code_is_one_that_a_vietnamese_keyboard_turns_into_another() -> None:
    """Telex makes letters of A E O D W, tones of S F R X J Z after a vowel: without vowels no tone can fall."""
    assert not set(CODE_LETTERS) & set("AEIOUYDWSFJ")
    assert not set(CODE_DIGITS) & set("01")


@settings(derandomize=True, max_examples=200, deadline=None, database=None)
@given(
    code=CODES,
    dash=st.sampled_from(["", "-", " ", "–", " - "]),
    lower=st.booleans(),
    form=st.sampled_from(["NFC", "NFD"]),
)
def test_every_code_is_read_back_however_it_is_written(code: str, dash: str, lower: bool, form: str) -> None:
    written = f"{code[:4]}{dash}{code[4:]}"
    typed = unicodedata.normalize("NFC" if form == "NFC" else "NFD", written.lower() if lower else written)
    assert folded_code(typed) == code


@settings(derandomize=True, max_examples=300, deadline=None, database=None)
@given(typed=st.text(max_size=80))
def test_whatever_is_typed_gives_a_code_or_none_and_never_breaks(typed: str) -> None:
    found = folded_code(typed)
    assert found is None or (len(found) == 8 and set(found) <= set(CODE_LETTERS + CODE_DIGITS))
