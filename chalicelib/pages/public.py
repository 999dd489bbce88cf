"""`/close-account`: for whoever has no app and no sign-in. Name your address; a code goes to it, if it is on file.

Whether an account exists can't be told from this page: the answer, the calls behind it and their number are the same.
"""

import logging
from contextlib import suppress
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from chalice.app import Response

from chalicelib import clock, operators
from chalicelib.accounts import store as accounts
from chalicelib.accounts.account import folded
from chalicelib.answers import page, see_other
from chalicelib.calls import Call, Calls
from chalicelib.language import N_, Language, say
from chalicelib.problems import TooMany
from chalicelib.proof.standing import clean_address
from chalicelib.settings import settings
from chalicelib.tickets import opening, store
from chalicelib.tickets.opening import FromOutside, asker_hash
from chalicelib.tickets.store import guards
from chalicelib.transaction import Together

calls = Calls(__name__)
_log = logging.getLogger("signoff.public")
NOT_AN_ADDRESS = N_("Please give one mail address, such as name@example.com.")
ASKED_HERE = N_("Asked on the public page.")


@calls.page("GET", "/close-account")
def show(call: Call[dict[str, str]]) -> Response:
    """How closing works, and the form. A GET never asks for anything."""
    return _page(_language(call), asked="asked" in call.given)


@calls.page("POST", "/close-account")
def ask(call: Call[dict[str, str]]) -> Response:
    """The same page whatever happens inside: an account or none, one code already on its way, a budget used up."""
    language = _language(call)
    address = call.given.get("address", "").strip()
    if not clean_address([address]):
        return _page(language, typed=address[:254], refusal=NOT_AN_ADDRESS)
    try:
        _open(address, language)
    except guards.CodeLives:
        _log.info("public request joined")
    except TooMany:
        _warn()
    return see_other(f"{settings().public_url}/close-account?asked=1&lang={language}")


def _open(address: str, language: Language) -> None:
    """Keeps the request for a day; the right code makes it a ticket, dated from now."""
    request = FromOutside(
        way_in="public", kind="closure", language=language, subject=say(language, ASKED_HERE),
        text=say(language, ASKED_HERE), found=tuple(accounts.with_address(address)),
        stands_for=asker_hash(folded(address)),
    )  # fmt: skip
    opening.open_from_outside(request, beside=_within_budget)


def _within_budget(together: Together, _number: str) -> None:
    _one_more(together, "public", most=settings().acks_per_hour)


def _warn() -> None:
    """Tells the operators, once an hour, that requests are dropped: whoever asked sees nothing of it."""
    once = Together()
    _one_more(once, "public_warned", most=1)
    with suppress(TooMany):
        store.commit(once)
        operators.warn("requests_on_the_public_page_are_dropped_for_this_hour")


def _one_more(together: Together, name: str, *, most: int) -> None:
    now = clock.now()
    again_at = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    guards.within_budget(together, f"{name}#{now:%Y-%m-%dT%H}", most=most, again_at=again_at)


def _language(call: Call[dict[str, str]]) -> Language:
    asked = call.given.get("lang")
    return "en" if asked == "en" else "vi" if asked == "vi" else call.language


@cache
def _templates() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = Path(__file__).with_name("templates")
    return Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)


def _page(language: Language, *, asked: bool = False, typed: str = "", refusal: str = "") -> Response:
    now = settings()
    html = _templates().get_template("close_account.html").render(
        language=language,
        say=lambda sentence, **facts: say(language, sentence, **facts),
        company=now.company, support_address=now.support_address, export_url=now.export_url, base=now.public_url,
        days=now.cooling_off.days, asked=asked, typed=typed, refusal=say(language, refusal),
    )  # fmt: skip
    return page(html, 400 if refusal else 200)
