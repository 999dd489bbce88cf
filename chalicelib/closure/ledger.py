"""The ledger: what each holder did, and what it found when it looked. Pure."""

from datetime import datetime, timedelta
from typing import Any, Literal

from msgspec import Struct

from chalicelib.language import N_

Found = Literal["nothing", "some", "kept", "cannot_tell"]


class Look(Struct, frozen=True, kw_only=True):
    """What a holder found. `count`: of `some`; `detail`: a code that names no person (what is kept, why it can't tell);
    `basis` and `until`: of `kept`, the law and the day it goes."""

    found: Found
    count: int | None = None
    detail: str | None = None
    basis: str | None = None
    until: datetime | None = None

    def __post_init__(self) -> None:
        if self.until is not None and self.until.tzinfo is None:
            raise ValueError("until: a time needs its zone")


def is_gone(look: Look, *, allowed: frozenset[str]) -> bool:
    """Whether this look lets a ticket close: nothing there, or only what an admin allowed to keep by law (rule 1)."""
    return look.found == "nothing" or (look.found == "kept" and look.basis in allowed)


def line(
    holder: str, look: Look, *, at: datetime, run: int, is_again: bool, erased_at: str | None = None
) -> dict[str, Any]:
    """One holder's line, as it is stored. `is_again`: the look came after everything was erased, the account too."""
    said: dict[str, Any] = {"holder": holder, "found": look.found, "looked_at": at.isoformat(), "run": run}
    optional = {
        "count": look.count,
        "detail": look.detail,
        "basis": look.basis,
        "until": look.until.isoformat() if look.until else None,
        "erased_at": erased_at,
        "again": is_again or None,
    }
    return said | {name: value for name, value in optional.items() if value is not None}


def look_of(line: dict[str, Any]) -> Look:
    """What a stored line says was found."""
    until = line.get("until")
    return Look(
        found=line["found"], count=line.get("count"), detail=line.get("detail"), basis=line.get("basis"),
        until=datetime.fromisoformat(until) if until else None,
    )  # fmt: skip


def not_yet_gone(lines: list[dict[str, Any]], holders: list[str], *, run: int, allowed: frozenset[str]) -> list[str]:
    """The holders that this run has not yet looked at again and found gone. Empty: the ticket may close (rule 1)."""
    by_holder = {each["holder"]: each for each in lines}
    missing = []
    for holder in holders:
        said = by_holder.get(holder)
        fresh = said is not None and said.get("run") == run and bool(said.get("again"))
        if not said or not fresh or not is_gone(look_of(said), allowed=allowed):
            missing.append(holder)
    return missing


def busy_with(lines: list[dict[str, Any]], holders: list[str], *, run: int, allowed: frozenset[str]) -> str | None:
    """The holder that this run had not done with when it broke off; None if it had done with all of them."""
    done = {
        each["holder"] for each in lines if each.get("run") == run and is_gone(look_of(each), allowed=allowed)
    }  # fmt: skip
    not_erased = [holder for holder in holders if holder not in done]
    return next(iter([*not_erased, *not_yet_gone(lines, holders, run=run, allowed=allowed)]), None)


RESIDUALS: tuple[tuple[str, str, timedelta], ...] = (
    ("backups", N_("Point-in-time backups of databases"), timedelta(days=35)),
    ("streams", N_("Change streams of databases"), timedelta(days=1)),
    ("history", N_("Histories of the closure workflow (ids only)"), timedelta(days=90)),
    ("logs", N_("Logs (ids only)"), timedelta(days=30)),
)
"""What no one can erase now, and after how long it goes by itself."""


def residual_lines(closed_at: datetime, *, desk_until: datetime) -> list[dict[str, Any]]:
    """The residuals with their dates; the desk's own records are one of them."""
    own = ("desk", N_("This request's own words, letters and addresses"), desk_until - closed_at)
    return [
        {"holder": f"residual:{name}", "found": "residual", "detail": says, "until": (closed_at + goes_in).isoformat()}
        for name, says, goes_in in (own, *RESIDUALS)
    ]
