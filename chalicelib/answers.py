"""How an answer sounds over HTTP: JSON, problem+json (RFC 9457), pages, and the headers that all of them carry."""

import json
import logging
import math
import re
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final, Generic, TypeVar

from chalice.app import ChaliceViewError, Request, Response
from msgspec import Meta, Struct, field, to_builtins

from chalicelib import clock, cursors
from chalicelib.language import LANGUAGES, N_, Language, say
from chalicelib.problems import HTTP_STATUS, BadInput, Busy, NotSignedIn, Problem, SettingsWrong, SignInAgain, TooMany
from chalicelib.reading import Input, WrongFields, matching

_log = logging.getLogger("signoff")

JSON: Final = "application/json"
PROBLEM_JSON: Final = "application/problem+json"
HTML: Final = "text/html; charset=utf-8"

_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
    "Strict-Transport-Security": "max-age=31536000",
    # Not no-referrer: with that a browser sends `Origin: null` with our own forms, and the Origin check fails.
    "Referrer-Policy": "same-origin",
}
_JSON_HEADERS: Final = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}
_PAGE_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
}

Item = TypeVar("Item")


def rfc3339(at: datetime) -> str:
    """The time in UTC with milliseconds, always as long: such texts sort as their times do."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class View(Struct, frozen=True, kw_only=True):
    """What every model of an answer is. Times are sent as `rfc3339` writes them."""


class Page(View, Generic[Item], frozen=True, kw_only=True):
    """One page of a list; `next` is the cursor that goes on, or null at the end."""

    items: list[Item]
    next: str | None = None


class Paging(Input, frozen=True, kw_only=True):
    """What every list can be asked."""

    limit: Annotated[int, Meta(ge=1, le=100)] = 50
    cursor: Annotated[str, matching(cursors.PATTERN), Meta(max_length=4096)] | None = None


class Text(Struct, frozen=True, kw_only=True):
    """A body that is no JSON, with its media type."""

    type: str
    text: str


class Answer(Struct, frozen=True):
    """What a JSON call answers. No body is for 204 only."""

    status: int
    body: View | Mapping[str, Any] | Text | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class UnsupportedMedia(ChaliceViewError):
    """The body came as something else than we read."""

    STATUS_CODE = 415


class Refusal(Struct, frozen=True, kw_only=True):
    """A refusal as HTTP tells it: `fields` hold name, sentence in English and its facts; `members` are extra facts."""

    status: int
    code: str
    sentence: str
    members: Mapping[str, Any] = field(default_factory=dict)
    fields: tuple[tuple[str, str, Mapping[str, object]], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def document(self, language: Language, request_id: str) -> dict[str, Any]:
        """The members of the problem document, said in this language. `fields` is there for bad input only."""
        said: dict[str, Any] = {
            "type": f"urn:problem-type:signoff:{self.code}",
            "title": self.code.replace("_", " ").capitalize(),
            "status": self.status,
            "code": self.code,
            "detail": say(language, self.sentence, **self.members),
            "request_id": request_id,
        }
        if self.fields:
            said["fields"] = [
                {"name": name, "problem": say(language, sentence, **facts)} for name, sentence, facts in self.fields
            ]
        return {**{_OURS.get(name, name): value for name, value in self.members.items()}, **said}


# A fact that has the name of a member of every problem document is told under another name.
_OURS: Final = {"status": "ticket_status", "code": "ticket_code", "type": "ticket_type"}

INTERNAL: Final = Refusal(
    status=500, code="internal", sentence=N_("Something went wrong on our side. Please try again later.")
)
# What Chalice itself refuses, or API code with Chalice's own errors.
_BY_CHALICE: Final = {
    400: Refusal(status=400, code="bad_input", sentence=BadInput.sentence),
    403: Refusal(status=403, code="not_allowed", sentence=N_("You may not do this.")),
    404: Refusal(status=404, code="not_found", sentence=N_("There is nothing here, or it isn't yours to see.")),
    405: Refusal(status=405, code="method_not_allowed", sentence=N_("This address can't be used in that way.")),
    415: Refusal(
        status=415, code="unsupported_media_type", sentence=N_("The body has the wrong type; send application/json.")
    ),
}


def by_chalice(status: int) -> Refusal:
    """The refusal that stands for Chalice's own answer of this status."""
    return _BY_CHALICE.get(status, INTERNAL)


def refusal_of(error: Exception, *, signed_in_with: str | None = None) -> Refusal:
    """How this error is told. What isn't a refusal is `internal`, without details.

    `signed_in_with` is the Authorization header: a challenge says whether a token was missing or wrong.
    """
    if isinstance(error, WrongFields):
        told = tuple((each.name, each.sentence, each.facts) for each in error.wrong)
        return Refusal(status=400, code=BadInput.code, sentence=BadInput.sentence, fields=told)
    if isinstance(error, Problem) and not isinstance(error, SettingsWrong):
        return _refusal_of_problem(error, signed_in_with)
    return by_chalice(error.STATUS_CODE) if isinstance(error, ChaliceViewError) else INTERNAL


