"""Everything that pages name by its key has a name that people read, in both languages."""

from datetime import timedelta
from typing import get_args

import pytest

from chalicelib.language import LANGUAGES, Language
from chalicelib.notices.worded import KINDS
from chalicelib.pages import words
from chalicelib.tickets.store.notices import SETTLED
from chalicelib.tickets.ticket import ProofWay, ReasonToReject


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("group", "keys"),
    [
        ("notice", KINDS),
        ("notice_state", (*SETTLED, "waiting", "claimed")),
        ("why", (*get_args(ProofWay), *get_args(ReasonToReject), "stop", "not_me", "withdraw", "signed_in")),
        ("by", ("customer", "asker", "owner", "agent", "desk", "system")),
    ],
)
def test_each_key_has_a_name_in_words(group: str, keys: tuple[str, ...], language: Language) -> None:
    named = {key: words.name(group, key, language) for key in keys}
    assert [key for key, said in named.items() if not said or "_" in said] == []
    in_english = {key: words.name(group, key, "en") for key in keys}
    assert [key for key in keys if language == "vi" and named[key] == in_english[key]] == []


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(days=730), ("2 years", "2 năm")),
        (timedelta(days=7), ("7 days", "7 ngày")),
        (timedelta(days=1), ("one day", "một ngày")),
        (timedelta(hours=36), ("36 hours", "36 giờ")),
        (timedelta(minutes=15), ("15 minutes", "15 phút")),
        (timedelta(seconds=90), ("one minute", "một phút")),
    ],
)
def test_a_length_of_time_is_said_in_the_largest_unit_that_tells_it_whole(
    length: timedelta, said: tuple[str, str]
) -> None:
    assert (words.how_long(length, "en"), words.how_long(length, "vi")) == said
