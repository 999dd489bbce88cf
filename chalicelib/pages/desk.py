"""`/desk`: the queue, what is due first; and the search by number, account or address."""

from typing import Any, Final, get_args

from chalice.app import Response

from chalicelib.calls import ADMIN, AGENT
from chalicelib.language import N_, say
from chalicelib.pages.desk_frame import show_desk
from chalicelib.pages.visits import Pages, Visit, go_to
from chalicelib.reading import read
from chalicelib.tickets import desk_api, store
from chalicelib.tickets.desk_api import Queue
from chalicelib.tickets.store import guards
from chalicelib.tickets.ticket import ENDED, OPEN, Status
from chalicelib.tickets.views import DeskTicketRow

pages = Pages(__name__)
_ROWS: Final = 25
_COUNTED: Final = 100  # of each status: a longer queue is "100+", lest each page reads all of it
_MOST_READS: Final = 8  # pages of the queue that one visit reads to find a colleague's tickets among all
WHOSE: Final = ("", "mine", "nobody")
_TOLD: Final = {"brake": N_("The brake was released. What was held back begins within the hour.")}


@pages.get("/desk", who=AGENT)
def queue(visit: Visit) -> Response:
    """Open tickets by due date, those that need attention before all others. Filters stand in the address; what
    names people doesn't."""
    status = _one_of(visit.given.get("status", ""), get_args(Status))
    whose = _one_of(visit.given.get("whose", ""), WHOSE)
    rows, more = _rows(visit, status, whose)
    return _page(visit, rows=rows, more=more, chosen=status, whose=whose, asked="")


def _one_of(asked: str, known: tuple[str, ...]) -> str:
    return asked if asked in known else ""


def _rows(visit: Visit, status: str, whose: str) -> tuple[list[DeskTicketRow], str | None]:
    """A screenful of rows, and the cursor that goes on. Of somebody's own tickets it takes several pages to fill it."""
    assignee = {"mine": visit.person.sub, "nobody": ""}.get(whose)
    cursor = visit.given.get("cursor") or None
    rows: list[DeskTicketRow] = []
    for _ in range(_MOST_READS):
        asked: dict[str, Any] = {"status": status or None, "assignee": assignee, "cursor": cursor, "limit": _ROWS}
        page: Any = desk_api.queue(visit.asking(read(asked, Queue))).body
        rows += page.items
        cursor = page.next
        if not cursor or len(rows) >= _ROWS:
            break
    return rows, cursor


@pages.post("/desk/search", who=AGENT)
def search(visit: Visit) -> Response:
    """By a form, never by the address line: what is typed may be somebody's mail address, and addresses of pages are
    kept in histories and logs."""
    asked = " ".join(visit.given.get("q", "").split())[:254]
    found: Any = desk_api.queue(visit.asking(Queue(q=asked))).body if asked else None
    rows = list(found.items) if found else []
    if len(rows) == 1:
        return go_to(f"/desk/case/{rows[0].number}")
    return _page(visit, rows=rows, more=None, chosen="", whose="", asked=asked)


def _page(visit: Visit, **facts: Any) -> Response:
    counts = store.open_counts(most=_COUNTED)
    return show_desk(
        visit, "desk.html", counts=counts, counted=_COUNTED, open_statuses=OPEN, ended_statuses=ENDED,
        told=say(visit.language, _TOLD.get(visit.given.get("told", ""), "")), **facts,
    )  # fmt: skip


@pages.post("/desk/brake/off", who=ADMIN)
def release_brake(_: Visit) -> Response:
    """What was held back begins with the next sweep."""
    guards.release_brake()
    return go_to("/desk", told="brake")
