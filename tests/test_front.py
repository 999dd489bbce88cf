"""The front door: each address leads to the file that answers it, and to no other."""

from typing import Any

import pytest

from app import app
from chalicelib import front


@pytest.mark.parametrize("name", front.DOORS)
def test_each_address_of_a_door_leads_to_it(name: str) -> None:
    addresses = front.behind(name).routes
    assert addresses
    assert {front.door_of(each) for each in addresses} == {name}


def test_no_address_is_named_that_no_door_answers() -> None:
    for name, addresses in front.DOORS.items():
        routes = front.behind(name).routes
        for address in addresses:
            assert any(each == address or each.startswith(address + "/") for each in routes), address


def test_what_is_deployed_has_every_door() -> None:
    alone = {address: set(methods) for name in front.DOORS for address, methods in front.behind(name).routes.items()}
    assert {address: set(methods) for address, methods in app.routes.items()} == alone


@pytest.mark.parametrize(("resource", "status"), [("/healthz", 200), (None, 500)])
def test_an_event_is_answered_behind_its_door_and_what_is_no_request_is_told_so(
    resource: str | None, status: int
) -> None:
    assert front.answer(event(resource), None)["statusCode"] == status


def test_a_method_that_nobody_answers_there_is_refused_with_those_that_are() -> None:
    told = front.answer(event("/tickets", "PUT"), None)
    assert told["statusCode"] == 405
    assert sorted(told["headers"]["Allow"].split(", ")) == ["GET", "POST"]


def event(resource: str | None, method: str = "GET") -> dict[str, Any]:
    context: dict[str, Any] = {"httpMethod": method, "requestId": "r-1"}
    return {
        "requestContext": context | ({"resourcePath": resource} if resource else {}), "path": resource or "/",
        "headers": {}, "multiValueHeaders": {}, "multiValueQueryStringParameters": None, "pathParameters": None,
        "body": None, "stageVariables": None, "isBase64Encoded": False,
    }  # fmt: skip
