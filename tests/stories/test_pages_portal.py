"""The guide's case 1 by pages, as a customer's browser walks through it; and what the pages promise beside it."""

import json
import re

import pytest

from chalicelib.pages import portal
from tests.stories.browsing import Browser
from tests.stories.people import QUESTION, Customer, Desk, code_in

GUIDE = {
    "product": "other",
    "category": "technical_support",
    "subject": "Hủy tài khoản",
    "content": "Tôi muốn hủy tài khoản của tôi.",
}
ASKED = {**QUESTION, "content": "Cho tôi xin lại hóa đơn tháng này, vì hóa đơn cũ tôi không mở được."}
ASKED.pop("request")


def at_portal(customer: Customer, *, language: str = "vi", to: str = "/portal") -> Browser:
    return Browser(customer.desk, language=language).signs_in(customer.account_id, to=to)


def number_in(browser: Browser) -> str:
    found = re.fullmatch(r"/portal/tickets/(SO-[2-9A-Z]{6})(\?told=[a-z_]+)?", browser.path)
    assert found, (browser.path, browser.answer.status)
    return found[1]


def ticket_page(number: str) -> str:
    return f"/portal/tickets/{number}"


def test_a_customer_follows_the_guide_in_vietnamese_until_it_says_closed_and_keeps_the_receipt(desk: Desk) -> None:
    lan = desk.customer()
    browser = at_portal(lan)
    assert "Hỗ trợ kỹ thuật" in browser.text
    assert "Bạn chưa có yêu cầu nào." in browser.text
    browser.opens("/portal/new")
    browser.fills("/portal/new", **GUIDE)
    number = number_in(browser)
    assert f"Chúng tôi đã nhận được yêu cầu, số yêu cầu là {number}." in browser.text
    assert "Đã tiếp nhận" in browser.text
    browser.fills(f"{ticket_page(number)}/confirm")
    assert "Bạn đã xác nhận muốn xóa tài khoản." in browser.text
    assert "Đang xem xét" in browser.text
    desk.agent().erases_now(lan, number)
    browser.opens(ticket_page(number))
    assert "Đã đóng (Closed) – tài khoản đã xóa" in browser.text
    assert "Đã kiểm tra lại mọi hệ thống; tài khoản không còn nữa" in browser.text
    assert "orders: không còn dữ liệu nào." in browser.text
    assert browser.html.count("đã đến nơi") == len(lan.notices(number))
    assert browser.page.form("/signout")
    assert [each.action for each in browser.page.forms if number in each.action] == []
    receipt = browser.opens(f"{ticket_page(number)}/receipt").answer
    assert receipt.headers["Content-Disposition"] == f'attachment; filename="{number}-receipt.json"'
    assert json.loads(receipt.raw)["ticket"] == number
    browser.opens("/portal")
    assert "Tài khoản này không còn nữa." in browser.text
    assert number in browser.text
    assert browser.opens("/portal/new").answer.status == 404


def test_words_that_ask_for_a_closure_are_asked_back_and_told_what_is_lost(desk: Desk) -> None:
    lan = desk.customer()
    browser = at_portal(lan, language="en", to="/portal/new")
    browser.fills("/portal/new", **GUIDE)
    number = number_in(browser)
    assert lan.ticket(number)["status"] == "received"
    assert "Do you want to close your account?" in browser.text
    for promised in (
        "What will be erased",
        "What can’t be undone",
        "What stays, and for how long",
        "How long it takes",
    ):
        assert promised in browser.text
    assert browser.opens(f"{ticket_page(number)}/confirm").answer.status == 405
    assert lan.ticket(number)["status"] == "received"
    browser.opens(ticket_page(number))
    browser.fills(f"{ticket_page(number)}/confirm")
    assert lan.ticket(number)["status"] == "in_review"
    assert "Do you want to close your account?" not in browser.text


def test_close_my_account_says_what_it_means_before_and_wants_it_understood(desk: Desk) -> None:
    lan = desk.customer()
    browser = at_portal(lan, language="en", to="/portal/close")
    assert browser.text.index("Point-in-time backups of databases: at most 35 days") < browser.text.index("Yes, close")
    assert "a waiting time of 7 days" in browser.text
    browser.fills("/portal/close", content="Goodbye, it was nice.")
    assert browser.answer.status == 400
    assert browser.page.form("/portal/close").fields["content"] == "Goodbye, it was nice."
    assert "Please tick this box" in browser.text
    assert lan.tickets() == []
    browser.fills("/portal/close", understood="yes")
    ticket = lan.ticket(number_in(browser))
    assert (ticket["status"], ticket["kind"], ticket["subject"]) == ("in_review", "closure", "Close my account")
    assert (ticket["product"], ticket["category"]) == ("other", "technical_support")
    assert ticket["timeline"][0]["text"] == "Goodbye, it was nice."
    assert [kind for kind, _ in lan.notices(ticket["number"])] == ["received"]


