"""Acknowledgements are no weapon: floods are answered within budgets and recorded whole; loops end after one round."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest

from chalicelib.letters.acknowledging import A_DAY, A_DAY_FOR_A_DOMAIN, AN_HOUR
from tests.stories.floods import everything, flood, tickets_of, warnings
from tests.stories.letters import (
    CLOSE,
    SUPPORT,
    Mailbox,
    answer_to,
    beside,
    code_in,
    customer_by_mail,
    letter,
    stranger,
)
from tests.stories.people import Desk, Json

ALTOGETHER = A_DAY_FOR_A_DOMAIN + 6
SETTINGS = {"ACKS_PER_HOUR": str(ALTOGETHER)}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
AUTOMATIC: list[Json] = [
    {"Auto_Submitted": "auto-replied"},
    {"X_Autoreply": "yes"},
    {"Precedence": "auto_reply"},
    {"subject": "Automatic reply: away", "X_Auto_Response_Suppress": "All"},
]
UNMARKED = ["Thank you for your message. We will answer soon.", CLOSE]


def _begins(desk: Desk, *, of: timedelta) -> None:
    """A fresh hour or day begins, and with it fresh budgets."""
    now = desk.cloud.now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    desk.cloud.advance(of - (now - midnight) % of + timedelta(minutes=1))


def _in_a_fresh_hour(desk: Desk) -> Desk:
    _begins(desk, of=HOUR)
    return desk


# ── floods ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_stranger_who_floods_us_is_answered_within_budget_and_every_letter_is_recorded(
    desk_with: Callable[..., Desk],
) -> None:
    desk = desk_with(**SETTINGS)
    eve = stranger(desk)
    _begins(desk, of=DAY)
    answers, sent = [], []
    for _ in range(5):
        before = len(eve.mails())
        sent += flood([eve.address] * 12)
        answers.append(len(eve.mails()) - before)
        _begins(desk, of=HOUR)
    assert answers == [AN_HOUR, AN_HOUR, AN_HOUR, A_DAY - 3 * AN_HOUR, 0]

    items = list(everything(desk))
    numbers = tickets_of(sent, items)
    assert len(numbers) == len(sent), "each letter is the request of a ticket of its own"
    tickets = [each for each in items if each["pk"]["S"] in numbers and each["sk"]["S"] == "ticket"]
    held_back = Counter(bool(json.loads(each["data"]["S"]).get("ack_held_back")) for each in tickets)
    assert held_back == {True: len(sent) - A_DAY, False: A_DAY}
    assert desk.state()["dead_letters"] == 0


def test_a_flood_of_one_domain_stops_at_the_domain_and_one_of_many_at_the_hour(desk_with: Callable[..., Desk]) -> None:
    desk = _in_a_fresh_hour(desk_with(**SETTINGS))
    domain = stranger(desk).address.partition("@")[2]
    others = [stranger(desk) for _ in range(9)]
    with warnings() as told:
        flood(f"eve{n}@{domain}" for n in range(A_DAY_FOR_A_DOMAIN + 3))
        flood(each.address for each in others)
        desk.settle()
    answered = [mail for mail in desk.cloud.outbox() if mail["to"][0].endswith(f"@{domain}")]
    assert len(answered) == A_DAY_FOR_A_DOMAIN
    left = ALTOGETHER - A_DAY_FOR_A_DOMAIN
    assert [len(each.mails()) for each in others] == [1] * left + [0] * (len(others) - left)
    assert [line for line in told if "used up" in line] == [
        "Signoff (dev): answers to strangers are used up for this hour"
    ], "an admin is warned, and once"

    last = desk.agent().ticket(others[-1].ticket())
    assert last["ack_held_back"]
    assert last["answer_by"] > last["opened_at"], "it stands in the queue with a deadline"
    owner = customer_by_mail(desk)
    owner.writes(CLOSE)
    assert len(owner.mails()) == 1, "a customer's code goes out all the same"

    _begins(desk, of=HOUR)
    late = stranger(desk)
    late.writes(CLOSE)
    assert len(late.mails()) == 1, "the next hour has its own"


# ── loops ────────────────────────────────────────────────────────────────────────────────────────────────────


def _rounds(desk: Desk, machine: Mailbox, answer: Callable[[Json], bytes]) -> int:
    """The machine answers every mail that it gets, until no more come (or far too many)."""
    answered = 0
    while answered < 20 and len(mails := machine.mails()) > answered:
        desk.letter(answer(mails[answered]))
        answered += 1
    return answered


@pytest.mark.parametrize("sign", AUTOMATIC)
@pytest.mark.parametrize("to_reply_address", [True, False])
def test_a_marked_auto_responder_is_never_answered(
    desk_with: Callable[..., Desk], sign: Json, to_reply_address: bool
) -> None:
    desk = _in_a_fresh_hour(desk_with(**SETTINGS))
    machine = stranger(desk, "robot")
    machine.writes(CLOSE)
    number = machine.ticket()

    def answer(mail: Json) -> bytes:
        to = mail["headers"]["Reply-To"] if to_reply_address else SUPPORT
        said = {"subject": f"Re: {mail['subject']}", "In_Reply_To": mail["headers"]["Message-ID"], **sign}
        return letter(machine.address, "I am away.", to=to, **said)

    assert _rounds(desk, machine, answer) == 1
    assert "automatic" in beside(desk, number)
    assert machine.ticket() == number


@pytest.mark.parametrize("words", UNMARKED)
@pytest.mark.parametrize("threads", ["by Reply-To", "by In-Reply-To"])
def test_two_auto_responders_that_nothing_marks_stop_after_one_round(
    desk_with: Callable[..., Desk], words: str, threads: str
) -> None:
    desk = _in_a_fresh_hour(desk_with(**SETTINGS))
    machines = [stranger(desk, "robot"), customer_by_mail(desk)]
    for machine in machines:
        machine.writes(CLOSE)

        def answer(mail: Json, *, sender: str = machine.address) -> bytes:
            by_id = {"In_Reply_To": mail["headers"]["Message-ID"]} if threads == "by In-Reply-To" else {}
            to = SUPPORT if by_id else mail["headers"]["Reply-To"]
            return letter(sender, answer_to(mail, words), to=to, subject=f"Re: {mail['subject']}", **by_id)

        rounds = _rounds(desk, machine, answer)
        # The owner's is told once how to answer with the code: that, too, is one answer and no more.
        assert rounds <= 2
        assert len(machine.mails()) == rounds
        assert machine.ticket()


def test_an_auto_responder_that_nothing_threads_stops_at_the_budget(desk_with: Callable[..., Desk]) -> None:
    desk = _in_a_fresh_hour(desk_with(**SETTINGS))
    machine = stranger(desk, "robot")
    machine.writes(CLOSE)
    answered = _rounds(desk, machine, lambda mail: letter(machine.address, f"We got it: {mail['id']}"))
    assert answered == AN_HOUR
    assert len(machine.tickets()) == AN_HOUR + 1
    assert desk.agent().ticket(machine.tickets()[0])["ack_held_back"]


def test_our_own_mail_that_comes_back_is_a_loop(desk_with: Callable[..., Desk]) -> None:
    desk = _in_a_fresh_hour(desk_with(**SETTINGS))
    eve = stranger(desk)
    eve.writes(CLOSE)
    (mail,) = eve.mails()
    mails = len(desk.cloud.outbox())
    before = desk.state()["quarantine"].get("loop", 0)
    raw = letter(eve.address, CLOSE, X_Signoff_Desk=mail["headers"]["X-Signoff-Desk"])
    for sender in (raw, letter(SUPPORT, CLOSE), letter(f"Desk <{SUPPORT}>", mail["text"])):
        desk.letter(sender)
    assert desk.state()["quarantine"]["loop"] == before + 3
    assert len(desk.cloud.outbox()) == mails


def test_an_auto_responder_full_of_codes_spends_tries_and_gets_few_answers(desk_with: Callable[..., Desk]) -> None:
    """Numbers that look like codes in a machine's answers: a letter is one try, and the owner is told within bounds."""
    desk = _in_a_fresh_hour(desk_with(**SETTINGS))
    owner = customer_by_mail(desk)
    owner.writes(CLOSE)
    (mail,) = owner.mails()
    for nth in range(8):
        owner.replies(mail, f"Your case is BCGH-K{nth + 2}MN and also {nth + 2}BCG-HKMN")
    assert desk.agent().timeline(owner.ticket()).count("code_refused") == 8
    fresh = desk.page(f"{_code_link(mail)}/new-code", {})
    assert fresh.status == 303, "and the owner has not lost the way"
    last = owner.mails()[-1]
    owner.replies(last, code_in(last))
    assert desk.agent().ticket(owner.ticket())["status"] == "in_review"


def _code_link(mail: Json) -> str:
    return next(word for word in str(mail["text"]).split() if "/track/" in word).rstrip(".")
