"""Holder kind `s3`: everything under a prefix, every version and delete marker."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any

from botocore.exceptions import ClientError

from chalicelib import clients, clock
from chalicelib.closure.holders import Holder, NotDone, Refused, filled
from chalicelib.closure.ledger import Look
from chalicelib.reading import matching
from chalicelib.settings import settings
from chalicelib.tickets.ticket import AccountRef

LOCKED = "object_lock"
MOST_LOCKED = 2_000  # as many as can be asked for their dates in the time of one look
Version = dict[str, str]


@cache
def _client() -> Any:
    return clients.client("s3", connect_timeout=5, read_timeout=20)


Prefix = Annotated[str, matching(r"[\s\S]*\{account_id\}/[\s\S]*", otherwise="must hold {account_id}/, with the slash")]


class S3Holder(Holder, frozen=True, kw_only=True):
    """`{account_id}` in `prefix` is the account. It must end the account's part: `{account_id}/`, lest one account's
    prefix be the beginning of another's. `basis`: why objects are locked there; it counts only where KEPT_BY_LAW names
    it. S3 reads its own writes and lists consistently."""

    bucket: str
    prefix: Prefix
    basis: Annotated[str, matching(r"[^,\n]{1,80}")] = LOCKED

    def erase(self, account: AccountRef, *, enough: Callable[[], bool]) -> None:
        """What object lock protects stays, and is nobody's fault: a look tells of it."""
        for page, _ in self._pages(account):
            if page:
                asked = {"Objects": page, "Quiet": True}
                refused = _client().delete_objects(Bucket=self.bucket, Delete=asked).get("Errors", [])
                self._must_be_locked(refused, page)
            if enough():
                raise NotDone()

    def look(self, account: AccountRef) -> Look:
        markers, versions = 0, []
        for page, objects in self._pages(account):
            markers += len(page) - len(objects)
            versions += objects
        count = markers + len(versions)
        if not count:
            return Look(found="nothing")
        if markers or not self._may_be_locked():
            return Look(found="some", count=count)
        return self._look_at_locks(versions)

    def _pages(self, account: AccountRef) -> Iterator[tuple[list[Version], list[Version]]]:
        """Key and version of everything under the account's prefix, at most 1,000 a page; and of them the objects,
        without the delete markers."""
        prefix = filled(self.prefix, account)
        for page in _client().get_paginator("list_object_versions").paginate(Bucket=self.bucket, Prefix=prefix):
            objects, markers = (
                [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in page.get(kind, [])]
                for kind in ("Versions", "DeleteMarkers")
            )
            yield objects + markers, objects

    # ── object lock ─────────────────────────────────────────────────────────────────────────────────────────

    def _must_be_locked(self, refused: list[dict[str, Any]], page: list[Version]) -> None:
        """`Refused` unless the first of them is locked: then the others are believed to be, until a look tells."""
        if not refused:
            return
        code, key = refused[0].get("Code", ""), refused[0].get("Key")
        versions = [each for each in page if each["Key"] == key]
        if code != "AccessDenied" or not self._may_be_locked() or not any(self._lock_of(each) for each in versions):
            raise Refused(code or "NotErased")

    def _may_be_locked(self) -> bool:
        try:
            _client().get_object_lock_configuration(Bucket=self.bucket)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ObjectLockConfigurationNotFoundError":
                return False
            raise
        return True

    def _look_at_locks(self, versions: list[Version]) -> Look:
        if len(versions) > MOST_LOCKED:
            return Look(found="cannot_tell", detail="too_many_locked")
        locks = [self._lock_of(each) for each in versions]
        if not all(locks) or self.basis not in settings().kept_by_law:
            return Look(found="some", count=len(versions), detail=LOCKED if any(locks) else None)
        ends = [until for lock in locks if lock for until in lock]
        until = None if None in ends else max(each for each in ends if each)
        detail = "retention" if until else "legal_hold"
        return Look(found="kept", count=len(versions), basis=self.basis, until=until, detail=detail)

    def _lock_of(self, version: Version) -> list[datetime | None]:
        """Until when it can't be erased: by retention, by a legal hold (None: no day is set). Empty: it can be."""
        asked = {"Bucket": self.bucket} | version
        held = _unless_there_is_none(lambda: _client().get_object_legal_hold(**asked)["LegalHold"].get("Status"))
        until = _unless_there_is_none(lambda: _client().get_object_retention(**asked)["Retention"]["RetainUntilDate"])
        found: list[datetime | None] = [None] if held == "ON" else []
        if until and until > clock.now():
            found.append(until.astimezone(UTC))
        return found


def _unless_there_is_none(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchObjectLockConfiguration":
            return None
        raise


KIND = S3Holder
