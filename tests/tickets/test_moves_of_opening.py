"""How a ticket begins: the status that its proof and the asker's word allow, the code, and the proof."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from chalicelib.problems import NotNow, NotProved
from chalicelib.tickets import moves
from chalicelib.tickets.changes import is_unbroken
from chalicelib.tickets.ticket import CODE_LIVES_FOR, CODE_TRIES, Code, FactsRecord, WayIn
from tests.examples import LAN, LATER, MINH, START, by_mail, fresh, proved, support


def test_a_closure_asked_for_with_fresh_proof_and_in_so_many_words_goes_straight_to_review() -> None:
    opened = moves.opened(fresh(account=LAN, proof="sign_in", word_at=START), by="customer")
    assert opened.ticket.status == "in_review"
    assert [(each.what, each.was, each.now) for each in opened.changes] == [("opened", None, "in_review")]


def test_a_closure_that_was_only_recognised_waits_for_the_askers_word() -> None:
    """Nothing is closed on a guess."""
    assert moves.opened(fresh(account=LAN), by="customer").ticket.status == "received"


def test_a_portal_request_in_so_many_words_by_somebody_who_is_not_the_owner_waits_for_the_code() -> None:
    opened = moves.opened(fresh(account=LAN, claims=(LAN,), word_at=START), by="customer")
    assert opened.ticket.status == "awaiting_proof"
    assert opened.ticket.code == Code(nth=1, issued_at=START)


@pytest.mark.parametrize("way_in", ["mail", "public", "system", "desk"])
def test_whatever_comes_from_outside_waits_for_proof(way_in: WayIn) -> None:
    assert moves.opened(fresh(way_in=way_in), by="asker").ticket.status == "awaiting_proof"


def test_a_request_from_outside_that_finds_an_account_sends_its_first_code_at_once() -> None:
    opened = moves.opened(fresh(way_in="mail", claims=(LAN,)), by="asker")
    assert [each.what for each in opened.changes] == ["opened", "code_sent"]
    assert (opened.ticket.version, opened.ticket.codes) == (2, 1)
    assert is_unbroken(list(opened.changes))


def test_a_request_that_finds_no_account_sends_no_code() -> None:
    opened = moves.opened(fresh(way_in="mail"), by="asker")
    assert [each.what for each in opened.changes] == ["opened"]
    assert opened.ticket.code is None


def test_a_suspect_letter_sends_no_code_whatever_account_it_names() -> None:
    opened = moves.opened(fresh(way_in="mail", claims=(LAN,), suspect=True), by="asker")
    assert [each.what for each in opened.changes] == ["opened"]


def test_a_question_is_received_however_it_comes() -> None:
    assert moves.opened(support(way_in="mail", version=0), by="asker").ticket.status == "received"


def test_the_first_change_tells_how_the_ticket_came_and_names_nobody() -> None:
    (change,) = moves.opened(fresh(way_in="mail"), by="asker", acknowledge=True).changes
    assert change.facts == {
        "way_in": "mail", "kind": "closure", "proof": None, "asker_is_owner": False, "acknowledge": True,
        "suspect": False,
    }  # fmt: skip


def test_the_askers_word_without_proof_asks_for_the_code() -> None:
    confirmed = moves.confirmed(fresh(status="received", claims=(LAN,), version=1), by="customer", at=LATER)
    assert confirmed.ticket.status == "awaiting_proof"
    assert confirmed.ticket.word_at == LATER
    assert [each.what for each in confirmed.changes] == ["confirmed", "code_sent"]


# ── the code ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_code_lives_for_a_day_and_not_an_instant_longer() -> None:
    code = Code(nth=1, issued_at=START)
    assert timedelta(hours=24) == CODE_LIVES_FOR
    assert code.lives_at(START + CODE_LIVES_FOR - timedelta(milliseconds=1))
    assert not code.lives_at(START + CODE_LIVES_FOR)


def test_a_code_has_five_tries() -> None:
    ticket = by_mail()
    for _ in range(CODE_TRIES):
        assert ticket.code is not None
        assert ticket.code.lives_at(LATER)
        ticket = moves.code_refused(ticket, by="owner", at=LATER).ticket
    assert CODE_TRIES == 5
    assert ticket.code is not None
    assert not ticket.code.lives_at(LATER)


def test_a_used_code_is_worth_nothing() -> None:
    assert not Code(nth=1, issued_at=START, used=True).lives_at(START)


def test_a_fresh_code_replaces_the_one_before_with_new_tries() -> None:
    tried = moves.code_refused(by_mail(), by="owner", at=LATER).ticket
    sent = moves.code_sent(tried, by="desk", at=LATER).ticket
    assert sent.code == Code(nth=2, issued_at=LATER)
    assert sent.codes == 2


def test_no_code_can_be_sent_while_no_account_is_known() -> None:
    with pytest.raises(NotProved):
        moves.code_sent(by_mail(claims=()), by="agent:an", at=LATER)


def test_the_reminder_to_prove_brings_a_fresh_code() -> None:
    reminded = moves.reminded(by_mail(), at=LATER)
    assert reminded.ticket.code == Code(nth=2, issued_at=LATER)
    assert reminded.ticket.reminded


def test_the_reminder_of_the_cooling_off_touches_no_code() -> None:
    assert moves.reminded(proved("scheduled"), at=LATER).ticket.code is None


# ── the proof ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_typed_code_is_proof_and_word_in_one_and_is_used_up() -> None:
    after = moves.proved(by_mail(), account=LAN, way="code", by="owner", at=LATER, word=True).ticket
    assert (after.status, after.proof, after.proved_at, after.word_at) == ("in_review", "code", LATER, LATER)
    assert after.code is not None
    assert not after.code.lives_at(LATER)


def test_proof_pins_the_ticket_to_one_account_and_its_generation() -> None:
    after = moves.proved(by_mail(claims=(LAN, MINH)), account=MINH, way="code", by="owner", at=LATER, word=True).ticket
    assert (after.account, after.guards, after.claims, after.who) == (MINH, MINH, (), "acc-minh")


def test_proof_without_the_askers_word_waits_for_it() -> None:
    after = moves.proved(by_mail(), account=LAN, way="facts", by="agent:an", at=LATER, word=False).ticket
    assert (after.status, after.word_at) == ("received", None)


def test_a_word_that_was_given_before_the_proof_keeps_its_time() -> None:
    after = moves.proved(by_mail(word_at=START), account=LAN, way="sign_in", by="customer", at=LATER, word=True).ticket
    assert after.word_at == START


def test_proof_lifts_a_stop_and_a_suspicion_for_the_owner_has_spoken() -> None:
    doubted = by_mail(stopped=True, suspect=True)
    after = moves.proved(doubted, account=LAN, way="code", by="owner", at=LATER, word=True).ticket
    assert (after.stopped, after.suspect) == (False, False)


def test_a_second_record_of_facts_by_the_same_agent_replaces_the_first() -> None:
    """Four eyes: one agent counts once."""
    first = FactsRecord(agent="an", at=START, matched=("email", "name", "phone"))
    again = FactsRecord(agent="an", at=LATER, matched=("email", "name", "tax_code"))
    once = moves.facts_recorded(by_mail(), record=first, is_enough=True).ticket
    assert moves.facts_recorded(once, record=again, is_enough=True).ticket.facts == (again,)


def test_a_record_that_is_not_enough_is_on_the_timeline_and_counts_for_nothing() -> None:
    record = FactsRecord(agent="an", at=LATER, matched=("email",))
    moved = moves.facts_recorded(by_mail(), record=record, is_enough=False)
    assert moved.ticket.facts == ()
    assert moved.changes[0].facts == {"matched": "email", "enough": False}


def test_an_agent_may_not_choose_another_account_once_ownership_is_proved() -> None:
    with pytest.raises(NotNow):
        moves.linked(proved("received"), claims=(MINH,), by="agent:an", at=LATER)


# ── what an agent corrects ───────────────────────────────────────────────────────────────────────────────────


def test_a_closure_that_is_a_question_after_all_is_received_and_its_code_is_gone() -> None:
    after = moves.corrected(by_mail(), kind="support", by="agent:an", at=LATER).ticket
    assert (after.kind, after.status, after.code) == ("support", "received", None)


def test_a_question_that_is_a_closure_after_all_only_asks_for_the_askers_word() -> None:
    """An agent's `correct` only asks again."""
    after = moves.corrected(support("in_review", word_at=START), kind="closure", by="agent:an", at=LATER).ticket
    assert (after.kind, after.status, after.word_at) == ("closure", "received", None)


