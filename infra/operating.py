"""For commands that operators run at home on a deployed desk: its settings, as its functions have them."""

import os
from collections.abc import Iterable
from typing import Any

import boto3

from infra.local.where import STACK, STAGE


def use_settings_of(stage: str | None) -> None:
    """From now on this process has the environment variables of the functions of this stage's stack. None: those that
    it has already. AWS's own credentials are yours."""
    if stage is None:
        return
    (name,) = function_names(stage, ["APIHandler"])
    configuration = _client("lambda").get_function_configuration(FunctionName=name)
    os.environ.update(configuration["Environment"]["Variables"])


def function_names(stage: str, resources: Iterable[str]) -> dict[str, str]:
    """The names of these functions of the stage's stack, each with the name of its resource in the template."""
    stack = STACK.removesuffix(STAGE) + stage
    described = {
        each: _client("cloudformation").describe_stack_resource(StackName=stack, LogicalResourceId=each)
        for each in resources
    }
    return {each["StackResourceDetail"]["PhysicalResourceId"]: name for name, each in described.items()}


def _client(service: str) -> Any:
    return boto3.client(service)  # type: ignore[call-overload, unused-ignore]
