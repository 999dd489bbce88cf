"""The templates: settings, workflow, logs, policies, and what the packager refuses."""

import json
import re
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib.settings import Settings, as_text, duration
from infra import template
from infra.local.where import REGION


@pytest.fixture(scope="module")
def app() -> template.Template:
    return template.sam_template(region=REGION)


def of_type(app: template.Template, kind: str) -> dict[str, Any]:
    return {name: each["Properties"] for name, each in app["Resources"].items() if each["Type"] == kind}


def test_every_setting_is_a_variable_of_every_function(app: template.Template) -> None:
    variables = app["Globals"]["Function"]["Environment"]["Variables"]
    assert set(variables) == {each.name.upper() for each in fields(Settings)}


def test_a_setting_with_a_default_is_a_parameter_with_that_default(app: template.Template) -> None:
    assert app["Parameters"]["CoolingOff"]["Default"] == "P7D"
    assert app["Globals"]["Function"]["Environment"]["Variables"]["COOLING_OFF"] == {"Ref": "CoolingOff"}


@pytest.mark.parametrize("text", ["P7D", "PT15M", "PT1H30M", "P1DT2H", "PT45S", "P0D"])
def test_a_duration_is_written_as_settings_reads_it(text: str) -> None:
    assert as_text(duration(text)) == text
    assert duration(as_text(timedelta(days=30))) == timedelta(days=30)


def test_the_workflow_is_laid_in_and_every_function_it_names_is_given(app: template.Template) -> None:
    (workflow,) = of_type(app, "AWS::StepFunctions::StateMachine").values()
    named = set(re.findall(r"\$\{(\w+)}", workflow["DefinitionString"]))
    assert json.loads(workflow["DefinitionString"])["StartAt"]
    assert named == set(workflow["DefinitionSubstitutions"])


def test_a_workflow_that_names_an_unknown_function_is_refused(app: template.Template, tmp_path: Path) -> None:
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "closure.asl.json").write_text('{"StartAt": "${NobodyFunction}"}')
    with pytest.raises(ValueError, match="NobodyFunction"):
        template.finished(json.loads(json.dumps(app)), tmp_path)


def test_finishing_twice_changes_nothing_more(app: template.Template) -> None:
    once = json.dumps(app, sort_keys=True)
    assert json.dumps(template.finished(json.loads(once)), sort_keys=True) == once


def test_every_function_has_a_policy_file_of_its_own_and_logs_that_end(app: template.Template) -> None:
    functions = of_type(app, "AWS::Serverless::Function")
    roles = [each["Role"]["Fn::GetAtt"][0] for each in functions.values()]
    assert len(set(roles)) == len(functions)
    groups = of_type(app, "AWS::Logs::LogGroup")
    assert {f"{name}Logs" for name in functions} | {"ApiAccessLogs", "ClosureWorkflowLogs"} == set(groups)
    assert {each["RetentionInDays"] for each in groups.values()} == {30}, "the ledger of every closure says so"
    config = json.loads((template.PROJECT / ".chalice" / "config.json").read_text())
    for each in config["stages"]["dev"]["lambda_functions"].values():
        assert each["autogen_policy"] is False
        assert (template.PROJECT / ".chalice" / each["iam_policy_file"]).is_file()


def holder_actions(name: str) -> set[str]:
    policy = json.loads((template.PROJECT / ".chalice" / f"policy-{name}.json").read_text())
    named = [each for each in policy["Statement"] if each["Sid"].startswith("Holder")]
    return {action for each in named for action in each["Action"]}


def test_whoever_looks_at_holders_may_look_at_all_kinds_and_only_one_function_may_erase_in_them() -> None:
    looking = holder_actions("closure_look")
    assert looking == holder_actions("sweep") == holder_actions("api")
    erasing = {action for action in holder_actions("closure_erase") if "Delete" in action or "Write" in action}
    assert erasing
    for path in (template.PROJECT / ".chalice").glob("policy-*.json"):
        name = path.stem.removeprefix("policy-")
        assert name == "closure_erase" or not holder_actions(name) & (erasing | {"cognito-idp:AdminUserGlobalSignOut"})


def test_both_streams_keep_what_failed(app: template.Template) -> None:
    mappings = of_type(app, "AWS::Lambda::EventSourceMapping")
    assert len(mappings) == 2
    for each in mappings.values():
        assert each["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert each["MaximumRetryAttempts"] == 5
        assert "OnFailure" in each["DestinationConfig"]


def test_what_must_outlive_the_code_is_kept() -> None:
    foundations = template.read_yaml(template.PROJECT / "infra" / "foundations.yaml")
    for name in ("Accounts", "Desk", "Letters"):
        assert foundations["Resources"][name]["DeletionPolicy"] == "Retain"
    for name in ("Accounts", "Desk"):
        properties = foundations["Resources"][name]["Properties"]
        assert properties["DeletionProtectionEnabled"] is True
        assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_alarms_may_write_to_the_operators_topic_and_ses_to_that_of_feedback() -> None:
    """No service of AWS may use the key that AWS keeps for SNS (alias/aws/sns): what it publishes would be lost."""
    resources = template.read_yaml(template.PROJECT / "infra" / "foundations.yaml")["Resources"]
    topics = {name: each["Properties"] for name, each in resources.items() if each["Type"] == "AWS::SNS::Topic"}
    assert topics.keys() == {"WarningsTopic", "MailFeedbackTopic"}
    assert not any("KmsMasterKeyId" in each for each in topics.values())


def test_every_function_logs_as_json_so_that_ids_beside_a_sentence_are_kept(app: template.Template) -> None:
    logging = app["Globals"]["Function"]["LoggingConfig"]
    assert (logging["LogFormat"], logging["ApplicationLogLevel"]) == ("JSON", "INFO")
    assert not any("LoggingConfig" in each for each in of_type(app, "AWS::Serverless::Function").values())
    plain = template.cloudformation(json.loads(json.dumps(app)), {}, region=REGION, code="s3://bucket/zip")
    functions = of_type(plain, "AWS::Lambda::Function")
    assert {each["LoggingConfig"]["LogFormat"] for each in functions.values()} == {"JSON"}


def test_chalice_leaves_logs_to_lambda() -> None:
    """Chalice's own set-up writes plain text, and no warnings at all."""
    from app import app as desk

    assert not desk.configure_logs
    assert (desk.log.handlers, desk.log.propagate, desk.log.level) == ([], True, 0)
