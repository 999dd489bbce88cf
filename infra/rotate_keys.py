"""`python -m infra.rotate_keys STAGE keys` (or `receipt-keys`): a new key, in two steps with a deployment after each.

The first step adds a key that nothing is made with yet, so that every process can read what it will make. The second,
`--use`, lets new things be made with it. Keys that are there stay, in their order: the first of `keys` finds people's
addresses again (docs/operators.md), and older codes, links and receipts hold by their own.
"""

import argparse
import base64
import json
import secrets
import sys
from typing import Any

import boto3

from infra.deploy import EXPECTED
from infra.wanted import of_stage


class NothingToUse(RuntimeError):
    """The newest key is in use already."""


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("stage")
    given.add_argument("name", choices=["keys", "receipt-keys"])
    given.add_argument("--use", action="store_true", help="the second step")
    chosen = given.parse_args()
    try:
        wanted = of_stage(chosen.stage)
        ssm: Any = boto3.client("ssm", region_name=wanted.region)
        print(rotate(ssm, f"/signoff/{wanted.stage}/{chosen.name}", is_second=chosen.use))
    except (*EXPECTED, NothingToUse) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"now: make deploy STAGE={wanted.stage}")
    return 0


def rotate(ssm: Any, name: str, *, is_second: bool) -> str:
    """Does one of the two steps; what was done, in words. Raises `NothingToUse`."""
    held = json.loads(ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])
    newest = list(held["keys"])[-1]
    if is_second:
        if held["now"] == newest:
            raise NothingToUse(f"{name}: the newest key, {newest}, is in use already; add one first")
        held["now"] = newest
        told = f"{name}: new things are made with {newest}"
    else:
        added = _next(newest, held["keys"])
        held["keys"][added] = base64.b64encode(secrets.token_bytes(32)).decode()
        told = f"{name}: added {added}; new things are still made with {held['now']}"
    ssm.put_parameter(Name=name, Type="SecureString", Value=json.dumps(held), Overwrite=True)
    return told


def _next(newest: str, taken: dict[str, str]) -> str:
    letter = newest.rstrip("0123456789") or "k"
    return next(it for number in range(2, len(taken) + 3) if (it := f"{letter}{number}") not in taken)


if __name__ == "__main__":
    sys.exit(main())
