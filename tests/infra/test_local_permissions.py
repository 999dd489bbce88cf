"""What a function may do, held against what it does."""

import json
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError
from moto.core.botocore_stubber import BotocoreStubber

from infra.local.permissions import Need, Permissions, Statement, needs
from infra.local.where import ACCOUNT, REGION
from tests.infra.small_cloud import SmallCloud, put, role, table
from tests.stories.allowances import Noted

DESK = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/desk"


def allow(*statements: tuple[str, str]) -> None:
    document = ",".join(f'{{"Effect":"Allow","Action":"{action}","Resource":"{on}"}}' for action, on in statements)
    role()
    boto3.client("iam").put_role_policy(
        RoleName="any", PolicyName="p", PolicyDocument=f'{{"Version":"2012-10-17","Statement":[{document}]}}'
    )


def inside(cloud: SmallCloud, act: Any) -> tuple[Any, Permissions]:
    found: list[Any] = []

    def body(_event: Any, _context: Any) -> None:
        try:
            found.append(act())
        except ClientError as error:
            found.append(error.response["Error"]["Code"])

    permissions, function = Permissions(), cloud.function("act", body)
    with permissions.enforced({"Act": function}):
        cloud.functions.call(function, {})
    return found[0], permissions


def test_what_the_policy_names_is_done(cloud: SmallCloud) -> None:
    table()
    allow(("dynamodb:PutItem", DESK))
    _, permissions = inside(cloud, lambda: boto3.client("dynamodb").put_item(**put("a")["Put"]))
    assert permissions.refused == []
    assert boto3.client("dynamodb").scan(TableName="desk")["Count"] == 1


def test_what_it_does_not_name_is_refused_and_not_done(cloud: SmallCloud) -> None:
    table()
    allow(("dynamodb:GetItem", DESK))
    error, permissions = inside(cloud, lambda: boto3.client("dynamodb").put_item(**put("a")["Put"]))
    assert error == "AccessDeniedException"
    assert permissions.refused == [f"act may not dynamodb:PutItem on {DESK}"]
    assert boto3.client("dynamodb").scan(TableName="desk")["Count"] == 0


def test_a_transaction_needs_what_each_of_its_parts_needs(cloud: SmallCloud) -> None:
    table()
    allow(("dynamodb:PutItem", DESK))
    delete = {"Delete": {"TableName": "desk", "Key": {"pk": {"S": "a"}, "sk": {"S": "a"}}}}
    act = lambda: boto3.client("dynamodb").transact_write_items(TransactItems=[put("b"), delete])  # noqa: E731
    assert inside(cloud, act)[0] == "AccessDeniedException"


def test_what_is_allowed_and_never_done_can_be_told(cloud: SmallCloud) -> None:
    table()
    allow(("dynamodb:PutItem", DESK), ("dynamodb:DeleteItem", DESK))
    _, permissions = inside(cloud, lambda: boto3.client("dynamodb").put_item(**put("a")["Put"]))
    assert {each.action for each in permissions.used} == {"dynamodb:PutItem"}
    assert {each.action for each in permissions.all() - permissions.used} == {"dynamodb:DeleteItem"}
    noted = Noted()
    noted.note(permissions)
    assert noted.complaint().splitlines()[1:] == ["Act: : dynamodb:DeleteItem on resource 0"]


def test_only_who_may_list_a_bucket_hears_that_an_object_is_missing(cloud: SmallCloud) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="letters", CreateBucketConfiguration={"LocationConstraint": REGION})
    allow(("s3:GetObject", "arn:aws:s3:::letters/*"))
    assert inside(cloud, lambda: s3.get_object(Bucket="letters", Key="a"))[0] == "AccessDenied"
    allow(("s3:GetObject", "arn:aws:s3:::letters/*"), ("s3:ListBucket", "arn:aws:s3:::letters"))
    assert inside(cloud, lambda: s3.get_object(Bucket="letters", Key="a"))[0] == "NoSuchKey"


def test_a_bucket_s_objects_are_named_by_their_keys(cloud: SmallCloud) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="letters", CreateBucketConfiguration={"LocationConstraint": REGION})
    allow(("s3:PutObject", "arn:aws:s3:::letters/raw/*"))
    assert inside(cloud, lambda: s3.put_object(Bucket="letters", Key="raw/a b", Body=b""))[1].refused == []
    assert inside(cloud, lambda: s3.put_object(Bucket="letters", Key="other", Body=b""))[0] == "AccessDenied"


