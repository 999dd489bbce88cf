"""What the page of a ticket offers is what the ticket's moves allow: never more, and nothing useful less."""

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from chalicelib.pages.desk_offers import OFFERS, offers_for
from chalicelib.problems import Problem
from chalicelib.signin import Person
from chalicelib.tickets import moves, store, views
from chalicelib.tickets.ticket import ENDED, OPEN, AccountRef, FactsRecord, Kind, ProofWay, Status, Ticket, TicketNumber
from chalicelib.tickets.views import AccountFacts, DeskTicketView
from tests.environment import of_a_desk

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
LAN = AccountRef(account_id="acc-lan", generation=1)
AN = Person(sub="an", groups=frozenset({"desk-agent"}))
CHI = Person(sub="chi", groups=frozenset({"desk-agent", "desk-admin"}))
BY: Any = {"by": "agent:an", "at": NOW}

MOVES: dict[str, Callable[[Ticket], Any]] = {
    "approve": lambda it: moves.scheduled(it, **BY, closes_at=NOW),
    "expedite": lambda it: moves.expedited(it, **BY),
    "retry": lambda it: moves.retried(it, **BY),
    "resolve": lambda it: moves.resolved(it, **BY),
    "facts": lambda it: moves.facts_recorded(it, record=FactsRecord(agent="an", at=NOW, matched=()), is_enough=True),
    "send-code": lambda it: moves.code_sent(it, **BY),
    "link": lambda it: moves.linked(it, claims=(LAN,), **BY),
    "release": lambda it: moves.released(it, **BY),
    "hold": lambda it: moves.held(it, **BY, review_at=NOW),
    "reject": lambda it: moves.rejected(it, **BY, reason="other"),
    "extend": lambda it: moves.extended(it, **BY, due_at=NOW),
    "merge": lambda it: moves.merged(it, into="SO-222222", **BY),
    "correct": lambda it: moves.corrected(it, kind="support" if it.kind == "closure" else "closure", **BY),
    "assign": lambda it: moves.assigned(it, to="an", **BY),
    "notes": lambda it: moves.noted(it, words=2, **BY),
    "replies": lambda it: moves.answered(it, words=2, needs_answer=False, **BY),
}
NOT_USEFUL = {"hold", "assign", "notes", "replies"}
"""The moves allow these more often: a second hold, a hold on a question, words on a ticket that has ended."""


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with of_a_desk(monkeypatch):
        yield


def a_ticket(status: Status, kind: Kind, proof: ProofWay | None, **more: Any) -> Ticket:
    known: dict[str, Any] = {"account": LAN, "word_at": NOW} if proof else {"claims": (LAN,)}
    return Ticket(
        number=TicketNumber("SO-7K3M9Q"), kind=kind, status=status, way_in="mail", language="en", opened_at=NOW,
        changed_at=NOW, due_at=NOW + timedelta(days=30), answer_by=NOW, proof=proof, version=1, **(known | more),
    )  # fmt: skip


def view_of(ticket: Ticket) -> DeskTicketView:
    file = store.File(ticket=ticket, changes=[], words={}, letters=[], notices=[], ledger=[], contacts={})
    account = AccountFacts(
        account_id=LAN.account_id, generation=1, status="active", email="lan@khach.example", name=None, phone=None,
        company=None, tax_code=None, country=None, attributes={}, address_changed_at=None,
    )  # fmt: skip
    return views.desk_view(file, [account], [], "en", [])


def is_allowed(move: Callable[[Ticket], Any], ticket: Ticket) -> bool:
    try:
        move(ticket)
    except Problem:
        return False
    return True


def every_ticket() -> Iterator[Ticket]:
    kinds: tuple[Kind, ...] = ("closure", "support")
    proofs: tuple[ProofWay | None, ...] = (None, "sign_in", "code", "facts")
    for status, kind, proof in itertools.product((*OPEN, *ENDED), kinds, proofs):
        ticket = a_ticket(status, kind, proof, ended_at=NOW if status in ENDED else None)
        yield ticket
        yield replace(ticket, held=True, hold_review_at=NOW)
        yield replace(ticket, stopped=True, extended=True)
        yield replace(ticket, expedite_asked_at=NOW, word_at=None)


def test_every_decision_is_checked_here() -> None:
    assert {each.name for each in OFFERS} == {*MOVES}


def test_what_is_offered_is_what_the_moves_allow() -> None:
    for ticket in every_ticket():
        view = view_of(ticket)
        offered = {each.name for each in offers_for(view, CHI)}
        allowed = {name for name, move in MOVES.items() if is_allowed(move, ticket)}
        if ticket.proof:  # the API compares, and sends codes, only where an account is claimed
            allowed -= {"facts", "send-code"}
            offered -= {"facts", "send-code"}
        assert offered <= allowed, (ticket, offered - allowed)
        assert allowed - offered <= NOT_USEFUL, (ticket, allowed - offered)


def test_only_admins_are_offered_to_hold_and_release() -> None:
    running, held = a_ticket("in_review", "closure", "code"), a_ticket("in_review", "closure", "code", held=True)
    for ticket, name in ((running, "hold"), (held, "release")):
        assert name in {each.name for each in offers_for(view_of(ticket), CHI)}
        assert name not in {each.name for each in offers_for(view_of(ticket), AN)}


def test_nothing_is_offered_on_the_own_account() -> None:
    me = replace(AN, account_id=LAN.account_id)
    assert offers_for(view_of(a_ticket("in_review", "closure", "code")), me) == []


def test_where_the_law_knows_no_extension_none_is_offered() -> None:
    offered = offers_for(view_of(a_ticket("in_review", "closure", "code", regime="vietnam")), AN)
    assert "extend" not in {each.name for each in offered}
