"""The desk: what agents and admins see and decide."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct

from chalicelib.accounts import store as accounts
from chalicelib.accounts.account import Account
from chalicelib.answers import Answer, Page, Paging
from chalicelib.calls import ADMIN, AGENT, Call, Calls, Who
from chalicelib.clock import now
from chalicelib.cursors import cursor_for, key_of
from chalicelib.language import N_, Language, guess_language, say
from chalicelib.problems import (
    Blocked,
    CannotTell,
    ChangedMeanwhile,
    ClosureAlreadyOpen,
    NotAsked,
    NotFound,
    NotNow,
    NotProved,
    OnHold,
    OwnAccount,
    Problem,
)
from chalicelib.reading import Filled, FilledLine, Input, Instant, Line, Version, WrongField, WrongFields, matching
from chalicelib.settings import settings
from chalicelib.signin import ACCOUNT_ID
from chalicelib.tickets import deciding, opening, store, views
from chalicelib.tickets.api import IDS, NUMBER
from chalicelib.tickets.deciding import Deciding
from chalicelib.tickets.store import guards
from chalicelib.tickets.ticket import ENDED, MAY_WITHDRAW, OPEN, Kind, ReasonToReject, Status, Ticket
from chalicelib.tickets.views import AccountFacts, DeskTicketRow, DeskTicketView

calls = Calls(__name__)
Text = Annotated[Filled, Meta(max_length=20_000)]
AnAccount = Annotated[str, matching(ACCOUNT_ID.pattern)]
_UNFIT_IN_ADDRESS = r"@\s\ufeff\u0000-\u0020\u007f-\u00a0\u2028\u2029\ufffe\uffff"
AnAddress = Annotated[
    str, matching(rf"[^{_UNFIT_IN_ADDRESS}]{{1,64}}@[^{_UNFIT_IN_ADDRESS}]{{1,189}}"), Meta(max_length=254)
]

UNPROVED = N_("Unproved: don't confirm that an account exists.")
SUSPECT = N_("The sender may be forged: nothing was sent to anybody.")
HOLD_IS_DUE = N_("The hold's review date has come: an admin must look again.")
ACCOUNT_HELD = N_("A hold stands on this account; an admin must release it first.")
PASSES_DEADLINE = N_("The planned time is after the deadline.")
CHECK_IS_SILENT = N_("The company's own check did not answer: this can't be approved until it does.")
NEW_ADDRESS = N_("The address on file was changed in the last 30 days: no code goes there.")
IN_THE_PAST = N_("This must be in the future.")
TOO_FAR = N_("This must be within the next five years.")
_FARTHEST_REVIEW = timedelta(days=5 * 365)
_LONGEST_SUB = 255  # OpenID Connect Core 1.0, section 2


class Queue(Paging, frozen=True, kw_only=True):
    """The queue's filters. `q` is an exact ticket number, account id or address; `assignee` empty: nobody's."""

    status: Status | None = None
    q: Annotated[Line, Meta(max_length=254)] | None = None
    assignee: Annotated[Line, Meta(max_length=_LONGEST_SUB)] | None = None


class Seen(Input, frozen=True, kw_only=True):
    """`expected_version` is the version of the ticket that the agent had before their eyes."""

    expected_version: Version


class ByPhone(Input, frozen=True, kw_only=True):
    """A request that came by phone or chat: unproved, whatever was said."""

    kind: Kind = "closure"
    subject: Annotated[FilledLine, Meta(max_length=200)]
    content: Text
    account_id: AnAccount | None = None
    address: AnAddress | None = None
    language: Literal["vi", "en"] | None = None


class Assign(Seen, frozen=True, kw_only=True):
    to: Annotated[FilledLine, Meta(max_length=_LONGEST_SUB)]


class Link(Seen, frozen=True, kw_only=True):
    account_ids: Annotated[list[AnAccount], Meta(min_length=1, max_length=10)]


class Reject(Seen, frozen=True, kw_only=True):
    reason_code: ReasonToReject
    reason: Annotated[Line, Meta(max_length=2_000)] = ""


class Hold(Seen, frozen=True, kw_only=True):
    reason: Text
    review_at: Instant


class WithReason(Seen, frozen=True, kw_only=True):
    reason: Text


class AgentReply(Seen, frozen=True, kw_only=True):
    text: Text
    needs_answer: bool = False


class Note(Seen, frozen=True, kw_only=True):
    text: Text


class Correct(Seen, frozen=True, kw_only=True):
    kind: Kind


class Merge(Seen, frozen=True, kw_only=True):
    into: Annotated[str, matching(NUMBER)]


@calls.get("/desk/tickets", who=AGENT, asks=Queue, answers={200: Page[DeskTicketRow]}, says="The queue, by due date",
           id_at="/items/0/number")  # fmt: skip
def queue(call: Call[Queue]) -> Answer:
    asked = call.given
    if asked.q:
        rows = [views.desk_row(each, call.language) for each in _found(asked.q)]
        return Answer(200, Page[DeskTicketRow](items=rows, next=None))
    whose = f"queue#{asked.status}#{asked.assignee}"
    after = key_of(asked.cursor, of=whose) if asked.cursor else None
    found, key = _page_of(asked.status, limit=asked.limit, after=after)
    chosen = [each for each in found if asked.assignee is None or (each.assignee or "") == asked.assignee]
    rows = [views.desk_row(each, call.language) for each in chosen]
    return Answer(200, Page[DeskTicketRow](items=rows, next=cursor_for(key, of=whose) if key else None))


def _page_of(status: Status | None, *, limit: int, after: Any) -> tuple[list[Ticket], Any]:
    if status in ENDED:
        oldest = now() - settings().keep_tombstones
        return store.ended(status, limit=limit, now=now(), oldest=oldest, after=after)
    return store.queue((status,) if status else OPEN, limit=limit, after=after)


def _found(asked: str) -> list[Ticket]:
    """Tickets with exactly this number, or of this account id or address; by an address also the closures of accounts
    that had it on file."""
    ticket = store.look_for(asked.upper()) if asked.upper().startswith("SO-") else None
    if ticket:
        return [ticket]
    if "@" not in asked:
        return store.of(asked, limit=100)[0]
    found = store.of(opening.asker_hash(asked), limit=100)[0] + store.closed_for(opening.asker_hash(asked))
    for account in accounts.with_address(asked):
        found += store.of(account.account_id, limit=100)[0]
    return sorted({each.number: each for each in found}.values(), key=lambda each: each.opened_at, reverse=True)


@calls.get("/desk/tickets/{id}", who=AGENT, answers={200: DeskTicketView}, says="A ticket with everything in view",
           ids=IDS, id_at="/number")  # fmt: skip
def desk_ticket(call: Call[None]) -> Answer:
    return as_now(call, call.path["id"])


@calls.post("/desk/tickets", who=AGENT, takes=ByPhone, answers={201: DeskTicketView}, says="A request by phone or chat",
            refuses=(ClosureAlreadyOpen, NotFound, OwnAccount), id_at="/number")  # fmt: skip
def open_by_phone(call: Call[ByPhone]) -> Answer:
    """Unproved: a code goes to the address on file of the account that the agent names."""
    asked = call.given
    if asked.account_id and asked.account_id == call.person.account_id:
        raise OwnAccount()
    account = accounts.find(asked.account_id) if asked.account_id else None
    request = opening.FromOutside(
        way_in="desk", kind=asked.kind, subject=asked.subject, text=asked.content, address=asked.address,
        language=asked.language or guess_language(asked.content) or call.language,
        found=(account,) if account else (), by=f"agent:{call.person.sub}",
    )  # fmt: skip
    try:
        moved = opening.open_from_outside(request)
    except guards.CodeLives as other:
        raise ClosureAlreadyOpen(number=other.number) from None
    number = moved.ticket.number
    where = f"{settings().public_url}/desk/tickets/{number}"
    return Answer(201, as_now(call, number).body, headers={"Location": where})


class Decision(Struct, frozen=True, kw_only=True):
    """What an agent may decide on a ticket: the fields that it takes, who may, and what is done."""

    takes: type[Seen]
    decide: Callable[[str, Deciding, Any], Ticket]
    says: str
    who: Who = AGENT
    also: tuple[type[Problem], ...] = ()

    def made(self, call: Call[Any]) -> Answer:
        """Decides on the ticket of the path, and answers with it as it is then."""
        person = call.person
        deciding_agent = Deciding(
            sub=person.sub, account_id=person.account_id, expected_version=call.given.expected_version
        )
        return as_now(call, self.decide(call.path["id"], deciding_agent, call.given).number)


DECISIONS: Final[Mapping[str, Decision]] = {
    "assign": Decision(
        takes=Assign,
        decide=lambda n, who, given: deciding.assign(n, who, given.to),
        says="Assign to an agent",
    ),
    "link": Decision(
        takes=Link,
        decide=lambda n, who, given: deciding.link(n, who, tuple(given.account_ids)),
        says="Choose the account an unproved ticket is about",
    ),
    "send-code": Decision(
        takes=Seen,
        decide=lambda n, who, _: deciding.send_code(n, who),
        says="Send a fresh code to the address on file",
    ),
    "approve": Decision(
        takes=Seen,
        decide=lambda n, who, _: deciding.approve(n, who),
        says="Approve: the cooling-off begins",
        also=(Blocked, CannotTell),
    ),
    "reject": Decision(
        takes=Reject,
        decide=lambda n, who, given: deciding.reject(n, who, given.reason_code, given.reason),
        says="Reject, with a reason",
    ),
    "hold": Decision(
        takes=Hold,
        decide=lambda n, who, given: deciding.hold(n, who, given.reason, _future(given.review_at)),
        says="Hold: a reason not to erase now",
        who=ADMIN,
    ),
    "release": Decision(
        takes=Seen,
        decide=lambda n, who, _: deciding.release(n, who),
        says="Release a hold or a stop",
        who=ADMIN,
    ),
    "expedite": Decision(
        takes=Seen,
        decide=lambda n, who, _: deciding.expedite(n, who),
        says="End the cooling-off, as was asked for",
    ),
    "extend": Decision(
        takes=WithReason,
        decide=lambda n, who, given: deciding.extend(n, who, given.reason),
        says="Extend the deadline, once, with notice and reason",
    ),
    "retry": Decision(
        takes=Seen,
        decide=lambda n, who, _: deciding.retry(n, who),
        says="Start erasing again",
    ),
    "resolve": Decision(
        takes=Seen,
        decide=lambda n, who, _: deciding.resolve(n, who),
        says="Resolve a support ticket",
    ),
    "replies": Decision(
        takes=AgentReply,
        decide=lambda n, who, given: deciding.answer(n, who, given.text, needs_answer=given.needs_answer),
        says="Write to the asker",
    ),
    "notes": Decision(
        takes=Note,
        decide=lambda n, who, given: deciding.note(n, who, given.text),
        says="Add a note for colleagues",
    ),
    "correct": Decision(
        takes=Correct,
        decide=lambda n, who, given: deciding.correct(n, who, given.kind),
        says="Correct the kind",
    ),
    "merge": Decision(
        takes=Merge,
        decide=lambda n, who, given: deciding.merge(n, who, given.into),
        says="End as a link to another ticket",
    ),
}
"""By the last part of their path. Facts are recorded by proof/desk_api.py."""


def _describe(name: str, decision: Decision) -> None:
    """The call of the API that makes this decision; all of them answer alike."""

    def call_it(call: Call[Any]) -> Answer:
        return decision.made(call)

    call_it.__name__ = name.replace("-", "_")
    refuses = (ChangedMeanwhile, NotNow, NotProved, NotAsked, OnHold, OwnAccount, *decision.also)
    calls.post(
        f"/desk/tickets/{{id}}/{name}", who=decision.who, takes=decision.takes, answers={200: DeskTicketView},
        says=decision.says, ids=IDS, refuses=refuses, id_at="/number",
    )(call_it)  # fmt: skip


for _name, _decision in DECISIONS.items():
    _describe(_name, _decision)


def _future(at: datetime) -> datetime:
    if at <= now():
        raise WrongFields(WrongField(name="review_at", sentence=IN_THE_PAST))
    if at > now() + _FARTHEST_REVIEW:
        raise WrongFields(WrongField(name="review_at", sentence=TOO_FAR))
    return at


def as_now(call: Call[Any], number: str) -> Answer:
    """The desk's view of the ticket as it is now, with the accounts that it may be about."""
    file = store.file_of(number)
    ticket = file.ticket
    references = (*ticket.claims, *((ticket.account,) if ticket.account else ()))
    found = [account for each in references if (account := accounts.look_for(each.account_id))]
    facts = [_facts(account) for account in found]
    said = _warnings(ticket, found, call.language)
    view = views.desk_view(file, facts, said, call.language, closed_before=_closed_before(file))
    return Answer(200, view)


