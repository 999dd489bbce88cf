"""The steps of a closure: check, freeze, erase, look, close; and what happens when one fails.

Each step can be done again, late, or by a run that is over: it then changes nothing. The order of events and the
waiting are the workflow's (infra/closure.asl.json).
"""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any, Literal

from msgspec.structs import replace

from chalicelib import clock, metrics, operators
from chalicelib.accounts import store as accounts
from chalicelib.closure import holders, ledger, telling
from chalicelib.closure.holders import ACCOUNT_RECORD, NotDone, Refused
from chalicelib.closure.ledger import Look
from chalicelib.closure.plan import Go, may_go
from chalicelib.problems import Busy, ChangedMeanwhile, OnHold, SettingsWrong, TooMany
from chalicelib.settings import settings
from chalicelib.tickets import agenda, checking, deciding, moves, opening, store
from chalicelib.tickets.store import guards
from chalicelib.tickets.ticket import AccountRef, Ticket
from chalicelib.transaction import Found, Together

_log = logging.getLogger("signoff.closure")
_TURNS = 20
When = Literal["before", "after", "at_last"]
"""When a check comes: before the cooling-off, after it, and after it once more when the company's check was silent."""


class RunIsOver(Exception):
    """The ticket went on without this run: there is nothing left for it to do."""


class TooEarly(Exception):
    """The cooling-off isn't over by this function's clock, whatever the workflow's said: tried again, it will be."""


class StillThere(Exception):
    """A holder still shows data, or can't tell. The message names the holder and what it found, nothing personal."""


class HolderFailed(Exception):
    """A holder refused. The message names the holder and the kind of error; details stay out of workflow history."""


class NotLookedAgain(Exception):
    """Not every holder was looked at again by this run."""


def check(number: str, run: int, *, when: When) -> bool:
    """Whether the run goes on. A ticket that no longer fits its account is stopped for an agent. After the cooling-off
    the company's own check is asked as well: `CannotTell` while it is silent, `at_last` the ticket goes back to review.

    Raises `SettingsWrong` where the holders can't be used: days before anything would be erased by them.
    """
    holders.names()
    ticket = store.find(number)
    go = _may_go(ticket, run)
    if go in ("account_gone", "other_generation"):
        deciding.apply(ticket, moves.stopped(ticket, by="desk", at=clock.now(), why=go))
    if go == "go" and ticket.status == "scheduled" and ticket.account and guards.is_held(ticket.account):
        return _stop_for_hold(ticket)
    if go == "go" and ticket.status == "scheduled" and when != "before":
        return checking.is_free(ticket, is_last=when == "at_last")
    return go == "go"


def _stop_for_hold(ticket: Ticket) -> bool:
    """Another ticket brought a hold to the account: this one waits for an agent, and can't be approved before the hold
    is released. It doesn't go on."""
    deciding.apply(ticket, moves.stopped(ticket, by="desk", at=clock.now(), why="account_on_hold"))
    return False


def _may_go(ticket: Ticket, run: int) -> Go:
    account = accounts.look_for(ticket.account.account_id) if ticket.account else None
    return may_go(ticket, run=run, generation=account.generation if account else None)


def freeze(number: str, run: int) -> list[str]:
    """The account and the ticket are closing from now on, in one transaction, and the owner's address is sealed for
    the last notice. The holders in order; none if the run is over or the brake is on. `TooEarly` before its time."""
    ticket = store.find(number)
    if _may_go(ticket, run) != "go" or not ticket.account:
        return []
    if ticket.status == "scheduled":
        if ticket.closes_at and clock.now() < ticket.closes_at:
            raise TooEarly(number)
        if not _begun(ticket, ticket.account, run):
            return []
    else:
        _freeze_again(ticket, ticket.account, run)
    telling.tell_systems("AccountClosing", ticket)
    return holders.names()


def _begun(ticket: Ticket, reference: AccountRef, run: int) -> bool:
    """Freezes, or says that it may not be: the brake is on, or a hold came to the account."""
    try:
        _freeze_in_turn(ticket, reference, run)
    except guards.BrakeIsOn:
        return False
    except OnHold:
        return _stop_for_hold(ticket)
    except TooMany:
        if guards.pull_brake(at=clock.now()):
            operators.warn("brake", ticket.number)
        return False
    except ChangedMeanwhile:
        if store.find(ticket.number).status != "closing":
            raise
    return True


def _freeze_in_turn(ticket: Ticket, reference: AccountRef, run: int) -> None:
    """Closures that begin in one instant are counted one after the other."""
    for _ in range(_TURNS):
        try:
            return _freeze(ticket, reference, run)
        except guards.BegunMeanwhile:
            continue
    raise Busy()


