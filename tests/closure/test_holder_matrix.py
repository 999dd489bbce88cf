"""Every kind of holder, in every way in which erasing can go wrong: no ticket is called closed while something is
there, each ends closed or needs attention with the true cause, and a retry ends it.

The workflow's own steps are called here in its order, with fewer tries and no waiting; that the workflow calls them
so, stories show (tests/stories/test_closing_failures.py, test_closing_every_kind.py).
"""

import json
from collections.abc import Callable

import pytest

from chalicelib.closure import holders, running, steps
from chalicelib.tickets import store
from chalicelib.tickets.ticket import AccountRef, Ticket
from tests.closure.company import LAW, Company, aws
from tests.closure.desk import TRIES, Context, Desk
from tests.closure.stores import NAMES, Crm, backed_up


@pytest.fixture
def desk(desk_with: Callable[..., Desk], name: str) -> Desk:
    """A desk that lists the one holder that a test is about."""
    return desk_with(name)


# ── the matrix ───────────────────────────────────────────────────────────────────────────────────────────────

CAUSES = {
    "refuse": {"": "HolderFailed {}: InternalServerError", "crm": "HolderFailed crm: http_500"},
    "deny": {
        "": "HolderFailed {}: AccessDeniedException",
        "crm": "HolderFailed crm: http_401",
        "files": "HolderFailed files: AccessDenied",
    },
    "lie": {"": "StillThere {}: some"},
}


def cause(how: str, name: str) -> str:
    told = CAUSES[how]
    return told.get(name, told[""]).format(name)


every_kind = pytest.mark.parametrize("name", NAMES)


def test_where_every_holder_works_the_ticket_is_closed(desk_with: Callable[..., Desk]) -> None:
    desk = desk_with(*NAMES)
    ticket = desk.account()
    assert set(desk.left(ticket)) == set(NAMES)
    assert desk.runs(ticket).status == "closed"


@every_kind
@pytest.mark.parametrize("how", list(CAUSES))
def test_a_holder_that_refuses_denies_or_lies_is_named_and_a_retry_ends_it(desk: Desk, name: str, how: str) -> None:
    ticket = desk.account()
    desk.stores[name].fails(how)
    stuck = desk.runs(ticket)
    assert stuck.status == "needs_attention"
    assert stuck.cause == cause(how, name)
    desk.stores[name].mends()
    assert desk.retries(ticket).status == "closed"


@every_kind
def test_a_holder_that_never_answers_is_named_unless_it_was_done_all_the_same(desk: Desk, name: str) -> None:
    """What it was told is done, and its answer is lost, each time: another try, or the retry, finds it done."""
    ticket = desk.account()
    desk.stores[name].fails("silence")
    ended = desk.runs(ticket)
    if name in ("events", "account", "crm", "users"):
        assert ended.status == "needs_attention"
        assert (ended.cause or "").startswith(f"HolderFailed {name}: ")
        desk.stores[name].mends()
        ended = desk.retries(ticket)
    assert ended.status == "closed"


@every_kind
def test_a_holder_that_is_throttled_for_a_while_is_waited_for(desk: Desk, name: str) -> None:
    ticket = desk.account()
    desk.stores[name].fails("throttle", times=TRIES - 1)
    assert desk.runs(ticket).status == "closed"


@every_kind
def test_a_holder_that_has_nothing_any_more_is_done(desk: Desk, name: str) -> None:
    ticket = desk.account(without=name)

    def gone(holder: str) -> None:
        if holder == name == "account" and ticket.account:
            aws("dynamodb").delete_item(TableName="accounts", Key={"account_id": {"S": ticket.account.account_id}})

    assert desk.runs(ticket, before=gone).status == "closed"


@every_kind
def test_what_is_written_again_before_the_last_look_is_seen_by_it(desk: Desk, name: str) -> None:
    ticket = desk.account()
    account_id = ticket.account.account_id if ticket.account else ""
    with backed_up("accounts", account_id):
        stuck = desk.runs(ticket, between=lambda: desk.stores[name].put(account_id))
        assert (stuck.status, stuck.cause) == ("needs_attention", f"StillThere {name}: some")
    assert desk.left(ticket).keys() == {name}
    assert desk.retries(ticket).status == "closed"


@every_kind
def test_what_is_half_erased_is_not_gone_and_the_retry_erases_the_rest(desk: Desk, name: str) -> None:
    """A part goes, then the holder refuses: after a first batch; after the user is signed out; after the record is
    gone, whose answer was lost; after one note of two. In S3 a file comes back while it is erased."""
    ticket = desk.account()
    account_id = ticket.account.account_id if ticket.account else ""

    def half(holder: str) -> None:
        if holder == name:
            _erase_half(desk, name, ticket, account_id)

    stuck = desk.runs(ticket, before=half)
    assert stuck.status == "needs_attention"
    assert name in (stuck.cause or "")
    desk.stores[name].mends()
    assert desk.retries(ticket).status == "closed"