@pytest.mark.parametrize(
    ("service", "operation", "body", "need"),
    [
        ("dynamodb", "Query", '{"TableName":"desk","IndexName":"who"}', ("dynamodb:Query", f"{DESK}/index/who")),
        ("dynamodb", "BatchWriteItem", '{"RequestItems":{"desk":[]}}', ("dynamodb:BatchWriteItem", DESK)),
        (
            "ssm",
            "GetParameter",
            '{"Name":"/signoff/dev/keys"}',
            ("ssm:GetParameter", f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/signoff/dev/keys"),
        ),
        ("sfn", "StartExecution", '{"stateMachineArn":"arn:m"}', ("states:StartExecution", "arn:m")),
        ("sns", "Publish", "TopicArn=arn%3At&Message=x", ("sns:Publish", "arn:t")),
        (
            "eventbridge",
            "PutEvents",
            '{"Entries":[{"Source":"desk"}]}',
            ("events:PutEvents", f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"),
        ),
        (
            "cognito-identity-provider",
            "AdminDeleteUser",
            '{"UserPoolId":"p_1","Username":"a"}',
            ("cognito-idp:AdminDeleteUser", f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/p_1"),
        ),
        ("kms", "Decrypt", "{}", ("kms:Decrypt", "unknown")),
    ],
)
def test_calls_need_what_policies_call_them(service: str, operation: str, body: str, need: tuple[str, str]) -> None:
    request = AWSRequest(method="POST", url="https://aws.example/", data=body.encode()).prepare()
    assert needs(service, operation, request) == [Need(action=need[0], resource=need[1])]


def test_raw_mail_needs_the_permission_for_raw_mail_on_the_sender_s_domain_and_on_the_configuration_set() -> None:
    """So it is with version 2 of the API, too: aws/aws-actionmailer-ses-ruby#10, nodemailer/nodemailer#1734."""
    said = {
        "FromEmailAddress": "Desk <support@desk.example>",
        "Content": {"Raw": {"Data": ""}},
        "ConfigurationSetName": "desk",
    }
    request = AWSRequest(method="POST", url="https://aws.example/", data=json.dumps(said).encode()).prepare()
    assert needs("sesv2", "SendEmail", request) == [
        Need(action="ses:SendRawEmail", resource=f"arn:aws:ses:{REGION}:{ACCOUNT}:{on}", sender="support@desk.example")
        for on in ("identity/desk.example", "configuration-set/desk")
    ]


def test_a_condition_on_the_sender_holds_for_no_other() -> None:
    mail = Statement(sid="", actions=("ses:SendRawEmail",), resources=("*",), sender="support@desk.example")
    need = Need(action="ses:SendRawEmail", resource="any", sender="support@desk.example")
    assert list(mail.allows(need)) == [("ses:SendRawEmail", 0)]
    assert not list(mail.allows(Need(action="ses:SendRawEmail", resource="any", sender="other@desk.example")))


def test_erasing_versions_needs_the_permission_to_erase_versions() -> None:
    body = b"<Delete><Object><Key>a/1</Key><VersionId>v</VersionId></Object><Object><Key>b</Key></Object></Delete>"
    request = AWSRequest(method="POST", url="https://files.s3.amazonaws.com/?delete", data=body).prepare()
    assert needs("s3", "DeleteObjects", request) == [
        Need(action="s3:DeleteObjectVersion", resource="arn:aws:s3:::files/a/1"),
        Need(action="s3:DeleteObject", resource="arn:aws:s3:::files/b"),
    ]


def test_asking_whether_a_bucket_has_locks_has_another_name_in_policies() -> None:
    request = AWSRequest(method="GET", url="https://files.s3.amazonaws.com/?object-lock").prepare()
    assert needs("s3", "GetObjectLockConfiguration", request) == [
        Need(action="s3:GetBucketObjectLockConfiguration", resource="arn:aws:s3:::files")
    ]


def test_the_seam_is_where_we_expect_it() -> None:
    assert "__call__" in vars(BotocoreStubber)
