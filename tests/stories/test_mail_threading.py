"""Which ticket a letter belongs to: signed addresses, ids of our mails, and nothing else."""

import re
from collections.abc import Callable
from datetime import timedelta

from tests.stories.letters import (
    ALONE,
    CLOSE,
    SUPPORT,
    beside,
    code_in,
    codes_in,
    customer_by_mail,
    has_code,
    letter,
    link_in,
    mailbox_of,
    new_customer,
    quarantined,
    stranger,
    types,
)
from tests.stories.people import Desk, Json

HELLO = "I have a question about my bill."


def test_the_signed_address_alone_threads_whatever_its_case(desk: Desk) -> None:
    eve = stranger(desk)
    eve.writes(CLOSE)
    (mail,) = eve.mails()
    eve.replies(mail, "One.", In_Reply_To=None)
    eve.replies(mail, "Two.", In_Reply_To=None, to=str(mail["headers"]["Reply-To"]).upper())
    desk.letter(letter(eve.address, "Three.", to="somebody@elsewhere.example"), recipient=mail["headers"]["Reply-To"])
    assert beside(desk, eve.ticket()).count("reply") == 3


def test_the_id_that_ses_gave_our_mail_threads_as_well(desk: Desk) -> None:
    eve = stranger(desk)
    eve.writes(CLOSE)
    (mail,) = eve.mails()
    ses_id = str(mail["headers"]["Message-ID"])
    eve.replies(mail, "One.", to=SUPPORT)
    eve.replies(mail, "Two.", to=SUPPORT, In_Reply_To=None, References=f"<first@letters.example> {ses_id}")
    eve.replies(mail, "Three.", to=SUPPORT, In_Reply_To=f"<{mail['id']}@email.amazonses.com>")
    assert beside(desk, eve.ticket()).count("reply") == 3


def test_a_number_in_the_subject_alone_never_threads(desk: Desk) -> None:
    john, eve = customer_by_mail(desk), stranger(desk)
    john.writes(CLOSE)
    eve.writes(CLOSE)
    number = eve.ticket()
    eve.writes(HELLO, subject=f"Re: [{number}] Close my account")
    assert len(eve.tickets()) == 2
    assert beside(desk, number) == ["request"]


def test_an_altered_signed_address_threads_nothing(desk: Desk) -> None:
    eve = stranger(desk)
    eve.writes(CLOSE)
    (mail,) = eve.mails()
    local, _, domain = str(mail["headers"]["Reply-To"]).partition("@")
    forged = local[:-1] + ("a" if local[-1] != "a" else "b")
    eve.replies(mail, HELLO, to=f"{forged}@{domain}", In_Reply_To=None)
    assert len(eve.tickets()) == 2


def test_an_answer_by_somebody_else_is_quarantined_and_shown_beside_the_ticket(desk: Desk) -> None:
    eve, mallory, agent = stranger(desk), stranger(desk, "mallory"), desk.agent()
    eve.writes(CLOSE)
    (mail,) = eve.mails()
    ses_id = mallory.replies(mail, "Please hurry.")
    number = eve.ticket()
    held = quarantined(desk, ses_id)
    assert held is not None
    assert (held["cause"], held["ticket"], held["goes_at"]) == ("other_sender", number, None)
    assert "other_sender" in beside(desk, number)
    assert "replied" not in agent.timeline(number)
    assert mallory.mails() == []

    agent.call("POST", f"/desk/quarantine/{ses_id}/release").ok()
    assert quarantined(desk, ses_id) is None
    assert "other_sender" in beside(desk, number)
    assert mallory.tickets() == []


def test_somebody_elses_words_at_the_codes_own_address_are_not_the_askers(desk: Desk) -> None:
    john, mallory, agent = customer_by_mail(desk), stranger(desk, "mallory"), desk.agent()
    john.writes(CLOSE)
    (mail,) = john.mails()
    ses_id = mallory.replies(mail, "Yes, close it.")
    assert quarantined(desk, ses_id) is not None
    agent.call("POST", f"/desk/quarantine/{ses_id}/drop").ok()
    assert quarantined(desk, ses_id) is None
    assert beside(desk, john.ticket()) == ["request"]
    assert agent.call("POST", f"/desk/quarantine/{ses_id}/drop").status == 404


