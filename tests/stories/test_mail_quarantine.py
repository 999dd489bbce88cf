"""Letters that nobody acts on: with their cause, never answered, until an agent looks or they go by themselves."""

from collections.abc import Callable

import pytest

from tests.stories.letters import (
    ALONE,
    CLOSE,
    Mailbox,
    beside,
    by_smtp,
    code_in,
    customer_by_mail,
    has_code,
    letter,
    mailbox_of,
    new_customer,
    quarantined,
    stranger,
)
from tests.stories.people import Desk, Json

SIGNS: list[tuple[str, Json, Json]] = [
    ("automatic", {"Auto_Submitted": "auto-replied"}, {}),
    ("automatic", {"X_Autoreply": "yes"}, {}),
    ("automatic", {"Precedence": "auto_reply"}, {}),
    ("bulk", {"Precedence": "bulk"}, {}),
    ("bulk", {"List_Id": "News <news.example>"}, {}),
    ("loop", {"X_Signoff_Desk": "SO-7K3M9Q"}, {}),
    ("spam", {}, {"spam": "FAIL"}),
    ("virus", {}, {"virus": "FAIL"}),
]


@pytest.mark.parametrize(("cause", "headers", "how"), SIGNS)
def test_a_letter_with_such_a_sign_lies_in_quarantine_and_is_never_answered(
    desk: Desk, cause: str, headers: Json, how: Json
) -> None:
    eve = stranger(desk)
    ses_id = eve.writes(CLOSE, how=how, **headers)
    held = quarantined(desk, ses_id)
    assert held is not None
    assert held["cause"] == cause
    assert held["from_seen"] == eve.address
    assert CLOSE in held["preview"]
    assert held["verdicts"]["dmarc"] == "PASS"
    assert (held["goes_at"] is None) == (cause == "spam")
    assert eve.mails() == []
    assert eve.tickets() == []


@pytest.mark.parametrize("sender", ["no-reply@shop.example", "noreply@shop.example"])
def test_a_mailbox_that_nobody_reads_is_not_answered(desk: Desk, sender: str) -> None:
    nobody = Mailbox(desk=desk, address=sender)
    held = quarantined(desk, nobody.writes(CLOSE))
    assert held is not None
    assert held["cause"] == "automatic"
    assert nobody.mails() == []


def test_our_own_mail_come_back_is_a_loop(desk: Desk) -> None:
    ourselves = Mailbox(desk=desk, address="support@desk.example")
    held = quarantined(desk, ourselves.writes(CLOSE))
    assert held is not None
    assert held["cause"] == "loop"
    assert ourselves.mails() == []


def test_a_letter_with_a_null_return_path_is_not_answered(desk: Desk) -> None:
    eve = stranger(desk)
    by_smtp(desk, letter(eve.address, CLOSE), sender="")
    assert eve.mails() == []
    assert desk.agent().ticket(eve.ticket())["status"] == "awaiting_proof"


def test_an_automatic_answer_is_laid_beside_the_ticket_it_answers(desk: Desk) -> None:
    eve = stranger(desk)
    eve.writes(CLOSE)
    (mail,) = eve.mails()
    ses_id = eve.replies(mail, "I'm on holiday.", Auto_Submitted="auto-replied")
    assert quarantined(desk, ses_id) is None
    assert "automatic" in beside(desk, eve.ticket())
    assert eve.mails() == [mail]


def test_a_code_in_an_automatic_answer_proves_nothing(desk: Desk) -> None:
    john = customer_by_mail(desk)
    john.writes(CLOSE)
    (mail,) = john.mails()
    john.replies(mail, code_in(mail), Auto_Submitted="auto-generated")
    assert desk.agent().ticket(john.ticket())["status"] == "awaiting_proof"


