"""The door: each HTTP call is described once, checked by that description, and answered.

    calls = Calls(__name__)

    @calls.post("/tickets", who=CUSTOMER, takes=NewTicket, answers={201: TicketView}, says="Open a ticket")
    def open_ticket(call: Call[NewTicket]) -> Answer:
        return Answer(201, view, headers={"Location": ...})

The order is always the same: who (401, 403), the ids in the path (404), then the body or query (400, 413, 415).
A `Calls` is a Chalice blueprint: `app.register_blueprint(calls)`. The functions stay what they are, for other code.
"""

import re
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from enum import Flag, auto
from inspect import getdoc
from typing import Any, Final, Generic, Required, TypedDict, TypeVar, Unpack, overload
from urllib.parse import unquote
from uuid import uuid4

from chalice.app import Blueprint, Chalice, Request, Response
from msgspec import Struct, field

from chalicelib import signin
from chalicelib.answers import (
    INTERNAL,
    Answer,
    Refusal,
    UnsupportedMedia,
    View,
    by_chalice,
    json_response,
    language_asked,
    log_answer,
    log_internal,
    problem_response,
    refusal_of,
    with_headers_of_all,
)
from chalicelib.language import N_, Language
from chalicelib.problems import NotAllowed, NotFound, NotSignedIn, Problem, SettingsWrong
from chalicelib.reading import Input, Nothing, WrongField, WrongFields, json_body, query
from chalicelib.settings import settings
from chalicelib.signin import Person

__all__ = ["ACCOUNTS_WRITER", "ADMIN", "AGENT", "ANYONE", "CUSTOMER", "TICKETS_WRITER", "Answer", "Call", "Calls"]
__all__ += ["Arriving", "Described", "Who"]


class Who(Flag):
    """Who may call; `|` means either."""

    ANYONE = auto()
    CUSTOMER = auto()
    AGENT = auto()
    ADMIN = auto()
    ACCOUNTS_WRITER = auto()
    TICKETS_WRITER = auto()


ANYONE: Final = Who.ANYONE
CUSTOMER: Final = Who.CUSTOMER
AGENT: Final = Who.AGENT
ADMIN: Final = Who.ADMIN
ACCOUNTS_WRITER: Final = Who.ACCOUNTS_WRITER
TICKETS_WRITER: Final = Who.TICKETS_WRITER

ANY_ID: Final = r"[A-Za-z0-9._~-]{1,200}"
_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_WRONG_KEY = N_("This must have 1 to 255 characters: letters, digits and signs, without spaces.")

Given = TypeVar("Given")
Model = TypeVar("Model", bound=Input)


class Call(Struct, Generic[Given], frozen=True, kw_only=True):
    """One call, checked. `given` is the body of POST and PUT, the query of GET; None where the call takes nothing.

    `path` holds the ids of the path, decoded. `headers` are looked up whatever their case. `language` is the
    reader's: Accept-Language, else the token's `locale`, else DEFAULT_LANGUAGE.
    """

    given: Given
    path: Mapping[str, str]
    signed_in: Person | None
    headers: Mapping[str, str]
    language: Language
    request_id: str

    @property
    def person(self) -> Person:
        """Who calls; `NotSignedIn` if nobody has to be, and nobody is."""
        if self.signed_in is None:
            raise NotSignedIn
        return self.signed_in

    @property
    def account_id(self) -> str:
        """The customer's own account; `NotAllowed` if the token names none."""
        if self.person.account_id is None:
            raise NotAllowed
        return self.person.account_id

    @property
    def idempotency_key(self) -> str | None:
        """The Idempotency-Key header, or None; WrongFields if it can't be one."""
        key = self.headers.get("idempotency-key")
        if key is not None and not _IDEMPOTENCY_KEY.fullmatch(key):
            raise WrongFields(WrongField(name="Idempotency-Key", sentence=_WRONG_KEY))
        return key


class Described(Struct, frozen=True, kw_only=True):
    """All that is known of one JSON call: what checks it, and what the OpenAPI document says of it.

    `ids` are regular expressions for the names in the path (what doesn't match is 404). `refuses` are the problems
    that this call has beside those that every call has. `also`: other media types that its 200 can come in. `id_at`:
    where in its answer the `{id}` stands by which other calls know what it shows (a JSON Pointer).
    """

    name: str
    method: str
    path: str
    who: Who
    takes: type[Input] | None
    asks: type[Input] | None
    answers: Mapping[int, type[View] | None]
    says: str
    ids: Mapping[str, str] = field(default_factory=dict)
    refuses: tuple[type[Problem], ...] = ()
    idempotent: bool = False
    also: tuple[str, ...] = ()
    id_at: str | None = None
    section: str
    explains: str = ""


