"""The API's description of itself: an OpenAPI 3.1 document made from the very descriptions that check the calls."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from inspect import cleandoc
from typing import Any, Final

from msgspec import Struct
from msgspec.json import schema_components

from chalicelib import front, problems, signin
from chalicelib.answers import PROBLEM_JSON, View, status_of
from chalicelib.calls import (
    ACCOUNTS_WRITER,
    ADMIN,
    AGENT,
    ANY_ID,
    ANYONE,
    CUSTOMER,
    TICKETS_WRITER,
    Answer,
    Call,
    Calls,
    Described,
    Who,
)
from chalicelib.openapi_links import links_of, named_links
from chalicelib.problems import BadInput, NotAllowed, NotFound, NotSignedIn, Problem, TooLarge

VERSION: Final = "0.1.0"

_SCHEMAS: Final = "#/components/schemas/{name}"
_ROLES: Final = {
    CUSTOMER: "customer",
    AGENT: signin.AGENT_GROUP,
    ADMIN: signin.ADMIN_GROUP,
    ACCOUNTS_WRITER: signin.ACCOUNTS_SCOPE,
    TICKETS_WRITER: signin.TICKETS_SCOPE,
}
_WITHOUT_A_CLASS: Final = {405: "method_not_allowed", 415: "unsupported_media_type", 500: "internal"}


class Health(View, frozen=True, kw_only=True):
    """That the desk answers, and which version does."""

    status: str
    version: str


def calls_of(doors: Callable[[], Iterable[Calls]]) -> Calls:
    """The calls GET /openapi.json, which describes the calls of these doors, and GET /healthz. The doors are opened
    when the description is first asked for."""
    calls = Calls(__name__)

    @cache
    def described() -> Mapping[str, Any]:
        return document([call for door in doors() for call in door.described])

    @calls.get("/openapi.json", who=ANYONE, answers={200: None}, says="This description")
    def describe(call: Call[None]) -> Answer:  # noqa: ARG001
        return Answer(200, described(), headers={"Cache-Control": "public, max-age=300"})

    @calls.get("/healthz", who=ANYONE, answers={200: Health}, says="Whether the desk answers")
    def health(call: Call[None]) -> Answer:  # noqa: ARG001
        return Answer(200, Health(status="ok", version=VERSION))

    return calls


calls = calls_of(lambda: [front.door(each) for each in front.DOORS if each.endswith(":calls")])


def document(calls: Sequence[Described]) -> dict[str, Any]:
    """The OpenAPI document of these calls."""
    schemas, names = _schemas(calls)
    paths: dict[str, dict[str, Any]] = {}
    for call in calls:
        operation = _operation(call, schemas, names)
        paths.setdefault(call.path, {})[call.method.lower()] = operation
        for status in call.answers:
            operation["responses"][str(status)] |= _led_on(call, calls)
    for model in {call.asks for call in calls if call.asks}:
        del schemas[names[model]]  # told as parameters
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Signoff",
            "version": VERSION,
            "summary": "An account-closure desk",
            "description": "Times are RFC 3339 in UTC. Errors are problem documents (RFC 9457) with a stable `code`.",
        },
        # Relative to where this document was fetched: right behind a stage's path too.
        "servers": [{"url": "."}],
        "tags": [{"name": section} for section in sorted({call.section for call in calls})],
        "paths": paths,
        "components": {
            "schemas": {**dict(sorted(schemas.items())), "Problem": _problem()},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "A token of the configured OpenID Connect issuer. `customer`: it names an account; "
                    "names with `desk-` are groups, those with a colon are scopes.",
                }
            },
            "parameters": {"AcceptLanguage": _ACCEPT_LANGUAGE, "IdempotencyKey": _IDEMPOTENCY_KEY},
            "links": named_links(calls),
            "headers": {"RequestId": {"schema": {"type": "string"}, "description": "Name it when you ask us why."}},
        },
    }


_ACCEPT_LANGUAGE: Final = {
    "name": "Accept-Language",
    "in": "header",
    "description": "The language of sentences: `vi` or `en`.",
    "schema": {"type": "string"},
}
_IDEMPOTENCY_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "A name of your own for this request. Sent again within 24 hours it gets the same answer again; "
    "with another body it is refused (422).",
    "schema": {"type": "string", "pattern": "^[\\x21-\\x7e]{1,255}$"},
}

ModelNames = dict[type[Struct], str]


def _schemas(calls: Iterable[Described]) -> tuple[dict[str, Any], ModelNames]:
    """The schemas of all models by name, and the name of each model."""
    models: dict[type[Struct], None] = dict.fromkeys(
        each for call in calls for each in (call.takes, call.asks, *call.answers.values()) if each is not None
    )
    references, schemas = schema_components(models, ref_template=_SCHEMAS)
    names = {model: str(each["$ref"]).rpartition("/")[2] for model, each in zip(models, references, strict=True)}
    return {name: _as_told(schema) for name, schema in schemas.items()}, names


def _as_told(schema: Any) -> Any:
    """In JSON Schema `$` is the very end of a text. And a class's words come as they stand, indented."""
    if isinstance(schema, list):
        return [_as_told(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    told = {name: _as_told(each) for name, each in schema.items()}
    if isinstance(told.get("pattern"), str):
        told["pattern"] = told["pattern"].replace(r"\Z", "$")
    if isinstance(told.get("description"), str):
        told["description"] = cleandoc(told["description"])
    return told


def _operation(call: Described, schemas: Mapping[str, Any], names: ModelNames) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": f"{call.section}_{call.name}",
        "summary": call.says,
        "description": call.explains,
        "tags": [call.section],
        "security": _security(call.who),
        "parameters": [*_path_parameters(call), *_query_parameters(call, schemas, names), *_header_parameters(call)],
        "responses": _responses(call, names),
    }
    if call.takes:
        reference = {"$ref": _SCHEMAS.format(name=names[call.takes])}
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": reference}}}
    return {name: value for name, value in operation.items() if value or name == "security"}


def _security(who: Who) -> list[dict[str, list[str]]]:
    """Alternatives; the empty one is nobody."""
    roles = [{"token": [_ROLES[role]]} for role in who if role is not ANYONE]
    return [*roles, *([{}] if ANYONE in who and roles else [])]


def _path_parameters(call: Described) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "pattern": f"^{call.ids.get(name, ANY_ID)}$"},
        }
        for name in re.findall(r"\{(\w+)\}", call.path)
    ]


