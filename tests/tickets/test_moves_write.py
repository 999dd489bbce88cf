"""What each move writes, in whole: the change of the timeline, and every field of the ticket that is another one after.

The ticket before has something in every field that a move might forget to empty, or empty by mistake.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import fields, replace

from chalicelib.problems import NotNow
from chalicelib.tickets import moves
from chalicelib.tickets.ticket import Code, FactsRecord, Status, Ticket
from tests.examples import LAN, LATER, MINH, START, by_mail, proved, support
from tests.tickets.test_moves import CLOSES_AT, RECORD, ROWS, Row

BY_BINH = FactsRecord(agent="binh", at=START, matched=("email", "name", "phone"))
CODE = Code(nth=3, issued_at=START, tries=1)
USED_UP = replace(CODE, used=True)
ENDS_AT = START + timedelta(days=3)
FULL: dict[str, Any] = {
    "code": CODE, "codes": 3, "reminded": True, "warned": 1, "expedite_asked_at": START, "hold_review_at": START,
    "hold_warned": True, "suspect": True, "cause": "files: some", "checked_at": START, "facts": (BY_BINH,),
    "stopped": True, "run": 2, "closes_at": ENDS_AT, "once_key": "once#abc", "assignee": "chi",
    "blockers": ("servers",), "blocked_until": ENDS_AT, "ended_at": None, "shrunk_at": START, "word_at": START,
}  # fmt: skip
STOPS: dict[str, Any] = {"status": "in_review", "run": 3, "closes_at": None}


@dataclass(frozen=True, kw_only=True)
class Writes:
    """Of one move (the `nth` row of that name): `by`, and what else its change says; the fields that it changes."""

    name: str
    of: Status
    by: str
    what: str | None = None
    why: str | None = None
    runs: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    ticket: dict[str, Any] = field(default_factory=dict)
    nth: int = 0

    @property
    def row(self) -> Row:
        return [row for row in ROWS if row.name == self.name][self.nth]


AN, CHI = "agent:an", "agent:chi"
UNTIL = {"until": CLOSES_AT.isoformat()}
ENDED: dict[str, Any] = {"ended_at": LATER, "stopped": False}
MERGED: dict[str, Any] = {**ENDED, "status": "rejected", "reason": "duplicate", "linked_to": "SO-AAAAAA"}
HELD: dict[str, Any] = {"held": True, "hold_review_at": CLOSES_AT, "hold_warned": False}
PROVED: dict[str, Any] = {
    "status": "in_review", "who": "acc-lan", "account": LAN, "guards": LAN, "claims": (), "proof": "code",
    "proved_at": LATER, "suspect": False, "stopped": False, "code": USED_UP, "checked_at": None,
}  # fmt: skip
SCHEDULED: dict[str, Any] = {
    "status": "scheduled", "run": 3, "approved_by": AN, "scheduled_at": LATER, "closes_at": CLOSES_AT,
    "expedite_asked_at": None, "stopped": False, "cause": None, "reminded": False,
}  # fmt: skip
A_QUESTION: dict[str, Any] = {
    "kind": "support", "status": "received", "guards": None, "code": None, "blockers": (), "blocked_until": None,
    "cause": None,
}  # fmt: skip

WRITES = (
    Writes(name="confirmed", of="received", by="customer",
           ticket={"status": "in_review", "word_at": LATER, "checked_at": None}),
    Writes(name="code_sent", of="awaiting_proof", by="desk", facts={"code": 4, "aim": "close"},
           ticket={"code": Code(nth=4, issued_at=LATER), "codes": 4}),
    Writes(name="code_sent", nth=1, of="scheduled", by="customer", facts={"code": 4, "aim": "expedite"},
           ticket={"code": Code(nth=4, issued_at=LATER, aim="expedite"), "codes": 4}),
    Writes(name="code_refused", of="awaiting_proof", by="owner", facts={"tell": False},
           ticket={"code": replace(CODE, tries=2)}),
    Writes(name="proved", of="awaiting_proof", by="owner", why="code", ticket=PROVED),
    Writes(name="undeliverable", of="awaiting_proof", by="desk", ticket={"is_undeliverable": True}),
    Writes(name="facts_recorded", of="awaiting_proof", by=AN, ticket={"facts": (BY_BINH, RECORD)},
           facts={"matched": "email,last_invoice_number,name", "enough": True}),
    Writes(name="expired", of="awaiting_proof", by="desk", ticket={**ENDED, "status": "expired"}),
    Writes(name="scheduled", of="in_review", by=AN, runs="start", facts={"closes_at": CLOSES_AT.isoformat()},
           ticket=SCHEDULED),
    Writes(name="started_again", of="scheduled", by="desk", what="retried", why="started_again", runs="start",
           ticket={"run": 3}),
    Writes(name="held", of="in_review", by=CHI, facts={"review_at": CLOSES_AT.isoformat()}, ticket=HELD),
    Writes(name="held", of="scheduled", by=CHI, runs="stop", facts={"review_at": CLOSES_AT.isoformat()},
           ticket={**HELD, **STOPS}),
    Writes(name="released", of="in_review", by=CHI, ticket={"held": False, "hold_review_at": None, "stopped": False}),
    Writes(name="stopped", of="in_review", by="owner", why="not_me", ticket={"code": USED_UP}),
    Writes(name="stopped", of="scheduled", by="owner", why="not_me", runs="stop", ticket={**STOPS, "code": USED_UP}),
    Writes(name="blocked", of="in_review", by="desk", why="unpaid", facts=UNTIL,
           ticket={"blockers": ("unpaid",), "blocked_until": CLOSES_AT}),
    Writes(name="blocked", of="scheduled", by="desk", why="unpaid", runs="stop", facts=UNTIL,
           ticket={**STOPS, "blockers": ("unpaid",), "blocked_until": CLOSES_AT}),
    Writes(name="unblocked", of="in_review", by="desk", ticket={"blockers": (), "blocked_until": None}),
    Writes(name="put_back", of="scheduled", by="desk", what="stopped", why="cannot_tell", runs="stop", ticket=STOPS),
    Writes(name="withdrawn", of="in_review", by="customer", ticket={**ENDED, "status": "withdrawn"}),
    Writes(name="withdrawn", of="scheduled", by="customer", runs="stop",
           ticket={**ENDED, "status": "withdrawn", "run": 3}),
    Writes(name="rejected", of="in_review", by=AN, why="fraud_suspected",
           ticket={**ENDED, "status": "rejected", "reason": "fraud_suspected"}),
    Writes(name="rejected", of="scheduled", by=AN, why="fraud_suspected", runs="stop",
           ticket={**ENDED, "status": "rejected", "reason": "fraud_suspected", "run": 3}),
    Writes(name="merged", of="in_review", by=AN, why="duplicate", facts={"into": "SO-AAAAAA"}, ticket=MERGED),
    Writes(name="merged", of="scheduled", by=AN, why="duplicate", runs="stop", facts={"into": "SO-AAAAAA"},
           ticket={**MERGED, "run": 3}),
    Writes(name="resolved", of="in_review", by=AN, ticket={**ENDED, "status": "resolved"}),
    Writes(name="expedite_asked", of="scheduled", by="customer",
           ticket={"code": USED_UP, "expedite_asked_at": LATER}),
    Writes(name="expedited", of="scheduled", by=AN, runs="start", facts={"closes_at": LATER.isoformat()},
           ticket={"run": 3, "closes_at": LATER}),
    Writes(name="extended", of="closing", by=AN, ticket={"due_at": CLOSES_AT, "extended": True, "warned": 0}),
    Writes(name="began_closing", of="scheduled", by="desk", what="closing",
           ticket={"status": "closing", "cause": None}),
    Writes(name="troubled", of="closing", by="desk", what="needs_attention", why="orders: some",
           ticket={"status": "needs_attention", "cause": "orders: some"}),
    Writes(name="retried", of="needs_attention", by=AN, runs="start",
           ticket={"status": "closing", "run": 3, "cause": None}),
    Writes(name="closed", of="closing", by="desk", ticket={"status": "closed", "ended_at": LATER, "cause": None}),
    Writes(name="reappeared", of="closed", by="desk", why="orders: some",
           ticket={"status": "needs_attention", "cause": "orders: some", "ended_at": None, "shrunk_at": None}),
    Writes(name="linked", of="awaiting_proof", by=AN, facts={"accounts": 1},
           ticket={"claims": (MINH,), "facts": (), "code": None}),
    Writes(name="assigned", of="in_review", by=AN, facts={"to": "binh"}, ticket={"assignee": "binh"}),
    Writes(name="noted", of="in_review", by=AN, facts={"words": 2}),
    Writes(name="replied", of="in_review", by="customer", facts={"words": 2, "asks_how": False}),
    Writes(name="answered", of="in_review", by=AN, facts={"words": 2, "needs_answer": False}),
    Writes(name="corrected", of="in_review", by=AN, facts={"kind": "support"}, ticket=A_QUESTION),
    Writes(name="corrected", nth=1, of="in_review", by=AN, facts={"kind": "closure"},
           ticket={"kind": "closure", "status": "received", "word_at": None}),
    Writes(name="reminded", of="scheduled", by="desk", ticket={"reminded": True}),
    Writes(name="reminded", of="awaiting_proof", by="desk", facts={"code": 4},
           ticket={"reminded": True, "code": Code(nth=4, issued_at=LATER), "codes": 4}),
    Writes(name="warned", of="in_review", by="desk", facts={"level": 1}, ticket={"warned": 1}),
    Writes(name="hold_is_due", of="in_review", by="desk", what="warned", why="hold_review",
           ticket={"hold_warned": True}),
    Writes(name="shrunk", of="closed", by="desk",
           ticket={"shrunk_at": LATER, "subject": None, "once_key": None, "assignee": None}),
)  # fmt: skip
LESS: dict[str, dict[str, Any]] = {
    "scheduled": {"blockers": ()}, "warned": {"warned": 0}, "hold_is_due": {"hold_warned": False},
    "reminded": {"reminded": False}, "closed": {"ended_at": None}, "reappeared": {"ended_at": START},
}  # fmt: skip
"""What a ticket can't have yet that makes such a move."""


