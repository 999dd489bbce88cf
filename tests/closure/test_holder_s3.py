"""Holder kind `s3`: versions, delete markers, and what object lock keeps."""

import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.closure.holders import NotDone, Refused
from chalicelib.closure.holders.s3 import S3Holder
from chalicelib.closure.ledger import Look
from chalicelib.settings import settings
from chalicelib.tickets.ticket import AccountRef
from tests.closure.company import aws, never

pytestmark = pytest.mark.usefixtures("buckets")
FILES = S3Holder(bucket="dev-files", prefix="{account_id}/")
LOCKED = S3Holder(bucket="dev-locked", prefix="invoices/{account_id}/")
IN_A_YEAR = (clock.now() + timedelta(days=365)).replace(microsecond=0)
IN_TWO = IN_A_YEAR + timedelta(days=365)
_numbers = itertools.count()


@pytest.fixture(scope="module")
def buckets(surroundings: None) -> None:
    region = {"LocationConstraint": "eu-west-1"}
    aws("s3").create_bucket(Bucket="dev-files", CreateBucketConfiguration=region)
    aws("s3").put_bucket_versioning(Bucket="dev-files", VersioningConfiguration={"Status": "Enabled"})
    aws("s3").create_bucket(Bucket="dev-locked", CreateBucketConfiguration=region, ObjectLockEnabledForBucket=True)


@pytest.fixture
def account() -> AccountRef:
    return AccountRef(account_id=f"acc-{next(_numbers)}", generation=1)


@pytest.fixture
def no_law() -> Iterator[None]:
    """A desk whose admin allows nothing to be kept."""
    with pytest.MonkeyPatch.context() as process:
        process.setenv("KEPT_BY_LAW", "")
        settings.cache_clear()
        yield
    settings.cache_clear()


def put(account: AccountRef, name: str, bucket: str = "dev-files", prefix: str = "", **lock: Any) -> None:
    key = f"{prefix}{account.account_id}/{name}"
    aws("s3").put_object(Bucket=bucket, Key=key, Body=b"x", **lock)


def invoice(account: AccountRef, name: str, *, until: datetime | None = None, is_held: bool = False) -> None:
    lock: dict[str, Any] = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until} if until else {}
    lock |= {"ObjectLockLegalHoldStatus": "ON"} if is_held else {}
    put(account, name, "dev-locked", "invoices/", **({"ChecksumAlgorithm": "SHA256"} | lock if lock else {}))


def test_every_version_and_delete_marker_is_counted_and_erased(account: AccountRef) -> None:
    for name in ("photo.jpg", "photo.jpg", "letter.txt"):
        put(account, name)
    aws("s3").delete_object(Bucket="dev-files", Key=f"{account.account_id}/letter.txt")
    assert FILES.look(account) == Look(found="some", count=4)
    for _ in range(2):
        FILES.erase(account, enough=never)
    assert FILES.look(account) == Look(found="nothing")


def test_an_account_whose_id_begins_like_another_s_loses_nothing(account: AccountRef) -> None:
    longer = AccountRef(account_id=f"{account.account_id}-2", generation=1)
    put(longer, "photo.jpg")
    FILES.erase(account, enough=never)
    assert FILES.look(longer) == Look(found="some", count=1)


def test_a_single_delete_marker_is_something_still(account: AccountRef) -> None:
    put(account, "gone.txt")
    key = {"Bucket": "dev-files", "Key": f"{account.account_id}/gone.txt"}
    version = aws("s3").head_object(**key)["VersionId"]
    aws("s3").delete_object(**key)
    aws("s3").delete_object(**key, VersionId=version)
    assert FILES.look(account) == Look(found="some", count=1)


def test_when_time_runs_out_the_next_call_goes_on(account: AccountRef) -> None:
    put(account, "photo.jpg")
    with pytest.raises(NotDone):
        FILES.erase(account, enough=lambda: True)
    assert FILES.look(account) == Look(found="nothing")


# ── object lock ──────────────────────────────────────────────────────────────────────────────────────────────


def test_what_object_lock_keeps_is_named_with_the_day_on_which_the_last_of_it_may_go(account: AccountRef) -> None:
    invoice(account, "1.pdf", until=IN_A_YEAR)
    invoice(account, "2.pdf", until=IN_TWO)
    LOCKED.erase(account, enough=never)
    kept = Look(found="kept", count=2, basis="object_lock", until=IN_TWO, detail="retention")
    assert LOCKED.look(account) == kept


def test_the_law_for_which_a_bucket_is_locked_can_be_named(account: AccountRef) -> None:
    invoices = S3Holder(bucket=LOCKED.bucket, prefix=LOCKED.prefix, basis="Accounting Act 2015")
    invoice(account, "1.pdf", until=IN_A_YEAR)
    assert invoices.look(account).basis == "Accounting Act 2015"
    other = S3Holder(bucket=LOCKED.bucket, prefix=LOCKED.prefix, basis="No Act that is allowed")
    assert other.look(account).found == "some"


def test_what_is_not_locked_goes_although_something_beside_it_is(account: AccountRef) -> None:
    invoice(account, "1.pdf", until=IN_A_YEAR)
    invoice(account, "draft.pdf")
    assert LOCKED.look(account).found == "some"
    LOCKED.erase(account, enough=never)
    assert LOCKED.look(account) == Look(
        found="kept", count=1, basis="object_lock", until=IN_A_YEAR, detail="retention"
    )  # fmt: skip


def test_a_legal_hold_keeps_until_no_day_that_is_known(account: AccountRef) -> None:
    invoice(account, "1.pdf", is_held=True)
    invoice(account, "2.pdf", until=IN_A_YEAR, is_held=True)
    LOCKED.erase(account, enough=never)
    kept = Look(found="kept", count=2, basis="object_lock", until=None, detail="legal_hold")
    assert LOCKED.look(account) == kept


def test_where_no_admin_allowed_it_what_is_locked_is_there_and_nothing_else(account: AccountRef, no_law: None) -> None:
    invoice(account, "1.pdf", until=IN_A_YEAR)
    LOCKED.erase(account, enough=never)
    assert LOCKED.look(account) == Look(found="some", count=1, detail="object_lock")


def test_a_bucket_with_locks_and_nothing_locked_is_emptied(account: AccountRef) -> None:
    invoice(account, "draft.pdf")
    LOCKED.erase(account, enough=never)
    assert LOCKED.look(account) == Look(found="nothing")


def test_a_refusal_for_any_other_reason_is_told(account: AccountRef) -> None:
    refused = [{"Key": f"{account.account_id}/1", "Code": "AccessDenied"}]
    with pytest.raises(Refused, match="AccessDenied"):
        FILES._must_be_locked(refused, [{"Key": f"{account.account_id}/1", "VersionId": "v"}])
    invoice(account, "draft.pdf")
    (page, _), *_ = LOCKED._pages(account)
    with pytest.raises(Refused, match="AccessDenied"):
        LOCKED._must_be_locked([{"Key": page[0]["Key"], "Code": "AccessDenied"}], page)
