"""Templates: how a page is made of its facts, in one language, with times as people say them."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from chalicelib import clock
from chalicelib.language import Language, change_name, date_in_words, say, status_name
from chalicelib.pages import forms, words
from chalicelib.pages.sessions import Session
from chalicelib.settings import settings
from chalicelib.templates import loader

if TYPE_CHECKING:
    from jinja2 import Environment

    from chalicelib.pages.visits import Visit

STATIC = Path(__file__).with_name("static")
TEMPLATES = Path(__file__).with_name("templates")


def rendered(visit: "Visit", template: str, *, token_session: Session | None = None, **facts: Any) -> str:
    """The page as text. `token_session`: whose forms these are, where that session is over."""
    html: str = templates().get_template(template).render(**_usual(visit, token_session), **facts)
    return html


def _usual(visit: "Visit", token_session: Session | None) -> dict[str, Any]:
    """What every template may use."""
    language, zone, chosen = visit.language, settings().time_zone, settings()
    session = visit.session or token_session
    return {
        "visit": visit, "language": language, "now": clock.now(),
        "company": chosen.company, "base": chosen.public_url, "support_address": chosen.support_address,
        "say": lambda sentence, **given: say(language, sentence, **given),
        "when": lambda at: date_in_words(_time(at), language, zone, with_time=True),
        "day": lambda at: date_in_words(_time(at), language, zone, with_time=False),
        "from_now": lambda at: words.from_now(_time(at), clock.now(), language),
        "how_long": lambda length: words.how_long(length, language),
        "change_name": lambda what: change_name(what, language),
        "status_name": lambda status: status_name(status, language),
        "name": lambda group, key: words.name(group, key, language),
        "name_of_field": lambda field: words.name("field", field, language),
        "token": lambda: _token_field(session),
        "here_in": lambda other: _here_in(visit, other),
        "static": lambda name: f"{chosen.public_url}/static/{name}?v={version_of(name)}",
    }  # fmt: skip


def _token_field(session: Session | None) -> Any:
    from markupsafe import Markup

    return Markup('<input type="hidden" name="{}" value="{}">').format(forms.FIELD, forms.token_for(session))


def _here_in(visit: "Visit", language: Language) -> str:
    asked = {name: value for name, value in visit.given.items() if name not in ("lang", "told")}
    return f"{settings().public_url}{visit.here}?{urlencode({**asked, 'lang': language})}"


def _time(at: datetime | str) -> datetime:
    return datetime.fromisoformat(at) if isinstance(at, str) else at


@cache
def version_of(name: str) -> str:
    """A word that changes when the file does, so that browsers may keep the file for ever."""
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


@cache
def templates() -> "Environment":
    """What reads the templates of pages."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        loader=loader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    tests: dict[str, Callable[..., bool]] = {"over": lambda at, now: bool(at) and _time(at) <= now}
    environment.tests.update(tests)
    return environment
