"""`python -m infra.destroy STAGE`: takes the app's stack away. What holds data stays, whatever is answered.

The foundations go only with `--foundations`, asked twice, and their tables, letters and secrets stay even then.
"""

import argparse
import sys
from typing import Any

import boto3

from infra import mail_setup, stacks, template
from infra.deploy import EXPECTED, Deployment, ask_person
from infra.wanted import Wanted, of_stage


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("stage")
    given.add_argument("--yes", action="store_true", help="take the app away without asking")
    given.add_argument("--foundations", action="store_true", help="the other stack too; a person is asked, twice")
    chosen = given.parse_args()
    try:
        wanted = of_stage(chosen.stage)
        session = boto3.session.Session(region_name=wanted.region)
        app_ask = (lambda _: True) if chosen.yes else ask_person
        destroy_app(wanted, Deployment(session=session, ask=app_ask, tell=print))
        if chosen.foundations:
            destroy_foundations(wanted, Deployment(session=session, ask=ask_person, tell=print))
    except EXPECTED as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def destroy_app(wanted: Wanted, at: Deployment) -> None:
    """The functions, the workflow, the API, their logs and alarms. Closures under way stand still; when the app is
    deployed again, its sweep goes on with them."""
    cloudformation = at.client("cloudformation")
    if not stacks.look_for(cloudformation, wanted.app_stack):
        at.tell(f"{wanted.app_stack}: there is none")
        return
    for each in _what_stays(wanted):
        at.tell(f"stays: {each}")
    at.tell("stays: the foundations, and the mail identity, topics and queues in them")
    at.tell("goes: the desk's pages and calls, its workflow with all runs, its logs; letters are not taken in any more")
    if not at.ask(f"Delete the stack {wanted.app_stack}?"):
        raise stacks.NotWanted(f"{wanted.app_stack}: nothing was deleted")
    workflow = stacks.resource(cloudformation, wanted.app_stack, "ClosureWorkflow")
    at.tell(f"stopped {stop_runs(at.client('stepfunctions'), workflow)} runs of closures")
    stacks.delete(cloudformation, wanted.app_stack)
    at.tell(f"{wanted.app_stack}: deleted")


def stop_runs(stepfunctions: Any, workflow: str) -> int:
    """Stops what runs, and says how many. A workflow isn't gone, nor its name free, while one run waits: for days."""
    pages = stepfunctions.get_paginator("list_executions").paginate(stateMachineArn=workflow, statusFilter="RUNNING")
    runs = [each["executionArn"] for page in pages for each in page["executions"]]
    for run in runs:
        stepfunctions.stop_execution(executionArn=run, cause="the desk is taken away")
    return len(runs)


def destroy_foundations(wanted: Wanted, at: Deployment) -> None:
    """The mail identity, topics and queues; CloudFormation lets go of what holds data, and leaves it."""
    cloudformation = at.client("cloudformation")
    if stacks.look_for(cloudformation, wanted.app_stack):
        raise stacks.NotWanted(f"{wanted.app_stack} is there, and stands on the foundations: nothing was deleted")
    if not stacks.look_for(cloudformation, wanted.foundations_stack):
        at.tell(f"{wanted.foundations_stack}: there is none")
        return
    for each in _what_stays(wanted):
        at.tell(f"stays: {each}")
    at.tell(f"goes: {wanted.domain} as a mail identity, with its DKIM records; the failures that wait in the queues")
    for question in (
        f"Delete the stack {wanted.foundations_stack}?",
        "A deploy can't take the tables that stay into a new stack by itself. Really delete it?",
    ):
        if not at.ask(question):
            raise stacks.NotWanted(f"{wanted.foundations_stack}: nothing was deleted")
    mail_setup.deactivate_rules(at.client("ses"), wanted)
    stacks.delete(cloudformation, wanted.foundations_stack)
    at.tell(f"{wanted.foundations_stack}: deleted")


def _what_stays(wanted: Wanted) -> list[str]:
    """What no answer deletes: what the foundations keep, and the secrets, which no stack holds."""
    resources = template.read_yaml(template.PROJECT / "infra" / "foundations.yaml")["Resources"]
    kept = [f"{name} ({it['Type']})" for name, it in resources.items() if it.get("DeletionPolicy") == "Retain"]
    return [*kept, f"the secrets /signoff/{wanted.stage}/*", "the bucket of code"]


if __name__ == "__main__":
    sys.exit(main())
