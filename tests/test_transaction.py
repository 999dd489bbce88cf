"""Writes that land together: what DynamoDB says when they don't, and what is made of it."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from pynamodb.attributes import UnicodeAttribute
from pynamodb.exceptions import CancellationReason, TransactWriteError, VerboseClientError
from pynamodb.models import Model

from chalicelib import transaction
from chalicelib.problems import Busy, ChangedMeanwhile, NotFound
from chalicelib.transaction import Found, Together


class Thing(Model):
    class Meta:
        table_name = "things"
        region = "us-east-1"

    pk = UnicodeAttribute(hash_key=True)


class Table:
    """A connection that answers each transaction with the next of these; None is success."""

    def __init__(self, *answers: TransactWriteError | None) -> None:
        self.left = list(answers)
        self.asked = 0

    def transact_write_items(self, **_: Any) -> None:
        self.asked += 1
        if self.left and (answer := self.left.pop(0)):
            raise answer


def cancelled(*codes: str | None) -> TransactWriteError:
    """One code for each write, in DynamoDB's order; None is a write that stood in nobody's way."""
    return _error("TransactionCanceledException", [CancellationReason(code=each) if each else None for each in codes])


def _error(code: str, reasons: Sequence[CancellationReason | None] = ()) -> TransactWriteError:
    cause = VerboseClientError({"Error": {"Code": code}}, "TransactWriteItems", {}, cancellation_reasons=[*reasons])
    return TransactWriteError("no", cause)


def commit(table: Table, refused: Callable[[Found], bool] = transaction.changed_meanwhile) -> None:
    """Puts one thing, and checks another."""
    together = Together()
    together.put(Thing("a"), only_if=Thing.pk.does_not_exist(), refused=refused)
    together.check(Thing, "b", only_if=Thing.pk.exists(), refused=_not_there)
    together.commit(table)  # type: ignore[arg-type]


def _not_there(_: Found) -> bool:
    raise NotFound


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The turns after which it waited; nothing really waits."""
    waited: list[int] = []
    monkeypatch.setattr(transaction, "_pause", waited.append)
    return waited


CONFLICTS = {
    "another transaction holds an item": cancelled(None, "TransactionConflict"),
    "the table is throttled": cancelled("ThrottlingError", None),
    "the table's capacity is used up": cancelled(None, "ProvisionedThroughputExceeded"),
    "the whole call met another one": _error("TransactionConflictException"),
    "the same call is still under way": _error("TransactionInProgressException"),
}


@pytest.mark.parametrize("why", CONFLICTS)
def test_a_lost_race_is_run_again_after_a_pause(why: str, pauses: list[int]) -> None:
    table = Table(CONFLICTS[why], CONFLICTS[why])
    commit(table)
    assert (table.asked, pauses) == (3, [0, 1])


def test_whoever_loses_every_race_is_told_to_try_again(pauses: list[int]) -> None:
    table = Table(*[cancelled(None, "TransactionConflict")] * 100)
    with pytest.raises(Busy):
        commit(table)
    assert table.asked == len(pauses) == 12


def test_a_refused_condition_is_told_in_the_word_of_its_write() -> None:
    with pytest.raises(NotFound):
        commit(Table(cancelled("ConditionalCheckFailed", None)))  # checks come first
    with pytest.raises(ChangedMeanwhile):
        commit(Table(cancelled(None, "ConditionalCheckFailed")))


def test_of_two_refusals_that_of_the_write_that_was_added_first_is_told() -> None:
    with pytest.raises(ChangedMeanwhile):
        commit(Table(cancelled("ConditionalCheckFailed", "ConditionalCheckFailed")))


def test_a_refusal_counts_more_than_a_lost_race_beside_it() -> None:
    table = Table(cancelled("TransactionConflict", "ConditionalCheckFailed"))
    with pytest.raises(ChangedMeanwhile):
        commit(table)
    assert table.asked == 1


def test_a_condition_that_our_own_write_refuses_means_that_all_is_done() -> None:
    table = Table(cancelled(None, "ConditionalCheckFailed"))
    commit(table, refused=lambda _: True)
    assert table.asked == 1


@pytest.mark.parametrize("error", [cancelled(None, "ValidationError"), _error("AccessDeniedException")])
def test_what_no_pause_mends_is_not_tried_again(error: TransactWriteError, pauses: list[int]) -> None:
    with pytest.raises(TransactWriteError):
        commit(Table(error))
    assert pauses == []
