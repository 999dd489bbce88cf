"""A small API that has one call of each sort, and a way to call it: what the tests of the door knock at."""

import json
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple

from chalice.app import Chalice
from chalice.test import Client, HTTPResponse
from msgspec import Meta

from chalicelib.answers import Page, Paging, View
from chalicelib.calls import (
    ACCOUNTS_WRITER,
    ADMIN,
    AGENT,
    ANYONE,
    CUSTOMER,
    TICKETS_WRITER,
    Answer,
    Call,
    Calls,
    Who,
)
from chalicelib.reading import FilledLine, Input, Instant
from tests.issuing import Issuer


class Order(Input, frozen=True, kw_only=True):
    what: Literal["tea", "coffee"]
    note: Annotated[FilledLine, Meta(max_length=20)]
    cups: Annotated[int, Meta(ge=1, le=9)] = 1
    at: Instant | None = None
    tags: tuple[str, ...] = ()


class Ordered(View, frozen=True, kw_only=True):
    what: str
    note: str
    at: datetime | None


class Search(Paging, frozen=True, kw_only=True):
    what: Literal["tea", "coffee"] | None = None


class Door(NamedTuple):
    client: Client
    issuer: Issuer

    def send(
        self, method: str, path: str, body: object = None, *, token: dict[str, Any] | None = None, **headers: str
    ) -> HTTPResponse:
        sent = {"Accept-Language": "en", "Content-Type": "application/json"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            sent["Authorization"] = self.issuer.bearer(**token)
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self.client.http.request(method, path, headers=sent, body=raw)


def a_bar(issuer: Issuer) -> Calls:
    sign_in = issuer.sign_in()
    calls = Calls("bar.orders.api", signed_in=lambda headers: sign_in.person(headers.get("authorization")))

    @calls.post("/orders", who=ANYONE, takes=Order, answers={201: Ordered}, says="Order")
    def order(call: Call[Order]) -> Answer:
        made = Ordered(what=call.given.what, note=call.given.note, at=call.given.at)
        return Answer(201, made, headers={"Location": "/orders/1"})

    @calls.get("/orders", who=ANYONE, asks=Search, answers={200: Page[Ordered]}, says="Orders")
    def search(call: Call[Search]) -> Answer:
        return Answer(200, {"limit": call.given.limit, "what": call.given.what})

    @calls.get("/orders/{id}", who=ANYONE, ids={"id": "O-[0-9]+"}, answers={200: None}, says="An order")
    def find(call: Call[None]) -> Answer:
        return Answer(200, {"id": call.path["id"]})

    @calls.delete("/orders/{id}", who=CUSTOMER | TICKETS_WRITER, answers={204: None}, says="Cancel an order")
    def cancel(call: Call[None]) -> Answer:
        return Answer(204)

    @calls.put("/orders/{id}", who=CUSTOMER, ids={"id": "O-[0-9]+"}, takes=Order, answers={200: None}, says="Replace")
    def replace(call: Call[Order]) -> Answer:
        return Answer(200, {"account": call.account_id})

    _add_calls_for_anyone(calls)
    for each, who in ROLES.items():
        calls.get(f"/only/{each}", who=who, answers={204: None}, says="Only some")(nothing)
    return calls


def _add_calls_for_anyone(calls: Calls) -> None:
    @calls.get("/me", who=ANYONE | CUSTOMER, answers={200: None}, says="Who I am")
    def me(call: Call[None]) -> Answer:
        return Answer(200, {"sub": call.signed_in.sub if call.signed_in else None, "language": call.language})

    @calls.post("/key", who=ANYONE, answers={200: None}, says="Tell the key", idempotent=True)
    def key(call: Call[None]) -> Answer:
        return Answer(200, {"key": call.idempotency_key})


ROLES: dict[str, Who] = {
    "customer": CUSTOMER,
    "agent": AGENT,
    "admin": ADMIN,
    "accounts": ACCOUNTS_WRITER,
    "tickets": TICKETS_WRITER,
}


def nothing(call: Call[None]) -> Answer:
    return Answer(204)


def served(*doors: Calls) -> Chalice:
    app = Chalice("door")
    for each in doors:
        app.register_blueprint(each)
    return app


def wrong_fields(answered: HTTPResponse) -> dict[str, str]:
    assert answered.status_code == 400
    assert answered.headers["Content-Type"] == "application/problem+json"
    assert answered.json_body["code"] == "bad_input"
    return {each["name"]: each["problem"] for each in answered.json_body["fields"]}


TEA = {"what": "tea", "note": "with milk"}
