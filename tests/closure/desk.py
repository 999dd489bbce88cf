"""A desk without doors: the steps of the workflow called in its order, with fewer tries and no waiting."""

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chalicelib import clock
from chalicelib.accounts import account as accounts
from chalicelib.accounts import store as account_store
from chalicelib.accounts.account import AccountId, Fields
from chalicelib.closure import steps
from chalicelib.tickets import moves, store
from chalicelib.tickets.moves import Moved
from chalicelib.tickets.ticket import AccountRef, Ticket, TicketNumber
from chalicelib.transaction import Together
from infra.local.functions import running as inside
from tests.closure.stores import Store
from tests.examples import proved

TRIES = 3
_numbers = itertools.count()


@dataclass(frozen=True, kw_only=True)
class Desk:
    """The steps of the workflow, and the company that they erase in."""

    stores: dict[str, Store]

    def account(self, *, without: str = "") -> Ticket:
        """A closure whose time has come, of an account with something in every store but this one."""
        account_id = f"acc-{next(_numbers)}"
        account = accounts.registered(AccountId(account_id), Fields(email="lan@khach.example"), at=clock.now())
        account_store.save([(account, None)])
        for name, each in self.stores.items():
            if name not in (without, "account"):
                each.put(account_id)
        reference = AccountRef(account_id=account_id, generation=account.generation)
        number = TicketNumber(f"SO-{next(_numbers):06}")
        ticket = proved(
            "scheduled", number=number, account=reference, guards=reference, who=account_id, closes_at=clock.now()
        )
        together = Together()
        store.open_with(together, Moved(ticket=ticket, changes=()))
        store.commit(together)
        return ticket

    def runs(
        self, ticket: Ticket, *, before: Callable[[str], None] | None = None, between: Callable[[], None] | None = None
    ) -> Ticket:
        """The workflow from `freeze` on. `before` is called before each holder is erased, `between` before all of
        them are looked at again."""
        event: dict[str, Any] = {"ticket": ticket.number, "run": store.find(ticket.number).run}
        try:
            listed = _tried(steps.freeze, event)["holders"]
            for holder in listed:
                (before or _nothing)(holder)
                _tried(steps.erase, event | {"holder": holder})
                _tried(steps.look, event | {"holder": holder})
            (between or (lambda: None))()
            for holder in listed:
                _tried(steps.look, event | {"holder": holder, "again": True})
            _tried(steps.close, event)
        except Exception as error:
            cause = json.dumps({"errorType": type(error).__name__, "errorMessage": str(error)})
            steps.trouble(event | {"error": {"Error": type(error).__name__, "Cause": cause}}, None)
        return self._as_it_is(ticket)

    def retries(self, ticket: Ticket) -> Ticket:
        stuck = store.find(ticket.number)
        store.move(moves.retried(stuck, by="agent:an", at=clock.now()), was=stuck)
        return self.runs(ticket)

    def _as_it_is(self, ticket: Ticket) -> Ticket:
        """The ticket now; closed only if nothing is there, wherever one looks."""
        now = store.find(ticket.number)
        left = self.left(ticket)
        assert now.status in ("closed", "needs_attention")
        assert now.status != "closed" or not left, left
        return now

    def left(self, ticket: Ticket) -> dict[str, int]:
        account_id = ticket.account.account_id if ticket.account else ""
        counts = {name: each.count(account_id) for name, each in self.stores.items()}
        return {name: count for name, count in counts.items() if count}


class Context:
    """Of a Lambda with time enough."""

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


def _nothing(_: str) -> None:
    pass


def _tried(step: Callable[[Any, Any], Any], event: dict[str, Any]) -> Any:
    """As the workflow does it, inside of a function (only there calls meet faults): a few tries, then the error."""
    for last in (*[False] * (TRIES - 1), True):
        token = inside.set("closure")
        try:
            return step(event, Context())
        except Exception:
            if last:
                raise
        finally:
            inside.reset(token)
    raise AssertionError
