"""Opening a ticket: from the portal, signed in, or from outside, where ownership is still to be proved."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from chalicelib import clock, keys
from chalicelib.accounts import store as accounts
from chalicelib.accounts.account import Account, folded
from chalicelib.problems import Busy, ChangedMeanwhile, ClosureAlreadyOpen, NotNow, SettingsWrong
from chalicelib.settings import settings
from chalicelib.tickets import deadlines, moves, store
from chalicelib.tickets.agenda import is_pending
from chalicelib.tickets.asking import asks_for_closure
from chalicelib.tickets.moves import Moved
from chalicelib.tickets.store import guards
from chalicelib.tickets.ticket import CODE_LIVES_FOR, MAY_WITHDRAW, AccountRef, Code, Kind, Ticket, TicketNumber, WayIn
from chalicelib.transaction import Together

Language = Literal["vi", "en"]
_TURNS = 5  # how often a number is drawn, or a race looked at again


class Asking(Struct, frozen=True, kw_only=True):
    """What a signed-in customer asks. `word`: explicitly to close the account; None: their words tell."""

    product: str
    category: str
    subject: str
    content: str
    word: bool | None
    language: Language | None


class SignedIn(Struct, frozen=True, kw_only=True):
    """What a sign-in proves: whose account it is, and whether that settles ownership now."""

    account_id: str
    is_owner: bool
    is_recent: bool


class Proved(Struct, frozen=True, kw_only=True):
    """Not a new ticket: an older one had waited for proof, and this sign-in gave it."""

    ticket: Ticket


def open_for_customer(
    asking: Asking,
    who: SignedIn,
    *,
    once: guards.Once | None,
    answer_of: Callable[[Moved, store.Words], dict[str, Any]],
    language: Language,
) -> Moved | Proved:
    """Opens the customer's ticket in one read and one transaction.

    Raises `ClosureAlreadyOpen`, `TooMany`, `AnsweredBefore` or `KeyUsedDifferently`. A closure needs a recent
    sign-in of the owner to be proved at once; the caller refuses an old one beforehand.
    """
    account = accounts.find(who.account_id)
    at = clock.now()
    start = _draft_for_customer(asking, who, account, at=at, language=asking.language or language)
    may_prove_another = bool(start.guards)
    for _ in range(_TURNS):
        ticket = replace(start, number=TicketNumber(keys.new_number()), once_key=once.key if once else None)
        moved = approved_at_once(moves.opened(ticket, by="customer"), at=at, account=account)
        words = store.Words(nth=1, by="customer", at=at, text=asking.content)
        together = Together()
        store.open_with(together, moved)
        if once:  # told before the guards: a repeat is answered as the first time, not refused as a second request
            guards.answered_once(together, once, answer_of(moved, words), now=at)
        _add_for_customer(together, moved.ticket, words, look_for_waiting=may_prove_another)
        _count_a_day(together, who.account_id, at=at)
        try:
            store.commit(together)
            return moved
        except store.NumberTaken:
            continue
        except (guards.CodeLives, ClosureAlreadyOpen) as other:
            try:
                if proved := _prove_waiting(other.number, asking, who, once=once, at=at):
                    return proved
            except ChangedMeanwhile:
                continue  # another call moved that ticket at this instant: what stands in the way now tells
            if isinstance(other, ClosureAlreadyOpen) or not start.guards:
                raise ClosureAlreadyOpen(number=other.number) from None
            may_prove_another = False
    raise Busy()


def _add_for_customer(together: Together, ticket: Ticket, words: store.Words, *, look_for_waiting: bool) -> None:
    store.add_words(together, ticket.number, words)
    if ticket.guards:
        guards.one_closure(together, ticket.guards, ticket.number)
        if look_for_waiting:
            guards.none_waits(together, ticket.guards)
    take_code(together, ticket, at=ticket.opened_at)


def _draft_for_customer(asking: Asking, who: SignedIn, account: Account, *, at: datetime, language: Language) -> Ticket:
    recognised = asking.word is None and asks_for_closure(asking.subject, asking.content)
    kind: Kind = "closure" if asking.word or recognised else "support"
    is_proved = kind == "closure" and bool(asking.word) and who.is_owner and who.is_recent
    me = reference(account)
    return replace(
        _draft(kind, "portal", language=account.fields.language or language, regime=regime_of(account), at=at),
        product=asking.product,
        category=asking.category,
        subject=asking.subject,
        who=account.account_id,
        account=me,
        claims=() if who.is_owner or kind == "support" else (me,),
        guards=me if kind == "closure" and who.is_owner else None,
        proof="sign_in" if is_proved else None,
        proved_at=at if is_proved else None,
        word_at=at if asking.word else None,
        asker_is_owner=who.is_owner,
    )


def _prove_waiting(
    number: str, asking: Asking, who: SignedIn, *, once: guards.Once | None, at: datetime
) -> Proved | None:  # fmt: skip
    """The older ticket, proved by this sign-in; None if it doesn't wait for proof, or wasn't asked for in so many
    words."""
    ticket = store.look_for(number)
    if ticket:
        stop_if_by_facts(ticket, at=at)
    may_prove = asking.word and who.is_owner and who.is_recent
    if not ticket or ticket.status != "awaiting_proof" or not may_prove:
        return None
    account = next((each for each in ticket.claims if each.account_id == who.account_id), None)
    if not account:
        return None

    def keep(together: Together) -> None:
        if once:  # only which ticket it was: a repeat is answered with that one as it is then
            guards.answered_once(together, once, {"proved": ticket.number}, now=at)

    proved = prove(ticket, account, way="sign_in", by="customer", at=at, words=asking.content, beside=keep)
    return Proved(ticket=proved)


def stop_if_by_facts(ticket: Ticket, *, at: datetime) -> bool:
    """Somebody signed in to an account that is being closed by facts: so its owner has not lost it. An agent must
    look. Whether the ticket was stopped. `ticket` may be a copy that is a moment behind."""
    for _ in range(_TURNS):
        if ticket.proof != "facts" or ticket.status not in MAY_WITHDRAW or ticket.stopped:
            return False
        ticket = store.find(ticket.number)
        with suppress(ChangedMeanwhile, NotNow):  # another call moved it: look at what is so now
            if not ticket.stopped:
                store.move(moves.stopped(ticket, by="owner", at=at, why="signed_in"), was=ticket)
                return True
    raise Busy()


def prove(
    ticket: Ticket, account: AccountRef, *, way: Literal["sign_in", "code", "facts"], by: str, at: datetime,
    before: Moved | None = None, words: str | None = None, beside: Callable[[Together], None] = lambda _: None,
) -> Ticket:  # fmt: skip
    """Writes the proof: the ticket takes the guard of rule 4, or ends as a link to the one that has it.

    One write with the move `before` it, which completed it; with `words` that came with it, where the ticket goes on;
    and with what `beside` adds, such as the letter that brought it.
    """
    start = before or Moved(ticket=ticket, changes=())
    # To type a code and to sign in for it are the asker's own word; facts that agents compared are not.
    proved = moves.proved(start.ticket, account=account, way=way, by=by, at=at, word=way != "facts")
    moved = approved_at_once(start.then(proved), at=at)
    together = Together()
    if words:
        moved = moved.then(moves.replied(moved.ticket, by=by, at=at, words=moved.ticket.version + 1))
        said = store.Words(nth=moved.ticket.version, by=by, at=at, text=words)
        store.add_words(together, ticket.number, said)
    store.move_with(together, moved, was=ticket)
    guards.one_closure(together, account, ticket.number)
    beside(together)
    try:
        store.commit(together)
    except ClosureAlreadyOpen as other:
        moved = start.then(moves.merged(start.ticket, into=other.number, by="desk", at=at))
        together = Together()
        store.move_with(together, moved, was=ticket)
        beside(together)
        store.commit(together)
    return moved.ticket


def approved_at_once(
    moved: Moved, *, at: datetime, account: Account | None = None, is_checked: bool = False
) -> Moved:  # fmt: skip
    """Where the operator lets proved closures through, the approval that follows; else the move as it is. An agent
    reviews where a hold stands on the account, or its address on file was changed in the last 30 days; and first the
    company's own check is asked, if it has one (`is_checked`: it was)."""
    ticket = moved.ticket
    automatic = settings().approval == "automatic" and ticket.proof in ("sign_in", "code")
    if settings().eligibility_url and not is_checked:
        return moved
    if not automatic or ticket.status != "in_review" or ticket.is_paused or not ticket.account:
        return moved
    account = account or accounts.find(ticket.account.account_id)
    if account.has_new_address(at) or guards.is_held(ticket.account):
        return moved
    return moved.then(moves.scheduled(ticket, by="desk", at=at, closes_at=at + settings().cooling_off))


