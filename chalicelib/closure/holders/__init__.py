"""Holders: the systems that keep data of an account, each of which can erase it and look again.

A kind is one file of this folder, called like the kind: a class of its settings with `erase` and `look`, and
`KIND = ThatClass` (docs/holders.md shows it step by step). Which holders there are stands in closure/holders.toml.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from msgspec import Struct

from chalicelib.closure.ledger import Look
from chalicelib.problems import SettingsWrong
from chalicelib.reading import matching
from chalicelib.settings import settings
from chalicelib.tickets.ticket import AccountRef

if TYPE_CHECKING:
    from chalicelib.closure.holders_list import Configured

ACCOUNT_RECORD = "account"


Template = Annotated[str, matching(r"[\s\S]*\{account_id\}[\s\S]*", otherwise="must hold {account_id}")]
"""A text of the settings in which `{account_id}` is the account's id."""


class NotDone(Exception):
    """Some is erased and more is left than one call can do, or it is still under way: call again."""


class Refused(Exception):
    """The holder's system refused. The message is a code that names nobody."""


class Holder(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every kind inherits from. Its fields are its settings: unknown ones are refused, nothing is turned into
    something else silently."""

    def erase(self, account: AccountRef, *, enough: Callable[[], bool]) -> None:
        """Erases what it has of the account; done twice it is done once. Raises `NotDone` when `enough` says that
        time is running out, and `Refused`, or whatever its system raises, when it is refused."""
        raise NotImplementedError

    def look(self, account: AccountRef) -> Look:
        """What it has of the account now, read as consistently as its store can."""
        raise NotImplementedError

    @property
    def settles_in(self) -> int:
        """Seconds after erasing before a look counts, where holders.toml gives no `settle`."""
        return 0


def filled(template: str, account: AccountRef) -> str:
    """The text with the account's id in its place."""
    return template.replace("{account_id}", account.account_id)


def names() -> list[str]:
    """The holders in the order of erasing; the account record last."""
    return [*_configured(), ACCOUNT_RECORD]


def holder(name: str) -> Holder:
    """The configured holder of this name (the account record is erased by closure/running.py)."""
    return _configured()[name].holder


def settle(name: str) -> int:
    """Seconds after erasing before a look at this holder counts."""
    return 0 if name == ACCOUNT_RECORD else _configured()[name].settle


@cache
def _configured() -> "dict[str, Configured]":
    from chalicelib.closure import holders_list  # what reads it is large, and many a step asks no holder

    now = settings()
    path = Path(__file__).parents[1] / now.holders
    try:
        text = path.read_text("utf-8")
    except OSError:
        raise SettingsWrong(wrong=(f"HOLDERS: {now.holders} can't be read",)) from None
    return holders_list.read(text, {"stage": now.stage, "user_pool": now.user_pool})
