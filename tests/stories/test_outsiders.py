"""Rule 8: an outsider can't tell whether an account exists, by any way in; and the public page, which shows it best."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.core.botocore_stubber import BotocoreStubber

from infra.local.functions import running
from infra.local.seams import replaced
from tests.stories.letters import code_in, new_customer, stranger
from tests.stories.people import Desk, Json, link_in

_VARIES = re.compile(
    r"SO-[0-9A-Z]{6}|so-[0-9a-z]{6}\.[a-z2-7]+|\d{4}-\d\d-\d\dT[0-9:.]+Z?"
    r"|[0-9a-f]{8}-[0-9a-f-]{27}|[BCGHKMNPQRTVXZ2-9]{4}-[BCGHKMNPQRTVXZ2-9]{4}|\d\d:\d\d"
)


def _same(text: str) -> str:
    """The text without numbers of tickets, tokens, times and ids of requests."""
    return _VARIES.sub("…", text)


@contextmanager
def aws_calls() -> Iterator[list[str]]:
    """The calls to AWS that the API makes meanwhile, in order."""
    made: list[str] = []

    def counting(answer: Any) -> Any:
        def __call__(stubber: BotocoreStubber, event_name: str, request: Any, **given: Any) -> Any:  # noqa: N807
            if "APIHandler" in (running.get() or ""):
                made.append(event_name)
            return answer(stubber, event_name, request, **given)

        return __call__

    with replaced(BotocoreStubber, "__call__", counting):
        yield made


def _asks_publicly(desk: Desk, address: str) -> Any:
    return desk.page("/close-account", {"address": address, "lang": "en"})


def test_the_public_page_answers_alike_with_as_many_calls(desk: Desk) -> None:
    known = new_customer(desk).email
    _asks_publicly(desk, "first@of-all.example")  # who comes first has the keys read
    desk.settle()
    seen = []
    for address in (known, "nobody@nowhere.example", known, "nobody@nowhere.example"):
        with aws_calls() as made:
            answer = _asks_publicly(desk, address)
            count = len(made)
        desk.settle()
        page = desk.page(answer.headers["Location"].replace("\n", ""))
        headers = {name: _same(value) for name, value in answer.headers.items() if name != "Date"}
        seen.append((answer.status, headers, _same(answer.raw.decode()), _same(page.raw.decode()), count))
    assert seen[0] == seen[1], "the first time"
    assert seen[2] == seen[3], "and again"
    assert len(desk.mails(known)) == 1
    assert desk.mails("nobody@nowhere.example") == []


def test_a_request_of_the_public_page_becomes_a_ticket_by_its_code(desk: Desk) -> None:
    customer = new_customer(desk, has_data=True)
    _asks_publicly(desk, customer.email)
    agent = desk.agent()
    (mail,) = desk.mails(customer.email)
    number = re.search(r"SO-[0-9A-Z]{6}", mail["subject"])
    assert number
    listed = [each["number"] for each in agent.call("GET", "/desk/tickets?status=awaiting_proof").ok()["items"]]
    assert number[0] not in listed, "nobody's queue fills with what nobody proved"
    opened_at = agent.ticket(number[0])["opened_at"]
    desk.advance("PT2H")
    assert desk.page(f"{link_in(mail)}/code", {"code": code_in(mail)}).status == 303
    proved = agent.ticket(number[0])
    assert (proved["status"], proved["proof"], proved["opened_at"]) == ("in_review", "code", opened_at)
    listed = [each["number"] for each in agent.call("GET", "/desk/tickets?status=in_review&limit=100").ok()["items"]]
    assert number[0] in listed


def test_a_public_request_that_nobody_proves_goes_in_silence(desk: Desk) -> None:
    customer = new_customer(desk)
    _asks_publicly(desk, customer.email)
    (mail,) = desk.mails(customer.email)
    desk.advance("P2D")
    assert len(desk.mails(customer.email)) == 1
    assert desk.page(f"{link_in(mail)}/code", {"code": code_in(mail)}).status == 404
    assert desk.page(link_in(mail)).status == 404, "nothing of it is kept"


def test_a_public_request_whose_code_reaches_nobody_goes_all_the_same(desk: Desk) -> None:
    customer = new_customer(desk, email="bounce+public@simulator.amazonses.com")
    _asks_publicly(desk, customer.email)
    (mail,) = desk.mails(customer.email)
    desk.advance("P2D")
    assert desk.page(link_in(mail)).status == 404, "nothing of it is kept"


def test_not_me_mutes_the_public_page_for_thirty_days(desk: Desk) -> None:
    customer = new_customer(desk)
    _asks_publicly(desk, customer.email)
    (mail,) = desk.mails(customer.email)
    stop = re.search(r"stop code ([A-Z2-9]{4}-[A-Z2-9]{4})", mail["text"])
    assert stop
    assert desk.page(f"{link_in(mail)}/stop", {"stop_code": stop[1]}).status == 303
    desk.advance("P9D")
    _asks_publicly(desk, customer.email)
    assert len(desk.mails(customer.email)) == 1
    desk.advance("P23D")
    _asks_publicly(desk, customer.email)
    assert len(desk.mails(customer.email)) == 2


def test_a_bad_address_is_told_with_what_was_typed(desk: Desk) -> None:
    for bad in ("", "nobody", "a@b@c.example", "x@y.example\r\nBcc: z@y.example", '"><script>@y.example'):
        answer = desk.page("/close-account", {"address": bad, "lang": "en"})
        assert answer.status == 400
        assert "Please give one mail address" in answer.raw.decode()
        assert "<script>" not in answer.raw.decode()


def _by_system(desk: Desk, account_id: str) -> Json:
    body = {
        "product": "other", "category": "technical_support", "subject": "Close", "content": "By phone",
        "request": "account_closure", "account_id": account_id, "language": "en",
    }  # fmt: skip
    with aws_calls() as made:
        answer = desk.system("POST", "/tickets", body, scope="tickets:write")
        count = len(made)
    desk.settle()
    return {"status": answer.status, "body": _same(answer.raw.decode()), "calls": count}


def test_another_system_learns_nothing_of_an_account(desk: Desk) -> None:
    known = new_customer(desk).account_id
    _by_system(desk, "acc-first-of-all")
    for turn in ("first", "again"):
        assert _by_system(desk, known) == _by_system(desk, "acc-not-there"), turn


def test_a_stranger_who_writes_gets_the_same_answer_whether_the_named_account_exists(desk: Desk) -> None:
    known = new_customer(desk)
    told = []
    for named in (known.account_id, "acc-9999", known.email):
        eve = stranger(desk)
        eve.writes(f"Please close my account {named}.")
        (mail,) = eve.mails()
        page = desk.page(link_in(mail)).raw.decode()
        told.append((_same(mail["subject"]), _same(mail["text"]), _same(page)))
    assert told[0] == told[1] == told[2]
    assert desk.mails(known.email) == []


def test_an_unproved_ticket_looks_alike_whatever_happens_inside(desk: Desk) -> None:
    agent = desk.agent()
    pages = []
    for what in ("nothing", "noted", "rejected", "linked"):
        eve = stranger(desk)
        eve.writes("Please close my account.")
        number = eve.ticket()
        if what == "noted":
            agent.decides(number, "notes", text="looks odd").ok()
        elif what == "rejected":
            agent.decides(number, "reject", reason_code="fraud_suspected").ok()
        elif what == "linked":
            agent.decides(number, "link", account_ids=[new_customer(desk).account_id]).ok()
        pages.append(_same(desk.page(link_in(eve.mails()[0])).raw.decode()))
    assert pages[0] == pages[1] == pages[3]
    assert "Verification expired" in pages[2]
    assert "fraud" not in pages[2]
