"""Closures by a list with a holder of each kind, through the whole of it: workflow, policies, the company's own system
behind TLS, and the dry run."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.closure.company import Company, Heard, Reply, aws, certificates, company_at, keep_secret
from tests.closure.stores import Crm, Store, holders_toml, make_tables, stores
from tests.stories.conftest import USUAL
from tests.stories.people import Customer, Desk

NAMES = ("orders", "events", "files", "users", "crm")


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the company's own system and the list of holders are, for as long as these stories last."""

    company: Company
    crm: Crm
    settings: dict[str, str]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("company")
    made = certificates(folder)
    with company_at(made.context()) as company:
        listed = folder / "holders.toml"
        listed.write_text(holders_toml(company, *NAMES))
        settings = USUAL | {
            "HOLDERS": str(listed),
            "USER_POOL": "customers",
            "HOOKS_CA_FILE": str(Path(made.authority)),
            "HOOKS_MAY_REACH": "127.0.0.0/8,::1/128",
        }
        yield Place(company=company, crm=Crm(company=company), settings=settings)


@pytest.fixture
def desk(place: Place, desk_with: Callable[..., Desk]) -> Desk:
    found = desk_with(**place.settings)
    if "dev-events" not in aws("dynamodb").list_tables()["TableNames"]:
        make_tables()
        keep_secret()
    return found


@pytest.fixture
def held(desk: Desk, place: Place) -> dict[str, Store]:
    """The stores, by the names of their holders."""
    pool = aws("cognito-idp").list_user_pools(MaxResults=1)["UserPools"][0]["Id"]
    made = stores(desk.cloud._faults, place.company, pool, desk.table("ACCOUNTS_TABLE"))
    place.company.says = place.crm.answer
    return made | {"crm": place.crm}


def has_everything(desk: Desk, held: dict[str, Store]) -> Customer:
    customer = desk.customer(has_data=False)
    for name in NAMES:
        held[name].put(customer.account_id)
    return customer


def left(customer: Customer, held: dict[str, Store]) -> dict[str, int]:
    counts = {name: each.count(customer.account_id) for name, each in held.items()}
    return {name: count for name, count in counts.items() if count}


def test_every_kind_is_erased_within_its_policy_and_the_dry_run_told_what_would_be(
    desk: Desk, held: dict[str, Store]
) -> None:
    lan, an = has_everything(desk, held), desk.agent()
    number = lan.asks_to_close()
    told = an.call("GET", f"/desk/tickets/{number}/dry-run").ok()
    assert {each["holder"]: (each["found"], each["count"]) for each in told["holders"]} == {
        name: ("some", count) for name, count in left(lan, held).items()
    }
    assert [each["holder"] for each in told["holders"]] == [*NAMES, "account"]
    assert an.ticket(number)["ledger"] == []
    an.erases_now(lan, number)
    assert an.ticket(number)["status"] == "closing"
    desk.advance("PT1M")
    closed = an.ticket(number)
    assert (closed["status"], left(lan, held)) == ("closed", {})
    looked = {line["holder"]: line for line in closed["ledger"] if line["found"] != "residual"}
    assert looked.keys() == {*NAMES, "account"}
    assert looked["events"]["looked_at"] > looked["events"]["erased_at"]
    assert desk.cloud.permissions.refused == []
    after = an.call("GET", f"/desk/tickets/{number}/dry-run").ok()
    assert {each["found"] for each in after["holders"]} == {"nothing"}


def test_a_store_that_answers_eventually_is_looked_at_when_it_has_settled(desk: Desk, held: dict[str, Store]) -> None:
    """The index of events settles in ten seconds; until then nothing of it is looked at, and what comes after waits."""
    lan, an = has_everything(desk, held), desk.agent()
    number = lan.asks_to_close()
    an.erases_now(lan, number)
    assert left(lan, held).keys() == {"files", "users", "crm", "account"}
    told = {line["holder"]: line for line in an.ticket(number)["ledger"]}
    assert told["events"]["found"] == "cannot_tell"
    assert told["events"]["detail"] == "erased_not_looked"
    desk.advance("PT10S")
    assert an.ticket(number)["status"] == "closed"


def test_a_system_that_needs_its_time_is_asked_again_until_it_is_done(
    desk: Desk, held: dict[str, Store], place: Place
) -> None:
    lan, an = has_everything(desk, held), desk.agent()
    waits = [202, 202, 202]

    def slowly(heard: Heard) -> Reply:
        is_erasing = json.loads(heard.body)["action"] == "erase"
        return (waits.pop(), b"") if is_erasing and waits else place.crm.answer(heard)

    place.company.says = slowly
    number = lan.asks_to_close()
    an.erases_now(lan, number)
    desk.advance("PT1M")
    assert an.ticket(number)["status"] == "closed"
    assert "needs_attention" not in an.timeline(number)
    assert waits == []


@pytest.mark.parametrize(("how", "cause"), [("lie", "StillThere crm: some"), ("deny", "HolderFailed crm: http_401")])
def test_a_system_that_lies_or_refuses_is_named_and_the_retry_ends_it(
    desk: Desk, held: dict[str, Store], how: str, cause: str
) -> None:
    lan, an = has_everything(desk, held), desk.agent()
    held["crm"].fails(how)
    number = lan.asks_to_close()
    an.erases_now(lan, number)
    desk.advance("PT40M")
    stuck = an.ticket(number)
    assert (stuck["status"], stuck["cause"]) == ("needs_attention", cause)
    assert left(lan, held).keys() == {"crm", "account"}
    held["crm"].mends()
    an.decides(number, "retry").ok()
    desk.advance("PT1M")
    assert an.ticket(number)["status"] == "closed"


def test_the_dry_run_is_for_agents_and_of_tickets_about_an_account(desk: Desk, held: dict[str, Store]) -> None:
    lan, an = desk.customer(has_data=False), desk.agent()
    number = lan.asks_to_close()
    assert lan.call("GET", f"/desk/tickets/{number}/dry-run").status == 403
    assert desk.call("GET", f"/desk/tickets/{number}/dry-run").status == 401
    assert an.call("GET", "/desk/tickets/SO-AAAAAA/dry-run").status == 404
    by_phone = an.call("POST", "/desk/tickets", {"subject": "Close", "content": "Please close my account."}).ok(201)
    assert an.call("GET", f"/desk/tickets/{by_phone['number']}/dry-run").status == 404