def test_an_answer_to_an_ended_ticket_opens_a_question_that_links_to_it(desk_with: Callable[..., Desk]) -> None:
    desk = desk_with(**ALONE)
    portal, agent = new_customer(desk), desk.agent()
    number = portal.asks_to_close()
    agent.approves(number)
    desk.advance("P9D")
    owner = mailbox_of(desk, portal)
    closed = owner.mails()[-1]
    assert agent.ticket(number)["status"] == "closed"
    owner.replies(closed, "Please close my account, did you?")
    again, found_by_its_address = owner.tickets()
    assert found_by_its_address == number
    ticket = agent.ticket(again)
    assert (ticket["kind"], ticket["linked_to"], ticket["status"]) == ("support", number, "received")
    assert agent.ticket(number)["status"] == "closed"
    assert owner.mails()[-1]["id"] == closed["id"]


def test_an_agents_answer_goes_out_and_the_customers_comes_back(desk: Desk) -> None:
    eve, agent = stranger(desk), desk.agent()
    eve.writes(HELLO, subject="My bill")
    number = eve.ticket()
    ticket = agent.ticket(number)
    assert (ticket["kind"], ticket["status"]) == ("support", "received")
    assert "your question" in eve.mails()[0]["text"]
    agent.decides(number, "replies", text="Which month is it?", needs_answer=True).ok()
    asked = eve.mails()[-1]
    assert "Which month is it?" in asked["text"]
    assert asked["headers"]["Reply-To"].startswith("support+so-")
    eve.replies(asked, "October.")
    assert agent.ticket(number)["timeline"][-1]["text"] == "October."
    assert agent.ticket(number)["status"] == "in_review"
    agent.decides(number, "resolve").ok()
    assert agent.ticket(number)["status"] == "resolved"
    assert "Closed" not in eve.mails()[-1]["text"]


def test_a_question_that_an_agent_corrects_to_a_closure_asks_for_the_code(desk: Desk) -> None:
    john, agent = customer_by_mail(desk), desk.agent()
    john.writes("I'm leaving you for good. Do what has to be done.", subject="Goodbye")
    number = john.ticket()
    assert agent.ticket(number)["kind"] == "support"
    agent.decides(number, "correct", kind="closure").ok()
    assert agent.ticket(number)["status"] == "awaiting_proof"
    mail = john.mails()[-1]
    john.replies(mail, code_in(mail))
    assert agent.ticket(number)["status"] == "in_review"

    eve = stranger(desk)
    eve.writes("I'm leaving you for good.", subject="Goodbye")
    agent.decides(eve.ticket(), "correct", kind="closure").ok()
    assert "verify that the account is yours" in eve.mails()[-1]["text"]


# ── one code at a time, and one for each account ─────────────────────────────────────────────────────────────


def test_while_a_code_lives_further_requests_join_and_send_nothing(desk_with: Callable[..., Desk]) -> None:
    desk = desk_with(**ALONE)
    john = customer_by_mail(desk)
    john.writes(CLOSE, how={"dmarc": "GRAY"})
    john.writes(CLOSE, how={"dmarc": "GRAY"})
    john.writes(CLOSE)
    number = john.ticket()
    assert beside(desk, number).count("joined") == 2
    assert len(john.mails()) == 1
    desk.advance("PT24H1M")
    john.writes(CLOSE, how={"dmarc": "GRAY"})
    assert len(john.tickets()) == 2
    older, newer = john.mails()
    assert desk.page(f"{link_in(older)}/new-code", {}).status == 409, "another ticket's code lives"
    john.replies(newer, code_in(newer))
    assert desk.agent().ticket(john.tickets()[0])["status"] == "in_review"


def test_several_accounts_with_one_address_get_one_mail_and_the_typed_code_decides(desk: Desk) -> None:
    one = new_customer(desk)
    two = new_customer(desk, email=one.email)
    john = mailbox_of(desk, one)
    john.writes(CLOSE)
    (mail,) = john.mails()
    codes = codes_in(mail)
    assert codes.keys() == {one.account_id, two.account_id}
    number = john.ticket()
    john.replies(mail, codes[two.account_id])
    assert desk.agent().ticket(number)["status"] == "in_review"
    assert two.tickets() == [number]
    assert one.tickets() == []
    assert types(desk, link_in(mail), codes[one.account_id]).status == 409


