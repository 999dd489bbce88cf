"""The table of notices: which move tells whom, and which tells nobody."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, get_args

import pytest

from chalicelib.notices.which import notices_of
from chalicelib.tickets import moves
from chalicelib.tickets.changes import What
from chalicelib.tickets.moves import Moved
from chalicelib.tickets.ticket import ProofWay, Ticket
from tests.examples import LAN, LATER, START, fresh

Told = list[tuple[str, str]]
Step = Callable[[Ticket], Moved]
CLOSES_AT = LATER + timedelta(days=7)


def told(moved: Moved) -> Told:
    return [(each.kind, each.reader) for each in notices_of(list(moved.changes))]


def then(moved: Moved, *steps: Step) -> Moved:
    for step in steps:
        moved = moved.then(step(moved.ticket))
    return moved


def told_by(moved: Moved, *steps: Step) -> Told:
    """What the steps ask for beyond what was asked for before."""
    return told(then(moved, *steps))[len(told(moved)) :]


def from_portal(**given: Any) -> Moved:
    mine = {"account": LAN, "who": "acc-lan", "asker_is_owner": True}
    return moves.opened(fresh(**{**mine, **given}), by="customer")


def with_fresh_proof() -> Moved:
    return from_portal(proof="sign_in", proved_at=START, word_at=START)


def by_mail(*, acknowledge: bool = False, **given: Any) -> Moved:
    outside = {"way_in": "mail", "who": "mail#abc", "claims": (LAN,)}
    return moves.opened(fresh(**{**outside, **given}), by="asker", acknowledge=acknowledge)


def prove(way: ProofWay, *, word: bool = True) -> Step:
    return lambda ticket: moves.proved(ticket, account=LAN, way=way, by="owner", at=LATER, word=word)


def approve(ticket: Ticket) -> Moved:
    return moves.scheduled(ticket, by="agent:an", at=LATER, closes_at=CLOSES_AT)


def begin(ticket: Ticket) -> Moved:
    return moves.began_closing(ticket, run=ticket.run, at=LATER)


def close(ticket: Ticket) -> Moved:
    return moves.closed(ticket, run=ticket.run, at=LATER)


def trouble(ticket: Ticket) -> Moved:
    return moves.troubled(ticket, run=ticket.run, cause="orders: some", at=LATER)


def retry(ticket: Ticket) -> Moved:
    return moves.retried(ticket, by="agent:an", at=LATER)


def hold(ticket: Ticket) -> Moved:
    return moves.held(ticket, by="agent:chi", at=LATER, review_at=CLOSES_AT)


def release(ticket: Ticket) -> Moved:
    return moves.released(ticket, by="agent:chi", at=LATER)


def stop(ticket: Ticket) -> Moved:
    return moves.stopped(ticket, by="owner", at=LATER, why="stop")


def withdraw(ticket: Ticket) -> Moved:
    return moves.withdrawn(ticket, by="customer", at=LATER)


def reject(ticket: Ticket) -> Moved:
    return moves.rejected(ticket, by="agent:an", at=LATER, reason="fraud_suspected")


def merge(ticket: Ticket) -> Moved:
    return moves.merged(ticket, into="SO-AAAAAA", by="agent:an", at=LATER)


def block(ticket: Ticket) -> Moved:
    return moves.blocked(ticket, codes=("unpaid",), until=CLOSES_AT, at=LATER)


def expire(ticket: Ticket) -> Moved:
    return moves.expired(ticket, at=LATER)


def remind(ticket: Ticket) -> Moved:
    return moves.reminded(ticket, at=LATER)


# ── the table, row by row ────────────────────────────────────────────────────────────────────────────────────


def test_opened_with_fresh_proof_tells_received() -> None:
    """A signed-in request gets one notice, *received*, for both first steps."""
    assert told(with_fresh_proof()) == [("received", "owner")]


def test_a_recognised_closure_without_the_askers_word_is_told_received_which_asks_for_it() -> None:
    assert told(from_portal()) == [("received_confirm", "owner")]


def test_opened_from_outside_tells_the_code_to_the_address_on_file_and_received_to_the_asker() -> None:
    assert told(by_mail(acknowledge=True)) == [("acknowledged", "asker"), ("code", "owner")]


def test_an_asker_who_may_not_be_answered_is_told_nothing() -> None:
    assert told(by_mail(acknowledge=False)) == [("code", "owner")]


def test_who_writes_from_the_address_on_file_gets_the_code_alone_for_it_says_received_too() -> None:
    assert told(by_mail(acknowledge=True, asker_is_owner=True)) == [("code", "owner")]


def test_a_request_that_finds_no_account_tells_only_the_asker() -> None:
    assert told(by_mail(acknowledge=True, claims=())) == [("acknowledged", "asker")]


@pytest.mark.parametrize("way", ["sign_in", "code"])
def test_proved_tells_verified_to_the_address_on_file(way: ProofWay) -> None:
    assert told_by(by_mail(acknowledge=True), prove(way)) == [("verified", "owner")]


def test_after_proof_everything_goes_to_the_address_on_file_and_nothing_to_the_asker_of_before() -> None:
    moved = then(by_mail(acknowledge=True), prove("code"))
    assert told_by(moved, approve, begin, close) == [(kind, "owner") for kind in ("scheduled", "closing", "closed")]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([approve], ["scheduled"]),
        ([hold], ["on_hold"]),
        ([stop], ["on_hold"]),
        ([approve, hold], ["scheduled", "on_hold"]),
        ([approve, begin], ["scheduled", "closing"]),
        ([approve, begin, close], ["scheduled", "closing", "closed"]),
        ([reject], ["rejected"]),
        ([merge], ["rejected"]),
        ([block], ["blocked"]),
        ([approve, block], ["scheduled", "blocked"]),
        ([withdraw], ["withdrawn"]),
        ([approve, withdraw], ["scheduled", "withdrawn"]),
        ([approve, remind], ["scheduled", "reminder_cooling_off"]),
        ([hold, release], ["on_hold"]),
        ([approve, begin, trouble], ["scheduled", "closing"]),
        ([approve, begin, trouble, retry, close], ["scheduled", "closing", "closed"]),
        ([lambda ticket: moves.extended(ticket, by="agent:an", at=LATER, due_at=CLOSES_AT)], ["deadline_extended"]),
    ],
    ids=lambda each: "-".join(getattr(one, "__name__", str(one)) for one in each),
)
def test_each_move_of_a_proved_closure_tells_its_one_notice(steps: list[Step], expected: list[str]) -> None:
    """needs_attention, retry and release tell nobody."""
    assert told_by(with_fresh_proof(), *steps) == [(kind, "owner") for kind in expected]


def test_two_days_into_waiting_for_proof_a_reminder_goes_to_the_address_on_file() -> None:
    assert told_by(by_mail(acknowledge=True), remind) == [("reminder_proof", "owner")]


def test_expired_is_told_to_both_who_were_told_of_the_request() -> None:
    assert told_by(by_mail(acknowledge=True), expire) == [("expired", "owner"), ("expired", "asker")]


def test_a_wish_to_hurry_sends_a_code_and_what_is_granted_is_told_as_the_new_date() -> None:
    moved = then(with_fresh_proof(), approve)
    sent = told_by(moved, lambda ticket: moves.code_sent(ticket, by="customer", at=LATER, aim="expedite"))
    assert sent == [("code_for_expedite", "owner")]
    asked = then(moved, lambda ticket: moves.expedite_asked(ticket, by="customer", at=LATER))
    assert told_by(asked, lambda ticket: moves.expedited(ticket, by="agent:an", at=LATER)) == [("scheduled", "owner")]


@pytest.mark.parametrize(("end", "kind"), [(withdraw, "withdrawn"), (reject, "rejected")])
def test_who_signed_in_and_never_gave_their_word_is_told_the_end_once_and_by_its_name(end: Step, kind: str) -> None:
    assert told_by(from_portal(), end) == [(kind, "owner")]


@pytest.mark.parametrize(("end", "kind"), [(withdraw, "withdrawn"), (reject, "rejected"), (expire, "expired")])
def test_who_wrote_from_the_address_on_file_is_told_the_end_once(end: Step, kind: str) -> None:
    assert told_by(by_mail(acknowledge=True, asker_is_owner=True), end) == [(kind, "owner")]


def test_an_asker_who_withdraws_is_told_that_they_did() -> None:
    assert told_by(by_mail(acknowledge=True), withdraw) == [("withdrawn", "owner"), ("withdrawn", "asker")]
    assert told_by(by_mail(acknowledge=True, claims=()), withdraw) == [("withdrawn", "asker")]


# ── what nobody may learn ────────────────────────────────────────────────────────────────────────────────────


def test_to_an_unproved_asker_a_rejection_and_an_expiry_look_alike() -> None:
    """Rule 8: until proof an outsider's ticket shows "Waiting for verification", then "Verification expired"."""
    for end in (reject, expire):
        assert ("expired", "asker") in told_by(by_mail(acknowledge=True), end)
        assert told_by(by_mail(acknowledge=True, claims=()), end) == [("expired", "asker")]


