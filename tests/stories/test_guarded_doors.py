"""Ways around a guard that once stood open, each told as the story that used it."""

from collections.abc import Callable
from typing import Any

from tests.stories.letters import CLOSE, code_in, customer_by_mail, mailbox_of, new_customer, stranger
from tests.stories.people import Agent, Customer, Desk, link_in

WHO_IS_THAT = "Somebody wants to delete my account. It was not me!"
HOLD: dict[str, Any] = {"reason": "court order", "review_at": "2027-12-01T00:00:00Z"}


def _forged(desk: Desk, customer: Customer) -> str:
    """A stranger writes as the customer; the number of the ticket that waits for proof."""
    mailbox_of(desk, customer).writes(CLOSE, how={"dmarc": "GRAY"})
    return str(mailbox_of(desk, customer).ticket())


def test_a_customer_who_complains_of_a_forged_request_does_not_prove_it(desk: Desk) -> None:
    customer = new_customer(desk)
    forged = _forged(desk, customer)
    customer.opens(request=None, subject="Delete my account?", content=WHO_IS_THAT).ok(201)
    assert desk.agent().ticket(forged)["proof"] is None


def test_what_a_customer_wrote_is_kept_when_their_sign_in_proves_an_older_request(desk: Desk) -> None:
    customer = new_customer(desk)
    forged = _forged(desk, customer)
    assert customer.opens(content="Thanks for all the fish.").ok(200)["number"] == forged
    texts = [each["text"] for each in desk.agent().ticket(forged)["timeline"]]
    assert "Thanks for all the fish." in texts


def test_no_code_goes_to_an_address_that_was_changed_meanwhile(desk: Desk) -> None:
    john = customer_by_mail(desk)
    john.writes(CLOSE)
    number = john.ticket()
    (code_mail,) = john.mails()
    account = desk.agent().ticket(number)["accounts"][0]
    desk.register(account["account_id"], status=200, email="thief@thieves.example", language="en")
    desk.advance("P3D")  # the reminder would bring a fresh code
    assert desk.mails("thief@thieves.example") == []
    assert desk.page(f"{link_in(code_mail)}/code", {"code": code_in(code_mail)}).status == 409
    assert desk.agent().ticket(number)["proof"] is None


def test_automatic_approval_waits_for_an_agent_where_the_address_is_new(desk_with: Callable[..., Desk]) -> None:
    desk = desk_with(APPROVAL="automatic", COOLING_OFF="P2D")
    customer = new_customer(desk)
    assert desk.agent().ticket(customer.asks_to_close())["status"] == "scheduled"
    other = new_customer(desk)
    desk.register(other.account_id, status=200, email=f"new-{other.email}", language="en")
    assert desk.agent().ticket(other.asks_to_close())["status"] == "in_review"


def test_a_hold_outlives_the_ticket_that_brought_it(desk: Desk) -> None:
    customer, admin, agent = new_customer(desk), desk.admin(), desk.agent()
    number = customer.asks_to_close()
    admin.decides(number, "hold", **HOLD).ok()
    customer.does(number, "withdraw").ok()
    again = customer.asks_to_close()
    refused = agent.decides(again, "approve")
    assert (refused.status, refused.code) == (409, "on_hold")
    admin.decides(again, "release").ok()
    assert agent.approves(again)["status"] == "scheduled"


def test_facts_compared_with_one_account_do_not_count_for_another(desk: Desk) -> None:
    fields: dict[str, Any] = {"phone": "1", "attributes": {"last_invoice_number": "9"}}
    first, second = new_customer(desk, **fields), new_customer(desk, **fields)
    eve = stranger(desk)
    eve.writes(CLOSE)
    number = eve.ticket()
    matched = ["name", "phone", "last_invoice_number"]
    desk.agent("an").decides(number, "link", account_ids=[first.account_id]).ok()
    desk.agent("an").decides(number, "facts", matched=matched).ok()
    desk.agent("an").decides(number, "link", account_ids=[second.account_id]).ok()
    assert desk.agent("binh").decides(number, "facts", matched=matched).ok()["proof"] is None


