"""The API's description of itself: valid, whole, and of one mind with what checks the calls."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest
from chalice.app import Chalice
from chalice.test import Client
from msgspec import Meta
from openapi_spec_validator import OpenAPIV31SpecValidator

from chalicelib import openapi
from chalicelib.answers import Page, Paging, View
from chalicelib.calls import AGENT, ANYONE, CUSTOMER, TICKETS_WRITER, Answer, Call, Calls
from chalicelib.problems import ClosureAlreadyOpen, TooMany
from chalicelib.reading import FilledLine, Input


class NewTicket(Input, frozen=True, kw_only=True):
    subject: Annotated[FilledLine, Meta(max_length=200)]


class Step(View, frozen=True, kw_only=True):
    what: str


class TicketView(View, frozen=True, kw_only=True):
    number: str
    timeline: list[Step]


class Search(Paging, frozen=True, kw_only=True):
    status: str | None = None


def tickets() -> Calls:
    calls = Calls("chalicelib.tickets.api")

    @calls.post(
        "/tickets",
        who=CUSTOMER | TICKETS_WRITER,
        takes=NewTicket,
        answers={200: TicketView, 201: TicketView},
        says="Open a ticket",
        refuses=(ClosureAlreadyOpen, TooMany),
        idempotent=True,
    )
    def open_ticket(call: Call[NewTicket]) -> Answer:
        """One live closure an account: a second one is refused."""
        raise NotImplementedError

    @calls.get("/tickets", who=CUSTOMER, asks=Search, answers={200: Page[TicketView]}, says="Own tickets")
    def list_tickets(call: Call[Search]) -> Answer:
        raise NotImplementedError

    @calls.get("/tickets/{id}", who=AGENT, ids={"id": "SO-[0-9A-Z]{6}"}, answers={200: TicketView}, says="A ticket")
    def find_ticket(call: Call[None]) -> Answer:
        raise NotImplementedError

    @calls.get("/me", who=ANYONE | CUSTOMER, answers={204: None}, says="Who I am")
    def me(call: Call[None]) -> Answer:
        raise NotImplementedError

    return calls


@pytest.fixture
def client() -> Iterator[Client]:
    doors = [tickets()]
    doors.append(openapi.calls_of(lambda: doors))
    app = Chalice("described")
    for each in doors:
        app.register_blueprint(each)
    with Client(app) as client:
        yield client


@pytest.fixture
def document(client: Client) -> Any:
    answered = client.http.get("/openapi.json")
    assert answered.status_code == 200
    assert answered.headers["Content-Type"] == "application/json"
    return answered.json_body


def test_the_description_is_valid(document: Any) -> None:
    OpenAPIV31SpecValidator(document).validate()


def test_every_call_stands_in_it_the_description_itself_included(document: Any) -> None:
    calls = {(method, path) for path, methods in document["paths"].items() for method in methods}
    assert calls == {
        ("post", "/tickets"),
        ("get", "/tickets"),
        ("get", "/tickets/{id}"),
        ("get", "/me"),
        ("get", "/openapi.json"),
        ("get", "/healthz"),
    }


def test_what_a_call_takes_is_what_checks_it(document: Any) -> None:
    operation = document["paths"]["/tickets"]["post"]
    assert operation["requestBody"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/NewTicket"
    }
    schema = document["components"]["schemas"]["NewTicket"]
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["subject"]
    assert schema["properties"]["subject"]["maxLength"] == 200
    assert operation["description"] == "One live closure an account: a second one is refused."


def test_every_answer_and_every_refusal_is_told(document: Any) -> None:
    responses = document["paths"]["/tickets"]["post"]["responses"]
    assert list(responses) == ["200", "201", "400", "401", "403", "409", "413", "415", "422", "429", "500", "503"]
    assert responses["409"]["description"] == "Refused: `closure_already_open`"
    assert "application/problem+json" in responses["409"]["content"]
    assert "Retry-After" in responses["429"]["headers"]
    assert "404" in document["paths"]["/tickets/{id}"]["get"]["responses"]


def test_who_may_call_is_told_as_alternatives(document: Any) -> None:
    paths = document["paths"]
    assert paths["/tickets"]["post"]["security"] == [{"token": ["customer"]}, {"token": ["tickets:write"]}]
    assert paths["/tickets/{id}"]["get"]["security"] == [{"token": ["desk-agent"]}]
    assert paths["/me"]["get"]["security"] == [{"token": ["customer"]}, {}]
    assert paths["/healthz"]["get"]["security"] == []


def test_a_list_tells_how_it_is_paged(document: Any) -> None:
    operation = document["paths"]["/tickets"]["get"]
    told = {each["name"]: each for each in operation["parameters"] if "name" in each}
    assert told.keys() == {"limit", "cursor", "status"}
    assert told["limit"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 100, "default": 50}
    assert told["status"]["schema"] == {"type": "string"}
    assert "Search" not in document["components"]["schemas"]
    (listed,) = operation["responses"]["200"]["content"].values()
    page = document["components"]["schemas"][listed["schema"]["$ref"].rpartition("/")[2]]
    assert page["properties"].keys() == {"items", "next"}


def test_an_id_in_a_path_is_told_with_its_form(document: Any) -> None:
    (parameter,) = [each for each in document["paths"]["/tickets/{id}"]["get"]["parameters"] if "name" in each]
    assert parameter == {
        "name": "id",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "pattern": "^SO-[0-9A-Z]{6}$"},
    }


def test_only_calls_that_honour_an_idempotency_key_say_so(document: Any) -> None:
    key = {"$ref": "#/components/parameters/IdempotencyKey"}
    assert key in document["paths"]["/tickets"]["post"]["parameters"]
    assert key not in document["paths"]["/tickets"]["get"]["parameters"]


def test_operations_have_names_of_their_own(document: Any) -> None:
    names = [call["operationId"] for methods in document["paths"].values() for call in methods.values()]
    assert len(set(names)) == len(names)
    assert "tickets_open_ticket" in names


def test_every_problem_tells_its_code_there(document: Any) -> None:
    told = document["components"]["schemas"]["Problem"]["properties"]["code"]["description"]
    for code in ("bad_input", "sign_in_again", "closure_already_open", "too_large", "internal"):
        assert code in told


def test_the_desk_says_that_it_is_well_and_which_version_it_is(client: Client) -> None:
    answered = client.http.get("/healthz")
    assert (answered.status_code, answered.json_body) == (200, {"status": "ok", "version": openapi.VERSION})


def test_the_version_is_the_project_s() -> None:
    project = tomllib.loads(Path(__file__).parents[1].joinpath("pyproject.toml").read_text())
    assert project["project"]["version"] == openapi.VERSION
