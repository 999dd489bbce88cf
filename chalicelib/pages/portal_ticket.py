"""One of my tickets: how far it has come, what happens next and by when, and what I may do with it."""

from collections.abc import Callable
from typing import Any, Final, Literal, cast

from chalice.app import Response

from chalicelib.answers import Answer, json_response
from chalicelib.calls import CUSTOMER
from chalicelib.closure import receipt_api
from chalicelib.language import N_, date_in_words, say
from chalicelib.pages.consequences import consequences_of, named_now
from chalicelib.pages.portal import show_refused
from chalicelib.pages.refusals import REFUSALS, Refused, refused
from chalicelib.pages.visits import Pages, Visit, go_to, show
from chalicelib.pages.way import way_of
from chalicelib.proof import api as expediting
from chalicelib.proof.api import ExpediteCode
from chalicelib.settings import settings
from chalicelib.tickets import api
from chalicelib.tickets.api import IDS, Reply
from chalicelib.tickets.ticket import ENDED, MAY_WITHDRAW
from chalicelib.tickets.views import NamedView, TicketView

pages = Pages(__name__)

_TOLD: Final = {
    "created": N_("Thank you. We have your request; its number is {number}. You also get a mail that says so."),
    "proved": N_("You had already asked for this. Your sign-in has shown that the account is yours."),
    "confirmed": N_("Thank you. You have confirmed that you want the account closed."),
    "replied": N_("Thank you. Your words were added."),
    "withdrawn": N_("Thank you. The request was withdrawn."),
    "code_sent": N_("A code is on its way to the address on file. Please type it below."),
    "hurried": N_("Thank you. The code was right; our technical team decides whether it can be done sooner."),
}
_MARKS_OF_MAIL: Final = {
    "waiting": "received", "claimed": "received", "sent": "received", "delivered": "good", "bounced": "bad",
    "complained": "bad", "failed": "bad", "skipped": "off",
}  # fmt: skip
Hurry = Literal["no", "may_ask", "code_out", "asked"]


@pages.get("/portal/tickets/{id}", who=CUSTOMER, ids=IDS)
def one_ticket(visit: Visit) -> Response:
    """Seen for as long as the session lasts, the account's erasure included."""
    return _page(visit)


@pages.post("/portal/tickets/{id}/confirm", who=CUSTOMER, ids=IDS)
def confirm(visit: Visit) -> Response:
    """ "Yes, close my account", on a closure that was only recognised."""
    return _done(visit, lambda: api.confirm(visit.asking(None)), told="confirmed")


@pages.post("/portal/tickets/{id}/replies", who=CUSTOMER, ids=IDS)
def add_words(visit: Visit) -> Response:
    return _done(visit, lambda: api.reply(visit.asking(visit.filled_in(Reply, "text"))), told="replied")


@pages.get("/portal/tickets/{id}/withdraw", who=CUSTOMER, ids=IDS)
def ask_whether_to_withdraw(visit: Visit) -> Response:
    return show(visit, "portal_withdraw.html", ticket=_view(visit), may_withdraw=MAY_WITHDRAW)


@pages.post("/portal/tickets/{id}/withdraw", who=CUSTOMER, ids=IDS)
def withdraw(visit: Visit) -> Response:
    return _done(visit, lambda: api.withdraw(visit.asking(None)), told="withdrawn")


@pages.post("/portal/tickets/{id}/expedite", who=CUSTOMER, ids=IDS)
def ask_to_hurry(visit: Visit) -> Response:
    """A code goes to the address on file."""
    return _done(visit, lambda: expediting.expedite(visit.asking(ExpediteCode())), told="code_sent")


@pages.post("/portal/tickets/{id}/code", who=CUSTOMER, ids=IDS)
def type_code(visit: Visit) -> Response:
    """The code that was mailed puts the wish to hurry on record."""
    typed = visit.given.get("code", "").strip()[:200]
    return _done(visit, lambda: expediting.expedite(visit.asking(visit.filled_in(ExpediteCode, code=typed))),
                 told="hurried")  # fmt: skip


@pages.get("/portal/tickets/{id}/receipt", who=CUSTOMER, ids=IDS)
def receipt(visit: Visit) -> Response:
    """The signed receipt, to keep."""
    return json_response(receipt_api.my_receipt(visit.asking(None)))


def _done(visit: Visit, do: Callable[[], Answer], *, told: str) -> Response:
    """After a form: to the ticket's page, so that a reload asks nothing again; a refusal keeps what was typed."""
    try:
        do()
    except REFUSALS as error:
        return _page(visit, refused(error, visit))
    return go_to(f"/portal/tickets/{visit.path['id']}", told=told)


def _page(visit: Visit, refusal: Refused | None = None) -> Response:
    ticket, language = _view(visit), visit.language
    typed = visit.given if visit.is_form else {}
    told = "" if visit.is_form else _TOLD.get(visit.given.get("told", ""), "")
    is_asked_for_word = ticket.next.code == "confirm"
    return show_refused(
        visit,
        "portal_ticket.html",
        refusal,
        ticket=ticket,
        path=f"/portal/tickets/{ticket.number}",
        way=way_of(ticket, language, lambda at: date_in_words(at, language, settings().time_zone, with_time=False)),
        told=say(language, told, number=ticket.number),
        typed={name: typed.get(name, "") for name in ("text", "code")},
        consequences=consequences_of(ticket.due_at, language) if is_asked_for_word else None,
        named=_named(visit, ticket, is_asked_for_word=is_asked_for_word),
        may_write=ticket.status not in ENDED,
        may_withdraw=ticket.status in MAY_WITHDRAW,
        hurry=_hurry(ticket),
        marks_of_mail=_MARKS_OF_MAIL,
        complaints_url=settings().complaints_url,
        receipt=_receipt_in_words(visit) if ticket.status == "closed" else [],
    )


def _named(visit: Visit, ticket: TicketView, *, is_asked_for_word: bool) -> list[NamedView]:
    """What the company's check named. Before the asker's own word it may not have been asked for the ticket yet."""
    return ticket.eligibility or (named_now(visit.person, visit.language) if is_asked_for_word else [])


def _view(visit: Visit) -> TicketView:
    return cast("TicketView", api.my_ticket(visit.asking(None)).body)


def _hurry(ticket: TicketView) -> Hurry:
    """How far the wish not to wait has come, since the closure was scheduled last."""
    if ticket.status != "scheduled":
        return "no"
    if ticket.next.code == "expedite_code":
        return "code_out"
    happened = [each.what for each in ticket.timeline]
    since = happened[::-1].index("scheduled")
    return "asked" if "expedite_asked" in happened[len(happened) - since :] else "may_ask"


def _receipt_in_words(visit: Visit) -> list[str]:
    signed = cast("dict[str, Any]", receipt_api.my_receipt(visit.asking(None)).body)
    return list(signed["says"][visit.language])
