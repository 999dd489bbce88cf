"""Closures where the operator lets proved ones through, one an hour: automatic approval, and the brake."""

from collections.abc import Callable

from tests.stories.people import QUESTION, Desk

SETTINGS = {"APPROVAL": "automatic", "COOLING_OFF": "P1D", "CLOSURES_PER_HOUR": "1", "LOOK_AGAIN_FOR": "P1D"}


def test_a_proved_closure_is_scheduled_at_once_where_the_operator_says_so(desk_with: Callable[..., Desk]) -> None:
    desk = desk_with(**SETTINGS)
    lan = desk.customer()
    opened = lan.opens().ok(201)
    assert opened["status"] == "scheduled"
    number = opened["number"]
    assert desk.agent().ticket(number)["approved_by"] == "desk"
    desk.advance("P9D")
    assert lan.ticket(number)["status"] == "closed"
    assert [kind for kind, _ in lan.notices(number)] == ["received", "scheduled", "closing", "closed"]


def test_a_recognised_closure_still_waits_for_the_word_and_a_question_for_an_agent(
    desk_with: Callable[..., Desk],
) -> None:
    desk = desk_with(**SETTINGS)
    lan = desk.customer()
    assert lan.opens(**QUESTION).ok(201)["status"] == "received"
    number = lan.asks_to_close(request=None)
    assert lan.ticket(number)["status"] == "received"
    assert lan.does(number, "confirm").ok()["status"] == "scheduled"
    lan.does(number, "withdraw").ok()


def test_an_agent_stops_what_was_scheduled_automatically(desk_with: Callable[..., Desk]) -> None:
    desk = desk_with(**SETTINGS)
    lan = desk.customer()
    number = lan.asks_to_close()
    assert desk.agent().decides(number, "reject", reason_code="fraud_suspected", reason="").ok()["status"] == "rejected"
    desk.advance("P9D")
    assert lan.account().ok()["status"] == "active"


def test_the_brake_holds_the_second_closure_of_an_hour_until_an_admin_releases_it(
    desk_with: Callable[..., Desk],
) -> None:
    desk = desk_with(**SETTINGS)
    an, chi = desk.agent(), desk.admin()
    desk.advance("PT1H1M")  # whatever an earlier story began is longer ago than an hour
    customers = [desk.customer() for _ in range(3)]
    numbers = [each.asks_to_close() for each in customers]
    desk.advance("P1DT1H")
    statuses = [each.ticket(number)["status"] for each, number in zip(customers, numbers, strict=True)]
    assert sorted(statuses) == ["closed", "scheduled", "scheduled"]
    assert an.call("GET", "/desk/brake").ok()["since"]
    assert an.call("POST", "/desk/brake", {"released": True}).status == 403
    desk.advance("PT5H")
    held = [each for each, number in zip(customers, numbers, strict=True) if each.ticket(number)["status"] != "closed"]
    assert len(held) == 2
    assert all(each.account().ok()["status"] == "active" for each in held)
    chi.call("POST", "/desk/brake", {"released": True}).ok()
    assert an.call("GET", "/desk/brake").ok()["since"] is None
    desk.advance("PT2H")
    statuses = [each.ticket(number)["status"] for each, number in zip(customers, numbers, strict=True)]
    assert statuses.count("closed") >= 2
    chi.call("POST", "/desk/brake", {"released": True}).ok()
    desk.advance("PT3H")
    assert [each.ticket(number)["status"] for each, number in zip(customers, numbers, strict=True)] == ["closed"] * 3
    assert [kind for kind, _ in held[0].notices(numbers[customers.index(held[0])])].count("closing") == 1
