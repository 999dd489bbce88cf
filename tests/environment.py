"""The environment of a desk, as the template sets it, for tests that read settings or keys."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from moto import mock_aws

from chalicelib import clients
from chalicelib.keys import keyring
from chalicelib.settings import settings

ENVIRONMENT = {
    "PUBLIC_URL": "https://desk.example",
    "SUPPORT_ADDRESS": "support@desk.example",
    "ACCOUNTS_TABLE": "accounts",
    "DESK_TABLE": "desk",
    "LETTERS_BUCKET": "letters",
    "CLOSURE_WORKFLOW": "arn:aws:states:eu-west-1:123456789012:stateMachine:closure",
    "KEYS_PARAMETER": "/signoff/keys",
    "RECEIPT_KEYS_PARAMETER": "/signoff/receipt-keys",
    "ISSUER": "https://issuer.example",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
}


@contextmanager
def of_a_desk(process: pytest.MonkeyPatch, **changed: str) -> Iterator[None]:
    """Settings read anew from this environment, and AWS played by moto with one key, `k1`, kept."""
    for name, value in (ENVIRONMENT | changed).items():
        process.setenv(name, value)
    _forget()
    with mock_aws():
        keep_keys("k1")
        yield
    _forget()


def keep_keys(*names: str) -> None:
    """From now on the desk has these keys; the last one is that of now."""
    held = {name: base64.b64encode(name.encode() * 16).decode() for name in names}
    value = json.dumps({"now": names[-1], "keys": held})
    aws: Any = boto3  # untyped
    parameters = aws.client("ssm", region_name=ENVIRONMENT["AWS_DEFAULT_REGION"])
    parameters.put_parameter(Name=ENVIRONMENT["KEYS_PARAMETER"], Value=value, Type="SecureString", Overwrite=True)
    keyring.cache_clear()


def _forget() -> None:
    settings.cache_clear()
    keyring.cache_clear()
    clients.ssm.cache_clear()
