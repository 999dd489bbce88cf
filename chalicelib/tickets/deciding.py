"""What agents, admins and the asker do with a ticket that is open."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from chalicelib import clock
from chalicelib.accounts import store as accounts
from chalicelib.language import N_
from chalicelib.problems import (
    BadInput,
    ChangedMeanwhile,
    ClosureAlreadyOpen,
    NotFound,
    NotNow,
    NotProved,
    OwnAccount,
    SignInAgain,
)
from chalicelib.settings import settings
from chalicelib.tickets import checking, deadlines, moves, opening, store
from chalicelib.tickets.moves import Moved
from chalicelib.tickets.store import guards
from chalicelib.tickets.ticket import CODE_LIVES_FOR, AccountRef, Kind, ReasonToReject, Ticket
from chalicelib.transaction import Together

FACTS_COOLING_OFF = timedelta(days=7)
ASK_AGAIN_AFTER = timedelta(minutes=15)
SEVERAL_ADDRESSES = N_("These accounts have different addresses on file; choose accounts of one address.")


class Deciding(Struct, frozen=True, kw_only=True):
    """An agent's decision: who, and which version of the ticket they had before their eyes."""

    sub: str
    account_id: str | None
    expected_version: int

    @property
    def by(self) -> str:
        return f"agent:{self.sub}"


Extra = Callable[[Together, Moved], None]


def decide(
    number: str, who: Deciding, move: Callable[[Ticket, datetime], Moved], *, extra: Extra | None = None
) -> Ticket:
    """Applies one decision. `ChangedMeanwhile` if somebody was faster, `OwnAccount` on the agent's own account."""
    ticket = seen(number, who)
    return apply(ticket, move(ticket, clock.now()), extra=extra)


def seen(number: str, who: Deciding) -> Ticket:
    """The ticket, if it still is as the agent saw it, and theirs to decide."""
    ticket = store.find(number)
    concerned = {each.account_id for each in references(ticket)}
    if who.account_id in concerned:
        raise OwnAccount()
    if ticket.version != who.expected_version:
        raise ChangedMeanwhile()
    return ticket


def apply(ticket: Ticket, moved: Moved, *, extra: Extra | None = None) -> Ticket:
    """Writes a move with what belongs to it; a ticket that ends gives its account's guard back."""
    together = Together()
    store.move_with(together, moved, was=ticket)
    gives_back = moved.ticket.guards != ticket.guards or not moved.ticket.is_live
    if ticket.guards and ticket.is_live and gives_back:
        guards.free_closure(together, ticket.guards, ticket.number)
    if extra:
        extra(together, moved)
    store.commit(together)
    return moved.ticket


# ── agents ───────────────────────────────────────────────────────────────────────────────────────────────────


def approve(number: str, who: Deciding) -> Ticket:
    """The closure is scheduled. On the facts way the address on file always gets a cooling-off to say stop. `Blocked`,
    or `CannotTell`, as the company's own check has it."""
    ticket, at = seen(number, who), clock.now()
    wait = max(settings().cooling_off, FACTS_COOLING_OFF) if ticket.proof == "facts" else settings().cooling_off

    def scheduled(free: Ticket) -> Moved:
        return moves.scheduled(free, by=who.by, at=at, closes_at=at + wait)

    scheduled(replace(ticket, blockers=()))  # what is refused anyway asks no other system
    freed, heard = checking.must_be_free(ticket)

    def extra(together: Together, moved: Moved) -> None:
        checking.keep(together, number, heard, at=at)
        for account in references(moved.ticket):
            guards.must_not_be_held(together, account)

    return apply(ticket, freed.then(scheduled(freed.ticket)), extra=extra)


def reject(number: str, who: Deciding, reason_code: ReasonToReject, reason: str) -> Ticket:
    def move(ticket: Ticket, at: datetime) -> Moved:
        words = ticket.version + 1 if reason else None
        return moves.rejected(ticket, by=who.by, at=at, reason=reason_code, words=words)

    return decide(number, who, move, extra=_words(who.by, reason))


def hold(number: str, who: Deciding, reason: str, review_at: datetime) -> Ticket:
    """A reason not to erase now. It stands on the account, too: withdrawing and asking anew doesn't shake it off."""

    def move(ticket: Ticket, at: datetime) -> Moved:
        return moves.held(ticket, by=who.by, at=at, review_at=review_at)

    def extra(together: Together, moved: Moved) -> None:
        _words(who.by, reason, is_internal=True)(together, moved)
        for account in references(moved.ticket):
            guards.hold(together, account, number)

    return decide(number, who, move, extra=extra)


def release(number: str, who: Deciding) -> Ticket:
    """Lifts the hold, or the stop, from the ticket, and the hold from its account, whichever ticket brought it."""

    def move(ticket: Ticket, at: datetime) -> Moved:
        is_held = any(guards.is_held(account) for account in references(ticket))
        return moves.released(replace(ticket, held=True) if is_held else ticket, by=who.by, at=at)

    def extra(together: Together, moved: Moved) -> None:
        for account in references(moved.ticket):
            guards.release(together, account)

    return decide(number, who, move, extra=extra)


