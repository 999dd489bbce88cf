"""The yearly counts: who is counted, where, and how long things took."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from chalicelib.tickets import moves
from chalicelib.tickets.ticket import ENDED, OPEN, Status, Ticket
from chalicelib.upkeep import report as rules
from chalicelib.upkeep.report import Days, Figures, Report
from tests.examples import LATER, START, by_mail, proved, support

BEGINS, ENDS = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)


def report(*tickets: Ticket) -> Report:
    return rules.report(tickets, begins=BEGINS, ends=ENDS)


def closed_after(days: float, *, answered_after: float) -> Ticket:
    return proved("closed", scheduled_at=START + timedelta(days=answered_after), ended_at=START + timedelta(days=days))


def test_requests_are_counted_by_what_became_of_them() -> None:
    denied = moves.rejected(proved(), by="agent:an", at=LATER, reason="fraud_suspected").ticket
    double = moves.merged(by_mail(), into="SO-222222", by="desk", at=LATER).ticket
    tickets = (proved(), proved("needs_attention"), proved("closed"), denied, double, proved("withdrawn"), by_mail(),
               replace(by_mail(), status="expired", ended_at=LATER))  # fmt: skip
    found = report(*tickets).all
    counted = (found.received, found.open, found.complied, found.denied, found.withdrawn, found.expired)
    assert counted == (8, 3, 1, 2, 1, 1)
    assert found.denied_by_reason == {"duplicate": 1, "fraud_suspected": 1}


def test_a_question_is_no_request_to_close() -> None:
    assert report(support(), support("resolved")).all.received == 0


def test_a_request_belongs_to_the_year_in_which_it_came() -> None:
    last_moment = ENDS - timedelta(microseconds=1)
    days = [BEGINS - timedelta(microseconds=1), BEGINS, last_moment, ENDS]
    assert [report(proved(opened_at=day)).all.received for day in days] == [0, 1, 1, 0]


def test_the_year_is_that_of_the_desks_own_zone() -> None:
    begins, ends = rules.span_of(2026, zone="Asia/Ho_Chi_Minh")
    assert (begins, ends) == (datetime(2025, 12, 31, 17, tzinfo=UTC), datetime(2026, 12, 31, 17, tzinfo=UTC))
    assert rules.months(begins, datetime(2026, 2, 1, tzinfo=UTC)) == ["2025-12", "2026-01", "2026-02"]
    assert rules.months(begins, datetime(2025, 11, 30, tzinfo=UTC)) == []


def test_days_to_answer_and_to_fulfil_have_a_median_and_a_mean() -> None:
    found = report(
        closed_after(8, answered_after=1), closed_after(9, answered_after=2), closed_after(28, answered_after=3)
    ).all
    assert found.to_answer == Days(count=3, median=2.0, mean=2.0)
    assert found.to_fulfil == Days(count=3, median=9.0, mean=15.0)


def test_a_refusal_is_an_answer_and_a_withdrawal_is_none() -> None:
    denied = moves.rejected(proved(), by="agent:an", at=START + timedelta(days=4), reason="other").ticket
    found = report(denied, proved("withdrawn"), proved()).all
    assert (found.to_answer, found.to_fulfil) == (
        Days(count=1, median=4.0, mean=4.0),
        Days(count=0, median=None, mean=None),
    )


def test_a_report_is_whole_as_long_as_its_first_tombstone_can_be_there() -> None:
    kept = timedelta(days=730)
    assert rules.is_whole(BEGINS, now=BEGINS + kept - timedelta(seconds=1), kept_for=kept)
    assert not rules.is_whole(BEGINS, now=BEGINS + kept, kept_for=kept)


def tickets() -> st.SearchStrategy[Ticket]:
    status: st.SearchStrategy[Status] = st.sampled_from([each for each in (*OPEN, *ENDED) if each != "resolved"])
    return st.builds(
        lambda status, regime, way: proved(status, regime=regime, way_in=way),
        status, st.sampled_from(["gdpr", "vietnam"]), st.sampled_from(["portal", "mail"]),
    )  # fmt: skip


def parts(found: Report) -> Iterator[Figures]:
    yield found.all
    yield from found.by_regime.values()
    yield from found.by_way_in.values()


@settings(derandomize=True, max_examples=200, deadline=None, database=None)
@given(st.lists(tickets()))
def test_the_parts_sum_up_to_what_was_received(given: list[Ticket]) -> None:
    found = report(*given)
    for each in parts(found):
        assert each.received == each.open + each.complied + each.denied + each.withdrawn + each.expired
        assert sum(each.denied_by_reason.values()) == each.denied
    assert sum(each.received for each in found.by_regime.values()) == found.all.received == len(given)
    assert sum(each.received for each in found.by_way_in.values()) == found.all.received
    assert {tuple(row) for row in rules.rows(found)} == {tuple(rules.rows(found)[0])}
