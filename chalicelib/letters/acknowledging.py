"""Acknowledgements can be a weapon: who gets one, and how many."""

import re
from contextlib import suppress
from datetime import datetime, timedelta

from chalicelib import clock, operators
from chalicelib.letters.arrival import Opened, ours
from chalicelib.letters.dropping import GO_BY_THEMSELVES
from chalicelib.settings import settings
from chalicelib.tickets import store
from chalicelib.tickets.opening import asker_hash
from chalicelib.tickets.store import guards
from chalicelib.transaction import Found, Together

AN_HOUR, A_DAY, A_DAY_FOR_A_DOMAIN, A_DAY_FOR_A_CUSTOMER = 3, 10, 50, 50
_NOBODY = re.compile(r"(?:no-?reply|do-?not-?reply|mailer-daemon|postmaster|bounces?|abuse)(?:[+.=-].*)?")


class HeldBack(Exception):
    """A budget is used up: the request is recorded, and nobody is answered. `is_everybodys`: that of all strangers."""

    def __init__(self, *, is_everybodys: bool = False) -> None:
        super().__init__("held back")
        self.is_everybodys = is_everybodys


def may_answer(read: Opened) -> bool:
    """Only an authenticated sender is answered, and nobody whose mailbox no one reads. Budgets come after.

    What once looked automatic is never answered by itself, even if an agent has released it (rule 7).
    """
    local, _, domain = (read.sender or "").partition("@")
    is_ours = read.sender in ours().addresses or domain == ours().domain
    has_null_path = read.arrival.source == "" or read.letter.return_path == ""
    suppressed = bool(read.letter.header("x-auto-response-suppress"))
    looked_automatic = read.quarantined is not None and read.quarantined.cause in GO_BY_THEMSELVES
    wants_none = is_ours or has_null_path or suppressed or looked_automatic
    return read.standing == "authenticated" and not (wants_none or _NOBODY.fullmatch(local))


def spend(together: Together, address: str, *, is_on_file: bool = False) -> None:
    """Adds one answer to the budgets of whoever gets it. On commit `HeldBack` where one of them is used up.

    A customer's address has one of its own, so wide that only a loop meets it.
    """
    now = clock.now()
    hour = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    day = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    who, domain = asker_hash(address), asker_hash(f"@{address.partition('@')[2]}")
    of_customer = ((f"ack#{who}#{now:%Y-%m-%d}", A_DAY_FOR_A_CUSTOMER, day),)
    of_stranger = (
        (f"ack#{who}#{now:%Y-%m-%dT%H}", AN_HOUR, hour),
        (f"ack#{who}#{now:%Y-%m-%d}", A_DAY, day),
        (f"ack#{domain}#{now:%Y-%m-%d}", A_DAY_FOR_A_DOMAIN, day),
        (_everybodys(now), settings().acks_per_hour, hour),
    )
    for name, most, again_at in of_customer if is_on_file else of_stranger:
        _one_more(together, name, most, again_at, is_everybodys=name == _everybodys(now))


def warn(held: HeldBack) -> None:
    """Tells the operators, once an hour, that strangers are answered no more."""
    now = clock.now()
    if not held.is_everybodys:
        return
    once = Together()
    _one_more(once, f"{_everybodys(now)}#warned", 1, now + timedelta(hours=1))
    with suppress(HeldBack):
        store.commit(once)
        operators.warn("answers_to_strangers_are_used_up_for_this_hour")


def _everybodys(now: datetime) -> str:
    return f"ack#{now:%Y-%m-%dT%H}"


def _one_more(together: Together, name: str, most: int, again_at: datetime, *, is_everybodys: bool = False) -> None:
    def refused(_: Found) -> bool:
        raise HeldBack(is_everybodys=is_everybodys)

    guards.within_budget(together, name, most=most, again_at=again_at, refused=refused)
