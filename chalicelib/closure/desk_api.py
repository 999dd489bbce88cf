"""Before a closure is decided: what every holder has of the account, for agents."""

from typing import Literal

from chalicelib import clock
from chalicelib.answers import Answer, View
from chalicelib.calls import AGENT, Call, Calls
from chalicelib.closure import dry_run
from chalicelib.closure.ledger import Look
from chalicelib.problems import NotFound
from chalicelib.reading import Instant
from chalicelib.tickets import store
from chalicelib.tickets.api import IDS
from chalicelib.tickets.ticket import AccountRef, Ticket

calls = Calls(__name__)


class Holding(View, frozen=True, kw_only=True):
    """What one holder has now. `detail` of `cannot_tell`: the code of what went wrong."""

    holder: str
    found: Literal["nothing", "some", "kept", "cannot_tell"]
    count: int | None
    detail: str | None
    basis: str | None
    until: Instant | None


class DryRun(View, frozen=True, kw_only=True):
    """`holders` are in the order in which they would be erased."""

    number: str
    account_id: str
    generation: int
    looked_at: Instant
    holders: list[Holding]


@calls.get("/desk/tickets/{id}/dry-run", who=AGENT, answers={200: DryRun}, says="What would be erased", ids=IDS)
def what_would_be_erased(call: Call[None]) -> Answer:
    """Every holder is asked what it has of the account now; nothing is erased. 404 if the ticket is about no account,
    or about several."""
    ticket = store.find(call.path["id"])
    account = _account(ticket)
    found = dry_run.look_everywhere(account)
    view = DryRun(
        number=ticket.number, account_id=account.account_id, generation=account.generation, looked_at=clock.now(),
        holders=[_holding(name, look) for name, look in found.items()],
    )  # fmt: skip
    return Answer(200, view)


def _account(ticket: Ticket) -> AccountRef:
    """The account that was proved, or the one that an unproved ticket may be about."""
    if ticket.account:
        return ticket.account
    if len(ticket.claims) != 1:
        raise NotFound()
    return ticket.claims[0]


def _holding(name: str, look: Look) -> Holding:
    return Holding(
        holder=name, found=look.found, count=look.count, detail=look.detail, basis=look.basis, until=look.until
    )
