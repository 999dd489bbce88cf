"""Codes of the desk in words: none is left without a name, deadlines are never better than they are."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from chalicelib.closure.ledger import Found
from chalicelib.language import LANGUAGES, Language
from chalicelib.letters.kinds import LetterKind, Verdict, Verdicts
from chalicelib.notices.worded import KINDS
from chalicelib.pages import desk_words
from chalicelib.pages.desk_offers import OFFERS
from chalicelib.proof.facts import FIELDS, LEGAL_DOCUMENT
from chalicelib.proof.standing import Standing
from chalicelib.tickets import desk_api
from chalicelib.tickets.deadlines import REGIMES
from chalicelib.tickets.store.notices import SETTLED
from chalicelib.tickets.ticket import ENDED, OPEN, ProofWay, ReasonToReject, WayIn

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
PLACES = ("request", "code", "stop", "reply_to_ended", "other_sender", "unplaced", *get_args(Standing))

CODES: list[tuple[str, Any]] = [
    ("status", (*OPEN, *ENDED)),
    ("way_in", get_args(WayIn)),
    ("proof", get_args(ProofWay)),
    ("standing", get_args(Standing)),
    ("letter", ({*get_args(LetterKind)} - {"person"}) | {*PLACES}),
    ("verdict", Verdicts.__struct_fields__),
    ("verdict_said", get_args(Verdict)),
    ("found", (*get_args(Found), "residual")),
    ("reason", get_args(ReasonToReject)),
    ("why", (*get_args(ReasonToReject), *get_args(ProofWay), "stop", "not_me", "withdraw", "signed_in")),
    ("regime", REGIMES),
    ("notice", KINDS),
    ("notice_state", SETTLED | {"waiting", "claimed"}),
    ("fact", FIELDS | {LEGAL_DOCUMENT}),
    ("account_status", ("active", "closing")),
    ("by", ("customer", "asker", "owner", "desk")),
    (
        "field",
        {name for each in desk_api.DECISIONS.values() for name in each.takes.__struct_fields__} - {"needs_answer"},
    ),
]
SAME_IN_BOTH = {"SPF", "DKIM", "DMARC", "California (CCPA)"}


@pytest.mark.parametrize(("group", "keys"), CODES)
def test_every_code_has_a_name_in_both_languages(group: str, keys: Any) -> None:
    assert keys
    for key in keys:
        said = {desk_words.name(group, key, language) for language in LANGUAGES}
        assert len(said) == 2 or said <= SAME_IN_BOTH, (group, key)


@pytest.mark.parametrize(
    ("apart", "words", "colour"),
    [
        (timedelta(days=19, hours=5), "in 19 days", ""),
        (timedelta(days=2, seconds=1), "in 2 days", ""),
        (timedelta(days=2), "in 2 days", "soon"),
        (timedelta(days=1, hours=23), "in one day", "soon"),
        (timedelta(minutes=59), "in 59 minutes", "soon"),
        (timedelta(0), "due now", "late"),
        (-timedelta(seconds=59), "due now", "late"),
        (-timedelta(minutes=1), "one minute overdue", "late"),
        (-timedelta(hours=3, minutes=59), "3 hours overdue", "late"),
        (-timedelta(days=1), "one day overdue", "late"),
        (-timedelta(days=40), "40 days overdue", "late"),
    ],
)
def test_a_deadline_is_told_in_words_and_colour(apart: timedelta, words: str, colour: str) -> None:
    assert desk_words.due(NOW + apart, NOW, "en") == words
    assert desk_words.urgency(NOW + apart, NOW) == colour


@pytest.mark.parametrize(
    ("cause", "english", "vietnamese"),
    [
        ("StillThere orders: some", "orders still shows data (data still there)", "orders vẫn còn dữ liệu"),
        ("HolderFailed files: SlowDown", "files refused (SlowDown)", "files từ chối (SlowDown)"),
        ("HolderFailed account: registered_again", "account record refused (the account id", "hồ sơ tài khoản từ chối"),
        ("NotLookedAgain orders, account", "not read again after erasing: orders, account record", "orders, hồ sơ"),
        ("orders: some", "orders shows data again", "orders lại có dữ liệu"),
        ("States.Timeout", "States.Timeout", "States.Timeout"),
    ],
)
def test_the_cause_of_trouble_is_a_sentence(cause: str, english: str, vietnamese: str) -> None:
    assert english in desk_words.why(cause, "en")
    assert vietnamese in desk_words.why(cause, "vi")


@pytest.mark.parametrize(
    ("by", "said"), [("agent:an", "you"), ("agent:binh", "binh"), ("system:crm", "system crm"), ("asker", "the asker")]
)
def test_who_made_a_change_is_named(by: str, said: str) -> None:
    assert desk_words.who(by, "an", "en") == said


@pytest.mark.parametrize(("language", "said"), [("vi", "22/11/2026 17:00"), ("en", "22 Nov 2026, 17:00")])
def test_times_in_columns_are_short_and_of_the_desk_s_zone(language: Language, said: str) -> None:
    assert desk_words.short_time(NOW, language, "Asia/Ho_Chi_Minh") == said


@pytest.mark.parametrize(("count", "said"), [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (2_500_000, "2.5 MB")])
def test_sizes_are_told_as_people_say_them(count: int, said: str) -> None:
    assert desk_words.size(count) == said


def test_no_two_decisions_that_can_stand_together_have_one_key() -> None:
    keys = [each.key for each in OFFERS if each.name != "hold"]  # hold and release never stand together but on a stop
    assert len(keys) == len({*keys})
    assert not {*keys} & {"j", "k", "u", "i", "?", "/"}
