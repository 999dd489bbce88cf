"""Takes a letter in: it ends as a ticket, a reply, a recorded bounce, or in quarantine with its cause. None is lost.

Taken in twice, a letter changes nothing the second time.
"""

from functools import partial

from msgspec.structs import replace

from chalicelib.accounts import store as accounts
from chalicelib.accounts.account import Account
from chalicelib.language import guess_language
from chalicelib.letters import acknowledging, attachments, quarantine, replying
from chalicelib.letters.acknowledging import HeldBack
from chalicelib.letters.arrival import Arrival, Opened, mark_seen, opened, ours
from chalicelib.letters.kinds import LetterKind, kind_of
from chalicelib.letters.returned import bounced_message_ids, failed_recipients
from chalicelib.letters.words import stop_word
from chalicelib.notices import delivery
from chalicelib.problems import Busy, ChangedMeanwhile, ClosureAlreadyOpen, Problem
from chalicelib.settings import settings
from chalicelib.tickets import deciding, opening, store
from chalicelib.tickets.asking import asks_for_closure
from chalicelib.tickets.opening import FromOutside, reference
from chalicelib.tickets.store import guards
from chalicelib.tickets.ticket import MAY_WITHDRAW, Ticket
from chalicelib.transaction import Together

_LONGEST_SUBJECT = 200
_TURNS = 5


def take_in(arrival: Arrival) -> LetterKind:
    """Takes in a letter that SES delivered; gives its kind."""
    read = opened(arrival)
    kind = kind_of(read.letter, arrival.verdicts, arrival.source, ours())
    try:
        place(read, kind)
    except guards.SeenBefore as before:
        if before.letter_id != arrival.ses_id:
            copy = {"copy_id": arrival.ses_id, "key": arrival.key}
            store.letters.count_copy(before.number, before.letter_id, **copy)
    except (ChangedMeanwhile, Busy):
        raise  # a race: the next attempt finds what is so then
    except Problem:
        quarantine.put(read, "unplaced")  # no place fits it: an agent looks, lest it be lost
    return kind


def place(read: Opened, kind: LetterKind) -> None:
    """Finds the letter's place by its kind. Raises `SeenBefore`."""
    if kind in ("bounce", "complaint") and _recorded_on_notice(read, kind):
        return
    if kind == "automatic" and replying.recorded_on_ticket(read, kind):
        return
    if kind != "person":
        quarantine.put(read, kind)
        return
    attachments.lay_apart(read.arrival.ses_id, read.letter.attachments)
    if not replying.taken(read):
        _new_request(read)


def _recorded_on_notice(read: Opened, kind: LetterKind) -> bool:
    """A bounce or complaint counts only for a mail that we sent: a forged one must not silence anybody."""
    for message_id in bounced_message_ids(read.letter):
        ses_id = message_id.partition("@")[0]
        sent = guards.sent(ses_id)
        if sent and store.look_for(sent[0]):
            # Told first, which may be done twice: a crash in between would leave the letter seen and nothing told.
            if kind == "complaint":
                delivery.record(sent[0], ses_id, "complained", ())
            elif _is_permanent(read):  # by a letter alone no address is cut off: only SES's own word does that
                delivery.record(sent[0], ses_id, "bounced", ())
            _keep_beside(read, sent[0], kind)
            return True
    return False


def _is_permanent(read: Opened) -> bool:
    """Whether the mail is given up. A report of a delay isn't the end of it; one that names nobody is."""
    failed = failed_recipients(read.letter)
    return not failed or any(each.is_permanent for each in failed)


def _keep_beside(read: Opened, number: str, cause: str) -> None:
    together = Together()
    mark_seen(together, read, number)
    store.letters.beside_ticket(together, number, read.record(cause))
    store.commit(together)


def _new_request(read: Opened) -> None:
    if stop_word(read.words.above) and read.claimed_sender and _paused_by_owner(read, read.claimed_sender):
        return
    found = tuple(accounts.with_address(read.sender)) if read.sender and read.standing != "suspect" else ()
    asked = _asked(read, found)
    try:
        _open(read, asked)
    except (guards.CodeLives, ClosureAlreadyOpen) as other:
        replying.join(read, other.number)


def _open(read: Opened, asked: FromOutside) -> None:
    """Opens the ticket, acknowledged if the budgets allow it."""
    if acknowledging.may_answer(read):
        acknowledged = replace(asked, acknowledge=True)
        try:
            opening.open_from_outside(acknowledged, beside=partial(_beside, read, acknowledged))
            return
        except HeldBack as held:
            asked = replace(asked, ack_held_back=True)
            acknowledging.warn(held)
    opening.open_from_outside(asked, beside=partial(_beside, read, asked))


def _beside(read: Opened, asked: FromOutside, together: Together, number: str) -> None:
    mark_seen(together, read, number)
    store.letters.beside_ticket(together, number, read.record("request"))
    if asked.acknowledge and asked.address:
        acknowledging.spend(together, asked.address, is_on_file=bool(asked.found))


def _asked(read: Opened, found: tuple[Account, ...]) -> FromOutside:
    subject, text = read.letter.subject[:_LONGEST_SUBJECT], read.text
    default = "en" if settings().default_language == "en" else "vi"
    return FromOutside(
        way_in="mail", kind="closure" if asks_for_closure(subject, text) else "support",
        language=guess_language(f"{subject}\n{text}") or ("en" if default == "en" else "vi"), subject=subject,
        text=text or "-", address=read.sender, name=read.letter.from_name[:200] or None, found=found,
        is_authenticated=read.standing == "authenticated", is_suspect=read.standing == "suspect",
        came_at=read.arrival.at,
    )  # fmt: skip


def _paused_by_owner(read: Opened, claimed: str) -> bool:
    """Rule 10: a stop that claims the address on file pauses that account's tickets, however little it is believed."""
    pause = partial(
        deciding.stop, by="owner", why=stop_word(read.words.above) or "stop",
        is_believed=read.standing == "authenticated",
    )  # fmt: skip
    for _ in range(_TURNS):
        tickets = _live_closures(tuple(accounts.with_address(claimed)))
        try:
            for ticket in tickets[1:]:
                if not ticket.stopped:  # so that a repeat changes nothing
                    pause(ticket)
            for ticket in tickets[:1]:
                pause(ticket, extra=partial(_recorded, read, ticket.number))
            return bool(tickets)
        except ChangedMeanwhile:  # somebody moved one of them: look again at what is so now
            continue
    raise Busy()


def _recorded(read: Opened, number: str, together: Together) -> None:
    mark_seen(together, read, number)
    store.letters.beside_ticket(together, number, read.record("stop"))


def _live_closures(found: tuple[Account, ...]) -> list[Ticket]:
    """The tickets, proved and waiting, that could still close one of these accounts."""
    numbers = {
        number: None
        for account in map(reference, found)
        for number in (guards.holder_of_closure(account), guards.waiting(account))
        if number
    }
    tickets = [ticket for number in numbers if (ticket := store.look_for(number))]
    return [ticket for ticket in tickets if ticket.kind == "closure" and ticket.status in MAY_WITHDRAW]
