"""`python -m infra.deploy STAGE`: what infra/stages/STAGE.toml says, on AWS or whatever AWS_ENDPOINT_URL names.

Secrets that are missing are made; then the foundations, then the app, each as a change set that is shown in words and
asked for. Done again it changes nothing.
"""

import argparse
import copy
import hashlib
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra import mail_setup, package, parameters, stacks, template
from infra.wanted import StageWrong, Wanted, of_stage

NOT_YET_KNOWN = "https://not-yet-known.invalid"
"""The desk's address in its very first deployment, where only API Gateway will tell it."""

Adapt = Callable[[template.Template], template.Template]


class CannotDeploy(RuntimeError):
    """Something outside the stacks stands in the way."""


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """Where a deployment goes, whom it asks, and where it tells. `adapt` may take out of a template what an endpoint
    other than AWS does not know."""

    session: boto3.session.Session
    ask: stacks.Ask
    tell: stacks.Tell
    adapt: Adapt = copy.deepcopy

    def client(self, service: str) -> Any:
        return self.session.client(service)  # type: ignore[call-overload, unused-ignore]


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("stage")
    given.add_argument("--yes", action="store_true", help="do what is shown without asking")
    chosen = given.parse_args()
    try:
        wanted = of_stage(chosen.stage)
        deployment = Deployment(
            session=boto3.session.Session(region_name=wanted.region),
            ask=(lambda _: True) if chosen.yes else ask_person,
            tell=print,
        )
        deploy(wanted, package.BUILD, deployment)
        for line in mail_setup.left_to_do(deployment.client("sesv2"), wanted):
            print(line)
    except EXPECTED as error:
        print(error, file=sys.stderr)
        return 1
    return 0


EXPECTED = (
    StageWrong,
    CannotDeploy,
    parameters.KeysLost,
    stacks.StackFailed,
    stacks.NotWanted,
    stacks.LosesData,
    BotoCoreError,
    ClientError,
)


def ask_person(question: str) -> bool:
    """Whether somebody at the terminal types yes; where nobody sits, nobody does."""
    try:
        return input(f"{question} Type yes: ").strip() == "yes"
    except EOFError:
        return False


def deploy(wanted: Wanted, built: Path, to: Deployment) -> bool:
    """Both stacks as wanted, their code from the folder `built`. Whether anything changed."""
    if not (built / "deployment.zip").is_file():
        raise CannotDeploy(f"There is no {built / 'deployment.zip'}: make package")
    account = to.client("sts").get_caller_identity()["Account"]
    to.tell(f"signoff {wanted.stage}, in account {account}, {to.session.region_name}")
    for each in parameters.make_missing(to.client("ssm"), to.client("dynamodb"), wanted):
        to.tell(each)
    bucket = _code_bucket(wanted, account, to)
    foundations = to.adapt(template.read_yaml(template.PROJECT / "infra" / "foundations.yaml"))
    has_changed = _bring(wanted.foundations_stack, foundations, wanted.for_foundations(), bucket, wanted, to)
    has_changed |= _app(wanted, built, bucket, to)
    for each in mail_setup.activate_rules(to.client("ses"), wanted):
        to.tell(each)
    return has_changed


def _app(wanted: Wanted, built: Path, bucket: str, to: Deployment) -> bool:
    code = (built / "deployment.zip").read_bytes()
    place = _laid(bucket, f"{hashlib.sha256(code).hexdigest()}.zip", code, to)
    sam = json.loads((built / "sam.json").read_text("utf-8"))
    desk = to.client("dynamodb").describe_table(TableName=f"{wanted.app_stack}-desk")["Table"]
    keys_version = parameters.version(to.client("ssm"), wanted)
    if "LatestStreamArn" not in desk:
        raise CannotDeploy("The desk's table has no stream: infra/README.md (Put a table back) tells how it gets one")

    def bring(address: str) -> bool:
        given = wanted.for_app(public_url=address, desk_stream=desk["LatestStreamArn"], keys_version=keys_version)
        plain = template.cloudformation(copy.deepcopy(sam), given, region=wanted.region, code=f"s3://{bucket}/{place}")
        return _bring(wanted.app_stack, to.adapt(plain), given, bucket, wanted, to)

    address = _address(wanted, to)
    has_changed = bring(address or NOT_YET_KNOWN)
    if not address:
        address = _address(wanted, to)
        to.tell(f"API Gateway gave the desk its address, {address}: once more, so that mails and pages name it")
        bring(address)
    told = stacks.outputs(to.client("cloudformation"), wanted.app_stack)
    to.tell(f"the desk: {address}")
    if target := told.get("CustomDomainTarget"):
        to.tell(f"DNS: CNAME {wanted.custom_domain} to {target}")
    return has_changed


def _address(wanted: Wanted, to: Deployment) -> str:
    """Where customers find the desk; empty if only the first deployment will tell."""
    if wanted.custom_domain:
        return f"https://{wanted.custom_domain}"
    return stacks.outputs(to.client("cloudformation"), wanted.app_stack).get("EndpointURL", "").rstrip("/")


def _bring(
    name: str, body: template.Template, given: dict[str, str], bucket: str, wanted: Wanted, to: Deployment
) -> bool:
    text = json.dumps(body, indent=1, sort_keys=True).encode()
    key = _laid(bucket, f"{name}-{hashlib.sha256(text).hexdigest()[:16]}.json", text, to)
    url = f"{to.client('s3').meta.endpoint_url}/{bucket}/{key}"
    named = {key: value for key, value in given.items() if key in body["Parameters"]}
    return stacks.bring_to(to.client("cloudformation"), name, url, named, wanted.all_tags(), ask=to.ask, tell=to.tell)


def _code_bucket(wanted: Wanted, account: str, to: Deployment) -> str:
    """The bucket that code and templates go to; made if the file names none. Never one of another account: whoever
    guesses a name first could give us code."""
    s3 = to.client("s3")
    name = wanted.code_bucket or f"signoff-{wanted.stage}-code-{account}"
    try:
        s3.head_bucket(Bucket=name, ExpectedBucketOwner=account)
    except ClientError as error:
        if error.response["Error"]["Code"] != "404" or wanted.code_bucket:
            raise CannotDeploy(f"The bucket {name} for code isn't there, or isn't this account's: {error}") from None
        place = {} if wanted.region == "us-east-1" else {"LocationConstraint": wanted.region}
        s3.create_bucket(Bucket=name, **({"CreateBucketConfiguration": place} if place else {}))
        closed = dict.fromkeys(
            ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
        )
        s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=closed)
        to.tell(f"made the bucket {name}, for code")
    return name


def _laid(bucket: str, key: str, body: bytes, to: Deployment) -> str:
    """The key, once what it names lies in the bucket. Keys are named for what is in them, so it is laid there once."""
    s3 = to.client("s3")
    account = to.client("sts").get_caller_identity()["Account"]
    try:
        s3.head_object(Bucket=bucket, Key=key, ExpectedBucketOwner=account)
    except ClientError as error:
        if error.response["Error"]["Code"] != "404":
            raise
        s3.put_object(Bucket=bucket, Key=key, Body=body, ExpectedBucketOwner=account)
    return key


if __name__ == "__main__":
    sys.exit(main())