def _refusal_of_problem(problem: Problem, signed_in_with: str | None) -> Refusal:
    members = {name: _told(value) for name, value in problem.facts.items() if name != "fields"}
    fields = problem.fields if isinstance(problem, BadInput) else ()
    return Refusal(
        status=status_of(type(problem)),
        code=problem.code,
        sentence=problem.sentence,
        members=members,
        fields=tuple((name, sentence, {}) for name, sentence in fields),
        headers=_headers_of(problem, signed_in_with),
    )


def status_of(kind: type[Problem]) -> int:
    """The HTTP status of a problem: its own row of the table, or its nearest parent's."""
    return next((HTTP_STATUS[each] for each in kind.__mro__ if each in HTTP_STATUS), 500)


def _told(fact: object) -> object:
    if isinstance(fact, datetime):
        return fact.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return fact if isinstance(fact, str | int | float | None) else str(fact)


def _headers_of(problem: Problem, signed_in_with: str | None) -> dict[str, str]:
    # API Gateway hands WWW-Authenticate on as x-amzn-Remapped-WWW-Authenticate; the document says the same.
    if isinstance(problem, SignInAgain):
        challenge = f'Bearer error="insufficient_user_authentication", max_age="{problem.within_s}"'  # RFC 9470
        return {"WWW-Authenticate": challenge}
    if isinstance(problem, NotSignedIn):
        return {"WWW-Authenticate": 'Bearer error="invalid_token"' if signed_in_with else "Bearer"}  # RFC 6750
    if isinstance(problem, TooMany):
        wait = math.ceil((problem.again_at - clock.now()).total_seconds())
        return {"Retry-After": str(max(1, wait))}
    return {"Retry-After": "1"} if isinstance(problem, Busy) else {}


def log_internal(error: Exception, request_id: str) -> None:
    """A line for operators: what broke and where, nothing of what people wrote (messages may hold that)."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    where = " < ".join(f"{Path(each.filename).name}:{each.lineno}" for each in reversed(frames))
    what = f"SettingsWrong ({error})" if isinstance(error, SettingsWrong) else type(error).__name__
    because = f" because of {type(error.__cause__).__name__}" if error.__cause__ else ""
    _log.error("%s%s at %s", what, because, where, extra={"request": request_id})


_TICKET = re.compile(r"SO-[0-9A-Z]{6}")


def log_answer(request: Request, status: int, request_id: str, *, took: float) -> None:
    """The line of one call: its route and not its path, which may hold a tracking link."""
    said = {
        "request": request_id,
        "method": request.method,
        "route": request.context.get("resourcePath", ""),
        "status": status,
        "took_ms": int(took * 1000),
    }
    numbers = [each for each in (request.uri_params or {}).values() if _TICKET.fullmatch(each)]
    _log.info("answered", extra=said | ({"ticket": numbers[0]} if numbers else {}))


def json_response(given: Answer) -> Response:
    """Chalice's answer for ours."""
    body, kind = given.body, JSON
    if body is None:
        text = ""
    elif isinstance(body, Text):
        text, kind = body.text, body.type
    else:
        text = as_json(body)
    return Response(text, {**_HEADERS, **_JSON_HEADERS, "Content-Type": kind, **given.headers}, given.status)


def as_json(body: View | Mapping[str, Any]) -> str:
    """The answer as it is sent."""
    plain = to_builtins(body, builtin_types=(datetime,))
    return json.dumps(plain, default=rfc3339, ensure_ascii=False, separators=(",", ":"))


def problem_response(refusal: Refusal, language: Language, request_id: str) -> Response:
    """The refusal as application/problem+json."""
    headers = {**_HEADERS, **_JSON_HEADERS, "Content-Type": PROBLEM_JSON, "Content-Language": language}
    return Response(as_json(refusal.document(language, request_id)), {**headers, **refusal.headers}, refusal.status)


def page(text: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An HTML page with the headers that keep it safe; the caller's own headers win."""
    return Response(text, {**_HEADERS, **_PAGE_HEADERS, "Content-Type": HTML, **(headers or {})}, status)


def see_other(to: str, headers: Mapping[str, str] | None = None) -> Response:
    """303: go on there with GET."""
    return page("", 303, {"Location": to, **(headers or {})})


def with_headers_of_all(response: Response, request_id: str) -> Response:
    """The answer with the request id, and with every safety header that it hasn't set itself."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["X-Request-Id"] = request_id
    return response


def language_asked(accept_language: str | None) -> Language | None:
    """The best of Vietnamese and English by this Accept-Language header (RFC 9110), or None if it names neither."""
    best: tuple[float, Language] | None = None
    for part in (accept_language or "")[:500].split(","):
        name, _, weight = part.partition(";")
        spoken = next((each for each in LANGUAGES if each == name.strip().lower().split("-")[0]), None)
        wanted = _weight(weight)
        if spoken and wanted > 0 and (best is None or wanted > best[0]):
            best = (wanted, spoken)
    return best[1] if best else None


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
