"""How a ticket looks from outside: to its asker, and to agents."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from msgspec import convert

from chalicelib import clock
from chalicelib.answers import View
from chalicelib.language import N_, Language, say, status_name
from chalicelib.reading import Instant
from chalicelib.tickets import agenda, store
from chalicelib.tickets.changes import DESK_ONLY, Change
from chalicelib.tickets.eligibility import Named
from chalicelib.tickets.ticket import ENDED, MAY_WITHDRAW, Kind, Status, Ticket, WayIn, is_outsider, shown_status


class Next(View, frozen=True, kw_only=True):
    """What happens next, and by when (null: no time is set)."""

    code: str
    text: str
    by: Instant | None


class TimelineEntry(View, frozen=True, kw_only=True):
    at: Instant
    by: str
    what: str
    why: str | None = None
    text: str | None = None


class NoticeView(View, frozen=True, kw_only=True):
    kind: str
    at: Instant
    state: str


class AttachmentView(View, frozen=True, kw_only=True):
    """A file that came with a letter. `digest` is the SHA-256 of its content; `name` null: the letter gave none."""

    name: str | None
    type: str
    size: int
    digest: str


class NamedView(View, frozen=True, kw_only=True):
    """What the company's own check named: a `blocker`, which must be cleared first, or a `warning` to read before."""

    code: str
    kind: Literal["blocker", "warning"]
    text: str
    url: str | None


class TicketView(View, frozen=True, kw_only=True):
    """A ticket as its asker sees it. `attachments`: the files that came with their letters."""

    number: str
    kind: Kind
    status: Status
    status_name: str
    version: int
    product: str
    category: str
    subject: str | None
    language: Literal["vi", "en"]
    opened_at: Instant
    changed_at: Instant
    due_at: Instant
    answer_by: Instant
    closes_at: Instant | None
    ended_at: Instant | None
    next: Next
    eligibility: list[NamedView]
    timeline: list[TimelineEntry]
    attachments: list[AttachmentView]
    notices: list[NoticeView]


class TicketRow(View, frozen=True, kw_only=True):
    """A ticket in a list."""

    number: str
    kind: Kind
    status: Status
    status_name: str
    version: int
    subject: str | None
    opened_at: Instant
    changed_at: Instant
    due_at: Instant
    next: Next
    assignee: str | None = None


class DeskTicketRow(TicketRow, frozen=True, kw_only=True):
    """A ticket in the queue. `is_blocked`: it waits for the customer, who has something to clear."""

    is_held: bool
    is_stopped: bool
    is_blocked: bool


class LetterView(View, frozen=True, kw_only=True):
    id: str
    at: Instant
    cause: str
    standing: str
    verdicts: dict[str, str]
    from_seen: str | None
    subject: str
    text: str
    attachments: list[AttachmentView]
    copies: int


class LedgerView(View, frozen=True, kw_only=True):
    """What one holder did and found. `found` is `nothing`, `some`, `kept`, `cannot_tell`, or `residual`: what goes by
    itself on the day `until`."""

    holder: str
    found: str
    count: int | None = None
    erased_at: Instant | None = None
    looked_at: Instant | None = None
    detail: str | None = None
    basis: str | None = None
    until: Instant | None = None


class FactsOfAgent(View, frozen=True, kw_only=True):
    """Which facts one agent found to match, where they were enough; a second agent's make the proof."""

    agent: str
    at: Instant
    matched: list[str]


class AccountFacts(View, frozen=True, kw_only=True):
    """An account to compare a letter with; for agents' eyes only. `attributes` is what else the company told of it,
    such as the last invoice's number."""

    account_id: str
    generation: int
    status: str
    email: str
    name: str | None
    phone: str | None
    company: str | None
    tax_code: str | None
    country: str | None
    attributes: dict[str, str]
    address_changed_at: Instant | None


class ClosedBefore(View, frozen=True, kw_only=True):
    """A closure of the past. Its asker wrote from the address that was on file: to them, and to nobody else, it may be
    told."""

    number: str
    closed_at: Instant | None


class DeskTicketView(TicketView, frozen=True, kw_only=True):
    """A ticket with everything in view, for agents."""

    way_in: WayIn
    shown_status: Status
    proof: Literal["sign_in", "code", "facts"] | None
    word_at: Instant | None
    approved_by: str | None
    assignee: str | None
    cause: str | None
    is_suspect: bool
    is_held: bool
    hold_review_at: Instant | None
    blocked_until: Instant | None
    checked_at: Instant | None
    is_stopped: bool
    ack_held_back: bool
    expedite_asked_at: Instant | None
    linked_to: str | None
    regime: str
    is_extended: bool
    warnings: list[str]
    facts: list[FactsOfAgent]
    accounts: list[AccountFacts]
    letters: list[LetterView]
    ledger: list[LedgerView]
    closed_before: list[ClosedBefore]


