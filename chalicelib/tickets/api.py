"""Tickets, as customers and other systems open and follow them."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from msgspec import Meta, json

from chalicelib import signin
from chalicelib.accounts import store as accounts
from chalicelib.answers import Answer, Page, Paging, View, as_json
from chalicelib.calls import ANYONE, CUSTOMER, TICKETS_WRITER, Call, Calls
from chalicelib.clock import now
from chalicelib.cursors import cursor_for, key_of
from chalicelib.language import N_, Language
from chalicelib.problems import (
    ClosureAlreadyOpen,
    KeyUsedDifferently,
    NotFound,
    NotNow,
    SignInAgain,
    TooMany,
)
from chalicelib.reading import Filled, FilledLine, Input, WrongField, WrongFields, matching
from chalicelib.settings import settings
from chalicelib.tickets import catalog, deciding, opening, store, views
from chalicelib.tickets.moves import Moved
from chalicelib.tickets.store import guards
from chalicelib.tickets.ticket import AccountRef, Ticket
from chalicelib.tickets.views import TicketRow, TicketView

calls = Calls(__name__)
NUMBER = r"SO-[2-9A-HJKMNP-TV-Z]{6}"
IDS = {"id": NUMBER}

Product = Literal["cloud_server", "storage", "domain", "billing", "other"]
Category = Literal["technical_support", "invoices", "sales"]
Text = Annotated[Filled, Meta(max_length=20_000)]
NOT_FOR_YOU = N_("Only another system, with the scope tickets:write, names an account.")
NEEDED = N_("This field is required.")


class NewTicket(Input, frozen=True, kw_only=True):
    """A request. `request: account_closure` is the asker's own word; without it a recognised closure asks for it."""

    product: Product
    category: Category
    subject: Annotated[FilledLine, Meta(max_length=200)]
    content: Text
    request: Literal["account_closure", "support"] | None = None
    language: Literal["vi", "en"] | None = None
    account_id: Annotated[str, matching(signin.ACCOUNT_ID.pattern)] | None = None


class Reply(Input, frozen=True, kw_only=True):
    text: Text


class Named(View, frozen=True, kw_only=True):
    key: str
    vi: str
    en: str


class Catalog(View, frozen=True, kw_only=True):
    products: list[Named]
    categories: list[Named]


@calls.get("/catalog", who=ANYONE, answers={200: Catalog}, says="What a ticket can be about")
def get_catalog(_: Call[None]) -> Answer:
    products = [Named(key=key, **names) for key, names in catalog.PRODUCTS.items()]
    categories = [Named(key=key, **names) for key, names in catalog.CATEGORIES.items()]
    return Answer(200, Catalog(products=products, categories=categories))


@calls.post(
    "/tickets", who=CUSTOMER | TICKETS_WRITER, takes=NewTicket, answers={201: TicketView, 200: TicketView},
    says="Open a ticket", idempotent=True, id_at="/number",
    refuses=(ClosureAlreadyOpen, KeyUsedDifferently, SignInAgain, TooMany, NotFound),
)  # fmt: skip
def open_ticket(call: Call[NewTicket]) -> Answer:
    """201 with the new ticket; 200 with an older one that waited for proof, which this sign-in gave it."""
    if call.given.account_id or call.person.account_id is None:
        return _open_for_system(call)
    asked = call.given
    asking = opening.Asking(
        product=asked.product, category=asked.category, subject=asked.subject, content=asked.content,
        word={"account_closure": True, "support": False, None: None}[asked.request], language=asked.language,
    )  # fmt: skip
    who = _signed_in(call)
    if asking.word and who.is_owner and not who.is_recent:
        signin.require_recent(call.person)
    once = _once(call, who.account_id)
    language = asked.language or call.language
    try:
        done = opening.open_for_customer(asking, who, once=once, answer_of=_answer_of(language), language=language)
    except guards.AnsweredBefore as before:
        return _as_before(before, language)
    if isinstance(done, opening.Proved):
        return Answer(200, views.view(store.file_of(done.ticket.number), language))
    words = store.Words(nth=1, by="customer", at=done.ticket.opened_at, text=asked.content)
    body = views.fresh_view(done.ticket, done.changes, words, language)
    return Answer(201, body, headers=_location(done.ticket.number))


def _once(call: Call[NewTicket], who: str) -> guards.Once | None:
    key = call.idempotency_key
    return guards.once(who, key, json.encode(call.given)) if key else None


def _answer_of(language: Language) -> Callable[[Moved, store.Words], dict[str, object]]:
    """What is kept under an Idempotency-Key: the very answer."""

    def answer_of(moved: Moved, words: store.Words) -> dict[str, object]:
        view = views.fresh_view(moved.ticket, moved.changes, words, language)
        return json.decode(as_json(view), type=dict[str, object])

    return answer_of


def _as_before(before: guards.AnsweredBefore, language: Language) -> Answer:
    if proved := before.answer.get("proved"):
        return Answer(200, views.view(store.file_of(str(proved)), language))
    return Answer(201, before.answer, headers=_location(str(before.answer["number"])))


def _location(number: str) -> dict[str, str]:
    return {"Location": f"{settings().public_url}/tickets/{number}"}