def _query_parameters(call: Described, schemas: Mapping[str, Any], names: ModelNames) -> list[dict[str, Any]]:
    if not call.asks:
        return []
    model = schemas[names[call.asks]]
    return [
        {"name": name, "in": "query", "required": name in model.get("required", ()), "schema": _given(schema)}
        for name, schema in model["properties"].items()
    ]


def _given(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of a parameter where it is given: that it may be left out is not told by null."""
    told = {name: value for name, value in schema.items() if name != "title" and (name, value) != ("default", None)}
    kinds = [each for each in told.get("anyOf", ()) if each != {"type": "null"}]
    if len(kinds) == 1:
        del told["anyOf"]
        told |= kinds[0]
    return told


def _header_parameters(call: Described) -> list[dict[str, str]]:
    names = ["AcceptLanguage", *(["IdempotencyKey"] if call.idempotent else [])]
    return [{"$ref": f"#/components/parameters/{name}"} for name in names]


def _responses(call: Described, names: ModelNames) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for status, model in sorted(call.answers.items()):
        told[str(status)] = {"description": call.says, "headers": _headers(status)}
        if model:
            reference = {"$ref": _SCHEMAS.format(name=names[model])}
            told[str(status)]["content"] = {"application/json": {"schema": reference}}
            if status == 200:
                told["200"]["content"] |= {kind: {"schema": {"type": "string"}} for kind in call.also}
        elif status != 204:
            told[str(status)]["content"] = {"application/json": {"schema": {"type": "object"}}}
    for status, codes in sorted(_refusals(call).items()):
        told[str(status)] = {
            "description": "Refused: " + ", ".join(f"`{code}`" for code in codes),
            "headers": _headers(status),
            "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    return told


def _led_on(call: Described, calls: Sequence[Described]) -> dict[str, Any]:
    links = links_of(call, calls)
    return {"links": links} if links else {}


def _headers(status: int) -> dict[str, Any]:
    special = {201: "Location", 401: "WWW-Authenticate", 429: "Retry-After", 503: "Retry-After"}
    told: dict[str, Any] = {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}
    if status in special:
        told[special[status]] = {"schema": {"type": "string"}}
    return told


def _refusals(call: Described) -> dict[int, list[str]]:
    """The codes of all refusals by status: those that every such call has, and its own."""
    kinds: list[type[Problem]] = [BadInput]
    if call.who != ANYONE:
        kinds += [NotSignedIn, NotAllowed, problems.Busy]
    if "{" in call.path:
        kinds.append(NotFound)
    if call.method in ("POST", "PUT"):
        kinds.append(TooLarge)
    if call.idempotent:
        kinds.append(problems.KeyUsedDifferently)
    found: dict[int, list[str]] = {500: [_WITHOUT_A_CLASS[500]]}
    for kind in dict.fromkeys([*kinds, *call.refuses]):
        found.setdefault(status_of(kind), []).append(kind.code)
    if call.method in ("POST", "PUT"):
        found[415] = [_WITHOUT_A_CLASS[415]]
    return found


def _problem() -> dict[str, Any]:
    codes = sorted({*_WITHOUT_A_CLASS.values(), *(each.code for each in problems.HTTP_STATUS)})
    text = {"type": "string"}
    return {
        "type": "object",
        "description": "A refusal (RFC 9457). Some codes bring facts of their own, such as `number` or `again_at`.",
        "required": ["type", "title", "status", "code", "detail", "request_id"],
        "properties": {
            "type": {"type": "string", "format": "uri"},
            "title": text,
            "status": {"type": "integer"},
            "code": {"type": "string", "description": "Stable. One of: " + ", ".join(codes)},
            "detail": {"type": "string", "description": "One sentence in the reader's language."},
            "request_id": text,
            "fields": {
                "type": "array",
                "description": "Every wrong field of a `bad_input`; an empty name is the body as a whole.",
                "items": {
                    "type": "object",
                    "required": ["name", "problem"],
                    "properties": {"name": text, "problem": text},
                },
            },
        },
    }