class FromOutside(Struct, frozen=True, kw_only=True):
    """A request whose asker isn't signed in. `address`: who asks; `found`: accounts that the way in finds by itself."""

    way_in: WayIn
    kind: Kind
    language: Language
    subject: str
    text: str
    address: str | None = None
    name: str | None = None
    found: tuple[Account, ...] = ()
    is_authenticated: bool = False
    is_suspect: bool = False
    acknowledge: bool = False
    ack_held_back: bool = False
    by: str = "asker"
    linked_to: str | None = None
    came_at: datetime | None = None  # where that was earlier than now: the law's clock runs since then
    stands_for: str | None = None
    """What was named, where that must not be told from no account at all: it is guarded as an account would be."""


class Kept(Struct, frozen=True, kw_only=True):
    """An Idempotency-Key, and what is kept under it."""

    once: guards.Once
    answer_of: Callable[[Moved, store.Words], dict[str, Any]]


def open_from_outside(
    asked: FromOutside, *, beside: Callable[[Together, str], None] | None = None, kept: Kept | None = None
) -> Moved:
    """Opens an unproved ticket. Raises `CodeLives` where it must join the open ticket of a code that lives, and
    `ClosureAlreadyOpen` where the owner writes while their own closure is open: nothing is written then.

    `beside` adds what the way in writes in the same transaction. With `kept` a repeat raises `AnsweredBefore` or
    `KeyUsedDifferently`."""
    at = clock.now()
    once_key = kept.once.key if kept else None
    for _ in range(_TURNS):
        draft = _draft_from_outside(asked, at=at)
        ticket = replace(draft, number=TicketNumber(keys.new_number()), once_key=once_key)
        moved = moves.opened(ticket, by=asked.by, acknowledge=asked.acknowledge)
        together = Together()
        if beside:
            beside(together, ticket.number)
        store.open_with(together, moved)
        words = store.Words(nth=1, by=asked.by, at=at, text=asked.text)
        if kept:
            guards.answered_once(together, kept.once, kept.answer_of(moved, words), now=at)
        _add_from_outside(together, moved.ticket, asked, words)
        try:
            store.commit(together)
            return moved
        except store.NumberTaken:
            continue
        except guards.CodeLives as other:
            asked = _after_an_end(asked, other)
    raise Busy()