def references(ticket: Ticket) -> tuple[AccountRef, ...]:
    """The accounts that the ticket is, or may be, about."""
    return (*ticket.claims, *((ticket.account,) if ticket.account and ticket.account not in ticket.claims else ()))


def assign(number: str, who: Deciding, to: str) -> Ticket:
    return decide(number, who, lambda ticket, at: moves.assigned(ticket, to=to, by=who.by, at=at))


def link(number: str, who: Deciding, account_ids: tuple[str, ...]) -> Ticket:
    """An agent chooses which account, or accounts of one address, an unproved ticket is about; `NotFound` if one of
    them isn't there, `BadInput` if they have several addresses: one mail names all of a ticket's accounts. `OwnAccount`
    if one is the agent's."""
    if who.account_id in account_ids:
        raise OwnAccount()
    found = [accounts.find(each) for each in account_ids]
    if len({each.address for each in found}) > 1:
        raise BadInput(fields=(("account_ids", SEVERAL_ADDRESSES),))
    claims = tuple(opening.reference(each) for each in found)
    return decide(number, who, lambda ticket, at: moves.linked(ticket, claims=claims, by=who.by, at=at))


def send_code(number: str, who: Deciding) -> Ticket:
    """A fresh code to the address on file. `NotNow` where that address was changed in the last 30 days."""

    def move(ticket: Ticket, at: datetime) -> Moved:
        for claim in ticket.claims:
            account = accounts.look_for(claim.account_id)
            if account and account.has_new_address(at):
                raise NotNow(status=ticket.status)
        return moves.code_sent(ticket, by=who.by, at=at)

    def extra(together: Together, moved: Moved) -> None:
        for claim in moved.ticket.claims:
            guards.mute(together, claim, moved.ticket.number, until=moved.ticket.changed_at + CODE_LIVES_FOR)

    return decide(number, who, move, extra=extra)


def expedite(number: str, who: Deciding) -> Ticket:
    return decide(number, who, lambda ticket, at: moves.expedited(ticket, by=who.by, at=at))


def retry(number: str, who: Deciding) -> Ticket:
    return decide(number, who, lambda ticket, at: moves.retried(ticket, by=who.by, at=at))


def resolve(number: str, who: Deciding) -> Ticket:
    return decide(number, who, lambda ticket, at: moves.resolved(ticket, by=who.by, at=at))


def extend(number: str, who: Deciding, reason: str) -> Ticket:
    """The regime's extension, once, with its reason; `NotNow` where the law allows none."""

    def move(ticket: Ticket, at: datetime) -> Moved:
        extension = deadlines.REGIMES[ticket.regime].extension
        if not extension:
            raise NotNow(status=ticket.status)
        due_at = deadlines.after(ticket.due_at, extension)
        return moves.extended(ticket, by=who.by, at=at, due_at=due_at, words=ticket.version + 1)

    return decide(number, who, move, extra=_words(who.by, reason))


def answer(number: str, who: Deciding, text: str, *, needs_answer: bool) -> Ticket:
    """An agent writes to the asker."""

    def move(ticket: Ticket, at: datetime) -> Moved:
        return moves.answered(ticket, by=who.by, at=at, words=ticket.version + 1, needs_answer=needs_answer)

    return decide(number, who, move, extra=_words(who.by, text))


def note(number: str, who: Deciding, text: str) -> Ticket:
    def move(ticket: Ticket, at: datetime) -> Moved:
        return moves.noted(ticket, by=who.by, at=at, words=ticket.version + 1)

    return decide(number, who, move, extra=_words(who.by, text, is_internal=True))


def correct(number: str, who: Deciding, kind: Kind) -> Ticket:
    """The ticket is of another kind than it looked. A closure takes its account's guard, support gives it back."""

    def extra(together: Together, moved: Moved) -> None:
        ticket = moved.ticket
        if ticket.guards:
            guards.one_closure(together, ticket.guards, ticket.number)
        opening.take_code(together, ticket, at=ticket.changed_at)

    def move(ticket: Ticket, at: datetime) -> Moved:
        mine = ticket.account if ticket.asker_is_owner and ticket.way_in == "portal" else None
        return moves.corrected(replace(ticket, guards=mine or ticket.guards), kind=kind, by=who.by, at=at)

    try:
        return decide(number, who, move, extra=extra)
    except guards.CodeLives as other:
        raise ClosureAlreadyOpen(number=other.number) from None


def merge(number: str, who: Deciding, into: str) -> Ticket:
    """Ends the ticket as a link to another one that is about the same account; `NotFound` for any other."""
    other = store.find(into)

    def move(ticket: Ticket, at: datetime) -> Moved:
        if into == number or not set(references(ticket)) & set(references(other)):
            raise NotFound()
        return moves.merged(ticket, into=into, by=who.by, at=at)

    return decide(number, who, move)