def _freeze(ticket: Ticket, reference: AccountRef, run: int) -> None:
    at = clock.now()
    account = accounts.find(reference.account_id)
    together = Together()
    owner_mail = opening.asker_hash(account.fields.email)
    store.move_with(together, moves.began_closing(ticket, run=run, at=at, owner_mail=owner_mail), was=ticket)
    accounts.freeze(together, account)
    accounts.lock(together, reference.account_id, ticket.number)
    contact = store.Contact(
        address=account.fields.email, name=account.fields.name, language=account.fields.language or ticket.language
    )
    store.add_contact(together, ticket.number, "owner", contact)
    if account.has_new_address(at) and account.previous_address:
        previous = replace(contact, address=account.previous_address, name=None)
        store.add_contact(together, ticket.number, "previous", previous)
    guards.must_not_be_held(together, reference)
    guards.begin_within_brake(together, most=settings().closures_per_hour, at=at)
    store.commit(together)


def _freeze_again(ticket: Ticket, reference: AccountRef, run: int) -> None:
    """A retry. A record restored from a backup stands there as active: it is frozen before anything is erased. One of
    another generation is a new customer's: nothing may be erased any more."""
    account = accounts.look_for(reference.account_id)
    if account and account.generation != reference.generation:
        raise HolderFailed(f"{ACCOUNT_RECORD}: registered_again")

    def over(_: Found) -> bool:
        raise RunIsOver(ticket.number)

    together = Together()
    if account:
        accounts.freeze(together, account)
    else:
        accounts.must_be_gone(together, reference.account_id)
    accounts.lock(together, reference.account_id, ticket.number)
    store.check_run(together, ticket.number, run, refused=over)
    store.commit(together)


def erase(number: str, run: int, holder: str, *, enough: Callable[[], bool]) -> int:
    """Erases what the holder has; gives the seconds until a look at it counts. `RunIsOver`, `HolderFailed`, or
    `NotDone`: more is left than one call could do."""
    ticket, reference = _closing(number, run)
    if holder == ACCOUNT_RECORD:
        _ask(holder, partial(_erase_account_record, ticket, reference, run))
    else:
        _ask(holder, partial(holders.holder(holder).erase, reference, enough=enough))
    told = Look(found="cannot_tell", detail="erased_not_looked")
    at = clock.now()
    store.ledger.write(
        number, holder, ledger.line(holder, told, at=at, run=run, is_again=False, erased_at=at.isoformat())
    )
    return holders.settle(holder)


def _erase_account_record(ticket: Ticket, reference: AccountRef, run: int) -> None:
    """Conditional on id, generation, and this run of the workflow, in one transaction."""

    def refused(_: Found) -> bool:
        account = accounts.look_for(reference.account_id)
        if account is None or account.generation != reference.generation:
            return True  # gone already: an earlier attempt, whose answer was lost
        raise HolderFailed(f"{ACCOUNT_RECORD}: not frozen")

    def over(_: Found) -> bool:
        raise RunIsOver(ticket.number)

    together = Together()
    accounts.delete(together, reference.account_id, reference.generation, refused=refused)
    store.check_run(together, ticket.number, run, refused=over)
    store.commit(together)


def look(number: str, run: int, holder: str, *, is_again: bool) -> None:
    """Reads the holder again and writes what it found into the ledger. `StillThere` unless it is gone."""
    _, reference = _closing(number, run)
    before = next((line for line in store.ledger.read(number) if line["holder"] == holder), {})
    found = ask_to_look(holder, reference)
    erased_at = before.get("erased_at")
    said = ledger.line(holder, found, at=clock.now(), run=run, is_again=is_again, erased_at=erased_at)
    store.ledger.write(number, holder, said)
    metrics.count("HolderLooks", Found=found.found)
    if not ledger.is_gone(found, allowed=settings().kept_by_law):
        raise StillThere(f"{holder}: {_in_short(found)}")


def ask_to_look(holder: str, reference: AccountRef) -> Look:
    """What the holder has now; `HolderFailed` if it can't be asked. Writes nothing down."""
    if holder != ACCOUNT_RECORD:
        found: Look = _ask(holder, partial(holders.holder(holder).look, reference))
        return found
    account = _ask(holder, partial(accounts.look_for, reference.account_id))
    is_there = account is not None and account.generation == reference.generation
    return Look(found="some", count=1) if is_there else Look(found="nothing")


def _ask(holder: str, call: Callable[[], Any]) -> Any:
    try:
        return call()
    except NotDone:
        raise NotDone(holder) from None
    except (RunIsOver, HolderFailed):
        raise
    except Refused as error:
        raise HolderFailed(f"{holder}: {error}") from None
    except Exception as error:
        # Of botocore, whose errors of a lost connection have a `response` too: None. The other is PynamoDB's.
        told = (getattr(error, "response", None) or {}).get("Error", {}).get("Code")
        code = told or getattr(error, "cause_response_code", None) or type(error).__name__
        raise HolderFailed(f"{holder}: {code}") from None


