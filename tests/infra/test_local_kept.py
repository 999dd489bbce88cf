"""What a folder keeps of a local cloud from one life to the next."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.s3.models import s3_backends

from infra.local import deployment
from infra.local.clock import Clock
from infra.local.endpoint_stream import EndpointStream
from infra.local.faults import Fault
from infra.local.folder import Folder
from infra.local.functions import Functions, running
from infra.local.issuer import Issuer
from infra.local.letters import Receiving, arrival
from infra.local.objects import Objects
from infra.local.outbox import Outbox
from infra.local.quiet import Quiet
from infra.local.where import ACCOUNT, REGION
from tests.infra.small_cloud import SmallCloud


@pytest.fixture
def kept(tmp_path: Path) -> Folder:
    return Folder(path=tmp_path / "kept")


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_line_that_was_only_half_written_is_none(kept: Folder, tmp_path: Path) -> None:
    kept.add_line("lines", {"whole": 1})
    with (tmp_path / "kept" / "lines").open("ab") as file:
        file.write(b'{"half": ')
    assert kept.lines("lines") == [{"whole": 1}]


def test_a_file_that_was_only_half_written_is_not_found(kept: Folder, tmp_path: Path) -> None:
    kept.write("a", 1)
    (tmp_path / "kept" / ".b").write_bytes(b"hal")
    assert [each.name for each in kept.files()] == ["a"]


def test_what_is_kept_is_for_its_owner_alone(kept: Folder) -> None:
    kept.write("keys.json", {})
    kept.add_line("mails.jsonl", {})
    assert [each.stat().st_mode & 0o077 for each in kept.files()] == [0, 0]


def test_without_a_path_nothing_is_kept() -> None:
    nothing = Folder()
    nothing.write("a", 1)
    nothing.add_line("b", 2)
    assert (nothing.read("a"), nothing.lines("b"), list(nothing.files())) == (None, [], [])


# ── keys, time, mails ────────────────────────────────────────────────────────────────────────────────────────


def test_time_that_was_pushed_forward_stays_so(kept: Folder) -> None:
    clock = Clock(Quiet(), kept)
    clock.jump_to(clock.now() + timedelta(days=9))
    assert Clock(Quiet(), kept).now() >= clock.now() - timedelta(minutes=1)


def test_a_token_of_the_last_life_is_good_in_this_one(kept: Folder) -> None:
    clock = Clock(Quiet())
    one, two = (Issuer("http://issuer.example", clock, kept) for _ in range(2))
    assert one.jwks() == two.jwks()
    assert Issuer("http://issuer.example", clock).jwks() != one.jwks()


def test_the_desk_keeps_its_keys(cloud: SmallCloud, kept: Folder) -> None:
    def made() -> list[str]:
        deployment._make_keys(kept)
        ssm = boto3.client("ssm")
        names = [f"/signoff/dev/{name}" for name in ("keys", "receipt-keys")]
        values = [ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"] for name in names]
        ssm.delete_parameters(Names=names)
        return values

    assert made() == made()


def test_sent_mails_are_there_after_a_restart(cloud: SmallCloud, kept: Folder) -> None:
    outbox = Outbox(cloud.clock, kept)
    ses = boto3.client("sesv2")
    ses.create_email_identity(EmailIdentity="desk.example")
    with outbox.installed():
        ses.send_email(
            FromEmailAddress="support@desk.example",
            Destination={"ToAddresses": ["lan@khach.example"]},
            Content={
                "Raw": {"Data": b"From: support@desk.example\r\nSubject: =?utf-8?q?Xin_ch=C3=A0o?=\r\n\r\nHi\r\n"}
            },
        )
    (mail,) = outbox.mails()
    assert mail["subject"] == "Xin chào"
    assert Outbox(cloud.clock, kept).mails() == [mail]


# ── objects ──────────────────────────────────────────────────────────────────────────────────────────────────


def bucket() -> Any:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="letters", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket="letters", VersioningConfiguration={"Status": "Enabled"})
    return s3


def versions(s3: Any) -> list[tuple[str, str, bool]]:
    found = s3.list_object_versions(Bucket="letters")
    both = [(each, False) for each in found.get("Versions", [])]
    both += [(each, True) for each in found.get("DeleteMarkers", [])]
    return [(each["Key"], each["VersionId"], is_marker) for each, is_marker in both]


def forgotten() -> None:
    """As another process finds moto."""
    s3_backends[ACCOUNT]["aws"].reset()


def test_objects_come_back_with_their_versions_and_markers(cloud: SmallCloud, kept: Folder) -> None:
    objects, s3 = Objects(kept=kept), bucket()
    with objects.installed():
        for body in (b"one\n", b"two\n\x00"):
            s3.put_object(Bucket="letters", Key="raw/a b", Body=body)
        s3.put_object(Bucket="letters", Key="gone", Body=b"x")
        s3.delete_object(Bucket="letters", Key="gone")
    before = versions(s3)
    forgotten()
    bucket()
    objects.restore()
    assert versions(s3) == before
    assert s3.get_object(Bucket="letters", Key="raw/a b")["Body"].read() == b"two\n\x00"


def test_an_erased_version_is_gone_from_the_folder_at_once(cloud: SmallCloud, kept: Folder) -> None:
    objects, s3 = Objects(kept=kept), bucket()
    with objects.installed():
        stays = s3.put_object(Bucket="letters", Key="a", Body=b"stays")["VersionId"]
        goes = s3.put_object(Bucket="letters", Key="a", Body=b"goes")["VersionId"]
        s3.delete_objects(Bucket="letters", Delete={"Objects": [{"Key": "a", "VersionId": goes}]})
    (file,) = kept.files()
    assert file.name.endswith(stays)


# ── letters ──────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def a_function(cloud: SmallCloud, kept: Folder, does: Callable[[Any, Any], Any]) -> Iterator[Functions]:
    functions = Functions(cloud.clock, cloud.quiet, kept)
    function = cloud.function("reads", does)
    with functions.installed():
        ses = boto3.client("ses")
        ses.create_receipt_rule_set(RuleSetName="all")
        action = {"LambdaAction": {"FunctionArn": function.function_arn, "InvocationType": "Event"}}
        ses.create_receipt_rule(RuleSetName="all", Rule={"Name": "all", "Enabled": True, "Actions": [action]})
        ses.set_active_receipt_rule_set(RuleSetName="all")
        yield functions


def test_a_letter_s_event_stays_until_its_function_has_taken_it(cloud: SmallCloud, kept: Folder) -> None:
    seen: list[int] = []
    with a_function(cloud, kept, lambda *_: seen.append(len([*kept.files()]))):
        Receiving(cloud.clock).receive(arrival(b"From: lan@khach.example\r\n\r\nHi\r\n"))
        cloud.quiet.wait()
    assert seen == [1]
    assert [*kept.files()] == []


def test_the_next_life_hands_over_what_the_last_one_left(cloud: SmallCloud, kept: Folder) -> None:
    seen: list[Any] = []

    def fails(event: Any, _: Any) -> None:
        seen.append(event)
        if len(seen) <= 3:  # the first life's tries
            raise RuntimeError

    with a_function(cloud, kept, fails) as functions:
        Receiving(cloud.clock).receive(arrival(b"From: lan@khach.example\r\n\r\nHi\r\n"))
        cloud.quiet.wait()
        functions.send_again([cloud.function("reads", fails)])
        cloud.quiet.wait()
    assert len(seen) == 4
    assert seen[3] == seen[0]
    assert [*kept.files()] == []


# ── streams ──────────────────────────────────────────────────────────────────────────────────────────────────


def written(*names: str) -> None:
    for name in names:
        boto3.client("dynamodb").put_item(TableName="tables", Item={"pk": {"S": name}})


@pytest.fixture
def table(cloud: SmallCloud) -> str:
    boto3.client("dynamodb").create_table(
        TableName="tables", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )  # fmt: skip
    return "tables"


def keys(records: list[Any]) -> list[str]:
    return [each["dynamodb"]["Keys"]["pk"]["S"] for each in records]


def test_a_stream_goes_on_after_what_was_done_and_brings_again_what_was_not(table: str, kept: Folder) -> None:
    stream = EndpointStream(table, kept, "reader")
    assert stream.next(2) == []
    written("a", "b", "c")
    assert keys(stream.next(2)) == ["a", "b"] == keys(stream.next(2))
    stream.done(stream.next(1))
    assert keys(stream.next(5)) == ["b"]
    again = EndpointStream(table, kept, "reader")
    assert keys(again.next(5)) == ["b", "c"]
    again.done(again.next(5))
    assert EndpointStream(table, kept, "reader").next(5) == []


def test_a_place_that_is_no_longer_there_means_all_that_is_there(table: str, kept: Folder) -> None:
    kept.write("reader.json", {"shard": "shard-of-a-stream-that-is-gone", "sequence": "7"})
    written("a")
    assert keys(EndpointStream(table, kept, "reader").next(5)) == ["a"]


def test_a_stream_that_cannot_be_read_now_is_read_later(cloud: SmallCloud, table: str, kept: Folder) -> None:
    stream = EndpointStream(table, kept, "reader")
    written("a")
    cloud.faults.add(Fault(service="dynamodb-streams", operation="GetRecords", kind="deny", times=9))
    token = running.set("some-function")  # faults meet only functions
    assert stream.next(5) == []
    running.reset(token)
    assert keys(stream.next(5)) == ["a"]
