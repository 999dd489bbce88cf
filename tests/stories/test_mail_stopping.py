"""Stopping is easier than closing (rule 10): from any standing, at a signed address or in a fresh letter."""

import itertools
from collections.abc import Callable

import pytest

from tests.stories.letters import (
    ALONE,
    CLOSE,
    Mailbox,
    beside,
    code_in,
    customer_by_mail,
    has_code,
    link_in,
    mailbox_of,
    new_customer,
    stop_code_in,
    stranger,
    types,
    wrong,
)
from tests.stories.people import Desk, Json

STANDINGS: list[Json] = [{"dmarc": "PASS"}, {"dmarc": "GRAY"}, {"dmarc": ""}, {"dmarc": "FAIL"}]
OTHERS = [
    ("Rút yêu cầu", STANDINGS[0]), ("rut yeu cau.", STANDINGS[3]), ("Không phải tôi!", STANDINGS[1]),
    ("stop", STANDINGS[2]),
]  # fmt: skip


def proved_by(desk: Desk, john: Mailbox) -> Json:
    """The code's mail of a request that its owner has proved since."""
    john.writes(CLOSE)
    mail = john.mails()[-1]
    john.replies(mail, code_in(mail))
    assert desk.agent().ticket(john.ticket())["status"] == "in_review"
    return mail


@pytest.mark.parametrize(("word", "how"), [*itertools.product(["WITHDRAW", "NOT ME"], STANDINGS), *OTHERS])
def test_a_stop_at_the_codes_signed_address_at_least_pauses(desk: Desk, word: str, how: Json) -> None:
    john = customer_by_mail(desk)
    mail = proved_by(desk, john)
    number = john.ticket()
    desk.agent().approves(number)
    john.replies(mail, word, how=how)
    ticket = desk.agent().ticket(number)
    withdraws = "ithdr" in word.lower() or "yêu" in word or "yeu" in word
    if withdraws and how["dmarc"] == "PASS":
        assert ticket["status"] == "withdrawn"
    else:
        assert (ticket["status"], ticket["is_stopped"]) == ("in_review", True)
    assert desk.agent().decides(number, "expedite").status == 409


@pytest.mark.parametrize("how", STANDINGS)
@pytest.mark.parametrize("word", ["NOT ME", "Rút yêu cầu"])
def test_a_fresh_letter_that_claims_the_address_on_file_pauses(desk: Desk, how: Json, word: str) -> None:
    john = customer_by_mail(desk)
    proved_by(desk, john)
    number = john.ticket()
    john.writes(word, subject="About my account", how=how)
    assert desk.agent().ticket(number)["is_stopped"]
    assert john.ticket() == number, "it opens no ticket of its own"
    assert "stop" in beside(desk, number)


def test_a_fresh_stop_pauses_every_account_of_the_address(desk: Desk) -> None:
    one = new_customer(desk)
    two = new_customer(desk, email=one.email)
    numbers = [one.asks_to_close(), two.asks_to_close()]
    mailbox_of(desk, one).writes("STOP", subject="Stop", how={"dmarc": "GRAY"})
    assert [desk.agent().ticket(number)["is_stopped"] for number in numbers] == [True, True]


def test_a_strangers_fresh_stop_pauses_nothing(desk: Desk) -> None:
    john, eve = customer_by_mail(desk), stranger(desk)
    proved_by(desk, john)
    eve.writes(f"NOT ME\n\nIt is about {john.ticket()}, {john.address}")
    assert not desk.agent().ticket(john.ticket())["is_stopped"]


def test_an_unproved_request_is_withdrawn_by_who_asked_and_paused_by_the_owner(desk: Desk) -> None:
    customer = new_customer(desk)
    agent, john, eve = desk.agent(), mailbox_of(desk, customer), stranger(desk)
    eve.writes(CLOSE)
    number = eve.ticket()
    agent.decides(number, "link", account_ids=[customer.account_id]).ok()
    agent.decides(number, "send-code").ok()
    (mail,) = john.mails()
    john.replies(mail, "WITHDRAW")
    ticket = agent.ticket(number)
    assert (ticket["status"], ticket["is_stopped"]) == ("awaiting_proof", True)
    john.replies(mail, code_in(mail))
    assert agent.ticket(number)["status"] == "awaiting_proof", "a stop uses the code up"
    eve.replies(eve.mails()[0], "WITHDRAW")
    assert agent.ticket(number)["status"] == "withdrawn"
    assert "has been withdrawn" in eve.mails()[-1]["text"]


def test_a_stop_beats_a_code_in_the_same_letter(desk: Desk) -> None:
    john = customer_by_mail(desk)
    john.writes(CLOSE)
    (mail,) = john.mails()
    john.replies(mail, f"NOT ME\n\n{code_in(mail)}")
    ticket = desk.agent().ticket(john.ticket())
    assert (ticket["status"], ticket["is_stopped"]) == ("awaiting_proof", True)