class About(TypedDict, total=False):
    who: Required[Who]
    answers: Required[Mapping[int, type[View] | None]]
    says: Required[str]
    ids: Mapping[str, str]
    refuses: tuple[type[Problem], ...]
    idempotent: bool
    also: tuple[str, ...]
    id_at: str


JsonCall = Callable[[Call[Given]], Answer]
SignedIn = Callable[[Mapping[str, str]], Person]


def by_bearer_token(headers: Mapping[str, str]) -> Person:
    """The person of the Authorization header."""
    return signin.person(headers.get("authorization"))


class Calls(Blueprint):
    """A blueprint whose routes are described calls; `described` lists them. Pages have their own: pages/visits.py."""

    def __init__(self, import_name: str, *, signed_in: SignedIn = by_bearer_token) -> None:
        super().__init__(import_name)
        self._signed_in = signed_in
        self.described: list[Described] = []
        # chalicelib.tickets.desk_api: tickets_desk
        self._section = "_".join(import_name.split(".")[1:]).removesuffix("_api")

    @overload
    def get(
        self, path: str, *, asks: type[Model], **about: Unpack[About]
    ) -> Callable[[JsonCall[Model]], JsonCall[Model]]: ...
    @overload
    def get(
        self, path: str, *, asks: None = None, **about: Unpack[About]
    ) -> Callable[[JsonCall[None]], JsonCall[None]]: ...
    def get(self, path: str, *, asks: type[Input] | None = None, **about: Unpack[About]) -> Any:
        """A call that reads; `asks` is the model of its query."""
        return self._describe("GET", path, None, asks, about)

    @overload
    def post(
        self, path: str, *, takes: type[Model], **about: Unpack[About]
    ) -> Callable[[JsonCall[Model]], JsonCall[Model]]: ...
    @overload
    def post(
        self, path: str, *, takes: None = None, **about: Unpack[About]
    ) -> Callable[[JsonCall[None]], JsonCall[None]]: ...
    def post(self, path: str, *, takes: type[Input] | None = None, **about: Unpack[About]) -> Any:
        """A call that does something; `takes` is the model of its body."""
        return self._describe("POST", path, takes, None, about)

    def put(
        self, path: str, *, takes: type[Model], **about: Unpack[About]
    ) -> Callable[[JsonCall[Model]], JsonCall[Model]]:
        """A call that replaces something by its body."""
        return self._describe("PUT", path, takes, None, about)

    def delete(self, path: str, **about: Unpack[About]) -> Callable[[JsonCall[None]], JsonCall[None]]:
        """A call that takes something away."""
        return self._describe("DELETE", path, None, None, about)

    def _describe(
        self, method: str, path: str, takes: type[Input] | None, asks: type[Input] | None, about: About
    ) -> Callable[[JsonCall[Any]], JsonCall[Any]]:
        def describe(function: JsonCall[Any]) -> JsonCall[Any]:
            call = Described(
                name=function.__name__,
                method=method,
                path=path,
                takes=takes,
                asks=asks,
                section=self._section,
                explains=getdoc(function) or "",
                **about,
            )

            def view(**given_ids: str) -> Response:
                visit = arriving()
                try:
                    person = self._admitted(call.who, visit)
                    found = path_ids(given_ids, call.ids)
                    return json_response(function(visit.call(_body_or_query(call, visit), found, person)))
                except Exception as error:
                    return problem_response(told(error, visit), visit.language, visit.request_id)

            self.described.append(call)
            self.serve(method, path, call.name, view)
            return function

        return describe

    def serve(self, method: str, path: str, name: str, view: Callable[..., Response]) -> None:
        """Makes a route of it; content types are checked by whoever reads the body."""
        view.__name__ = view.__qualname__ = name
        # Chalice would refuse a wrong content type before we know who calls; `_body_or_query` does it after.
        self.route(path, methods=[method], content_types=["*/*"], cors=False)(view)

    def register(self, app: Chalice, options: dict[str, Any]) -> None:
        super().register(app, options)
        if not any(function is _at_the_door for function, _ in app.middleware_handlers):
            app.register_middleware(_at_the_door, "http")

    def _admitted(self, who: Who, visit: "Arriving") -> Person | None:
        """Whoever calls, if they may; None if anyone may and nobody is signed in."""
        roles = set(who)
        if ANYONE in roles and (len(roles) == 1 or "authorization" not in visit.headers):
            return None
        visit.person = person = self._signed_in(visit.headers)
        return admitted(who, person)


