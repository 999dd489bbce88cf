"""`python -m infra.try_deploy`: the whole deployment against MiniStack, an AWS on this machine that isn't ours.

Makes MiniStack's own virtual environment in build/, starts it on loopback, deploys both stacks, asks /healthz through
its API Gateway and its Lambda, deploys again (no change), changes the code, deploys that, and stops it. The zip is
that for Lambda but for the architecture: this machine must be able to run it.
"""

import json
import os
import shutil
import sys
import tempfile
import urllib.request
from pathlib import Path

import boto3

from infra import ministack, package, stacks, template
from infra.deploy import EXPECTED, Deployment, deploy
from infra.destroy import destroy_app, destroy_foundations
from infra.wanted import Wanted, read

WANTED = {
    "region": "ap-southeast-1",
    "domain": "desk.example",
    "support_address": "support@desk.example",
    "issuer": "https://issuer.example",
    "alarms": "operations@desk.example",
}

LEFT_OUT = {
    "AWS::SES::ReceiptRuleSet": "MiniStack knows the calls, not the CloudFormation type; the deploy activates the set",
    "AWS::SES::ReceiptRule": "the same; and it takes in no letters that a rule could be for",
    "AWS::CloudWatch::Alarm with Metrics": "an alarm on a sum of metrics; it knows alarms on one, and rings none",
}
"""Types that MiniStack's CloudFormation does not know, and why it does not matter to what is tried here. The local
cloud plays both."""


class TrialFailed(RuntimeError):
    """What should have come out did not."""


def main() -> int:
    try:
        ministack.make_environment()
        with (
            tempfile.TemporaryDirectory() as folder,
            ministack.running(Path(folder), MINISTACK_REGION=WANTED["region"], LAMBDA_EXECUTOR="local") as address,
        ):
            _try(Path(folder), address)
    except (*EXPECTED, package.CannotPackage, ministack.NoMiniStack, TrialFailed) as error:
        print(error, file=sys.stderr)
        return 1
    print("tried: from nothing, again without a change, with changed code; and taken away, but for what holds data")
    return 0


def _try(folder: Path, address: str) -> None:
    wanted = read("trial", WANTED)
    to = Deployment(session=_session(address), ask=lambda _: True, tell=print, adapt=without_unknown)
    _say_left_out()
    to.client("ses").create_receipt_rule_set(RuleSetName=wanted.app_stack)
    project = _copy(folder / "project")
    version = (project / "chalicelib" / "openapi.py", 'VERSION: Final = "', '"')

    package.package(folder / "one", project, architecture=package.host())
    _expect(deploy(wanted, folder / "one", to), True, "the first deployment made nothing")
    _say_made(wanted, to)
    before = _healthz(wanted, to, address)
    _sweep(wanted, to)
    _expect(deploy(wanted, folder / "one", to), False, "the second deployment changed something")

    _put_between(*version, "trial")
    package.package(folder / "two", project, architecture=package.host())
    _expect(deploy(wanted, folder / "two", to), True, "changed code changed nothing")
    after = _healthz(wanted, to, address)
    _sweep(wanted, to)
    _expect(after["version"], "trial", f"after the code was changed /healthz still says {after}, before {before}")
    destroy_app(wanted, to)
    _expect(stacks.look_for(to.client("cloudformation"), wanted.app_stack), None, "the app is still there")
    destroy_foundations(wanted, to)
    _expect(len(to.client("dynamodb").list_tables()["TableNames"]), 2, "a table went with the stacks")


def without_unknown(body: template.Template) -> template.Template:
    """The template without what MiniStack doesn't know, and without the outputs that tell of it."""
    kept = dict(body)
    gone = {name for name, each in body["Resources"].items() if kind_of(each) in LEFT_OUT}
    kept["Resources"] = {name: each for name, each in body["Resources"].items() if name not in gone}
    kept["Outputs"] = {
        name: each for name, each in body["Outputs"].items() if each["Value"] not in [{"Ref": it} for it in gone]
    }
    return kept


def kind_of(resource: template.Template) -> str:
    """Its type, as `LEFT_OUT` names it."""
    kind = str(resource["Type"])
    return f"{kind} with Metrics" if "Metrics" in resource.get("Properties", {}) else kind


def _say_left_out() -> None:
    for kind, why in LEFT_OUT.items():
        print(f"left out: {kind}: {why}")


def _copy(project: Path) -> Path:
    """What is packed, apart from the working tree, so that its code may be changed."""
    for name in ("app.py", "requirements.txt"):
        project.mkdir(exist_ok=True)
        shutil.copy(template.PROJECT / name, project / name)
    for name in (".chalice", "chalicelib", "infra"):
        shutil.copytree(template.PROJECT / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
    return project


def _put_between(path: Path, start: str, end: str, text: str) -> None:
    before, rest = path.read_text("utf-8").split(start)
    path.write_text(before + start + text + end + rest.partition(end)[2], "utf-8")


def _healthz(wanted: Wanted, to: Deployment, address: str) -> dict[str, str]:
    """What the desk answers through MiniStack's API Gateway, which serves each API below its own port too."""
    told = stacks.outputs(to.client("cloudformation"), wanted.app_stack)
    url = f"{address}/restapis/{told['RestAPIId']}/api/_user_request_/healthz"
    with urllib.request.urlopen(url, timeout=60) as answer:
        health: dict[str, str] = json.load(answer)
    print(f"GET /healthz: {health}")
    return health


def _say_made(wanted: Wanted, to: Deployment) -> None:
    for name in (wanted.foundations_stack, wanted.app_stack):
        pages = to.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=name)
        made = [each["ResourceStatus"] for page in pages for each in page["StackResourceSummaries"]]
        _expect(set(made) - {"CREATE_COMPLETE", "UPDATE_COMPLETE"}, set(), f"{name} has {set(made)}")
        print(f"{name}: {len(made)} resources")


def _sweep(wanted: Wanted, to: Deployment) -> None:
    """The hourly function, as the schedule would: it reads the deployed table by the deployed keys."""
    function = stacks.resource(to.client("cloudformation"), wanted.app_stack, "Sweep")
    answer = to.client("lambda").invoke(FunctionName=function, Payload=b"{}")
    said = answer["Payload"].read().decode()
    _expect(answer.get("FunctionError"), None, f"the sweep failed: {said}")
    print(f"the sweep: {said}")


def _expect(found: object, wanted: object, otherwise: str) -> None:
    if found != wanted:
        raise TrialFailed(otherwise)


def _session(address: str) -> boto3.session.Session:
    os.environ["AWS_ENDPOINT_URL"] = address
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    os.environ.pop("AWS_PROFILE", None)
    return boto3.session.Session("trial", "trial", region_name=WANTED["region"])


if __name__ == "__main__":
    sys.exit(main())