def _after_an_end(asked: FromOutside, other: guards.CodeLives) -> FromOutside:
    """What is asked, where the ticket whose code stands in the way waits for nobody any more: a code may go out again,
    unless "not me" has muted such requests; then an agent looks at it. A ticket that does wait is raised."""
    found = store.look_for(other.number)
    joins = not (found and is_pending(found)) or asked.way_in == "public"  # agents see no pending request
    if found and found.is_live and found.kind == "closure" and joins:
        raise other
    until = (found.code.issued_at if found and found.code else clock.now()) + CODE_LIVES_FOR
    references = [reference(each) for each in asked.found] or [_phantom(asked)]
    is_free = [guards.free_code(each, other.number, until=until) for each in references]
    return asked if all(is_free) else replace(asked, found=())


def _phantom(asked: FromOutside) -> AccountRef:
    """Guarded where no account is found, so that two requests for none behave as two for one (rule 8)."""
    return AccountRef(account_id=asked.stands_for or "", generation=0)


def _add_from_outside(together: Together, ticket: Ticket, asked: FromOutside, words: store.Words) -> None:
    at = ticket.changed_at
    store.add_words(together, ticket.number, words)
    if asked.address:
        contact = store.Contact(address=asked.address, name=asked.name, language=asked.language)
        store.add_contact(together, ticket.number, "asker", contact)
    if ticket.guards:
        guards.one_closure(together, ticket.guards, ticket.number)
    take_code(together, ticket, at=at)
    if asked.stands_for and not ticket.claims:
        take_code(together, replace(ticket, claims=(_phantom(asked),), code=Code(nth=1, issued_at=at)), at=at)