def test_a_question_by_mail_that_is_a_closure_after_all_needs_proof() -> None:
    letter = support("in_review", way_in="mail", account=None, claims=(LAN,))
    moved = moves.corrected(letter, kind="closure", by="agent:an", at=LATER)
    assert moved.ticket.status == "awaiting_proof"
    assert [each.what for each in moved.changes] == ["corrected", "code_sent"]


def test_a_proved_closure_that_was_a_question_for_a_while_is_its_accounts_one_closure_again() -> None:
    """Rule 4."""
    letter = proved(way_in="mail", proof="code")
    asked = moves.corrected(letter, kind="support", by="agent:an", at=LATER).ticket
    assert asked.guards is None
    after = moves.corrected(asked, kind="closure", by="agent:an", at=LATER).ticket
    assert (after.guards, after.status) == (LAN, "received")


def test_what_a_ticket_is_already_it_is_not_corrected_to() -> None:
    with pytest.raises(NotNow):
        moves.corrected(by_mail(), kind="closure", by="agent:an", at=LATER)


def test_a_shrunk_ticket_says_nothing_in_the_askers_words_any_more() -> None:
    ended = replace(proved("closed"), once_key="once#abc", assignee="an")
    after = moves.shrunk(ended, at=LATER).ticket
    assert (after.subject, after.once_key, after.assignee, after.shrunk_at) == (None, None, None, LATER)