def test_who_asks_to_close_twice_is_led_to_the_open_request(desk: Desk) -> None:
    lan = desk.customer()
    early = at_portal(lan, to="/portal/close")
    number = lan.asks_to_close()
    early.fills("/portal/close", understood="yes")
    assert early.answer.status == 409
    assert f"{desk.cloud.desk_url}{ticket_page(number)}" in early.page.links
    assert f"{desk.cloud.desk_url}{ticket_page(number)}" in early.opens("/portal/close").links
    early.opens("/portal/new")
    early.fills("/portal/new", **GUIDE)
    assert early.answer.status == 409
    assert early.page.form("/portal/new").fields["content"] == GUIDE["content"]
    assert f"{desk.cloud.desk_url}{ticket_page(number)}" in early.page.links
    assert lan.tickets() == [number]


def test_a_refused_form_keeps_all_that_was_typed_and_names_each_wrong_field(desk: Desk) -> None:
    lan = desk.customer()
    browser = at_portal(lan, to="/portal/new")
    typed = {"product": "storage", "category": "", "subject": "x" * 201, "content": 'Xin "chào"\n<b>bạn</b> & cảm ơn'}
    browser.fills("/portal/new", **typed)
    assert browser.answer.status == 400
    kept = browser.page.form("/portal/new").fields
    assert {name: kept[name] for name in typed} == typed
    assert 'role="alert" id="refused"' in browser.html
    assert re.search(r'id="category"[^>]* aria-invalid="true" aria-describedby=" category-wrong"', browser.html)
    assert re.search(r'id="subject"[^>]* aria-invalid="true"', browser.html)
    assert 'aria-invalid="true" aria-describedby="content' not in browser.html
    assert 'href="#category">Danh mục</a>: Trường này là bắt buộc.' in browser.html
    assert lan.tickets() == []
    browser.fills("/portal/new", category="sales", subject="Hỏi")
    assert lan.tickets() == [number_in(browser)]


def test_a_form_sent_twice_makes_one_ticket(desk: Desk) -> None:
    lan = desk.customer()
    browser = at_portal(lan, to="/portal/new")
    fields = browser.page.form("/portal/new").fields | ASKED
    first, second = browser.answered("/portal/new", fields), browser.answered("/portal/new", fields)
    assert (first.status, second.status) == (303, 303)
    assert first.headers["Location"] == second.headers["Location"]
    assert len(lan.tickets()) == 1


def test_a_form_sent_again_with_other_words_is_asked_about_and_then_makes_a_second_ticket(desk: Desk) -> None:
    lan = desk.customer()
    browser = at_portal(lan, to="/portal/new")
    browser.answered("/portal/new", browser.page.form("/portal/new").fields | ASKED)
    browser.fills("/portal/new", **(ASKED | {"subject": "Hóa đơn tháng sau"}))
    assert browser.answer.status == 422
    assert browser.page.form("/portal/new").fields["subject"] == "Hóa đơn tháng sau"
    browser.fills("/portal/new")
    assert lan.tickets()[0] == number_in(browser)
    assert len(lan.tickets()) == 2


def test_somebody_else_s_ticket_is_not_there(desk: Desk) -> None:
    lan, minh = desk.customer(), desk.customer()
    number = lan.asks_to_close()
    browser = at_portal(minh, to="/portal/new")
    token = {"form_token": browser.page.form("/portal/new").fields["form_token"]}
    for page in ("", "/withdraw", "/receipt"):
        assert browser.opens(ticket_page(number) + page).answer.status == 404
    for form in ("confirm", "replies", "withdraw", "expedite", "code"):
        fields = {**token, "text": "Xin chào", "code": "BBBB-2222"}
        assert browser.answered(f"{ticket_page(number)}/{form}", fields).status == 404
    assert number not in browser.opens("/portal").text
    assert lan.ticket(number)["version"] == 1


def test_what_people_write_is_shown_as_text(desk: Desk) -> None:
    lan, script = desk.customer(), "<script>alert('x')</script>"
    browser = at_portal(lan, to="/portal/new")
    browser.fills("/portal/new", **(ASKED | {"subject": script, "content": f"1 {script}"}))
    number = number_in(browser)
    browser.fills(f"{ticket_page(number)}/replies", text=f"2 {script}")
    desk.agent().decides(number, "replies", text=f"3 {script}\n  thụt vào").ok()
    browser.opens(ticket_page(number))
    for said in (f"1 {script}", f"2 {script}", f"3 {script}"):
        assert said in browser.text
    assert "<script>alert" not in browser.html
    assert "\n  thụt vào</p>" in browser.html
    assert "<script>alert" not in browser.opens("/portal").html


def test_a_session_that_ends_over_a_form_loses_no_word_of_it(desk: Desk) -> None:
    lan = desk.customer()
    browser = at_portal(lan, to="/portal/new")
    opened = browser.page.form("/portal/new").fields | ASKED
    desk.advance("PT9H")
    asked = browser.fills("/portal/new", **opened)
    assert asked.status == 401
    assert asked.form("/portal/new").fields["content"] == ASKED["content"]
    browser.signs_in(lan.account_id, to="/signed-in")
    assert browser.sends(asked, "/portal/new").status == 200
    (number,) = lan.tickets()
    assert lan.ticket(number)["timeline"][0]["text"] == ASKED["content"]


