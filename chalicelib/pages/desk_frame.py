"""What every page of the desk shows, and the words that its templates may use."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from chalice.app import Response

from chalicelib import clock
from chalicelib.answers import refusal_of
from chalicelib.pages import desk_words
from chalicelib.pages.visits import Visit, show
from chalicelib.settings import settings
from chalicelib.tickets.store import guards


def show_desk(visit: Visit, template: str, *, status: int = 200, **facts: Any) -> Response:
    """A page of the desk, with the banner of the brake while it is on."""
    return show(visit, template, status=status, braked_since=guards.braked_since(), **_words(visit), **facts)


def _words(visit: Visit) -> dict[str, Callable[..., Any]]:
    language, now, me = visit.language, clock.now(), visit.person.sub
    return {
        "word": lambda group, key: desk_words.name(group, key, language),
        "why": lambda text: desk_words.why(text, language),
        "who": lambda by: desk_words.who(by, me, language),
        "holder_name": lambda holder: desk_words.holder_name(holder, language),
        "due": lambda at: desk_words.due(at, now, language),
        "urgency": lambda at: desk_words.urgency(at, now),
        "short": partial(_short, language=language),
        "size": desk_words.size,
        "registered": lambda generation: datetime.fromtimestamp(generation / 1000, UTC),
    }


def _short(at: datetime, *, language: Any) -> str:
    return desk_words.short_time(at, language, settings().time_zone)


def told_above(visit: Visit, error: Exception, *, form: str) -> dict[str, Any]:
    """A refusal as it stands above the page; its fields lead to those of this form, by their names in words."""
    problem = refusal_of(error).document(visit.language, visit.request_id)
    for each in problem.get("fields", []):
        key = str(each["name"]).partition(".")[0]
        each["label"] = desk_words.name("field", key, visit.language)
        each["name"] = f"{form}-{key}"
    return problem
