"""No letter is lost, and none counts twice (rule 7): repeats, copies, and functions that fail midway."""

from typing import Any

import pytest

from tests.stories.letters import (
    CLOSE,
    SUPPORT,
    Mailbox,
    beside,
    code_in,
    customer_by_mail,
    letter,
    stranger,
    wrong,
)
from tests.stories.people import Desk

TRANSACTION = ("dynamodb", "TransactWriteItems")
ATTEMPTS = 4  # what PynamoDB makes of one call: then the function ends, and Lambda tries it again
LAMBDA_RETRIES = 2


def event(ses_id: str, *, recipient: str = SUPPORT) -> dict[str, Any]:
    """SES's event for a letter that lies in the bucket already."""
    verdicts = {f"{name}Verdict": {"status": "PASS"} for name in ("spam", "virus", "spf", "dkim", "dmarc")}
    receipt = {"recipients": [recipient], **verdicts}
    return {"Records": [{"ses": {"mail": _mail(ses_id), "receipt": receipt}}]}


def _mail(ses_id: str) -> dict[str, Any]:
    return {"messageId": ses_id, "timestamp": "2026-11-23T02:00:00.000Z", "source": "somebody@elsewhere.example"}


def copies(desk: Desk, number: str) -> list[int]:
    return [each["copies"] for each in desk.agent().ticket(number)["letters"]]


def test_the_same_event_twice_changes_nothing(desk: Desk) -> None:
    john = customer_by_mail(desk)
    ses_id = john.writes(CLOSE)
    desk.cloud.invoke("inbound_mail", event(ses_id))
    assert len(john.mails()) == 1
    assert copies(desk, john.ticket()) == [0]


def test_the_same_letter_under_another_id_is_counted_on_the_first(desk: Desk) -> None:
    john = customer_by_mail(desk)
    raw = letter(john.address, CLOSE)
    for _ in range(3):
        desk.letter(raw)
    assert len(john.mails()) == 1
    assert copies(desk, john.ticket()) == [2]


def test_an_answer_twice_is_one_try_and_one_reply(desk: Desk) -> None:
    john = customer_by_mail(desk)
    john.writes(CLOSE)
    (mail,) = john.mails()
    reply_to = str(mail["headers"]["Reply-To"])
    raw = letter(john.address, wrong(code_in(mail)), to=reply_to)
    first = desk.letter(raw)
    desk.letter(raw)
    desk.cloud.invoke("inbound_mail", event(first, recipient=reply_to))
    assert desk.agent().timeline(john.ticket()).count("code_refused") == 1


@pytest.mark.parametrize(("kind", "times"), [("before", ATTEMPTS), ("after", 1), ("after", ATTEMPTS), ("throttle", 1)])
def test_a_new_request_survives_a_fault_midway(desk: Desk, kind: str, times: int) -> None:
    john = customer_by_mail(desk)
    _letter_under_fault(desk, letter(john.address, CLOSE), kind, times)
    assert len(john.mails()) == 1
    assert desk.agent().ticket(john.ticket())["status"] == "awaiting_proof"


@pytest.mark.parametrize(("kind", "times"), [("before", ATTEMPTS), ("after", 1), ("after", ATTEMPTS)])
def test_an_acknowledged_stranger_survives_a_fault_midway(desk: Desk, kind: str, times: int) -> None:
    eve = stranger(desk)
    _letter_under_fault(desk, letter(eve.address, CLOSE), kind, times)
    assert len(eve.mails()) == 1
    assert not desk.agent().ticket(eve.ticket())["ack_held_back"]


@pytest.mark.parametrize(("kind", "times"), [("before", ATTEMPTS), ("after", 1), ("after", ATTEMPTS)])
def test_a_code_survives_a_fault_midway(desk: Desk, kind: str, times: int) -> None:
    john = _who_waits(desk)
    (mail,) = john.mails()
    reply_to = str(mail["headers"]["Reply-To"])
    _letter_under_fault(desk, letter(john.address, code_in(mail), to=reply_to), kind, times)
    number = john.ticket()
    assert desk.agent().ticket(number)["status"] == "in_review"
    assert desk.agent().timeline(number).count("proved") == 1
    assert beside(desk, number).count("code") == 1


@pytest.mark.parametrize(("kind", "word"), [("before", "NOT ME"), ("after", "NOT ME"), ("after", "Just some words.")])
def test_a_stop_and_a_reply_survive_a_fault_midway(desk: Desk, kind: str, word: str) -> None:
    john = _who_waits(desk)
    (mail,) = john.mails()
    _letter_under_fault(desk, letter(john.address, word, to=str(mail["headers"]["Reply-To"])), kind, ATTEMPTS)
    what = "stopped" if word == "NOT ME" else "replied"
    assert desk.agent().timeline(john.ticket()).count(what) == 1


@pytest.mark.parametrize("kind", ["before", "after"])
def test_a_letter_that_cannot_be_fetched_at_first_is_taken_in_later(desk: Desk, kind: str) -> None:
    john = customer_by_mail(desk)
    given_up = desk.state()["dead_letters"]
    desk.fault("s3", "GetObject", kind, LAMBDA_RETRIES)
    john.writes(CLOSE)
    desk.no_more_faults()
    assert desk.state()["dead_letters"] == given_up
    assert len(john.mails()) == 1


def test_a_quarantined_letter_survives_a_fault_midway(desk: Desk) -> None:
    eve = stranger(desk)
    before = desk.state()["quarantine"].get("bulk", 0)
    _letter_under_fault(desk, letter(eve.address, CLOSE, Precedence="bulk"), "after", ATTEMPTS)
    assert desk.state()["quarantine"]["bulk"] == before + 1


def _who_waits(desk: Desk) -> Mailbox:
    john = customer_by_mail(desk)
    john.writes(CLOSE)
    assert len(john.mails()) == 1
    return john


def _letter_under_fault(desk: Desk, raw: bytes, kind: str, times: int) -> None:
    given_up = desk.state()["dead_letters"]
    desk.fault(*TRANSACTION, kind, times)
    desk.letter(raw)
    desk.no_more_faults()
    desk.settle()
    assert desk.state()["dead_letters"] == given_up, "no event and no place in the stream was given up"