@pytest.mark.parametrize("words", ["Hủy", "Hủy yêu cầu", "Cancel", "I don't want to WITHDRAW", "Thanks.\nWITHDRAW"])
def test_words_that_could_mean_anything_never_withdraw(desk: Desk, words: str) -> None:
    john = customer_by_mail(desk)
    mail = proved_by(desk, john)
    john.replies(mail, words)
    ticket = desk.agent().ticket(john.ticket())
    assert (ticket["status"], ticket["is_stopped"]) == ("in_review", False)
    assert ticket["timeline"][-1]["what"] == "replied"


def test_quoted_stop_words_and_subjects_stop_nothing(desk: Desk) -> None:
    john = customer_by_mail(desk)
    mail = proved_by(desk, john)
    john.replies(mail, "Thank you.", subject="NOT ME")
    john.replies(mail, "> NOT ME")
    assert not desk.agent().ticket(john.ticket())["is_stopped"]


def test_not_me_mutes_requests_from_outside_for_30_days(desk_with: Callable[..., Desk]) -> None:
    desk = desk_with(**ALONE)
    john, agent = customer_by_mail(desk), desk.agent()
    john.writes(CLOSE, how={"dmarc": "GRAY"})
    (mail,) = john.mails()
    john.replies(mail, "NOT ME")
    number = john.ticket()
    john.writes(CLOSE, how={"dmarc": "GRAY"})
    assert beside(desk, number).count("joined") == 1
    desk.advance("P10D")
    assert agent.ticket(number)["status"] == "expired"

    john.writes(CLOSE, how={"dmarc": "GRAY"})
    later = agent.ticket(john.tickets()[0])
    assert later["number"] != number, "an ended ticket swallows no letter: agents see a new one"
    assert later["status"] == "awaiting_proof"
    desk.advance("P10D")
    john.writes(CLOSE, how={"dmarc": "GRAY"})
    assert [each for each in john.mails() if has_code(each)] == [mail]

    desk.advance("P11D")
    john.writes(CLOSE, how={"dmarc": "GRAY"})
    assert has_code(john.mails()[-1])
    assert john.mails()[-1]["id"] != mail["id"]


def test_who_withdrew_may_ask_again_at_once(desk: Desk) -> None:
    john = customer_by_mail(desk)
    john.writes(CLOSE)
    first = john.ticket()
    john.replies(john.mails()[0], "WITHDRAW")
    assert desk.agent().ticket(first)["status"] == "withdrawn"
    john.writes(CLOSE)
    second, _ = john.tickets()
    mail = john.mails()[-1]
    john.replies(mail, code_in(mail))
    assert desk.agent().ticket(second)["status"] == "in_review"


def test_the_stop_code_on_the_tracking_page_stops_before_proof_and_withdraws_after(desk: Desk) -> None:
    john, agent = customer_by_mail(desk), desk.agent()
    john.writes(CLOSE)
    (mail,) = john.mails()
    refused = desk.page(f"{link_in(mail)}/stop", {"stop_code": wrong(stop_code_in(mail))})
    assert refused.status == 409
    assert not agent.ticket(john.ticket())["is_stopped"]
    assert desk.page(f"{link_in(mail)}/stop", {"stop_code": stop_code_in(mail)}).status == 303
    assert agent.ticket(john.ticket())["is_stopped"]

    ann = customer_by_mail(desk)
    ann.writes(CLOSE)
    (mail,) = ann.mails()
    assert types(desk, link_in(mail), code_in(mail)).status == 303
    verified = ann.mails()[-1]
    assert desk.page(f"{link_in(verified)}/stop", {"stop_code": stop_code_in(verified).lower()}).status == 303
    assert agent.ticket(ann.ticket())["status"] == "withdrawn"
    assert "has been withdrawn" in ann.mails()[-1]["text"]


def test_an_askers_stop_code_withdraws_their_own_unproved_request(desk: Desk) -> None:
    eve = stranger(desk)
    eve.writes(CLOSE)
    (mail,) = eve.mails()
    assert desk.page(f"{link_in(mail)}/stop", {"stop_code": stop_code_in(mail)}).status == 303
    assert desk.agent().ticket(eve.ticket())["status"] == "withdrawn"


def test_once_the_erasing_has_begun_a_stop_comes_too_late(desk_with: Callable[..., Desk]) -> None:
    desk = desk_with(**ALONE)
    john, agent = customer_by_mail(desk), desk.agent()
    mail = proved_by(desk, john)
    number = john.ticket()
    agent.approves(number)
    desk.advance("P9D")
    john.replies(mail, "WITHDRAW")
    assert agent.ticket(number)["status"] == "closed"
    question, closed = john.tickets()
    assert closed == number, "the closure is found by the address that was on file"
    assert agent.ticket(question)["linked_to"] == number
