"""The words that do something in a letter: stop words and a typed code, however they are typed."""

import pytest

from chalicelib.letters.words import stop_word, typed_codes


@pytest.mark.parametrize(
    ("words", "meaning"),
    [
        ("RÚT YÊU CẦU", "withdraw"),
        ("rut yeu cau", "withdraw"),
        ("Ru\u0301t ye\u0302u ca\u0302\u0300u", "withdraw"),
        ("\n\n  *Withdraw.*\nThank you", "withdraw"),
        ("NOT ME", "not_me"),
        ("not  me!", "not_me"),
        ("Không phải tôi", "not_me"),
        ("khong phai toi", "not_me"),
        ("STOP", "stop"),
        ("> stop <", "stop"),
        (f"stop{'!' * 196}", "stop"),
    ],
)
def test_a_first_line_that_is_just_a_stop_word_says_so(words: str, meaning: str) -> None:
    assert stop_word(words) == meaning


@pytest.mark.parametrize(
    "words",
    [
        "",
        "hủy",
        "huỷ",
        "cancel",
        "Please stop",
        "I withdraw my request",
        "Hello,\nSTOP",
        "notme",
        "stop it",
        "x" * 9999,
        f"stop{'!' * 197}",
    ],
)
def test_anything_else_says_nothing(words: str) -> None:
    assert stop_word(words) is None


@pytest.mark.parametrize(
    "typed",
    [
        "K7MX-92QT",
        "k7mx-92qt",
        "K7MX92QT",
        "k7mx 92qt",
        "K7MX – 92QT",
        "K7MX‑92QT",
        "Ǩ7ṂX-92QT",
        "Ｋ７ＭＸ－９２ＱＴ",
        "mã là K7MX-92QT.",
        "(K7MX-92QT)",
        "code:K7MX-92QT",
    ],
)
def test_a_code_is_found_however_it_is_typed(typed: str) -> None:
    assert typed_codes(typed) == ("K7MX-92QT",)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "2345-6789",
        "BCGH-KMNP",
        "K7MX-92Q",
        "K7MX-92QTX",
        "AK7MX-92QT",
        "K7MX-92Q1",
        "K7MX-92QO",
        "K7MX\n92QT",
        "K7MX--92QT",
        "SO-7K3M9Q",
    ],
)
def test_what_has_not_the_shape_of_a_code_is_none(typed: str) -> None:
    assert typed_codes(typed) == ()


def test_several_codes_come_in_the_order_they_stand_in_each_once() -> None:
    assert typed_codes("B222-2222 no, K7MX-92QT; b222-2222")[0] == "B222-2222"
    assert typed_codes("first B222-2222,\nthen K7MX-92QT") == ("B222-2222", "K7MX-92QT")


def test_only_the_first_twenty_thousand_signs_are_looked_at() -> None:
    assert typed_codes(" " * 19_991 + "K7MX-92QT") == ("K7MX-92QT",)
    assert typed_codes(" " * 19_992 + "K7MX-92QT") == ()


def test_no_more_than_twenty_candidates_are_looked_at() -> None:
    many = "\n".join(f"BBBB-22{first}{second}" for first in "23456789" for second in "23456789")

    assert len(typed_codes(many)) == 20
