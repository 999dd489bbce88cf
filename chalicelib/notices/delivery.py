"""A mail of ours came back, or was delivered: what that means for its notice, its ticket and its address."""

from collections.abc import Iterable

from chalicelib import clock, metrics
from chalicelib.notices.facts import BRING_CODES
from chalicelib.tickets import moves, store
from chalicelib.tickets.opening import asker_hash


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
