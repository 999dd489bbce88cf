"""Case 1 of the guide: a customer who can sign in asks to close the account; and the ways beside it."""

import re

from tests.stories.people import QUESTION, Desk

FIVE_MAILS = ["received", "scheduled", "reminder_cooling_off", "closing", "closed"]


def test_a_customer_follows_the_guide_until_the_account_is_gone_and_reads_it_in_five_mails(desk: Desk) -> None:
    lan = desk.customer()
    opened = lan.opens().ok(201)
    number = opened["number"]
    assert re.fullmatch(r"SO-[2-9A-Z]{6}", number)
    assert (opened["status"], opened["kind"], opened["next"]["code"]) == ("in_review", "closure", "agent_decides")
    desk.agent().approves(number)
    assert lan.account().ok()["status"] == "active"
    desk.advance("P9D")
    closed = lan.ticket(number)
    assert (closed["status"], closed["next"]["code"]) == ("closed", "gone")
    assert "Closed" in closed["status_name"]
    assert lan.account().status == 404
    assert desk.holdings(lan.account_id) == {"orders": 0, "files": 0}
    assert lan.notices(number) == [(kind, "delivered") for kind in FIVE_MAILS]
    mails = lan.mails()
    assert len(mails) == len({mail["subject"] for mail in mails}) == 5
    assert all(mail["to"] == [lan.email] and number in mail["subject"] for mail in mails)
    assert all("Xin chào Nguyễn Thị Lan," in mail["text"] for mail in mails)
    assert "Đã đóng (Closed)" in mails[-1]["subject"]
    assert [mail["at"] for mail in mails] == sorted(mail["at"] for mail in mails)
    assert all(mail["headers"]["Auto-Submitted"] == "auto-generated" for mail in mails)


def test_the_last_mail_reaches_an_address_that_no_table_holds_any_more(desk: Desk) -> None:
    lan = desk.customer()
    number = lan.asks_to_close()
    desk.agent().approves(number)
    desk.fault("sesv2", "SendEmail", "before", times=1000)
    desk.advance("P9D")
    assert lan.account().status == 404
    desk.no_more_faults()
    desk.advance("PT2H")
    assert desk.contacts(number) == []
    assert "Đã đóng (Closed)" in lan.mails()[-1]["subject"]
    assert lan.notices(number)[-1] == ("closed", "delivered")


def test_an_english_customer_is_told_in_english(desk: Desk) -> None:
    john = desk.customer(language="en", country="IE", name="John Carter")
    number = john.asks_to_close(subject="Please close my account", content="I want to leave.")
    (received,) = john.mails()
    assert "Hello John Carter," in received["text"]
    assert number in received["subject"]


def test_a_subject_keeps_all_of_its_spaces(desk: Desk) -> None:
    lan = desk.customer()
    number = lan.asks_to_close(request=None)
    lan.does(number, "confirm").ok()
    assert lan.mails()[-1]["subject"] == f"[{number}] Đã xác minh bạn là chủ tài khoản"


def test_a_closure_that_was_only_recognised_waits_for_the_customer_s_own_word(desk: Desk) -> None:
    lan = desk.customer()
    opened = lan.opens(request=None).ok(201)
    number = opened["number"]
    assert (opened["status"], opened["next"]["code"]) == ("received", "confirm")
    assert desk.agent().decides(number, "approve").code == "not_now"
    assert [kind for kind, _ in lan.notices(number)] == ["received_confirm"]
    assert "bạn muốn xóa tài khoản?" in lan.mails()[0]["subject"]
    assert lan.does(number, "confirm").ok()["status"] == "in_review"
    assert lan.does(number, "confirm").code == "not_now"
    desk.agent().approves(number)
    assert lan.ticket(number)["status"] == "scheduled"


def test_a_closure_is_recognised_without_accents_and_in_english(desk: Desk) -> None:
    for subject in ("Huy tai khoan", "Tôi muốn xóa tài khoản", "Please delete my account"):
        opened = desk.customer(has_data=False).opens(request=None, subject=subject, content="...").ok(201)
        assert (opened["kind"], opened["status"]) == ("closure", "received"), subject


def test_a_question_is_answered_and_resolved_and_never_called_closed(desk: Desk) -> None:
    lan, an = desk.customer(), desk.agent()
    opened = lan.opens(**QUESTION).ok(201)
    number = opened["number"]
    assert (opened["kind"], opened["status"]) == ("support", "received")
    assert an.decides(number, "approve").code == "not_now"
    assert an.decides(number, "replies", text="Hóa đơn ở đây.").ok()["status"] == "in_review"
    lan.does(number, "replies", {"text": "Cảm ơn."}).ok(201)
    assert an.decides(number, "resolve").ok()["status"] == "resolved"
    ended = lan.ticket(number)
    assert [each["text"] for each in ended["timeline"] if each["text"]] == [
        QUESTION["content"],
        "Hóa đơn ở đây.",
        "Cảm ơn.",
    ]
    assert [kind for kind, _ in lan.notices(number)] == ["support_received", "agent_reply", "resolved"]
    said = ended["status_name"] + "".join(mail["subject"] + mail["text"] for mail in lan.mails())
    assert "closed" not in said.lower()
    assert "đã đóng" not in said.lower()
    assert lan.does(number, "replies", {"text": "Còn nữa."}).code == "not_now"


def test_a_question_that_is_a_closure_after_all_still_needs_the_customer_s_own_word(desk: Desk) -> None:
    lan, an = desk.customer(), desk.agent()
    number = lan.opens(**QUESTION).ok(201)["number"]
    assert an.decides(number, "correct", kind="closure").ok()["status"] == "received"
    assert an.decides(number, "approve").code == "not_now"
    assert lan.does(number, "confirm").ok()["status"] == "in_review"
    assert lan.opens().body["number"] == number


def test_a_ticket_says_all_that_the_contract_promises(desk: Desk) -> None:
    lan = desk.customer()
    answer = lan.opens()
    where = f"{desk.cloud.desk_url}/tickets/{answer.ok(201)['number']}"
    assert answer.headers["Location"] == where
    ticket = lan.ticket(answer.body["number"])
    promised = {"number", "kind", "status", "version", "subject", "opened_at", "changed_at", "due_at", "next"}
    assert promised | {"timeline", "notices"} <= ticket.keys()
    assert ticket["timeline"][0].keys() >= {"at", "by", "what"}
    assert ticket["notices"][0].keys() >= {"kind", "at", "state"}
    assert ticket["opened_at"].endswith("Z")
    assert lan.tickets() == [ticket["number"]]
    more = lan.does(ticket["number"], "replies", {"text": "Xin nhanh giúp."})
    assert (more.status, more.headers["Location"]) == (201, where)


def test_what_a_ticket_can_be_about_is_told_in_both_languages(desk: Desk) -> None:
    catalog = desk.call("GET", "/catalog").ok()
    products = {each["key"]: each for each in catalog["products"]}
    categories = {each["key"]: each for each in catalog["categories"]}
    assert products["other"]["vi"] == "Sản phẩm khác"
    assert categories["technical_support"] == {
        "key": "technical_support",
        "vi": "Hỗ trợ kỹ thuật",
        "en": "Technical support",
    }
