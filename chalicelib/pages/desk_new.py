"""`/desk/new`: a request that came by phone or chat. Unproved, whatever was said."""

from typing import Any

from chalice.app import Response

from chalicelib.calls import AGENT
from chalicelib.pages.desk_frame import show_desk, told_above
from chalicelib.pages.visits import Pages, Visit, go_to
from chalicelib.problems import BadInput, ClosureAlreadyOpen, NotFound
from chalicelib.reading import WrongFields, read
from chalicelib.tickets import desk_api
from chalicelib.tickets.desk_api import ByPhone

pages = Pages(__name__)


@pages.get("/desk/new", who=AGENT)
def show_form(visit: Visit) -> Response:
    return _page(visit)


@pages.post("/desk/new", who=AGENT)
def open_one(visit: Visit) -> Response:
    """A code goes to the address on file of the account that the agent names; the words go to nobody."""
    known = {name: text for name, text in visit.given.items() if name in ByPhone.__struct_fields__ and text.strip()}
    try:
        opened: Any = desk_api.open_by_phone(visit.asking(read(known, ByPhone))).body
    except (WrongFields, BadInput, NotFound, ClosureAlreadyOpen) as refused:
        return _page(visit, refusal=refused)
    return go_to(f"/desk/case/{opened.number}")


def _page(visit: Visit, *, refusal: Exception | None = None) -> Response:
    problem = told_above(visit, refusal, form="new") if refusal else None
    other = refusal.number if isinstance(refusal, ClosureAlreadyOpen) else ""
    return show_desk(
        visit, "desk_new.html", status=problem["status"] if problem else 200, problem=problem, other=other,
        typed=visit.given if visit.is_form else {},
    )  # fmt: skip
