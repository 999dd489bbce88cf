"""Where a ticket stands in the queue, and when the sweep must look at it next."""

from datetime import datetime, timedelta
from typing import Any, get_args

import pytest
from msgspec.structs import replace

from chalicelib.tickets import agenda
from chalicelib.tickets.ticket import OPEN, Status, Ticket
from tests.examples import LATER, START, WAITS, by_mail, fresh, proved, support

DAY = timedelta(days=1)


@pytest.mark.parametrize("status", OPEN)
def test_an_open_ticket_stands_in_the_queue_of_its_status_by_its_due_date(status: Status) -> None:
    assert agenda.place(proved(status)) == (f"open#{status}", START + 20 * DAY)


@pytest.mark.parametrize("status", ["closed", "withdrawn", "rejected", "expired", "resolved"])
def test_an_ended_ticket_stands_under_the_month_of_its_end(status: Status) -> None:
    assert agenda.place(proved(status, ended_at=LATER)) == ("ended#2026-11", LATER)


def test_a_request_from_the_public_page_that_nobody_proved_stands_in_no_queue_and_goes_in_a_day() -> None:
    pending = by_mail(way_in="public")
    assert agenda.place(pending) is None
    assert agenda.wakes_at(pending, WAITS) == agenda.expires_at(pending, WAITS) == START + agenda.PENDING_FOR
    assert timedelta(hours=24) == agenda.PENDING_FOR


def test_of_a_request_from_the_public_page_an_outsider_is_told_that_it_was_over_in_a_day_whatever_became_of_it() -> (
    None
):
    for ticket in (
        by_mail(way_in="public"),
        by_mail(way_in="public", proof="code"),
        by_mail(way_in="public", is_undeliverable=True),
    ):
        assert agenda.proof_ends_at(ticket, WAITS) == START + DAY
    assert agenda.expires_at(by_mail(way_in="public", proof="code"), WAITS) == START + 7 * DAY


def test_a_request_from_the_public_page_is_a_ticket_like_others_once_it_is_proved() -> None:
    assert agenda.place(proved(way_in="public")) == ("open#in_review", START + 20 * DAY)


def test_of_a_request_that_is_no_ticket_yet_nobody_is_reminded_or_warned() -> None:
    pending = by_mail(way_in="public")
    assert agenda.proof_reminder_at(pending) is None
    assert agenda.wakes_at(by_mail(way_in="public", due_at=START + DAY), WAITS) == START + DAY


def test_a_request_that_is_no_ticket_yet_goes_in_a_day_even_where_its_code_reaches_nobody() -> None:
    """Agents don't see it, so that nobody else could end it: it would stay for good."""
    bounced = by_mail(way_in="public", is_undeliverable=True)
    assert agenda.expires_at(bounced, WAITS) == agenda.wakes_at(bounced, WAITS) == START + DAY


def test_the_sweeps_own_times_are_these() -> None:
    """Each has its reason beside it in agenda.py; the sweep comes hourly, notices may take half an hour."""
    minutes, hours = timedelta(minutes=1), timedelta(hours=1)
    assert (30 * minutes, 2 * hours) == (agenda.LATE_START, agenda.STUCK_AFTER)
    assert (23 * hours + 30 * minutes, 30 * minutes) == (agenda.CHECK_EVERY, agenda.CHECK_SILENCE_EVERY)
    assert (30 * minutes, DAY) == (agenda.SENT_WITHIN, agenda.LOOK_AGAIN_EVERY)


# ── waiting for proof ────────────────────────────────────────────────────────────────────────────────────────


def test_waiting_for_proof_ends_after_seven_days_with_one_reminder_after_two() -> None:
    ticket = by_mail()
    assert agenda.expires_at(ticket, WAITS) == START + 7 * DAY
    assert agenda.wakes_at(ticket, WAITS) == agenda.proof_reminder_at(ticket) == START + 2 * DAY
    assert agenda.wakes_at(by_mail(reminded=True), WAITS) == START + 7 * DAY


@pytest.mark.parametrize("silent", [{"suspect": True}, {"stopped": True}, {"claims": ()}, {"reminded": True}])
def test_nobody_is_reminded_who_must_not_be_mailed_or_was_reminded(silent: dict[str, object]) -> None:
    assert agenda.proof_reminder_at(by_mail(**silent)) is None


def test_a_ticket_whose_code_bounced_does_not_expire_for_agents_go_on_with_it() -> None:
    ticket = by_mail(is_undeliverable=True, reminded=True)
    assert agenda.expires_at(ticket, WAITS) is None
    assert agenda.wakes_at(ticket, WAITS) == ticket.due_at - 2 * DAY


def test_who_is_asked_for_proof_later_than_the_letter_came_has_the_whole_time_from_then() -> None:
    ticket = by_mail(asked_proof_at=START + 5 * DAY)
    assert agenda.expires_at(ticket, WAITS) == agenda.proof_ends_at(ticket, WAITS) == START + 12 * DAY
    assert agenda.proof_reminder_at(ticket) == START + 7 * DAY


