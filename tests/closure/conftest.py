"""A desk's settings and AWS for tests of closures; keys that sign receipts; a company with an HTTPS server."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import boto3
import pytest

from chalicelib.closure import signing
from infra.local.cloud import forget_what_was_made
from infra.local.locks import retention_told
from tests.closure.company import Certificates, Company, certificates, company_at, keep_secret
from tests.closure.receipts import OF_NOW, Keep
from tests.environment import ENVIRONMENT, of_a_desk

LAW = "Accounting Act 2015"


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


@pytest.fixture(scope="session")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def surroundings(certified: Certificates) -> Iterator[None]:
    """A desk's settings, by which hooks may reach this machine; AWS by moto, empty at first."""
    changed = {
        "HOOKS_CA_FILE": str(certified.authority),
        "HOOKS_MAY_REACH": "127.0.0.0/8,::1/128",
        "KEPT_BY_LAW": f"{LAW},object_lock",
        "AWS_MAX_ATTEMPTS": "1",
    }
    forget_what_was_made()
    with pytest.MonkeyPatch.context() as process, of_a_desk(process, **changed), retention_told():
        keep_secret()
        yield
    forget_what_was_made()


@pytest.fixture
def company(surroundings: None, certified: Certificates) -> Iterator[Company]:
    with company_at(certified.context()) as serving:
        yield serving
