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
    commit,
    contacts,
    ended,
    erase_papers,
    file_of,
    find,
    look_for,
    move,
    move_with,
    note_look_again,
    note_with,
    of,
    open_counts,
    open_with,
    put_to_sleep,
    queue,
    waits,
)

__all__ = [
    "Contact", "File", "Key", "NumberTaken", "Words", "add_contact", "add_words", "awake", "check_run", "commit",
    "contacts", "eligibility", "ended", "erase_papers", "file_of", "find", "guards", "ledger", "letters", "look_for",
    "move", "move_with", "note_look_again", "note_with", "notices", "of", "open_counts", "open_with", "put_to_sleep",
    "queue", "waits",
]  # fmt: skip
