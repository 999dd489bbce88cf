"""What agents and admins decide, and what nobody may."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from tests.stories.floods import warnings
from tests.stories.people import QUESTION, Agent, Answer, Desk


def in_days(desk: Desk, days: int) -> str:
    now = datetime.fromisoformat(desk.panel("GET", "/clock")["now"])
    return (now + timedelta(days=days)).isoformat()


def test_of_two_agents_who_decide_at_once_one_is_told_that_the_other_was_faster(desk: Desk) -> None:
    lan = desk.customer()
    number = lan.asks_to_close()
    an, binh = desk.agent("an"), desk.agent("binh")
    seen = an.ticket(number)["version"]

    def decide(who: Agent) -> Answer:
        if who is an:
            return who.decides(number, "approve", version=seen)
        return who.decides(number, "reject", version=seen, reason_code="other", reason="Không rõ.")

    with ThreadPoolExecutor() as both:
        answers = list(both.map(decide, (an, binh)))
    assert sorted(each.status for each in answers) == [200, 409]
    assert [each.code for each in answers if each.status == 409] == ["changed_meanwhile"]
    done = an.ticket(number)
    assert done["version"] == seen + 1
    assert done["status"] == ("scheduled" if answers[0].status == 200 else "rejected")
    assert len(lan.mails()) == 2


def test_a_decision_on_an_old_version_is_refused(desk: Desk) -> None:
    lan = desk.customer()
    number = lan.asks_to_close()
    lan.does(number, "replies", {"text": "Xin nhanh giúp."}).ok(201)
    refused = desk.agent().decides(number, "approve", version=1)
    assert (refused.status, refused.code) == (409, "changed_meanwhile")


def test_nobody_decides_on_their_own_account(desk: Desk) -> None:
    an = desk.customer()
    number = an.asks_to_close()
    refused = desk.agent("an", account_id=an.account_id).decides(number, "approve")
    assert (refused.status, refused.code) == (403, "own_account")
    desk.agent("binh").approves(number)


def test_a_rejected_customer_learns_why_and_that_the_account_still_exists(desk: Desk) -> None:
    lan = desk.customer()
    number = lan.asks_to_close()
    desk.agent().decides(number, "reject", reason_code="blocked", reason="Còn hóa đơn chưa trả.").ok()
    ticket = lan.ticket(number)
    assert (ticket["status"], ticket["next"]["code"]) == ("rejected", "still_there")
    assert "Còn hóa đơn chưa trả." in lan.mails()[-1]["text"]
    assert lan.account().ok()["status"] == "active"
    assert lan.asks_to_close() != number


def test_a_hold_takes_a_scheduled_closure_back_and_nothing_is_erased_until_it_is_released(desk: Desk) -> None:
    lan, an, chi = desk.customer(), desk.agent(), desk.admin()
    number = lan.asks_to_close()
    an.approves(number)
    held = chi.decides(number, "hold", reason="Đang có tranh chấp.", review_at=in_days(desk, 20)).ok()
    assert (held["status"], held["is_held"]) == ("in_review", True)
    assert an.decides(number, "approve").code == "on_hold"
    assert an.decides(number, "release").status == 403
    desk.advance("P9D")
    waiting = lan.ticket(number)
    assert (waiting["status"], waiting["next"]["code"]) == ("in_review", "on_hold")
    assert lan.account().ok()["status"] == "active"
    assert all("tranh chấp" not in mail["text"] for mail in lan.mails())
    assert chi.decides(number, "release").ok()["is_held"] is False
    an.approves(number)
    assert [kind for kind, _ in lan.notices(number)] == ["received", "scheduled", "on_hold", "scheduled"]
    desk.advance("P9D")
    assert lan.ticket(number)["status"] == "closed"


def test_a_hold_needs_a_review_in_the_future_and_nothing_is_released_that_is_not_held(desk: Desk) -> None:
    number = desk.customer().asks_to_close()
    refused = desk.admin().decides(number, "hold", reason="x", review_at="2020-01-01T00:00:00Z")
    assert (refused.status, [each["name"] for each in refused.body["fields"]]) == (400, ["review_at"])
    assert desk.admin().decides(number, "release").code == "not_now"


def test_the_queue_shows_what_is_due_first_and_finds_by_number_account_and_address(desk: Desk) -> None:
    soon, later = desk.customer(country="VN"), desk.customer(country="IE")
    late_number, early_number = later.asks_to_close(), soon.asks_to_close()
    an = desk.agent()
    rows = an.call("GET", "/desk/tickets?status=in_review&limit=100").ok()["items"]
    numbers = [row["number"] for row in rows]
    assert numbers.index(early_number) < numbers.index(late_number)
    assert [row["due_at"] for row in rows] == sorted(row["due_at"] for row in rows)
    for asked in (early_number, early_number.lower(), soon.account_id, soon.email, soon.email.upper()):
        found = an.call("GET", f"/desk/tickets?q={asked}").ok()["items"]
        assert [row["number"] for row in found] == [early_number], asked


def test_an_assigned_ticket_is_found_by_its_assignee(desk: Desk) -> None:
    number = desk.customer().asks_to_close()
    sub = f"agent-{number.lower()}"
    desk.agent().decides(number, "assign", to=sub).ok()
    rows = desk.agent().call("GET", f"/desk/tickets?assignee={sub}&limit=100").ok()["items"]
    assert [row["number"] for row in rows] == [number]


def test_notes_stay_inside_and_answers_go_out(desk: Desk) -> None:
    lan, an = desk.customer(), desk.agent()
    number = lan.asks_to_close()
    an.decides(number, "notes", text="Khách hàng khó tính.").ok()
    an.decides(number, "replies", text="Xin bạn chờ thêm.", needs_answer=False).ok()
    assert "khó tính" not in str(lan.ticket(number)) + "".join(mail["text"] for mail in lan.mails())
    assert "Xin bạn chờ thêm." in lan.mails()[-1]["text"]
    assert "khó tính" in str(an.ticket(number)["timeline"])
    assert {each["by"] for each in lan.ticket(number)["timeline"]} == {"customer", "agent"}


def test_a_deadline_is_extended_once_where_the_law_allows_it(desk: Desk) -> None:
    an = desk.agent()
    irish, vietnamese = desk.customer(country="IE", language="en"), desk.customer(country="VN")
    number = irish.asks_to_close()
    before = an.ticket(number)["due_at"]
    assert an.decides(number, "extend", reason="A third party must act.").ok()["due_at"] > before
    assert "A third party must act." in irish.mails()[-1]["text"]
    assert an.decides(number, "extend", reason="Again.").code == "not_now"
    assert an.decides(vietnamese.asks_to_close(), "extend", reason="x").code == "not_now"


def test_a_request_by_phone_is_unproved_and_the_code_goes_to_the_address_on_file(desk: Desk) -> None:
    lan, an = desk.customer(), desk.agent()
    said = {"subject": "Hủy tài khoản", "content": "Gọi điện xin hủy.", "account_id": lan.account_id}
    answer = an.call("POST", "/desk/tickets", said)
    opened = answer.ok(201)
    assert answer.headers["Location"] == f"{desk.cloud.desk_url}/desk/tickets/{opened['number']}"
    assert (opened["status"], opened["proof"], bool(opened["warnings"])) == ("awaiting_proof", None, True)
    assert an.decides(opened["number"], "approve").status == 409
    (mail,) = lan.mails()
    assert "Gọi điện" not in mail["text"]


def test_a_decision_that_does_not_fit_the_kind_is_refused(desk: Desk) -> None:
    lan, an = desk.customer(), desk.agent()
    closure, question = lan.asks_to_close(), lan.opens(**QUESTION).ok(201)["number"]
    assert an.decides(closure, "resolve").code == "not_now"
    assert an.decides(closure, "retry").code == "not_now"
    assert an.decides(question, "send-code").code == "not_now"
    assert an.decides(closure, "explode").status in (403, 404)


def test_a_hold_that_another_ticket_brought_to_the_account_stops_a_scheduled_closure(desk: Desk) -> None:
    lan, an, chi = desk.customer(), desk.agent(), desk.admin()
    number = lan.asks_to_close()
    an.approves(number)
    said = {"subject": "Hủy tài khoản", "content": "Gọi điện xin hủy.", "account_id": lan.account_id}
    other = an.call("POST", "/desk/tickets", said).ok(201)["number"]
    chi.decides(other, "hold", reason="Lệnh của tòa án.", review_at=in_days(desk, 5)).ok()
    assert len(an.ticket(number)["warnings"]) == 1
    desk.advance("P9D")
    assert (an.ticket(number)["status"], an.ticket(number)["is_stopped"]) == ("in_review", True)
    assert lan.account().ok()["status"] == "active"
    assert an.decides(number, "approve").code == "on_hold"
    chi.decides(number, "release").ok()
    an.approves(number)


def test_admins_are_told_once_that_a_hold_s_review_date_has_come(desk: Desk) -> None:
    lan, chi = desk.customer(), desk.admin()
    number = lan.asks_to_close()
    chi.decides(number, "hold", reason="Đang có tranh chấp.", review_at=in_days(desk, 2)).ok()
    assert chi.ticket(number)["warnings"] == []
    with warnings() as told:
        desk.advance("P9D")
    assert [each for each in told if number in each] == [f"Signoff (dev): hold is to be reviewed {number}"]
    assert len(chi.ticket(number)["warnings"]) == 1
    assert [each["why"] for each in chi.ticket(number)["timeline"]] == [None, None, "hold_review"]
    assert [each["what"] for each in lan.ticket(number)["timeline"]] == ["opened", "held"]


def test_admins_write_prepared_answers_and_agents_read_them(desk: Desk) -> None:
    an, chi, path = desk.agent(), desk.admin(), "/desk/canned-replies"
    replies = [{"key": "invoice", "vi": "Xin gửi số hóa đơn.", "en": "Please send the invoice's number."}]
    assert an.call("GET", path).ok() == {"version": 0, "replies": []}
    assert an.call("PUT", path, {"expected_version": 0, "replies": replies}).status == 403
    assert chi.call("PUT", path, {"expected_version": 0, "replies": replies}).ok()["version"] == 1
    late = chi.call("PUT", path, {"expected_version": 0, "replies": []})
    assert (late.status, late.code) == (409, "changed_meanwhile")
    assert an.call("GET", path).ok() == {"version": 1, "replies": replies}
    desk.fault("dynamodb", "TransactWriteItems", "after")
    chi.call("PUT", path, {"expected_version": 1, "replies": []}).ok()
    assert an.call("GET", path).ok() == {"version": 2, "replies": []}