# ── the cooling-off ──────────────────────────────────────────────────────────────────────────────────────────


def test_the_end_of_the_cooling_off_is_announced_two_days_before() -> None:
    ticket = proved("scheduled")
    assert agenda.wakes_at(ticket, WAITS) == agenda.cooling_off_reminder_at(ticket) == START + 5 * DAY


def test_what_happens_to_a_ticket_during_the_cooling_off_does_not_make_it_a_short_one() -> None:
    noted = proved("scheduled", scheduled_at=START, changed_at=START + 6 * DAY)
    assert agenda.cooling_off_reminder_at(noted) == START + 5 * DAY
    assert agenda.cooling_off_reminder_at(proved("scheduled", scheduled_at=START + 5 * DAY)) is None


def test_where_no_cooling_off_runs_none_is_announced_and_nothing_starts_late() -> None:
    assert agenda.cooling_off_reminder_at(proved()) is None
    assert agenda.starts_late_at(proved()) is None


@pytest.mark.parametrize("cooling_off", [timedelta(0), DAY, 2 * DAY])
def test_a_short_cooling_off_is_not_announced_again(cooling_off: timedelta) -> None:
    assert agenda.cooling_off_reminder_at(proved("scheduled", closes_at=START + cooling_off)) is None


def test_the_sweep_starts_what_the_workflow_did_not_a_little_after_the_workflows_own_wait() -> None:
    assert agenda.wakes_at(proved("scheduled", reminded=True), WAITS) == START + 7 * DAY + agenda.LATE_START


def test_an_erasing_that_lasts_too_long_is_looked_at() -> None:
    assert agenda.wakes_at(proved("closing", changed_at=LATER), WAITS) == LATER + agenda.STUCK_AFTER


# ── deadlines and holds ──────────────────────────────────────────────────────────────────────────────────────


def test_agents_are_warned_two_days_before_the_deadline_and_admins_after_it() -> None:
    due_at = START + 20 * DAY
    assert agenda.wakes_at(proved(), WAITS) == due_at - 2 * DAY
    assert agenda.wakes_at(proved(warned=1), WAITS) == due_at
    assert agenda.wakes_at(proved(warned=2), WAITS) is None


def test_a_hold_is_looked_at_on_its_review_date() -> None:
    review_at = START + 3 * DAY
    held: dict[str, Any] = {"held": True, "hold_review_at": review_at}
    assert agenda.wakes_at(proved(**held), WAITS) == review_at
    assert agenda.wakes_at(by_mail(**held, reminded=True), WAITS) == review_at
    assert agenda.wakes_at(proved(**held, hold_warned=True), WAITS) == START + 18 * DAY


def test_the_review_date_of_a_hold_that_was_lifted_or_of_an_ended_ticket_is_nobodys_date() -> None:
    assert agenda.hold_review_at(proved(hold_review_at=START)) is None
    assert agenda.hold_review_at(proved("withdrawn", held=True, hold_review_at=START)) is None


def test_a_question_waits_for_nothing_but_its_deadline() -> None:
    assert agenda.wakes_at(support(), WAITS) == START + 18 * DAY


# ── after the end ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("status", "kept"),
    [("withdrawn", 30 * DAY), ("expired", 30 * DAY), ("resolved", 30 * DAY), ("rejected", 180 * DAY)],
)
def test_an_ended_ticket_is_shrunk_after_thirty_days_and_a_rejected_one_after_a_hundred_and_eighty(
    status: Status, kept: timedelta
) -> None:
    ticket = proved(status, ended_at=LATER)
    assert agenda.wakes_at(ticket, WAITS) == agenda.shrinks_at(ticket, WAITS) == LATER + kept


def test_an_end_without_a_date_stands_where_the_ticket_last_changed_and_waits_for_nothing() -> None:
    for status in ("withdrawn", "closed"):
        undated = proved(status, ended_at=None, changed_at=LATER)
        assert agenda.place(undated) == ("ended#2026-11", LATER)
        assert agenda.wakes_at(undated, WAITS) is None


def test_what_was_shrunk_is_not_shrunk_again() -> None:
    assert agenda.wakes_at(proved("withdrawn", shrunk_at=LATER), WAITS) is None


def test_a_pending_request_is_shrunk_as_soon_as_it_ends() -> None:
    assert agenda.shrinks_at(by_mail(way_in="public", status="expired", ended_at=LATER), WAITS) == LATER


def test_a_tombstone_is_kept_for_two_years_from_the_end() -> None:
    assert agenda.tombstone_until(proved("closed", ended_at=LATER), WAITS) == LATER + 730 * DAY
    assert agenda.tombstone_until(proved(), WAITS) is None


def test_of_a_pending_request_nothing_is_kept_longer_than_a_day() -> None:
    assert agenda.tombstone_until(by_mail(way_in="public", status="expired", ended_at=LATER), WAITS) == LATER + DAY


