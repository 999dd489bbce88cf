"""How far a sender is believed: MAIL.md's three standings, for each thing that a letter may be."""

from collections.abc import Callable

import pytest

from tests.stories.letters import (
    ALONE,
    CLOSE,
    beside,
    code_in,
    customer_by_mail,
    letter,
    mailbox_of,
    new_customer,
    stranger,
    wrong,
)
from tests.stories.people import Desk, Json

PASS: Json = {"dmarc": "PASS"}
UNCONFIRMED = [{"dmarc": "GRAY"}, {"dmarc": "PROCESSING_FAILED"}, {"dmarc": ""}]
FAIL: Json = {"dmarc": "FAIL"}

# ── a new request ────────────────────────────────────────────────────────────────────────────────────────────


def test_an_authenticated_stranger_is_acknowledged(desk: Desk) -> None:
    eve = stranger(desk)
    eve.writes(CLOSE, how=PASS)
    (mail,) = eve.mails()
    assert "verify that the account is yours" in mail["text"]
    assert mail["headers"]["Auto-Submitted"] == "auto-replied"
    assert desk.agent().ticket(eve.ticket())["letters"][0]["standing"] == "authenticated"


@pytest.mark.parametrize("how", UNCONFIRMED)
def test_an_unconfirmed_request_sends_a_code_to_the_address_on_file_and_no_answer(desk: Desk, how: Json) -> None:
    john, eve = customer_by_mail(desk), stranger(desk)
    john.writes(CLOSE, how=how)
    eve.writes(CLOSE, how=how)
    assert [each["kind"] for each in desk.agent().ticket(john.ticket())["notices"]] == ["code"]
    assert len(john.mails()) == 1
    assert eve.mails() == []
    ticket = desk.agent().ticket(eve.ticket())
    assert ticket["status"] == "awaiting_proof"
    assert ticket["answer_by"] > ticket["opened_at"], "who gets no answer stands in the queue with a deadline"


def test_a_forged_request_mails_nobody_and_expires_silently(desk_with: Callable[..., Desk]) -> None:
    desk = desk_with(**ALONE)
    customer = new_customer(desk)
    john, agent = mailbox_of(desk, customer), desk.agent()
    john.writes(CLOSE, how=FAIL)
    number = john.ticket()
    ticket = agent.ticket(number)
    assert ticket["is_suspect"]
    assert ticket["accounts"] == []
    assert ticket["letters"][0]["standing"] == "suspect"
    assert customer.tickets() == []
    assert customer.call("GET", f"/tickets/{number}").status == 404
    desk.advance("P9D")
    assert agent.ticket(number)["status"] == "expired"
    assert john.mails() == []


def test_an_agent_may_send_the_code_for_a_suspect_letter_by_hand(desk: Desk) -> None:
    customer = new_customer(desk)
    john, agent = mailbox_of(desk, customer), desk.agent()
    john.writes(CLOSE, how=FAIL)
    number = john.ticket()
    agent.decides(number, "link", account_ids=[customer.account_id]).ok()
    assert john.mails() == []
    agent.decides(number, "send-code").ok()
    (mail,) = john.mails()
    john.replies(mail, code_in(mail))
    assert agent.ticket(number)["status"] == "in_review"


@pytest.mark.parametrize(
    "senders",
    [
        ("{0}, eve@elsewhere.example",),
        ("Friends: {0};",),
        ("{0}", "eve@elsewhere.example"),
        ('"{0}" <eve@elsewhere.example>',),
    ],
)
def test_a_sender_whom_two_readers_read_differently_is_suspect(desk: Desk, senders: tuple[str, ...]) -> None:
    john = customer_by_mail(desk)
    lines = "".join(f"From: {each.format(john.address)}\r\n" for each in senders)
    raw = letter(john.address, CLOSE).replace(f"From: {john.address}\r\n".encode(), lines.encode(), 1)
    before = set(_suspects(desk))
    desk.letter(raw, **PASS)
    assert len(set(_suspects(desk)) - before) == 1
    assert john.mails() == []


def _suspects(desk: Desk) -> list[str]:
    agent = desk.agent()
    rows = agent.call("GET", "/desk/tickets?status=awaiting_proof&limit=100").ok()["items"]
    return [row["number"] for row in rows if agent.ticket(row["number"])["is_suspect"]]