def _in_short(found: Look) -> str:
    """What was found, and the code that says more, where there is one."""
    more = found.basis or found.detail
    return f"{found.found} ({more})" if more else found.found


def close(number: str, run: int) -> None:
    """The one place from which a ticket becomes closed (rule 1): on the ledger's evidence that this run looked at
    every holder again, and only while the account record of this generation is gone."""
    ticket = store.find(number)
    if ticket.status == "closed" and ticket.run == run:
        telling.tell_systems("AccountClosed", ticket)  # the first time may have been cut off here
        return
    ticket, reference = _closing(number, run)
    missing = ledger.not_yet_gone(store.ledger.read(number), holders.names(), run=run, allowed=settings().kept_by_law)
    if missing:
        raise NotLookedAgain(", ".join(missing))
    at = clock.now()
    moved = moves.closed(ticket, run=run, at=at)
    together = Together()
    store.move_with(together, moved, was=ticket)
    store.remember_owner(together, moved.ticket, at=at)
    accounts.must_be_gone(together, reference.account_id)
    accounts.unlock(together, reference.account_id)
    if ticket.guards:
        guards.free_closure(together, ticket.guards, number)
    desk_until = agenda.shrinks_at(moved.ticket, store.waits()) or at
    for line in ledger.residual_lines(at, desk_until=desk_until):
        store.ledger.add(together, number, line["holder"], line)
    store.commit(together)
    telling.tell_systems("AccountClosed", moved.ticket)


def trouble(number: str, run: int, cause: str, *, names_holder: bool = False) -> None:
    """A step failed for good: the ticket needs attention, with the cause. A run that is over changes nothing.

    A cause that names no holder, such as a function that ran out of time, gets the one that was in work.
    """
    ticket = store.find(number)
    if ticket.status != "closing" or ticket.run != run:
        return
    if not names_holder and (holder := _busy_with(number, run)):
        cause = f"{cause} ({holder})"
    store.move(moves.troubled(ticket, run=run, cause=cause[:200], at=clock.now()), was=ticket)
    operators.warn("needs_attention", number)


def _busy_with(number: str, run: int) -> str | None:
    try:
        listed = holders.names()
    except SettingsWrong:  # that may be the trouble
        return None
    return ledger.busy_with(store.ledger.read(number), listed, run=run, allowed=settings().kept_by_law)


def look_again(ticket: Ticket) -> Ticket:
    """The nightly look at a closed account: what reappears reopens the ticket. A new generation is a new customer.
    Where nothing is there the ticket says so, which is no change, and is written with the sweep's last word on it.

    A holder that can't tell tonight has not shown anything: `HolderFailed`, and the next sweep asks again.
    """
    there = still_there(ticket)
    return reopen(ticket, there) if there else replace(ticket, looked_again_at=clock.now())


def still_there(ticket: Ticket) -> tuple[str, Look] | None:
    """The first holder that shows something of the ticket's account, and what it shows. None where all is gone, and
    where its id belongs to a new customer by now. `HolderFailed` where one can't tell."""
    reference = ticket.account
    if not reference or has_new_generation(reference):
        return None
    for holder in holders.names():
        found = ask_to_look(holder, reference)
        if found.found == "cannot_tell":
            raise HolderFailed(f"{holder}: {_in_short(found)}")
        if not ledger.is_gone(found, allowed=settings().kept_by_law):
            return holder, found
    return None


def reopen(ticket: Ticket, there: tuple[str, Look]) -> Ticket:
    """What was closed isn't: the ticket needs attention, and operators are told."""
    holder, found = there
    said = ledger.line(holder, found, at=clock.now(), run=ticket.run, is_again=False)
    store.ledger.write(ticket.number, holder, said)
    again = replace(ticket, looked_again_at=clock.now())
    reopened = store.move(moves.reappeared(again, cause=f"{holder}: {_in_short(found)}", at=clock.now()), was=ticket)
    operators.warn("reappeared", ticket.number)
    return reopened


def _closing(number: str, run: int) -> tuple[Ticket, AccountRef]:
    """The ticket that this run erases. `RunIsOver`, or `HolderFailed` where its id belongs to a new customer by now:
    then what lies in the holders is theirs, and neither erasing nor looking means anything (rule 3)."""
    ticket = store.find(number)
    if ticket.status != "closing" or ticket.run != run or not ticket.account:
        raise RunIsOver(number)
    if has_new_generation(ticket.account):
        raise HolderFailed(f"{ACCOUNT_RECORD}: registered_again")
    return ticket, ticket.account


def has_new_generation(reference: AccountRef) -> bool:
    """Whether the id belongs to a new customer by now: what lies in the holders is theirs then (rule 3)."""
    account = accounts.look_for(reference.account_id)
    return account is not None and account.generation != reference.generation
