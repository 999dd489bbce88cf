"""For commands that operators run at home on a deployed desk: its settings, as its functions have them."""

import os
from typing import Any

import boto3

from infra.local.where import STACK, STAGE


def use_settings_of(stage: str | None) -> None:
    """From now on this process has the environment variables of the functions of this stage's stack. None: those that
    it has already. AWS's own credentials are yours."""
    if stage is None:
        return
    resources = _client("cloudformation").describe_stack_resource(
        StackName=STACK.removesuffix(STAGE) + stage, LogicalResourceId="APIHandler"
    )
    name = resources["StackResourceDetail"]["PhysicalResourceId"]
    configuration = _client("lambda").get_function_configuration(FunctionName=name)
    os.environ.update(configuration["Environment"]["Variables"])


def _client(service: str) -> Any:
    return boto3.client(service)  # type: ignore[call-overload, unused-ignore]
