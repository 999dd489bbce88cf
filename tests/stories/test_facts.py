"""Who lost the mailbox on file proves ownership by facts: four eyes, a warning to the address on file, and time."""

import itertools

import pytest

from tests.stories.letters import Mailbox, code_in, mailbox_of, new_customer, stop_code_in, stranger
from tests.stories.people import Agent, Customer, Desk, link_in

KNOWN = ["name", "phone", "last_invoice_number"]
WORDS = "Please close my account {id}. I lost that mailbox. My last invoice was 2026-117."
_people = itertools.count(1)


def _case(desk: Desk, **more: str) -> tuple[Customer, Mailbox, str]:
    """A customer, the mailbox that they still have, and the ticket that an agent linked to their account."""
    attributes = {"last_invoice_number": "2026-117", "last_invoice_amount": "120"}
    owner = new_customer(desk, phone="0901 234 567", attributes=attributes, **more)
    john = stranger(desk, f"john{next(_people)}")
    john.writes(WORDS.format(id=owner.account_id))
    number = john.ticket()
    desk.agent("an").decides(number, "link", account_ids=[owner.account_id]).ok()
    return owner, john, number


def _by_four_eyes(desk: Desk, number: str) -> None:
    for sub in ("an", "binh"):
        desk.agent(sub).decides(number, "facts", matched=KNOWN).ok()


def _confirms(desk: Desk, john: Mailbox, number: str) -> None:
    link = link_in(john.mails()[-1])
    assert desk.page(f"{link}/confirm", {"number": number.lower()}).status == 303


def test_two_agents_and_the_askers_own_word_lead_to_a_closed_account(desk: Desk) -> None:
    owner, john, number = _case(desk)
    agent = desk.agent("an")
    assert agent.decides(number, "facts", matched=KNOWN).ok()["status"] == "awaiting_proof"
    proved = desk.agent("binh").decides(number, "facts", matched=KNOWN).ok()
    assert (proved["status"], proved["proof"]) == ("received", "facts")
    assert "Somebody has asked us to close your account" in desk.mails(owner.email)[-1]["subject"]

    _confirms(desk, john, number)
    assert agent.approves(number)["status"] == "scheduled"
    desk.advance("P9D")
    assert agent.ticket(number)["status"] == "closed"
    assert owner.account().status == 404
    for address in (owner.email, john.address):  # both are told to the end
        assert "account has been removed" in desk.mails(address)[-1]["text"]


def test_one_agent_twice_is_not_four_eyes(desk: Desk) -> None:
    _, _, number = _case(desk)
    agent = desk.agent("an")
    for _ in range(2):
        assert agent.decides(number, "facts", matched=KNOWN).ok()["status"] == "awaiting_proof"


@pytest.mark.parametrize("matched", [["name", "phone"], ["name", "phone", "email"], ["last_invoice_number"]])
def test_facts_that_an_outsider_may_know_or_too_few_of_them_prove_nothing(desk: Desk, matched: list[str]) -> None:
    _, _, number = _case(desk)
    for sub in ("an", "binh"):
        assert desk.agent(sub).decides(number, "facts", matched=matched).ok()["proof"] is None


def test_a_company_needs_the_document_of_its_legal_representative(desk: Desk) -> None:
    _, _, number = _case(desk, company="Công ty An Bình")
    _by_four_eyes(desk, number)
    assert desk.agent().ticket(number)["proof"] is None
    for sub in ("an", "binh"):
        desk.agent(sub).decides(number, "facts", matched=[*KNOWN, "legal_document"]).ok()
    assert desk.agent().ticket(number)["proof"] == "facts"


def test_a_fact_that_the_account_does_not_hold_is_refused_by_name(desk: Desk) -> None:
    _, _, number = _case(desk)
    answer = desk.agent().decides(number, "facts", matched=["tax_code", "shoe_size", "name"])
    assert answer.status == 400
    assert "shoe_size, tax_code" in answer.body["fields"][0]["problem"]


def test_without_a_linked_account_there_is_nothing_to_compare(desk: Desk) -> None:
    john = stranger(desk, "john")
    john.writes("Please close my account.")
    answer = desk.agent().decides(john.ticket(), "facts", matched=KNOWN)
    assert (answer.status, answer.code) == (409, "not_proved")


def test_without_the_askers_own_word_nothing_is_approved(desk: Desk) -> None:
    _, john, number = _case(desk)
    _by_four_eyes(desk, number)
    assert desk.agent().decides(number, "approve").status == 409
    link = link_in(john.mails()[-1])
    assert desk.page(f"{link}/confirm", {"number": ""}).status == 409  # what a mail scanner would send
    assert desk.agent().decides(number, "approve").status == 409


def test_the_address_on_file_stops_it_during_the_cooling_off(desk: Desk) -> None:
    owner, john, number = _case(desk)
    _by_four_eyes(desk, number)
    _confirms(desk, john, number)
    desk.agent().approves(number)
    mailbox_of(desk, owner).replies(desk.mails(owner.email)[-1], "NOT ME", how={"dmarc": "GRAY"})
    stopped = desk.agent().ticket(number)
    assert (stopped["status"], stopped["is_stopped"]) == ("in_review", True)
    desk.advance("P9D")
    assert owner.account().status == 200


def test_the_stop_code_in_the_warning_stops_it(desk: Desk) -> None:
    owner, _john, number = _case(desk)
    _by_four_eyes(desk, number)
    warning = desk.mails(owner.email)[-1]
    assert desk.page(f"{link_in(warning)}/stop", {"stop_code": stop_code_in(warning)}).status == 303
    assert desk.agent().ticket(number)["is_stopped"]


def test_a_sign_in_to_the_account_stops_it(desk: Desk) -> None:
    owner, john, number = _case(desk)
    _by_four_eyes(desk, number)
    _confirms(desk, john, number)
    desk.agent().approves(number)
    owner.tickets()
    stopped = desk.agent().ticket(number)
    assert (stopped["status"], stopped["is_stopped"]) == ("in_review", True)


def test_the_cooling_off_is_never_shortened(desk: Desk) -> None:
    _, john, number = _case(desk)
    _by_four_eyes(desk, number)
    _confirms(desk, john, number)
    agent = desk.agent()
    agent.approves(number)
    assert agent.decides(number, "expedite").status == 409


def test_facts_are_never_shown_to_the_asker(desk: Desk) -> None:
    owner, john, number = _case(desk)
    _by_four_eyes(desk, number)
    told = (
        "".join(mail["text"] + mail["html"] for mail in john.mails())
        + desk.page(link_in(john.mails()[-1])).raw.decode()
    )
    for secret in ("0901 234 567", "2026-117", owner.email):
        assert secret not in told


def test_an_agent_cannot_record_facts_on_their_own_account(desk: Desk) -> None:
    owner, _, number = _case(desk)
    me = Agent(desk=desk, sub="an", groups=("desk-agent",), claims={"account_id": owner.account_id})
    assert me.decides(number, "facts", matched=KNOWN).code == "own_account"


def test_a_code_that_comes_first_is_proof_enough(desk: Desk) -> None:
    owner, _, number = _case(desk)
    agent = desk.agent()
    agent.decides(number, "facts", matched=KNOWN).ok()
    agent.decides(number, "send-code").ok()
    code_mail = desk.mails(owner.email)[-1]
    assert desk.page(f"{link_in(code_mail)}/code", {"code": code_in(code_mail)}).status == 303
    assert agent.ticket(number)["proof"] == "code"
