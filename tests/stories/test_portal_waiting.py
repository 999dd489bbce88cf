"""What time asks for, and what a crash left undone: the sweep does it, once."""

from tests.stories.people import CLOSURE, Customer, Desk, code_in, link_in


def waits_for_a_code(lan: Customer) -> str:
    body = {name: value for name, value in CLOSURE.items() if name != "request"} | {"account_id": lan.account_id}
    return str(lan.desk.system("POST", "/tickets", body, scope="tickets:write").ok(201)["number"])


def test_who_does_not_answer_is_reminded_once_with_a_fresh_code_and_expires_after_a_week(desk: Desk) -> None:
    lan, an = desk.customer(), desk.agent()
    number = waits_for_a_code(lan)
    first = lan.mails()[0]
    desk.advance("P2DT1H")
    (_, reminder) = lan.mails()
    assert an.ticket(number)["status"] == "awaiting_proof"
    assert code_in(reminder) != code_in(first)
    typed = desk.page(f"{link_in(first)}/code", {"code": code_in(first)})
    assert typed.status == 409
    desk.advance("P9D")
    ended = an.ticket(number)
    assert (ended["status"], ended["timeline"][-1]["what"]) == ("expired", "expired")
    assert len(lan.mails()) == 3
    assert "vẫn còn" in lan.mails()[-1]["text"]
    assert lan.account().ok()["status"] == "active"
    assert desk.page(f"{link_in(reminder)}/code", {"code": code_in(reminder)}).status == 409
    assert lan.asks_to_close() != number


def test_a_notice_that_a_crash_left_unsent_is_sent_by_the_sweep_and_in_order(desk: Desk) -> None:
    lan = desk.customer()
    desk.fault("sesv2", "SendEmail", "before", times=1_000)
    number = lan.asks_to_close()
    desk.agent().approves(number)
    assert lan.mails() == []
    desk.no_more_faults()
    desk.advance("PT2H")
    assert lan.notices(number) == [("received", "delivered"), ("scheduled", "delivered")]
    assert len(lan.mails()) == 2
    desk.advance("PT2H")
    assert len(lan.mails()) == 2


def test_a_notice_that_can_not_be_delivered_is_shown_on_the_ticket(desk: Desk) -> None:
    lan = desk.customer(email="bounce@simulator.amazonses.com")
    number = lan.asks_to_close()
    assert lan.notices(number) == [("received", "bounced")]


def test_a_lost_start_of_the_workflow_is_made_up_for_when_its_time_comes(desk: Desk) -> None:
    lan, an = desk.customer(), desk.agent()
    number = lan.asks_to_close()
    desk.fault("stepfunctions", "StartExecution", "before", times=1_000)
    an.approves(number)
    desk.settle()
    desk.no_more_faults()
    desk.advance("P9D")
    assert lan.ticket(number)["status"] == "closed"
    assert "retried" in an.timeline(number)


def test_an_agent_s_fresh_code_ends_the_older_one(desk: Desk) -> None:
    lan, an = desk.customer(), desk.agent()
    number = waits_for_a_code(lan)
    first = lan.mails()[0]
    an.decides(number, "send-code").ok()
    second = lan.mails()[-1]
    assert desk.page(f"{link_in(first)}/code", {"code": code_in(first)}).status == 409
    assert desk.page(f"{link_in(second)}/code", {"code": code_in(second)}).status == 303
    assert an.ticket(number)["status"] == "in_review"
