import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest

from chalicelib.language import (
    LANGUAGES,
    MARKERS,
    Language,
    change_name,
    date_in_words,
    guess_language,
    say,
    status_name,
)
from chalicelib.tickets.changes import What
from infra import translations

AFTERNOON = datetime(2026, 11, 29, 7, 5, 59, tzinfo=UTC)


def test_every_sentence_is_translated_and_none_is_left_over_and_the_compiled_catalogue_is_fresh() -> None:
    assert translations.faults() == []


def test_a_sentence_is_said_in_the_readers_language() -> None:
    assert say("en", "Please sign in.") == "Please sign in."
    assert say("vi", "Please sign in.") == "Vui lòng đăng nhập."


def test_a_sentence_that_nobody_translated_is_said_in_english() -> None:
    assert say("vi", *["Nobody translated {this}."], this="me") == "Nobody translated me."


@pytest.mark.parametrize("fact", ["{name}", "{0.__class__}", "%(name)s", "{name:>999999999}", "\\1"])
def test_a_fact_is_never_read_as_a_pattern(fact: str) -> None:
    assert say("en", "Hello {name},", name=fact) == f"Hello {fact},"


@pytest.mark.parametrize("pattern", ["{name.__class__}", "{name[0]}", "{name!r}", "{name:>99}", "{}", "{0}"])
def test_a_sentence_reaches_no_further_than_a_facts_name(pattern: str) -> None:
    assert say("en", *[pattern], name="An") == pattern


def test_a_sentence_whose_fact_is_missing_is_refused() -> None:
    with pytest.raises(KeyError):
        say("vi", "Hello {name},", other="An")


STATUSES = [
    ("received", "Received", "Đã tiếp nhận"),
    ("awaiting_proof", "Waiting for verification", "Chờ xác minh"),
    ("in_review", "Under review", "Đang xem xét"),
    ("scheduled", "Closure scheduled", "Đã lên lịch xóa tài khoản"),
    ("closing", "Erasing the account", "Đang xóa tài khoản"),
    ("closed", "Closed – account removed", "Đã đóng (Closed) – tài khoản đã xóa"),
    ("needs_attention", "Erasing the account", "Đang xóa tài khoản"),
    ("withdrawn", "Request withdrawn", "Đã rút yêu cầu"),
    ("rejected", "Rejected", "Bị từ chối"),
    ("expired", "Verification expired", "Hết hạn xác minh"),
    ("resolved", "Resolved", "Đã giải quyết"),
]


@pytest.mark.parametrize(("status", "english", "vietnamese"), STATUSES)
def test_a_status_has_the_name_that_the_glossary_gives_it(status: str, english: str, vietnamese: str) -> None:
    assert (status_name(status, "en"), status_name(status, "vi")) == (english, vietnamese)


def test_what_is_no_status_has_no_name() -> None:
    with pytest.raises(KeyError):
        status_name("deleted", "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_change_of_a_timeline_has_a_name_of_its_own(language: Language) -> None:
    changes = get_args(What)

    assert len({change_name(what, language) for what in changes}) == len(changes)


DATES: list[tuple[Language, str, str]] = [
    ("vi", "Asia/Ho_Chi_Minh", "Chủ nhật, 29/11/2026 lúc 14:05 (giờ Việt Nam)"),
    ("en", "Asia/Ho_Chi_Minh", "Sunday 29 November 2026, 14:05 (Vietnam time, UTC+7)"),
    ("vi", "Asia/Tokyo", "Chủ nhật, 29/11/2026 lúc 16:05 (giờ UTC+9)"),
    ("en", "America/St_Johns", "Sunday 29 November 2026, 03:35 (UTC-3:30)"),
    ("en", "UTC", "Sunday 29 November 2026, 07:05 (UTC)"),
    ("en", "Pacific/Auckland", "Sunday 29 November 2026, 20:05 (UTC+13)"),
]


@pytest.mark.parametrize(("language", "zone", "words"), DATES)
def test_a_time_is_told_in_the_readers_language_and_zone(language: Language, zone: str, words: str) -> None:
    assert date_in_words(AFTERNOON, language, zone) == words


def test_a_day_is_the_readers_day() -> None:
    late = datetime(2026, 11, 30, 17, 30, tzinfo=UTC)

    assert date_in_words(late, "vi", "Asia/Ho_Chi_Minh", with_time=False) == "thứ Ba, 01/12/2026"
    assert date_in_words(late, "en", "UTC", with_time=False) == "Monday 30 November 2026"


LETTERS: list[tuple[str, Language | None]] = [
    ("Hủy tài khoản", "vi"),
    ("HUY TAI KHOAN", "vi"),
    ("Toi muon xoa tai khoan cua toi, xin giup do.", "vi"),
    ("Mình không đăng nhập được nữa, nhờ bên bạn đóng account giúp", "vi"),
    ("Hu\u0309y ta\u0300i khoa\u0309n", "vi"),  # accents as marks of their own
    ("Please close my account", "en"),
    ("Delete account pls - Nguyễn Văn Đức", "en"),
    ("Bonjour, je voudrais fermer mon compte", None),
    ("アカウントを削除してください", None),
    ("12345", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "language"), LETTERS)
def test_a_letters_language_is_told_by_its_words(text: str, language: Language | None) -> None:
    assert guess_language(text) == language


def test_a_marker_line_stands_ready_in_each_language() -> None:
    assert len(set(MARKERS)) == len(LANGUAGES)


def test_saying_something_needs_the_standard_library_only() -> None:
    program = "import sys, chalicelib.language as l; l.say('vi', 'Received'); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=translations.HOUSE
    ).stdout.split()

    assert not {"babel", "jinja2", "botocore"} & set(loaded)


def test_a_marked_sentence_is_found_wherever_it_may_stand(tmp_path: Path) -> None:
    module = tmp_path / "problems.py"
    module.write_text(
        'say(language, "one")\nN_("two")\nf(sentence="three")\n'
        'class A:\n    sentence = "four"\n    sentence: str = "five"\n    other = "not this"\n'
    )
    template = tmp_path / "templates" / "page.html"
    template.parent.mkdir()
    template.write_text('{% if x %}{{ say("six {x}", x=x) }}{% endif %}<p>{{ _("seven") }}</p> say("not this")')

    assert set(translations.sentences_of(module)) == {"one", "two", "three", "four", "five"}
    assert set(translations.sentences_of(template)) == {"six {x}", "seven"}