# ── a reply with the code ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("how", [PASS, *UNCONFIRMED])
def test_a_code_at_the_signed_address_of_its_own_mail_proves(desk: Desk, how: Json) -> None:
    john = customer_by_mail(desk)
    john.writes(CLOSE)
    (mail,) = john.mails()
    john.replies(mail, code_in(mail), how=how)
    assert desk.agent().ticket(john.ticket())["status"] == "in_review"


def test_a_code_from_another_mailbox_at_the_signed_address_proves(desk: Desk) -> None:
    john, second = customer_by_mail(desk), stranger(desk, "john")
    john.writes(CLOSE)
    (mail,) = john.mails()
    second.replies(mail, code_in(mail))
    assert desk.agent().ticket(john.ticket())["status"] == "in_review"


def test_an_authenticated_answer_of_the_address_on_file_proves_without_the_signed_address(desk: Desk) -> None:
    john = customer_by_mail(desk)
    john.writes(CLOSE)
    (mail,) = john.mails()
    john.replies(mail, code_in(mail), to="support@desk.example")
    assert desk.agent().ticket(john.ticket())["status"] == "in_review"


@pytest.mark.parametrize("how", UNCONFIRMED)
def test_an_unconfirmed_answer_elsewhere_proves_nothing(desk: Desk, how: Json) -> None:
    john = customer_by_mail(desk)
    john.writes(CLOSE)
    (mail,) = john.mails()
    john.replies(mail, code_in(mail), to="support@desk.example", how=how)
    assert desk.agent().ticket(john.ticket())["status"] == "awaiting_proof"
    assert beside(desk, john.ticket()).count("unconfirmed") == 1


def test_a_right_code_in_a_forged_letter_is_not_taken(desk: Desk) -> None:
    john, agent = customer_by_mail(desk), desk.agent()
    john.writes(CLOSE)
    (mail,) = john.mails()
    john.replies(mail, code_in(mail), how=FAIL)
    number = john.ticket()
    assert agent.ticket(number)["status"] == "awaiting_proof"
    assert "suspect" in beside(desk, number)
    john.replies(mail, code_in(mail))
    assert agent.ticket(number)["status"] == "in_review", "nor is it used up"


@pytest.mark.parametrize(("how", "answers"), [(PASS, 1), (UNCONFIRMED[0], 0)])
def test_a_wrong_code_is_answered_only_where_the_sender_is_sure(desk: Desk, how: Json, answers: int) -> None:
    john, agent = customer_by_mail(desk), desk.agent()
    john.writes(CLOSE)
    (mail,) = john.mails()
    john.replies(mail, wrong(code_in(mail)), how=how)
    assert agent.timeline(john.ticket()).count("code_refused") == 1
    assert len(john.mails()) == 1 + answers


# ── a reply without a code ───────────────────────────────────────────────────────────────────────────────────


def test_an_authenticated_answer_adds_its_words(desk: Desk) -> None:
    eve = stranger(desk)
    eve.writes(CLOSE)
    (mail,) = eve.mails()
    eve.replies(mail, "The last invoice was number 4711.")
    ticket = desk.agent().ticket(eve.ticket())
    assert [each["text"] for each in ticket["timeline"] if each["what"] == "replied"] == [
        "The last invoice was number 4711."
    ]
    assert len(eve.mails()) == 1


@pytest.mark.parametrize(("how", "mark"), [(UNCONFIRMED[0], "unconfirmed"), (FAIL, "suspect")])
def test_any_other_answer_is_kept_and_marked(desk: Desk, how: Json, mark: str) -> None:
    eve = stranger(desk)
    eve.writes(CLOSE)
    (mail,) = eve.mails()
    eve.replies(mail, "The last invoice was number 4711.", how=how)
    number = eve.ticket()
    assert mark in beside(desk, number)
    assert "replied" not in desk.agent().timeline(number)
    assert len(eve.mails()) == 1


def test_an_answer_to_the_code_mail_without_a_code_is_told_once_how(desk: Desk) -> None:
    john = customer_by_mail(desk)
    john.writes(CLOSE)
    (mail,) = john.mails()
    john.replies(mail, "Yes please.")
    john.replies(mail, "Hello?")
    assert [each["kind"] for each in desk.agent().ticket(john.ticket())["notices"]] == ["code", "how_to_reply_code"]
    john.replies(mail, code_in(mail))
    john.replies(mail, "Thank you!")
    kinds = [each["kind"] for each in desk.agent().ticket(john.ticket())["notices"]]
    assert kinds == ["code", "how_to_reply_code", "verified"]
