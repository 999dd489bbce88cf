"""CloudFormation types that moto can't make from a template, or makes too little of.

Each one calls moto's own API, as a person with the AWS command line would: nothing is emulated twice.
`STAND_INS` is the list. When moto learns a type, its line goes away.
"""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from moto.cloudformation import parsing
from moto.core.common_models import CloudFormationModel

from infra.local.clients import client

Properties = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Made:
    """What Ref and Fn::GetAtt give for a resource that was made."""

    ref: str
    attributes: dict[str, str] = field(default_factory=dict)


def _table(name: str, given: Properties) -> Made:
    dynamodb = client("dynamodb")
    taken = (
        "AttributeDefinitions KeySchema BillingMode GlobalSecondaryIndexes LocalSecondaryIndexes "
        "DeletionProtectionEnabled ProvisionedThroughput"
    ).split()
    request = {key: value for key, value in given.items() if key in taken}
    if "SSESpecification" in given:
        request["SSESpecification"] = {"Enabled": given["SSESpecification"]["SSEEnabled"]}
    if "StreamSpecification" in given:
        request["StreamSpecification"] = {"StreamEnabled": True, **given["StreamSpecification"]}
    made = dynamodb.create_table(TableName=name, **request)["TableDescription"]
    if "TimeToLiveSpecification" in given:
        dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=given["TimeToLiveSpecification"])
    if "PointInTimeRecoverySpecification" in given:
        recovery = given["PointInTimeRecoverySpecification"]
        dynamodb.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=recovery)
    return Made(ref=name, attributes={"Arn": made["TableArn"], "StreamArn": made.get("LatestStreamArn", "")})


def _bucket(name: str, given: Properties) -> Made:
    s3 = client("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
    if "VersioningConfiguration" in given:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=given["VersioningConfiguration"])
    if "PublicAccessBlockConfiguration" in given:
        blocked = given["PublicAccessBlockConfiguration"]
        s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=blocked)
    return Made(ref=name, attributes={"Arn": f"arn:aws:s3:::{name}"})


def _role(name: str, given: Properties) -> Made:
    iam = client("iam")
    trust = json.dumps(given["AssumeRolePolicyDocument"])
    made = iam.create_role(RoleName=name[-64:], AssumeRolePolicyDocument=trust)["Role"]
    for each in given.get("Policies", []):
        document = json.dumps(each["PolicyDocument"])
        iam.put_role_policy(RoleName=made["RoleName"], PolicyName=each["PolicyName"], PolicyDocument=document)
    return Made(ref=made["RoleName"], attributes={"Arn": made["Arn"]})


def _mail_identity(_name: str, given: Properties) -> Made:
    client("sesv2").create_email_identity(EmailIdentity=given["EmailIdentity"])
    return Made(ref=given["EmailIdentity"])


def _configuration_set(name: str, given: Properties) -> Made:
    client("ses").create_configuration_set(ConfigurationSet={"Name": given.get("Name", name)})
    return Made(ref=given.get("Name", name))


def _event_destination(name: str, given: Properties) -> Made:
    wanted = given["EventDestination"]
    client("ses").create_configuration_set_event_destination(
        ConfigurationSetName=given["ConfigurationSetName"],
        EventDestination={
            "Name": wanted["Name"],
            "Enabled": bool(wanted["Enabled"]),
            "MatchingEventTypes": wanted["MatchingEventTypes"],
            "SNSDestination": wanted["SnsDestination"],
        },
    )
    return Made(ref=name)


def _receipt_rule_set(name: str, given: Properties) -> Made:
    wanted = given.get("RuleSetName", name)
    client("ses").create_receipt_rule_set(RuleSetName=wanted)
    return Made(ref=wanted)


def _receipt_rule(_name: str, given: Properties) -> Made:
    client("ses").create_receipt_rule(RuleSetName=given["RuleSetName"], Rule=given["Rule"])
    return Made(ref=given["Rule"]["Name"])


