"""What each deployed function may do, held against every call that it makes to AWS.

moto's own enforcement knows no DynamoDB resources. Here a call from inside a function is checked against the policies
of that function's role, as CloudFormation deployed them; what they don't allow is answered with AccessDenied. What
they allowed and was called is kept, too: an allowance that no story ever uses is one too many. Only Allow statements
are read, and of conditions only those on the sender of a mail: the desk's policies have no others.
"""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parseaddr
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


READ_ONCE = ("ssm:GetParameter", "dynamodb:DescribeTable")


@dataclass(frozen=True, kw_only=True)
class Need:
    """An action on a resource, as policies name them; `sender` of a mail, as conditions name it."""

    action: str
    resource: str
    sender: str = ""


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """One action on one resource in one statement of a function's policy; `nth` of its resources, from 0."""

    function: str
    sid: str
    action: str
    nth: int

    def __str__(self) -> str:
        return f"{self.function}: {self.sid}: {self.action} on resource {self.nth}"


@dataclass(frozen=True, kw_only=True)
class Statement:
    """What one statement allows."""

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    sender: str | None = None

    def allows(self, need: Need) -> Iterator[tuple[str, int]]:
        """The actions and the places of the resources that fit."""
        if self.sender in (None, need.sender):
            for action in self.actions:
                for nth, resource in enumerate(self.resources):
                    if fnmatchcase(need.action, action) and fnmatchcase(need.resource, resource):
                        yield action, nth


class Permissions:
    """The deployed policies, function by function: what they allow, what of it was used, and what they refused."""

    def __init__(self) -> None:
        self._statements: dict[str, list[Statement]] = {}
        self._names: dict[str, str] = {}
        self.used: set[Allowance] = set()
        self.refused: list[str] = []

    @contextmanager
    def enforced(self, functions: dict[str, LambdaFunction]) -> Iterator[None]:
        """While it lasts; `functions` by the names that allowances carry."""
        self._names = {each.function_name: name for name, each in functions.items()}
        self._statements = {each.function_name: _statements(each.role.rsplit("/", 1)[1]) for each in functions.values()}
        with replaced(BotocoreStubber, "__call__", self._guard):
            yield

    def all(self) -> set[Allowance]:
        """Every allowance that was deployed."""
        return {
            self._allowance(function, statement, action, nth)
            for function, statements in self._statements.items()
            for statement in statements
            for action in statement.actions
            for nth in range(len(statement.resources))
        }

    def has_read_what_it_remembers(self, function: str) -> bool:
        """Whether it has used all that its policy says of what is read once a process, and that says something."""
        mine = {
            self._allowance(function, statement, action, nth)
            for statement in self._statements.get(function, [])
            for action in statement.actions
            for nth in range(len(statement.resources))
            if action in READ_ONCE
        }
        return bool(mine) and mine <= self.used

    def _guard(self, answer: Callable[..., Any]) -> Callable[..., Any]:
        def __call__(stubber: BotocoreStubber, event_name: str, request: Any, **given: Any) -> Any:  # noqa: N807
            function = running.get()
            if function not in self._statements:
                return answer(stubber, event_name, request, **given)
            _, service, operation = event_name.split(".")
            for need in needs(service, operation, request):
                if not self._allows(function, need):
                    return self._refuse(function, need, request)
            answered = answer(stubber, event_name, request, **given)
            for need in needs_of_answer(service, operation, request, answered):
                if not self._allows(function, need):
                    return self._refuse(function, need, request)
            return answered

        return __call__

    def _allows(self, function: str, need: Need) -> bool:
        found = {
            self._allowance(function, statement, *fits)
            for statement in self._statements[function]
            for fits in statement.allows(need)
        }
        self.used |= found
        return bool(found)

    def _allowance(self, function: str, statement: Statement, action: str, nth: int) -> Allowance:
        return Allowance(function=self._names[function], sid=statement.sid, action=action, nth=nth)

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
        Statement(
            sid=statement.get("Sid", ""),
            actions=_all(statement["Action"]),
            resources=_all(statement["Resource"]),
            sender=_sender(statement.get("Condition", {})),
        )
        for document in documents
        for statement in _listed(document["Statement"])
        if statement["Effect"] == "Allow"
    ]


def _sender(condition: dict[str, Any]) -> str | None:
    """Whom a condition allows to be the sender; None without one. Of other conditions nothing is known here."""
    if not condition:
        return None
    if condition.keys() != {"StringEquals"} or condition["StringEquals"].keys() != {"ses:FromAddress"}:
        raise ValueError(f"this condition isn't played here: {condition}")
    return str(condition["StringEquals"]["ses:FromAddress"])


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
        case "sesv2":
            return _needs_of_mail(operation, json.loads(body))
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
        case "cognito-identity-provider":
            pool = said.get("UserPoolId", "")
            return Need(action=f"cognito-idp:{operation}", resource=_arn("cognito-idp", f"userpool/{pool}"))
    return Need(action=f"{service}:{operation}", resource="unknown")


def _needs_of_mail(operation: str, said: dict[str, Any]) -> list[Need]:
    """Raw mail needs the older name of the permission, whatever the call is called now; the configuration set is a
    resource of its own."""
    action = "ses:SendRawEmail" if "Raw" in said.get("Content", {}) else f"ses:{operation}"
    sender = parseaddr(said.get("FromEmailAddress", ""))[1]
    on = [f"identity/{sender.rpartition('@')[2]}"]
    if "ConfigurationSetName" in said:
        on.append(f"configuration-set/{said['ConfigurationSetName']}")
    return [Need(action=action, resource=_arn("ses", each), sender=sender) for each in on]


def needs_of_answer(service: str, operation: str, request: Any, answered: Any) -> list[Need]:
    """S3 tells that an object is missing only to those who may list the bucket; to others it says AccessDenied."""
    if service == "s3" and operation in ("GetObject", "HeadObject") and answered and answered.status_code == 404:
        bucket, _ = _bucket_and_key(request.url)
        return [Need(action="s3:ListBucket", resource=f"arn:aws:s3:::{bucket}")]
    return []


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
    bucket, key = _bucket_and_key(url)
    if operation == "DeleteObjects":
        return [_deletion(bucket, *each) for each in _deleted(body)]
    if operation == "DeleteObject":
        return [_deletion(bucket, key, parse_qs(urlsplit(url).query).get("versionId", [""])[0])]
    action = _BUCKET_ACTIONS.get(operation, operation)
    return [Need(action=f"s3:{action}", resource=f"arn:aws:s3:::{bucket}" + (f"/{key}" if key else ""))]


def _bucket_and_key(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    bucket, key = parts.netloc.partition(".s3.")[0], unquote(parts.path).lstrip("/")
    if parts.netloc.startswith("s3."):
        bucket, _, key = key.partition("/")
    return bucket, key


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