def admitted(who: Who, person: Person) -> Person:
    """The person, if it is one of those who may call; else `NotAllowed`."""
    roles = set(who)
    if ANYONE not in roles and not any(_ARE[role](person) for role in roles):
        raise NotAllowed
    return person


_ARE: Final[Mapping[Who, Callable[[Person], bool]]] = {
    CUSTOMER: lambda person: person.account_id is not None,
    AGENT: lambda person: person.is_agent,
    ADMIN: lambda person: person.is_admin,
    ACCOUNTS_WRITER: lambda person: signin.ACCOUNTS_SCOPE in person.scopes,
    TICKETS_WRITER: lambda person: signin.TICKETS_SCOPE in person.scopes,
}

# Chalice keeps the request on the app, which is one for all threads of the local server; this is one a thread.
_current: ContextVar[Request] = ContextVar("_current")


def _at_the_door(request: Request | None, answer_it: Callable[[Request | None], Response]) -> Response:
    """Middleware, once an app: keeps the request for the call, and tells Chalice's own refusals as problems."""
    if request is None:  # no event of API Gateway's
        request_id = str(uuid4())
        return with_headers_of_all(problem_response(INTERNAL, _default_language(), request_id), request_id)
    token, began = _current.set(request), time.monotonic()
    visit = Arriving(request)
    try:
        response = answer_it(request)
        if isinstance(response.body, dict) and response.body.keys() == {"Code", "Message"}:
            allowed = {name: value for name, value in response.headers.items() if name == "Allow"}
            response = problem_response(by_chalice(response.status_code), visit.language, visit.request_id)
            response.headers.update(allowed)
    finally:
        _current.reset(token)
    log_answer(request, response.status_code, visit.request_id, took=time.monotonic() - began)
    return with_headers_of_all(response, visit.request_id)


def arriving() -> "Arriving":
    """The request that this thread is answering."""
    return Arriving(_current.get())


class Arriving:
    """What is known of a request while it is being checked."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.headers: Mapping[str, str] = request.headers
        self.request_id = _request_id(request)
        self.person: Person | None = None

    @property
    def language(self) -> Language:
        asked = language_asked(self.headers.get("accept-language"))
        return asked or (self.person and self.person.language) or _default_language()

    def call(self, given: Any, path: Mapping[str, str], person: Person | None) -> Call[Any]:
        return Call(
            given=given,
            path=path,
            signed_in=person,
            headers=self.headers,
            language=self.language,
            request_id=self.request_id,
        )


def _request_id(request: Request) -> str:
    told = request.context.get("requestId") or getattr(request.lambda_context, "aws_request_id", None)
    return str(told or uuid4())


def _default_language() -> Language:
    try:
        return "en" if settings().default_language == "en" else "vi"
    except SettingsWrong:
        return "vi"  # a refusal must be told even so


def told(error: Exception, visit: Arriving) -> Refusal:
    """How this error is told; what isn't a refusal is logged, without what people wrote."""
    refusal = refusal_of(error, signed_in_with=visit.headers.get("authorization"))
    if refusal is INTERNAL:
        log_internal(error, visit.request_id)
    return refusal


def path_ids(given: Mapping[str, str], patterns: Mapping[str, str]) -> dict[str, str]:
    """The ids of a path, decoded; `NotFound` for one that can't be."""
    # API Gateway hands ids on as they were sent, the local gateway may have decoded them. To decode again is harmless:
    # no id holds a per cent sign.
    found = {name: unquote(text, errors="replace") for name, text in given.items()}
    if not all(re.fullmatch(patterns.get(name, ANY_ID), text) for name, text in found.items()):
        raise NotFound
    return found


def _body_or_query(call: Described, visit: Arriving) -> Input | None:
    asked = query(query_of(visit.request), call.asks or Nothing)
    if call.method == "GET":
        return asked if call.asks else None
    raw = raw_body(visit, ("application/json",))
    if not raw and not call.takes:
        return None
    body = json_body(raw or b"{}", call.takes or Nothing)
    return body if call.takes else None


def query_of(request: Request) -> dict[str, list[str]]:
    """The query's values by name."""
    return {name: request.query_params.getlist(name) for name in request.query_params} if request.query_params else {}


def raw_body(visit: Arriving, types: tuple[str, ...]) -> bytes:
    """The body, if it is of one of these media types."""
    raw = visit.request.raw_body
    said = visit.headers.get("content-type", types[0]).partition(";")[0].strip().lower()
    if raw and said not in types:
        raise UnsupportedMedia
    return raw.encode() if isinstance(raw, str) else raw
