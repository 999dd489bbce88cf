"""Forged letters through the whole intake: none proves anything, none is answered, none is lost; honest ones pass."""

import itertools
import re
from collections.abc import Iterable

import boto3
import pytest

from tests.letters.forgeries import CLEAN, HIMSELF, NEVER_CLEAN, OURS, UNSURE, Forgery
from tests.stories.letters import (
    CLOSE,
    SUPPORT,
    Mailbox,
    answer_to,
    code_in,
    customer_by_mail,
    mailbox_of,
    new_customer,
    stranger,
)
from tests.stories.people import Desk, Json

_sent = itertools.count(1)
Sent = dict[str, tuple[Forgery, str]]
"""By SES id: what came in, and with which verdict."""


def _john(desk: Desk) -> tuple[Mailbox, Json, str]:
    """Somebody who asked to close the account by mail, the code's mail, and the ticket that waits for the code."""
    john = customer_by_mail(desk)
    john.writes(CLOSE)
    (mail,) = john.mails()
    return john, mail, john.ticket()


def _come_in(
    desk: Desk, forged: Iterable[tuple[Forgery, str]], words: str, *, owner: str, to: str = SUPPORT, answers: str = ""
) -> Sent:
    """All these letters are received, and then read."""
    more = f"In-Reply-To: {answers}\r\n".encode() if answers else b""
    found: Sent = {}
    for forgery, dmarc in forged:
        message_id = f"forged.{next(_sent)}"
        raw = forgery.letter(words, to=to, owner=owner, more=more, message_id=message_id)
        source = forgery.source.replace("john@shop.example", owner)
        found[desk.cloud.mail(raw, source=source, recipients=(to,), dmarc=dmarc)] = (forgery, dmarc)
    desk.settle()
    return found


def _recorded(desk: Desk) -> dict[str, set[str]]:
    """Every letter on record by its SES id: why it lies where it is."""
    pages = (
        boto3.client("dynamodb").get_paginator("scan").paginate(TableName=desk.table("DESK_TABLE"), ConsistentRead=True)
    )
    found: dict[str, set[str]] = {}
    for item in (item for page in pages for item in page["Items"]):
        if letter := re.fullmatch(r"letter#(.+)", (item["sk"] if item["sk"]["S"] != "letter" else item["pk"])["S"]):
            found.setdefault(letter[1], set()).add(item["cause"]["S"])
    return found


def _causes(desk: Desk, sent: Sent) -> set[str]:
    """Why the letters lie where they are. None of them is lost."""
    recorded = _recorded(desk)
    lost = [forged for ses_id, forged in sent.items() if ses_id not in recorded]
    assert not lost
    return {cause for ses_id in sent for cause in recorded[ses_id]}


def _proves_nothing(desk: Desk, number: str, mails: int) -> None:
    ticket = desk.agent().ticket(number)
    assert (ticket["status"], ticket["proof"], ticket["is_stopped"]) == ("awaiting_proof", None, False)
    assert "code_refused" not in desk.agent().timeline(number), "nor is a try spent"
    assert len(desk.cloud.outbox()) == mails, "nor is anybody answered"


def _takes_the_owners(desk: Desk, john: Mailbox, mail: Json, number: str) -> None:
    """The control: the same code in an honest letter."""
    john.replies(mail, code_in(mail))
    assert desk.agent().ticket(number)["status"] == "in_review"


def test_the_right_code_is_not_taken_from_whom_nobody_can_be_sure(desk: Desk) -> None:
    john, mail, number = _john(desk)
    forged = [(each, "PASS") for each in NEVER_CLEAN] + [(each, "GRAY") for each in NEVER_CLEAN[::4]]
    forged += [(each, "FAIL") for each in CLEAN]
    mails = len(desk.cloud.outbox())
    sent = _come_in(desk, forged, code_in(mail), owner=john.address, to=mail["headers"]["Reply-To"])
    assert len(sent) > 100
    assert _causes(desk, sent) <= {"suspect", "other_sender", "bounce"}
    _proves_nothing(desk, number, mails)
    _takes_the_owners(desk, john, mail, number)


def test_the_right_code_is_not_taken_elsewhere_from_who_is_not_sure(desk: Desk) -> None:
    john, mail, number = _john(desk)
    mails = len(desk.cloud.outbox())
    forged = [(each, dmarc) for each in CLEAN for dmarc in (*UNSURE, "FAIL")]
    forged += [(each, dmarc) for each in HIMSELF for dmarc in ("PASS", *UNSURE, "FAIL")]
    answers = mail["headers"]["Message-ID"]
    sent = _come_in(desk, forged, code_in(mail), owner=john.address, answers=answers)
    sent |= _come_in(
        desk, forged[::8], code_in(mail), owner=john.address, answers=f"<{mail['id']}@email.amazonses.com>"
    )
    assert _causes(desk, sent) <= {"unconfirmed", "suspect", "other_sender", "bounce"}
    _proves_nothing(desk, number, mails)
    _takes_the_owners(desk, john, mail, number)


