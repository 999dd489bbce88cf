"""After a restore from a backup: `python -m infra.reapply_closures --since 2026-11-01 [--stage STAGE]`, or
`make reapply-closures SINCE=2026-11-01`.

Looks again, in every holder, at each account that was closed since that day (of UTC; the day that the backup is of).
Without more it only says what it found, in ids. `--reopen` (REOPEN=1) puts the tickets of what is there again into
needs_attention; `--erase` (ERASE=1) also begins a run of the workflow for each of them, and for those that the nightly
look had reopened before. An account that was registered anew is a new customer's, and left alone.

Done again it changes nothing that is done. It ends with 0 when all is gone, with 1 while something is there or is being
erased, with 2 where it couldn't look.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Literal

from chalicelib import clock
from chalicelib.closure import running
from chalicelib.closure.running import HolderFailed
from chalicelib.problems import ChangedMeanwhile, Problem
from chalicelib.tickets import moves, store
from chalicelib.tickets.ticket import Ticket
from infra.operating import use_settings_of

Do = Literal["look", "reopen", "erase"]
BY = "system:reapply-closures"
FOUND_OUT = "is_there reopened erasing changed failed".split()  # all is not well


def reapply(since: datetime, do: Do) -> Iterator[tuple[Ticket, str, str]]:
    """Each ticket that was closed since, what became of it, and the holder and code of what was found."""
    for ticket in _closed_since(since):
        try:
            yield ticket, *_looked_at(ticket, do)
        except HolderFailed as failed:
            yield ticket, "failed", str(failed)
        except ChangedMeanwhile:  # the sweep, or an agent, is at it: the next time finds what is so then
            yield ticket, "changed", ""


def _closed_since(since: datetime) -> Iterator[Ticket]:
    """Tickets closed since then; before them those that were closed once, whenever that was, and are open again (a
    ticket is looked at again only once it was closed)."""
    yield from [each for each in store.open_tickets(("needs_attention", "closing")) if each.looked_again_at]
    month, now = f"{since:%Y-%m}", clock.now()
    while month <= f"{now:%Y-%m}":
        ended = list(store.ended_in(month))  # whole, for what follows moves tickets out of the month
        yield from (each for each in ended if each.status == "closed" and each.ended_at and each.ended_at >= since)
        year, nth = int(month[:4]), int(month[5:])
        month = f"{year + nth // 12}-{nth % 12 + 1:02}"


def _looked_at(ticket: Ticket, do: Do) -> tuple[str, str]:
    if ticket.account and running.has_new_generation(ticket.account):
        return "new_customer", ""
    if ticket.status == "closing":
        return "erasing", ""
    if ticket.status == "needs_attention":
        return _erased(ticket, ticket.cause or "", do)
    there = running.still_there(ticket)
    if not there:
        return "gone", ""
    cause = f"{there[0]}: {there[1].found}"
    if do == "look":
        return "is_there", cause
    return _erased(running.reopen(ticket, there), cause, do)


def _erased(ticket: Ticket, cause: str, do: Do) -> tuple[str, str]:
    """The ticket is reopened by now; erasing is what an agent's retry would begin."""
    if do != "erase":
        return "reopened", cause
    store.move(moves.retried(ticket, by=BY, at=clock.now()), was=ticket)
    return "erasing", cause


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--since", type=date.fromisoformat, required=True, metavar="YYYY-MM-DD")
    parser.add_argument("--stage", help="take the settings of this deployed desk; else those of the environment")
    how = parser.add_mutually_exclusive_group()
    for each in ("reopen", "erase"):
        how.add_argument(f"--{each}", dest="do", action="store_const", const=each, default="look")
    given = parser.parse_args(arguments)
    counts = Counter[str]()
    try:
        use_settings_of(given.stage)
        since = datetime.combine(given.since, datetime.min.time(), UTC)
        for ticket, became, cause in reapply(since, given.do):
            counts[became] += 1
            account = ticket.account.account_id if ticket.account else "-"
            print(f"{ticket.number} {account} {became} {cause}".rstrip())
    except Problem as error:
        print(error, file=sys.stderr)
        return 2
    print(f"closed since {given.since}: {counts.total()};", *(f"{became}: {n}" for became, n in sorted(counts.items())))
    return 1 if any(counts[each] for each in FOUND_OUT) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
