"""Deploys the packaged template into moto, in the order and by the steps that a deploy to AWS takes."""

import base64
import io
import json
import os
import secrets
import zipfile
from copy import deepcopy
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import moto.cloudformation.models
from moto.awslambda.models import LambdaFunction, lambda_backends
from moto.cloudformation.models import cloudformation_backends
from moto.dynamodb.models import dynamodb_backends

from infra import template
from infra.local import stand_ins
from infra.local.clients import client
from infra.local.folder import NOTHING_KEPT, Folder
from infra.local.seams import replaced
from infra.local.where import ACCOUNT, AUDIENCE, FOUNDATIONS, MAIL_DOMAIN, REGION, STACK, STAGE, SUPPORT_ADDRESS

CODE_BUCKET = "signoff-code"


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """The stack that runs: its functions by the name of their resource in the template."""

    functions: dict[str, LambdaFunction]

    def variables(self) -> dict[str, str]:
        """The environment of every function; they all have the same one."""
        environments = [dict(each.environment_vars) for each in self.functions.values()]
        if any(each != environments[0] for each in environments):
            raise ValueError("one process can't play functions whose environments differ")
        return {name: str(value) for name, value in environments[0].items()}

    def named(self, name: str) -> LambdaFunction:
        """The function of that Chalice name, such as `ticket_stream`."""
        return self.functions["".join(part.title() for part in name.split("_"))]


def deploy(
    project: Path, *, desk_url: str, panel_url: str, settings: dict[str, str], kept: Folder = NOTHING_KEPT
) -> Deployed:
    """Foundations, secrets, the app's stack, then what no template can say. `settings` as environment variables."""
    stand_ins.register()
    _make_keys(kept)
    _upload_code()
    _create(
        FOUNDATIONS,
        _foundations(project),
        {"Stage": STAGE, "MailDomain": MAIL_DOMAIN},
    )
    client("ses").set_active_receipt_rule_set(RuleSetName=f"signoff-{STAGE}")
    parameters = {
        "Stage": STAGE,
        "PublicUrl": desk_url,
        "SupportAddress": SUPPORT_ADDRESS,
        "Issuer": panel_url,
        "Audience": AUDIENCE,
        "JwksUrl": f"{panel_url}/jwks.json",
    } | {_parameter(name): value for name, value in settings.items()}
    app = deepcopy(_app(project))
    unknown = set(parameters) - set(app["Parameters"])
    if unknown:
        raise ValueError(f"the template has no parameter {', '.join(sorted(unknown))}")
    code = f"s3://{CODE_BUCKET}/deployment.zip"
    _create(STACK, template.cloudformation(app, parameters, region=REGION, code=code), parameters)
    _keep_moto_from_pushing_records()
    return Deployed(functions=_functions())


@cache
def _foundations(project: Path) -> template.Template:
    """Read once a process, like the app that it is deployed with."""
    return template.read_yaml(project / "infra" / "foundations.yaml")


@cache
def _app(project: Path) -> template.Template:
    return template.sam_template(project, region=REGION)


def _parameter(variable: str) -> str:
    return variable.title().replace("_", "")


def _make_keys(kept: Folder) -> None:
    """The desk's secrets: CloudFormation can't make a SecureString, so a deploy makes it before the stack."""
    for name, first in (("keys", "k1"), ("receipt-keys", "r1")):
        value = kept.once(f"{name}.json", partial(_new_keys, first))
        client("ssm").put_parameter(Name=f"/signoff/{STAGE}/{name}", Type="SecureString", Value=json.dumps(value))


def _new_keys(name: str) -> dict[str, Any]:
    return {"now": name, "keys": {name: base64.b64encode(secrets.token_bytes(32)).decode()}}


def _upload_code() -> None:
    """An empty zip: functions run from the working tree, but CloudFormation wants to see that code lies there."""
    s3 = client("s3")
    s3.create_bucket(Bucket=CODE_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    s3.put_object(Bucket=CODE_BUCKET, Key="deployment.zip", Body=empty.getvalue())


def _create(name: str, body: template.Template, parameters: dict[str, str]) -> None:
    cloudformation = client("cloudformation")
    with replaced(moto.cloudformation.models, "yaml", lambda _: OnlyJson):
        cloudformation.create_stack(
            StackName=name,
            TemplateBody=json.dumps(body),
            Capabilities=["CAPABILITY_IAM"],
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        )
    made = cloudformation_backends[ACCOUNT][REGION].get_stack(name).resource_map
    for left_out in [each for each in made.resources if made[each] is None]:
        del made._resource_json_map[left_out]  # by its condition; moto would list it, without a type
    status = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
    if status != "CREATE_COMPLETE":
        raise RuntimeError(f"stack {name} is {status}")


class OnlyJson:
    """In the place of the module `yaml`, which takes half a second for what is written as JSON."""

    @staticmethod
    def add_multi_constructor(*_: Any) -> None:
        """JSON has no short forms."""

    @staticmethod
    def load(text: str, **_: Any) -> Any:
        return json.loads(text)

    Loader = None


def _functions() -> dict[str, LambdaFunction]:
    resources = client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]
    backend = lambda_backends[ACCOUNT][REGION]
    return {
        each["LogicalResourceId"]: backend.get_function(each["PhysicalResourceId"])
        for each in resources
        if each["ResourceType"] == "AWS::Lambda::Function"
    }


def _keep_moto_from_pushing_records() -> None:
    """streams.py reads the streams; moto would push each record while it is written, cancelled ones too."""
    for table in dynamodb_backends[ACCOUNT][REGION].tables.values():
        table.lambda_event_source_mappings.clear()


def aws_environment() -> dict[str, str]:
    """What the process needs so that every AWS client means moto, whatever the shell had set."""
    return {
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def parsed(text: str) -> Any:
    """The input of a schedule: JSON, or nothing."""
    return json.loads(text or "{}")


def foreign_variables() -> list[str]:
    """Variables of the shell that would lead an AWS client elsewhere."""
    return [name for name in os.environ if name == "AWS_PROFILE" or name.startswith("AWS_ENDPOINT_URL")]
