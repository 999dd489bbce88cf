"""The tracking page: a ticket's progress without signing in, and its forms. Shows no personal data.

Nothing acts on opening a link: mail scanners open links and submit forms. Each form wants a typed code.
"""

from collections.abc import Callable
from typing import Final

from chalice.app import Response
from msgspec.structs import replace

from chalicelib.language import N_, date_in_words, say
from chalicelib.pages.visits import Pages, Visit, go_to, show
from chalicelib.pages.way import way_of
from chalicelib.problems import CodeRefused, NumberNeeded, Problem
from chalicelib.proof import proving
from chalicelib.proof.proving import Seen
from chalicelib.settings import settings
from chalicelib.tickets import deciding, store, views
from chalicelib.tickets.ticket import MAY_WITHDRAW, Ticket

pages = Pages(__name__)
_IDS = {"token": r"[A-Za-z0-9.-]{10,64}[.,;:!?)>\]]{0,3}"}

_TOLD: Final = {
    "confirmed": N_("Thank you. You have confirmed that you want the account closed."),
    "code": N_("Thank you. The code was right."),
    "stopped": N_("Thank you. The request was stopped; our technical team looks at it."),
    "withdrawn": N_("Thank you. The request was withdrawn. The account still exists."),
    "new_code": N_("A fresh code is on its way to the address on file."),
}


@pages.get("/track/{token}", ids=_IDS)
def show_progress(visit: Visit) -> Response:
    return _page(visit, proving.seen_by_token(visit.path["token"]))


@pages.post("/track/{token}/code", ids=_IDS)
def type_code(visit: Visit) -> Response:
    """The typed code, at the link in the code's own mail and nowhere else."""

    def do(seen: Seen) -> str:
        if seen.seat != "code":
            raise CodeRefused()
        proving.try_code(seen.ticket, visit.given.get("code", ""), by="owner")
        return "code"

    return _done(visit, do)


@pages.post("/track/{token}/stop", ids=_IDS)
def stop(visit: Visit) -> Response:
    """Withdraws, or at least stops, by the stop code that the reader's mails carry."""

    def do(seen: Seen) -> str:
        done = proving.stop_with_code(seen, visit.given.get("stop_code", ""))
        return "withdrawn" if done.status == "withdrawn" else "stopped"

    return _done(visit, do)


@pages.post("/track/{token}/confirm", ids=_IDS)
def confirm(visit: Visit) -> Response:
    """ "Yes, close my account" of who proved by facts; the typed number shows that no mail scanner sent the form."""

    def do(seen: Seen) -> str:
        typed = visit.given.get("number", "").strip().upper().replace(" ", "")
        if seen.seat != "asker" or typed != seen.ticket.number:
            raise NumberNeeded()
        deciding.confirm_by_link(seen.ticket)
        return "confirmed"

    return _done(visit, do)


@pages.post("/track/{token}/new-code", ids=_IDS)
def new_code(visit: Visit) -> Response:
    """A fresh code, once the last one is over; asked for only at the code mail's own page."""

    def do(seen: Seen) -> str:
        if seen.seat != "code":
            raise CodeRefused()
        deciding.send_fresh_code(seen.ticket)
        return "new_code"

    return _done(visit, do)


def _done(visit: Visit, do: Callable[[Seen], str]) -> Response:
    """After a form: to the page itself, so that a reload asks nothing again; a refusal keeps what was typed."""
    seen = proving.seen_by_token(visit.path["token"])
    try:
        told = do(seen)
    except Problem as problem:
        return _page(visit, proving.seen_by_token(visit.path["token"]), refusal=problem)
    return go_to(f"/track/{visit.path['token']}", told=told, lang=visit.given.get("lang", ""))


def _page(visit: Visit, seen: Seen, *, refusal: Problem | None = None) -> Response:
    ticket = seen.ticket
    spoken = visit.language if "lang" in visit.given else ticket.language
    visit = replace(visit, language=spoken)
    view = views.view(store.file_of(ticket.number), spoken)
    return show(
        visit,
        "track.html",
        status=409 if refusal else 200,
        ticket=view,
        way=way_of(view, spoken, lambda at: date_in_words(at, spoken, settings().time_zone, with_time=False)),
        told=say(spoken, _TOLD.get(visit.given.get("told", ""), "")),
        refusal=say(spoken, refusal.sentence) if refusal else "",
        typed=(visit.given.get("code") or visit.given.get("stop_code") or "")[:40],
        path=f"/track/{ticket.number.lower()}.{proving.tracking_link(ticket, seen.seat).rpartition('.')[2]}",
        may_type_code=seen.seat == "code" and (ticket.status == "awaiting_proof" or _asks_to_hurry(ticket)),
        may_have_receipt=proving.may_have_receipt(seen),
        may_confirm=seen.seat == "asker" and ticket.proof == "facts" and ticket.status == "received",
        may_stop=ticket.status in MAY_WITHDRAW,
    )


def _asks_to_hurry(ticket: Ticket) -> bool:
    """A code that asks to end the cooling-off is out, and its mail names this page."""
    return ticket.status == "scheduled" and bool(ticket.code and ticket.code.aim == "expedite" and not ticket.code.used)
