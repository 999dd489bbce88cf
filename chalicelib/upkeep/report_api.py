"""The yearly report, for admins: as JSON, or as a table for a spreadsheet."""

import csv
import io
from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta, structs

from chalicelib import clock
from chalicelib.answers import Answer, Text, View
from chalicelib.calls import ADMIN, Call, Calls
from chalicelib.reading import Input, Instant
from chalicelib.settings import settings
from chalicelib.tickets import store
from chalicelib.tickets.ticket import Ticket
from chalicelib.upkeep import report as rules
from chalicelib.upkeep.report import Figures, Report

calls = Calls(__name__)
CSV = "text/csv"


class Asked(Input, frozen=True, kw_only=True):
    """`format` outweighs the Accept header."""

    year: Annotated[int, Meta(ge=2000, le=9000)]
    format: Literal["json", "csv"] | None = None


class YearlyReport(View, frozen=True, kw_only=True):
    """The closures that came in that year (of the desk's TIME_ZONE), as they stand at `as_of`. `is_whole`: no tombstone
    of that year has gone yet; false, the counts are too low."""

    year: int
    as_of: Instant
    is_whole: bool
    all: Figures
    by_regime: dict[str, Figures]
    by_way_in: dict[str, Figures]


@calls.get("/desk/report", who=ADMIN, asks=Asked, answers={200: YearlyReport}, says="The yearly counts", also=(CSV,))
def yearly_report(call: Call[Asked]) -> Answer:
    """Read from the tickets that ended, month by month, and from those that are open: nothing else is looked at."""
    year, now = call.given.year, clock.now()
    begins, ends = rules.span_of(year, zone=settings().time_zone)
    found = rules.report(_tickets(rules.months(begins, now)), begins=begins, ends=ends)
    if _wants_csv(call):
        name = f'attachment; filename="signoff-{year}.csv"'
        return Answer(
            200, Text(type=f"{CSV}; charset=utf-8", text=_table(found)), headers={"Content-Disposition": name}
        )
    whole = rules.is_whole(begins, now=now, kept_for=settings().keep_tombstones)
    return Answer(200, YearlyReport(year=year, as_of=now, is_whole=whole, **structs.asdict(found)))


def _tickets(months: list[str]) -> Iterator[Ticket]:
    if months:  # else the year is still to come
        yield from store.open_tickets()
    for month in months:
        yield from store.ended_in(month)


def _wants_csv(call: Call[Asked]) -> bool:
    """Whether a table is asked for; of two kinds that are both accepted the first one counts."""
    if call.given.format:
        return call.given.format == "csv"
    accepted = [each.partition(";")[0].strip().lower() for each in call.headers.get("accept", "").split(",")]
    return next((each == CSV for each in accepted if each in (CSV, "application/json")), False)


def _table(found: Report) -> str:
    rows = rules.rows(found)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
