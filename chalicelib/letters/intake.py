"""Takes a letter in: it ends as a ticket, a reply, a recorded bounce, or in quarantine with its cause. None is lost.

Taken in twice, a letter changes nothing the second time.
"""

from functools import partial

from chalicelib import clock
from chalicelib.accounts import store as accounts
from chalicelib.accounts.account import Account
from chalicelib.language import guess_language
from chalicelib.letters import acknowledging, quarantine, replying
from chalicelib.letters.acknowledging import HeldBack
from chalicelib.letters.arrival import Arrival, Opened, mark_seen, opened, ours
from chalicelib.letters.kinds import LetterKind, kind_of
from chalicelib.letters.reports import returned_message_ids
from chalicelib.letters.words import stop_word
from chalicelib.problems import ClosureAlreadyOpen
from chalicelib.settings import settings
from chalicelib.tickets import deciding, opening, store
from chalicelib.tickets.asking import asks_for_closure
from chalicelib.tickets.opening import FromOutside, reference
from chalicelib.tickets.store import guards
from chalicelib.tickets.ticket import MAY_WITHDRAW, Ticket
from chalicelib.transaction import Together

_LONGEST_SUBJECT = 200


def take_in(arrival: Arrival) -> None:
    """Takes in a letter that SES delivered."""
    read = opened(arrival)
    kind = kind_of(read.letter, arrival.verdicts, arrival.source, ours())
    try:
        place(read, kind)
    except guards.SeenBefore as before:
        if before.letter_id != arrival.ses_id:
            store.letters.count_copy(before.number, before.letter_id)


def place(read: Opened, kind: LetterKind) -> None:
    """Finds the letter's place by its kind. Raises `SeenBefore`."""
    if kind in ("bounce", "complaint") and _recorded_on_notice(read, kind):
        return
    if kind == "automatic" and replying.recorded_on_ticket(read, kind):
        return
    if kind != "person":
        quarantine.put(read, kind)
    elif not replying.taken(read):
        _new_request(read)


def _recorded_on_notice(read: Opened, kind: LetterKind) -> bool:
    """A bounce or complaint counts only for a mail that we sent: a forged one must not silence anybody."""
    state = "bounced" if kind == "bounce" else "complained"
    for ses_id in returned_message_ids(read.letter):
        sent = guards.sent(ses_id.partition("@")[0])
        if sent:
            together = Together()
            mark_seen(together, read, sent[0])
            store.letters.beside_ticket(together, sent[0], read.record(kind))
            store.commit(together)
            store.notices.hear(sent[0], ses_id.partition("@")[0], state, at=clock.now())
            return True
    return False


def _new_request(read: Opened) -> None:
    found = tuple(accounts.with_address(read.sender)) if read.sender else ()
    if stop_word(read.words.above) and _paused_by_owner(read, found):
        return
    asked = _asked(read, found if read.standing != "suspect" else ())
    try:
        _open(read, asked)
    except (guards.CodeLives, ClosureAlreadyOpen) as other:
        replying.join(read, other.number)


def _open(read: Opened, asked: FromOutside) -> None:
    """Opens the ticket, acknowledged if the budgets allow it."""
    if acknowledging.may_answer(read, asked):
        acknowledged = FromOutside(**vars(asked) | {"acknowledge": True})
        try:
            opening.open_from_outside(acknowledged, with_letter=partial(_beside, read, budgets=True))
            return
        except HeldBack:
            asked = FromOutside(**vars(asked) | {"ack_held_back": True})
    opening.open_from_outside(asked, with_letter=partial(_beside, read, budgets=False))


def _beside(read: Opened, together: Together, number: str, *, budgets: bool) -> None:
    mark_seen(together, read, number)
    store.letters.beside_ticket(together, number, read.record("request"))
    if budgets and read.sender:
        acknowledging.spend(together, read.sender)


def _asked(read: Opened, found: tuple[Account, ...]) -> FromOutside:
    subject, text = read.letter.subject[:_LONGEST_SUBJECT], read.text
    default = "en" if settings().default_language == "en" else "vi"
    return FromOutside(
        way_in="mail", kind="closure" if asks_for_closure(subject, text) else "support",
        language=guess_language(f"{subject}\n{text}") or ("en" if default == "en" else "vi"), subject=subject,
        text=text or "-", address=read.sender, name=read.letter.from_name[:200] or None, found=found,
        is_authenticated=read.standing == "authenticated", is_suspect=read.standing == "suspect",
    )  # fmt: skip


def _paused_by_owner(read: Opened, found: tuple[Account, ...]) -> bool:
    """Rule 10: a stop that claims the address on file pauses that account's ticket, however little it is believed."""
    for account in found:
        ticket = _live_closure(account)
        if ticket:
            why = stop_word(read.words.above) or "stop"
            deciding.stop(ticket, by="owner", why=why, extra=partial(_recorded, read, ticket.number))
            return True
    return False


def _recorded(read: Opened, number: str, together: Together) -> None:
    mark_seen(together, read, number)
    store.letters.beside_ticket(together, number, read.record("stop"))


def _live_closure(account: Account) -> Ticket | None:
    number = guards.holder_of_closure(reference(account)) or guards.waiting(reference(account))
    ticket = store.look_for(number) if number else None
    return ticket if ticket and ticket.status in MAY_WITHDRAW else None