def given(writes: Writes) -> Ticket:
    ticket = by_mail(status=writes.of) if writes.of == "awaiting_proof" else writes.row.given(writes.of)
    return replace(ticket, **{**FULL, **LESS.get(writes.name, {})})


@pytest.mark.parametrize("writes", WRITES, ids=lambda it: f"{it.name}-{it.of}")
def test_a_move_writes_what_stands_in_its_row_and_nothing_else(writes: Writes) -> None:
    before = given(writes)
    moved = writes.row.do(before)
    (change,) = moved.changes
    after = moved.ticket
    by_itself: dict[str, Any] = {"version": before.version + 1, "head": change.hash, "changed_at": LATER}
    assert after == replace(before, **writes.ticket, **by_itself)
    assert (change.by, change.what, change.why, change.runs) == (
        writes.by, writes.what or writes.name, writes.why, writes.runs,
    )  # fmt: skip
    assert (change.nth, change.at, change.run, change.facts) == (after.version, LATER, after.run, writes.facts)
    assert (change.was, change.now, change.before) == (before.status, after.status, before.head)


def test_every_move_is_in_this_table() -> None:
    assert [row for row in ROWS if row not in [writes.row for writes in WRITES]] == []


def test_every_field_that_the_table_speaks_of_is_one_of_the_tickets() -> None:
    there_are = {each.name for each in fields(Ticket)}
    assert there_are >= {name for writes in WRITES for name in writes.ticket} | set(FULL)


