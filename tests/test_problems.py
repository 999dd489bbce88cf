"""Every refusal: its row over HTTP, its sentence in both languages, its place in the tree that the file draws."""

import re
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib import problems
from chalicelib.answers import refusal_of
from chalicelib.language import LANGUAGES, translated
from chalicelib.problems import HTTP_STATUS, Problem

EXAMPLES: dict[str, Any] = {
    "wrong": ("COOLING_OFF is missing",), "fields": (("subject", "This field is required."),), "number": "SO-7K3M9Q",
    "status": "closed", "within_s": 900, "again_at": datetime(2026, 11, 22, tzinfo=UTC),
}  # fmt: skip


def below(kind: type[Problem]) -> list[type[Problem]]:
    return [each for child in kind.__subclasses__() for each in (child, *below(child))]


# WrongFields (chalicelib.reading) carries the fields of bad input; everything else stands in one file.
KINDS = [each for each in below(Problem) if each.__module__ == problems.__name__]


def example(kind: type[Problem]) -> Problem:
    return kind(**{each.name: EXAMPLES[each.name] for each in fields(kind)})


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_problem_has_a_row_of_its_own_over_http(kind: type[Problem]) -> None:
    assert kind in HTTP_STATUS
    assert HTTP_STATUS[kind] >= 400


def test_no_row_is_left_over() -> None:
    assert set(HTTP_STATUS) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_problem_has_one_sentence_in_both_languages(kind: type[Problem]) -> None:
    said = {translated(language, kind.sentence) for language in LANGUAGES}
    assert len(said) == 2, f"no Vietnamese for {kind.sentence!r}"
    assert all(each.rstrip().endswith(".") for each in said)


def test_every_code_is_stable_lower_case_and_one_problems_own() -> None:
    codes = [kind.code for kind in KINDS]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", code) for code in codes)
    assert all("code" in vars(kind) and "sentence" in vars(kind) for kind in KINDS)


def test_the_tree_at_the_top_of_the_file_is_the_tree_of_the_classes() -> None:
    drawn: dict[str, str] = {}
    path: list[str] = []
    for line in (problems.__doc__ or "").splitlines():
        if found := re.match(r"^([│ ]*)[├└]── (\w+)", line):
            depth = len(found[1]) // 4
            path = [*path[:depth], found[2]]
            drawn[found[2]] = path[-2] if depth else "Problem"
    assert drawn == {kind.__name__: kind.__bases__[0].__name__ for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_log_shows_a_problems_code_and_nothing_that_may_be_personal(kind: type[Problem]) -> None:
    if kind is not problems.SettingsWrong:
        assert str(example(kind)) == kind.code


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind is not problems.SettingsWrong], ids=lambda k: k.__name__
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_problem_is_told_over_http_with_its_code_and_a_whole_sentence(kind: type[Problem], language: Any) -> None:
    refusal = refusal_of(example(kind))
    document = refusal.document(language, "request-1")
    assert (document["status"], document["code"]) == (HTTP_STATUS[kind], kind.code)
    assert "{" not in document["detail"]


def test_wrong_settings_are_told_to_operators_and_over_http_only_as_a_fault_of_ours() -> None:
    wrong = problems.SettingsWrong(wrong=("COOLING_OFF is missing",))
    assert str(wrong) == "COOLING_OFF is missing"
    assert refusal_of(wrong).code == "internal"
