"""Delivery as AWS promises it: at least once, late, cut anywhere, by functions whose clocks differ. Nothing of that
changes what comes of a ticket, and no rule is broken on the way."""

import json
import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.proof import proving
from chalicelib.tickets import store
from infra.local.cloud import FunctionFailed
from infra.local.streams import as_lambda_sees
from infra.local.tables import MotoStream, Tables
from tests.faults import rules
from tests.faults.acts import Case, letter_bytes
from tests.faults.cases import case_in
from tests.faults.world import World, address_of, skew
from tests.stories.people import Json

MINUTES = timedelta(minutes=5)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World(COOLING_OFF="PT1H") as made:
        yield made


def case_of(world: World, status: Any) -> Case:
    """A case whose first mails are out."""
    with world.streams_stand_still():
        return case_in(world, status)


def is_kept(world: World, *cases: Case) -> list[str]:
    world.settle()
    mails = rules.by_number(world.cloud.outbox())
    return [why for each in cases for why in rules.broken(world, each.account, [each.number], mails)]


def records(world: World, *cases: Case) -> list[Json]:
    """Every record of these tickets' changes, as the stream hands them over."""
    numbers = {each.number for each in cases}
    found = [each for each in MotoStream(desk_table(), Tables()).next(1_000_000) if _number(each) in numbers]
    seen = [as_lambda_sees(each, "arn:aws:dynamodb:x:1:table/t/stream/s") for each in found]
    return [each for each in seen if each["dynamodb"]["Keys"]["sk"]["S"].startswith("change#")]


def _number(record: Json) -> str:
    return str(record["dynamodb"]["Keys"]["pk"]["S"])


def desk_table() -> str:
    return os.environ["DESK_TABLE"]


def hand_over(world: World, found: list[Json]) -> None:
    for name in ("ticket_stream", "closure_runs"):
        wanted = [each for each in found if name == "ticket_stream" or "run" in each["dynamodb"]["NewImage"]]
        if wanted:
            assert world.task(name, {"Records": wanted}) == {"batchItemFailures": []}


def letter(world: World, case: Case, words: str, *, letter_id: str = "", nth: int = 1) -> str:
    """An authenticated letter of the address on file, at the signed address of our mail."""
    ticket = store.find(case.number)
    sender = address_of(case.account.account_id)
    to = proving.reply_address(ticket, "owner" if ticket.proof else "code")
    raw = letter_bytes(world, sender, to, words, message_id=f"{case.number}.{nth}")
    return world.letter(raw, sender=sender, recipient=to, letter_id=letter_id)


# ── streams ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("size", [2, 100])
def test_records_that_come_again_in_batches_cut_elsewhere_change_nothing(world: World, size: int) -> None:
    cases = [case_of(world, "due"), case_of(world, "scheduled"), case_of(world, "awaiting_proof")]
    found = records(world, *cases)
    assert len(found) > 2 * len(cases)
    before = [store.file_of(each.number) for each in cases]
    sent = len(world.cloud.outbox())
    for start in range(0, len(found), size):
        hand_over(world, found[start : start + size])
    world.settle()
    assert [store.find(each.number) for each in cases] == [each.ticket for each in before]
    assert len(world.cloud.outbox()) == sent
    assert is_kept(world, *cases) == []
    assert store.find(cases[0].number).status == "closed"


def test_records_that_come_late_and_in_the_wrong_order_of_tickets_tell_all_in_order(world: World) -> None:
    """Between tickets a stream promises no order; and a record that comes first tells of all the changes before it."""
    with world.streams_stand_still():
        first, second = case_in(world, "scheduled"), case_in(world, "due")
        soon, late = records(world, second), records(world, first)
        hand_over(world, soon[::-1])
        hand_over(world, late[::-1])
    world.settle()
    assert is_kept(world, first, second) == []
    assert store.find(second.number).status == "closed"


def test_records_that_come_after_the_ticket_has_ended_and_gone_tell_nobody_anything(world: World) -> None:
    case = case_of(world, "in_review")
    found = records(world, case)
    token = world.customer(case.account.account_id)
    assert world.call("POST", f"/tickets/{case.number}/withdraw", token=token).status == 200
    world.settle()
    sent = len(world.cloud.outbox())
    hand_over(world, found)
    strange = json.loads(json.dumps(found[0]).replace(case.number, "SO-222222"))
    hand_over(world, [strange, *found])
    assert len(world.cloud.outbox()) == sent
    assert is_kept(world, case) == []


# ── what SES tells ───────────────────────────────────────────────────────────────────────────────────────────