# ── what a move is told beside that ──────────────────────────────────────────────────────────────────────────


def test_the_reasons_facts_of_a_refusal_or_an_extension_stand_in_its_change() -> None:
    refused = moves.rejected(proved(), by=AN, at=LATER, reason="asked_elsewhere", where="shop")
    assert refused.changes[0].facts == {"where": "shop"}
    longer = moves.extended(proved(), by=AN, at=LATER, due_at=CLOSES_AT, reason="complex")
    assert longer.changes[0].facts == {"reason": "complex"}


def test_an_opening_tells_by_whom_when_and_what_else_it_is_told() -> None:
    (change,) = moves.opened(proved(version=0, run=0, changed_at=LATER, suspect=True), by="customer", page="x").changes
    assert (change.by, change.at, change.nth, change.what, change.run) == ("customer", LATER, 1, "opened", 0)
    assert change.facts == {
        "way_in": "portal", "kind": "closure", "proof": "sign_in", "asker_is_owner": True, "acknowledge": False,
        "suspect": True, "page": "x",
    }  # fmt: skip


@pytest.mark.parametrize("by", ["customer", "agent:an"])
def test_the_code_that_follows_a_move_is_the_desks_and_of_the_same_instant(by: str) -> None:
    unproved = by_mail(status="received", code=None, codes=0)
    opened, confirmed = moves.opened(unproved, by=by), moves.confirmed(unproved, by=by, at=LATER)
    for moved, at in ((opened, START), (confirmed, LATER)):
        assert [(each.what, each.by, each.at) for each in moved.changes] == [
            (moved.changes[0].what, by, at), ("code_sent", "desk", at),
        ]  # fmt: skip
        assert moved.ticket.code == Code(nth=1, issued_at=at)


def test_the_code_that_an_agents_correction_sends_is_that_agents() -> None:
    moved = moves.corrected(by_mail(kind="support", status="received"), kind="closure", by=AN, at=LATER)
    assert [(each.what, each.by, each.at) for each in moved.changes] == [
        ("corrected", AN, LATER), ("code_sent", AN, LATER),
    ]  # fmt: skip


