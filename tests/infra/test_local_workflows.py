"""Step Functions by the desk's clock: moto's interpreter, its waits and pauses replaced."""

import json
import re
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from infra.local.schedules import Schedules
from infra.local.travel import Travel
from infra.local.workflows import counts, executions
from tests.infra.small_cloud import SmallCloud

INVOKE = "arn:aws:states:::lambda:invoke"


def wait_until(path: str, **more: Any) -> dict[str, Any]:
    return {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "TimestampPath": path, "End": True, **more}}}


def task(name: str = "F", **more: Any) -> dict[str, Any]:
    call = {"FunctionName": "${" + name + "}", "Payload.$": "$"}
    return {
        "StartAt": "Do",
        "States": {"Do": {"Type": "Task", "Resource": INVOKE, "Parameters": call, "End": True, **more}},
    }


def start(machine: str, name: str, given: Any = None) -> str:
    client = boto3.client("stepfunctions")
    started = client.start_execution(stateMachineArn=machine, name=name, input=json.dumps(given or {}))
    return str(started["executionArn"])


def status(execution: str) -> str:
    return str(boto3.client("stepfunctions").describe_execution(executionArn=execution)["status"])


def rfc3339(cloud: SmallCloud, later: timedelta) -> str:
    return (cloud.clock.now() + later).isoformat().replace("+00:00", "Z")


@pytest.fixture
def travel(cloud: SmallCloud) -> Travel:
    return Travel(cloud.clock, Schedules(cloud.clock, lambda _: None), cloud.quiet)


def test_a_waiting_execution_is_not_in_flight(cloud: SmallCloud) -> None:
    started = start(cloud.workflow(wait_until("$.at")), "a", {"at": rfc3339(cloud, timedelta(days=7))})
    cloud.quiet.wait()
    assert status(started) == "RUNNING"


def test_a_wait_ends_when_the_desk_s_clock_says_so_and_not_a_moment_before(cloud: SmallCloud, travel: Travel) -> None:
    started = start(cloud.workflow(wait_until("$.at")), "a", {"at": rfc3339(cloud, timedelta(days=7))})
    travel.advance(timedelta(days=6, hours=23, minutes=59))
    assert status(started) == "RUNNING"
    travel.advance(timedelta(minutes=1))
    assert status(started) == "SUCCEEDED"


def test_a_wait_for_what_is_no_time_fails(cloud: SmallCloud) -> None:
    started = start(cloud.workflow(wait_until("$.at")), "a", {"at": "tomorrow"})
    cloud.quiet.wait()
    assert status(started) == "FAILED"


def test_a_short_pause_between_tries_is_cut_short_by_settling(cloud: SmallCloud, travel: Travel) -> None:
    tries: list[int] = []

    def act(_event: Any, _context: Any) -> None:
        tries.append(1)
        if len(tries) < 4:
            raise ValueError("not yet")

    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 5, "BackoffRate": 2, "MaxAttempts": 4}]
    started = start(cloud.workflow(task(Retry=retry), F=cloud.function("act", act)), "a")
    travel.settle()
    assert (len(tries), status(started)) == (4, "SUCCEEDED")


def test_a_long_pause_between_tries_waits_for_the_clock(cloud: SmallCloud, travel: Travel) -> None:
    tries: list[int] = []

    def act(_event: Any, _context: Any) -> None:
        tries.append(1)
        raise ValueError("no")

    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 3600, "MaxAttempts": 1}]
    started = start(cloud.workflow(task(Retry=retry), F=cloud.function("act", act)), "a")
    travel.settle()
    assert (len(tries), status(started)) == (1, "RUNNING")
    travel.advance(timedelta(hours=1))
    assert (len(tries), status(started)) == (2, "FAILED")


