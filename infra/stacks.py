"""CloudFormation stacks: what would change, in words; asked for; done; waited for."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError, WaiterError

Ask = Callable[[str], bool]
Tell = Callable[[str], None]

HOLD_DATA = ("AWS::DynamoDB::Table", "AWS::S3::Bucket")
"""Kinds of resources that a deployment neither removes nor replaces: that is done by hand, by who wants it."""

NO_CHANGE = ("didn't contain changes", "No updates are to be performed")
_POLL = {"Delay": 3, "MaxAttempts": 1200}  # an hour


class StackFailed(RuntimeError):
    """CloudFormation refused, or took it back; says why."""


class NotWanted(RuntimeError):
    """Who was asked said no. Nothing was changed."""


class LosesData(RuntimeError):
    """The change set would remove or replace what holds data. Nothing was changed."""


def look_for(cloudformation: Any, name: str) -> dict[str, Any] | None:
    """The stack as CloudFormation describes it; None if there is none, or none yet but a change set."""
    try:
        (found,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return None
        raise
    return None if found["StackStatus"] == "REVIEW_IN_PROGRESS" else dict(found)


def outputs(cloudformation: Any, name: str) -> dict[str, str]:
    """What the stack tells of itself; nothing if there is no such stack."""
    found = look_for(cloudformation, name) or {}
    return {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}


def resource(cloudformation: Any, name: str, resource_name: str) -> str:
    """The physical id of one of the stack's resources."""
    found = cloudformation.describe_stack_resource(StackName=name, LogicalResourceId=resource_name)
    return str(found["StackResourceDetail"]["PhysicalResourceId"])


def bring_to(
    cloudformation: Any, name: str, template_url: str, parameters: dict[str, str], tags: dict[str, str],
    *, ask: Ask, tell: Tell,
) -> bool:  # fmt: skip
    """Makes the stack what the template says, new or not. Whether anything changed.

    Raises `NotWanted`, `LosesData` or `StackFailed`; after each of them the stack is as it was.
    """
    is_new = _is_new(cloudformation, name, ask)
    change_set = f"signoff-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"
    cloudformation.create_change_set(
        StackName=name,
        ChangeSetName=change_set,
        ChangeSetType="CREATE" if is_new else "UPDATE",
        TemplateURL=template_url,
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in sorted(parameters.items())],
        Tags=[{"Key": key, "Value": value} for key, value in sorted(tags.items())],
        Capabilities=["CAPABILITY_IAM"],
    )
    this = {"StackName": name, "ChangeSetName": change_set}
    if not _is_made(cloudformation, this):
        cloudformation.delete_change_set(**this)
        tell(f"{name}: no change")
        return False
    changes = _changes(cloudformation, this)
    tell(f"{name}: {'a new stack' if is_new else 'changes'}")
    for line in in_words(changes):
        tell(f"  {line}")
    try:
        _check_data_stays(changes)
        if not ask(f"{name}: do this?"):
            raise NotWanted(f"{name}: nothing was changed")
    except (NotWanted, LosesData):
        _forget(cloudformation, this, is_new)
        raise
    cloudformation.execute_change_set(**this)
    _wait(cloudformation, name, "stack_create_complete" if is_new else "stack_update_complete")
    tell(f"{name}: done")
    return True


def _is_new(cloudformation: Any, name: str, ask: Ask) -> bool:
    """Whether it must be created. A first creation that failed leaves a stack that can only be deleted."""
    found = look_for(cloudformation, name)
    if not found:
        return True
    status = found["StackStatus"]
    if status == "ROLLBACK_COMPLETE":
        if not ask(f"{name} was never made whole ({status}), and must be deleted before it is made. Delete it?"):
            raise NotWanted(f"{name}: nothing was changed")
        delete(cloudformation, name)
        return True
    if status.endswith(("_IN_PROGRESS", "_FAILED")):
        raise StackFailed(f"{name} is {status}: see its events, and infra/README.md (When a deployment fails)")
    return False


