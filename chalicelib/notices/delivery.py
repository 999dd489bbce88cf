"""A mail of ours went out, came back, or was delivered: what that means for its notice, its ticket, its address."""

from collections.abc import Iterable

from chalicelib import clock, metrics
from chalicelib.notices.facts import BRING_CODES, seat_of
from chalicelib.tickets import moves, store
from chalicelib.tickets.opening import asker_hash
from chalicelib.tickets.ticket import Ticket


def note_sent(ticket: Ticket, key: str, *, ses_id: str) -> None:
    """SES took the mail of the notice with this key. With the last one goes the sealed address that it needed."""
    _, _, kind, reader, *more = key.split("#")
    is_last = kind == "closed" and reader == "owner" and ticket.status == "closed"
    forget = ("previous" if more else "owner") if is_last else None
    seat = seat_of(kind, "owner" if reader == "owner" else "asker")
    store.notices.mark_sent(ticket.number, key, ses_id=ses_id, seat=seat, at=clock.now(), forget=forget)


def record(number: str, ses_id: str, state: str, addresses: Iterable[str]) -> None:
    """Writes the state on the notice. An address that bounced for good, or complained, gets no more mail; a code that
    bounced sends its ticket to agents. Recorded twice it is recorded once."""
    at = clock.now()
    kinds = store.notices.hear(number, ses_id, state, at=at)
    for _ in kinds:
        metrics.count("Notices", State=state)
    if state == "delivered" or not kinds:
        return
    for address in addresses:
        store.guards.suppress(asker_hash(address), at=at)
    if set(kinds) & set(BRING_CODES):
        hand_to_agents(number)


def hand_to_agents(number: str) -> None:
    """The ticket's code reaches nobody: an agent goes on with it, and it doesn't expire."""
    ticket = store.look_for(number)
    if ticket and ticket.status == "awaiting_proof" and not ticket.is_undeliverable:
        store.move(moves.undeliverable(ticket, at=clock.now()), was=ticket)
