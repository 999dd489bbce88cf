"""A desk's settings and AWS for tests of closures; keys that sign receipts; a company with an HTTPS server."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest

from chalicelib.closure import holders, signing
from chalicelib.settings import settings
from infra.local import seeds
from infra.local.cloud import forget_what_was_made
from infra.local.faults import Faults
from infra.local.locks import retention_told
from infra.local.transactions import quick_transactions
from infra.template import PROJECT, read_yaml
from tests.closure.company import LAW, Certificates, Company, aws, certificates, company_at, keep_secret
from tests.closure.desk import Desk
from tests.closure.receipts import OF_NOW, Keep
from tests.closure.stores import holders_toml, make_tables, stores
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
        "CLOSURES_PER_HOUR": "1000",
    }
    forget_what_was_made()
    with pytest.MonkeyPatch.context() as process, of_a_desk(process, **changed), retention_told(), quick_transactions():
        keep_secret()
        yield
    forget_what_was_made()


@pytest.fixture
def company(surroundings: None, certified: Certificates) -> Iterator[Company]:
    with company_at(certified.context()) as serving:
        yield serving


@pytest.fixture(scope="module")
def pool(surroundings: None) -> str:
    """The desk's tables as foundations.yaml has them, and the company's systems; gives the user pool."""
    resources = read_yaml(PROJECT / "infra" / "foundations.yaml")["Resources"]
    for name, resource in (("accounts", "Accounts"), ("desk", "Desk")):
        given = resources[resource]["Properties"]
        wanted = ("AttributeDefinitions", "KeySchema", "BillingMode", "GlobalSecondaryIndexes")
        aws("dynamodb").create_table(TableName=name, **{key: given[key] for key in wanted if key in given})
    make_tables()
    seeds.make_holders(region="eu-west-1")
    return seeds.make_user_pool("customers")


@pytest.fixture
def desk_with(pool: str, company: Company, tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    """`desk_with("orders", …)`: a desk that lists these holders, in a company that has nothing else; the account record
    is always there."""
    faults = Faults()
    with pytest.MonkeyPatch.context() as process, faults.installed():

        def desk_with(*names: str) -> Desk:
            listed = tmp_path / "holders.toml"
            listed.write_text(holders_toml(company, *names))
            process.setenv("HOLDERS", str(listed))
            process.setenv("USER_POOL", pool)
            _read_anew()
            made = stores(faults, company, pool, "accounts")
            return Desk(stores={name: each for name, each in made.items() if name in (*names, "account")})

        yield desk_with
    _read_anew()


def _read_anew() -> None:
    settings.cache_clear()
    holders._configured.cache_clear()
