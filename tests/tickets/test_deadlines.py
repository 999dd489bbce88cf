"""By when the law wants an answer. Each figure is held against the words of its source."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.tickets import moves
from chalicelib.tickets.deadlines import REGIMES, Regime, Span, after, regime_for, shortest
from tests.examples import LAN, by_mail

SUNDAY = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
INSTANTS = st.integers(0, 14 * 365 * 24 * 60).map(lambda minutes: SUNDAY + timedelta(minutes=minutes))


def answered_by(regime: Regime, start: datetime) -> datetime:
    return after(start, regime.first_answer, zone=regime.zone)


def done_by(regime: Regime, start: datetime) -> datetime:
    return after(start, regime.fulfil)


def extended_to(regime: Regime, start: datetime) -> datetime:
    assert regime.extension
    return after(done_by(regime, start), regime.extension)


# ── Regulation (EU) 2016/679 (GDPR) ──────────────────────────────────────────────────────────────────────────


def test_gdpr_within_one_month_of_receipt_of_the_request() -> None:
    """Article 12(3): "without undue delay and in any event within one month of receipt of the request"."""
    gdpr = REGIMES["gdpr"]
    assert done_by(gdpr, SUNDAY) == answered_by(gdpr, SUNDAY) == datetime(2026, 12, 22, 10, 0, tzinfo=UTC)


def test_gdpr_may_be_extended_by_two_further_months() -> None:
    """Article 12(3): "That period may be extended by two further months where necessary"."""
    assert extended_to(REGIMES["gdpr"], SUNDAY) == datetime(2027, 2, 22, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (datetime(2026, 1, 31, tzinfo=UTC), datetime(2026, 2, 28, tzinfo=UTC)),
        (datetime(2028, 1, 31, tzinfo=UTC), datetime(2028, 2, 29, tzinfo=UTC)),
        (datetime(2026, 3, 31, tzinfo=UTC), datetime(2026, 4, 30, tzinfo=UTC)),
        (datetime(2026, 12, 31, tzinfo=UTC), datetime(2027, 1, 31, tzinfo=UTC)),
        (datetime(2026, 2, 28, tzinfo=UTC), datetime(2026, 3, 28, tzinfo=UTC)),
    ],
)
def test_a_month_ends_on_the_same_date_or_on_the_last_day_of_a_month_that_lacks_it(
    start: datetime, end: datetime
) -> None:
    """Regulation (EEC, Euratom) 1182/71, article 3(2)(c): a period in months ends on "the same date as the day from
    which the period runs"; where that day does not occur in the last month, with "the last day of that month"."""
    assert after(start, Span(months=1)) == end


def end_by_regulation(start: datetime, months: int) -> datetime:
    """Where Regulation 1182/71 ends a period of months, written down from its words and not from our code, for an event
    of that day in UTC. Article 3(1): the day of the event is "not considered as falling within the period". 3(2)(c): it
    ends "with the expiry of the last hour" of "the same date as the day from which the period runs", else of the last
    day of that month. 3(4): if that is a public holiday, Sunday or Saturday, with that of "the following working day".
    """
    month = start.year * 12 + start.month - 1 + months
    first_of_next = datetime((month + 1) // 12, (month + 1) % 12 + 1, 1, tzinfo=UTC)
    last_day = (first_of_next - timedelta(days=1)).day
    end = datetime(month // 12, month % 12 + 1, min(start.day, last_day), tzinfo=UTC)
    while end.weekday() in (5, 6):
        end += timedelta(days=1)
    return end + timedelta(days=1)


@settings(derandomize=True, max_examples=300, deadline=None, database=None)
@given(start=INSTANTS)
def test_a_deadline_of_gdpr_is_never_later_than_where_the_regulation_ends_the_period(start: datetime) -> None:
    """Regulation (EEC, Euratom) 1182/71, article 3(1), (2)(c) and (4). Ours ends at the hour of the request, on that
    date: earlier by the rest of that day, and by a weekend where the regulation goes on to the next working day."""
    gdpr = REGIMES["gdpr"]
    assert done_by(gdpr, start) < end_by_regulation(start, 1)
    assert extended_to(gdpr, start) < end_by_regulation(start, 3)
    assert end_by_regulation(start, 1) - done_by(gdpr, start) <= timedelta(days=3)  # and not needlessly early


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (datetime(2026, 11, 23, 9, tzinfo=UTC), datetime(2026, 12, 24, tzinfo=UTC)),  # a Wednesday, to its end
        (datetime(2026, 11, 26, 9, tzinfo=UTC), datetime(2026, 12, 29, tzinfo=UTC)),  # a Saturday, so Monday
        (datetime(2026, 1, 31, 9, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC)),  # 28 February, a Saturday
    ],
)
def test_what_the_tests_take_for_the_regulation_is_what_its_examples_say(start: datetime, end: datetime) -> None:
    assert end_by_regulation(start, 1) == end


