"""Keys that sign receipts, kept where the desk looks for them."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import boto3
import pytest

from chalicelib.closure import signing
from tests.closure.receipts import OF_NOW, Keep
from tests.environment import ENVIRONMENT, of_a_desk


@pytest.fixture(scope="module")
def parameters() -> Iterator[Any]:
    """A desk's settings, and where its parameters lie."""
    with pytest.MonkeyPatch.context() as process, of_a_desk(process):
        aws: Any = boto3  # untyped
        yield aws.client("ssm", region_name="eu-west-1")
    signing.receipt_keys.cache_clear()


@pytest.fixture(scope="module")
def keys_of_now(parameters: Any) -> None:
    _keep(parameters, OF_NOW)


@pytest.fixture
def keep(parameters: Any) -> Iterator[Keep]:
    """`keep(…)`: until the test ends, these are the keys that sign receipts."""
    yield partial(_keep, parameters)
    _keep(parameters, OF_NOW)


def _keep(parameters: Any, held: Any) -> None:
    name = ENVIRONMENT["RECEIPT_KEYS_PARAMETER"]
    parameters.put_parameter(Name=name, Value=json.dumps(held), Type="SecureString", Overwrite=True)
    signing.receipt_keys.cache_clear()
