"""Asks the company's own check whether something stands in the way of a closure, and writes down what it says.

docs/eligibility.md is the contract. Silence and nonsense are never taken for "nothing stands in the way": the ticket
says `cannot_tell`, and nothing is approved or erased until the check answers. While a customer waits it is asked for a
page only, for a short time, and its silence hinders nothing there.
"""

from datetime import datetime

from chalicelib import clock, hooks, operators
from chalicelib.accounts import store as accounts
from chalicelib.problems import Blocked, CannotTell, ChangedMeanwhile
from chalicelib.settings import settings
from chalicelib.tickets import eligibility, moves, opening, store
from chalicelib.tickets.eligibility import Heard, Named, Unanswered
from chalicelib.tickets.moves import Moved
from chalicelib.tickets.store import guards
from chalicelib.tickets.ticket import AccountRef, Ticket
from chalicelib.transaction import Together

_TIMEOUT_S = 8.0  # an agent waits for it, and API Gateway for 29 seconds at most
PAGE_WAITS_S = 3.0
_TURNS = 5


def is_on() -> bool:
    return bool(settings().eligibility_url)


def hear(account: AccountRef | None, *, within_s: float = _TIMEOUT_S) -> Heard:
    """What the check says of this registration of the account. Nothing, where none is configured."""
    if not is_on() or not account:
        return ()
    message = {"action": "check", "account_id": account.account_id, "generation": account.generation}
    try:
        said = hooks.call(
            settings().eligibility_url, message, key=settings().eligibility_key_parameter, timeout_s=within_s
        )
        return _heard(said.body) if said.status == 200 else Unanswered(why=f"http_{said.status}")
    except hooks.HookFailed as error:
        return Unanswered(why=str(error))
    except Exception as error:  # whatever it is: nobody can tell
        code = getattr(error, "response", {}).get("Error", {}).get("Code")  # of SSM, which has the key
        return Unanswered(why=str(code or type(error).__name__))


def _heard(body: bytes) -> Heard:
    from chalicelib.tickets.check_answer import named  # what reads it is large, and most desks have no such check

    return named(body)


def hear_for_a_page(account: AccountRef) -> tuple[Named, ...]:
    """What is named of it, for its owner to read before asking; nothing where the check is silent."""
    heard = hear(account, within_s=PAGE_WAITS_S)
    return () if isinstance(heard, Unanswered) else heard


# ── while the ticket is in review ────────────────────────────────────────────────────────────────────────────


def look(number: str) -> bool:
    """Asks about a ticket, and writes down the answer; where the operator lets proved closures through, what nothing
    stands in the way of is scheduled. False if the check is silent: don't wait for it again so soon."""
    ticket = store.find(number)
    if not is_on() or not eligibility.is_asked_of(ticket):
        return True
    heard, at = hear(ticket.account), clock.now()
    for _ in range(_TURNS):
        try:
            _write(ticket, _and_approved(_settled(ticket, heard, at=at), heard, at=at), heard, at=at)
            break
        except ChangedMeanwhile:
            ticket = store.find(number)
            if not eligibility.is_asked_of(ticket):
                break
    return not isinstance(heard, Unanswered) or heard.why == "wrong_answer"


def _and_approved(moved: Moved, heard: Heard, *, at: datetime) -> Moved:
    ticket = moved.ticket
    if isinstance(heard, Unanswered) or ticket.blockers or not ticket.account:
        return moved
    account = accounts.look_for(ticket.account.account_id)
    if not account or account.generation != ticket.account.generation:
        return moved  # an agent must look
    return opening.approved_at_once(moved, at=at, account=account, is_checked=True)


def must_be_free(ticket: Ticket) -> tuple[Moved, Heard]:
    """For who approves: the ticket, with the change that frees it if it was blocked, and what was heard. Otherwise
    writes down why not, and raises `Blocked` or `CannotTell`."""
    heard, at = hear(ticket.account), clock.now()
    moved = _settled(ticket, heard, at=at)
    if isinstance(heard, Unanswered):
        _write(ticket, moved, heard, at=at)
        raise CannotTell()
    if moved.ticket.blockers:
        _write(ticket, moved, heard, at=at)
        raise Blocked()
    return moved, heard


def keep(together: Together, number: str, heard: Heard, *, at: datetime) -> None:
    """Adds what was heard."""
    if is_on() and not isinstance(heard, Unanswered):
        store.eligibility.put(together, number, heard, at=at)


# ── before erasing ───────────────────────────────────────────────────────────────────────────────────────────


def is_free(ticket: Ticket, *, is_last: bool) -> bool:
    """Whether the scheduled closure may begin. What is blocked goes back to review; where the check is silent
    `CannotTell` is raised, but for the last time of asking, which puts the ticket back as well."""
    if not is_on():
        return True
    heard, at = hear(ticket.account), clock.now()
    moved = _settled(ticket, heard, at=at)
    if isinstance(heard, Unanswered):
        if not is_last:
            raise CannotTell()
        moved = moves.put_back(moved.ticket, at=at)
    _write(ticket, moved, heard, at=at)
    return moved.ticket.status == "scheduled"


def _settled(ticket: Ticket, heard: Heard, *, at: datetime) -> Moved:
    return eligibility.settled(ticket, heard, at=at, within=settings().blocker_within)


def _write(ticket: Ticket, moved: Moved, heard: Heard, *, at: datetime) -> None:
    together = Together()
    if moved.changes:
        store.move_with(together, moved, was=ticket)
    else:
        store.note_with(together, moved.ticket, at=at)
    keep(together, ticket.number, heard, at=at)
    if moved.ticket.status == "scheduled" and ticket.status != "scheduled" and ticket.account:
        guards.must_not_be_held(together, ticket.account)
    store.commit(together)
    if isinstance(heard, Unanswered) and not ticket.cause:
        operators.warn("check_before_closure_does_not_answer", ticket.number)
