"""Acknowledgements can be a weapon: who gets one, and how many."""

import re
from datetime import datetime, timedelta

from chalicelib import clock
from chalicelib.letters.arrival import Opened, ours
from chalicelib.settings import settings
from chalicelib.tickets.opening import FromOutside, asker_hash
from chalicelib.tickets.store import guards
from chalicelib.transaction import Found, Together

AN_HOUR, A_DAY, A_DAY_FOR_A_DOMAIN = 3, 10, 50
_NOBODY = re.compile(r"(?:no-?reply|do-?not-?reply|mailer-daemon|postmaster|bounces?|abuse)(?:[+.=-].*)?")


class HeldBack(Exception):
    """A budget is used up: the request is recorded, and nobody is answered."""


def may_answer(read: Opened, asked: FromOutside) -> bool:
    """Only an authenticated sender is acknowledged, and nobody whose mailbox no one reads. Budgets come after."""
    address = asked.address or ""
    local, _, domain = address.partition("@")
    is_ours = address in ours().addresses or domain == ours().domain
    has_null_path = read.arrival.source == "" or read.letter.return_path == ""
    suppressed = bool(read.letter.header("x-auto-response-suppress"))
    is_nobody = not address or bool(_NOBODY.fullmatch(local))
    return read.standing == "authenticated" and not (is_ours or has_null_path or suppressed or is_nobody)


def spend(together: Together, address: str) -> None:
    """Adds one answer to a stranger's budgets. On commit `HeldBack` where one of them is used up."""
    now = clock.now()
    hour = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    day = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    who = asker_hash(address)
    domain = asker_hash(f"@{address.partition('@')[2]}")
    for name, most, again_at in (
        (f"ack#{who}#{now:%Y-%m-%dT%H}", AN_HOUR, hour),
        (f"ack#{who}#{now:%Y-%m-%d}", A_DAY, day),
        (f"ack#{domain}#{now:%Y-%m-%d}", A_DAY_FOR_A_DOMAIN, day),
        (f"ack#{now:%Y-%m-%dT%H}", settings().acks_per_hour, hour),
    ):
        _one_more(together, name, most, again_at)


def _one_more(together: Together, name: str, most: int, again_at: datetime) -> None:
    def refused(_: Found) -> bool:
        raise HeldBack()

    guards.within_budget(together, name, most=most, again_at=again_at, refused=refused)
