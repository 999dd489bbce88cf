"""The dry run: every holder is asked, nothing is erased, and what can't be asked is told as that."""

from collections.abc import Callable

from msgspec.structs import replace

from chalicelib.closure import dry_run
from chalicelib.closure.ledger import Look
from chalicelib.tickets.ticket import AccountRef, Ticket
from infra.local.faults import Fault
from infra.local.functions import running as inside
from tests.closure.company import Company
from tests.closure.desk import Desk
from tests.closure.stores import NAMES, OnAws


def account_of(ticket: Ticket) -> AccountRef:
    assert ticket.account
    return ticket.account


def test_every_holder_tells_what_it_has_in_the_order_of_erasing_and_nothing_is_erased(
    desk_with: Callable[..., Desk],
) -> None:
    desk = desk_with(*NAMES)
    ticket = desk.account()
    before = desk.left(ticket)
    found = dry_run.look_everywhere(account_of(ticket))
    assert list(found) == list(NAMES)
    assert {name: look.count for name, look in found.items()} == before
    assert {look.found for look in found.values()} == {"some"}
    assert desk.left(ticket) == before


def test_a_holder_that_refuses_can_t_tell_and_says_why(desk_with: Callable[..., Desk], company: Company) -> None:
    ticket = desk_with("crm").account()
    company.says_json("", 503)
    found = dry_run.look_everywhere(account_of(ticket))
    assert found["crm"] == Look(found="cannot_tell", detail="http_503")
    assert found["account"] == Look(found="some", count=1)


def test_a_holder_that_may_not_be_read_can_t_tell(desk_with: Callable[..., Desk]) -> None:
    desk = desk_with("orders")
    ticket, orders = desk.account(), desk.stores["orders"]
    assert isinstance(orders, OnAws)
    orders.faults.add(Fault(service="dynamodb", operation="Query", kind="deny"))
    token = inside.set("api_handler")  # a fault meets the calls of functions alone; each thread must be known as one
    found = dry_run.look_everywhere(account_of(ticket))
    inside.reset(token)
    assert found["orders"] == Look(found="cannot_tell", detail="AccessDeniedException")


def test_a_holder_that_has_not_answered_in_time_can_t_tell(desk_with: Callable[..., Desk], company: Company) -> None:
    ticket = desk_with("crm").account()
    company.never_answers()
    found = dry_run.look_everywhere(account_of(ticket), within_s=0)
    assert found["crm"] == Look(found="cannot_tell", detail="not_in_time")


def test_what_a_new_customer_of_the_same_id_has_is_not_counted(desk_with: Callable[..., Desk]) -> None:
    now = account_of(desk_with("users").account())
    found = dry_run.look_everywhere(replace(now, generation=now.generation - 1))
    assert set(found.values()) == {Look(found="cannot_tell", detail="registered_again")}
