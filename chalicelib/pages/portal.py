"""The customers' portal: my tickets, a new one, and "Close my account". What its forms do are calls of the API."""

import re
import secrets
from collections.abc import Mapping
from typing import Any, Final, cast

from chalice.app import Response

from chalicelib.accounts import store as accounts
from chalicelib.answers import Answer, Page, Paging
from chalicelib.calls import CUSTOMER
from chalicelib.language import N_, say
from chalicelib.pages.consequences import consequences_now, named_now
from chalicelib.pages.refusals import REFUSALS, Refused, refused
from chalicelib.pages.visits import Pages, Visit, go_to, show
from chalicelib.problems import ClosureAlreadyOpen, KeyUsedDifferently, NotFound
from chalicelib.reading import WrongField, WrongFields, read
from chalicelib.tickets import api, catalog
from chalicelib.tickets.api import NewTicket
from chalicelib.tickets.ticket import ENDED
from chalicelib.tickets.views import TicketRow

pages = Pages(__name__)
_ROWS: Final = 20
_ONCE = re.compile(r"[A-Za-z0-9_-]{20,60}")
_TYPED: Final = ("product", "category", "subject", "content")
CLOSE_SUBJECT: Final = N_("Close my account")
CLOSE_CONTENT: Final = N_("Please close my account.")
NOT_UNDERSTOOD: Final = N_("Please tick this box: we close nothing before you have read what it means.")


@pages.get("/portal", who=CUSTOMER)
def my_tickets(visit: Visit) -> Response:
    """My tickets, newest first, with what happens next."""
    found = _page_of_tickets(visit, visit.given.get("cursor"))
    return show(
        visit, "portal.html", tickets=found.items, older=found.next, is_first="cursor" not in visit.given,
        is_gone=accounts.look_for(visit.account_id) is None, ended=ENDED,
    )  # fmt: skip


def _page_of_tickets(visit: Visit, cursor: str | None) -> Page[TicketRow]:
    answer = api.my_tickets(visit.asking(read({"limit": _ROWS, "cursor": cursor or None}, Paging)))
    return cast("Page[TicketRow]", answer.body)


# ── a new ticket, in the guide's way ─────────────────────────────────────────────────────────────────────────


@pages.get("/portal/new", who=CUSTOMER)
def new_ticket(visit: Visit) -> Response:
    return _form(visit) if accounts.look_for(visit.account_id) else show(visit, "portal_gone.html", status=404)


@pages.post("/portal/new", who=CUSTOMER)
def create_ticket(visit: Visit) -> Response:
    """Whether it is a closure its words tell; the ticket's page asks for the explicit word then."""
    try:
        return _opened(visit, visit.filled_in(NewTicket, *_TYPED, language=visit.language))
    except REFUSALS as error:
        return _form(visit, refused(error, visit))


def _form(visit: Visit, refusal: Refused | None = None) -> Response:
    typed = visit.given if visit.is_form else {}
    return _shown(
        visit, "portal_new.html", refusal, typed={name: typed.get(name, "") for name in _TYPED},
        products=catalog.PRODUCTS, categories=catalog.CATEGORIES,
    )  # fmt: skip


def _opened(visit: Visit, asked: NewTicket) -> Response:
    answer = api.open_ticket(visit.asking(asked, once=_once(visit)))
    return go_to(f"/portal/tickets/{_number(answer)}", told="created" if answer.status == 201 else "proved")


def _number(answer: Answer) -> str:
    """A repeat is answered with what was kept of the first answer."""
    return str(answer.body["number"] if isinstance(answer.body, Mapping) else getattr(answer.body, "number", ""))


def _once(visit: Visit, refusal: Refused | None = None) -> str:
    """What makes a form that is sent twice one request. A form that was sent before with other words gets a new one."""
    typed = visit.given.get("once", "") if visit.is_form else ""
    is_used = refusal is not None and refusal.document["code"] == KeyUsedDifferently.code
    return typed if _ONCE.fullmatch(typed) and not is_used else secrets.token_urlsafe(16)


def _shown(visit: Visit, template: str, refusal: Refused | None, **facts: Any) -> Response:
    return show_refused(
        visit, template, refusal, once=_once(visit, refusal), open_number=_open_number(visit, refusal), **facts
    )


def show_refused(visit: Visit, template: str, refusal: Refused | None, **facts: Any) -> Response:
    """The page, with what was refused on it, if anything was."""
    problem = refusal.document if refusal else None
    response = show(visit, template, status=refusal.status if refusal else 200, problem=problem, **facts)
    response.headers.update(refusal.headers if refusal else {})
    return response


# ── "Close my account" ───────────────────────────────────────────────────────────────────────────────────────


@pages.get("/portal/close", who=CUSTOMER)
def close_account(visit: Visit) -> Response:
    """What closing means, before anything is asked for."""
    if not accounts.look_for(visit.account_id):
        return show(visit, "portal_gone.html", status=404)
    open_ones = [each for each in _page_of_tickets(visit, None).items if _is_open_closure(each)]
    if open_ones:
        return show(visit, "portal_already.html", number=open_ones[0].number)
    return _closing_form(visit)


@pages.post("/portal/close", who=CUSTOMER)
def ask_to_close(visit: Visit) -> Response:
    """The asker's own word: it was told what will be lost."""
    try:
        return _opened(visit, _closure(visit))
    except ClosureAlreadyOpen as other:
        number = other.number if _is_mine(visit, other.number) else ""
        return show(visit, "portal_already.html", status=409, number=number)
    except REFUSALS as error:
        return _closing_form(visit, refused(error, visit))


def _closure(visit: Visit) -> NewTicket:
    ours: dict[str, str] = {
        "product": "other", "category": "technical_support", "request": "account_closure",
        "subject": say(visit.language, CLOSE_SUBJECT), "language": visit.language,
    }  # fmt: skip
    if not visit.given.get("content", "").strip():
        ours["content"] = say(visit.language, CLOSE_CONTENT)
    if visit.given.get("understood") != "yes":
        raise WrongFields(WrongField(name="understood", sentence=NOT_UNDERSTOOD))
    return visit.filled_in(NewTicket, "content", **ours)


def _closing_form(visit: Visit, refusal: Refused | None = None) -> Response:
    return _shown(
        visit, "portal_close.html", refusal, consequences=consequences_now(visit.account_id, visit.language),
        content=visit.given.get("content", "") if visit.is_form else "", subject=CLOSE_SUBJECT,
        named=named_now(visit.person, visit.language),
        is_understood=visit.is_form and visit.given.get("understood") == "yes",
    )  # fmt: skip


def _is_open_closure(row: TicketRow) -> bool:
    return row.kind == "closure" and row.status not in ENDED


def _open_number(visit: Visit, refusal: Refused | None) -> str:
    """The ticket that stands in the way, for a link, if this customer may see it."""
    if not refusal or refusal.document["code"] != ClosureAlreadyOpen.code:
        return ""
    number = str(refusal.document["number"])
    return number if _is_mine(visit, number) else ""


def _is_mine(visit: Visit, number: str) -> bool:
    try:
        api.mine(visit.asking(None, id=number))
    except NotFound:
        return False
    return True
