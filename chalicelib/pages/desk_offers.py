"""Which decisions an agent is offered on a ticket, and how a form's fields become what a decision takes."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from chalicelib.calls import AGENT, Call, Who, admitted
from chalicelib.language import N_
from chalicelib.proof import desk_api as facts
from chalicelib.reading import read
from chalicelib.settings import settings
from chalicelib.signin import Person
from chalicelib.tickets import deadlines
from chalicelib.tickets.desk_api import DECISIONS
from chalicelib.tickets.ticket import MAY_WITHDRAW, OPEN
from chalicelib.tickets.views import DeskTicketView


class Offer(Struct, frozen=True, kw_only=True):
    """A decision as the page offers it: what it is called, what it does, the key that leads to it. `done` is said
    after it was made."""

    name: str
    label: str
    key: str
    says: str
    done: str
    tone: Literal["", "danger", "plain"] = "plain"
    admins_only: bool = False
    is_offered: Callable[[DeskTicketView], bool]


def _is_closure_at(*statuses: str) -> Callable[[DeskTicketView], bool]:
    return lambda ticket: ticket.kind == "closure" and ticket.status in statuses


def _may_approve(ticket: DeskTicketView) -> bool:
    return _is_closure_at("in_review")(ticket) and bool(ticket.proof and ticket.word_at) and not ticket.is_held


def _may_expedite(ticket: DeskTicketView) -> bool:
    return _is_closure_at("scheduled")(ticket) and bool(ticket.expedite_asked_at) and ticket.proof != "facts"


def _may_extend(ticket: DeskTicketView) -> bool:
    allows_it = deadlines.REGIMES[ticket.regime].extension is not None
    return ticket.status in OPEN and allows_it and not ticket.is_extended


def _may_link(ticket: DeskTicketView) -> bool:
    return _is_closure_at("awaiting_proof", "received")(ticket) and not ticket.proof


def _may_send_code(ticket: DeskTicketView) -> bool:
    return _is_closure_at("awaiting_proof")(ticket) and bool(ticket.accounts)


def _may_compare(ticket: DeskTicketView) -> bool:
    return _is_closure_at("awaiting_proof")(ticket) and len(ticket.accounts) == 1


OFFERS: Final = (
    Offer(
        name="approve", label=N_("Approve the closure"), key="a", tone="",
        says=N_("The waiting time begins, and the address on file is told. Until it ends the asker may withdraw."),
        done=N_("Approved. The waiting time has begun."), is_offered=_may_approve,
    ),
    Offer(
        name="expedite", label=N_("Bring the closure forward"), key="e", tone="danger",
        says=N_("The asker wants it without further waiting. Erasing begins at once, and there is no way back."),
        done=N_("The closure was brought forward."), is_offered=_may_expedite,
    ),
    Offer(
        name="retry", label=N_("Start erasing again"), key="t", tone="",
        says=N_("Do this once the cause is mended. What is erased already is found erased."),
        done=N_("The erasing was started again."), is_offered=lambda ticket: ticket.status == "needs_attention",
    ),
    Offer(
        name="resolve", label=N_("Resolve"), key="v", tone="",
        says=N_("The question is answered; the asker is told."), done=N_("The question is resolved."),
        is_offered=lambda ticket: ticket.kind == "support" and ticket.status in ("received", "in_review"),
    ),
    Offer(
        name="facts", label=N_("Record which facts match"), key="f",
        says=N_("Tick what matches the asker’s words. Ownership is proved once two agents have found enough."),
        done=N_("Your comparison was recorded."), is_offered=_may_compare,
    ),
    Offer(
        name="send-code", label=N_("Send a fresh code"), key="c",
        says=N_("It goes to the address on file. Every older code is worthless from then on."),
        done=N_("A fresh code is on its way to the address on file."), is_offered=_may_send_code,
    ),
    Offer(
        name="link", label=N_("Choose the account"), key="l",
        says=N_("Which account is the request about? Several only if they have one address on file."),
        done=N_("The account was chosen."), is_offered=_may_link,
    ),
    Offer(
        name="reject", label=N_("Reject"), key="r", tone="danger",
        says=N_("The request ends here; the account stays. Who proved to be the owner is told the reason."),
        done=N_("The request was rejected."), is_offered=lambda ticket: ticket.status in MAY_WITHDRAW,
    ),
    Offer(
        name="release", label=N_("Lift the hold or stop"), key="h", admins_only=True,
        says=N_("The request goes on where it was."), done=N_("The hold was lifted."),
        is_offered=lambda ticket: ticket.status in OPEN and (ticket.is_held or ticket.is_stopped),
    ),
    Offer(
        name="hold", label=N_("Put on hold"), key="h", admins_only=True,
        says=N_("Nothing is erased while it holds. The asker is told that it waits, not why."),
        done=N_("The request is on hold."),
        is_offered=lambda ticket: _is_closure_at(*MAY_WITHDRAW)(ticket) and not ticket.is_held,
    ),
    Offer(
        name="replies", label=N_("Write to the asker"), key="m",
        says=N_("It goes out by mail."), done=N_("Your answer is on its way."),
        is_offered=lambda ticket: ticket.status in OPEN,
    ),
    Offer(
        name="notes", label=N_("Note for colleagues"), key="n",
        says=N_("Nobody outside the desk reads it."), done=N_("Your note was kept."),
        is_offered=lambda ticket: ticket.status in OPEN,
    ),
    Offer(
        name="assign", label=N_("Give to a colleague"), key="d",
        says=N_("Whoever has the ticket finds it under “Mine”."), done=N_("The ticket was given on."),
        is_offered=lambda ticket: ticket.status in OPEN,
    ),
    Offer(
        name="extend", label=N_("Extend the deadline"), key="x",
        says=N_("Possible once. The asker is told, with your reason."), done=N_("The deadline was extended."),
        is_offered=_may_extend,
    ),
    Offer(
        name="correct", label=N_("Correct the kind"), key="o",
        says=N_("A closure still needs the asker’s own word, which is asked for."),
        done=N_("The kind was corrected."),
        is_offered=lambda ticket: ticket.status in ("received", "awaiting_proof", "in_review"),
    ),
    Offer(
        name="merge", label=N_("Join to another ticket"), key="g", tone="danger",
        says=N_("This one ends as a link to the other, which must be about the same account."),
        done=N_("The ticket was joined to the other one."), is_offered=lambda ticket: ticket.status in MAY_WITHDRAW,
    ),
)  # fmt: skip
BY_NAME: Final = {each.name: each for each in OFFERS}


def offers_for(ticket: DeskTicketView, person: Person) -> list[Offer]:
    """What this person may decide on the ticket as it stands. None on their own account."""
    if is_own(ticket, person):
        return []
    return [each for each in OFFERS if each.is_offered(ticket) and (person.is_admin or not each.admins_only)]


def is_own(ticket: DeskTicketView, person: Person) -> bool:
    return person.account_id is not None and person.account_id in {each.account_id for each in ticket.accounts}


# ── making one ───────────────────────────────────────────────────────────────────────────────────────────────


def admit(name: str, person: Person) -> None:
    """`NotAllowed` for whoever may not decide this."""
    who: Who = DECISIONS[name].who if name in DECISIONS else AGENT
    admitted(who, person)


def made(name: str, given: Mapping[str, str], call: Callable[[Any], Call[Any]]) -> None:
    """Makes the decision with a form's fields, by what the API does. `WrongFields` if they aren't what it takes."""
    takes = DECISIONS[name].takes if name in DECISIONS else facts.Facts
    known: dict[str, Any] = {field: text for field, text in given.items() if field in takes.__struct_fields__}
    known["expected_version"] = version_in(given)
    for field, of_form in _READ.get(name, {}).items():
        known[field] = of_form(given)
    asked = call(read(known, takes))
    if name in DECISIONS:
        DECISIONS[name].made(asked)
    else:
        facts.record_facts(asked)


def version_in(given: Mapping[str, str]) -> int | str:
    text = given.get("expected_version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text


def _account_ids(given: Mapping[str, str]) -> list[str]:
    return given.get("account_ids", "").replace(",", " ").split()


def _matched(given: Mapping[str, str]) -> list[str]:
    """Each ticked fact is a field of its own: a form's field is given once."""
    return [field.removeprefix("matched.") for field in given if field.startswith("matched.")]


def _review_at(given: Mapping[str, str]) -> str:
    """`<input type=datetime-local>` says no zone: it is the one in which the desk shows times."""
    text = given.get("review_at", "")
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(settings().time_zone))).isoformat()


def _into(given: Mapping[str, str]) -> str:
    return given.get("into", "").strip().upper()


_READ: Final[dict[str, dict[str, Callable[[Mapping[str, str]], Any]]]] = {
    "link": {"account_ids": _account_ids},
    "facts": {"matched": _matched},
    "hold": {"review_at": _review_at},
    "merge": {"into": _into},
    "replies": {"needs_answer": lambda given: "needs_answer" in given},
}