def _erase_half(desk: Desk, name: str, ticket: Ticket, account_id: str) -> None:
    match name:
        case "orders" | "events" | "files":
            with pytest.raises(holders.NotDone):
                holders.holder(name).erase(_of(ticket), enough=lambda: True)
            if name != "orders":
                desk.stores[name].put(account_id)
            desk.stores[name].fails("refuse")
        case "account":
            desk.stores[name].fails("silence", times=1)
            desk.stores[name].fails("deny")
        case "crm":
            desk.stores[name].fails("half")
        case _:
            desk.stores[name].fails("refuse")


def _of(ticket: Ticket) -> AccountRef:
    assert ticket.account
    return ticket.account


def test_a_run_that_is_over_erases_nothing(desk_with: Callable[..., Desk]) -> None:
    desk = desk_with(*NAMES)
    ticket = desk.account()
    steps.freeze({"ticket": ticket.number, "run": 1}, None)
    for name in NAMES:
        with pytest.raises(Exception, match=ticket.number):
            steps.erase({"ticket": ticket.number, "run": 2, "holder": name}, Context())
    assert set(desk.left(ticket)) == set(NAMES)


def test_what_a_webhook_says_is_under_way_names_its_holder_when_it_has_no_end(desk_with: Callable[..., Desk]) -> None:
    desk = desk_with("crm")
    ticket = desk.account()
    crm = desk.stores["crm"]
    assert isinstance(crm, Crm)
    own = crm.answer
    crm.company.says = lambda heard: (202, b"") if b'"erase"' in heard.body else own(heard)
    stuck = desk.runs(ticket)
    assert (stuck.status, stuck.cause) == ("needs_attention", "NotDone crm")
    crm.company.says = own
    assert desk.retries(ticket).status == "closed"


def test_a_step_that_ran_out_of_time_names_the_holder_that_was_in_work(desk_with: Callable[..., Desk]) -> None:
    desk = desk_with("orders", "crm")
    ticket = desk.account()
    event = {"ticket": ticket.number, "run": 1}
    steps.freeze(event, None)
    steps.erase(event | {"holder": "orders"}, Context())
    steps.look(event | {"holder": "orders"}, None)
    steps.trouble(event | {"error": {"Error": "Sandbox.Timedout", "Cause": "RequestId: 1 Error: Task timed out"}}, None)
    assert store.find(ticket.number).cause == "Sandbox.Timedout (crm)"
    assert desk.retries(ticket).status == "closed"


@pytest.mark.parametrize(
    ("basis", "status", "cause"),
    [(LAW, "closed", None), ("Our habit", "needs_attention", "StillThere crm: kept (Our habit)")],
)
def test_what_is_kept_closes_a_ticket_only_on_a_basis_that_an_admin_allowed(
    desk_with: Callable[..., Desk], company: Company, basis: str, status: str, cause: str | None
) -> None:
    desk = desk_with("crm")
    ticket = desk.account(without="crm")
    kept = {"found": "kept", "count": 2, "basis": basis, "until": "2090-01-01T00:00:00Z", "detail": "invoices"}
    company.says_json(json.dumps(kept))
    ended = desk.runs(ticket)
    assert (ended.status, ended.cause) == (status, cause)
    line = next(each for each in store.ledger.read(ticket.number) if each["holder"] == "crm")
    assert (line["found"], line["basis"], line["until"]) == ("kept", basis, "2090-01-01T00:00:00+00:00")


# ── the nights after ─────────────────────────────────────────────────────────────────────────────────────────


@every_kind
def test_what_is_there_again_at_night_opens_the_ticket_again(desk: Desk, name: str) -> None:
    ticket = desk.account()
    with backed_up("accounts", _of(ticket).account_id):
        assert desk.runs(ticket).status == "closed"
        desk.stores[name].put(_of(ticket).account_id)
    running.look_again(store.find(ticket.number))
    opened = store.find(ticket.number)
    assert (opened.status, opened.cause) == ("needs_attention", f"{name}: some")
    assert desk.retries(ticket).status == "closed"


@pytest.mark.parametrize("said", [(503, b""), (200, b'{"found": "cannot_tell", "detail": "replica_down"}')])
def test_a_holder_that_can_t_tell_tonight_opens_no_ticket_and_is_asked_again(
    desk_with: Callable[..., Desk], company: Company, said: tuple[int, bytes]
) -> None:
    desk = desk_with("crm")
    ticket = desk.account()
    assert desk.runs(ticket).status == "closed"
    company.says = lambda _: said
    with pytest.raises(running.HolderFailed, match="crm"):
        running.look_again(store.find(ticket.number))
    now = store.find(ticket.number)
    assert (now.status, now.looked_again_at) == ("closed", None)