def looks_at(ticket_ended_at: datetime) -> list[datetime]:
    """Every night on which a closed account is looked at again."""
    ticket, nights = proved("closed", ended_at=ticket_ended_at), []
    while next_at := agenda.looks_again_at(ticket, WAITS):
        nights.append(next_at)
        ticket = proved("closed", ended_at=ticket_ended_at, looked_again_at=next_at)
    return nights


def test_a_closed_account_is_looked_at_again_each_night_for_thirty_five_days() -> None:
    assert looks_at(START) == [START + nth * DAY for nth in range(1, 36)]


@pytest.mark.parametrize("status", [each for each in get_args(Status) if each != "closed"])
def test_nothing_but_a_closed_account_is_looked_at_again(status: Status) -> None:
    assert agenda.looks_again_at(proved(status, ended_at=LATER), WAITS) is None


def test_what_was_closed_is_looked_at_again_even_after_it_was_shrunk() -> None:
    assert agenda.wakes_at(proved("closed", ended_at=START), WAITS) == START + DAY
    assert agenda.wakes_at(proved("closed", ended_at=START, shrunk_at=LATER), WAITS) == START + DAY
    shrunk_first = proved("closed", ended_at=START, looked_again_at=START + 34 * DAY)
    assert agenda.wakes_at(shrunk_first, WAITS) == START + 30 * DAY
    over = proved("closed", ended_at=START, looked_again_at=START + 35 * DAY, shrunk_at=LATER)
    assert agenda.wakes_at(over, WAITS) is None


def test_what_needs_attention_waits_for_nothing_but_its_deadline() -> None:
    assert agenda.wakes_at(proved("needs_attention"), WAITS) == START + 18 * DAY


def test_a_fresh_ticket_has_a_time_at_which_somebody_looks_at_it() -> None:
    assert agenda.wakes_at(fresh(), WAITS) is not None


# ── the company's own check ──────────────────────────────────────────────────────────────────────────────────

CHECKED = replace(WAITS, checks=True)
UNTIL = START + 14 * DAY


def blocked(**changed: Any) -> Ticket:
    return proved(**{"blockers": ("unpaid",), "blocked_until": UNTIL, "checked_at": START, **changed})


def test_what_was_not_checked_yet_is_checked_at_once_and_nothing_is_where_there_is_no_check() -> None:
    assert agenda.checks_at(proved(), CHECKED) == START
    assert agenda.checks_at(proved(), WAITS) is None
    assert agenda.wakes_at(proved(), CHECKED) == START
    assert agenda.checks_at(proved(proved_at=LATER), CHECKED) == LATER
    recognised = proved("received", proof=None, proved_at=None, word_at=None)
    assert agenda.checks_at(recognised, CHECKED) == recognised.opened_at


def test_a_blocked_ticket_is_checked_daily_and_when_its_time_is_over() -> None:
    assert agenda.checks_at(blocked(), CHECKED) == START + agenda.CHECK_EVERY
    last = UNTIL - timedelta(hours=2)
    assert agenda.checks_at(blocked(checked_at=last), CHECKED) == UNTIL
    assert agenda.checks_at(blocked(checked_at=UNTIL, held=True), CHECKED) == UNTIL + agenda.CHECK_EVERY


def test_a_free_ticket_is_not_checked_again_before_somebody_approves_it_and_a_silent_check_soon() -> None:
    assert agenda.checks_at(proved(checked_at=START), CHECKED) is None
    silent = proved(checked_at=START, cause="cannot_tell (timed_out)")
    assert agenda.checks_at(silent, CHECKED) == START + agenda.CHECK_SILENCE_EVERY


def test_only_what_the_check_concerns_is_checked_and_what_has_no_last_day_daily() -> None:
    for ticket in (proved("scheduled"), proved("closing"), support("in_review"), by_mail()):
        assert agenda.checks_at(ticket, CHECKED) is None
    assert agenda.checks_at(blocked(blocked_until=None), CHECKED) == START + agenda.CHECK_EVERY


@pytest.mark.parametrize(
    "not_so",
    [{"blockers": ()}, {"status": "scheduled"}, {"status": "received"}, {"checked_at": None}, {"blocked_until": None}],
    ids=str,
)
def test_a_ticket_that_nothing_blocks_or_that_is_not_in_review_does_not_end_for_it(not_so: dict[str, Any]) -> None:
    assert not agenda.is_blocked_too_long(blocked(**{"checked_at": UNTIL, **not_so}), UNTIL)


def test_only_an_answer_after_the_time_is_over_ends_a_blocked_ticket() -> None:
    assert agenda.is_blocked_too_long(blocked(checked_at=UNTIL), UNTIL)
    assert not agenda.is_blocked_too_long(blocked(checked_at=UNTIL - DAY), UNTIL)
    assert not agenda.is_blocked_too_long(blocked(checked_at=UNTIL, cause="cannot_tell (timed_out)"), UNTIL)


@pytest.mark.parametrize("paused", ["held", "stopped"])
def test_what_is_held_or_stopped_is_not_ended_for_being_blocked(paused: str) -> None:
    assert not agenda.is_blocked_too_long(blocked(checked_at=UNTIL, **{paused: True}), UNTIL)
