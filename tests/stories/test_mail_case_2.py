"""Case 2 of the guide: a customer who can't sign in asks by mail, proves by the code, and the account is gone."""

from collections.abc import Callable

import pytest

from tests.stories.letters import (
    ALONE,
    CAUTION,
    CLOSE,
    MARKER,
    SUPPORT,
    by_smtp,
    code_in,
    customer_by_mail,
    has_code,
    letter,
    link_in,
    mailbox_of,
    new_customer,
    stop_code_in,
    stranger,
    types,
    wrong,
)
from tests.stories.people import Desk

STATUS_WORDS = {
    "awaiting_proof": "Waiting for verification",
    "in_review": "Under review",
    "scheduled": "Closure scheduled",
    "closed": "Closed – account removed",
}


@pytest.mark.parametrize("way", ["SMTP", "the panel"])
def test_a_letter_from_the_address_on_file_ends_as_a_closed_account(desk_with: Callable[..., Desk], way: str) -> None:
    desk = desk_with(**ALONE)
    customer = new_customer(desk, has_data=True)
    john, agent = mailbox_of(desk, customer), desk.agent()
    if way == "SMTP":
        by_smtp(desk, letter(f"John Carter <{john.address}>", CLOSE), sender=john.address)
    else:
        john.writes(CLOSE)
    number = john.ticket()
    (code_mail,) = john.mails()
    link = link_in(code_mail)
    assert STATUS_WORDS["awaiting_proof"] in desk.page(link).raw.decode()

    john.replies(code_mail, code_in(code_mail))
    assert agent.ticket(number)["proof"] == "code"
    assert STATUS_WORDS["in_review"] in desk.page(link).raw.decode()

    agent.approves(number)
    assert STATUS_WORDS["scheduled"] in desk.page(link).raw.decode()
    desk.advance("P9D")
    page = desk.page(link).raw.decode()
    assert STATUS_WORDS["closed"] in page
    assert agent.ticket(number)["status"] == "closed"
    assert customer.account().status == 404
    assert desk.holdings(customer.account_id) == {"orders": 0, "files": 0}
    assert customer.account_id not in page
    assert john.address not in page
    assert "Carter" not in page
    kinds = [each["kind"] for each in agent.ticket(number)["notices"] if each["state"] == "delivered"]
    assert kinds == ["code", "verified", "scheduled", "reminder_cooling_off", "closing", "closed"]
    assert len(john.mails()) == len(kinds)


def test_the_code_mail_begins_with_the_caution(desk: Desk) -> None:
    john = customer_by_mail(desk)
    john.writes(CLOSE)
    (mail,) = john.mails()
    lines = [line for line in mail["text"].splitlines() if line.strip()]
    assert lines[:2] == [MARKER, CAUTION]
    assert mail["headers"]["Auto-Submitted"] == "auto-generated"
    assert john.ticket() in mail["subject"]
    assert "can't sign in any more" not in mail["text"], "an unproved asker's words go to nobody"


def test_a_code_may_be_written_without_care(desk: Desk) -> None:
    for change in (
        lambda code: code.lower(),
        lambda code: code.replace("-", ""),
        lambda code: code.replace("-", " – "),
        lambda code: "".join(f"{sign}\u0301" if sign.isalpha() else sign for sign in code.lower()),
        lambda code: f"My code is {code}.",
    ):
        john = customer_by_mail(desk)
        john.writes(CLOSE)
        (mail,) = john.mails()
        john.replies(mail, change(code_in(mail)))
        assert desk.agent().ticket(john.ticket())["status"] == "in_review"


def test_a_quoted_code_and_one_in_a_subject_prove_nothing(desk: Desk) -> None:
    john = customer_by_mail(desk)
    john.writes(CLOSE)
    (mail,) = john.mails()
    john.replies(mail, "Here you are.")
    john.replies(mail, f"> {code_in(mail)}")
    john.replies(mail, "See above.", subject=f"Re: {code_in(mail)}")
    ticket = desk.agent().ticket(john.ticket())
    assert ticket["status"] == "awaiting_proof"
    kinds = [each["kind"] for each in ticket["notices"]]
    assert kinds == ["code", "how_to_reply_code"], "one answer says how, however often they ask"


def test_a_wrong_code_is_refused_and_five_of_them_use_the_code_up(desk: Desk) -> None:
    john, agent = customer_by_mail(desk), desk.agent()
    john.writes(CLOSE)
    (mail,) = john.mails()
    for _ in range(5):
        john.replies(mail, wrong(code_in(mail)))
    number = john.ticket()
    assert agent.timeline(number).count("code_refused") == 5
    refusals = [each for each in john.mails() if each["headers"]["Auto-Submitted"] == "auto-replied"]
    assert len(refusals) == 5
    assert "could not be accepted" in refusals[0]["text"]
    john.replies(mail, code_in(mail))
    assert agent.ticket(number)["status"] == "awaiting_proof"
    assert types(desk, link_in(mail), code_in(mail)).status == 409
    assert len(john.mails()) == 1 + 6, "who brings a code that is over is told so"