def _closed_before(file: store.File) -> list[Ticket]:
    """ "Did you delete me?" is answered only to the address that was on file: where the asker's letter came from there,
    and its sender is authenticated."""
    ticket = file.ticket
    asked = [each for each in file.letters if each.cause in ("request", "reply_to_ended")]
    if not ticket.who or not any(each.data["standing"] == "authenticated" for each in asked):
        return []
    return [each for each in store.closed_for(ticket.who) if each.number != ticket.number]


def _facts(account: Account) -> AccountFacts:
    said = account.fields
    return AccountFacts(
        account_id=account.account_id, generation=account.generation, status=account.status, email=said.email,
        name=said.name, phone=said.phone, company=said.company, tax_code=said.tax_code, country=said.country,
        attributes=said.attributes, address_changed_at=account.address_changed_at,
    )  # fmt: skip


def _warnings(ticket: Ticket, found: list[Account], language: Language) -> list[str]:
    said = _of_holds(ticket)
    if ticket.kind == "closure" and not ticket.proof and ticket.is_live:
        said.append(SUSPECT if ticket.suspect else UNPROVED)
    if ticket.closes_at and ticket.closes_at > ticket.due_at and ticket.is_live:
        said.append(PASSES_DEADLINE)
    if ticket.cause and ticket.status in MAY_WITHDRAW:
        said.append(CHECK_IS_SILENT)
    if any(account.has_new_address(now()) for account in found):
        said.append(NEW_ADDRESS)
    return [say(language, each) for each in said]


def _of_holds(ticket: Ticket) -> list[str]:
    """A hold stands on the account, too, whichever ticket brought it."""
    if ticket.status not in MAY_WITHDRAW:
        return []
    if ticket.held:
        return [HOLD_IS_DUE] if ticket.hold_review_at and ticket.hold_review_at <= now() else []
    return [ACCOUNT_HELD] if any(map(guards.is_held, deciding.references(ticket))) else []
