"""Parts of the local cloud without the desk: functions are made of plain Python functions of a test."""

import io
import json
import os
import sys
import types
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from moto import mock_aws
from moto.awslambda.models import LambdaFunction, lambda_backends

from infra.local import deployment, stand_ins
from infra.local.clients import models_read_once
from infra.local.clock import Clock
from infra.local.faults import Faults
from infra.local.functions import Functions
from infra.local.outbox import Outbox
from infra.local.quick_tables import quick_tables
from infra.local.quiet import Quiet
from infra.local.tables import Tables
from infra.local.transactions import quick_transactions
from infra.local.where import ACCOUNT, REGION
from infra.local.workflows import Workflows

MODULE = "functions_of_a_test"


@dataclass(frozen=True, kw_only=True)
class SmallCloud:
    """moto with everything of the local cloud that reaches into it."""

    quiet: Quiet
    clock: Clock
    functions: Functions
    tables: Tables
    faults: Faults
    outbox: Outbox

    def function(self, name: str, does: Callable[[Any, Any], Any]) -> LambdaFunction:
        """Deploys it; `does` is called with event and context."""
        setattr(sys.modules[MODULE], name, does)
        backend = lambda_backends[ACCOUNT][REGION]
        if name in {each.function_name for each in backend.list_functions()}:
            return backend.get_function(name)
        boto3.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.12",
            Role=role(),
            Handler=f"{MODULE}.{name}",
            Code={"ZipFile": _empty_zip()},
        )
        return backend.get_function(name)

    def queue(self, name: str) -> tuple[str, str]:
        """A queue's URL and ARN."""
        sqs = boto3.client("sqs")
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
        return url, f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"

    def workflow(self, definition: dict[str, Any], **functions: LambdaFunction) -> str:
        text = json.dumps(definition)
        for name, function in functions.items():
            text = text.replace("${" + name + "}", function.function_arn)
        made = boto3.client("stepfunctions").create_state_machine(name="flow", definition=text, roleArn=role())
        return str(made["stateMachineArn"])


@contextmanager
def small_cloud() -> Iterator[SmallCloud]:
    quiet = Quiet()
    clock = Clock(quiet)
    cloud = SmallCloud(
        quiet=quiet,
        clock=clock,
        functions=Functions(clock, quiet),
        tables=Tables(),
        faults=Faults(),
        outbox=Outbox(clock),
    )
    before = dict(os.environ)
    os.environ.update(deployment.aws_environment())
    sys.modules[MODULE] = types.ModuleType(MODULE)
    try:
        with (
            models_read_once(),
            mock_aws(config={"stepfunctions": {"execute_state_machine": True}}),
            ExitStack() as parts,
        ):
            stand_ins.register()
            for part in (cloud.tables, cloud.outbox, cloud.faults, cloud.functions, Workflows(clock, quiet)):
                parts.enter_context(part.installed())
            parts.enter_context(quick_transactions())
            parts.enter_context(quick_tables())
            yield cloud
    finally:
        del sys.modules[MODULE]
        os.environ.clear()
        os.environ.update(before)


def role() -> str:
    iam = boto3.client("iam")
    name = "any"
    try:
        return str(iam.get_role(RoleName=name)["Role"]["Arn"])
    except iam.exceptions.NoSuchEntityException:
        return str(iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")["Role"]["Arn"])


def table(name: str = "desk", *, stream: bool = True) -> str:
    """A table with keys pk and sk; gives the stream's ARN."""
    made = boto3.client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        StreamSpecification={"StreamEnabled": stream, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    return str(made["TableDescription"].get("LatestStreamArn", ""))


def put(key: str, name: str = "desk", **more: Any) -> dict[str, Any]:
    """A Put, for a transaction or (`["Put"]`) for put_item."""
    return {"Put": {"TableName": name, "Item": {"pk": {"S": key}, "sk": {"S": "a"}, **more}}}


def _empty_zip() -> bytes:
    packed = io.BytesIO()
    zipfile.ZipFile(packed, "w").close()
    return packed.getvalue()
