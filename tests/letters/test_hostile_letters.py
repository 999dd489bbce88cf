"""Letters made to break the desk are read within bounds: nothing raised, no work and no memory out of proportion."""

import sys
import tracemalloc
from collections.abc import Callable
from functools import cache
from types import FrameType

import pytest

from chalicelib.letters.kinds import Ours, Verdicts, kind_of
from chalicelib.letters.letter import Letter
from chalicelib.letters.mime import LONGEST_TEXT, read_letter
from chalicelib.letters.mime_parts import MOST_HEADERS, MOST_PARTS
from chalicelib.letters.new_words import read_new_words
from chalicelib.letters.returned import bounced_message_ids, failed_recipients
from chalicelib.letters.words import stop_word, typed_codes
from chalicelib.tickets.asking import asks_for_closure
from tests.letters.hostile import hostile_letters

SMALL, LARGE = 20_000, 80_000
OURS = Ours(addresses=frozenset({"support@desk.example"}), domain="desk.example", loop_header="X-Signoff")
NAMES = [name for name, _ in hostile_letters(100)]


def judged(raw: bytes) -> Letter:
    """Everything the desk does with a letter before it looks into its store."""
    letter = read_letter(raw)
    kind_of(letter, Verdicts(), "", OURS)
    bounced_message_ids(letter)
    failed_recipients(letter)
    words = read_new_words(letter, ("-- Please write above this line --",))
    stop_word(words.above)
    typed_codes(words.above)
    asks_for_closure(letter.subject, words.text)
    return letter


def calls_of(work: Callable[[], object]) -> int:
    """How many calls, of Python and of C, the work takes: a measure that no busy machine disturbs."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls


def peak_of(work: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@cache
def of_size(size: int) -> dict[str, bytes]:
    return dict(hostile_letters(size))


def test_there_are_more_than_sixty_ways_to_be_hostile() -> None:
    assert len(set(NAMES)) == len(NAMES) >= 60


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_letter_is_read_and_judged_without_an_error(name: str) -> None:
    letter = judged(of_size(LARGE)[name])

    assert not [fault for fault in letter.faults if fault.startswith("unreadable")]
    assert len(letter.attachments) <= MOST_PARTS
    assert sum(map(len, letter.headers.values())) <= MOST_HEADERS


@pytest.mark.parametrize("name", NAMES)
def test_work_grows_no_faster_than_a_hostile_letter(name: str) -> None:
    small, large = of_size(SMALL)[name], of_size(LARGE)[name]

    assert calls_of(lambda: judged(large)) <= 6 * calls_of(lambda: judged(small)) + 2_000


@pytest.mark.parametrize("name", NAMES)
def test_memory_stays_in_proportion_to_a_hostile_letter(name: str) -> None:
    raw = of_size(LARGE)[name]

    assert peak_of(lambda: judged(raw)) <= 60 * len(raw) + 2_000_000


def test_text_past_its_bound_is_left_out_and_that_is_said() -> None:
    letter = read_letter(b"Content-Type: text/plain\n\n" + b"a line of words\n" * (LONGEST_TEXT // 16 + 10))

    assert len(letter.text) == LONGEST_TEXT
    assert "text_cut" in letter.faults


def test_parts_past_their_bound_are_left_unread_and_counted() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\nContent-Type: x/y\n\n1\n" * (MOST_PARTS + 7)

    letter = read_letter(raw)

    assert len(letter.attachments) == MOST_PARTS
    assert letter.parts_left_unread == 7
    assert "too_many_parts" in letter.faults


def test_headers_past_their_bound_are_left_out_and_that_is_said() -> None:
    letter = read_letter(b"X-A: b\n" * (MOST_HEADERS + 1) + b"Subject: never reached\n\nwords")

    assert len(letter.headers["x-a"]) == MOST_HEADERS
    assert letter.subject == ""
    assert letter.text == "words"
    assert "too_many_headers" in letter.faults


def test_levels_past_their_bound_are_left_unread_and_counted() -> None:
    levels = b"".join(b"--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n" % (n, n + 1) for n in range(120))

    letter = read_letter(b"Content-Type: multipart/mixed; boundary=b0\n\n" + levels + b"--b120\n\ndeep words")

    assert letter.parts_left_unread >= 1
    assert "too_deep" in letter.faults


def test_a_letter_over_the_limit_is_read_up_to_it_and_marked() -> None:
    letter = read_letter(b"Subject: big\nContent-Type: x/y\n\n" + b"x" * (40 * 1024 * 1024))

    assert letter.subject == "big"
    assert "too_large" in letter.faults
    assert kind_of(letter, Verdicts(), None, OURS) == "too_large"