def _is_made(cloudformation: Any, change_set: dict[str, str]) -> bool:
    """Waits until CloudFormation knows the changes; False if there are none."""
    try:
        cloudformation.get_waiter("change_set_create_complete").wait(**change_set, WaiterConfig=_POLL)
    except WaiterError as error:
        why = str(error.last_response.get("StatusReason", error))
        if any(each in why for each in NO_CHANGE):
            return False
        cloudformation.delete_change_set(**change_set)
        raise StackFailed(f"{change_set['StackName']}: {why}") from None
    return True


def _changes(cloudformation: Any, change_set: dict[str, str]) -> list[dict[str, Any]]:
    pages = cloudformation.get_paginator("describe_change_set").paginate(**change_set)
    return [each["ResourceChange"] for page in pages for each in page["Changes"] if "ResourceChange" in each]


_VERBS = ("removes", "REPLACES", "may REPLACE", "adds", "changes", "follows")


def in_words(changes: Iterable[dict[str, Any]]) -> list[str]:
    """A line for each resource, what goes and what is replaced first. `follows`: it names something that changes, and
    CloudFormation will only know then whether that concerns it."""
    lines = sorted(((_verb(each), each) for each in changes), key=lambda it: (_VERBS.index(it[0]), _name(it[1])))
    return [f"{verb:<12}{_name(each):<32}{each['ResourceType']}{_what(each)}" for verb, each in lines]


def _verb(change: dict[str, Any]) -> str:
    if change["Action"] in ("Add", "Import"):
        return "adds"
    if change["Action"] == "Remove":
        return "removes"
    if change.get("Replacement") == "True":
        return "REPLACES"
    details = change.get("Details", [])
    if details and all(each.get("Evaluation") == "Dynamic" for each in details):
        return "follows"
    return "may REPLACE" if change.get("Replacement") == "Conditional" else "changes"


def _name(change: dict[str, Any]) -> str:
    return str(change["LogicalResourceId"])


def _what(change: dict[str, Any]) -> str:
    targets = [each.get("Target", {}) for each in change.get("Details", [])]
    named = {each.get("Name") or each.get("Attribute", "") for each in targets} - {""}
    return f" ({', '.join(sorted(named))})" if named else ""


def _check_data_stays(changes: Iterable[dict[str, Any]]) -> None:
    lost = [
        f"{'removes' if each['Action'] == 'Remove' else 'replaces'} {_name(each)} ({each['ResourceType']})"
        for each in changes
        if each["ResourceType"] in HOLD_DATA
        and (each["Action"] == "Remove" or each.get("Replacement") in ("True", "Conditional"))
    ]
    if lost:
        raise LosesData(
            f"This deployment {' and '.join(lost)}: what holds data is never removed or replaced by a deploy"
        )


def _forget(cloudformation: Any, change_set: dict[str, str], is_new: bool) -> None:
    """Takes the change set away, and the empty stack that a first one leaves."""
    cloudformation.delete_change_set(**change_set)
    if is_new:
        cloudformation.delete_stack(StackName=change_set["StackName"])


def delete(cloudformation: Any, name: str) -> None:
    """Takes the stack away and waits until it is gone. A stack that isn't there stays so."""
    if found := look_for(cloudformation, name):
        cloudformation.delete_stack(StackName=name)
        _wait(cloudformation, found["StackId"], "stack_delete_complete")  # once it is gone only its id names it


def _wait(cloudformation: Any, name: str, what: str) -> None:
    """Until the stack is there, changed or gone. Raises `StackFailed` with the first causes that its events name."""
    try:
        cloudformation.get_waiter(what).wait(StackName=name, WaiterConfig=_POLL)
    except WaiterError as error:
        causes = "\n  ".join(_causes(cloudformation, name)) or str(error)
        raise StackFailed(f"{name} failed, and was taken back:\n  {causes}") from None


def _causes(cloudformation: Any, stack_id: str) -> list[str]:
    """Of the last operation, the oldest failure first; what was only cancelled because of it is no cause."""
    told = []
    for each in cloudformation.describe_stack_events(StackName=stack_id)["StackEvents"]:
        why = each.get("ResourceStatusReason", "")
        if why == "User Initiated":
            break
        if each["ResourceStatus"].endswith("_FAILED") and "cancelled" not in why:
            told.append(f"{each['LogicalResourceId']} ({each['ResourceType']}): {why}")
    return told[::-1]
