"""Until erasing begins the customer may withdraw; who can't wait may ask to hurry."""

import pytest

from tests.stories.people import Desk, code_in, link_in


@pytest.mark.parametrize("until", ["received", "in_review", "scheduled"])
def test_a_customer_withdraws_until_erasing_begins(desk: Desk, until: str) -> None:
    lan = desk.customer()
    number = lan.asks_to_close(request=None if until == "received" else "account_closure")
    if until == "scheduled":
        desk.agent().approves(number)
    assert lan.ticket(number)["status"] == until
    withdrawn = lan.does(number, "withdraw").ok()
    assert (withdrawn["status"], withdrawn["next"]["code"]) == ("withdrawn", "still_there")
    assert "Tài khoản của bạn vẫn còn" in withdrawn["next"]["text"] or "vẫn còn" in withdrawn["next"]["text"]
    assert lan.account().ok()["status"] == "active"


def test_a_withdrawn_closure_erases_nothing_when_its_time_comes(desk: Desk) -> None:
    lan = desk.customer()
    number = lan.asks_to_close()
    desk.agent().approves(number)
    running = desk.state()["executions"].get("RUNNING", 0)
    lan.does(number, "withdraw").ok()
    desk.settle()
    assert desk.state()["executions"].get("RUNNING", 0) == running - 1
    desk.advance("P9D")
    assert lan.ticket(number)["status"] == "withdrawn"
    assert lan.account().ok()["status"] == "active"
    assert desk.holdings(lan.account_id) == {"orders": 3, "files": 3}
    assert [kind for kind, _ in lan.notices(number)] == ["received", "scheduled", "withdrawn"]
    assert "vẫn còn" in lan.mails()[-1]["text"]


def test_withdrawing_twice_is_withdrawing_once(desk: Desk) -> None:
    lan = desk.customer()
    number = lan.asks_to_close()
    lan.does(number, "withdraw").ok()
    again = lan.does(number, "withdraw").ok()
    assert again["version"] == 2
    assert len(lan.mails()) == 2


def test_it_is_too_late_to_withdraw_what_is_closing_or_closed(desk: Desk) -> None:
    lan = desk.customer()
    number = lan.asks_to_close()
    desk.fault("dynamodb", "BatchWriteItem", "before", times=10_000)
    desk.agent().erases_now(lan, number)
    assert lan.ticket(number)["status"] == "closing"
    refused = lan.does(number, "withdraw")
    assert (refused.status, refused.code) == (409, "not_now")
    desk.advance("PT40M")
    desk.no_more_faults()
    desk.agent().decides(number, "retry").ok()
    assert lan.ticket(number)["status"] == "closed"
    assert lan.does(number, "withdraw").status == 409


def test_a_customer_who_can_not_wait_types_a_fresh_code_and_an_agent_grants_it(desk: Desk) -> None:
    lan, an = desk.customer(), desk.agent()
    number = lan.asks_to_close()
    an.approves(number)
    assert lan.does(number, "expedite", {}).ok()["next"]["code"] == "expedite_code"
    code = code_in(lan.mails()[-1])
    wrong = "BBBB-2222" if code != "BBBB-2222" else "CCCC-3333"
    refused = lan.does(number, "expedite", {"code": wrong})
    assert (refused.status, refused.code) == (409, "code_refused")
    assert an.decides(number, "expedite").code == "not_asked"
    lan.does(number, "expedite", {"code": code.lower().replace("-", " ")}).ok()
    assert an.ticket(number)["expedite_asked_at"]
    assert lan.account().ok()["status"] == "active"
    an.decides(number, "expedite").ok()
    assert lan.ticket(number)["status"] == "closed"
    assert lan.account().status == 404
    kinds = [kind for kind, _ in lan.notices(number)]
    assert kinds == ["received", "scheduled", "code_for_expedite", "scheduled", "closing", "closed"]


def test_the_link_in_the_code_s_mail_takes_the_code_too(desk: Desk) -> None:
    lan, an = desk.customer(), desk.agent()
    number = lan.asks_to_close()
    an.approves(number)
    lan.does(number, "expedite", {}).ok()
    mail = lan.mails()[-1]
    assert 'name="code"' in desk.page(link_in(mail)).raw.decode()
    typed = desk.page(f"{link_in(mail)}/code", {"code": code_in(mail)})
    assert typed.status == 303
    assert an.ticket(number)["expedite_asked_at"]


def test_nobody_expedites_what_the_customer_did_not_ask_for(desk: Desk) -> None:
    lan, an = desk.customer(), desk.agent()
    number = lan.asks_to_close()
    assert an.decides(number, "expedite").status == 409
    an.approves(number)
    refused = an.decides(number, "expedite")
    assert (refused.status, refused.code) == (409, "not_asked")
    assert lan.does(number, "expedite", {"code": "BBBB-2222"}).code == "code_refused"
    assert lan.ticket(number)["status"] == "scheduled"


def test_a_code_has_five_tries_and_a_fresh_one_ends_the_old_one(desk: Desk) -> None:
    lan, an = desk.customer(), desk.agent()
    number = lan.asks_to_close()
    an.approves(number)
    lan.does(number, "expedite", {}).ok()
    first = code_in(lan.mails()[-1])
    for wrong in ("BBBB-2222", "CCCC-3333", "GGGG-4444", "HHHH-5555", "KKKK-6666"):
        assert lan.does(number, "expedite", {"code": wrong}).status == 409
    assert lan.does(number, "expedite", {"code": first}).code == "code_refused"
    lan.does(number, "expedite", {}).ok()
    second = code_in(lan.mails()[-1])
    assert second != first
    assert lan.does(number, "expedite", {"code": first}).code == "code_refused"
    lan.does(number, "expedite", {"code": second}).ok()


def test_a_code_is_dead_after_a_day(desk: Desk) -> None:
    lan, an = desk.customer(), desk.agent()
    number = lan.asks_to_close()
    an.approves(number)
    lan.does(number, "expedite", {}).ok()
    code = code_in(lan.mails()[-1])
    desk.advance("PT24H")
    assert lan.does(number, "expedite", {"code": code}).code == "code_refused"
