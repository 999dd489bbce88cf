"""What each deployed function may do, held against every call that it makes to AWS.

moto's own enforcement knows no DynamoDB resources. Here a call from inside a function is checked against the policies
of that function's role, as CloudFormation deployed them; what they don't allow is answered with AccessDenied. Only
Allow statements without conditions are read: the desk's policies have no others.
"""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree

from botocore.awsrequest import AWSResponse
from moto.awslambda.models import LambdaFunction
from moto.core.botocore_stubber import BotocoreStubber, MockRawResponse

from infra.local.clients import client
from infra.local.functions import running
from infra.local.seams import replaced
from infra.local.where import ACCOUNT, REGION

log = logging.getLogger("signoff.local")


@dataclass(frozen=True, kw_only=True)
class Need:
    """An action on a resource, as policies name them."""

    action: str
    resource: str


Statement = tuple[tuple[str, ...], tuple[str, ...]]


class Permissions:
    """The deployed policies, function by function, and the calls that they refused."""

    def __init__(self) -> None:
        self._allowed: dict[str, list[Statement]] = {}
        self.refused: list[str] = []

    @contextmanager
    def enforced(self, functions: list[LambdaFunction]) -> Iterator[None]:
        self._allowed = {each.function_name: _statements(each.role.rsplit("/", 1)[1]) for each in functions}
        with replaced(BotocoreStubber, "__call__", self._guard):
            yield

    def _guard(self, answer: Callable[..., Any]) -> Callable[..., Any]:
        def __call__(stubber: BotocoreStubber, event_name: str, request: Any, **given: Any) -> Any:  # noqa: N807
            function = running.get()
            if function in self._allowed:
                _, service, operation = event_name.split(".")
                for need in needs(service, operation, request):
                    if not self._allows(function, need):
                        return self._refuse(function, need, request)
            return answer(stubber, event_name, request, **given)

        return __call__

    def _allows(self, function: str, need: Need) -> bool:
        return any(
            any(fnmatchcase(need.action, action) for action in actions)
            and any(fnmatchcase(need.resource, resource) for resource in resources)
            for actions, resources in self._allowed[function]
        )

    def _refuse(self, function: str, need: Need, request: Any) -> AWSResponse:
        words = f"{function} may not {need.action} on {need.resource}"
        self.refused.append(words)
        log.error(words)
        if ".s3." in request.url or "/s3." in request.url:
            body, kind = f"<Error><Code>AccessDenied</Code><Message>{words}</Message></Error>", "text/xml"
        else:
            body, kind = json.dumps({"__type": "AccessDeniedException", "message": words}), "application/json"
        headers = {"content-type": kind, "x-amzn-errortype": "AccessDeniedException"}
        return AWSResponse(request.url, 403, headers, MockRawResponse(body))


def _statements(role: str) -> list[Statement]:
    iam = client("iam")
    documents = [
        iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
    ]
    return [
        (_all(statement["Action"]), _all(statement["Resource"]))
        for document in documents
        for statement in _listed(document["Statement"])
        if statement["Effect"] == "Allow" and "Condition" not in statement
    ]


def _listed(statements: Any) -> list[dict[str, Any]]:
    """A policy may hold one statement without a list around it."""
    return [statements] if isinstance(statements, dict) else list(statements)


def _all(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def needs(service: str, operation: str, request: Any) -> list[Need]:
    """What a policy must allow for this call. A service that isn't known here needs what no policy allows."""
    body = request.body if isinstance(request.body, bytes) else str(request.body or "").encode()
    match service:
        case "dynamodb":
            return _needs_of_tables(operation, json.loads(body))
        case "s3":
            return _needs_of_buckets(operation, request.url, body)
        case "sns":
            topic = parse_qs(body.decode()).get("TopicArn", [""])[0]
            return [Need(action=f"sns:{operation}", resource=topic)]
    return [_need_of_json(service, operation, json.loads(body or b"{}"))]


def _need_of_json(service: str, operation: str, said: dict[str, Any]) -> Need:
    match service:
        case "ssm":
            return Need(action=f"ssm:{operation}", resource=_arn("ssm", f"parameter/{said['Name'].lstrip('/')}"))
        case "sfn":
            return Need(
                action=f"states:{operation}", resource=said.get("stateMachineArn") or said.get("executionArn", "")
            )
        case "eventbridge":
            bus = said["Entries"][0].get("EventBusName", "default")
            return Need(action=f"events:{operation}", resource=_arn("events", f"event-bus/{bus}"))
        case "sesv2":
            domain = str(said.get("FromEmailAddress", "")).rpartition("@")[2].rstrip(">")
            return Need(action=f"ses:{operation}", resource=_arn("ses", f"identity/{domain}"))
        case "cognito-identity-provider":
            pool = said.get("UserPoolId", "")
            return Need(action=f"cognito-idp:{operation}", resource=_arn("cognito-idp", f"userpool/{pool}"))
    return Need(action=f"{service}:{operation}", resource="unknown")


def _arn(service: str, name: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{name}"


def _table(name: str, index: str | None = None) -> str:
    arn = name if name.startswith("arn:") else _arn("dynamodb", f"table/{name}")
    return f"{arn}/index/{index}" if index else arn


def _needs_of_tables(operation: str, said: dict[str, Any]) -> list[Need]:
    if "TransactItems" in said:
        asked = [next(iter(each.items())) for each in said["TransactItems"]]
        actions = {"ConditionCheck": "ConditionCheckItem"}
        return [
            Need(action=f"dynamodb:{actions.get(kind, kind + 'Item')}", resource=_table(each["TableName"]))
            for kind, each in asked
        ]
    if "RequestItems" in said:
        return [Need(action=f"dynamodb:{operation}", resource=_table(name)) for name in said["RequestItems"]]
    return [Need(action=f"dynamodb:{operation}", resource=_table(said["TableName"], said.get("IndexName")))]


_BUCKET_ACTIONS = {
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
}


def _needs_of_buckets(operation: str, url: str, body: bytes) -> list[Need]:
    parts = urlsplit(url)
    bucket, key = parts.netloc.partition(".s3.")[0], unquote(parts.path).lstrip("/")
    if parts.netloc.startswith("s3."):
        bucket, _, key = key.partition("/")
    if operation == "DeleteObjects":
        return [_deletion(bucket, *each) for each in _deleted(body)]
    if operation == "DeleteObject":
        return [_deletion(bucket, key, parse_qs(parts.query).get("versionId", [""])[0])]
    action = _BUCKET_ACTIONS.get(operation, operation)
    return [Need(action=f"s3:{action}", resource=f"arn:aws:s3:::{bucket}" + (f"/{key}" if key else ""))]


def _deletion(bucket: str, key: str, version: str) -> Need:
    return Need(
        action="s3:DeleteObjectVersion" if version else "s3:DeleteObject", resource=f"arn:aws:s3:::{bucket}/{key}"
    )


def _deleted(body: bytes) -> list[tuple[str, str]]:
    """Key and version of each object that a DeleteObjects names."""
    named = []
    for asked in ElementTree.fromstring(body).iter():
        if asked.tag.rpartition("}")[2] == "Object":
            fields = {each.tag.rpartition("}")[2]: each.text or "" for each in asked}
            named.append((fields.get("Key", ""), fields.get("VersionId", "")))
    return named
