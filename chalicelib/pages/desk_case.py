"""`/desk/case/{number}`: one ticket with everything in view, and a form for each decision that it allows now."""

from datetime import timedelta
from typing import Any, Final, get_args
from zoneinfo import ZoneInfo

from chalice.app import Response

from chalicelib import clock
from chalicelib.answers import json_response
from chalicelib.calls import AGENT
from chalicelib.closure import desk_api as dry_run
from chalicelib.closure import receipt_api
from chalicelib.closure.desk_api import DryRun
from chalicelib.language import N_, say
from chalicelib.pages import desk_answers
from chalicelib.pages.desk_frame import show_desk, told_above
from chalicelib.pages.desk_offers import BY_NAME, Offer, admit, is_own, made, offers_for, version_in
from chalicelib.pages.visits import Pages, Visit, go_to
from chalicelib.problems import BadInput, ChangedMeanwhile, Conflict, NotFound
from chalicelib.proof.facts import LEGAL_DOCUMENT
from chalicelib.reading import WrongFields
from chalicelib.settings import settings
from chalicelib.tickets import checking, desk_api
from chalicelib.tickets.api import NUMBER
from chalicelib.tickets.ticket import MAY_WITHDRAW, ReasonToReject
from chalicelib.tickets.views import AccountFacts, DeskTicketView, TimelineEntry

pages = Pages(__name__)
_IDS: Final = {"number": NUMBER}
_ONE_OF_THEM: Final = {**_IDS, "what": "|".join(BY_NAME)}
_REVIEW_AFTER: Final = timedelta(days=14)
_BACK: Final = N_("Back to the queue")
_TAKE: Final = N_("Take it")
_LOOK: Final = N_("What would be erased?")
_TYPED: Final = ("reason", "text", "account_ids", "into", "to")


@pages.get("/desk/case/{number}", who=AGENT, ids=_IDS)
def show_case(visit: Visit) -> Response:
    """`dry-run`: with what every holder has of the account now. `answer`: with this prepared answer filled in."""
    ticket = _ticket(visit)
    would = _would_be_erased(visit) if visit.given.get("dry-run") and _may_look(ticket) else None
    return _page(visit, ticket, would=would)


def _may_look(ticket: DeskTicketView) -> bool:
    """Whether it is known which account would be erased."""
    is_one = bool(ticket.proof) or len(ticket.accounts) == 1
    return ticket.kind == "closure" and ticket.ended_at is None and bool(ticket.accounts) and is_one


def _would_be_erased(visit: Visit) -> DryRun | None:
    try:
        view: Any = dry_run.what_would_be_erased(visit.asking(None, id=visit.path["number"])).body
    except NotFound:
        return None
    return view  # type: ignore[no-any-return]


@pages.get("/desk/case/{number}/receipt", who=AGENT, ids=_IDS)
def receipt(visit: Visit) -> Response:
    """The signed receipt, for saving. Once the ticket is closed (404 before)."""
    return json_response(receipt_api.receipt_for_agents(visit.asking(None, id=visit.path["number"])))


@pages.post("/desk/case/{number}/{what}", who=AGENT, ids=_ONE_OF_THEM)
def decide(visit: Visit) -> Response:
    """Makes one decision. A refusal shows the ticket as it is now, with what was typed; where a colleague was faster,
    with what happened since."""
    what = visit.path["what"]
    admit(what, visit.person)
    try:
        made(what, visit.given, lambda given: visit.asking(given, id=visit.path["number"]))
    except ChangedMeanwhile as lost:
        ticket = _ticket(visit)
        return _page(visit, ticket, what=what, refusal=lost, since=_since(visit, ticket))
    except (WrongFields, BadInput, Conflict, NotFound) as refused:
        return _page(visit, _ticket(visit), what=what, refusal=refused)
    return go_to(f"/desk/case/{visit.path['number']}", told=what)


def _ticket(visit: Visit) -> DeskTicketView:
    view: Any = desk_api.as_now(visit, visit.path["number"]).body
    return view  # type: ignore[no-any-return]


def _since(visit: Visit, ticket: DeskTicketView) -> list[TimelineEntry]:
    """What happened after the version that this form was made for: each change is one version."""
    seen = version_in(visit.given)
    return ticket.timeline[seen:] if isinstance(seen, int) else []


def _page(
    visit: Visit, ticket: DeskTicketView, *, what: str = "", refusal: Exception | None = None,
    since: list[TimelineEntry] | None = None, would: DryRun | None = None,
) -> Response:  # fmt: skip
    problem = told_above(visit, refusal, form=what) if refusal else None
    offers = offers_for(ticket, visit.person)
    names = {each.name for each in offers}
    done = BY_NAME.get(visit.given.get("told", "") if not visit.is_form else "")
    prepared = desk_answers.offered(visit, ticket.language) if "replies" in names else {}
    filled = "" if visit.is_form else desk_answers.text_of(prepared, visit.given.get("answer", ""))
    typed = visit.given if visit.is_form else {"text": filled}
    may_look = _may_look(ticket)
    return show_desk(
        visit, "desk_case.html", status=problem["status"] if problem else 200, ticket=ticket, offers=offers,
        offered=names, is_own=is_own(ticket, visit.person), is_live=ticket.ended_at is None, typed=typed,
        what="replies" if filled else what, prepared=prepared, may_look=may_look, would=would,
        has_check=_has_check(ticket), silence=_silence(ticket),
        lost_words=[typed[name] for name in _TYPED if typed.get(name)] if what not in names else [],
        problem=problem, since=since or [], told=say(visit.language, done.done) if done else "",
        reasons=get_args(ReasonToReject), comparable={each.account_id: _comparable(each) for each in ticket.accounts},
        private=settings().private_facts, review_at=_review_at(typed), has_receipt=ticket.status == "closed",
        keys=_keys(visit, offers, may_look=may_look),
        replies_unseen=ticket.is_suspect and not ticket.proof,
    )  # fmt: skip


def _keys(visit: Visit, offers: list[Offer], *, may_look: bool) -> list[tuple[str, str]]:
    fixed = [("u", _BACK), ("i", _TAKE), *([("w", _LOOK)] if may_look else [])]
    return [(key, say(visit.language, text)) for key, text in (*fixed, *((each.key, each.label) for each in offers))]


def _has_check(ticket: DeskTicketView) -> bool:
    """Whether the company's own check was asked about the ticket, and its answer still matters."""
    is_live = ticket.kind == "closure" and ticket.status in MAY_WITHDRAW
    return checking.is_on() and is_live and bool(ticket.checked_at or ticket.cause)


def _silence(ticket: DeskTicketView) -> str:
    """The code of why the check can't tell, as the ticket's cause has it."""
    return (ticket.cause or "").partition("(")[2].rstrip(")") if _has_check(ticket) else ""


def _comparable(account: AccountFacts) -> list[tuple[str, str | None]]:
    """What the account says of its owner, by name; a company's document isn't on file, it is shown by the asker."""
    own = [("email", account.email), ("name", account.name), ("phone", account.phone), ("company", account.company)]
    own += [("tax_code", account.tax_code), *sorted(account.attributes.items())]
    document: list[tuple[str, str | None]] = [(LEGAL_DOCUMENT, None)] if account.company else []
    return [(name, value) for name, value in own if value] + document


def _review_at(typed: Any) -> str:
    """What was typed, or two weeks from now, as `<input type=datetime-local>` wants it."""
    proposed = (clock.now() + _REVIEW_AFTER).astimezone(ZoneInfo(settings().time_zone))
    return str(typed.get("review_at") or f"{proposed:%Y-%m-%dT%H:%M}")
