"""The way of a ticket as a picture: what is done, where it is now, what comes next."""

from collections.abc import Callable
from datetime import datetime
from typing import Final, Literal

from msgspec import Struct

from chalicelib.language import N_, Language, say, status_name
from chalicelib.tickets.ticket import ENDED, Status
from chalicelib.tickets.views import TicketView

Dated = Callable[[datetime], str]


class Step(Struct, frozen=True, kw_only=True):
    text: str
    state: Literal["done", "now", "next", "off"]
    when: str = ""


# What each step is called, the change that ends it, and the statuses in which the ticket stands at it.
_CLOSURE: Final[tuple[tuple[str, str, tuple[Status, ...]], ...]] = (
    (N_("Request received"), "opened", ()),
    (N_("You confirm the closure"), "confirmed", ("received",)),
    (N_("Ownership verified"), "proved", ("awaiting_proof",)),
    (N_("Our team decides"), "scheduled", ("in_review",)),
    (N_("Waiting time, you may still withdraw"), "closing", ("scheduled",)),
    (N_("Erasing everywhere, then looking again"), "closed", ("closing", "needs_attention")),
    (N_("Closed: the account is gone"), "closed", ("closed",)),
)
_SUPPORT: Final[tuple[tuple[str, str, tuple[Status, ...]], ...]] = (
    (N_("Request received"), "opened", ()),
    (N_("Our team answers"), "resolved", ("received", "in_review")),
    (N_("Resolved"), "resolved", ("resolved",)),
)
_GOOD_ENDS: Final = ("closed", "resolved")


def way_of(ticket: TicketView, language: Language, day: Dated) -> list[Step]:
    """The steps in order. A ticket that ended otherwise shows the steps it made, and how it ended."""
    happened = {each.what: each.at for each in ticket.timeline}
    path = _SUPPORT if ticket.kind == "support" else [each for each in _CLOSURE if _is_on_the_way(each[1], ticket)]
    if ticket.kind == "closure" and ticket.status not in ("received", "awaiting_proof"):
        happened.setdefault("proved", ticket.opened_at)  # by the sign-in with which it was asked for
    if ticket.status in ENDED and ticket.status not in _GOOD_ENDS:
        made = [_step(text, "done", language, day, happened.get(what)) for text, what, _ in path if what in happened]
        return [*made, _step(status_name(ticket.status, language), "off", language, day, ticket.ended_at)]
    here = next((nth for nth, (_, _, statuses) in enumerate(path) if ticket.status in statuses), 0)
    steps = []
    for nth, (text, what, _) in enumerate(path):
        is_done = nth < here or ticket.status in _GOOD_ENDS
        steps.append(_step(text, "done" if is_done else "now" if nth == here else "next", language, day,
                           happened.get(what) if is_done else None))  # fmt: skip
    if ticket.next.by and ticket.next.code != "confirm" and ticket.status not in _GOOD_ENDS:
        until = say(language, N_("by {when}"), when=day(ticket.next.by))
        steps[here] = Step(text=steps[here].text, state="now", when=until)
    return steps


def _is_on_the_way(what: str, ticket: TicketView) -> bool:
    """One step for the asker's own word and its proof, whichever the ticket waits for: a sign-in gives both."""
    is_asked = ticket.status == "received"
    return not (what == "confirmed" and not is_asked) and not (what == "proved" and is_asked)


def _step(
    text: str, state: Literal["done", "now", "next", "off"], language: Language, day: Dated, at: datetime | None
) -> Step:
    return Step(text=say(language, text), state=state, when=day(at) if at else "")
