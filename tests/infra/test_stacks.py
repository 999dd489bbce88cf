"""Change sets: their words, and what is never done."""

from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from infra import stacks

TABLE = "AWS::DynamoDB::Table"
FUNCTION = "AWS::Lambda::Function"


def change(
    name: str, action: str = "Modify", kind: str = FUNCTION, replacement: str = "False", evaluation: str = "Static"
) -> dict[str, Any]:
    said: dict[str, Any] = {"Action": action, "LogicalResourceId": name, "ResourceType": kind}
    if action == "Modify":
        target = {"Attribute": "Properties", "Name": "Code", "RequiresRecreation": "Never"}
        said |= {"Replacement": replacement, "Details": [{"Target": target, "Evaluation": evaluation}]}
    return said


def test_changes_are_told_in_words_what_is_lost_first() -> None:
    told = stacks.in_words(
        [
            change("Sweep"),
            change("Role", replacement="Conditional", evaluation="Dynamic"),
            change("Queue", replacement="Conditional"),
            change("New", "Add"),
            change("Topic", replacement="True"),
            change("Old", "Remove"),
        ]
    )
    assert [" ".join(line.split()) for line in told] == [
        "removes Old AWS::Lambda::Function",
        "REPLACES Topic AWS::Lambda::Function (Code)",
        "may REPLACE Queue AWS::Lambda::Function (Code)",
        "adds New AWS::Lambda::Function",
        "changes Sweep AWS::Lambda::Function (Code)",
        "follows Role AWS::Lambda::Function (Code)",
    ]


STACK = {"StackName": "it", "StackId": "arn:it", "CreationTime": "2026-11-27T00:00:00Z"}


def bring(changes: list[dict[str, Any]], *, answer: bool, then: list[tuple[str, dict[str, Any]]]) -> list[str]:
    """An update whose change set holds these changes, and CloudFormation's answers after it was shown."""
    client = boto3.client("cloudformation", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="a")
    asked: list[str] = []

    def ask(question: str) -> bool:
        asked.append(question)
        return answer

    with Stubber(client) as aws:
        aws.add_response("describe_stacks", {"Stacks": [STACK | {"StackStatus": "UPDATE_COMPLETE"}]})
        aws.add_response("create_change_set", {"Id": "arn:set"})
        aws.add_response("describe_change_set", {"Status": "CREATE_COMPLETE"})
        aws.add_response(
            "describe_change_set", {"Changes": [{"Type": "Resource", "ResourceChange": each} for each in changes]}
        )
        for operation, response in then:
            aws.add_response(operation, response)
        try:
            stacks.bring_to(client, "it", "https://s3.example/it.json", {}, {}, ask=ask, tell=asked.append)
        finally:
            aws.assert_no_pending_responses()
    return asked


@pytest.mark.parametrize("lost", [change("Desk", "Remove", TABLE), change("Desk", kind=TABLE, replacement="True")])
def test_a_table_is_neither_removed_nor_replaced_whatever_is_answered(lost: dict[str, Any]) -> None:
    with pytest.raises(stacks.LosesData, match="Desk"):
        bring([lost], answer=True, then=[("delete_change_set", {})])


def test_a_table_may_change_without_being_replaced() -> None:
    done = STACK | {"StackStatus": "UPDATE_COMPLETE"}
    told = bring(
        [change("Desk", kind=TABLE)],
        answer=True,
        then=[("execute_change_set", {}), ("describe_stacks", {"Stacks": [done]})],
    )
    assert told[-2:] == ["it: do this?", "it: done"]


def test_a_no_leaves_the_stack_as_it_is() -> None:
    with pytest.raises(stacks.NotWanted):
        bring([change("Sweep")], answer=False, then=[("delete_change_set", {})])


def test_a_deployment_that_was_taken_back_names_the_cause_and_not_what_it_cancelled() -> None:
    failed = STACK | {"StackStatus": "UPDATE_ROLLBACK_COMPLETE"}

    def event(name: str, status: str, why: str) -> dict[str, Any]:
        return STACK | {
            "EventId": name, "Timestamp": STACK["CreationTime"], "LogicalResourceId": name,
            "ResourceType": FUNCTION, "ResourceStatus": status, "ResourceStatusReason": why,
        }  # fmt: skip

    events = [
        {key: value for key, value in each.items() if key != "CreationTime"}
        for each in (
            event("Other", "UPDATE_FAILED", "Resource update cancelled"),
            event("Sweep", "UPDATE_FAILED", "no such role"),
            event("it", "UPDATE_IN_PROGRESS", "User Initiated"),
            event("Long ago", "UPDATE_FAILED", "another cause"),
        )
    ]
    with pytest.raises(stacks.StackFailed) as refused:
        bring(
            [change("Sweep")],
            answer=True,
            then=[
                ("execute_change_set", {}),
                ("describe_stacks", {"Stacks": [failed]}),
                ("describe_stack_events", {"StackEvents": events}),
            ],
        )
    assert str(refused.value).splitlines() == [
        "it failed, and was taken back:",
        "  Sweep (AWS::Lambda::Function): no such role",
    ]


def test_a_stack_that_is_being_changed_is_left_alone() -> None:
    client = boto3.client("cloudformation", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="a")
    with Stubber(client) as aws:
        aws.add_response(
            "describe_stacks", {"Stacks": [STACK | {"StackStatus": "UPDATE_IN_PROGRESS"}]}, {"StackName": ANY}
        )
        with pytest.raises(stacks.StackFailed, match="UPDATE_IN_PROGRESS"):
            stacks.bring_to(client, "it", "https://s3.example/it", {}, {}, ask=lambda _: True, tell=lambda _: None)
