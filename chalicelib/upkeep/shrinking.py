"""Shrinks an ended ticket to its tombstone: words, letters, addresses go; dates, coded reasons and ledger stay."""

from datetime import datetime
from functools import cache
from typing import Any

from chalicelib.settings import settings
from chalicelib.tickets import moves, store
from chalicelib.tickets.ticket import Ticket


@cache
def _s3() -> Any:
    import boto3

    return boto3.client("s3")


def shrink(ticket: Ticket, *, at: datetime) -> None:
    """First what lies elsewhere goes, then the words beside the ticket; last the ticket says that it was shrunk, so
    that a shrinking cut off halfway is done again."""
    file = store.file_of(ticket.number)
    for letter in file.letters:
        _erase_letter(letter.key)
    if ticket.once_key:
        store.guards.forget_answer(ticket.once_key)
    store.erase_papers(ticket.number)
    store.move(moves.shrunk(ticket, at=at), was=ticket)


def _erase_letter(key: str) -> None:
    """Every version of the raw letter."""
    found = _s3().list_object_versions(Bucket=settings().letters_bucket, Prefix=key)
    versions = found.get("Versions", []) + found.get("DeleteMarkers", [])
    exact = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in versions if each["Key"] == key]
    if exact:
        _s3().delete_objects(Bucket=settings().letters_bucket, Delete={"Objects": exact, "Quiet": True})
