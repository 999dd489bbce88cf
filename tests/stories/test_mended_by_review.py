"""What a hostile reading of the desk brought to light: each story is one thing that went wrong once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from urllib.parse import quote

import boto3
import pytest

from chalicelib import clock
from chalicelib.letters import dropping
from chalicelib.notices import sending
from chalicelib.tickets import store
from chalicelib.tickets.store.letters import LetterRecord
from chalicelib.transaction import Together
from chalicelib.upkeep import sweep
from tests.stories.floods import warnings
from tests.stories.letters import (
    ALONE,
    CLOSE,
    code_in,
    has_code,
    mailbox_of,
    new_customer,
    quarantined,
    stranger,
)
from tests.stories.people import CLOSURE, Customer, Desk

FACTS = ["email", "name", "last_invoice_number"]
UNSURE = {"dmarc": "GRAY"}


def closed_by_facts(desk: Desk, customer: Customer) -> str:
    """The number of a closure that two agents proved by facts: somebody says that they lost the mailbox on file."""
    eve = stranger(desk)
    eve.writes("Please close my account. I lost the mailbox on file.")
    number = eve.ticket()
    desk.agent("an").decides(number, "link", account_ids=[customer.account_id]).ok()
    for agent in ("an", "binh"):
        desk.agent(agent).decides(number, "facts", matched=FACTS).ok()
    assert desk.agent().ticket(number)["proof"] == "facts"
    return number


# ── what people may send ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("review_at", ["9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00"])
def test_a_time_that_no_calendar_holds_is_a_wrong_field(desk: Desk, review_at: str) -> None:
    lan = desk.customer(has_data=False)
    refused = desk.admin().decides(lan.asks_to_close(), "hold", reason="x", review_at=review_at)
    assert (refused.status, refused.code) == (400, "bad_input")
    assert [each["name"] for each in refused.body["fields"]] == ["review_at"]


def test_a_hold_is_reviewed_within_five_years(desk: Desk) -> None:
    lan, chi = desk.customer(has_data=False), desk.admin()
    number = lan.asks_to_close()
    far = (desk.cloud.now() + timedelta(days=5 * 366 + 1)).isoformat()
    refused = chi.decides(number, "hold", reason="A court's order.", review_at=far)
    assert (refused.status, refused.body["fields"][0]["name"]) == (400, "review_at")
    near = (desk.cloud.now() + timedelta(days=4 * 365)).isoformat()
    chi.decides(number, "hold", reason="A court's order.", review_at=near).ok()


def test_the_same_call_of_another_system_with_the_same_key_makes_one_ticket(desk: Desk) -> None:
    lan, crm = new_customer(desk), desk.token(sub="crm", scope="tickets:write")
    for request in ("support", "account_closure"):
        body = CLOSURE | {"request": request, "account_id": lan.account_id}
        first, again = (
            desk.call("POST", "/tickets", body, token=crm, Idempotency_Key=f"{lan.account_id}-{request}")
            for _ in range(2)
        )
        assert (first.status, again.status) == (201, 201)
        assert again.body == first.body
        assert again.headers["Location"] == first.headers["Location"]
    changed = desk.call(
        "POST", "/tickets", CLOSURE | {"account_id": lan.account_id, "subject": "Other"}, token=crm,
        Idempotency_Key=f"{lan.account_id}-support",
    )  # fmt: skip
    assert changed.status == 422


def test_a_repeat_of_the_call_that_proved_an_older_ticket_is_answered_as_the_first_time(desk: Desk) -> None:
    john = new_customer(desk)
    mailbox_of(desk, john).writes(CLOSE, how=UNSURE)
    first, again = (john.call("POST", "/tickets", CLOSURE, Idempotency_Key="once") for _ in range(2))
    assert (first.status, again.status) == (200, 200)
    assert again.body["number"] == first.body["number"]


# ── what agents may do ───────────────────────────────────────────────────────────────────────────────────────


def test_a_quarantined_letter_whose_raw_bytes_are_gone_is_not_found(desk: Desk) -> None:
    eve = stranger(desk)
    ses_id = eve.writes(CLOSE, how={"spam": "FAIL"})
    boto3.client("s3").delete_object(Bucket=desk.table("LETTERS_BUCKET"), Key=f"raw/{ses_id}")
    assert desk.agent().call("POST", f"/desk/quarantine/{ses_id}/release").status == 404
    assert eve.tickets() == []


def test_an_agent_links_no_ticket_to_their_own_account(desk: Desk) -> None:
    lan, eve = desk.customer(has_data=False), stranger(desk)
    eve.writes(CLOSE)
    refused = desk.agent("an", account_id=lan.account_id).decides(eve.ticket(), "link", account_ids=[lan.account_id])
    assert (refused.status, refused.code) == (403, "own_account")


def test_an_agent_opens_no_request_for_their_own_account(desk: Desk) -> None:
    lan = desk.customer(has_data=False)
    asked = {"subject": "By phone", "content": "They want it closed.", "account_id": lan.account_id}
    refused = desk.agent("an", account_id=lan.account_id).call("POST", "/desk/tickets", asked)
    assert (refused.status, refused.code) == (403, "own_account")
    assert lan.mails() == []


# ── the owner comes back ─────────────────────────────────────────────────────────────────────────────────────


def test_an_owner_who_lists_their_tickets_many_times_at_once_stops_a_closing_by_facts_once(desk: Desk) -> None:
    lan = desk.customer(has_data=False, attributes={"last_invoice_number": "1"})
    number = closed_by_facts(desk, lan)
    token = lan.token()
    with ThreadPoolExecutor(6) as calls:
        answers = list(calls.map(lambda _: desk.call("GET", "/tickets", token=token).status, range(6)))
    assert answers == [200] * 6
    assert desk.agent().timeline(number).count("stopped") == 1


def test_an_owner_who_opens_the_ticket_stops_its_closing_by_facts(desk: Desk) -> None:
    lan = desk.customer(has_data=False, attributes={"last_invoice_number": "1"})
    number = closed_by_facts(desk, lan)
    assert lan.ticket(number)["next"]["code"]
    assert desk.agent().ticket(number)["is_stopped"]


# ── whom mails reach ─────────────────────────────────────────────────────────────────────────────────────────


def test_an_address_that_was_just_replaced_is_told_to_the_end_and_forgotten_then(desk: Desk) -> None:
    before = new_customer(desk)
    new = f"new.{before.email}"
    desk.register(before.account_id, status=200, email=new, language="en")
    john = Customer(desk=desk, account_id=before.account_id, email=new, sub=before.sub)
    number = john.asks_to_close()
    desk.agent().approves(number)
    desk.advance("P9D")
    assert desk.agent().ticket(number)["status"] == "closed"
    assert [mail["subject"] for mail in desk.mails(before.email)] == [mail["subject"] for mail in desk.mails(new)]
    assert desk.contacts(number) == []


def test_a_replaced_address_is_told_first_for_after_the_other_mail_nothing_of_the_notice_is_looked_at(
    desk: Desk,
) -> None:
    before = new_customer(desk)
    new = f"new.{before.email}"
    desk.register(before.account_id, status=200, email=new, language="en")
    john = Customer(desk=desk, account_id=before.account_id, email=new, sub=before.sub)
    desk.fault("sesv2", "SendEmail", "before", times=1_000)
    number = john.asks_to_close()
    desk.settle()
    assert {item["sk"]["S"] for item in desk.items(number) if item["sk"]["S"].startswith("notice#")} == {
        "notice#000001#received#owner#previous"
    }
    desk.no_more_faults()
    sending.send_due(number)
    assert len(desk.mails(before.email)) == len(desk.mails(new)) == 1


def test_who_asks_to_hurry_again_and_again_gets_one_code_in_a_quarter_of_an_hour(desk: Desk) -> None:
    john = new_customer(desk)
    number = john.asks_to_close()
    desk.agent().approves(number)
    before = len(john.mails())
    assert {john.does(number, "expedite", {}).status for _ in range(5)} == {200}
    assert len(john.mails()) == before + 1
    desk.advance("PT16M")
    john.does(number, "expedite", {}).ok()
    mails = john.mails()
    assert len(mails) == before + 2
    assert has_code(mails[-1])
    john.does(number, "expedite", {"code": code_in(mails[-1])}).ok()


def test_the_reminder_before_the_end_comes_whatever_else_happened_to_the_ticket(
    desk_with: Callable[..., Desk],
) -> None:
    desk = desk_with(**ALONE)
    john, an = new_customer(desk), desk.agent()
    number = john.asks_to_close()
    closes_at = datetime.fromisoformat(an.approves(number)["closes_at"])
    remind_at = closes_at - timedelta(days=2)
    desk.advance(f"PT{int((remind_at - desk.cloud.now()).total_seconds()) + 1}S")
    an.decides(number, "notes", text="Written just before the sweep.").ok()
    desk.advance("PT2H")
    assert [kind for kind, _ in john.notices(number)].count("reminder_cooling_off") == 1


# ── letters that come late ───────────────────────────────────────────────────────────────────────────────────


def test_the_clock_of_a_released_letter_runs_since_it_came_and_its_asker_has_the_whole_time_to_prove(
    desk_with: Callable[..., Desk],
) -> None:
    desk = desk_with(**ALONE)
    john, agent = new_customer(desk), desk.agent()
    ses_id = mailbox_of(desk, john).writes(CLOSE, how={"spam": "FAIL"})
    held = quarantined(desk, ses_id)
    assert held is not None
    desk.advance("P5D")
    released_at = desk.cloud.now()
    agent.call("POST", f"/desk/quarantine/{ses_id}/release").ok()
    ticket = agent.ticket(mailbox_of(desk, john).ticket())
    assert ticket["opened_at"] == held["at"]
    assert datetime.fromisoformat(ticket["due_at"]) < released_at + timedelta(days=28)
    assert datetime.fromisoformat(ticket["answer_by"]) <= datetime.fromisoformat(str(held["answer_by"]))
    assert datetime.fromisoformat(ticket["timeline"][0]["at"]) >= released_at
    desk.advance("P3D")
    assert agent.ticket(ticket["number"])["status"] == "awaiting_proof"
    desk.advance("P5D")
    assert agent.ticket(ticket["number"])["status"] == "expired"


def test_the_quarantine_lists_what_waits_and_what_goes_by_itself_in_one_order(desk: Desk) -> None:
    eve = stranger(desk)
    ids = [
        eve.writes(CLOSE, how={"spam": "FAIL"}),
        eve.writes(CLOSE, Precedence="bulk"),
        eve.writes(CLOSE, how={"spam": "FAIL"}),
        eve.writes(CLOSE, Precedence="bulk"),
    ]
    listed: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = desk.agent().call("GET", f"/desk/quarantine?limit=1{cursor and '&cursor=' + quote(cursor)}").ok()
        listed += [each["id"] for each in page["items"]]
        cursor = page["next"]
    assert [each for each in listed if each in ids] == ids
    assert len(listed) == len(set(listed))


class Context:
    """What Lambda tells a function of the time it has left."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return self._seconds * 1_000