_NEXT: dict[str, str] = {
    "confirm": N_("Please confirm that you want the account closed."),
    "type_code": N_("A code went to the address on file; typing it proves that the account is yours."),
    "agent_decides": N_("Our technical team looks at the request and decides."),
    "agent_answers": N_("Our technical team answers."),
    "blocked": N_("Something must be settled before the account can be closed. We check every day."),
    "on_hold": N_("The request waits; our technical team looks at it again."),
    "cooling_off": N_("The account is erased after this time. Until then the request can be withdrawn."),
    "expedite_code": N_("A code went to the address on file; typing it asks for the closure without further waiting."),
    "erasing": N_("The account is being erased everywhere, and every system is read again."),
    "nothing": N_("Nothing more happens."),
    "still_there": N_("Nothing more happens. The account still exists."),
    "gone": N_("Nothing more happens. The account is gone."),
}


def _shown(ticket: Ticket) -> Status:
    return shown_status(ticket, is_over=clock.now() >= agenda.proof_ends_at(ticket, store.waits()))


def next_of(ticket: Ticket) -> tuple[str, datetime | None]:
    """What happens next, as the asker may know it, and by when."""
    status = _shown(ticket)
    if status in ENDED:
        return _AT_THE_END.get(status, "nothing"), None
    if ticket.kind == "support":
        return "agent_answers", ticket.answer_by if status == "received" else ticket.due_at
    if status == "received":
        return "confirm", ticket.answer_by
    if status == "awaiting_proof":
        return "type_code", agenda.proof_ends_at(ticket, store.waits())
    if status == "in_review":
        return _in_review(ticket)
    return _before_closed(ticket, status)


def _in_review(ticket: Ticket) -> tuple[str, datetime | None]:
    if ticket.is_paused:
        return "on_hold", ticket.hold_review_at
    return ("blocked", ticket.blocked_until) if ticket.blockers else ("agent_decides", ticket.due_at)


def _before_closed(ticket: Ticket, status: Status) -> tuple[str, datetime | None]:
    if status == "scheduled":
        asked = ticket.code and ticket.code.aim == "expedite" and not ticket.code.used
        return ("expedite_code" if asked else "cooling_off"), ticket.closes_at
    return "erasing", ticket.due_at


_AT_THE_END = {"closed": "gone", "withdrawn": "still_there", "rejected": "still_there", "expired": "still_there"}


def next_view(ticket: Ticket, language: Language) -> Next:
    code, by = next_of(ticket)
    return Next(code=code, text=say(language, _NEXT[code]), by=by)


def row(ticket: Ticket, language: Language) -> TicketRow:
    return TicketRow(**_row(ticket, _shown(ticket), language))


def desk_row(ticket: Ticket, language: Language) -> DeskTicketRow:
    """The ticket in the queue."""
    return DeskTicketRow(
        **_row(ticket, ticket.status, language), assignee=ticket.assignee, is_held=ticket.held,
        is_stopped=ticket.stopped, is_blocked=bool(ticket.blockers) and ticket.status in MAY_WITHDRAW,
    )  # fmt: skip


def _row(ticket: Ticket, status: Status, language: Language) -> dict[str, Any]:
    return {
        "number": ticket.number, "kind": ticket.kind, "status": status, "status_name": status_name(status, language),
        "version": ticket.version, "subject": ticket.subject, "opened_at": ticket.opened_at,
        "changed_at": ticket.changed_at, "due_at": ticket.due_at, "next": next_view(ticket, language),
    }  # fmt: skip


def view(file: store.File, language: Language) -> TicketView:
    """The ticket as its asker sees it."""
    return TicketView(**_common(file, language, for_desk=False))


def fresh_view(ticket: Ticket, changes: tuple[Change, ...], words: store.Words, language: Language) -> TicketView:
    """The view of a ticket that was opened this moment: nothing needs to be read again."""
    file = store.File(
        ticket=ticket, changes=list(changes), words={words.nth: words}, letters=[], notices=[], ledger=[], contacts={}
    )
    return view(file, language)