def test_a_released_letter_becomes_a_ticket(desk: Desk) -> None:
    eve, agent = stranger(desk), desk.agent()
    ses_id = eve.writes(CLOSE, how={"spam": "FAIL"})
    agent.call("POST", f"/desk/quarantine/{ses_id}/release").ok()
    assert quarantined(desk, ses_id) is None
    ticket = agent.ticket(eve.ticket())
    assert (ticket["kind"], ticket["status"]) == ("closure", "awaiting_proof")
    assert beside(desk, eve.ticket()) == ["request"]
    assert len(eve.mails()) == 1
    assert agent.call("POST", f"/desk/quarantine/{ses_id}/release").status == 404


def test_what_looked_automatic_is_not_answered_even_when_it_is_released(desk: Desk) -> None:
    eve, agent = stranger(desk), desk.agent()
    ses_id = eve.writes(CLOSE, Auto_Submitted="auto-generated")
    agent.call("POST", f"/desk/quarantine/{ses_id}/release").ok()
    assert agent.ticket(eve.ticket())["status"] == "awaiting_proof"
    assert eve.mails() == []


def test_a_released_letter_of_a_customer_sends_the_code(desk: Desk) -> None:
    john, agent = customer_by_mail(desk), desk.agent()
    ses_id = john.writes(CLOSE, List_Id="Company wide <all.customer.example>")
    assert john.mails() == []
    agent.call("POST", f"/desk/quarantine/{ses_id}/release").ok()
    assert has_code(john.mails()[0])


def test_a_released_answer_finds_its_ticket_by_where_it_was_sent(desk: Desk) -> None:
    john, agent = customer_by_mail(desk), desk.agent()
    john.writes(CLOSE)
    (mail,) = john.mails()
    raw = letter(john.address, code_in(mail), to="undisclosed@elsewhere.example")
    ses_id = desk.letter(raw, spam="FAIL", recipient=str(mail["headers"]["Reply-To"]))
    assert agent.ticket(john.ticket())["status"] == "awaiting_proof"
    agent.call("POST", f"/desk/quarantine/{ses_id}/release").ok()
    assert agent.ticket(john.ticket())["status"] == "in_review"


def test_a_dropped_letter_is_gone_and_a_second_copy_of_it_does_no_harm(desk: Desk) -> None:
    eve, agent = stranger(desk), desk.agent()
    raw = letter(eve.address, CLOSE, Precedence="bulk")
    ses_id = desk.letter(raw)
    desk.letter(raw)
    held = quarantined(desk, ses_id)
    assert held is not None
    assert held["copies"] == 1
    agent.call("POST", f"/desk/quarantine/{ses_id}/drop").ok()
    assert quarantined(desk, ses_id) is None
    given_up = desk.state()["dead_letters"]
    desk.letter(raw)
    assert desk.state()["dead_letters"] == given_up
    assert agent.call("POST", f"/desk/quarantine/{ses_id}/drop").status == 404


def test_only_agents_see_the_quarantine(desk: Desk) -> None:
    john = new_customer(desk)
    ses_id = mailbox_of(desk, john).writes(CLOSE, Precedence="bulk")
    assert desk.call("GET", "/desk/quarantine").status == 401
    assert john.call("GET", "/desk/quarantine").status == 403
    assert john.call("POST", f"/desk/quarantine/{ses_id}/release").status == 403
    assert quarantined(desk, ses_id) is not None


def test_after_14_days_machines_letters_go_and_the_rest_waits(desk_with: Callable[..., Desk]) -> None:
    desk = desk_with(**ALONE)
    eve, mallory = stranger(desk), stranger(desk, "mallory")
    bulk = eve.writes(CLOSE, Precedence="bulk")
    spam = eve.writes(CLOSE, how={"spam": "FAIL"})
    eve.writes(CLOSE)
    other = mallory.replies(eve.mails()[0], "Hurry up.")
    desk.advance("P13D")
    assert quarantined(desk, bulk) is not None
    desk.advance("P2D")
    assert quarantined(desk, bulk) is None
    assert quarantined(desk, spam) is not None
    assert quarantined(desk, other) is not None
