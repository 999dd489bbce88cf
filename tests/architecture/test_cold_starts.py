"""What each function imports before its first event: what is heavy is imported where it is used (`python -m
infra.measure_cold_start` measures what it costs)."""

import json
import subprocess
import sys

import pytest

from tests.architecture.test_architecture import ENTRYPOINTS, PROJECT

HEAVY = ("boto3", "botocore", "pynamodb", "jinja2", "joserfc", "cryptography", "babel", "tomllib")
HEAVY_OF_OURS = ("chalicelib.letters.mime", "chalicelib.letters.kinds", "chalicelib.closure.holders_list")
STORES = {"botocore", "pynamodb"}
WANTED = dict.fromkeys(ENTRYPOINTS, STORES) | {
    "chalicelib.front": set(),
    "chalicelib.letters.inbound_mail": set(),  # app.py imports it too: it takes what reads letters when one is there
}


@pytest.mark.parametrize("name", sorted(WANTED))
def test_a_function_imports_nothing_heavy_that_its_first_event_may_not_need(name: str) -> None:
    assert {*modules_after(f"import {name}")} & {*HEAVY, *HEAVY_OF_OURS} == WANTED[name]


def modules_after(program: str) -> list[str]:
    """The modules of a fresh interpreter after this."""
    program = f"import json, sys\n{program}\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, env={}, capture_output=True, text=True, check=True
    )
    told: list[str] = json.loads(done.stdout.splitlines()[-1])
    return told


OPENED = {
    "/tickets": STORES,
    "/tickets/{id}/withdraw": STORES,
    "/healthz": set(),
    "/static/{name}": set(),
    "/portal": STORES,
    "/desk": STORES,
}


@pytest.mark.parametrize("resource", sorted(OPENED))
def test_a_request_opens_its_own_door_and_imports_what_stands_behind_it(resource: str) -> None:
    assert {each for each in opened(resource) if each in (*HEAVY, *HEAVY_OF_OURS)} == OPENED[resource]


def test_a_request_of_a_program_imports_no_page() -> None:
    assert not [each for each in opened("/tickets") if each.startswith("chalicelib.pages")]


def opened(resource: str) -> list[str]:
    """All that is imported when a method that nobody answers is asked for there."""
    event = dict.fromkeys(("headers", "multiValueQueryStringParameters", "pathParameters", "body", "stageVariables"))
    event |= {"requestContext": {"resourcePath": resource, "httpMethod": "TRACE"}, "headers": {}, "isBase64Encoded": 0}
    return modules_after(f"from chalicelib import front; front.answer({event}, None)")
