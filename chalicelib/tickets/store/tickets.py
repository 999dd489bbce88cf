"""Tickets and their timelines in DynamoDB: one transaction a change, optimistic versions, guards."""

import uuid
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, Literal

from msgspec import Struct
from pynamodb.exceptions import UpdateError
from pynamodb.expressions.update import Action

from chalicelib.problems import ChangedMeanwhile, NotFound
from chalicelib.settings import settings
from chalicelib.tickets import agenda
from chalicelib.tickets.changes import Change
from chalicelib.tickets.eligibility import Named
from chalicelib.tickets.moves import Moved
from chalicelib.tickets.store import eligibility
from chalicelib.tickets.store.items import (
    ContactItem,
    DeskItem,
    LetterItem,
    NoticeItem,
    OwnerItem,
    TicketItem,
    WordsItem,
    change_item,
    change_of,
    connection,
    data_of,
    ticket_of,
)
from chalicelib.tickets.ticket import OPEN, Reader, Ticket, TicketNumber
from chalicelib.transaction import Found, Refused, Together

_A_PAGE = 100


class NumberTaken(Exception):
    """The number drawn for a new ticket is another ticket's; draw again."""


class Words(Struct, frozen=True, kw_only=True):
    """Free text that stands apart from the timeline, so that it can be erased without breaking it."""

    nth: int
    by: str
    at: datetime
    text: str
    is_internal: bool = False


