"""Secrets and what is derived from them: the same each time, told apart, good after a rotation until taken out."""

import re
import string
from collections.abc import Iterator

import pytest

from chalicelib import keys
from tests.environment import keep_keys, of_a_desk


@pytest.fixture(scope="module", autouse=True)
def desk() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as process, of_a_desk(process):
        yield


@pytest.fixture(autouse=True)
def one_key() -> None:
    keep_keys("k1")


def test_a_mac_is_the_same_each_time_and_another_for_another_purpose() -> None:
    assert keys.mac("track", "SO-7K3M9Q") == keys.mac("track", "SO-7K3M9Q")
    assert keys.mac("track", "SO-7K3M9Q") != keys.mac("reply", "SO-7K3M9Q")
    assert len(keys.mac("track")) == 32


@pytest.mark.parametrize(
    ("one", "other"),
    [(("ab", "c"), ("a", "bc")), (("ab",), ("a", "b")), (("", "a"), ("a", "")), (("a\0b",), ("a", "b")), ((), ("",))],
)
def test_no_two_lists_of_parts_run_together(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert keys.mac("track", *one) != keys.mac("track", *other)


def test_a_token_has_128_bits_in_letters_that_survive_any_mail_program() -> None:
    token = keys.token("track", "SO-7K3M9Q", "owner", "0")
    assert len(token) == 26
    assert set(token) <= set(string.ascii_lowercase + "234567")
    assert len(keys.token("reply", "SO-7K3M9Q", bits=80)) == 16


def test_a_token_is_known_again_whatever_its_case() -> None:
    token = keys.token("track", "SO-7K3M9Q")
    assert keys.is_token(f" {token.upper()} ", "track", "SO-7K3M9Q")


def test_a_token_for_anything_else_or_a_part_of_one_is_none() -> None:
    token = keys.token("track", "SO-7K3M9Q", "owner", "0")
    assert not keys.is_token(token, "track", "SO-7K3M9Q", "asker", "0")
    assert not keys.is_token(token, "track", "SO-7K3M9Q", "owner", "1")
    assert not keys.is_token(token[:-1], "track", "SO-7K3M9Q", "owner", "0")
    assert not keys.is_token("", "track", "SO-7K3M9Q", "owner", "0")
    assert not keys.is_token("đ" * 26, "track", "SO-7K3M9Q", "owner", "0")


def test_after_a_rotation_what_the_old_key_made_stays_good_and_what_is_new_is_the_new_keys() -> None:
    old_token, old_code = keys.token("track", "a"), keys.typed_code("code", "a")
    keep_keys("k1", "k2")
    assert keys.token("track", "a") != old_token
    assert keys.is_token(old_token, "track", "a")
    assert keys.is_token(keys.token("track", "a"), "track", "a")
    assert keys.is_typed_code(old_code.replace("-", ""), "code", "a")


def test_what_a_key_made_that_was_taken_out_opens_nothing_any_more() -> None:
    old_token, old_code = keys.token("track", "a"), keys.typed_code("code", "a")
    keep_keys("k2")
    assert not keys.is_token(old_token, "track", "a")
    assert not keys.is_typed_code(old_code.replace("-", ""), "code", "a")


def test_a_hash_of_an_address_is_found_again_after_a_rotation() -> None:
    """A lookup must find what was written before; dropping the oldest key forgets it."""
    before = keys.keyed_hash("asker", "lan@khach.example")
    keep_keys("k1", "k2")
    assert keys.keyed_hash("asker", "lan@khach.example") == before
    keep_keys("k2")
    assert keys.keyed_hash("asker", "lan@khach.example") != before


def test_every_code_is_xxxx_xxxx_with_a_letter_and_a_digit_and_no_vowel() -> None:
    for nth in range(300):
        code = keys.typed_code("code", str(nth))
        assert re.fullmatch(r"[BCGHKMNPQRTVXZ2-9]{4}-[BCGHKMNPQRTVXZ2-9]{4}", code)
        assert set(code) & set(keys.CODE_LETTERS)
        assert set(code) & set(keys.CODE_DIGITS)


def test_codes_differ_and_each_is_known_only_for_what_it_was_made() -> None:
    codes = {keys.typed_code("code", str(nth)) for nth in range(300)}
    assert len(codes) == 300
    code = keys.typed_code("code", "SO-7K3M9Q", "1").replace("-", "")
    assert keys.is_typed_code(code, "code", "SO-7K3M9Q", "1")
    assert not keys.is_typed_code(code, "code", "SO-7K3M9Q", "2")
    assert not keys.is_typed_code(code, "stop", "SO-7K3M9Q", "1")


def test_every_letter_and_digit_of_a_code_is_used() -> None:
    used = set("".join(keys.typed_code("code", str(nth)) for nth in range(300)))
    assert used == set(keys.CODE_LETTERS + keys.CODE_DIGITS + "-")


def test_a_number_has_six_characters_free_of_look_alikes() -> None:
    for _ in range(100):
        assert re.fullmatch(r"SO-[2-9A-HJKMNP-TV-Z]{6}", keys.new_number())
    assert not set(keys.NUMBER_ALPHABET) & set("01OILU")
