"""A letter that answers one of our mails: whose ticket it belongs to, and what it may do there."""

from contextlib import suppress
from functools import partial

from msgspec import Struct

from chalicelib import clock
from chalicelib.accounts import store as accounts
from chalicelib.accounts.account import Account, folded
from chalicelib.letters import acknowledging, quarantine
from chalicelib.letters.acknowledging import HeldBack
from chalicelib.letters.arrival import Opened, mark_seen
from chalicelib.letters.words import stop_word, typed_codes
from chalicelib.problems import ChangedMeanwhile, CodeRefused
from chalicelib.proof import proving
from chalicelib.proof.proving import SEATS, Seat, Seen
from chalicelib.tickets import deciding, moves, opening, store
from chalicelib.tickets.opening import FromOutside, asker_hash
from chalicelib.tickets.store import guards
from chalicelib.tickets.ticket import MAY_WITHDRAW, Ticket
from chalicelib.transaction import Together

_TURNS = 5


class Thread(Struct, frozen=True, kw_only=True):
    """What a letter answers. `is_signed`: it came to the signed address of that mail, not only with its id."""

    seen: Seen
    is_signed: bool


class Sender(Struct, frozen=True, kw_only=True):
    """Who the From header says wrote: the asker, somebody at the address on file, both, or neither."""

    is_asker: bool
    is_owner: bool


def taken(read: Opened) -> bool:
    """Whether the letter answers a mail of ours; then it has its place. Raises `SeenBefore`."""
    for _ in range(_TURNS):
        thread = _thread(read)
        if not thread:
            return False
        try:
            _place(read, thread)
            return True
        except ChangedMeanwhile:  # somebody moved the ticket: look again at what is so now
            continue
    raise ChangedMeanwhile()


def recorded_on_ticket(read: Opened, cause: str) -> bool:
    """Lays an automatic answer beside the ticket whose mail it answers."""
    thread = _thread(read)
    if not thread:
        return False
    _keep(read, thread.seen.ticket, cause)
    return True


def join(read: Opened, number: str) -> None:
    """A further request, while a code lives or the closure is open: it joins that ticket and sends nothing."""
    _keep(read, store.find(number), "joined")


def _thread(read: Opened) -> Thread | None:
    for address in (*read.arrival.recipients, *read.letter.to, *read.letter.cc):
        if seen := proving.seen_by_address(address):
            return Thread(seen=seen, is_signed=True)
    for message_id in (*read.letter.in_reply_to, *reversed(read.letter.references))[:20]:
        sent = guards.sent(message_id.partition("@")[0])
        ticket = store.look_for(sent[0]) if sent else None
        if sent and ticket:
            return Thread(seen=Seen(ticket=ticket, seat=_seat(sent[1])), is_signed=False)
    return None


def _seat(stored: str) -> Seat:
    return next((seat for seat in SEATS if seat == stored), "asker")


def _place(read: Opened, thread: Thread) -> None:
    ticket = thread.seen.ticket
    sender = _sender(read, ticket)
    has_code = bool(typed_codes(read.words.above)) and _code_counts(read, thread, sender)
    if stop_word(read.words.above) and ticket.status in MAY_WITHDRAW and _may_stop(read, thread, sender):
        _stop(read, thread, sender)
    elif not (sender.is_asker or sender.is_owner or has_code or read.quarantined):
        quarantine.put(read, "other_sender", number=ticket.number)
    elif read.standing == "suspect":
        _keep(read, ticket, "suspect")
    elif not ticket.is_live:
        _open_linked(read, ticket)
    elif has_code:
        _try_code(read, ticket, sender)
    elif read.standing == "authenticated" and (sender.is_asker or sender.is_owner):
        wants_code = thread.seen.seat == "code" and ticket.status == "awaiting_proof" and not ticket.stopped
        asks_how = wants_code and sender.is_owner and acknowledging.may_answer(read)
        _add_words(read, ticket, sender, asks_how=asks_how)
    else:  # a released letter of somebody else, too: an agent has said whose ticket it belongs to
        _keep(read, ticket, read.standing if sender.is_asker or sender.is_owner else "other_sender")


def _sender(read: Opened, ticket: Ticket) -> Sender:
    """Compares From with who asked, and with the addresses on file, as they are now, were sealed, or are remembered
    as a hash after the account is gone."""
    if not read.claimed_sender:
        return Sender(is_asker=False, is_owner=False)
    address = folded(read.claimed_sender)
    contacts = store.contacts(ticket.number)
    on_file = {folded(contacts[each].address) for each in ("owner", "previous") if each in contacts}
    for each in (*ticket.claims, *((ticket.account,) if ticket.account else ())):
        account = accounts.look_for(each.account_id)
        if account and account.generation == each.generation:
            on_file |= _addresses(account)
    asker = folded(contacts["asker"].address) if "asker" in contacts else None
    return Sender(is_asker=address == asker, is_owner=address in on_file or asker_hash(address) == ticket.owner_mail)