@pytest.mark.parametrize("silent", [{"claims": ()}, {"suspect": True}])
def test_a_correction_sends_no_code_where_none_could_be_sent_at_first(silent: dict[str, Any]) -> None:
    moved = moves.corrected(by_mail(kind="support", status="received", **silent), kind="closure", by=AN, at=LATER)
    assert [each.what for each in moved.changes] == ["corrected"]
    assert moved.ticket.status == "awaiting_proof"


def test_a_word_without_proof_sends_no_code_while_no_account_is_known() -> None:
    moved = moves.confirmed(by_mail(status="received", claims=()), by="customer", at=LATER)
    assert [each.what for each in moved.changes] == ["confirmed"]


def test_a_reminder_of_proof_where_no_account_is_known_brings_no_code() -> None:
    moved = moves.reminded(by_mail(claims=()), at=LATER)
    assert (moved.ticket.reminded, moved.ticket.codes, moved.changes[0].facts) == (True, 1, {})


def test_proof_without_the_askers_word_is_no_word() -> None:
    for way_in in ("portal", "desk"):
        opened = moves.opened(proved(way_in=way_in, word_at=None, claims=(LAN,)), by="customer")
        assert (opened.ticket.status, [each.what for each in opened.changes]) == ("received", ["opened"])


def test_who_has_proved_or_need_not_yet_is_sent_no_code_whatever_accounts_the_ticket_names() -> None:
    claimed: dict[str, Any] = {"claims": (LAN, MINH)}
    moved = (
        moves.opened(proved(**claimed), by="customer"),
        moves.confirmed(proved("received", word_at=None, **claimed), by="customer", at=LATER),
        moves.corrected(support(proof="sign_in", **claimed), kind="closure", by=AN, at=LATER),
        moves.reminded(proved("scheduled", **claimed), at=LATER),
    )
    assert [(len(each.changes), each.ticket.code) for each in moved] == [(1, None)] * 4


REFUSED: dict[str, tuple[Status, Callable[[], object]]] = {
    "released": ("in_review", lambda: moves.released(proved(), by=CHI, at=LATER)),
    "extended": ("closing", lambda: moves.extended(proved("closing", extended=True), by=AN, at=LATER, due_at=LATER)),
    "began_closing": ("scheduled", lambda: moves.began_closing(proved("scheduled"), run=7, at=LATER)),
    "troubled": ("closing", lambda: moves.troubled(proved("closing"), run=7, cause="x", at=LATER)),
    "closed": ("closing", lambda: moves.closed(proved("closing"), run=7, at=LATER)),
    "linked": ("received", lambda: moves.linked(proved("received"), claims=(LAN,), by=AN, at=LATER)),
    "corrected": ("in_review", lambda: moves.corrected(proved(), kind="closure", by=AN, at=LATER)),
    "shrunk": ("scheduled", lambda: moves.shrunk(proved("scheduled"), at=LATER)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_tells_the_status_as_it_is_where_the_status_alone_would_allow_the_move(name: str) -> None:
    status, move = REFUSED[name]
    with pytest.raises(NotNow) as refused:
        move()
    assert refused.value.status == status


def test_tickets_without_a_code_have_none_to_use_up_or_to_try() -> None:
    without = by_mail(code=None)
    assert moves.code_refused(without, by="owner", at=LATER).ticket.code is None
    assert moves.stopped(without, by="owner", at=LATER, why="stop").ticket.code is None
    assert moves.expedite_asked(proved("scheduled"), by="customer", at=LATER).ticket.code is None
    after = moves.proved(without, account=LAN, way="sign_in", by="customer", at=LATER, word=True)
    assert (after.ticket.code, after.changes[0].why) == (None, "sign_in")


def test_an_answer_moves_a_new_question_into_review_and_nothing_else() -> None:
    def answered(ticket: Ticket) -> Status:
        moved = moves.answered(ticket, by=AN, at=LATER, words=2, needs_answer=True)
        assert moved.changes[0].facts == {"words": 2, "needs_answer": True}
        return moved.ticket.status

    assert answered(support()) == "in_review"
    assert answered(support("resolved")) == "resolved"
    assert answered(proved("received")) == "received"


def test_a_guard_stays_where_its_account_is_still_among_those_chosen_and_goes_where_it_is_not() -> None:
    claimed = by_mail(claims=(LAN, MINH), guards=LAN)
    assert moves.linked(claimed, claims=(LAN,), by=AN, at=LATER).ticket.guards == LAN
    assert moves.linked(claimed, claims=(MINH,), by=AN, at=LATER).ticket.guards is None