def test_old_letters_are_dropped_after_the_tickets_and_only_while_there_is_time(desk: Desk) -> None:
    old = clock.now() - dropping.KEPT_FOR - timedelta(hours=1)
    for name, goes in (("old-bulk", True), ("old-spam", False)):
        together = Together()
        record = LetterRecord(
            id=name, key=f"raw/{name}", at=old, cause="bulk" if goes else "spam", standing="suspect", shown={}
        )
        store.letters.in_quarantine(together, record, ticket=None, goes=goes)
        store.commit(together)
    assert [each.data["id"] for each in store.letters.going_before(old + timedelta(minutes=1))] == ["old-bulk"]
    assert sweep.sweep({}, Context(seconds=15))["looked_at"] == 0
    assert quarantined(desk, "old-bulk")
    sweep.sweep({}, Context(seconds=40))
    assert not quarantined(desk, "old-bulk")
    assert quarantined(desk, "old-spam")


# ── what operators learn ─────────────────────────────────────────────────────────────────────────────────────


def test_operators_are_told_once_an_hour_that_the_public_page_lets_no_more_requests_in(
    desk_with: Callable[..., Desk],
) -> None:
    desk = desk_with(ACKS_PER_HOUR="1")
    with warnings() as told:
        for name in ("a", "b", "c"):
            assert desk.page("/close-account", {"address": f"{name}@somewhere.example"}).status == 303
        desk.settle()
    assert len([each for each in told if "public page" in each]) == 1


def test_the_brake_tells_since_when_it_is_on_however_many_closures_meet_it(desk_with: Callable[..., Desk]) -> None:
    desk = desk_with(CLOSURES_PER_HOUR="1")
    chi = desk.admin()
    people = [new_customer(desk) for _ in range(2)]
    for each in people:
        chi.erases_now(each, each.asks_to_close())
    since = chi.call("GET", "/desk/brake").ok()["since"]
    assert since
    desk.advance("PT40M")
    late = new_customer(desk)
    number = late.asks_to_close()
    chi.erases_now(late, number)
    assert chi.ticket(number)["status"] == "scheduled"
    assert chi.call("GET", "/desk/brake").ok()["since"] == since
