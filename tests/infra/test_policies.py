"""What the templates allow, and whom they tell: a reason for each `*`, alarms that are explained, logs of nobody."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from infra import template
from infra.local.where import REGION
from tests.stories.allowances import BY_LAMBDA_ITSELF

README = (template.PROJECT / "infra" / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def app() -> template.Template:
    return template.sam_template(region=REGION)


def of_type(app: template.Template, kind: str) -> dict[str, Any]:
    return {name: each["Properties"] for name, each in app["Resources"].items() if each["Type"] == kind}


def statements(app: template.Template) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement of every role and policy of both templates, by the name of its resource."""
    foundations = template.read_yaml(template.PROJECT / "infra" / "foundations.yaml")
    for resources in (app, foundations):
        for name, role in of_type(resources, "AWS::IAM::Role").items():
            for policy in role.get("Policies", []):
                yield from ((name, each) for each in policy["PolicyDocument"]["Statement"])
        for name, policy in of_type(resources, "AWS::IAM::Policy").items():
            yield from ((name, each) for each in policy["PolicyDocument"]["Statement"])


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def rows(heading: str) -> set[str]:
    """The names in the first column of the table that follows this heading in README."""
    table = README.partition(heading)[2].partition("|---")[2].partition("\n\n")[0]
    firsts = [line.split("|")[1].strip() for line in table.splitlines()[1:]]
    return {name.strip("` ") for first in firsts for name in first.split(",")}


def test_no_policy_allows_every_action(app: template.Template) -> None:
    assert not [name for name, each in statements(app) for action in listed(each["Action"]) if "*" in action]


def test_every_star_in_a_resource_has_its_reason_and_every_reason_a_star(app: template.Template) -> None:
    starred = {each["Sid"] for _, each in statements(app) if "*" in json.dumps(each["Resource"])}
    assert starred == rows("| `Sid` | `*` because |")


def test_what_lambda_does_under_a_function_s_role_is_what_its_mappings_and_destinations_need(
    app: template.Template,
) -> None:
    """No story can use these, so they are held against what has Lambda use them."""
    mapped = {each["FunctionName"]["Ref"] for each in of_type(app, "AWS::Lambda::EventSourceMapping").values()}
    given_up = {each["FunctionName"]["Ref"] for each in of_type(app, "AWS::Lambda::EventInvokeConfig").values()}
    functions = of_type(app, "AWS::Serverless::Function")
    wanted = {"Logs": set(functions), "Stream": mapped, "Streams": mapped, "GivenUpRecords": mapped}
    wanted |= {"GivenUpEvents": given_up}
    found: dict[str, set[str]] = {sid: set() for sid in BY_LAMBDA_ITSELF}
    of_role = {each["Role"]["Fn::GetAtt"][0]: name for name, each in functions.items()}
    for role, each in statements(app):
        if each.get("Sid") in found and role in of_role:
            found[each["Sid"]].add(of_role[role])
            assert each["Sid"] != "Logs" or f"-{of_role[role]}-*" in each["Resource"]["Fn::Sub"]
    assert found == wanted


def test_every_alarm_tells_operators_and_is_explained(app: template.Template) -> None:
    alarms = of_type(app, "AWS::CloudWatch::Alarm")
    topic = [{"Fn::ImportValue": {"Fn::Sub": "signoff-${Stage}-Warnings"}}]
    assert {name for name, each in alarms.items() if each["AlarmActions"] != topic} == set()
    assert {name.removesuffix("Alarm") for name in alarms} == rows("## When an alarm rings")


def test_alarms_on_what_the_desk_counts_name_metrics_that_it_counts(app: template.Template) -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (template.PROJECT / "chalicelib").rglob("*.py"))
    watched = [each for each in of_type(app, "AWS::CloudWatch::Alarm").values() if each.get("Namespace") == "Signoff"]
    assert len(watched) == 5
    for each in watched:
        stage, by = each["Dimensions"]
        assert stage == {"Name": "Stage", "Value": {"Ref": "Stage"}}
        assert f'"{each["MetricName"]}", {by["Name"]}=' in code
        assert f'"{by["Value"]}"' in code


def test_the_dashboard_is_json_and_names_what_is_there(app: template.Template) -> None:
    (board,) = of_type(app, "AWS::CloudWatch::Dashboard").values()
    text = board["DashboardBody"]["Fn::Sub"]
    assert len(json.loads(text)["widgets"]) == 12
    named = set(re.findall(r"\$\{(\w+)}", text)) - {"Stage"}
    assert named <= set(app["Resources"])


def test_logs_of_calls_and_of_the_workflow_hold_nothing_personal(app: template.Template) -> None:
    (api,) = of_type(app, "AWS::Serverless::Api").values()
    said = api["AccessLogSetting"]["Format"]
    assert set(re.findall(r"\$context\.([\w.]+)", said)) == {
        "requestId", "requestTime", "httpMethod", "resourcePath", "status", "responseLatency", "responseLength",
        "error.responseType",
    }  # fmt: skip
    (settings,) = api["MethodSettings"]
    assert (settings["DataTraceEnabled"], settings["LoggingLevel"]) == (False, "OFF")
    assert settings["ThrottlingRateLimit"] == {"Ref": "RequestsPerSecond"}
    (workflow,) = of_type(app, "AWS::StepFunctions::StateMachine").values()
    assert workflow["LoggingConfiguration"]["IncludeExecutionData"] is False


def test_one_switch_traces_everything(app: template.Template) -> None:
    functions = of_type(app, "AWS::Serverless::Function")
    assert {json.dumps(each["Tracing"]) for each in functions.values()} == {
        json.dumps({"Fn::If": ["IsTraced", "Active", "PassThrough"]})
    }
    roles = {each["Role"]["Fn::GetAtt"][0] for each in functions.values()} | {"ClosureWorkflowRole"}
    assert {each["Ref"] for each in app["Resources"]["TracingPolicy"]["Properties"]["Roles"]} == roles
    plain = template.cloudformation(json.loads(json.dumps(app)), {}, region=REGION, code="s3://bucket/zip")
    (stage,) = of_type(plain, "AWS::ApiGateway::Stage").values()
    assert stage["TracingEnabled"] == {"Fn::If": ["IsTraced", True, False]}
    assert plain["Resources"]["TracingPolicy"]["Condition"] == "IsTraced"
