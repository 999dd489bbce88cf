"""Shrinks an ended ticket to its tombstone: words, letters, addresses go; dates, coded reasons and ledger stay."""

from datetime import datetime

from chalicelib.letters import erasing
from chalicelib.tickets import moves, store
from chalicelib.tickets.ticket import Ticket


def shrink(ticket: Ticket, *, at: datetime) -> None:
    """First what lies elsewhere goes, then the words beside the ticket; last the ticket says that it was shrunk, so
    that a shrinking cut off halfway is done again."""
    file = store.file_of(ticket.number)
    for letter in file.letters:
        if letter.cause == "other_sender":
            continue  # somebody else's letter: it lies in quarantine, until an agent looked at it
        erasing.erase(letter.data["id"], letter.key)
    if ticket.once_key:
        store.guards.forget_answer(ticket.once_key)
    store.erase_papers(ticket)
    store.move(moves.shrunk(ticket, at=at), was=ticket)