def test_an_error_has_the_function_s_own_name_for_catch(cloud: SmallCloud) -> None:
    class HolderRefused(Exception):
        pass

    def act(_event: Any, _context: Any) -> None:
        raise HolderRefused

    flow = task(Catch=[{"ErrorEquals": ["HolderRefused"], "Next": "Trouble"}])
    flow["States"]["Trouble"] = {"Type": "Pass", "Result": "trouble", "End": True}
    started = start(cloud.workflow(flow, F=cloud.function("act", act)), "a")
    cloud.quiet.wait()
    assert "trouble" in boto3.client("stepfunctions").describe_execution(executionArn=started)["output"]


def test_a_waiting_execution_can_be_stopped(cloud: SmallCloud) -> None:
    started = start(cloud.workflow(wait_until("$.at")), "a", {"at": rfc3339(cloud, timedelta(days=7))})
    boto3.client("stepfunctions").stop_execution(executionArn=started)
    cloud.quiet.wait()
    assert status(started) == "ABORTED"


def test_an_execution_that_pauses_between_tries_can_be_stopped(cloud: SmallCloud, travel: Travel) -> None:
    def act(_event: Any, _context: Any) -> None:
        raise ValueError("no")

    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 3600, "MaxAttempts": 9}]
    started = start(cloud.workflow(task(Retry=retry), F=cloud.function("act", act)), "a")
    travel.settle()
    boto3.client("stepfunctions").stop_execution(executionArn=started)
    cloud.quiet.wait()
    assert status(started) == "ABORTED"


def test_a_second_start_of_the_same_name_and_input_is_the_same_execution(cloud: SmallCloud) -> None:
    machine, at = cloud.workflow(wait_until("$.at")), rfc3339(cloud, timedelta(days=1))
    assert start(machine, "a", {"at": at}) == start(machine, "a", {"at": at})
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        start(machine, "a", {"at": rfc3339(cloud, timedelta(days=2))})


def test_two_hundred_executions_wait_and_wake_together(cloud: SmallCloud, travel: Travel) -> None:
    machine = cloud.workflow(wait_until("$.at"))
    at = rfc3339(cloud, timedelta(days=7))
    for number in range(200):
        start(machine, f"e{number}", {"at": at})
    cloud.quiet.wait()
    assert counts() == {"RUNNING": 200}
    travel.advance(timedelta(days=7, seconds=1))
    assert counts() == {"SUCCEEDED": 200}


def test_a_definition_is_read_once_and_each_execution_has_a_program_of_its_own(cloud: SmallCloud) -> None:
    from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser, ASLParserException

    text = json.dumps(wait_until("$.at"))
    (one, tree), (other, same) = (AmazonStateLanguageParser.parse(text) for _ in range(2))
    assert tree is same
    assert one is not other
    assert re.sub("0x[0-9a-f]+", "", repr(one)) == re.sub("0x[0-9a-f]+", "", repr(other))
    for _ in range(2):
        with pytest.raises(ASLParserException):
            AmazonStateLanguageParser.parse('{"StartAt": 1}')


def test_the_seams_of_the_interpreter_are_where_we_expect_them() -> None:
    from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
    from moto.stepfunctions.parser.asl.component.common.retry.retrier_decl import RetrierDecl
    from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
    from moto.stepfunctions.parser.asl.component.state.wait.wait_function.timestamp import Timestamp
    from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
    from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
    from moto.stepfunctions.parser.backend.execution import Execution
    from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker

    for owner, name in (
        (WaitFunction, "_wait_interval"),
        (Timestamp, "_get_wait_seconds"),
        (Timestamp, "_create_failure_event"),
        (RetrierDecl, "_eval_body"),
        (retrier_decl, "time"),
        (Execution, "start"),
        (ExecutionWorker, "_execution_logic"),
        (AmazonStateLanguageParser, "parse"),
        (ExecutionWorker, "stop"),
        (lambda_eval_utils, "boto_client_for"),
    ):
        assert name in vars(owner), (owner, name)
    assert executions.__doc__