# ── rule 8: an outsider learns nothing ───────────────────────────────────────────────────────────────────────


def test_naming_somebody_elses_account_gets_an_acknowledgement_that_tells_nothing(desk: Desk) -> None:
    victim = new_customer(desk)
    mails = []
    for named in (f"{victim.account_id}, {victim.email}, John Carter", "acc-none, none@nowhere.example, Nobody"):
        eve = stranger(desk)
        eve.writes(f"Please close my account: {named}.")
        (mail,) = eve.mails()
        mails.append((eve, mail))
        page = desk.page(link_in(mail)).raw.decode()
        assert victim.email not in page
    assert mailbox_of(desk, victim).mails() == [], "no code goes anywhere by itself"
    texts = [_without_what_differs(desk, *each) for each in mails]
    assert texts[0] == texts[1]
    pages = [
        desk.page(link_in(mail)).raw.decode().replace(_token(mail), "").replace(eve.ticket(), "") for eve, mail in mails
    ]
    assert _no_times(pages[0]) == _no_times(pages[1])


def _without_what_differs(desk: Desk, eve: object, mail: Json) -> str:
    number = str(mail["headers"]["X-Signoff-Desk"])
    text = str(mail["text"]) + str(mail["subject"]) + str(mail["html"])
    text = text.replace(number, "").replace(number.lower(), "").replace(_token(mail).partition(".")[2], "")
    stop_codes = [each for each in text.split() if len(each) == 10 and each[4] == "-" and each.endswith(".")]
    for each in stop_codes:
        text = text.replace(each.rstrip("."), "")
    return _no_times(text)


def _token(mail: Json) -> str:
    return link_in(mail).rpartition("/")[2]


def _no_times(text: str) -> str:
    return re.sub(r"\d\d:\d\d|T[\d:.+]+", "", text)


def test_what_happens_inside_is_not_shown_to_an_unproved_asker(desk: Desk) -> None:
    victim = new_customer(desk)
    eve, agent = stranger(desk), desk.agent()
    eve.writes(CLOSE)
    (mail,) = eve.mails()
    before = desk.page(link_in(mail)).raw
    number = eve.ticket()
    agent.decides(number, "link", account_ids=[victim.account_id]).ok()
    agent.decides(number, "send-code").ok()
    owner = mailbox_of(desk, victim)
    owner.replies(owner.mails()[0], "NOT ME")
    assert agent.ticket(number)["is_stopped"]
    assert desk.page(link_in(mail)).raw == before
    agent.decides(number, "reject", reason_code="not_owner").ok()
    assert "Verification expired" in desk.page(link_in(mail)).raw.decode()
    assert "was not verified in time" in eve.mails()[-1]["text"]


# ── budgets ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_stranger_gets_three_answers_an_hour_and_ten_a_day(desk_with: Callable[..., Desk]) -> None:
    desk = desk_with(**ALONE)
    eve, agent = stranger(desk), desk.agent()
    _to_the_next_day(desk)
    for turn in range(4):
        eve.writes(HELLO, subject=f"Question {turn}")
    assert len(eve.mails()) == 3
    held_back = [agent.ticket(number)["ack_held_back"] for number in eve.tickets()]
    assert held_back == [True, False, False, False], "the newest first"
    for hour in range(3):
        desk.advance("PT1H")
        for turn in range(3):
            eve.writes(HELLO, subject=f"Question {hour} {turn}")
    assert len(eve.mails()) == 10


def test_a_customer_is_sent_a_code_whatever_was_asked_before(desk: Desk) -> None:
    john = customer_by_mail(desk)
    for turn in range(4):
        john.writes(HELLO, subject=f"Question {turn}")
    assert len(john.mails()) == 4
    john.writes(CLOSE)
    assert has_code(john.mails()[-1])


def _to_the_next_day(desk: Desk) -> None:
    """To five past midnight (UTC): budgets go by the hour and by the day."""
    now = desk.cloud.now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    desk.advance(f"PT{int((midnight - now).total_seconds()) + 300}S")


def test_who_wants_no_automatic_answer_gets_none_but_a_ticket(desk: Desk) -> None:
    eve = stranger(desk)
    eve.writes(HELLO, subject="My bill", X_Auto_Response_Suppress="All")
    assert eve.mails() == []
    assert desk.agent().ticket(eve.ticket())["status"] == "received"
