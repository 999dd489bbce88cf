"""By when the law wants an answer. Each figure is held against the words of its source."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.tickets.deadlines import REGIMES, Regime, Span, after, regime_for, shortest

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


@settings(derandomize=True, max_examples=200, deadline=None, database=None)
@given(start=INSTANTS)
def test_an_extension_never_ends_later_than_three_months_after_the_receipt(start: datetime) -> None:
    assert extended_to(REGIMES["gdpr"], start) <= after(start, Span(months=3))


# ── California (CCPA) ────────────────────────────────────────────────────────────────────────────────────────


def test_ccpa_confirms_within_ten_business_days() -> None:
    """11 CCR 7021(a): "shall confirm receipt of the request within 10 business days"."""
    assert answered_by(REGIMES["ccpa"], SUNDAY) == datetime(2026, 12, 4, 10, 0, tzinfo=UTC)


def test_ccpa_answers_within_forty_five_days_and_ninety_at_most() -> None:
    """11 CCR 7021(b): "within 45 calendar days"; "up to an additional 45 calendar days … a maximum total of 90"."""
    ccpa = REGIMES["ccpa"]
    assert done_by(ccpa, SUNDAY) - SUNDAY == timedelta(days=45)
    assert extended_to(ccpa, SUNDAY) - SUNDAY == timedelta(days=90)


def test_a_request_on_a_californian_sunday_is_no_request_of_monday_though_it_is_monday_in_utc() -> None:
    """The tenth business day is a Friday; counted in UTC it would be the Monday after, later than the law's."""
    sunday_evening = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # 20:00 in Los Angeles
    assert answered_by(REGIMES["ccpa"], sunday_evening) == datetime(2026, 12, 5, 4, 0, tzinfo=UTC)


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
    """Decree 356/2025/ND-CP, article 5; the length of an extension could not be checked, so there is none."""
    vietnam = REGIMES["vietnam"]
    assert done_by(vietnam, SUNDAY) - SUNDAY == timedelta(days=20)
    assert vietnam.extension is None


# ── the table, and who falls under what ──────────────────────────────────────────────────────────────────────


def test_where_no_law_says_anything_the_desk_promises_thirty_days() -> None:
    assert done_by(REGIMES["default"], SUNDAY) - SUNDAY == timedelta(days=30)


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
