"""The yearly counts: how many closures were asked for, what became of them, and how long that took. Pure.

They count the requests that came in a year, whatever year they end in, so that the parts sum up to what was received
(11 CCR 7102(a) asks for such figures: received, complied with, denied, and the median or mean days to respond).
"""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from statistics import fmean, median
from zoneinfo import ZoneInfo

from msgspec import Struct

from chalicelib.tickets.ticket import Ticket

_DAY = timedelta(days=1)


class Days(Struct, frozen=True, kw_only=True):
    """How many days it took in `count` cases; null where there was none."""

    count: int
    median: float | None
    mean: float | None


class Figures(Struct, frozen=True, kw_only=True):
    """`complied`: the account is gone. `denied`: by an agent, with the reasons' codes; `duplicate` is a request that
    ended as a link to another. `open`: not ended yet. `to_answer`: from the request until it was granted or denied.
    `to_fulfil`: until the account was gone."""

    received: int
    open: int
    complied: int
    denied: int
    denied_by_reason: dict[str, int]
    withdrawn: int
    expired: int
    to_answer: Days
    to_fulfil: Days


class Report(Struct, frozen=True, kw_only=True):
    """All of them, and the same by the regime that dated them and by the way that they came in."""

    all: Figures
    by_regime: dict[str, Figures]
    by_way_in: dict[str, Figures]


def span_of(year: int, *, zone: str) -> tuple[datetime, datetime]:
    """From when until before when the year lasts, in this zone, as instants in UTC."""
    begins, ends = (datetime(each, 1, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC) for each in (year, year + 1))
    return begins, ends


def months(begins: datetime, until: datetime) -> list[str]:
    """The months, such as `2026-11`, that a ticket opened since `begins` can have ended in by now."""
    first, last = begins.year * 12 + begins.month - 1, until.year * 12 + until.month - 1
    return [f"{month // 12}-{month % 12 + 1:02}" for month in range(first, last + 1)]


def is_whole(begins: datetime, *, now: datetime, kept_for: timedelta) -> bool:
    """Whether every tombstone of that year can still be there: the first of them ends where the year begins."""
    return now < begins + kept_for


def report(tickets: Iterable[Ticket], *, begins: datetime, ends: datetime) -> Report:
    """The counts of the closures among these tickets that came in that time."""
    found = [each for each in tickets if each.kind == "closure" and begins <= each.opened_at < ends]
    regimes, ways = sorted({each.regime for each in found}), sorted({each.way_in for each in found})
    return Report(
        all=_figures(found),
        by_regime={name: _figures([each for each in found if each.regime == name]) for name in regimes},
        by_way_in={name: _figures([each for each in found if each.way_in == name]) for name in ways},
    )


def _figures(tickets: list[Ticket]) -> Figures:
    ended = Counter(each.status for each in tickets)
    reasons = Counter(each.reason or "unknown" for each in tickets if each.status == "rejected")
    return Figures(
        received=len(tickets),
        open=sum(each.is_live for each in tickets),
        complied=ended["closed"],
        denied=ended["rejected"],
        denied_by_reason=dict(sorted(reasons.items())),
        withdrawn=ended["withdrawn"],
        expired=ended["expired"],
        to_answer=_days([at - each.opened_at for each in tickets if (at := _answered_at(each))]),
        to_fulfil=_days(
            [each.ended_at - each.opened_at for each in tickets if each.status == "closed" and each.ended_at]
        ),
    )


def _answered_at(ticket: Ticket) -> datetime | None:
    """When the request was granted (the approval that stood), or denied. Who withdrew, or never proved anything, got
    no answer of that kind."""
    if ticket.status == "rejected":
        return ticket.ended_at
    granted = ticket.status in ("scheduled", "closing", "needs_attention", "closed")
    return ticket.scheduled_at if granted else None


def _days(took: list[timedelta]) -> Days:
    days = [each / _DAY for each in took]
    if not days:
        return Days(count=0, median=None, mean=None)
    return Days(count=len(days), median=round(median(days), 1), mean=round(fmean(days), 1))


def rows(report: Report) -> list[dict[str, str | int | float | None]]:
    """The same as a table: a row for all, for each regime, and for each way in."""
    named = [("all", "", report.all)]
    named += [("regime", name, each) for name, each in report.by_regime.items()]
    named += [("way_in", name, each) for name, each in report.by_way_in.items()]
    reasons = sorted(report.all.denied_by_reason)
    return [_row(kind, name, figures, reasons) for kind, name, figures in named]


def _row(kind: str, name: str, figures: Figures, reasons: list[str]) -> dict[str, str | int | float | None]:
    counts = {each: getattr(figures, each) for each in ("received", "open", "complied", "denied")}
    counts |= {f"denied_{reason}": figures.denied_by_reason.get(reason, 0) for reason in reasons}
    counts |= {"withdrawn": figures.withdrawn, "expired": figures.expired}
    for what, days in (("to_answer", figures.to_answer), ("to_fulfil", figures.to_fulfil)):
        counts |= {f"{what}_count": days.count, f"{what}_median_days": days.median, f"{what}_mean_days": days.mean}
    return {"group": kind, "name": name, **counts}
