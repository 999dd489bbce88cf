"""Closures where the company has a check of its own: what it names, what the customer learns, and silence."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest

from chalicelib.upkeep import sweep
from tests.closure.company import SECRET, Certificates, Company, Heard, certificates, company_at
from tests.stories.browsing import Browser, signed_in
from tests.stories.people import Customer, Desk

OWED = {
    "code": "unpaid_invoices",
    "kind": "blocker",
    "text": {"vi": "Thanh toán hóa đơn 17.", "en": "Pay invoice 17."},
    "url": "https://billing.example/17",
}
CREDIT = {
    "code": "remaining_credit",
    "kind": "warning",
    "text": {"vi": "Số dư sẽ mất.", "en": "Your credit is lost."},
}


@dataclass(kw_only=True)
class Billing:
    """What the company's check names, by account; `is_silent`: it answers nobody."""

    company: Company
    settings: dict[str, str]
    named: dict[str, list[Any]] = field(default_factory=dict)
    is_silent: bool = False

    def says(self, heard: Heard) -> tuple[int, bytes]:
        asked = json.loads(heard.body)
        return (503, b"") if self.is_silent else (200, json.dumps(self.named.get(asked["account_id"], [])).encode())


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def serving(certified: Certificates) -> Iterator[Billing]:
    with company_at(certified.context()) as company:
        reached = {"HOOKS_CA_FILE": str(certified.authority), "HOOKS_MAY_REACH": "127.0.0.0/8,::1/128"}
        billing = Billing(company=company, settings={"ELIGIBILITY_URL": company.url, **reached})
        company.says = billing.says
        yield billing


@pytest.fixture
def billing(serving: Billing) -> Iterator[Billing]:
    serving.named.clear()
    serving.company.heard.clear()
    yield serving
    serving.is_silent = False


def desk_of(billing: Billing, desk_with: Callable[..., Desk], **settings: str) -> Desk:
    usual = {"LOOK_AGAIN_FOR": "P1D", "CLOSURES_PER_HOUR": "1000", "KEEP_REJECTED": "P1D"}
    desk = desk_with(**{**usual, **billing.settings, **settings})
    untyped: Any = boto3
    parameters = untyped.client("ssm")
    parameters.put_parameter(Name="/signoff/dev/hooks/eligibility", Value=SECRET, Type="SecureString", Overwrite=True)
    return desk


def blocked(desk: Desk, billing: Billing) -> tuple[Customer, str]:
    lan = desk.customer()
    billing.named[lan.account_id] = [OWED, CREDIT]
    number = lan.asks_to_close()
    desk.settle()
    return lan, number


def test_a_blocker_is_told_to_the_customer_and_cleared_by_them_and_then_the_closure_goes_on(
    billing: Billing, desk_with: Callable[..., Desk]
) -> None:
    desk = desk_of(billing, desk_with)
    an, (lan, number) = desk.agent(), blocked(desk, billing)
    ticket = lan.ticket(number)
    assert (ticket["status"], ticket["next"]["code"]) == ("in_review", "blocked")
    assert [(each["code"], each["kind"], each["text"], each["url"]) for each in ticket["eligibility"]] == [
        ("unpaid_invoices", "blocker", "Thanh toán hóa đơn 17.", "https://billing.example/17"),
        ("remaining_credit", "warning", "Số dư sẽ mất.", None),
    ]
    told = lan.mails()[-1]
    assert "Thanh toán hóa đơn 17. https://billing.example/17" in told["text"]
    assert ticket["next"]["by"] == an.ticket(number)["blocked_until"]
    assert an.decides(number, "approve").code == "blocked"
    billing.named[lan.account_id] = [CREDIT]
    desk.advance("P9D")
    assert an.timeline(number) == ["opened", "blocked", "unblocked"]
    assert [each["code"] for each in lan.ticket(number)["eligibility"]] == ["remaining_credit"]
    an.approves(number)
    desk.advance("P9D")
    assert lan.ticket(number)["status"] == "closed"
    assert [kind for kind, _ in lan.notices(number)] == [
        "received", "blocked", "scheduled", "reminder_cooling_off", "closing", "closed",
    ]  # fmt: skip
    assert lan.ticket(number)["eligibility"] == []


def test_what_is_not_cleared_in_time_is_rejected_and_the_check_s_words_go_with_the_ticket(
    billing: Billing, desk_with: Callable[..., Desk]
) -> None:
    desk = desk_of(billing, desk_with)
    lan, number = blocked(desk, billing)
    assert "Pay invoice 17." in str(desk.items(number))
    desk.advance("P18D")
    ticket = lan.ticket(number)
    (end,) = [each for each in ticket["timeline"] if each["what"] == "rejected"]
    assert (ticket["status"], end["why"]) == ("rejected", "blocked")
    assert lan.account().ok()["status"] == "active"
    assert [kind for kind, _ in lan.notices(number)] == ["received", "blocked", "rejected"]
    assert "Pay invoice 17." not in str(desk.items(number))
    assert "unpaid_invoices" in str(desk.items(number))


def test_a_blocker_that_comes_during_the_cooling_off_takes_the_closure_back_before_anything_is_erased(
    billing: Billing, desk_with: Callable[..., Desk]
) -> None:
    desk = desk_of(billing, desk_with)
    lan, an = desk.customer(), desk.agent()
    number = lan.asks_to_close()
    an.approves(number)
    billing.named[lan.account_id] = [OWED]
    desk.advance("P9D")
    assert (lan.ticket(number)["status"], lan.ticket(number)["next"]["code"]) == ("in_review", "blocked")
    assert lan.account().ok()["status"] == "active"
    assert desk.holdings(lan.account_id) == {"orders": 3, "files": 3}