class Contact(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a ticket's reader gets mail: the asker as they wrote; the owner only once the account is frozen."""

    address: str
    name: str | None
    language: str


class File(Struct, frozen=True, kw_only=True):
    """Everything that belongs to a ticket, read in one query."""

    ticket: Ticket
    changes: list[Change]
    words: dict[int, Words]
    letters: list[LetterItem]
    notices: list[NoticeItem]
    ledger: list[Any]
    contacts: dict[str, Contact]
    named: tuple[Named, ...] = ()  # by the company's own check


def waits() -> agenda.Waits:
    now = settings()
    return agenda.Waits(
        proof_within=now.proof_within, keep_after_end=now.keep_after_end, keep_rejected=now.keep_rejected,
        keep_tombstones=now.keep_tombstones, look_again_for=now.look_again_for, checks=bool(now.eligibility_url),
    )  # fmt: skip


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────


def find(number: str) -> Ticket:
    """The ticket as it is now (strongly consistent), or `NotFound`."""
    if found := look_for(number):
        return found
    raise NotFound()


def look_for(number: str) -> Ticket | None:
    try:
        return ticket_of(TicketItem.get(number, "ticket", consistent_read=True))
    except TicketItem.DoesNotExist:
        return None


def file_of(number: str) -> File:
    """The ticket with all that belongs to it (strongly consistent), or `NotFound`."""
    connection()  # made before the first query, so that every class shares it
    items: dict[str, list[Any]] = {}
    for item in DeskItem.query(number, consistent_read=True):
        items.setdefault(item.sk.partition("#")[0], []).append(item)
    if "ticket" not in items:
        raise NotFound()
    words = [_words(each) for each in items.get("words", [])]
    return File(
        ticket=ticket_of(items["ticket"][0]),
        changes=[change_of(each) for each in items.get("change", [])],
        words={each.nth: each for each in words},
        letters=items.get("letter", []),
        notices=items.get("notice", []),
        ledger=[each.data for each in items.get("ledger", [])],
        contacts={each.sk.partition("#")[2]: _contact(each) for each in items.get("contact", [])},
        named=eligibility.named_in(items.get(eligibility.SK, [])),
    )


def contacts(number: str) -> dict[str, Contact]:
    """Where the ticket's readers get mail, as far as the ticket itself keeps it."""
    connection()
    found = ContactItem.query(number, ContactItem.sk.startswith("contact#"), consistent_read=True)
    return {each.sk.partition("#")[2]: _contact(each) for each in found}


def _words(item: WordsItem) -> Words:
    nth = int(item.sk.partition("#")[2])
    return Words(nth=nth, by=item.by, at=item.at, text=item.text, is_internal=bool(item.is_internal))


def _contact(item: ContactItem) -> Contact:
    return Contact(address=item.address, name=item.name, language=item.language)


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────


def open_with(together: Together, moved: Moved) -> None:
    """Adds a new ticket and its first changes. Raises `NumberTaken` on commit if the number is another's."""

    item = _item(moved)

    def refused(found: Found) -> bool:
        if found and found["writing"]["S"] == item.writing:
            return True
        raise NumberTaken()

    together.put(item, only_if=TicketItem.pk.does_not_exist(), refused=refused)
    _add_changes(together, moved)


def move_with(together: Together, moved: Moved, *, was: Ticket) -> None:
    """Adds a ticket's move. On commit `ChangedMeanwhile` if the ticket is no longer as `was`."""

    item = _item(moved)

    def refused(found: Found) -> bool:
        if found and found["writing"]["S"] == item.writing:
            return True
        raise ChangedMeanwhile()

    together.put(item, only_if=TicketItem.version == was.version, refused=refused)
    _add_changes(together, moved)


def move(moved: Moved, *, was: Ticket) -> Ticket:
    """Writes a move that touches nothing but the ticket and its timeline."""
    together = Together()
    move_with(together, moved, was=was)
    commit(together)
    return moved.ticket


def note_with(together: Together, ticket: Ticket, *, at: datetime) -> None:
    """Adds what the desk learned of a ticket without a change in its timeline. On commit `ChangedMeanwhile` if its
    version is another by now. It stays awake: a mail of the last change may still be unsent."""
    item = _item(Moved(ticket=ticket, changes=()))
    unsent_at = at + agenda.SENT_WITHIN
    item.wake, item.wake_at = "ticket", min(item.wake_at or unsent_at, unsent_at)
    together.put(item, only_if=TicketItem.version == ticket.version)


def commit(together: Together) -> None:
    together.commit(connection())


def check_run(together: Together, number: str, run: int, *, refused: Refused) -> None:
    """Adds: only while the ticket is closing under this run of the workflow."""
    is_so = (TicketItem.run == run) & (TicketItem.status == "closing")
    together.check(TicketItem, number, "ticket", only_if=is_so, refused=refused)


def add_words(together: Together, number: str, words: Words) -> None:
    together.put(
        WordsItem(number, f"words#{words.nth:06}", by=words.by, at=words.at, text=words.text,
                  is_internal=words.is_internal)
    )  # fmt: skip


def add_contact(together: Together, number: str, whose: Reader | Literal["previous"], contact: Contact) -> None:
    together.put(ContactItem(number, f"contact#{whose}", **data_of(contact)))


def remember_owner(together: Together, ticket: Ticket, *, at: datetime) -> None:
    """Adds: whoever was at the address on file finds the ticket by it, for as long as its tombstone is kept."""
    if ticket.owner_mail:
        together.put(OwnerItem(ticket.number, "owner", who=_was_owner(ticket.owner_mail), who_at=at))


def _was_owner(address_hash: str) -> str:
    return f"closed#{address_hash}"


def put_to_sleep(ticket: Ticket, *, now: datetime) -> None:
    """Everything that was due is done, and what isn't a change is written down with it (`looked_again_at`): the sweep
    looks again when the ticket's own times say so. Changes nothing if the ticket went on meanwhile, or is going on."""
    wakes_at = agenda.wakes_at(ticket, waits())
    actions: list[Action] = [
        TicketItem.data.set(data_of(ticket)),
        TicketItem.wake.remove(),
        TicketItem.wake_at.remove(),
    ]
    if wakes_at:
        soon = now + timedelta(minutes=5)  # what couldn't be done now isn't tried again within the same sweep
        actions[1:] = [TicketItem.wake.set("ticket"), TicketItem.wake_at.set(max(wakes_at, soon))]
    connection()
    try:
        TicketItem(ticket.number, "ticket").update(actions, condition=TicketItem.version == ticket.version)
    except UpdateError as error:
        if error.cause_response_code not in ("ConditionalCheckFailedException", "TransactionConflictException"):
            raise


def erase_papers(ticket: Ticket) -> None:
    """Deletes what lies beside an ended ticket and names people: words, letters, contacts, what the
    company's check named. What stays goes when the tombstone goes."""
    connection()
    goes_at = _seconds(agenda.tombstone_until(ticket, waits()))
    with DeskItem.batch_write() as batch:
        for item in DeskItem.query(ticket.number, consistent_read=True):
            if item.sk.startswith(("words#", "letter#", "contact#", eligibility.SK)):
                batch.delete(item)
            elif goes_at and item.sk != "ticket":
                item.update([DeskItem.expires.set(goes_at)])


def _seconds(at: datetime | None) -> int | None:
    return int(at.timestamp()) if at else None


def _add_changes(together: Together, moved: Moved) -> None:
    ticket = moved.ticket
    for change in moved.changes:
        item = change_item(ticket.number, change)
        item.expires = _seconds(agenda.tombstone_until(ticket, waits())) if ticket.shrunk_at else None
        together.put(item, only_if=DeskItem.pk.does_not_exist())


def _item(moved: Moved) -> TicketItem:
    ticket = moved.ticket
    partition, at = agenda.place(ticket) or (None, None)
    wakes_at = agenda.wakes_at(ticket, waits())
    if moved.changes:  # a change may ask for mails: if a crash leaves one unsent, the sweep finds it here
        unsent_at = ticket.changed_at + agenda.SENT_WITHIN
        wakes_at = min(wakes_at or unsent_at, unsent_at)
    goes_at = agenda.tombstone_until(ticket, waits()) if ticket.shrunk_at else None
    return TicketItem(
        ticket.number, "ticket", version=ticket.version, status=ticket.status, run=ticket.run, writing=uuid.uuid4().hex,
        agenda=partition, agenda_at=at, wake="ticket" if wakes_at else None, wake_at=wakes_at,
        who=ticket.who, who_at=ticket.opened_at if ticket.who else None,
        expires=_seconds(goes_at), data=data_of(ticket),
    )  # fmt: skip


# ── lists ────────────────────────────────────────────────────────────────────────────────────────────────────

Key = dict[str, Any]


def of(who: str, *, limit: int, after: Key | None = None) -> tuple[list[Ticket], Key | None]:
    """The tickets of an account, or of an address's hash, newest first, and the key to go on from."""
    connection()
    page = TicketItem.by_who.query(who, limit=limit, last_evaluated_key=after, scan_index_forward=False)
    tickets = [ticket_of(item) for item in page]  # type: ignore[arg-type]
    return tickets, page.last_evaluated_key


def closed_for(address_hash: str) -> list[Ticket]:
    """The closed tickets of accounts whose address on file had this hash, the latest first; not one that was opened
    again."""
    connection()
    found: Any = OwnerItem.by_who.query(_was_owner(address_hash), limit=100, scan_index_forward=False)
    tickets = [ticket for item in found if (ticket := look_for(item.pk))]
    return [each for each in tickets if each.status == "closed"]


def queue(
    statuses: tuple[str, ...], *, limit: int, after: dict[str, Key] | None = None
) -> tuple[list[Ticket], Key | None]:
    """Open tickets of these statuses by due date, those that need attention before all others.

    Each status is a partition of the agenda; their heads are merged, so a page costs the same however long the queue.
    """
    connection()
    rows: list[tuple[datetime, str, str, Ticket, Key]] = []
    for status in statuses:
        start = (after or {}).get(status)
        found: Any = TicketItem.by_agenda.query(f"open#{status}", limit=limit, last_evaluated_key=start)
        rows += [(item.agenda_at, item.pk, status, ticket_of(item), _key(item)) for item in found]
    rows.sort(key=lambda row: (row[2] != "needs_attention", *row[:2]))
    shown, rest = rows[:limit], rows[limit:]
    last = dict(after or {}) | {row[2]: row[4] for row in shown}
    is_end = not rest and len(rows) < limit
    return [row[3] for row in shown], None if is_end or not shown else last


def ended(
    status: str | None, *, limit: int, now: datetime, oldest: datetime, after: dict[str, Any] | None = None
) -> tuple[list[Ticket], Key | None]:
    """Ended tickets of this status (None: of any), the latest first, month by month back to `oldest`."""
    connection()
    month = str(after["month"]) if after else f"{now:%Y-%m}"
    key = after["key"] if after else None
    only = TicketItem.status == status if status else None
    found: list[Ticket] = []
    while month >= f"{oldest:%Y-%m}":
        asked = TicketItem.by_agenda.query(
            f"ended#{month}", filter_condition=only, limit=limit - len(found),
            last_evaluated_key=key, scan_index_forward=False,
        )  # fmt: skip
        found += [ticket_of(item) for item in asked]  # type: ignore[arg-type]
        if len(found) >= limit and asked.last_evaluated_key:
            return found, {"month": month, "key": asked.last_evaluated_key}
        month, key = f"{date.fromisoformat(f'{month}-01') - timedelta(days=1):%Y-%m}", None
        if len(found) >= limit:
            return found, {"month": month, "key": None}
    return found, None


def ended_in(month: str) -> Iterator[Ticket]:
    """Every ticket that ended in this month, such as `2026-11`; what is shrunk is a tombstone."""
    connection()
    for item in TicketItem.by_agenda.query(f"ended#{month}"):
        yield ticket_of(item)  # type: ignore[arg-type]


def open_tickets(statuses: tuple[str, ...] = OPEN) -> Iterator[Ticket]:
    """Every ticket that hasn't ended, status by status; only of these, if they are named."""
    connection()
    for status in statuses:
        for item in TicketItem.by_agenda.query(f"open#{status}"):
            yield ticket_of(item)  # type: ignore[arg-type]


def _key(item: Any) -> Key:
    keys = item.serialize()
    return {name: keys[name] for name in ("pk", "sk", "agenda", "agenda_at")}


def awake(at: datetime) -> Iterator[TicketNumber]:
    """Tickets that the sweep must look at now, each once, the longest waiting first. Asked for page by page, as they
    are used: one that was put to sleep, or couldn't be, isn't read again."""
    connection()
    for item in TicketItem.by_wake.query("ticket", TicketItem.wake_at <= at, page_size=_A_PAGE):
        yield TicketNumber(item.pk)


def open_counts(*, most: int | None = None) -> dict[str, int]:
    """How many tickets of each status are open; counted until there are so many. DynamoDB reads what it counts."""
    connection()
    if most is None:
        return {status: TicketItem.by_agenda.count(f"open#{status}") for status in OPEN}
    return {status: _counted_to(most, f"open#{status}") for status in OPEN}


def _counted_to(most: int, partition: str) -> int:
    """One call; PynamoDB's own count goes on to the end whatever its limit."""
    table = TicketItem._get_connection()
    return int(table.query(partition, index_name="agenda", limit=most, select="COUNT")["Count"])
