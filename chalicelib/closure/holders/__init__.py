"""Holders: the systems that keep data of an account, each of which can erase it and look again.

A kind is one file with a class that has `erase` and `look`, and one line in `KINDS`. What is configured stands in
closure/holders.toml.
"""

import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from chalicelib.closure.ledger import Look
from chalicelib.problems import SettingsWrong
from chalicelib.settings import settings
from chalicelib.tickets.ticket import AccountRef

ACCOUNT_RECORD = "account"


class NotDone(Exception):
    """Some is erased and more is left than one call can do: call again."""


class Holder(Protocol):
    def erase(self, account: AccountRef, *, enough: Callable[[], bool]) -> None:
        """Erases what it has of the account; done twice it is done once. Raises `NotDone` when `enough` says that
        time is running out, and whatever its system raises when it refuses."""

    def look(self, account: AccountRef) -> Look:
        """What it has of the account now, read as consistently as its store can."""


def _dynamodb(given: dict[str, Any]) -> Holder:
    from chalicelib.closure.holders.dynamodb import DynamoDbHolder

    return DynamoDbHolder(**given)


def _s3(given: dict[str, Any]) -> Holder:
    from chalicelib.closure.holders.s3 import S3Holder

    return S3Holder(**given)


KINDS: dict[str, Callable[[dict[str, Any]], Holder]] = {"dynamodb": _dynamodb, "s3": _s3}


def names() -> list[str]:
    """The holders in the order of erasing; the account record last."""
    return [*_configured(), ACCOUNT_RECORD]


def holder(name: str) -> Holder:
    """The configured holder of this name (the account record is erased by closure/running.py)."""
    given = dict(_configured()[name])
    return KINDS[given.pop("kind")](given)


@cache
def _configured() -> dict[str, dict[str, Any]]:
    """The holders by name, in order, `{stage}` filled in. Raises `SettingsWrong` with every fault at once."""
    listed = tomllib.loads((Path(__file__).parents[1] / settings().holders).read_text("utf-8")).get("holder", [])
    found: dict[str, dict[str, Any]] = {}
    wrong = []
    for each in listed:
        name, kind = str(each.get("name", "")), each.get("kind")
        if not name or name in found or name == ACCOUNT_RECORD or kind not in KINDS:
            wrong.append(f"holder {name!r} of kind {kind!r}: the name must be new, the kind one of {sorted(KINDS)}")
            continue
        rest = {key: value for key, value in each.items() if key != "name"}
        found[name] = {key: _filled(value) for key, value in rest.items()}
        try:
            KINDS[kind]({key: value for key, value in found[name].items() if key != "kind"})
        except TypeError as error:
            wrong.append(f"holder {name!r}: {error}")
    if wrong:
        raise SettingsWrong(wrong=tuple(wrong))
    return found


def _filled(value: Any) -> Any:
    return value.replace("{stage}", settings().stage) if isinstance(value, str) else value