def test_whether_an_account_was_found_cannot_be_told_from_what_the_asker_gets() -> None:
    """Rule 8: an outsider learns nothing."""
    for steps in ([], [expire], [reject], [withdraw], [hold], [stop], [hold, release, expire]):
        known, unknown = (told(then(by_mail(acknowledge=True, claims=claims), *steps)) for claims in ((LAN,), ()))
        assert [kind for kind, reader in known if reader == "asker"] == [
            kind for kind, reader in unknown if reader == "asker"
        ]


def test_a_suspect_letters_ticket_mails_nobody_and_expires_silently() -> None:
    assert told(then(by_mail(suspect=True), expire)) == []


@pytest.mark.parametrize("step", [hold, stop])
def test_before_proof_a_hold_or_stop_tells_nobody(step: Step) -> None:
    assert told_by(by_mail(acknowledge=True), step) == []


def test_a_request_from_the_public_page_that_nobody_proved_ends_without_a_word() -> None:
    public = by_mail(way_in="public")
    assert told(public) == [("code", "owner")]
    assert told_by(public, expire) == []


# ── by facts ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_by_facts_the_address_on_file_is_warned_and_the_asker_gives_their_word() -> None:
    moved = then(by_mail(acknowledge=True, claims=()), prove("facts", word=False))
    assert told(moved)[-2:] == [("warning_on_file", "owner"), ("received_confirm", "asker")]
    confirmed = told_by(moved, lambda ticket: moves.confirmed(ticket, by="asker", at=LATER))
    assert confirmed == [("verified", "asker")]