def test_silence_approves_nothing_and_erases_nothing(billing: Billing, desk_with: Callable[..., Desk]) -> None:
    desk = desk_of(billing, desk_with)
    lan, minh, an = desk.customer(), desk.customer(), desk.agent()
    scheduled = minh.asks_to_close()
    an.approves(scheduled)
    billing.is_silent = True
    number = lan.asks_to_close()
    refused = an.decides(number, "approve")
    assert (refused.status, refused.code) == (409, "cannot_tell")
    seen = an.ticket(number)
    assert (seen["status"], seen["cause"], len(seen["warnings"])) == ("in_review", "cannot_tell (http_503)", 1)
    assert lan.ticket(number)["next"]["code"] == "agent_decides"
    desk.advance("P9D")
    assert an.ticket(scheduled)["status"] == "in_review"
    assert minh.account().ok()["status"] == "active"
    assert [kind for kind, _ in minh.notices(scheduled)][-1] == "on_hold"
    desk.advance("PT31M")  # by now it may be asked again
    calls, patience = len(billing.company.heard), sweep.Patience()
    for each in (number, scheduled):
        sweep.look_at(each, patience)
    assert len(billing.company.heard) == calls + 1, "a sweep waits for a silent check once"
    billing.is_silent = False
    desk.advance("PT2H")
    assert an.ticket(number)["cause"] is None
    an.approves(number)
    an.approves(scheduled)


def test_the_owner_reads_what_the_check_named_before_saying_the_word_and_a_stranger_never(
    billing: Billing, desk_with: Callable[..., Desk]
) -> None:
    desk = desk_of(billing, desk_with)
    lan, an = desk.customer(), desk.agent()
    billing.named[lan.account_id] = [OWED, CREDIT]
    number = lan.asks_to_close(request=None)
    ticket = lan.ticket(number)
    assert (ticket["status"], len(ticket["eligibility"])) == ("received", 2)
    assert an.ticket(number)["timeline"][-1]["what"] == "opened"
    assert lan.does(number, "confirm").ok()["status"] == "in_review"
    assert lan.ticket(number)["next"]["code"] == "blocked"
    minh = desk.customer()
    billing.named[minh.account_id] = [OWED]
    said = {"subject": "Hủy tài khoản", "content": "Xin hủy.", "account_id": minh.account_id}
    by_phone = an.call("POST", "/desk/tickets", said).ok(201)["number"]
    desk.advance("PT2H")
    assert minh.account_id not in str([json.loads(each.body) for each in billing.company.heard])
    assert an.ticket(by_phone)["eligibility"] == []


def test_the_pages_name_it_before_the_word_and_to_the_owner_and_the_agents_alone(
    billing: Billing, desk_with: Callable[..., Desk]
) -> None:
    desk = desk_of(billing, desk_with)
    lan = desk.customer(language="en")
    billing.named[lan.account_id] = [OWED, CREDIT]
    browser = Browser(desk).signs_in(lan.account_id, to="/portal/close")
    assert browser.text.index("Your credit is lost.") < browser.text.index("Yes, close my account")
    assert OWED["url"] in browser.page.links
    browser.fills("/portal/close", understood="yes")
    (number,) = lan.tickets()
    desk.settle()
    page = browser.opens(f"/portal/tickets/{number}")
    assert "Pay invoice 17." in page.text
    assert "Please settle it by" in page.text
    assert "unpaid_invoices" not in page.text
    an = signed_in(desk, "an")
    assert "waits for the customer" in an.opens("/desk?status=in_review").text
    case = an.opens(f"/desk/case/{number}")
    assert "stands in the way unpaid_invoices Pay invoice 17." in case.text
    assert "The customer has time until" in case.text
    assert OWED["url"] in case.links
    minh = desk.customer()
    assert "Pay invoice 17." not in Browser(desk).signs_in(minh.account_id, to="/portal/close").text
    assert desk.cloud.permissions.refused == []


def test_a_silent_check_hinders_no_page_and_agents_read_that_it_can_t_tell(
    billing: Billing, desk_with: Callable[..., Desk]
) -> None:
    desk = desk_of(billing, desk_with)
    lan = desk.customer()
    billing.is_silent = True
    browser = Browser(desk).signs_in(lan.account_id, to="/portal/close")
    assert "Good to know before" not in browser.text
    browser.fills("/portal/close", understood="yes")
    (number,) = lan.tickets()
    desk.settle()
    assert "(http_503): nobody can tell" in signed_in(desk, "an").opens(f"/desk/case/{number}").text


def test_who_only_uses_an_account_doesn_t_read_what_is_named_of_it(
    billing: Billing, desk_with: Callable[..., Desk]
) -> None:
    desk = desk_of(billing, desk_with, OWNER_CLAIM="is_owner")
    lan = desk.customer()
    billing.named[lan.account_id] = [OWED, CREDIT]
    browser = Browser(desk).signs_in(lan.account_id, to="/portal/close")
    assert browser.page.has_form("/portal/close")
    assert "unpaid" not in browser.text
    assert "invoice 17" not in browser.text
    assert billing.company.heard == []


def test_where_closures_are_let_through_they_are_scheduled_once_nothing_stands_in_the_way(
    billing: Billing, desk_with: Callable[..., Desk]
) -> None:
    desk = desk_of(billing, desk_with, APPROVAL="automatic")
    lan, number = blocked(desk, billing)
    minh = desk.customer()
    free = minh.asks_to_close()
    assert (lan.ticket(number)["status"], minh.ticket(free)["status"]) == ("in_review", "scheduled")
    billing.named[lan.account_id] = []
    desk.advance("P9D")
    assert lan.ticket(number)["status"] == "closed"
    assert desk.agent().ticket(number)["approved_by"] == "desk"
    assert desk.cloud.permissions.refused == []