def test_a_sign_in_too_old_to_close_is_asked_for_again_and_the_form_is_kept(desk: Desk) -> None:
    lan = desk.customer()
    browser = at_portal(lan, to="/portal/close")
    desk.advance("PT20M")
    browser.fills("/portal/close", understood="yes", content="Tạm biệt.")
    assert browser.answer.status == 401
    assert lan.tickets() == []
    kept = browser.page.form("/portal/close").fields
    browser.signs_in(lan.account_id, to="/signed-in", again=True)
    assert browser.answered("/portal/close", kept).status == 303
    (number,) = lan.tickets()
    assert lan.ticket(number)["status"] == "in_review"
    assert lan.ticket(number)["timeline"][0]["text"] == "Tạm biệt."


def test_who_has_changed_their_mind_withdraws_after_a_second_look(desk: Desk) -> None:
    lan = desk.customer()
    number = lan.asks_to_close()
    browser = at_portal(lan, to=ticket_page(number))
    stale = browser.page.form(f"{ticket_page(number)}/replies").fields
    browser.opens(f"{ticket_page(number)}/withdraw")
    assert lan.ticket(number)["status"] == "in_review"
    browser.fills(f"{ticket_page(number)}/withdraw")
    assert lan.ticket(number)["status"] == "withdrawn"
    assert "Yêu cầu đã được rút." in browser.text
    assert "vẫn còn" in browser.text
    assert f"{desk.cloud.desk_url}/portal/close" in browser.page.links
    assert "không thể rút được nữa" in browser.opens(f"{ticket_page(number)}/withdraw").text
    late = browser.answered(f"{ticket_page(number)}/replies", stale | {"text": "Còn một điều nữa."})
    assert late.status == 409
    assert "Không thể thực hiện việc này" in late.raw.decode()


def test_who_can_not_wait_types_the_code_that_was_mailed(desk: Desk) -> None:
    lan = desk.customer()
    number = lan.asks_to_close()
    desk.agent().approves(number)
    browser = at_portal(lan, language="en", to=ticket_page(number))
    browser.fills(f"{ticket_page(number)}/expedite")
    code = code_in(lan.mails()[-1])
    wrong = "BBBB-2222" if code != "BBBB-2222" else "CCCC-3333"
    browser.fills(f"{ticket_page(number)}/code", code=wrong)
    assert browser.answer.status == 409
    assert browser.page.form(f"{ticket_page(number)}/code").fields["code"] == wrong
    assert re.search(r'id="code"[^>]* aria-invalid="true" aria-describedby="code-hint code-wrong"', browser.html)
    browser.fills(f"{ticket_page(number)}/code", code=code.lower())
    assert "The code was right" in browser.text
    assert "You have asked for the closure without further waiting." in browser.text
    desk.agent().decides(number, "expedite").ok()
    assert lan.ticket(number)["status"] == "closed"


def test_a_refusal_says_why_and_how_to_go_on(desk: Desk) -> None:
    lan = desk.customer()
    number = lan.asks_to_close()
    desk.agent().decides(number, "reject", reason_code="blocked", reason="Hóa đơn tháng 10 chưa được thanh toán.").ok()
    browser = at_portal(lan, to=ticket_page(number))
    assert "Bị từ chối" in browser.text
    assert "có việc chưa được giải quyết đúng hạn" in browser.text
    assert "Hóa đơn tháng 10 chưa được thanh toán." in browser.text
    assert "vẫn còn" in browser.text
    assert f"{desk.cloud.desk_url}/portal/close" in browser.page.links


def test_who_asks_too_often_keeps_the_words_and_learns_when_to_try_again(desk: Desk) -> None:
    lan = desk.customer()
    for _ in range(10):
        lan.opens(**QUESTION).ok(201)
    browser = at_portal(lan, to="/portal/new", language="en")
    browser.fills("/portal/new", **ASKED)
    assert browser.answer.status == 429
    assert int(browser.answer.headers["Retry-After"]) > 0
    assert "You can try again from" in browser.text
    assert browser.page.form("/portal/new").fields["content"] == ASKED["content"]


def test_many_tickets_are_read_page_by_page(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portal, "_ROWS", 2)
    lan = desk.customer()
    made = [lan.opens(**QUESTION).ok(201)["number"] for _ in range(3)]
    browser = at_portal(lan, language="en")
    assert [number for number in made if number in browser.text] == made[1:]
    (older,) = [link for link in browser.page.links if "cursor=" in link]
    browser.opens(older)
    assert [number for number in made if number in browser.text] == made[:1]
    assert browser.opens("/portal?cursor=x").answer.status == 400


def test_the_mail_that_asks_for_the_own_word_leads_to_the_page_that_takes_it(desk: Desk) -> None:
    lan = desk.customer()
    number = lan.opens(request=None).ok(201)["number"]
    link = f"{desk.cloud.desk_url}{ticket_page(number)}"
    assert link in lan.mails()[-1]["text"]
    browser = Browser(desk)
    browser.opens(link)
    browser.signs_in(lan.account_id, to=ticket_page(number)).fills(f"{ticket_page(number)}/confirm")
    assert lan.ticket(number)["status"] == "in_review"
