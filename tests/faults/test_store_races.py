"""What DynamoDB's conditions settle when many ask in one instant: the stores, asked by real threads.

Runs on moto (with the local cloud's one lock around its tables: moto isolates nothing), and as it stands on another
DynamoDB: `python -m infra.second_dynamodb -- pytest tests/faults/test_store_races.py -n 0`.
"""

import itertools
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from datetime import timedelta
from typing import Any, TypeVar

import boto3
import pytest

from chalicelib import clock
from chalicelib.accounts import registering
from chalicelib.accounts import store as accounts
from chalicelib.accounts.account import Account, Fields
from chalicelib.problems import AccountClosing, Busy, ChangedMeanwhile, NotNow, OnHold, Problem
from chalicelib.tickets import deciding, moves, opening, store
from chalicelib.tickets.changes import is_unbroken
from chalicelib.tickets.deciding import Deciding
from chalicelib.tickets.moves import Moved
from chalicelib.tickets.opening import Asking, FromOutside, Proved, SignedIn
from chalicelib.tickets.store import guards
from chalicelib.tickets.ticket import AccountRef, Ticket
from chalicelib.transaction import Together
from infra.local.cloud import forget_what_was_made
from infra.local.tables import Tables
from infra.template import PROJECT, read_yaml
from tests.environment import ENVIRONMENT, of_a_desk

CROWD = 6
ASKING = Asking(product="other", category="technical_support", subject="Xóa", content="Xóa", word=True, language="vi")
Result = TypeVar("Result")
_names = itertools.count(1)


@pytest.fixture(scope="module", autouse=True)
def tables() -> Iterator[None]:
    """Both tables as foundations.yaml has them, at the endpoint that the environment names, or in moto."""
    forget_what_was_made()
    given = {"DESK_TABLE": f"races-desk-{os.getpid()}", "ACCOUNTS_TABLE": f"races-accounts-{os.getpid()}"}
    with ExitStack() as running:
        process = running.enter_context(pytest.MonkeyPatch.context())
        running.enter_context(of_a_desk(process, **given, TICKETS_A_DAY="1000"))
        if not os.environ.get("AWS_ENDPOINT_URL_DYNAMODB"):
            running.enter_context(Tables().installed())
        untyped: Any = boto3
        dynamodb = untyped.client("dynamodb", region_name=ENVIRONMENT["AWS_DEFAULT_REGION"])
        resources = read_yaml(PROJECT / "infra" / "foundations.yaml")["Resources"]
        wanted = ("AttributeDefinitions", "KeySchema", "BillingMode", "GlobalSecondaryIndexes")
        for variable, name in (("DESK_TABLE", "Desk"), ("ACCOUNTS_TABLE", "Accounts")):
            properties = resources[name]["Properties"]
            said = {key: properties[key] for key in wanted if key in properties}
            dynamodb.create_table(TableName=given[variable], **said)
        yield
        for name in given.values():
            dynamodb.delete_table(TableName=name)
    forget_what_was_made()


def all_at_once(acts: list[Callable[[], Result]]) -> list[Result | Exception]:
    """What each of them answered, or raised; they begin in one instant."""
    ready = threading.Barrier(len(acts))

    def one(act: Callable[[], Result]) -> Result | Exception:
        ready.wait()
        try:
            return act()
        except Exception as error:
            return error

    with ThreadPoolExecutor(max_workers=len(acts)) as crowd:
        return list(crowd.map(one, acts))


def kinds(answers: list[Any]) -> Counter[str]:
    return Counter(type(each).__name__ for each in answers)


def registered() -> Account:
    account_id = f"acc-{next(_names)}"
    return registering.register(account_id, Fields(email=f"{account_id}@khach.example"))[0]


def asks(account: Account, *, once: guards.Once | None = None) -> Moved | Proved:
    who = SignedIn(account_id=account.account_id, is_owner=True, is_recent=True)
    return opening.open_for_customer(
        ASKING, who, once=once, answer_of=lambda moved, _: {"number": moved.ticket.number}, language="vi"
    )


def in_review() -> Ticket:
    return asks(registered()).ticket


def scheduled() -> Ticket:
    return deciding.approve(in_review().number, who())


def who(sub: str = "an", version: int = 1) -> Deciding:
    return Deciding(sub=sub, account_id=None, expected_version=version)


def is_whole(number: str) -> bool:
    file = store.file_of(number)
    return is_unbroken(file.changes) and len(file.changes) == file.ticket.version


def reference(ticket: Ticket) -> AccountRef:
    assert ticket.account
    return ticket.account


def test_who_asks_many_times_in_one_instant_gets_one_ticket() -> None:
    account = registered()
    answers = all_at_once([lambda: asks(account)] * CROWD)
    assert kinds(answers) == {"Moved": 1, "ClosureAlreadyOpen": CROWD - 1}
    (mine,) = [each.ticket.number for each in answers if isinstance(each, Moved)]
    assert {each.number for each in answers if hasattr(each, "number")} == {mine}
    assert [each.number for each in store.of(account.account_id, limit=20)[0]] == [mine]
    assert guards.holder_of_closure(opening.reference(account)) == mine


