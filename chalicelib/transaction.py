"""Writes that land together or not at all: one DynamoDB transaction, with a word for each refusal.

A refused condition is read back first (`refused` gets the item that stood in the way): what is found there may be
our own write, done already by an attempt whose answer was lost.
"""

import random
import time
from collections.abc import Callable, Sequence
from typing import Any

from pynamodb.connection import Connection
from pynamodb.exceptions import TransactWriteError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from chalicelib.problems import Busy, ChangedMeanwhile

Found = dict[str, dict[str, Any]] | None  # the raw item that stood in the way
Refused = Callable[[Found], bool]
"""Raises the problem that the refusal means, or returns True: it was our own write, all is done already."""

_TURNS = 12


def changed_meanwhile(_: Found) -> bool:
    raise ChangedMeanwhile()


class Together:
    """Collects writes; `commit` makes them. The refusal of the write that was added first is told first."""

    def __init__(self) -> None:
        self._writes: list[tuple[str, Callable[[TransactWrite], None], Refused]] = []

    def put(self, item: Model, *, only_if: Condition | None = None, refused: Refused = changed_meanwhile) -> None:
        self._writes.append(("put", lambda to: to.save(item, condition=only_if, return_values="ALL_OLD"), refused))

    def update(
        self,
        item: Model,
        actions: Sequence[Action],
        *,
        only_if: Condition | None = None,
        refused: Refused = changed_meanwhile,
    ) -> None:
        def write(to: TransactWrite) -> None:
            to.update(item, actions=list(actions), condition=only_if, return_values="ALL_OLD")

        self._writes.append(("update", write, refused))

    def delete(self, item: Model, *, only_if: Condition | None = None, refused: Refused = changed_meanwhile) -> None:
        self._writes.append(("delete", lambda to: to.delete(item, condition=only_if), refused))

    def check(
        self,
        kind: type[Model],
        hash_key: str,
        range_key: str | None = None,
        *,
        only_if: Condition,
        refused: Refused = changed_meanwhile,
    ) -> None:
        def write(to: TransactWrite) -> None:
            to.condition_check(kind, hash_key, range_key, condition=only_if)

        self._writes.append(("check", write, refused))

    def commit(self, connection: Connection) -> None:
        """Makes the writes. Losing a race to another transaction is tried again; `Busy` after about two seconds."""
        for turn in range(_TURNS):
            try:
                with TransactWrite(connection=connection) as transaction:
                    for _, write, _ in self._writes:
                        write(transaction)
                return
            except TransactWriteError as error:
                if not error.cancellation_reasons:
                    if error.cause_response_code in ("TransactionInProgressException", "TransactionConflictException"):
                        _pause(turn)
                        continue
                    raise
                if self._is_done(error):
                    return
                _pause(turn)
        raise Busy()

    def _is_done(self, error: TransactWriteError) -> bool:
        """Whether the refusal means that all is done. Raises what it means otherwise; False: try again."""
        order = [each for kind in ("check", "delete", "put", "update") for each in self._writes if each[0] == kind]
        reasons = {id(write): reason for (write, reason) in zip(order, error.cancellation_reasons, strict=True)}
        codes = {reason.code for reason in error.cancellation_reasons if reason}
        for each in self._writes:
            reason = reasons[id(each)]
            if reason and reason.code == "ConditionalCheckFailed" and each[2](reason.raw_item):
                return True
        if codes & {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}:
            return False
        raise error


def _pause(turn: int) -> None:
    time.sleep(random.uniform(0, min(0.3, 0.02 * 2**turn)))  # noqa: S311 (full jitter, nothing secret)
