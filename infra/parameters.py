"""The desk's secrets, SSM SecureStrings: CloudFormation can't make those, so a deployment does, if one is missing."""

import base64
import json
import secrets
import tomllib
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from infra import template
from infra.wanted import Wanted


class KeysLost(RuntimeError):
    """Tickets are there, but not the keys that their codes, links and addresses were derived from."""


def make_missing(ssm: Any, dynamodb: Any, wanted: Wanted) -> Iterator[str]:
    """Makes what isn't there, and tells of each; what is there is left as it is."""
    for name, first in ((f"/signoff/{wanted.stage}/keys", "k1"), (f"/signoff/{wanted.stage}/receipt-keys", "r1")):
        if not is_there(ssm, name):
            _refuse_if_tickets_are(dynamodb, wanted, name)
            _make(ssm, wanted, name, json.dumps({"now": first, "keys": {first: _random()}}))
            yield f"made the secret {name}"
    for name in hook_keys(wanted):
        if not is_there(ssm, name):
            _make(ssm, wanted, name, f"whsec_{_random()}")
            yield f"made the secret {name}: give it to the system that it is shared with (infra/README.md, Secrets)"


def hook_keys(wanted: Wanted) -> list[str]:
    """The keys shared with other systems: of each webhook in the list of holders, and of the company's check."""
    listed = wanted.settings.get("HOLDERS", "holders.toml")
    holders = tomllib.loads((template.PROJECT / "chalicelib" / "closure" / listed).read_text("utf-8"))
    names = [each["key"] for each in holders.get("holder", []) if each.get("kind") == "webhook"]
    if wanted.settings.get("ELIGIBILITY_URL"):
        names.append("/signoff/{stage}/hooks/eligibility")
    return [each.replace("{stage}", wanted.stage) for each in names]


def version(ssm: Any, wanted: Wanted) -> str:
    """Another word each time that one of the secrets was written anew: the keys, the receipt keys, those of hooks."""
    own = [f"/signoff/{wanted.stage}/{name}" for name in ("keys", "receipt-keys")]
    found = [ssm.get_parameter(Name=name) for name in (*own, *hook_keys(wanted))]
    return ".".join(str(each["Parameter"]["Version"]) for each in found)


def is_there(ssm: Any, name: str) -> bool:
    try:
        ssm.get_parameter(Name=name)  # encrypted: nobody here reads it
    except ClientError as error:
        if error.response["Error"]["Code"] != "ParameterNotFound":
            raise
        return False
    return True


def _make(ssm: Any, wanted: Wanted, name: str, value: str) -> None:
    tags = [{"Key": key, "Value": text} for key, text in sorted(wanted.all_tags().items())]
    ssm.put_parameter(Name=name, Type="SecureString", Value=value, Tags=tags)


def _refuse_if_tickets_are(dynamodb: Any, wanted: Wanted, name: str) -> None:
    try:
        found = dynamodb.scan(TableName=f"signoff-{wanted.stage}-desk", Limit=1)["Items"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        found = []
    if found:
        raise KeysLost(
            f"{name} is missing, though tickets are there: new keys would end every code, link and receipt that was "
            "sent. Put the old ones back, or read infra/README.md (When keys are lost)."
        )


def _random() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()
