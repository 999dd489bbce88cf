"""The tracking page: a ticket's progress without signing in, and its forms. Shows no personal data.

Nothing acts on opening a link: mail scanners open links and submit forms. Each form wants a typed code.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from chalice.app import Response

from chalicelib.answers import page, see_other
from chalicelib.calls import Call, Calls
from chalicelib.language import N_, Language, change_name, date_in_words, say
from chalicelib.problems import CodeRefused, NumberNeeded, Problem
from chalicelib.proof import proving
from chalicelib.proof.proving import Seen
from chalicelib.settings import settings
from chalicelib.tickets import deciding, store, views
from chalicelib.tickets.ticket import MAY_WITHDRAW, Ticket

calls = Calls(__name__)
_IDS = {"token": r"[A-Za-z0-9.-]{10,64}[.,;:!?)>\]]{0,3}"}

CODE_TAKEN = N_("Thank you. The code was right.")
STOPPED = N_("Thank you. The request was stopped; our technical team looks at it.")
WITHDRAWN = N_("Thank you. The request was withdrawn. The account still exists.")


@calls.page("GET", "/track/{token}", ids=_IDS)
def show(call: Call[dict[str, str]]) -> Response:
    seen = proving.seen_by_token(call.path["token"])
    return _page(seen, _language(call, seen.ticket), told=call.given.get("told", ""))


@calls.page("POST", "/track/{token}/code", ids=_IDS)
def type_code(call: Call[dict[str, str]]) -> Response:
    """The typed code, at the link in the code's own mail and nowhere else."""
    seen = proving.seen_by_token(call.path["token"])

    def do() -> str:
        if seen.seat != "code":
            raise CodeRefused()
        proving.try_code(seen.ticket, call.given.get("code", ""), by="owner")
        return "code"

    return _done(call, seen, do)


@calls.page("POST", "/track/{token}/stop", ids=_IDS)
def stop(call: Call[dict[str, str]]) -> Response:
    """Withdraws, or at least stops, by the stop code that the reader's mails carry."""
    seen = proving.seen_by_token(call.path["token"])

    def do() -> str:
        done = proving.stop_with_code(seen, call.given.get("stop_code", ""))
        return "withdrawn" if done.status == "withdrawn" else "stopped"

    return _done(call, seen, do)


@calls.page("POST", "/track/{token}/confirm", ids=_IDS)
def confirm(call: Call[dict[str, str]]) -> Response:
    """ "Yes, close my account" of who proved by facts; the typed number shows that no mail scanner sent the form."""
    seen = proving.seen_by_token(call.path["token"])

    def do() -> str:
        typed = call.given.get("number", "").strip().upper().replace(" ", "")
        if seen.seat != "asker" or typed != seen.ticket.number:
            raise NumberNeeded()
        deciding.confirm_by_link(seen.ticket)
        return "confirmed"

    return _done(call, seen, do)


@calls.page("POST", "/track/{token}/new-code", ids=_IDS)
def new_code(call: Call[dict[str, str]]) -> Response:
    """A fresh code, once the last one is over; asked for only at the code mail's own page."""
    seen = proving.seen_by_token(call.path["token"])

    def do() -> str:
        if seen.seat != "code":
            raise CodeRefused()
        deciding.send_fresh_code(seen.ticket)
        return "new_code"

    return _done(call, seen, do)


def _done(call: Call[dict[str, str]], seen: Seen, do: Callable[[], str]) -> Response:
    """After a form: to the page itself, so that a reload asks nothing again; a refusal keeps what was typed."""
    try:
        told = do()
    except Problem as problem:
        language = _language(call, seen.ticket)
        typed = call.given.get("code") or call.given.get("stop_code") or ""
        return _page(proving.seen_by_token(call.path["token"]), language, refusal=problem, typed=typed)
    return see_other(f"{settings().public_url}/track/{call.path['token']}?told={told}")


def _language(call: Call[dict[str, str]], ticket: Ticket) -> Language:
    asked = call.given.get("lang")
    return "en" if (asked or ticket.language) == "en" else "vi"


_TOLD = {
    "confirmed": N_("Thank you. You have confirmed that you want the account closed."),
    "code": CODE_TAKEN,
    "stopped": STOPPED,
    "withdrawn": WITHDRAWN,
    "new_code": N_("A fresh code is on its way to the address on file."),
}


@cache
def _templates() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = Path(__file__).with_name("templates")
    return Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)


def _page(
    seen: Seen, language: Language, *, told: str = "", refusal: Problem | None = None, typed: str = ""
) -> Response:
    ticket = seen.ticket
    file = store.file_of(ticket.number)
    view = views.view(file, language)
    zone = settings().time_zone
    html = (
        _templates()
        .get_template("track.html")
        .render(
            language=language,
            say=lambda sentence, **facts: say(language, sentence, **facts),
            when=lambda at: date_in_words(at, language, zone, with_time=True),
            change_name=lambda what: change_name(what, language),
            ticket=view,
            company=settings().company,
            told=say(language, _TOLD[told]) if told in _TOLD else "",
            refusal=say(language, refusal.sentence) if refusal else "",
            typed=typed[:40],
            base=settings().public_url,
            token=f"{ticket.number.lower()}.{_mac_of(seen)}",
            may_type_code=seen.seat == "code" and (ticket.status == "awaiting_proof" or _asks_to_hurry(ticket)),
            may_have_receipt=proving.may_have_receipt(seen),
            may_confirm=seen.seat == "asker" and ticket.proof == "facts" and ticket.status == "received",
            may_stop=ticket.status in MAY_WITHDRAW,
        )
    )
    return page(html, 409 if refusal else 200)


def _asks_to_hurry(ticket: Ticket) -> bool:
    """A code that asks to end the cooling-off is out, and its mail names this page."""
    return ticket.status == "scheduled" and bool(ticket.code and ticket.code.aim == "expedite" and not ticket.code.used)


def _mac_of(seen: Seen) -> str:
    return proving.tracking_link(seen.ticket, seen.seat).rpartition(".")[2]