@settings(derandomize=True, max_examples=200, deadline=None, database=None)
@given(start=INSTANTS)
def test_an_extension_never_ends_later_than_three_months_after_the_receipt(start: datetime) -> None:
    assert extended_to(REGIMES["gdpr"], start) <= after(start, Span(months=3))


# ── California (CCPA) ────────────────────────────────────────────────────────────────────────────────────────


def test_ccpa_confirms_within_ten_business_days() -> None:
    """11 CCR 7021(a): "shall confirm receipt of the request within 10 business days"."""
    assert answered_by(REGIMES["ccpa"], SUNDAY) == datetime(2026, 12, 4, 10, 0, tzinfo=UTC)


@settings(derandomize=True, max_examples=200, deadline=None, database=None)
@given(start=INSTANTS)
def test_ccpa_confirms_by_its_tenth_day_from_monday_to_friday(start: datetime) -> None:
    """11 CCR 7021(a): "No later than 10 business days after receiving a request"; the days are California's."""
    end = answered_by(REGIMES["ccpa"], start)
    first, last = (at.astimezone(ZoneInfo("America/Los_Angeles")).date() for at in (start, end))
    days = [first + timedelta(days=n) for n in range(1, (last - first).days + 1)]
    assert sum(day.weekday() < 5 for day in days) == 10
    assert last.weekday() < 5


def test_ccpa_answers_within_forty_five_days_and_ninety_at_most() -> None:
    """California Civil Code 1798.130(a)(2), and 11 CCR 7021(b): "no later than 45 calendar days after receipt of the
    request"; "up to an additional 45 calendar days", "a maximum total of 90 calendar days"."""
    ccpa = REGIMES["ccpa"]
    assert done_by(ccpa, SUNDAY) - SUNDAY == timedelta(days=45)
    assert extended_to(ccpa, SUNDAY) - SUNDAY == timedelta(days=90)


def test_a_request_on_a_californian_sunday_is_no_request_of_monday_though_it_is_monday_in_utc() -> None:
    """The tenth business day is a Friday; counted in UTC it would be the Monday after, later than the law's."""
    sunday_evening = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # 20:00 in Los Angeles
    assert answered_by(REGIMES["ccpa"], sunday_evening) == datetime(2026, 12, 5, 4, 0, tzinfo=UTC)


def test_the_clock_runs_from_the_receipt_however_long_verifying_takes() -> None:
    """11 CCR 7021(b): "regardless of time required to verify the request"; GDPR, article 12(3): "of receipt"."""
    waiting = by_mail(opened_at=SUNDAY, due_at=done_by(REGIMES["ccpa"], SUNDAY))
    late = moves.proved(waiting, account=LAN, way="code", by="owner", at=SUNDAY + timedelta(days=6), word=True).ticket
    assert late.due_at == waiting.due_at


# ── Vietnam ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("said", "start", "end"),
    [
        ("Monday to Wednesday", datetime(2026, 11, 23, 3, tzinfo=UTC), datetime(2026, 11, 25, 3, tzinfo=UTC)),
        ("Thursday to Monday", datetime(2026, 11, 26, 3, tzinfo=UTC), datetime(2026, 11, 30, 3, tzinfo=UTC)),
        ("Saturday to Tuesday", datetime(2026, 11, 28, 3, tzinfo=UTC), datetime(2026, 12, 1, 3, tzinfo=UTC)),
        ("Saturday at 5 to Tuesday", datetime(2026, 11, 27, 22, tzinfo=UTC), datetime(2026, 11, 30, 22, tzinfo=UTC)),
    ],
)
def test_vietnam_first_answers_within_two_working_days_of_its_own_week(
    said: str, start: datetime, end: datetime
) -> None:
    """Decree 356/2025/ND-CP, article 5. At five on a Saturday morning in Hanoi it is still Friday in UTC."""
    assert answered_by(REGIMES["vietnam"], start) == end