def fate(world: World, ses_id: str, kind: str, address: str = "") -> None:
    told: Json = {"eventType": kind, "mail": {"messageId": ses_id}}
    if kind == "Bounce":
        told["bounce"] = {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": address}]}
    if kind == "Complaint":
        told["complaint"] = {"complainedRecipients": [{"emailAddress": address}]}
    world.task("mail_feedback", {"Records": [{"Sns": {"Message": json.dumps(told)}}]})


def test_an_event_that_comes_before_its_mail_is_written_down_is_handed_back(world: World) -> None:
    with pytest.raises(FunctionFailed, match="isn't written down yet"):
        fate(world, "never-sent", "Delivery")
    with pytest.raises(FunctionFailed, match="isn't written down yet"):
        fate(world, "never-sent", "Bounce", "somebody@khach.example")


@pytest.mark.parametrize(
    "kinds",
    [
        ("Delivery", "Bounce", "Bounce"), ("Bounce", "Delivery"), ("Bounce", "Delivery", "Bounce"),
    ],
)  # fmt: skip
def test_whatever_the_order_of_events_a_code_that_bounced_is_in_agents_hands_once(
    world: World, kinds: tuple[str, ...]
) -> None:
    case = case_of(world, "awaiting_proof")
    (mail,) = [each for each in world.cloud.outbox() if each["subject"].startswith(f"[{case.number}]")]
    for kind in kinds:
        fate(world, mail["id"], kind, address_of(case.account.account_id))
    file = store.file_of(case.number)
    assert [each.what for each in file.changes].count("undeliverable") == 1
    assert [each.state for each in file.notices] == ["bounced"]
    assert is_kept(world, case) == []


def test_a_complaint_outweighs_what_comes_before_and_after(world: World) -> None:
    case = case_of(world, "in_review")
    (mail,) = [each for each in world.cloud.outbox() if each["subject"].startswith(f"[{case.number}]")]
    for kind in ("Complaint", "Delivery", "Bounce", "Complaint"):
        fate(world, mail["id"], kind, address_of(case.account.account_id))
    assert [each.state for each in store.file_of(case.number).notices] == ["complained"]


# ── letters ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_letter_that_is_handed_over_twice_is_taken_in_once(world: World) -> None:
    case = case_of(world, "in_review")
    for _ in range(2):
        letter(world, case, "Còn một câu hỏi.", letter_id=f"a{case.number.lower()}")
    file = store.file_of(case.number)
    assert [each.what for each in file.changes].count("replied") == 1
    assert len(file.letters) == 1


@pytest.mark.parametrize("order", [("STOP", "STOP", "Rút yêu cầu"), ("Rút yêu cầu", "NOT ME")])
def test_stops_and_withdrawals_in_any_order_keep_the_account(world: World, order: tuple[str, ...]) -> None:
    case = case_of(world, "scheduled")
    for nth, words in enumerate(order):
        letter(world, case, words, nth=nth)
    world.advance("PT3H")
    assert store.find(case.number).status in ("withdrawn", "in_review")
    assert is_kept(world, case) == []


@pytest.mark.parametrize("words", ["NOT ME", "Rút yêu cầu"])
def test_a_code_that_comes_after_a_stop_proves_nothing(world: World, words: str) -> None:
    case = case_of(world, "awaiting_proof")
    code = proving.code_for(case.ticket, case.account)
    letter(world, case, words, nth=1)
    letter(world, case, code, nth=2)
    assert store.find(case.number).proof is None
    assert is_kept(world, case) == []


def test_a_stop_that_comes_after_the_code_pauses_what_the_code_proved(world: World) -> None:
    case = case_of(world, "awaiting_proof")
    letter(world, case, proving.code_for(case.ticket, case.account), nth=1)
    assert store.find(case.number).status == "in_review"
    letter(world, case, "NOT ME", nth=2)
    after = store.find(case.number)
    assert (after.proof, after.stopped) == ("code", True)
    assert is_kept(world, case) == []


def test_an_answer_to_a_ticket_that_has_ended_is_a_question_of_its_own(world: World) -> None:
    case = case_of(world, "due")
    assert store.find(case.number).status == "closed"
    for nth, words in enumerate(("STOP", "Rút yêu cầu", "Xin chào.")):
        letter(world, case, words, nth=nth)
    assert store.find(case.number).status == "closed"
    assert is_kept(world, case) == []


# ── tasks of the workflow ────────────────────────────────────────────────────────────────────────────────────

TASKS: tuple[tuple[str, Json], ...] = (
    ("closure_check", {"when": "before"}), ("closure_check", {"when": "after"}), ("closure_freeze", {}),
    ("closure_erase", {"holder": "orders"}), ("closure_erase", {"holder": "account"}),
    ("closure_look", {"holder": "orders", "again": True}), ("closure_look", {"holder": "account", "again": True}),
    ("closure_trouble", {"error": {"Error": "States.Timeout", "Cause": ""}}), ("closure_close", {}),
)  # fmt: skip


def late(world: World, case: Case) -> None:
    """Every task of every run there was comes once more."""
    for run in range(store.find(case.number).run + 1):
        for name, event in TASKS:
            try:
                world.task(name, {"ticket": case.number, "run": run, **event})
            except FunctionFailed as failed:
                if "RunIsOver" not in str(failed):
                    raise


@pytest.mark.parametrize("status", ["due", "scheduled", "in_review"])
def test_tasks_that_come_after_their_run_is_over_change_nothing(world: World, status: str) -> None:
    case = case_of(world, status)
    if status == "scheduled":
        token = world.customer(case.account.account_id)
        assert world.call("POST", f"/tickets/{case.number}/withdraw", token=token).status == 200
    world.settle()
    before = store.find(case.number)
    late(world, case)
    world.settle()
    assert store.find(case.number) == before
    assert is_kept(world, case) == []


def test_tasks_of_an_old_closure_leave_an_account_that_was_registered_again_alone(world: World) -> None:
    case = case_of(world, "due")
    assert store.find(case.number).status == "closed"
    assert world.register(case.account.account_id).status == 201
    before = world.call("GET", f"/accounts/{case.account.account_id}", token=world.system("accounts:write")).body
    late(world, case)
    after = world.call("GET", f"/accounts/{case.account.account_id}", token=world.system("accounts:write")).body
    assert after == before


def test_every_task_twice_in_a_row_closes_as_every_task_once(world: World) -> None:
    with world.streams_stand_still():
        case = case_in(world, "due")
        run = case.ticket.run
        names: list[tuple[str, Json]] = [("closure_check", {"when": "after"}), ("closure_freeze", {})]
        names += [("closure_erase", {"holder": each}) for each in ("orders", "files", "account")]
        names += [("closure_look", {"holder": each, "again": True}) for each in ("orders", "files", "account")]
        for name, event in [*names, ("closure_close", {})]:
            for _ in range(2):
                world.task(name, {"ticket": case.number, "run": run, **event})
    assert store.find(case.number).status == "closed"
    assert is_kept(world, case) == []


# ── clocks ───────────────────────────────────────────────────────────────────────────────────────────────────

ACTORS: dict[str, Callable[[World, Case], Any]] = {
    "the stream": lambda world, case: hand_over(world, records(world, case)),
    "the sweep": lambda world, case: world.sweeps(case.number),
    "a letter": lambda world, case: letter(world, case, "Còn một câu hỏi."),
    "an agent": lambda world, case: world.call(
        "POST", f"/desk/tickets/{case.number}/notes",
        {"expected_version": store.find(case.number).version, "text": "x"}, token=world.agent("an"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("by", [MINUTES, -MINUTES], ids=["ahead", "behind"])
def test_a_function_whose_clock_is_minutes_off_breaks_no_rule(world: World, by: timedelta) -> None:
    cases = []
    for act in ACTORS.values():
        for status in ("scheduled", "awaiting_proof"):
            case = case_of(world, status)
            cases.append(case)
            off = skew.set(by)
            try:
                act(world, case)
            finally:
                skew.reset(off)
    world.advance("PT3H")
    assert is_kept(world, *cases) == []
    assert {store.find(each.number).status for each in cases if each.status == "scheduled"} == {"closed"}


@pytest.mark.parametrize("by", [MINUTES, -MINUTES], ids=["ahead", "behind"])
def test_a_workflow_whose_functions_have_another_clock_closes(world: World, by: timedelta) -> None:
    with world.streams_stand_still():
        case = case_in(world, "due")
        run, off = case.ticket.run, skew.set(by)
        try:
            if by < timedelta():  # by its own clock it isn't time: the workflow tries again, until it is
                with pytest.raises(FunctionFailed, match="TooEarly"):
                    world.task("closure_freeze", {"ticket": case.number, "run": run})
                skew.set(timedelta())
            assert world.task("closure_freeze", {"ticket": case.number, "run": run})["go"]
            skew.set(by)
            for holder in ("orders", "files", "account"):
                world.task("closure_erase", {"ticket": case.number, "run": run, "holder": holder})
            for holder in ("orders", "files", "account"):
                world.task("closure_look", {"ticket": case.number, "run": run, "holder": holder, "again": True})
            world.task("closure_close", {"ticket": case.number, "run": run})
        finally:
            skew.reset(off)
    file = store.file_of(case.number)
    assert file.ticket.status == "closed"
    broken = is_kept(world, case)
    assert [each for each in broken if "before its time" not in each] == []
