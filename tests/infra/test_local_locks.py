"""Object lock in moto can be asked for its dates."""

from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.s3.responses import S3Response

from infra.local.locks import retention_told
from infra.local.where import REGION
from tests.infra.small_cloud import SmallCloud

IN_A_YEAR = datetime.now(UTC).replace(microsecond=0) + timedelta(days=365)


def test_the_day_until_which_a_version_is_kept_is_told_and_of_any_other_that_there_is_none(cloud: SmallCloud) -> None:
    s3 = boto3.client("s3")
    region = {"LocationConstraint": REGION}
    s3.create_bucket(Bucket="locked", CreateBucketConfiguration=region, ObjectLockEnabledForBucket=True)
    lock = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": IN_A_YEAR, "ChecksumAlgorithm": "SHA256"}
    s3.put_object(Bucket="locked", Key="a b", Body=b"", **lock)
    s3.put_object(Bucket="locked", Key="c", Body=b"")
    with retention_told():
        told = s3.get_object_retention(Bucket="locked", Key="a b")["Retention"]
        assert told == {"Mode": "COMPLIANCE", "RetainUntilDate": IN_A_YEAR}
        with pytest.raises(ClientError, match="NoSuchObjectLockConfiguration"):
            s3.get_object_retention(Bucket="locked", Key="c")


def test_the_seam_is_where_we_expect_it() -> None:
    assert "_key_response_get" in vars(S3Response)
