"""Holder kind `s3`: everything under a prefix, every version and delete marker."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from chalicelib.closure.ledger import Look
from chalicelib.tickets.ticket import AccountRef


class NotErased(Exception):
    """S3 took the call and refused some of the keys (object lock, no permission)."""


@cache
def _client() -> Any:
    import boto3

    return boto3.client("s3")


@dataclass(frozen=True, kw_only=True)
class S3Holder:
    """`{account_id}` in `prefix` is the account. It must end the account's part: `{account_id}/`, lest one account's
    prefix be the beginning of another's. S3 reads its own writes and lists consistently."""

    bucket: str
    prefix: str

    def __post_init__(self) -> None:
        if "{account_id}/" not in self.prefix:
            raise TypeError("prefix must hold {account_id}/, with the slash")

    def erase(self, account: AccountRef, *, enough: Callable[[], bool]) -> None:
        from chalicelib.closure.holders import NotDone

        for page in self._pages(account):
            if page:
                asked = {"Objects": page, "Quiet": True}
                refused = _client().delete_objects(Bucket=self.bucket, Delete=asked).get("Errors", [])
                if refused:
                    raise NotErased(refused[0].get("Code", ""))
            if enough():
                raise NotDone()

    def look(self, account: AccountRef) -> Look:
        count = sum(len(page) for page in self._pages(account))
        return Look(found="some", count=count) if count else Look(found="nothing")

    def _pages(self, account: AccountRef) -> Iterator[list[dict[str, str]]]:
        """Key and version of everything under the account's prefix, at most 1,000 a page."""
        prefix = self.prefix.replace("{account_id}", account.account_id)
        for page in _client().get_paginator("list_object_versions").paginate(Bucket=self.bucket, Prefix=prefix):
            found = page.get("Versions", []) + page.get("DeleteMarkers", [])
            yield [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]
