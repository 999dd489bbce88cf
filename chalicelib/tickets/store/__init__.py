"""The desk's own records in DynamoDB. Nothing else touches the `desk` table, and PynamoDB stops here."""

from chalicelib.tickets.store import eligibility, guards, ledger, letters, notices
from chalicelib.tickets.store.tickets import (
    Contact,
    File,
    Key,
    NumberTaken,
    Words,
    add_contact,
    add_words,
    awake,
    check_run,
    closed_for,
    commit,
    contacts,
    ended,
    ended_in,
    erase_papers,
    file_of,
    find,
    look_for,
    move,
    move_with,
    note_with,
    of,
    open_counts,
    open_tickets,
    open_with,
    put_to_sleep,
    queue,
    remember_owner,
    waits,
)

__all__ = [
    "Contact", "File", "Key", "NumberTaken", "Words", "add_contact", "add_words", "awake", "check_run", "closed_for",
    "commit", "contacts", "eligibility", "ended", "ended_in", "erase_papers", "file_of", "find", "guards", "ledger",
    "letters", "look_for", "move", "move_with", "note_with", "notices", "of", "open_counts",
    "open_tickets", "open_with", "put_to_sleep", "queue", "remember_owner", "waits",
]  # fmt: skip