def test_the_same_request_repeated_in_one_instant_is_answered_with_the_same_ticket() -> None:
    account = registered()
    once = guards.once(account.account_id, "k", b"the same")
    answers = all_at_once([lambda: asks(account, once=once)] * CROWD)
    assert kinds(answers) == {"Moved": 1, "AnsweredBefore": CROWD - 1}
    (mine,) = [each.ticket.number for each in answers if isinstance(each, Moved)]
    assert {each.answer["number"] for each in answers if isinstance(each, guards.AnsweredBefore)} == {mine}


def test_requests_from_outside_in_one_instant_are_one_ticket_with_one_code() -> None:
    account = registered()
    asked = FromOutside(way_in="system", kind="closure", language="vi", subject="Xóa", text="Xóa", found=(account,))
    answers = all_at_once([lambda: opening.open_from_outside(asked)] * CROWD)
    assert kinds(answers) == {"Moved": 1, "CodeLives": CROWD - 1}
    (mine,) = [each.ticket.number for each in answers if isinstance(each, Moved)]
    assert guards.waiting(opening.reference(account)) == mine


def test_a_sign_in_and_requests_from_outside_in_one_instant_leave_one_proved_closure() -> None:
    account = registered()
    asked = FromOutside(way_in="system", kind="closure", language="vi", subject="Xóa", text="Xóa", found=(account,))
    all_at_once([lambda: opening.open_from_outside(asked), lambda: asks(account)] * (CROWD // 2))
    tickets = [each for each in store.of(account.account_id, limit=20)[0] if each.is_live]
    assert [each.proof for each in tickets] == ["sign_in"]
    assert guards.holder_of_closure(opening.reference(account)) == tickets[0].number


def test_of_agents_who_decide_on_one_version_one_is_heard() -> None:
    number = in_review().number
    acts: list[Callable[[], Ticket]] = [
        lambda: deciding.approve(number, who()),
        lambda: deciding.reject(number, who(), "other", "Không."),
        lambda: deciding.assign(number, who(), "an"),
        lambda: deciding.hold(number, who(), "Chờ.", clock.now() + timedelta(days=9)),
    ]
    answers = all_at_once(acts * 2)
    assert kinds(answers) == {"Ticket": 1, "ChangedMeanwhile": 7}
    assert store.find(number).version == 2
    assert is_whole(number)


def test_words_that_many_add_in_one_instant_are_all_kept_once_each_has_been_let_in() -> None:
    number = in_review().number

    def add(nth: int) -> None:
        while True:
            with suppress(ChangedMeanwhile):
                deciding.add_words(store.find(number), f"{nth}", by="customer")
                return

    all_at_once([lambda nth=nth: add(nth) for nth in range(CROWD)])  # type: ignore[misc]
    file = store.file_of(number)
    assert file.ticket.version == CROWD + 1
    assert sorted(each.text for each in file.words.values()) == sorted([*map(str, range(CROWD)), "Xóa"])
    assert is_whole(number)


def test_a_withdrawal_beside_the_freeze_is_heard_or_comes_too_late_and_never_both() -> None:
    from chalicelib.closure import running

    for _ in range(3):
        ticket = scheduled()
        answers = all_at_once(
            [
                lambda ticket=ticket: deciding.withdraw(ticket, by="customer"),  # type: ignore[misc]
                lambda ticket=ticket: running._freeze(ticket, reference(ticket), ticket.run),  # type: ignore[misc]
            ]
        )
        account, after = accounts.find(reference(ticket).account_id), store.find(ticket.number)
        assert (after.status, account.status) in (("withdrawn", "active"), ("closing", "closing"))
        assert [isinstance(each, ChangedMeanwhile) for each in answers].count(True) == 1
        assert is_whole(ticket.number)


def test_a_hold_on_the_account_beside_the_freeze_stops_it_or_comes_too_late() -> None:
    from chalicelib.closure import running

    for _ in range(3):
        ticket = scheduled()

        def hold(ticket: Ticket = ticket) -> None:
            together = Together()
            guards.hold(together, reference(ticket), "SO-OTHER1")
            store.commit(together)

        froze = all_at_once(
            [hold, lambda ticket=ticket: running._freeze(ticket, reference(ticket), ticket.run)]  # type: ignore[misc]
        )[1]
        assert store.find(ticket.number).status == ("scheduled" if isinstance(froze, OnHold) else "closing")
        assert guards.is_held(reference(ticket))


def test_a_budget_lets_through_as_many_as_it_has() -> None:
    again_at = clock.now() + timedelta(days=1)

    def take() -> None:
        together = Together()
        guards.within_budget(together, f"b{again_at:%f}", most=5, again_at=again_at)
        store.commit(together)

    answers = all_at_once([take] * 2 * CROWD)
    assert kinds(answers) == {"NoneType": 5, "TooMany": 2 * CROWD - 5}


def test_the_brake_lets_through_as_many_closures_as_may_begin_and_is_pulled_once() -> None:
    guards.release_brake()
    at = clock.now()

    def begin() -> None:
        while True:
            together = Together()
            guards.begin_within_brake(together, most=4, at=at)
            with suppress(guards.BegunMeanwhile):
                store.commit(together)
                return

    answers = all_at_once([begin] * CROWD)
    assert kinds(answers) == {"NoneType": 4, "TooMany": CROWD - 4}
    assert Counter(all_at_once([lambda: guards.pull_brake(at=at)] * CROWD)) == {True: 1, False: CROWD - 1}
    guards.release_brake()


def test_an_id_registered_many_times_in_one_instant_is_one_account_with_one_generation() -> None:
    account_id = f"acc-{next(_names)}"

    def register(nth: int) -> tuple[Account, bool]:
        return registering.register(account_id, Fields(email=f"{nth}@khach.example"))

    answers = all_at_once([lambda nth=nth: register(nth) for nth in range(CROWD)])  # type: ignore[misc]
    assert not [each for each in answers if isinstance(each, Exception) and not isinstance(each, Busy)]
    told = [each for each in answers if isinstance(each, tuple)]
    assert [is_new for _, is_new in told].count(True) == 1
    assert {account.generation for account, _ in told} == {accounts.find(account_id).generation}


def test_an_id_is_never_registered_anew_while_its_account_is_being_erased() -> None:
    ticket = scheduled()
    account = accounts.find(reference(ticket).account_id)
    frozen = Together()
    accounts.freeze(frozen, account)
    accounts.lock(frozen, account.account_id, ticket.number)
    store.commit(frozen)

    def erase() -> None:
        together = Together()
        accounts.delete(together, account.account_id, account.generation, refused=lambda _: True)
        store.commit(together)

    def register() -> Account:
        return registering.register(account.account_id, Fields(email="new@khach.example"))[0]

    answers = all_at_once([erase, *[register] * CROWD])
    assert {type(each) for each in answers[1:]} == {AccountClosing}
    assert accounts.look_for(account.account_id) is None


def test_a_notice_is_claimed_by_one_sender_and_settled_once() -> None:
    number, at = in_review().number, clock.now()
    claims = all_at_once(
        [lambda: store.notices.claim(number, "notice#000001#x#owner", kind="x", reader="owner", at=at, tries=0)] * CROWD
    )
    assert kinds(claims) == {"NoticeItem": 1, "NoneType": CROWD - 1}


def test_a_letter_that_is_handed_over_many_times_in_one_instant_is_taken_in_once() -> None:
    number = in_review().number

    def take_in() -> None:
        together = Together()
        until = clock.now() + timedelta(days=1)
        guards.seen(together, f"letter-of-{number}", number=number, letter_id="x", until=until)
        store.commit(together)

    answers = all_at_once([take_in] * CROWD)
    assert kinds(answers) == {"NoneType": 1, "SeenBefore": CROWD - 1}


def test_two_who_write_in_the_same_millisecond_are_not_taken_for_one() -> None:
    """Their changes are alike to the last letter of the hash; their words aren't."""
    ticket, at = in_review(), clock.now()

    def write(text: str) -> None:
        moved = moves.replied(ticket, by="customer", at=at, words=2)
        together = Together()
        store.move_with(together, moved, was=ticket)
        store.add_words(together, ticket.number, store.Words(nth=2, by="customer", at=at, text=text))
        store.commit(together)

    write("Tôi cần hóa đơn.")
    with pytest.raises(ChangedMeanwhile):
        write("Xin đừng xóa vội.")
    assert store.file_of(ticket.number).words[2].text == "Tôi cần hóa đơn."


def test_whoever_loses_a_race_is_told_so_and_nothing_of_it_is_written() -> None:
    ticket = in_review()
    answers = all_at_once(
        [
            lambda: deciding.withdraw(ticket, by="customer"),
            *[lambda: deciding.add_words(ticket, "Còn gì?", by="customer")] * CROWD,
        ]
    )
    refused = [each for each in answers if isinstance(each, Problem)]
    assert len(refused) == CROWD
    assert {type(each) for each in refused} <= {ChangedMeanwhile, NotNow}
    file = store.file_of(ticket.number)
    assert file.ticket.version == 2
    assert len(file.words) == (1 if file.ticket.status == "withdrawn" else 2)
    holder = guards.holder_of_closure(reference(ticket))
    assert holder == (None if file.ticket.status == "withdrawn" else ticket.number)


def test_the_unlucky_are_told_that_the_desk_is_busy_and_not_that_something_broke() -> None:
    """Many writes to one item: DynamoDB's conflicts are tried again, and no other error comes out."""
    number = in_review().number

    def take() -> None:
        together = Together()
        guards.within_budget(together, f"hot-{number}", most=10_000, again_at=clock.now() + timedelta(days=1))
        store.commit(together)

    answers = all_at_once([take] * 2 * CROWD)
    assert kinds(answers).keys() <= {"NoneType", "Busy"}
