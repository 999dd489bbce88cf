"""By when the law wants an answer: a table of regimes (data, not code), and the days counted by it.

Business days skip weekends only: ignoring public holidays makes a date earlier, never later than the law's.
"""

import calendar
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct


class Span(Struct, frozen=True, kw_only=True):
    months: int = 0
    days: int = 0
    business_days: int = 0


class Regime(Struct, frozen=True, kw_only=True):
    """`first_answer`: the procedure must have been confirmed; `fulfil`: it must be done; `extension`: how much more
    time an announced reason gives, counted from `fulfil`'s end; `source`: where the figures stand; `unchecked`: what
    could not be held against its words; `zone`: whose weekends count."""

    name: str
    first_answer: Span
    fulfil: Span
    extension: Span | None
    source: str
    unchecked: str | None = None
    zone: str = "UTC"


REGIMES: dict[str, Regime] = {
    each.name: each
    for each in (
        Regime(
            name="gdpr",
            first_answer=Span(months=1),
            fulfil=Span(months=1),
            extension=Span(months=2),
            source="Regulation (EU) 2016/679, article 12(3)",
        ),
        Regime(
            name="ccpa",
            first_answer=Span(business_days=10),
            fulfil=Span(days=45),
            extension=Span(days=45),
            source="California Civil Code 1798.130(a)(2); 11 CCR 7021",
            zone="America/Los_Angeles",
        ),
        Regime(
            name="vietnam",
            first_answer=Span(business_days=2),
            fulfil=Span(days=20),
            extension=None,
            source="Law 91/2025/QH15; Decree 356/2025/ND-CP, article 5",
            unchecked="the decree's own words were not at hand: first answer and fulfilment are as law firms tell it; "
            "the length of an extension could not be checked, so there is none; nor is there the longer time that it "
            "gives where a third party must act",
            zone="Asia/Ho_Chi_Minh",
        ),
        Regime(
            name="default",
            first_answer=Span(business_days=10),
            fulfil=Span(days=30),
            extension=Span(days=30),
            source="No law: the desk's own promise",
        ),
    )
}

_EEA = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK GB".split()
)  # the United Kingdom kept the article as its own law


def regime_for(country: str | None, *, default: str) -> Regime:
    """The regime of an account's country (ISO 3166 alpha-2), or the configured default."""
    if country == "VN":
        return REGIMES["vietnam"]
    return REGIMES["gdpr" if country in _EEA else default]


def shortest(names: tuple[str, ...], *, start: datetime) -> Regime:
    """Of the configured regimes the one that is due first: what dates a ticket whose account nobody knows yet."""
    return min((REGIMES[name] for name in names), key=lambda regime: after(start, regime.fulfil))


def after(start: datetime, span: Span, *, zone: str = "UTC") -> datetime:
    """The instant `span` after `start`. A month ends on the same day, or on its last day where there is none
    (Regulation (EEC, Euratom) 1182/71, article 3(2)(c)). Business days are those of `zone`: where it is Saturday
    already, a request doesn't come on a Friday."""
    month = start.month - 1 + span.months
    year, month = start.year + month // 12, month % 12 + 1
    day = min(start.day, calendar.monthrange(year, month)[1])
    end = start.replace(year=year, month=month, day=day) + timedelta(days=span.days)
    end = end.astimezone(ZoneInfo(zone))
    for _ in range(span.business_days):
        end += timedelta(days=1)
        while end.weekday() >= 5:
            end += timedelta(days=1)
    return end.astimezone(UTC)
