"""How a refusal is told: as a problem document, in the reader's language, without what is nobody's business."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from chalice.test import Client, HTTPResponse

from chalicelib import clock
from chalicelib.answers import View, as_json, language_asked
from chalicelib.calls import ANYONE, Answer, Call, Calls
from chalicelib.problems import BadInput, ClosureAlreadyOpen, NotNow, SettingsWrong, SignInAgain, TooMany
from tests.bar import Door, a_bar, served, wrong_fields
from tests.issuing import Issuer


@pytest.fixture
def door() -> Iterator[Door]:
    issuer = Issuer()
    with Client(served(a_bar(issuer))) as client:
        yield Door(client, issuer)


def that_raises(error: Exception) -> HTTPResponse:
    calls = Calls("bar.trouble.api")

    @calls.get("/trouble", who=ANYONE, answers={200: None}, says="Trouble")
    def trouble(call: Call[None]) -> Answer:
        raise error

    with Client(served(calls)) as client:
        return client.http.get("/trouble", headers={"Accept-Language": "en"})


def test_a_sign_in_too_old_is_told_as_such() -> None:
    answered = that_raises(SignInAgain(within_s=900))
    assert (answered.status_code, answered.json_body["code"]) == (401, "sign_in_again")
    assert answered.headers["WWW-Authenticate"] == 'Bearer error="insufficient_user_authentication", max_age="900"'


def test_a_method_that_a_path_does_not_have_is_told_as_a_problem(door: Door) -> None:
    answered = door.send("PATCH", "/orders")
    assert (answered.status_code, answered.json_body["code"]) == (405, "method_not_allowed")
    assert set(answered.headers["Allow"].split(", ")) == {"GET", "POST"}


def test_an_event_that_is_no_request_is_answered_as_our_own_trouble() -> None:
    answered = served(a_bar(Issuer()))({}, None)
    assert answered["statusCode"] == 500
    assert json.loads(answered["body"])["request_id"] == answered["headers"]["X-Request-Id"]


def test_a_problem_says_what_it_knows() -> None:
    answered = that_raises(ClosureAlreadyOpen(number="SO-7K3M9Q"))
    told = answered.json_body
    assert answered.status_code == told["status"] == 409
    assert told["code"] == "closure_already_open"
    assert told["number"] == "SO-7K3M9Q"
    assert told["detail"] == "A request to close this account is already open."
    assert told["type"] == "urn:problem-type:signoff:closure_already_open"


def test_a_fact_never_takes_the_place_of_a_problem_s_own_member() -> None:
    told = that_raises(NotNow(status="closed")).json_body
    assert (told["status"], told["ticket_status"]) == (409, "closed")


def test_too_often_says_when_to_come_again() -> None:
    answered = that_raises(TooMany(again_at=clock.now() + timedelta(seconds=90)))
    assert answered.status_code == 429
    assert 85 <= int(answered.headers["Retry-After"]) <= 90


def test_wrong_fields_found_by_the_rules_are_told_alike() -> None:
    answered = that_raises(BadInput(fields=(("number", "There is no such field."),)))
    assert wrong_fields(answered) == {"number": "There is no such field."}


def test_what_nobody_foresaw_is_told_without_details(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "signoff"):
        answered = that_raises(KeyError("an@example.com"))
    assert (answered.status_code, answered.json_body["code"]) == (500, "internal")
    assert b"example.com" not in answered.body
    assert "example.com" not in caplog.text
    assert answered.headers["X-Request-Id"] in [vars(each).get("request") for each in caplog.records]
    assert "KeyError at test_answers.py:" in caplog.text


def test_wrong_settings_are_told_to_the_operator_only(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "signoff"):
        answered = that_raises(SettingsWrong(wrong=("ISSUER is missing",)))
    assert (answered.status_code, answered.json_body["code"]) == (500, "internal")
    assert b"ISSUER" not in answered.body
    assert "ISSUER is missing" in caplog.text


def test_a_refusal_speaks_the_reader_s_language(door: Door) -> None:
    answered = door.send("POST", "/orders", {}, Accept_Language="vi-VN,vi;q=0.9,en;q=0.8")
    assert answered.headers["Content-Language"] == "vi"
    assert answered.json_body["detail"] != door.send("POST", "/orders", {}).json_body["detail"]


def test_without_a_word_on_language_the_token_s_counts(door: Door) -> None:
    told = {locale: door.send("GET", "/me", token={"locale": locale}, Accept_Language="fr") for locale in ("vi", "en")}
    assert {locale: answered.json_body["language"] for locale, answered in told.items()} == {"vi": "vi", "en": "en"}


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        (None, None),
        ("", None),
        ("fr", None),
        ("*", None),
        ("en", "en"),
        ("EN-us", "en"),
        ("vi;q=0.5, en;q=0.7", "en"),
        ("fr, vi;q=0.2", "vi"),
        ("vi, en", "vi"),
        ("en;q=0", None),
        ("en;q=x, vi;q=0.1", "vi"),
        ("," * 100_000, None),
    ],
)
def test_the_best_language_that_we_speak_is_taken(asked: str | None, language: str | None) -> None:
    assert language_asked(asked) == language


def test_times_in_answers_sort_as_text() -> None:
    class Moment(View, frozen=True, kw_only=True):
        at: datetime

    full = datetime(2026, 11, 29, 18, 37, 5, tzinfo=UTC)
    said = [as_json(Moment(at=full + timedelta(milliseconds=late))) for late in (0, 3, 120)]
    assert said[0] == '{"at":"2026-11-29T18:37:05.000Z"}'
    assert sorted(said) == said