def test_by_facts_everything_after_is_told_to_both() -> None:
    moved = then(by_mail(acknowledge=True, claims=()), prove("facts"))
    assert told_by(moved, approve, withdraw) == [
        ("scheduled", "owner"), ("scheduled", "asker"), ("withdrawn", "owner"), ("withdrawn", "asker"),
    ]  # fmt: skip


# ── words, questions, codes ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("needs_answer", "kind"), [(True, "more_needed"), (False, "agent_reply")])
def test_an_agents_answer_goes_to_who_asked(needs_answer: bool, kind: str) -> None:
    def answer(ticket: Ticket) -> Moved:
        return moves.answered(ticket, by="agent:an", at=LATER, words=2, needs_answer=needs_answer)

    assert told_by(with_fresh_proof(), answer) == [(kind, "owner")]
    assert told_by(by_mail(acknowledge=True), answer) == [(kind, "asker")]
    for way in ("code", "sign_in"):
        assert told_by(then(by_mail(acknowledge=True), prove(way)), answer) == [(kind, "owner")]
    assert told_by(then(by_mail(acknowledge=True), prove("facts")), answer) == [(kind, "asker")]


def test_a_question_is_told_received_and_resolved_and_never_closed() -> None:
    asked = from_portal(kind="support")
    assert told(asked) == [("support_received", "owner")]
    assert told_by(asked, lambda ticket: moves.resolved(ticket, by="agent:an", at=LATER)) == [("resolved", "owner")]


