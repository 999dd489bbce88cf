"""Opening tickets: once each, by whom it may be, and with every wrong field told at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from tests.stories.people import CLOSURE, QUESTION, Answer, Customer, Desk

IN_ENGLISH = {"Accept_Language": "en"}


def test_a_second_request_is_refused_and_names_the_first(desk: Desk) -> None:
    lan = desk.customer()
    number = lan.asks_to_close()
    again = lan.opens(subject="Xóa tài khoản ngay")
    assert (again.status, again.code, again.body["number"]) == (409, "closure_already_open", number)
    assert lan.tickets() == [number]
    lan.does(number, "withdraw").ok()
    assert lan.asks_to_close() != number


def test_a_question_may_stand_beside_an_open_closure(desk: Desk) -> None:
    lan = desk.customer()
    closure, question = lan.asks_to_close(), lan.opens(**QUESTION).ok(201)["number"]
    assert lan.tickets() == [question, closure]


def test_the_same_idempotency_key_gives_the_same_answer_byte_by_byte(desk: Desk) -> None:
    lan = desk.customer()
    first = lan.call("POST", "/tickets", CLOSURE, Idempotency_Key="one-and-only")
    desk.agent().approves(first.ok(201)["number"])
    again = lan.call("POST", "/tickets", CLOSURE, Idempotency_Key="one-and-only")
    assert (again.status, again.raw) == (201, first.raw)
    assert again.headers["Location"] == first.headers["Location"]
    assert [kind for kind, _ in lan.notices(first.body["number"])] == ["received", "scheduled"]


def test_the_same_key_with_another_body_is_refused(desk: Desk) -> None:
    lan = desk.customer()
    lan.call("POST", "/tickets", QUESTION, Idempotency_Key="k1").ok(201)
    other = lan.call("POST", "/tickets", QUESTION | {"subject": "Khác"}, Idempotency_Key="k1")
    assert (other.status, other.code) == (422, "idempotency_key_used_differently")
    assert len(lan.tickets()) == 1


def test_a_key_is_each_customer_s_own_and_is_forgotten_after_a_day(desk: Desk) -> None:
    lan, minh = desk.customer(), desk.customer()
    first = lan.call("POST", "/tickets", QUESTION, Idempotency_Key="k1").ok(201)["number"]
    assert minh.call("POST", "/tickets", QUESTION, Idempotency_Key="k1").ok(201)["number"] != first
    desk.advance("P1DT1M")
    assert lan.call("POST", "/tickets", QUESTION, Idempotency_Key="k1").ok(201)["number"] != first


def at_once(times: int, customer: Customer, **headers: str) -> list[Answer]:
    token = customer.token()

    def ask(_: int) -> Answer:
        return customer.desk.call("POST", "/tickets", CLOSURE, token=token, **headers)

    with ThreadPoolExecutor(max_workers=times) as crowd:
        return list(crowd.map(ask, range(times)))


def test_fifty_requests_in_the_same_instant_make_one_ticket(desk: Desk) -> None:
    lan = desk.customer()
    answers = at_once(50, lan)
    assert sorted(each.status for each in answers) == [201] + [409] * 49
    (made,) = [each.body["number"] for each in answers if each.status == 201]
    assert {each.body["number"] for each in answers} == {made}
    assert lan.tickets() == [made]
    assert len(lan.mails()) == 1


def test_the_same_key_twenty_times_in_the_same_instant_is_one_answer(desk: Desk) -> None:
    lan = desk.customer()
    answers = at_once(20, lan, Idempotency_Key="impatient")
    assert {(each.status, each.raw) for each in answers} == {(201, answers[0].raw)}
    assert len(lan.tickets()) == 1


def test_the_eleventh_ticket_of_a_day_waits_until_tomorrow(desk: Desk) -> None:
    lan = desk.customer()
    for _ in range(10):
        lan.opens(**QUESTION).ok(201)
    refused = lan.opens(**QUESTION)
    assert (refused.status, refused.code) == (429, "too_many")
    now = datetime.fromisoformat(desk.panel("GET", "/clock")["now"])
    seconds_left = 86_400 - (now.hour * 3600 + now.minute * 60 + now.second)
    assert abs(_seconds(refused.headers["Retry-After"], now) - seconds_left) <= 5
    desk.advance("P1D")
    lan.opens(**QUESTION).ok(201)


def _seconds(retry_after: str, now: datetime) -> float:
    """RFC 9110 allows seconds or a date."""
    if retry_after.isdecimal():
        return int(retry_after)
    return (parsedate_to_datetime(retry_after) - now).total_seconds()


def test_an_open_closure_is_told_before_the_day_s_budget(desk: Desk) -> None:
    lan = desk.customer()
    number = lan.asks_to_close()
    for _ in range(9):
        lan.opens(**QUESTION).ok(201)
    assert lan.opens(**QUESTION).status == 429
    again = lan.opens()
    assert (again.status, again.body["number"]) == (409, number)


def test_an_old_sign_in_must_be_done_again_before_a_closure(desk: Desk) -> None:
    lan = desk.customer()
    old = lan.token(auth_age_s=16 * 60)
    refused = desk.call("POST", "/tickets", CLOSURE, token=old)
    assert (refused.status, refused.code) == (401, "sign_in_again")
    challenge = refused.headers["WWW-Authenticate"]
    assert "insufficient_user_authentication" in challenge
    assert "max_age" in challenge
    assert lan.tickets() == []
    desk.call("POST", "/tickets", QUESTION, token=old).ok(201)
    desk.call("POST", "/tickets", CLOSURE, token=lan.token(auth_age_s=14 * 60)).ok(201)


def test_an_old_sign_in_cannot_confirm_either(desk: Desk) -> None:
    lan = desk.customer()
    number = lan.asks_to_close(request=None)
    refused = desk.call("POST", f"/tickets/{number}/confirm", token=lan.token(auth_age_s=3600))
    assert (refused.status, refused.code) == (401, "sign_in_again")
    assert lan.ticket(number)["status"] == "received"


def by_another_system(customer: Customer, **changed: Any) -> Answer:
    body = {name: value for name, value in CLOSURE.items() if name != "request"}
    body |= {"account_id": customer.account_id, **changed}
    return customer.desk.system("POST", "/tickets", body, scope="tickets:write")


def test_a_sign_in_proves_an_older_ticket_that_waited_for_proof(desk: Desk) -> None:
    lan = desk.customer()
    waiting = by_another_system(lan).ok(201)
    number = waiting["number"]
    assert (waiting["status"], waiting["next"]["code"]) == ("awaiting_proof", "type_code")
    proved = lan.opens()
    assert (proved.status, proved.body["number"], proved.body["status"]) == (200, number, "in_review")
    assert [kind for kind, _ in lan.notices(number)] == ["code", "verified"]
    assert lan.tickets() == [number]


def test_another_system_learns_nothing_of_an_account_that_is_not_there(desk: Desk) -> None:
    there, nobody = desk.customer(), desk.customer(has_data=False)
    nobody = Customer(desk=desk, account_id="acc-nobody", email=nobody.email, sub="nobody")
    one, other = by_another_system(there).ok(201), by_another_system(nobody).ok(201)
    told = ("kind", "status", "status_name", "version", "language", "subject", "notices", "ended_at")
    assert {name: one[name] for name in told} == {name: other[name] for name in told}
    assert one["next"]["text"] == other["next"]["text"]
    assert [each["what"] for each in one["timeline"]] == [each["what"] for each in other["timeline"]]
    assert nobody.mails() == []


def test_a_second_request_by_another_system_joins_the_code_that_lives(desk: Desk) -> None:
    lan = desk.customer()
    number = by_another_system(lan).ok(201)["number"]
    again = by_another_system(lan)
    assert (again.status, again.body["number"]) == (409, number)
    assert len(lan.mails()) == 1


def test_every_wrong_field_is_told_at_once_and_nothing_is_stored(desk: Desk) -> None:
    lan = desk.customer()
    desk.settle()
    before = desk.state()
    wrong = {"product": "moon", "subject": " ", "content": "x" * 20_001, "request": "now", "language": "fr", "y": 1}
    refused = lan.call("POST", "/tickets", wrong)
    assert (refused.status, refused.code) == (400, "bad_input")
    assert refused.headers["Content-Type"] == "application/problem+json"
    named = {each["name"] for each in refused.body["fields"]}
    assert named == {"product", "category", "subject", "content", "request", "language", "y"}
    assert refused.body.keys() >= {"type", "title", "status", "code", "detail", "fields"}
    for body in (b"{", b"[]", b'"x"', b"\xff", b'{"product": "other", "product": "other"}'):
        assert 400 <= lan.call("POST", "/tickets", body).status < 500, body
    desk.settle()
    assert desk.state() == before


def test_an_account_s_wrong_fields_are_told_at_once_too(desk: Desk) -> None:
    before = desk.state()
    refused = desk.system("PUT", "/accounts/acc-wrong", {"email": "no", "country": "Vietnam", "language": "x", "z": 1})
    assert refused.status == 400
    assert {each["name"] for each in refused.body["fields"]} == {"email", "country", "language", "z"}
    assert desk.system("PUT", "/accounts/acc%20wrong", {"email": "a@b.example"}).status == 404
    assert desk.state() == before


def test_somebody_else_s_ticket_is_as_if_it_were_not_there(desk: Desk) -> None:
    lan, minh = desk.customer(), desk.customer()
    number = lan.asks_to_close()
    nowhere = minh.call("GET", "/tickets/SO-222222", **IN_ENGLISH)
    for method, path, body in (
        ("GET", "", None),
        ("POST", "/withdraw", None),
        ("POST", "/confirm", None),
        ("POST", "/expedite", {}),
        ("POST", "/replies", {"text": "x"}),
    ):
        answer = minh.call(method, f"/tickets/{number}{path}", body, **IN_ENGLISH)
        assert answer.status == 404, path
        assert answer.body["detail"] == nowhere.body["detail"]
    assert lan.ticket(number)["version"] == 1


def test_a_token_that_does_not_hold_is_401_whatever_the_body(desk: Desk) -> None:
    lan = desk.customer()
    good = lan.token()
    head, claims, signature = good.split(".")
    forged = f"{head}.{claims}.{signature[:-8]}AAAAAAAA"
    unsigned = f"eyJhbGciOiJub25lIn0.{claims}."
    others = lan.token(aud="another"), lan.token(iss="https://evil.example"), lan.token(expires_in_s=-120)
    for token in (forged, unsigned, "nonsense", *others):
        for body in (CLOSURE, {"wrong": True}):
            answer = desk.call("POST", "/tickets", body, token=token)
            assert (answer.status, answer.code) == (401, "not_signed_in")
    assert desk.call("POST", "/tickets", CLOSURE).status == 401
    assert lan.tickets() == []


def test_a_token_that_has_expired_meanwhile_is_401(desk: Desk) -> None:
    lan = desk.customer()
    token = lan.token(expires_in_s=3600)
    desk.call("GET", "/tickets", token=token).ok()
    desk.advance("PT2H")
    assert desk.call("GET", "/tickets", token=token).status == 401


def test_every_desk_call_refuses_a_customer_before_it_reads_anything(desk: Desk) -> None:
    lan = desk.customer()
    number = lan.asks_to_close()
    described = desk.call("GET", "/openapi.json").ok()["paths"]
    calls = [(method.upper(), path) for path, ways in described.items() for method in ways if path.startswith("/desk")]
    assert len(calls) > 20
    for method, path in calls:
        answer = lan.call(method, path.replace("{id}", number), {} if method != "GET" else None)
        assert (answer.status, answer.code) == (403, "not_allowed"), (method, path)


def test_an_agent_is_not_an_admin_and_no_other_system(desk: Desk) -> None:
    lan, an = desk.customer(), desk.agent()
    number = lan.asks_to_close()
    at = "2099-01-01T00:00:00Z"
    assert an.decides(number, "hold", reason="x", review_at=at).status == 403
    assert an.call("POST", "/desk/brake", {"released": True}).status == 403
    assert an.call("PUT", f"/accounts/{lan.account_id}", {"email": "x@y.example"}).status == 403
    assert an.call("POST", "/tickets", CLOSURE).status == 403


def test_a_list_is_read_page_by_page(desk: Desk) -> None:
    lan = desk.customer()
    made = [lan.opens(**QUESTION).ok(201)["number"] for _ in range(5)]
    seen: list[str] = []
    cursor = ""
    while True:
        page = lan.call("GET", f"/tickets?limit=2{cursor}").ok()
        seen += [each["number"] for each in page["items"]]
        if not page["next"]:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == made[::-1]
    assert lan.call("GET", "/tickets?limit=0").status == 400
    assert desk.customer().call("GET", f"/tickets?limit=2{cursor}").status == 400