def _topic_policy(name: str, given: Properties) -> Made:
    for topic in given["Topics"]:
        policy = json.dumps(given["PolicyDocument"])
        client("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    return Made(ref=name)


def _subscription(_name: str, given: Properties) -> Made:
    wanted = {key: given[key] for key in ("TopicArn", "Protocol", "Endpoint")}
    return Made(ref=client("sns").subscribe(**wanted)["SubscriptionArn"])


def _invoke_config(name: str, given: Properties) -> Made:
    client("lambda").put_function_event_invoke_config(
        FunctionName=given["FunctionName"],
        MaximumRetryAttempts=int(given["MaximumRetryAttempts"]),
        MaximumEventAgeInSeconds=int(given["MaximumEventAgeInSeconds"]),
        DestinationConfig=given["DestinationConfig"],
    )
    return Made(ref=name)


def _schedule(name: str, given: Properties) -> Made:
    client("scheduler").create_schedule(**{"Name": name, **given})
    return Made(ref=given.get("Name", name))


def _state_machine(name: str, given: Properties) -> Made:
    definition = given["DefinitionString"]
    for word, value in given.get("DefinitionSubstitutions", {}).items():
        definition = definition.replace("${" + word + "}", value)
    made = client("stepfunctions").create_state_machine(
        name=given.get("StateMachineName", name), definition=definition, roleArn=given["RoleArn"]
    )
    return Made(ref=made["stateMachineArn"], attributes={"Arn": made["stateMachineArn"]})


def _rest_api(name: str, given: Properties) -> Made:
    """Only its id: requests are served by the app's own routes, see gateway.py."""
    api = client("apigateway").create_rest_api(name=given["Body"]["info"].get("title", name))
    return Made(ref=api["id"], attributes={"RootResourceId": api["rootResourceId"]})


def _dashboard(name: str, given: Properties) -> Made:
    wanted = given.get("DashboardName", name)
    client("cloudwatch").put_dashboard(DashboardName=wanted, DashboardBody=given["DashboardBody"])
    return Made(ref=wanted)


def _only_named(name: str, _given: Properties) -> Made:
    """Nothing on this machine depends on it."""
    return Made(ref=name)


STAND_INS: dict[str, Callable[[str, Properties], Made]] = {
    "AWS::ApiGateway::Account": _only_named,
    "AWS::ApiGateway::Deployment": _only_named,
    "AWS::ApiGateway::RestApi": _rest_api,  # moto crashes on a Body
    "AWS::ApiGateway::Stage": _only_named,
    "AWS::CloudWatch::Alarm": _only_named,
    "AWS::CloudWatch::Dashboard": _dashboard,
    "AWS::DynamoDB::Table": _table,  # moto forgets TTL and recovery
    "AWS::IAM::Role": _role,  # moto keeps a policy as Python's text of it, which no reader understands
    "AWS::Lambda::EventInvokeConfig": _invoke_config,
    "AWS::S3::Bucket": _bucket,  # moto forgets versions and the public access block
    "AWS::S3::BucketPolicy": _only_named,  # moto enforces one, but reads no Condition
    "AWS::SES::ConfigurationSet": _configuration_set,
    "AWS::SES::ConfigurationSetEventDestination": _event_destination,
    "AWS::SES::EmailIdentity": _mail_identity,
    "AWS::SES::ReceiptRule": _receipt_rule,
    "AWS::SES::ReceiptRuleSet": _receipt_rule_set,
    "AWS::SNS::Subscription": _subscription,
    "AWS::SNS::TopicPolicy": _topic_policy,
    "AWS::Scheduler::Schedule": _schedule,
    "AWS::StepFunctions::StateMachine": _state_machine,  # moto leaves substitutions as they are
}

NAMED_BY = {"AWS::DynamoDB::Table": "TableName", "AWS::S3::Bucket": "BucketName"}


def _model(kind: str, make: Callable[[str, Properties], Made]) -> type[CloudFormationModel]:
    class StandIn(CloudFormationModel):
        def __init__(self, made: Made) -> None:
            self.made = made
            self.physical_resource_id = made.ref

        @staticmethod
        def cloudformation_name_type() -> str:
            return NAMED_BY.get(kind, "")

        @staticmethod
        def cloudformation_type() -> str:
            return kind

        @classmethod
        def has_cfn_attr(cls, _attr: str) -> bool:
            return True

        def get_cfn_attribute(self, attribute_name: str) -> str:
            return self.made.attributes[attribute_name]

        @classmethod
        def create_from_cloudformation_json(
            cls,
            resource_name: str,
            cloudformation_json: Any,
            account_id: str,  # noqa: ARG003
            region_name: str,  # noqa: ARG003
            **_: Any,
        ) -> "StandIn":
            return cls(make(resource_name, cloudformation_json["Properties"]))

    StandIn.__name__ = f"StandIn{kind.replace('::', '')}{uuid.uuid4().hex[:4]}"
    return cast(type[CloudFormationModel], StandIn)


_registered: list[type[CloudFormationModel]] = []


def register() -> None:
    """Makes moto's CloudFormation know them; once a process. Of two classes for a type moto takes the later one."""
    if _registered:
        return
    _registered.extend(_model(kind, make) for kind, make in STAND_INS.items())
    for remembered in (parsing.get_model_list, parsing.get_model_map, parsing.get_name_type_map):
        remembered.cache_clear()