def test_a_code_of_yesterday_proves_nothing(desk_with: Callable[..., Desk]) -> None:
    desk = desk_with(**ALONE)
    john, agent = customer_by_mail(desk), desk.agent()
    john.writes(CLOSE)
    (mail,) = john.mails()
    desk.advance("PT24H1M")
    john.replies(mail, code_in(mail))
    assert types(desk, link_in(mail), code_in(mail)).status == 409
    assert agent.ticket(john.ticket())["status"] == "awaiting_proof"
    assert "could not be accepted" in john.mails()[-1]["text"]

    assert desk.page(f"{link_in(mail)}/new-code", {}).status == 303
    fresh = [each for each in john.mails() if has_code(each)][-1]
    assert code_in(fresh) != code_in(mail)
    john.replies(fresh, code_in(fresh))
    assert agent.ticket(john.ticket())["status"] == "in_review"


def test_a_letter_is_at_most_one_try(desk: Desk) -> None:
    john, agent = customer_by_mail(desk), desk.agent()
    john.writes(CLOSE)
    (mail,) = john.mails()
    john.replies(mail, f"{wrong(code_in(mail))}\n{code_in(mail)}")
    assert agent.ticket(john.ticket())["status"] == "awaiting_proof"
    assert agent.timeline(john.ticket()).count("code_refused") == 1


def test_a_code_typed_at_the_link_of_its_own_mail_proves(desk: Desk) -> None:
    john, agent = customer_by_mail(desk), desk.agent()
    john.writes(CLOSE)
    (mail,) = john.mails()
    refused = types(desk, link_in(mail), wrong(code_in(mail)))
    assert refused.status == 409
    assert wrong(code_in(mail)) in refused.raw.decode(), "what was typed is still there"
    assert types(desk, link_in(mail), code_in(mail).lower()).status == 303
    assert agent.ticket(john.ticket())["status"] == "in_review"
    assert types(desk, link_in(mail), code_in(mail)).status == 409, "a code works once"


def test_a_code_typed_at_the_askers_own_link_proves_nothing(desk: Desk) -> None:
    customer, agent = new_customer(desk), desk.agent()
    john, eve = mailbox_of(desk, customer), stranger(desk)
    eve.writes("I'm John. Please close my account, I've lost my mailbox.")
    number = eve.ticket()
    agent.decides(number, "link", account_ids=[customer.account_id]).ok()
    agent.decides(number, "send-code").ok()
    (code_mail,), (eves,) = john.mails(), eve.mails()
    assert types(desk, link_in(eves), code_in(code_mail)).status == 409
    eve.replies(eves, code_in(code_mail))
    assert agent.ticket(number)["status"] == "awaiting_proof"
    assert types(desk, link_in(code_mail), code_in(code_mail)).status == 303
    assert agent.ticket(number)["status"] == "in_review"


def test_opening_a_link_never_acts(desk: Desk) -> None:
    john, agent = customer_by_mail(desk), desk.agent()
    john.writes(CLOSE)
    (mail,) = john.mails()
    before = agent.ticket(john.ticket())["version"]
    for path in ("", "/code", "/stop", "/new-code", "/confirm"):
        for query in ("", f"?code={code_in(mail)}&stop_code={stop_code_in(mail)}"):
            desk.page(f"{link_in(mail)}{path}{query}")
    for path in ("/code", "/stop", "/confirm"):
        desk.page(f"{link_in(mail)}{path}", {})
    assert agent.ticket(john.ticket())["version"] == before


def test_somebody_else_at_a_made_up_link_sees_nothing(desk: Desk) -> None:
    john = customer_by_mail(desk)
    john.writes(CLOSE)
    link = link_in(john.mails()[0])
    assert desk.page(link).status == 200
    assert desk.page(link[:-1] + ("a" if link[-1] != "a" else "b")).status == 404


def test_a_vietnamese_letter_is_answered_in_vietnamese(desk: Desk) -> None:
    john = customer_by_mail(desk)
    john.writes("Tôi muốn hủy tài khoản của tôi. Cảm ơn.", subject="Hủy tài khoản")
    (mail,) = john.mails()
    assert "Mã này sẽ đóng tài khoản của bạn" in mail["text"] or "mã" in mail["text"].lower()
    assert "Waiting for verification" not in desk.page(link_in(mail)).raw.decode()
    john.replies(mail, code_in(mail))
    assert desk.agent().ticket(john.ticket())["status"] == "in_review"
    assert "verified" in john.mails()[-1]["text"], "after proof the account's own language speaks"


def test_mail_goes_out_from_support_and_answers_come_to_a_signed_address(desk: Desk) -> None:
    john = customer_by_mail(desk)
    john.writes(CLOSE)
    (mail,) = john.mails()
    local, _, domain = SUPPORT.partition("@")
    assert mail["from"].endswith(f"<{SUPPORT}>")
    assert mail["headers"]["Reply-To"].startswith(f"{local}+{john.ticket().lower()}.")
    assert mail["headers"]["Reply-To"].endswith(f"@{domain}")
    assert mail["headers"]["X-Auto-Response-Suppress"] == "All"