def _open_for_system(call: Call[NewTicket]) -> Answer:
    """A ticket for a customer of another system. It waits for the code; the answer tells nothing of the account."""
    asked = call.given
    if signin.TICKETS_SCOPE not in call.person.scopes:
        raise WrongFields(WrongField(name="account_id", sentence=NOT_FOR_YOU))
    if not asked.account_id:
        raise WrongFields(WrongField(name="account_id", sentence=NEEDED))
    account = accounts.look_for(asked.account_id)
    language = asked.language or call.language
    request = opening.FromOutside(
        way_in="system", kind="support" if asked.request == "support" else "closure", language=language,
        subject=asked.subject, text=asked.content, found=(account,) if account else (), by=f"system:{call.person.sub}",
        stands_for=asked.account_id if asked.request != "support" else None,
    )  # fmt: skip
    once = _once(call, request.by)
    kept = opening.Kept(once=once, answer_of=_answer_of(language)) if once else None
    try:
        moved = opening.open_from_outside(request, kept=kept)
    except guards.AnsweredBefore as before:
        return _as_before(before, language)
    except (guards.CodeLives, ClosureAlreadyOpen) as other:
        raise ClosureAlreadyOpen(number=other.number) from None
    words = store.Words(nth=1, by=request.by, at=moved.ticket.opened_at, text=asked.content)
    body = views.fresh_view(moved.ticket, moved.changes, words, language)
    return Answer(201, body, headers=_location(moved.ticket.number))


@calls.get("/tickets", who=CUSTOMER, asks=Paging, answers={200: Page[TicketRow]}, says="My tickets",
           id_at="/items/0/number")  # fmt: skip
def my_tickets(call: Call[Paging]) -> Answer:
    """Newest first; only those of the living generation of the account, or of the last one where none lives."""
    me = call.account_id
    after = key_of(call.given.cursor, of=f"tickets#{me}") if call.given.cursor else None
    found, key = store.of(me, limit=call.given.limit, after=after)
    generation = _generation(me)
    for ticket in found:
        opening.stop_if_by_facts(ticket, at=now())
    own = [ticket for ticket in found if _is_of(ticket, generation)]
    cursor = cursor_for(key, of=f"tickets#{me}") if key else None
    return Answer(200, Page[TicketRow](items=[views.row(each, call.language) for each in own], next=cursor))


@calls.get("/tickets/{id}", who=CUSTOMER, answers={200: TicketView}, says="One of my tickets", ids=IDS,
           id_at="/number")  # fmt: skip
def my_ticket(call: Call[None]) -> Answer:
    """Status, timeline, how far each mail has come, what happens next and by when."""
    file = store.file_of(call.path["id"])
    _require_mine(call, file.ticket)
    if opening.stop_if_by_facts(file.ticket, at=now()):
        file = store.file_of(call.path["id"])
    return Answer(200, views.view(file, call.language))


@calls.post(
    "/tickets/{id}/confirm", who=CUSTOMER, answers={200: TicketView}, says="Yes, close my account", ids=IDS,
    refuses=(NotNow, SignInAgain, ClosureAlreadyOpen),
)  # fmt: skip
def confirm(call: Call[None]) -> Answer:
    """The asker's own word on a closure that was only recognised."""
    ticket = mine(call)
    who = _signed_in(call)
    account = ticket.account or AccountRef(account_id=who.account_id, generation=0)
    return as_now(call, deciding.confirm(ticket, account, is_owner=who.is_owner, is_recent=who.is_recent))


@calls.post(
    "/tickets/{id}/replies", who=CUSTOMER, takes=Reply, answers={201: TicketView}, says="Add words to a ticket",
    ids=IDS, refuses=(NotNow,),
)  # fmt: skip
def reply(call: Call[Reply]) -> Answer:
    done = deciding.add_words(mine(call), call.given.text, by="customer")
    body = views.view(store.file_of(done.number), call.language)
    return Answer(201, body, headers=_location(done.number))


@calls.post("/tickets/{id}/withdraw", who=CUSTOMER, answers={200: TicketView}, says="Withdraw a request", ids=IDS,
            refuses=(NotNow,))  # fmt: skip
def withdraw(call: Call[None]) -> Answer:
    """Possible until erasing begins. Asked twice it answers as the first time."""
    ticket = mine(call)
    return as_now(call, ticket if ticket.status == "withdrawn" else deciding.withdraw(ticket, by="customer"))


def as_now(call: Call[Any], ticket: Ticket) -> Answer:
    """The ticket as it is after what was done."""
    return Answer(200, views.view(store.file_of(ticket.number), call.language))


def _signed_in(call: Call[Any]) -> opening.SignedIn:
    me = call.person
    recent = signin.signed_in_lately(me, within=settings().sign_in_within, now=now())
    return opening.SignedIn(account_id=call.account_id, is_owner=me.is_owner, is_recent=recent)


def mine(call: Call[Any]) -> Ticket:
    """The caller's own ticket; somebody else's is as if it weren't there."""
    ticket = store.find(call.path["id"])
    _require_mine(call, ticket)
    return ticket


def _require_mine(call: Call[Any], ticket: Ticket) -> None:
    me = call.account_id
    if not ticket.account or ticket.account.account_id != me:
        raise NotFound()
    if not _is_of(ticket, _generation(me)):
        raise NotFound()


def _generation(me: str) -> int | None:
    """The living generation of the account, or the last one where none lives."""
    account = accounts.look_for(me)
    if account:
        return account.generation
    newest, _ = store.of(me, limit=1)
    return newest[0].account.generation if newest and newest[0].account else None


def _is_of(ticket: Ticket, generation: int | None) -> bool:
    return ticket.account is not None and ticket.account.generation == generation
