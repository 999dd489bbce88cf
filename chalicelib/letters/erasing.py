"""Erases all that lies of a letter in the bucket: its raw bytes, its attachments, and the copies that came after it."""

from functools import cache
from typing import Any

from chalicelib import clients
from chalicelib.letters import attachments
from chalicelib.settings import settings
from chalicelib.tickets import store


class NotErased(Exception):
    """S3 refused some of it. Done again, it begins with what is left."""


@cache
def _s3() -> Any:
    return clients.client("s3")


def erase(letter_id: str, key: str) -> None:
    """Every version of it. Done twice it is done once."""
    for copy in store.letters.copies(letter_id):
        _erase(copy)
    _erase(key)
    _erase(attachments.folder(letter_id))
    store.letters.forget_copies(letter_id)


def _erase(prefix: str) -> None:
    """SES's ids have one length: none begins another, and a key is the prefix of nothing else."""
    for page in _s3().get_paginator("list_object_versions").paginate(Bucket=settings().letters_bucket, Prefix=prefix):
        found = page.get("Versions", []) + page.get("DeleteMarkers", [])
        versions = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]
        if versions:
            asked = {"Objects": versions, "Quiet": True}
            refused = _s3().delete_objects(Bucket=settings().letters_bucket, Delete=asked).get("Errors")
            if refused:
                raise NotErased(refused[0].get("Code", ""))
