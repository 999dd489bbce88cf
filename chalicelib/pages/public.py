"""`/close-account`: for whoever has no app and no sign-in. Name your address; a code goes to it, if it is on file.

Whether an account exists can't be told from this page: the answer, the calls behind it and their number are the same.
"""

import logging
from contextlib import suppress
from datetime import timedelta

from chalice.app import Response

from chalicelib import clock, operators
from chalicelib.accounts import store as accounts
from chalicelib.accounts.account import folded
from chalicelib.language import N_, Language, say
from chalicelib.pages.visits import Pages, Visit, go_to, show
from chalicelib.problems import TooMany
from chalicelib.proof.standing import clean_address
from chalicelib.settings import settings
from chalicelib.tickets import opening, store
from chalicelib.tickets.opening import FromOutside, asker_hash
from chalicelib.tickets.store import guards
from chalicelib.transaction import Together

pages = Pages(__name__)
_log = logging.getLogger("signoff.public")
NOT_AN_ADDRESS = N_("Please give one mail address, such as name@example.com.")
ASKED_HERE = N_("Asked on the public page.")


@pages.get("/close-account")
def explain(visit: Visit) -> Response:
    """How closing works, and the form. A GET never asks for anything."""
    return _page(visit)


@pages.post("/close-account")
def ask(visit: Visit) -> Response:
    """The same page whatever happens inside: an account or none, one code already on its way, a budget used up."""
    address = visit.given.get("address", "").strip()
    if not clean_address([address]):
        return _page(visit, typed=address[:254], refusal=NOT_AN_ADDRESS)
    try:
        _open(address, visit.language)
    except guards.CodeLives:
        _log.info("public request joined")
    except TooMany:
        _warn()
    return go_to("/close-account", asked="1", lang=visit.language)


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


def _page(visit: Visit, *, typed: str = "", refusal: str = "") -> Response:
    chosen = settings()
    return show(
        visit, "close_account.html", status=400 if refusal else 200, asked="asked" in visit.given, typed=typed,
        refusal=refusal, export_url=chosen.export_url, days=chosen.cooling_off.days,
    )  # fmt: skip