def _addresses(account: Account) -> set[str]:
    """The address on file, and for 30 days the one that it replaced."""
    is_new = account.has_new_address(clock.now())
    return {account.address} | ({folded(account.previous_address)} if is_new and account.previous_address else set())


def _may_stop(read: Opened, thread: Thread, sender: Sender) -> bool:
    """Stopping is easier than closing: the signed address, or a mere claim of the address on file, is enough."""
    return thread.is_signed or sender.is_owner or (sender.is_asker and read.standing == "authenticated")


def _code_counts(read: Opened, thread: Thread, sender: Sender) -> bool:
    """A code counts only where its own mail says: at that mail's signed address, or in an authenticated reply by the
    address on file. Never from a suspect sender."""
    if read.standing == "suspect":
        return False
    at_its_address = thread.is_signed and thread.seen.seat == "code"
    return at_its_address or (read.standing == "authenticated" and sender.is_owner)


def _stop(read: Opened, thread: Thread, sender: Sender) -> None:
    """Who is authenticated and may, withdraws; anybody else at least pauses the ticket for an agent (rule 10)."""
    ticket = thread.seen.ticket
    word = stop_word(read.words.above)
    owns_it = sender.is_owner and bool(ticket.proof)
    asked_it = sender.is_asker and not ticket.proof
    extra = partial(_beside, read, ticket.number, "stop")
    if word == "withdraw" and read.standing == "authenticated" and (owns_it or asked_it):
        deciding.withdraw(ticket, by="owner" if owns_it else "asker", extra=extra)
    else:
        by = "owner" if sender.is_owner or thread.seen.seat != "asker" else "asker"
        has_owners_mail = thread.is_signed and thread.seen.seat != "asker"
        is_believed = has_owners_mail or (sender.is_owner and read.standing == "authenticated")
        deciding.stop(ticket, by=by, why=word or "stop", is_believed=is_believed, extra=extra)


def _try_code(read: Opened, ticket: Ticket, sender: Sender) -> None:
    """Tries the letter's code; what comes of it is told to the address on file alone, within its budget."""
    if acknowledging.may_answer(read) and sender.is_owner:
        with suppress(HeldBack):
            _try_first_code(read, ticket, sender, tell=True)
            return
    _try_first_code(read, ticket, sender, tell=False)


def _try_first_code(read: Opened, ticket: Ticket, sender: Sender, *, tell: bool) -> None:
    """The first code of the letter is tried: a letter is at most one try. One that is over is refused as well."""
    code = ticket.code

    def beside(together: Together) -> None:
        _beside(read, ticket.number, "code", together)
        if tell and read.sender:
            acknowledging.spend(together, read.sender, is_on_file=True)

    if code and code.lives_at(clock.now()) and ticket.status in ("awaiting_proof", "in_review", "scheduled"):
        with suppress(CodeRefused):  # it is on the timeline
            proving.try_code(ticket, typed_codes(read.words.above)[0], by="owner", tell=tell, beside=beside)
    elif code and ticket.status == "awaiting_proof" and not ticket.stopped:
        refused = moves.code_refused(ticket, by="owner", at=clock.now(), tell=tell)
        deciding.apply(ticket, refused, extra=lambda together, _: beside(together))
    elif read.standing == "authenticated" and (sender.is_asker or sender.is_owner):
        _add_words(read, ticket, sender, asks_how=False)
    else:
        _keep(read, ticket, "code")


def _add_words(read: Opened, ticket: Ticket, sender: Sender, *, asks_how: bool) -> None:
    by = "owner" if sender.is_owner and (ticket.proof or not sender.is_asker) else "asker"
    extra = partial(_beside, read, ticket.number, "reply")
    deciding.add_words(ticket, read.text or "-", by=by, asks_how=asks_how, extra=extra)


def _open_linked(read: Opened, ticket: Ticket) -> None:
    """An answer to an ended ticket never runs a closure again: it is a question of its own."""
    asked = FromOutside(
        way_in="mail", kind="support", language=ticket.language, subject=read.letter.subject[:200],
        text=read.text or "-", address=read.sender, name=read.letter.from_name[:200] or None,
        linked_to=ticket.number, came_at=read.arrival.at,
    )  # fmt: skip

    def beside(together: Together, number: str) -> None:
        _beside(read, number, "reply_to_ended", together)

    opening.open_from_outside(asked, beside=beside)


def _keep(read: Opened, ticket: Ticket, cause: str) -> None:
    """Lays the letter beside the ticket, marked, for agents to see."""
    together = Together()
    _beside(read, ticket.number, cause, together)
    store.commit(together)


def _beside(read: Opened, number: str, cause: str, together: Together) -> None:
    mark_seen(together, read, number)
    store.letters.beside_ticket(together, number, read.record(cause))