def _words(by: str, text: str, *, is_internal: bool = False) -> Extra:
    """Writes the decision's free text beside the change that tells of it."""

    def extra(together: Together, moved: Moved) -> None:
        if text:
            ticket = moved.ticket
            words = store.Words(nth=ticket.version, by=by, at=ticket.changed_at, text=text, is_internal=is_internal)
            store.add_words(together, ticket.number, words)

    return extra


# ── the asker ────────────────────────────────────────────────────────────────────────────────────────────────


def confirm(ticket: Ticket, account: AccountRef, *, is_owner: bool, is_recent: bool) -> Ticket:
    """The asker's own word. With the owner's recent sign-in it is the proof as well; anybody else's needs the code."""
    at = clock.now()
    if ticket.status != "received" or ticket.kind != "closure":
        raise NotNow(status=ticket.status)
    if is_owner and not ticket.proof:
        if not is_recent:
            raise SignInAgain(within_s=int(settings().sign_in_within.total_seconds()))
        return opening.prove(ticket, account, way="sign_in", by="customer", at=at)
    if ticket.proof:
        return store.move(moves.confirmed(ticket, by="customer", at=at), was=ticket)
    moved = moves.confirmed(replace(ticket, claims=(account,)), by="customer", at=at)
    return apply(ticket, moved, extra=lambda together, done: opening.take_code(together, done.ticket, at=at))


Beside = Callable[[Together], None]
"""What a letter that brought the asker's words writes in the same transaction."""


def confirm_by_link(ticket: Ticket) -> Ticket:
    """The own word of an asker who proved by facts, given on their tracking page."""
    if ticket.proof != "facts":
        raise NotProved()
    return store.move(moves.confirmed(ticket, by="asker", at=clock.now()), was=ticket)


def withdraw(ticket: Ticket, *, by: str, extra: Beside | None = None) -> Ticket:
    return apply(ticket, moves.withdrawn(ticket, by=by, at=clock.now()), extra=_with(extra))


def stop(
    ticket: Ticket, *, by: str, why: Literal["stop", "not_me", "withdraw"], is_believed: bool,
    extra: Beside | None = None,
) -> Ticket:  # fmt: skip
    """Pauses the ticket for an agent (rule 10). "Not me" mutes requests from outside for 30 days, if it is believed:
    who only claims the address on file could otherwise keep its owner from leaving."""
    at = clock.now()

    def mute(together: Together) -> None:
        for claim in (*ticket.claims, *((ticket.account,) if ticket.account else ())):
            guards.mute(together, claim, ticket.number, until=at + guards.MUTED_FOR)

    moved = moves.stopped(ticket, by=by, at=at, why=why)
    return apply(ticket, moved, extra=_with(extra, mute if why == "not_me" and is_believed else None))


def add_words(ticket: Ticket, text: str, *, by: str, asks_how: bool = False, extra: Beside | None = None) -> Ticket:
    """The asker adds words to an open ticket. `asks_how`: they answered the code's mail without a code."""
    if not ticket.is_live:
        raise NotNow(status=ticket.status)
    moved = moves.replied(ticket, by=by, at=clock.now(), words=ticket.version + 1, asks_how=asks_how)

    def all_of_it(together: Together, done: Moved) -> None:
        _words(by, text)(together, done)
        if extra:
            extra(together)

    return apply(ticket, moved, extra=all_of_it)


def _with(*besides: Beside | None) -> Extra:
    def extra(together: Together, _: Moved) -> None:
        for beside in besides:
            if beside:
                beside(together)

    return extra


def send_fresh_code(ticket: Ticket) -> Ticket:
    """Another code, asked for at the page of the code's own mail. `NotNow` while the last one lives and has tries."""
    at = clock.now()
    if ticket.stopped or (ticket.code and ticket.code.lives_at(at) and at < ticket.code.issued_at + ASK_AGAIN_AFTER):
        raise NotNow(status=ticket.status)
    moved = moves.code_sent(ticket, by="owner", at=at)
    try:
        return apply(ticket, moved, extra=lambda together, done: opening.take_code(together, done.ticket, at=at))
    except guards.CodeLives:  # that of another ticket for this account
        raise NotNow(status=ticket.status) from None


def ask_to_expedite(ticket: Ticket, *, by: str) -> Ticket:
    """A fresh code goes to the address on file, at most one in 15 minutes; typed, it asks for the closure without
    further waiting. `NotNow` where that address was changed in the last 30 days."""
    at = clock.now()
    account = accounts.look_for(ticket.account.account_id) if ticket.account else None
    if account and account.has_new_address(at):
        raise NotNow(status=ticket.status)
    moved, last = moves.code_sent(ticket, by=by, at=at, aim="expedite"), ticket.code
    if last and last.aim == "expedite" and last.lives_at(at) and at < last.issued_at + ASK_AGAIN_AFTER:
        return ticket
    return store.move(moved, was=ticket)
