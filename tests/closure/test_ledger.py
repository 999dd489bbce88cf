"""The ledger: what counts as gone, and when a ticket may close on it."""

from datetime import datetime, timedelta

import pytest

from chalicelib.closure.ledger import (
    RESIDUALS,
    Found,
    Look,
    busy_with,
    is_gone,
    line,
    look_of,
    not_yet_gone,
    residual_lines,
)
from chalicelib.language import translated
from tests.examples import LATER

LAW = "Accounting Act 2015"
NONE: frozenset[str] = frozenset()
KEPT = Look(found="kept", count=2, detail="invoices", basis=LAW, until=LATER + timedelta(days=365))


@pytest.mark.parametrize(
    ("look", "allowed", "gone"),
    [
        (Look(found="nothing"), NONE, True),
        (Look(found="some", count=1), NONE, False),
        (Look(found="some"), frozenset({LAW}), False),
        (Look(found="cannot_tell"), frozenset({LAW}), False),
        (Look(found="some", count=1, basis=LAW), frozenset({LAW}), False),
        (Look(found="cannot_tell", basis=LAW), frozenset({LAW}), False),
        (KEPT, NONE, False),
        (KEPT, frozenset({LAW}), True),
        (KEPT, frozenset({"Another act"}), False),
        (Look(found="kept"), frozenset({LAW}), False),
    ],
)
def test_only_nothing_or_what_an_admin_allowed_to_keep_by_law_counts_as_gone(
    look: Look, allowed: frozenset[str], gone: bool
) -> None:
    """Rule 1; "can't tell" is never taken for nothing."""
    assert is_gone(look, allowed=allowed) is gone


def looked(holder: str, found: Found = "nothing", *, run: int = 1, is_again: bool = True) -> dict[str, object]:
    return line(holder, Look(found=found), at=LATER, run=run, is_again=is_again)


HOLDERS = ["orders", "files", "account"]


def test_a_ticket_may_close_once_every_holder_was_looked_at_again_and_is_gone() -> None:
    assert not not_yet_gone([looked(each) for each in HOLDERS], HOLDERS, run=1, allowed=NONE)


@pytest.mark.parametrize(
    "missing",
    [
        None,
        looked("files", is_again=False),
        looked("files", run=2),
        looked("files", "some"),
        looked("files", "cannot_tell"),
        looked("files", "kept"),
    ],
    ids=["no line", "looked at only once", "another run", "some", "cannot tell", "kept without a basis"],
)
def test_a_ticket_may_not_close_while_one_holder_lacks_that_look(missing: dict[str, object] | None) -> None:
    """Nothing that "was told to delete" counts as gone."""
    lines = [looked("orders"), looked("account"), *([missing] if missing else [])]
    assert not_yet_gone(lines, HOLDERS, run=1, allowed=NONE) == ["files"]


@pytest.mark.parametrize(
    ("lines", "busy"),
    [
        ([], "orders"),
        ([looked("orders", is_again=False)], "files"),
        ([looked("orders", is_again=False), looked("files", "cannot_tell", is_again=False)], "files"),
        ([looked("orders", is_again=False), looked("files", is_again=False, run=2)], "files"),
        ([looked(each, is_again=False) for each in HOLDERS], "orders"),
        ([looked("orders"), *(looked(each, is_again=False) for each in HOLDERS[1:])], "files"),
        ([looked(each) for each in HOLDERS], None),
    ],
)
def test_the_holder_that_a_run_was_busy_with_is_the_first_that_it_had_not_done_with(
    lines: list[dict[str, object]], busy: str | None
) -> None:
    assert busy_with(lines, HOLDERS, run=1, allowed=NONE) == busy


@pytest.mark.parametrize(("allowed", "busy"), [(frozenset({LAW}), None), (NONE, "files")])
def test_a_run_had_done_with_a_holder_that_keeps_only_what_it_may(allowed: frozenset[str], busy: str | None) -> None:
    kept = line("files", KEPT, at=LATER, run=1, is_again=True)
    assert busy_with([looked("orders"), kept, looked("account")], HOLDERS, run=1, allowed=allowed) == busy


def test_lines_of_holders_that_are_no_longer_configured_close_nothing() -> None:
    assert not_yet_gone([looked("old")], HOLDERS, run=1, allowed=NONE) == HOLDERS


@pytest.mark.parametrize("look", [Look(found="nothing"), Look(found="some", count=3), KEPT])
def test_what_was_found_is_read_back_from_its_line_as_it_was(look: Look) -> None:
    assert look_of(line("orders", look, at=LATER, run=1, is_again=False)) == look


def test_a_line_leaves_out_what_there_is_nothing_to_say_of() -> None:
    assert line("orders", Look(found="nothing"), at=LATER, run=1, is_again=False) == {
        "holder": "orders", "found": "nothing", "looked_at": LATER.isoformat(), "run": 1,
    }  # fmt: skip


def test_a_line_says_when_it_was_erased_and_that_it_was_looked_at_again() -> None:
    said = line("orders", KEPT, at=LATER, run=2, is_again=True, erased_at="2026-11-22T10:00:00+00:00")
    assert said == {
        "holder": "orders", "found": "kept", "looked_at": LATER.isoformat(), "run": 2, "count": 2, "detail": "invoices",
        "basis": LAW, "until": (LATER + timedelta(days=365)).isoformat(), "erased_at": "2026-11-22T10:00:00+00:00",
        "again": True,
    }  # fmt: skip


def test_the_residuals_are_named_with_their_days_the_desks_own_records_first() -> None:
    lines = residual_lines(LATER, desk_until=LATER + timedelta(days=30))
    assert [each["holder"] for each in lines] == [
        "residual:desk", "residual:backups", "residual:streams", "residual:history", "residual:logs",
    ]  # fmt: skip
    days = [timedelta(30), timedelta(35), timedelta(1), timedelta(90), timedelta(30)]
    assert [each["until"] for each in lines] == [(LATER + goes_in).isoformat() for goes_in in days]
    assert {each["found"] for each in lines} == {"residual"}


def test_every_residual_is_named_in_vietnamese_too() -> None:
    lines = residual_lines(LATER, desk_until=LATER)
    assert [each["detail"] for each in lines[1:]] == [says for _, says, _ in RESIDUALS]
    assert all(translated("vi", each["detail"]) != each["detail"] for each in lines)


def test_a_time_without_its_zone_is_no_day_until_which_anything_is_kept() -> None:
    with pytest.raises(ValueError, match="zone"):
        Look(found="kept", basis="Tax Act", until=datetime(2090, 1, 1))  # noqa: DTZ001 - just that
