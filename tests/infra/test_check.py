"""What `make check` says of a workflow and a template that are wrong."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from infra import check, template

WORKFLOW = json.loads((template.PROJECT / "infra" / "closure.asl.json").read_text("utf-8"))


def complaints(state: str, **fields: Any) -> list[str]:
    """Of the desk's own workflow, with these fields of a state changed, or a state more."""
    workflow = deepcopy(WORKFLOW)
    workflow["States"].setdefault(state, {}).update(fields)
    return check.workflow_complaints(workflow)


def test_the_workflow_is_sound() -> None:
    assert check.workflow_complaints(WORKFLOW) == []


@pytest.mark.parametrize(
    ("state", "fields", "said"),
    [
        ("Check", {"Next": "Nowhere"}, 'No state found named "Nowhere"'),
        ("Lost", {"Type": "Succeed"}, "No transition found to state State Machine.Lost"),
        ("Check", {"ResultPath": "check"}, "should be a Reference Path"),
        ("Check", {"Retri": []}, 'Field "Retri" not allowed'),
    ],
)
def test_a_workflow_that_step_functions_would_refuse_is_named(state: str, fields: dict[str, Any], said: str) -> None:
    assert any(said in each for each in complaints(state, **fields))


def test_a_template_that_cloudformation_would_refuse_is_named(tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text("Resources: {Queue: {Type: AWS::SQS::Queue, Properties: {Nmae: a}}}")
    (said, *_) = check.complaints(tmp_path / "wrong.yaml")
    assert said.startswith("wrong.yaml: E3002")
