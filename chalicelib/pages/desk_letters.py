"""`/desk/letters`: letters that nobody acted on, for an agent to take in or to drop."""

from typing import Any, Final

from chalice.app import Response

from chalicelib.answers import Paging
from chalicelib.calls import AGENT
from chalicelib.language import N_, say
from chalicelib.letters import api as quarantine
from chalicelib.pages.desk_frame import show_desk
from chalicelib.pages.visits import Pages, Visit, go_to
from chalicelib.problems import ChangedMeanwhile, NotFound, Problem
from chalicelib.reading import read

pages = Pages(__name__)
_IDS: Final = {"id": r"[A-Za-z0-9._-]{1,128}", "what": "release|drop"}
_A_PAGE: Final = 20
_DO: Final = {"release": quarantine.release, "drop": quarantine.drop}
_TOLD: Final = {
    "release": N_("The letter was taken in: it has become a ticket, or joined the one that it answers."),
    "drop": N_("The letter was dropped."),
}
_FASTER: Final = N_("This letter is not in quarantine any more: a colleague was faster, or its time was over.")


@pages.get("/desk/letters", who=AGENT)
def show_letters(visit: Visit) -> Response:
    return _page(visit)


@pages.post("/desk/letters/{id}/{what}", who=AGENT, ids=_IDS)
def decide(visit: Visit) -> Response:
    what = visit.path["what"]
    try:
        _DO[what](visit.asking(None))
    except (NotFound, ChangedMeanwhile):
        return _page(visit, refusal=_FASTER)
    except Problem as refused:
        return _page(visit, refusal=refused.sentence)
    return go_to("/desk/letters", told=what)


def _page(visit: Visit, *, refusal: str = "") -> Response:
    cursor = None if visit.is_form else visit.given.get("cursor") or None
    page: Any = quarantine.list_quarantine(visit.asking(read({"limit": _A_PAGE, "cursor": cursor}, Paging))).body
    told = "" if visit.is_form else _TOLD.get(visit.given.get("told", ""), "")
    return show_desk(
        visit, "desk_letters.html", status=409 if refusal else 200, letters=page.items, more=page.next, cursor=cursor,
        told=say(visit.language, told), refusal=say(visit.language, refusal),
    )  # fmt: skip