def _draft_from_outside(asked: FromOutside, *, at: datetime) -> Ticket:
    came_at = min(asked.came_at or at, at)
    regime = deadlines.shortest(regimes_in_use(), start=came_at)
    active = tuple(each for each in asked.found if each.status == "active" and not each.has_new_address(at))
    claims = tuple(reference(each) for each in active) if not asked.is_suspect else ()
    is_owner = asked.is_authenticated and bool(asked.address) and any(_is_on_file(asked, each) for each in active)
    return replace(
        _draft(asked.kind, asked.way_in, language=asked.language, regime=regime, at=came_at),
        changed_at=at,
        asked_proof_at=at if came_at < at else None,
        subject=asked.subject,
        who=asker_hash(asked.address) if asked.address else None,
        claims=claims,
        guards=claims[0] if asked.kind == "closure" and is_owner and len(claims) == 1 else None,
        asker_is_owner=is_owner,
        suspect=asked.is_suspect,
        ack_held_back=asked.ack_held_back,
        linked_to=asked.linked_to,
    )


def _is_on_file(asked: FromOutside, account: Account) -> bool:
    return folded(asked.address or "") == account.address


def _draft(kind: Kind, way_in: WayIn, *, language: Language, regime: deadlines.Regime, at: datetime) -> Ticket:
    answer_by = deadlines.after(at, regime.first_answer, zone=regime.zone)
    return Ticket(
        number=TicketNumber(""), kind=kind, status="received", way_in=way_in, language=language, opened_at=at,
        changed_at=at, due_at=deadlines.after(at, regime.fulfil), answer_by=answer_by, regime=regime.name,
    )  # fmt: skip


def reference(account: Account) -> AccountRef:
    return AccountRef(account_id=account.account_id, generation=account.generation)


@cache
def regimes_in_use() -> tuple[str, ...]:
    """The configured regimes. `SettingsWrong` if one is unknown, or if the waiting times don't fit the shortest."""
    now = settings()
    names = tuple(each.strip() for each in now.regimes.split(","))
    unknown = {*names, now.regime} - deadlines.REGIMES.keys()
    if unknown:
        raise SettingsWrong(wrong=(f"REGIMES, REGIME: unknown {', '.join(sorted(unknown))}",))
    start = clock.now()
    shortest = deadlines.shortest(names, start=start)
    if start + now.proof_within + now.cooling_off > deadlines.after(start, shortest.fulfil):
        raise SettingsWrong(wrong=(f"PROOF_WITHIN and COOLING_OFF together pass the deadline of {shortest.name}",))
    return names


def answer_by(start: datetime) -> datetime:
    """By when somebody whose account nobody knows must have a first answer: the shortest regime's."""
    regime = deadlines.shortest(regimes_in_use(), start=start)
    return deadlines.after(start, regime.first_answer, zone=regime.zone)


def regime_of(account: Account) -> deadlines.Regime:
    regimes_in_use()  # checked before the first ticket is dated
    return deadlines.regime_for(account.fields.country, default=settings().regime)


def asker_hash(address: str) -> str:
    """What stands in keys instead of an address."""
    return "mail#" + keys.keyed_hash("asker", folded(address))


def take_code(together: Together, ticket: Ticket, *, at: datetime) -> None:
    """Adds: while the ticket's new code lives, no other code goes out for these accounts."""
    for claim in ticket.claims if ticket.code else ():
        until, waits_until = at + CODE_LIVES_FOR, ticket.waits_since + settings().proof_within
        guards.one_code(together, claim, ticket.number, now=at, until=until, waits_until=waits_until)


def _count_a_day(together: Together, account_id: str, *, at: datetime) -> None:
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    name = f"tickets#{account_id}#{at:%Y-%m-%d}"
    guards.within_budget(together, name, most=settings().tickets_a_day, again_at=midnight)