def desk_view(
    file: store.File,
    accounts: list[AccountFacts],
    warnings: list[str],
    language: Language,
    closed_before: list[Ticket],
) -> DeskTicketView:
    """The ticket with everything in view, for agents."""
    ticket = file.ticket
    letters = [letter_view(each) for each in file.letters]
    return DeskTicketView(
        **_common(file, language, for_desk=True),
        way_in=ticket.way_in, shown_status=_shown(ticket), proof=ticket.proof, word_at=ticket.word_at,
        approved_by=ticket.approved_by, assignee=ticket.assignee, cause=ticket.cause, is_suspect=ticket.suspect,
        is_held=ticket.held, hold_review_at=ticket.hold_review_at, blocked_until=ticket.blocked_until,
        checked_at=ticket.checked_at, is_stopped=ticket.stopped,
        ack_held_back=ticket.ack_held_back, expedite_asked_at=ticket.expedite_asked_at, linked_to=ticket.linked_to,
        regime=ticket.regime, is_extended=ticket.extended, warnings=warnings, accounts=accounts, letters=letters,
        facts=[FactsOfAgent(agent=each.agent, at=each.at, matched=list(each.matched)) for each in ticket.facts],
        ledger=convert(file.ledger, list[LedgerView]),
        closed_before=[ClosedBefore(number=each.number, closed_at=each.ended_at) for each in closed_before],
    )  # fmt: skip


def _common(file: store.File, language: Language, *, for_desk: bool) -> dict[str, Any]:
    ticket = file.ticket
    status = ticket.status if for_desk else _shown(ticket)
    shown = [each for each in file.changes if for_desk or _is_shown(each, ticket)]
    # What an outsider may not see leaves no trace in the counts and times either.
    is_all = for_desk or not is_outsider(ticket)
    version = ticket.version if is_all else len(shown)
    changed_at = ticket.changed_at if is_all else shown[-1].at
    told = [each for each in file.notices if is_all or each.reader == "asker"]
    return {
        "number": ticket.number, "kind": ticket.kind, "status": status, "version": version,
        "status_name": status_name(status, language), "product": ticket.product, "category": ticket.category,
        "subject": ticket.subject, "language": ticket.language, "opened_at": ticket.opened_at,
        "changed_at": changed_at, "due_at": ticket.due_at, "answer_by": ticket.answer_by,
        "closes_at": ticket.closes_at if ticket.status in ("scheduled", "closing", "needs_attention") else None,
        "ended_at": ticket.ended_at, "next": next_view(ticket, language),
        "eligibility": [named_view(each, language) for each in file.named] if _may_read_check(ticket, for_desk) else [],
        "timeline": [_entry(each, file, for_desk=for_desk) for each in shown],
        "attachments": _attachments(file, for_desk=for_desk, is_all=is_all),
        "notices": [NoticeView(kind=each.kind, at=each.at, state=each.state) for each in told],
    }  # fmt: skip


def _attachments(file: store.File, *, for_desk: bool, is_all: bool) -> list[AttachmentView]:
    """For the proved asker those of letters whose sender the mail service confirmed, and no others."""
    theirs = [each.data for each in file.letters if for_desk or (is_all and each.data["standing"] == "authenticated")]
    return [each for data in theirs for each in attachments_of(data)]


def attachments_of(letter: Mapping[str, Any]) -> list[AttachmentView]:
    """The files of a letter, as it lies in the table."""
    return convert(letter.get("attachments", []), list[AttachmentView])


def _may_read_check(ticket: Ticket, for_desk: bool) -> bool:
    """The asker only once they are known to be the owner; nobody once it is settled what becomes of the account."""
    is_known = for_desk or ticket.proof is not None or ticket.asker_is_owner
    return ticket.kind == "closure" and is_known and ticket.status in MAY_WITHDRAW


def named_view(named: Named, language: Language) -> NamedView:
    """In the reader's language."""
    return NamedView(code=named.code, kind=named.kind, text=named.vi if language == "vi" else named.en, url=named.url)


def _is_shown(change: Change, ticket: Ticket) -> bool:
    """Whether the asker may read this line: an outsider, before proof, only what happened on their own side."""
    if is_outsider(ticket):
        return change.what in ("opened", "replied", "answered", "expired", "withdrawn", "resolved")
    return change.what not in DESK_ONLY


def _entry(change: Change, file: store.File, *, for_desk: bool) -> TimelineEntry:
    nth = change.facts.get("words") or (1 if change.what == "opened" else None)
    words = file.words.get(nth) if isinstance(nth, int) else None
    text = words.text if words and (for_desk or not words.is_internal) else None
    by = change.by if for_desk or not change.by.startswith(("agent:", "system:")) else change.by.partition(":")[0]
    return TimelineEntry(at=change.at, by=by, what=change.what, why=change.why, text=text)


def letter_view(item: Any) -> LetterView:
    data = item.data
    return LetterView(
        id=data["id"], at=item.at, cause=item.cause, standing=data["standing"], verdicts=data.get("verdicts", {}),
        from_seen=data.get("from"), subject=data.get("subject", ""), text=data.get("text", ""),
        attachments=attachments_of(data), copies=int(item.copies or 0),
    )  # fmt: skip