def test_the_right_code_is_not_taken_at_an_askers_own_address(desk: Desk) -> None:
    """Somebody talks the owner into reading out the code, and sends it to where their own mails are answered."""
    john, mail, number = _john(desk)
    eve = stranger(desk)
    eve.writes(CLOSE)
    (hers,) = eve.mails()
    mails = len(desk.cloud.outbox())
    forged = [(each, dmarc) for each in CLEAN for dmarc in (*UNSURE, "FAIL")]
    _come_in(desk, forged, code_in(mail), owner=john.address, to=hers["headers"]["Reply-To"])
    eve.replies(hers, code_in(mail))
    _proves_nothing(desk, number, mails)
    assert desk.agent().ticket(eve.ticket())["proof"] is None
    _takes_the_owners(desk, john, mail, number)


def test_a_forged_request_is_kept_for_agents_and_mails_nobody(desk: Desk) -> None:
    john = customer_by_mail(desk)
    mails = len(desk.cloud.outbox())
    forged = [(each, "PASS") for each in NEVER_CLEAN] + [(each, "FAIL") for each in (*CLEAN, *HIMSELF)]
    sent = _come_in(desk, forged, CLOSE, owner=john.address)
    assert _causes(desk, sent) <= {"request", "bounce"}
    assert len(desk.cloud.outbox()) == mails
    suspects = [desk.agent().ticket(number) for number in john.tickets()]
    assert suspects
    assert all(each["is_suspect"] and not each["accounts"] for each in suspects)


def test_who_is_not_sure_makes_one_code_go_to_the_owner_and_no_answer(desk: Desk) -> None:
    john = customer_by_mail(desk)
    mails = len(desk.cloud.outbox())
    forged = [(each, dmarc) for each in CLEAN for dmarc in UNSURE]
    sent = _come_in(desk, forged, CLOSE, owner=john.address)
    assert _causes(desk, sent) <= {"request", "joined", "bounce"}
    assert len(desk.cloud.outbox()) == mails + 1
    assert CLOSE not in john.mails()[0]["text"]
    assert len(john.tickets()) == 1


@pytest.mark.parametrize("dmarc", ["PASS", "FAIL", ""])
def test_a_letter_that_says_it_is_ours_is_a_loop(desk: Desk, dmarc: str) -> None:
    mails = len(desk.cloud.outbox())
    sent = _come_in(desk, [(each, dmarc) for each in OURS], CLOSE, owner="nobody@nowhere.example")
    assert _causes(desk, sent) == {"loop"}
    assert len(desk.cloud.outbox()) == mails


def test_a_forged_stop_pauses_and_never_more(desk: Desk) -> None:
    """Rule 10 takes a mere claim of the address on file; it must not keep the owner from leaving."""
    john = customer_by_mail(desk)
    john.writes(CLOSE, how={"dmarc": "GRAY"})
    first = john.ticket()
    _come_in(desk, [(CLEAN[0], "FAIL")], "NOT ME", owner=john.address)
    paused = desk.agent().ticket(first)
    assert (paused["status"], paused["is_stopped"]) == ("awaiting_proof", True)
    desk.advance("P1D")
    john.writes(CLOSE)
    _, later = john.mails()
    _takes_the_owners(desk, john, later, john.tickets()[0])


def test_an_askers_not_me_mutes_nobodys_account(desk: Desk) -> None:
    """Somebody whose request an agent linked to another's account says "not me" at their own signed address."""
    customer = new_customer(desk)
    owner, eve, agent = mailbox_of(desk, customer), stranger(desk), desk.agent()
    eve.writes(CLOSE)
    agent.decides(eve.ticket(), "link", account_ids=[customer.account_id]).ok()
    eve.replies(eve.mails()[0], "NOT ME")
    assert agent.ticket(eve.ticket())["is_stopped"]
    owner.writes(CLOSE)
    (mail,) = owner.mails()
    _takes_the_owners(desk, owner, mail, owner.ticket())


def test_an_answer_with_everything_quoted_is_no_try(desk: Desk) -> None:
    """The code stands in what a reply quotes: only what its writer wrote counts."""
    john, mail, number = _john(desk)
    mails = len(desk.cloud.outbox())
    quoting = answer_to(mail, "Who are you?")
    _come_in(
        desk, [(CLEAN[0], "GRAY"), (CLEAN[0], "FAIL")], quoting, owner=john.address, to=mail["headers"]["Reply-To"]
    )
    _proves_nothing(desk, number, mails)