def test_the_owners_letter_does_not_vanish_in_a_request_of_the_public_page(desk: Desk) -> None:
    john = customer_by_mail(desk)
    desk.page("/close-account", {"address": john.address, "lang": "en"})
    desk.settle()
    john.writes(CLOSE)
    number = john.ticket()
    shown = desk.agent().ticket(number)
    assert (shown["way_in"], shown["status"]) == ("mail", "awaiting_proof")
    john.replies(john.mails()[-1], code_in(john.mails()[-1]))
    assert desk.agent().ticket(number)["proof"] == "code"


def test_a_code_for_an_address_that_bounced_goes_to_agents(desk: Desk) -> None:
    john = customer_by_mail(desk, email="bounce@simulator.amazonses.com")
    for _ in range(2):  # the first one bounces, the second isn't even sent
        john.writes(CLOSE, subject="Close it")
        desk.advance("P9D")
    states = {desk.agent().ticket(number)["status"] for number in john.tickets()}
    assert "expired" not in states


def test_a_ticket_corrected_to_support_gives_the_account_free(desk: Desk) -> None:
    customer, agent = new_customer(desk), desk.agent()
    number = customer.asks_to_close()
    agent.decides(number, "correct", kind="support").ok()
    other = customer.asks_to_close()
    assert agent.decides(number, "resolve").ok()["status"] == "resolved"
    assert agent.approves(other)["status"] == "scheduled"


def test_a_closure_by_mail_that_was_a_question_for_a_while_is_its_accounts_only_closure_again(desk: Desk) -> None:
    """Rule 4. Else the next request became a second closure of the same account beside it."""
    customer, agent = new_customer(desk), desk.agent()
    john = mailbox_of(desk, customer)
    john.writes(CLOSE)
    john.replies(john.mails()[0], code_in(john.mails()[0]))
    number = john.ticket()
    for kind in ("support", "closure"):
        agent.decides(number, "correct", kind=kind).ok()
    assert customer.opens().ok(409)["number"] == number
    assert customer.does(number, "confirm").ok()["status"] == "in_review"


def test_a_ticket_linked_elsewhere_gives_its_first_account_free(desk: Desk) -> None:
    john, other = customer_by_mail(desk), new_customer(desk)
    john.writes(CLOSE)
    desk.agent().decides(john.ticket(), "link", account_ids=[other.account_id]).ok()
    account = Customer(desk=desk, account_id=desk_account(desk, john.address), email=john.address, sub="john")
    assert account.opens().status in (200, 201)


def desk_account(desk: Desk, address: str) -> str:
    """The account whose address on file this is, as another system knows it."""
    from chalicelib.accounts import store

    return str(store.with_address(address)[0].account_id)


def test_only_tickets_of_one_account_are_merged_and_the_customer_is_told(desk: Desk) -> None:
    customer, stranger_, agent = new_customer(desk), new_customer(desk), desk.agent()
    question = customer.opens(request="support", subject="A question", content="Where is my invoice?").ok(201)["number"]
    number = customer.asks_to_close()
    foreign = stranger_.asks_to_close()
    assert agent.decides(number, "merge", into=foreign).status == 404
    assert agent.decides(number, "merge", into=question).ok()["status"] == "rejected"
    assert number in customer.mails()[-1]["subject"]


def test_an_outsider_sees_nothing_of_a_closure_that_became_a_question(desk: Desk) -> None:
    eve, customer = stranger(desk), new_customer(desk)
    eve.writes(CLOSE)
    number, agent = eve.ticket(), desk.agent()
    link = link_in(eve.mails()[0])
    agent.decides(number, "link", account_ids=[customer.account_id]).ok()
    agent.decides(number, "send-code").ok()
    agent.decides(number, "correct", kind="support").ok()
    assert "code was sent" not in desk.page(link).raw.decode()


def test_agents_find_ended_tickets_by_status(desk: Desk) -> None:
    customer = new_customer(desk)
    numbers = []
    for _ in range(3):
        numbers.append(customer.asks_to_close())
        customer.does(numbers[-1], "withdraw").ok()
    agent: Agent = desk.agent()
    found: list[str] = []
    cursor = ""
    while True:
        page = agent.call("GET", f"/desk/tickets?status=withdrawn&limit=2{cursor}").ok()
        found += [each["number"] for each in page["items"]]
        if not page["next"]:
            break
        cursor = f"&cursor={page['next']}"
    assert set(numbers) <= set(found)
    assert len(found) == len(set(found))
