"""Shrinks an ended ticket to its tombstone: words, letters, addresses go; dates, coded reasons and ledger stay."""

from datetime import datetime
from functools import cache
from typing import Any

from chalicelib.letters import attachments
from chalicelib.settings import settings
from chalicelib.tickets import moves, store
from chalicelib.tickets.ticket import Ticket


class NotErased(Exception):
    """S3 refused some of it: the ticket isn't shrunk yet, the next sweep tries again."""


@cache
def _s3() -> Any:
    import boto3

    return boto3.client("s3")


def shrink(ticket: Ticket, *, at: datetime) -> None:
    """First what lies elsewhere goes, then the words beside the ticket; last the ticket says that it was shrunk, so
    that a shrinking cut off halfway is done again."""
    file = store.file_of(ticket.number)
    for letter in file.letters:
        if letter.cause == "other_sender":
            continue  # somebody else's letter: it lies in quarantine, until an agent looked at it
        _erase(letter.key)
        _erase(attachments.folder(letter.data["id"]))
    if ticket.once_key:
        store.guards.forget_answer(ticket.once_key)
    store.erase_papers(ticket)
    store.move(moves.shrunk(ticket, at=at), was=ticket)


def _erase(prefix: str) -> None:
    """Every version of the raw letter, or of its attachments. SES's ids have one length: none begins another."""
    for page in _s3().get_paginator("list_object_versions").paginate(Bucket=settings().letters_bucket, Prefix=prefix):
        found = page.get("Versions", []) + page.get("DeleteMarkers", [])
        versions = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]
        if versions:
            asked = {"Objects": versions, "Quiet": True}
            refused = _s3().delete_objects(Bucket=settings().letters_bucket, Delete=asked).get("Errors")
            if refused:
                raise NotErased(refused[0].get("Code", ""))
