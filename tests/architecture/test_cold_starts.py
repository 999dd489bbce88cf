"""What each function imports before its first event: what is heavy is imported where it is used (`python -m
infra.measure_cold_start` measures what it costs)."""

import json
import subprocess
import sys

import pytest

from tests.architecture.test_architecture import ENTRYPOINTS, PROJECT

HEAVY = ("boto3", "botocore", "pynamodb", "pydantic", "jinja2", "joserfc", "cryptography", "babel", "tomllib")
HEAVY_OF_OURS = ("chalicelib.letters.mime", "chalicelib.letters.kinds", "chalicelib.closure.holders_list")
STORES = {"botocore", "pynamodb"}
WANTED = dict.fromkeys(ENTRYPOINTS, STORES) | {
    "app": STORES | {"pydantic"},
    "chalicelib.letters.inbound_mail": set(),  # app.py imports it too: it takes what reads letters when one is there
}


@pytest.mark.parametrize("name", sorted(WANTED))
def test_a_function_imports_nothing_heavy_that_its_first_event_may_not_need(name: str) -> None:
    program = f"import json, sys, {name}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, env={}, capture_output=True, text=True, check=True
    )
    assert set(json.loads(done.stdout)) & {*HEAVY, *HEAVY_OF_OURS} == WANTED[name]