def test_vietnam_is_done_within_twenty_days_and_there_is_no_extension() -> None:
    """Decree 356/2025/ND-CP, article 5, as law firms tell it; how long an extension is could not be checked."""
    vietnam = REGIMES["vietnam"]
    assert done_by(vietnam, SUNDAY) - SUNDAY == timedelta(days=20)
    assert vietnam.extension is None


# ── the table, and who falls under what ──────────────────────────────────────────────────────────────────────


def test_what_could_not_be_checked_says_so_and_what_was_says_nothing() -> None:
    unchecked = {name for name, regime in REGIMES.items() if regime.unchecked}
    assert unchecked == {"vietnam"}
    assert "extension" in str(REGIMES["vietnam"].unchecked)
    assert REGIMES["vietnam"].extension is None  # what nobody could check is never to the customer's cost


def test_the_papers_name_each_regime_with_its_source_and_what_could_not_be_checked() -> None:
    paper = (Path(__file__).parents[2] / "docs" / "operators.md").read_text("utf-8")
    for regime in REGIMES.values():
        (row,) = [line for line in paper.splitlines() if line.startswith(f"| `{regime.name}` |")]
        assert regime.source in row
        assert ("not checked" in row) == bool(regime.unchecked)


def test_where_no_law_says_anything_the_desk_promises_thirty_days() -> None:
    assert done_by(REGIMES["default"], SUNDAY) - SUNDAY == timedelta(days=30)
    assert extended_to(REGIMES["default"], SUNDAY) - SUNDAY == timedelta(days=60)
    assert answered_by(REGIMES["default"], SUNDAY) == datetime(2026, 12, 4, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize("regime", REGIMES.values(), ids=lambda regime: regime.name)
def test_every_regime_names_its_source_and_answers_before_it_is_done(regime: Regime) -> None:
    assert regime.source
    for hours in range(0, 24 * 14, 5):
        start = SUNDAY + timedelta(hours=hours)
        assert answered_by(regime, start) <= done_by(regime, start)


@pytest.mark.parametrize(
    ("country", "name"),
    [("VN", "vietnam"), ("DE", "gdpr"), ("IE", "gdpr"), ("NO", "gdpr"), ("GB", "gdpr"), ("US", "ccpa"), (None, "ccpa")],
)
def test_an_account_falls_under_the_law_of_its_country_or_under_the_configured_one(
    country: str | None, name: str
) -> None:
    assert regime_for(country, default="ccpa").name == name


def test_all_thirty_countries_of_the_european_economic_area_are_under_gdpr() -> None:
    countries = (
        "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE "  # the Union's 27
        "IS LI NO"
    ).split()
    assert len(countries) == 30
    assert all(regime_for(country, default="default").name == "gdpr" for country in countries)


def test_a_ticket_whose_account_nobody_knows_is_dated_by_the_regime_that_is_due_first() -> None:
    assert shortest(("default", "gdpr", "vietnam"), start=SUNDAY).name == "vietnam"
    assert shortest(("ccpa", "default"), start=SUNDAY).name == "default"


def test_the_shortest_regime_depends_on_the_month() -> None:
    assert shortest(("default", "gdpr"), start=datetime(2026, 2, 1, tzinfo=UTC)).name == "gdpr"
    assert shortest(("default", "gdpr"), start=datetime(2026, 7, 1, tzinfo=UTC)).name == "default"


@settings(derandomize=True, max_examples=200, deadline=None, database=None)
@given(start=INSTANTS, days=st.integers(0, 30))
def test_business_days_end_on_no_weekend_and_are_never_fewer_days_than_said(start: datetime, days: int) -> None:
    end = after(start, Span(business_days=days))
    assert end - start >= timedelta(days=days)
    assert days == 0 or end.weekday() < 5


def test_a_deadline_is_an_instant_in_utc() -> None:
    for regime in REGIMES.values():
        assert answered_by(regime, SUNDAY).tzinfo is UTC
        assert done_by(regime, SUNDAY).tzinfo is UTC