@pytest.mark.parametrize(("tell", "expected"), [(True, [("code_refused", "owner")]), (False, [])])
def test_a_wrong_code_is_told_only_where_it_came_in_a_letter_that_may_be_answered(tell: bool, expected: Told) -> None:
    assert told_by(by_mail(), lambda ticket: moves.code_refused(ticket, by="owner", at=LATER, tell=tell)) == expected


def test_who_answers_the_codes_mail_without_a_code_is_told_how_once() -> None:
    def reply(ticket: Ticket) -> Moved:
        return moves.replied(ticket, by="owner", at=LATER, words=3, asks_how=True)

    def says_more(ticket: Ticket) -> Moved:
        return moves.replied(ticket, by="owner", at=LATER, words=3)

    assert told_by(by_mail(), says_more) == []
    assert told_by(by_mail(), says_more, reply, reply, says_more, reply) == [("how_to_reply_code", "owner")]


def test_a_question_that_is_a_closure_after_all_asks_for_the_word_or_sends_the_code() -> None:
    def correct(ticket: Ticket) -> Moved:
        return moves.corrected(ticket, kind="closure", by="agent:an", at=LATER)

    assert told_by(from_portal(kind="support"), correct) == [("received_confirm", "owner")]
    letter = by_mail(kind="support", acknowledge=True)
    assert told_by(letter, correct) == [("acknowledged", "asker"), ("code", "owner")]
    assert told_by(by_mail(kind="support"), correct) == [("code", "owner")]
    on_file = by_mail(kind="support", acknowledge=True, asker_is_owner=True)
    assert told_by(on_file, correct) == [("code", "owner")]


def test_a_question_by_mail_is_told_received_where_its_asker_may_be_answered() -> None:
    assert told(by_mail(kind="support", acknowledge=True)) == [("support_received", "asker")]
    assert told(by_mail(kind="support")) == []
    answered = then(by_mail(kind="support", acknowledge=True), lambda it: moves.resolved(it, by="agent:an", at=LATER))
    assert told(answered) == [("support_received", "asker"), ("resolved", "asker")]


@pytest.mark.parametrize("step", [withdraw, reject, merge, hold, stop])
def test_of_a_question_nothing_is_told_that_is_told_of_a_closure(step: Step) -> None:
    assert told_by(from_portal(kind="support"), step) == []
    assert told_by(by_mail(kind="support", acknowledge=True), step) == []


def test_a_closure_that_is_a_question_after_all_tells_nobody_so() -> None:
    def correct(ticket: Ticket) -> Moved:
        return moves.corrected(ticket, kind="support", by="agent:an", at=LATER)

    assert told_by(from_portal(), correct) == []
    assert told_by(by_mail(acknowledge=True), correct) == []


# ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_notice_has_a_key_of_its_own_and_the_same_one_however_often_it_is_asked_for() -> None:
    moved = then(by_mail(acknowledge=True, claims=()), prove("facts"), approve, begin, close)
    keys = [each.key for each in notices_of(list(moved.changes))]
    assert len(keys) == len(set(keys))
    assert keys == sorted(keys, key=lambda key: key.split("#")[1])
    shorter = [each.key for each in notices_of(list(moved.changes)[:-1])]
    assert keys[: len(shorter)] == shorter


def test_a_notices_key_is_this_forever() -> None:
    """What was sent is known by it: a release that changes it sends every notice again."""
    keys = [each.key for each in notices_of(list(by_mail(acknowledge=True).changes))]
    assert keys == ["notice#000001#acknowledged#asker", "notice#000002#code#owner"]


def test_what_only_agents_care_for_tells_nobody() -> None:
    silent: dict[What, Step] = {
        "assigned": lambda ticket: moves.assigned(ticket, to="an", by="agent:an", at=LATER),
        "noted": lambda ticket: moves.noted(ticket, by="agent:an", at=LATER, words=2),
        "warned": lambda ticket: moves.warned(ticket, level=1, at=LATER),
        "released": lambda ticket: release(hold(ticket).ticket),
    }
    assert set(silent) <= set(get_args(What))
    for what, step in silent.items():
        assert told_by(with_fresh_proof(), step) == [], what
