"""Where an answer leads: from a ticket just opened or seen to all that can be done with it, on the version seen."""

from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from chalicelib import front, openapi

NUMBER = "$response.body#/number"


@pytest.fixture(scope="module")
def document() -> Any:
    return openapi.document([call for name in front.DOORS for call in front.door(name).described])


def links(document: Any, method: str, path: str, status: str) -> dict[str, Any]:
    """The links of this answer, by the id of the operation that each leads to."""
    told = document["paths"][path][method]["responses"][status].get("links", {})
    found = [document["components"]["links"][each["$ref"].rpartition("/")[2]] for each in told.values()]
    return {each["operationId"]: each for each in found}


def test_the_links_are_valid(document: Any) -> None:
    OpenAPIV31SpecValidator(document).validate()


def test_a_new_ticket_leads_to_what_its_asker_can_do_with_it(document: Any) -> None:
    found = links(document, "post", "/tickets", "201")
    assert {"tickets_my_ticket", "tickets_confirm", "tickets_reply", "tickets_withdraw"} < set(found)
    assert found["tickets_reply"] == {"operationId": "tickets_reply", "parameters": {"path.id": NUMBER}}


def test_a_decision_is_led_to_with_the_version_that_was_seen(document: Any) -> None:
    version = "$response.body#/version"
    for method, path in (("get", "/desk/tickets/{id}"), ("post", "/desk/tickets/{id}/assign")):
        found = links(document, method, path, "200")
        assert found["tickets_desk_approve"]["requestBody"] == {"expected_version": version}
        assert found["tickets_desk_approve"]["parameters"] == {"path.id": NUMBER}


def test_a_list_leads_on_by_its_first_entry(document: Any) -> None:
    found = links(document, "get", "/desk/tickets", "200")["tickets_desk_reject"]
    assert found["parameters"] == {"path.id": "$response.body#/items/0/number"}
    assert found["requestBody"] == {"expected_version": "$response.body#/items/0/version"}


def test_every_link_leads_to_a_call_that_is_there(document: Any) -> None:
    there = {call["operationId"] for methods in document["paths"].values() for call in methods.values()}
    led_to = {each["operationId"] for each in document["components"]["links"].values()}
    assert led_to
    assert led_to <= there


def test_what_shows_no_single_thing_leads_nowhere(document: Any) -> None:
    assert links(document, "get", "/catalog", "200") == {}
