"""CloudFormation in moto: the types that it lacks, made by its own API."""

import json
from typing import Any

import boto3
import pytest
from moto.cloudformation import models, parsing

from infra import template
from infra.local import deployment
from infra.local.stand_ins import STAND_INS
from tests.infra.small_cloud import SmallCloud


def deploy(**resources: Any) -> None:
    boto3.client("cloudformation").create_stack(StackName="s", TemplateBody=json.dumps({"Resources": resources}))


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}


def test_ours_win_over_moto_s(cloud: SmallCloud) -> None:
    for kind in STAND_INS:
        assert parsing.resource_class_from_type(kind).__name__.startswith("StandIn")


def test_a_table_gets_its_time_to_live_recovery_and_stream(cloud: SmallCloud) -> None:
    key = [{"AttributeName": "pk", "KeyType": "HASH"}]
    deploy(
        T=resource(
            "AWS::DynamoDB::Table",
            TableName="t",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=key,
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            StreamSpecification={"StreamViewType": "NEW_AND_OLD_IMAGES"},
            TimeToLiveSpecification={"AttributeName": "expires", "Enabled": True},
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
            SSESpecification={"SSEEnabled": True},
            DeletionProtectionEnabled=True,
        )
    )
    dynamodb = boto3.client("dynamodb")
    table = dynamodb.describe_table(TableName="t")["Table"]
    lives = dynamodb.describe_time_to_live(TableName="t")["TimeToLiveDescription"]
    assert table["StreamSpecification"]["StreamEnabled"]
    assert table["DeletionProtectionEnabled"]
    assert lives == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}


def test_a_bucket_keeps_versions(cloud: SmallCloud) -> None:
    deploy(B=resource("AWS::S3::Bucket", BucketName="letters", VersioningConfiguration={"Status": "Enabled"}))
    assert boto3.client("s3").get_bucket_versioning(Bucket="letters")["Status"] == "Enabled"


def test_a_workflow_s_substitutions_are_put_in(cloud: SmallCloud) -> None:
    definition = {"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": "${It}", "End": True}}}
    deploy(
        W=resource(
            "AWS::StepFunctions::StateMachine",
            StateMachineName="w",
            RoleArn="arn:aws:iam::123456789012:role/any",
            DefinitionString=json.dumps(definition),
            DefinitionSubstitutions={"It": "substituted"},
        )
    )
    states = boto3.client("stepfunctions")
    (machine,) = states.list_state_machines()["stateMachines"]
    assert "substituted" in states.describe_state_machine(stateMachineArn=machine["stateMachineArn"])["definition"]


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("AWS::SES::ReceiptRuleSet", {"RuleSetName": "rules"}),
        ("AWS::SES::EmailIdentity", {"EmailIdentity": "desk.example"}),
        ("AWS::SES::ConfigurationSet", {"Name": "desk"}),
        ("AWS::CloudWatch::Alarm", {"MetricName": "m"}),
        ("AWS::ApiGateway::RestApi", {"Body": {"swagger": "2.0", "info": {"title": "t"}, "paths": {}}}),
    ],
)
def test_a_type_that_moto_lacks_can_be_deployed(cloud: SmallCloud, kind: str, properties: dict[str, Any]) -> None:
    deploy(R=resource(kind, **properties))
    (made,) = boto3.client("cloudformation").describe_stack_resources(StackName="s")["StackResources"]
    assert made["PhysicalResourceId"]


def test_a_template_is_read_as_moto_reads_it() -> None:
    text = json.dumps(template.read_yaml(template.PROJECT / "infra" / "foundations.yaml"))
    yaml = vars(models)["yaml"]
    assert deployment.OnlyJson.load(text, Loader=None) == yaml.load(text, Loader=yaml.Loader)


def test_what_a_condition_leaves_out_is_not_there(cloud: SmallCloud) -> None:
    topic = resource("AWS::SNS::Topic", TopicName="made")
    body: dict[str, Any] = {"Resources": {"Made": topic, "Left": {**topic, "Condition": "Never"}}}
    deployment._create("s", body | {"Conditions": {"Never": {"Fn::Equals": ["a", "b"]}}}, {})
    found = boto3.client("cloudformation").describe_stack_resources(StackName="s")["StackResources"]
    assert [each["LogicalResourceId"] for each in found] == ["Made"]
