"""The shape of the `desk` table: what kinds of items lie in it, and how values become items and come back.

One item collection a ticket (`pk` is its number): the ticket, its numbered changes, words, letters, notices,
ledger and contacts. Beside them small guard items, each alone under a key of its own.
"""

from typing import Any, TypeVar

from msgspec import Struct, convert, to_builtins
from pynamodb.attributes import (
    BooleanAttribute,
    DiscriminatorAttribute,
    JSONAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.connection import Connection
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, IncludeProjection

from chalicelib.settings import settings
from chalicelib.stored import Stored
from chalicelib.tickets.changes import Change
from chalicelib.tickets.ticket import Ticket

T = TypeVar("T")


class _NamedBySettings(type):
    @property
    def table_name(cls) -> str:
        return settings().desk_table


class Agenda(GlobalSecondaryIndex["DeskItem"]):
    """Open tickets of a status by due date, ended ones by month, quarantined letters by the day they came."""

    class Meta:
        index_name = "agenda"
        projection = AllProjection()

    agenda = UnicodeAttribute(hash_key=True)
    agenda_at = UTCDateTimeAttribute(range_key=True)


class Wake(GlobalSecondaryIndex["DeskItem"]):
    """Tickets by the time when the sweep must look at them next. Sparse: what waits for nothing isn't in it.
    Little more than keys: the sweep reads each ticket itself."""

    class Meta:
        index_name = "wake"
        projection = IncludeProjection(["item"])  # by which PynamoDB tells kinds of items apart

    wake = UnicodeAttribute(hash_key=True)
    wake_at = UTCDateTimeAttribute(range_key=True)


class Who(GlobalSecondaryIndex["DeskItem"]):
    """Tickets of an account, or of an address (hashed), by the time they were opened."""

    class Meta:
        index_name = "who"
        projection = AllProjection()

    who = UnicodeAttribute(hash_key=True)
    who_at = UTCDateTimeAttribute(range_key=True)


class DeskItem(Stored):
    class Meta(metaclass=_NamedBySettings):
        pass

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    item = DiscriminatorAttribute()
    expires = NumberAttribute(null=True)  # DynamoDB's time to live, in seconds since 1970


class TicketItem(DeskItem, discriminator="ticket"):
    version = NumberAttribute()
    status = UnicodeAttribute()
    run = NumberAttribute()
    writing = UnicodeAttribute()  # no two have the same: who tries again after a lost answer knows its own by it
    agenda = UnicodeAttribute(null=True)
    agenda_at = UTCDateTimeAttribute(null=True)
    wake = UnicodeAttribute(null=True)
    wake_at = UTCDateTimeAttribute(null=True)
    who = UnicodeAttribute(null=True)
    who_at = UTCDateTimeAttribute(null=True)
    data = JSONAttribute()

    by_agenda = Agenda()
    by_wake = Wake()
    by_who = Who()


class ChangeItem(DeskItem, discriminator="change"):
    what = UnicodeAttribute()
    runs = UnicodeAttribute(null=True)
    run = NumberAttribute(null=True)  # only where it asks something of the workflow: the stream filters by it
    data = JSONAttribute()


class WordsItem(DeskItem, discriminator="words"):
    by = UnicodeAttribute()
    at = UTCDateTimeAttribute()
    text = UnicodeAttribute()
    is_internal = BooleanAttribute(default=False)


class ContactItem(DeskItem, discriminator="contact"):
    address = UnicodeAttribute()
    name = UnicodeAttribute(null=True)
    language = UnicodeAttribute()


class OwnerItem(DeskItem, discriminator="owner"):
    """Beside a closed ticket: by it the ticket is found again from the keyed hash of the address that was on file."""

    who = UnicodeAttribute()
    who_at = UTCDateTimeAttribute()

    by_who = Who()


class NoticeItem(DeskItem, discriminator="notice"):
    kind = UnicodeAttribute()
    reader = UnicodeAttribute()
    state = UnicodeAttribute()
    at = UTCDateTimeAttribute()
    claim = UnicodeAttribute(null=True)
    tries = NumberAttribute(default=0)
    ses_id = UnicodeAttribute(null=True)
    why = UnicodeAttribute(null=True)


class LedgerItem(DeskItem, discriminator="ledger"):
    data = JSONAttribute()


class EligibilityItem(DeskItem, discriminator="eligibility"):
    at = UTCDateTimeAttribute()
    data = JSONAttribute()


class LetterItem(DeskItem, discriminator="letter"):
    at = UTCDateTimeAttribute()
    key = UnicodeAttribute()
    cause = UnicodeAttribute()
    quarantine = UnicodeAttribute(null=True)
    agenda = UnicodeAttribute(null=True)
    agenda_at = UTCDateTimeAttribute(null=True)
    copies = NumberAttribute(default=0)
    data = JSONAttribute()

    by_agenda = Agenda()


class CopyItem(DeskItem, discriminator="copy"):
    """The same letter came once more; its raw bytes go with the first one's."""

    key = UnicodeAttribute()


class GuardItem(DeskItem, discriminator="guard"):
    """Keeps something from happening twice, or too often."""

    number = UnicodeAttribute(null=True)
    until = UTCDateTimeAttribute(null=True)
    used = NumberAttribute(null=True)
    body = UnicodeAttribute(null=True)
    data = JSONAttribute(null=True)


def connection() -> Connection:
    """The one connection to DynamoDB that every item class shares."""
    return DeskItem._get_connection().connection


def data_of(value: Struct) -> Any:
    """A value as JSON can hold it; what has its default is left out."""
    return to_builtins(value)


def value_of(data: Any, kind: type[T]) -> T:
    """A value as it was stored. Fields that a later version added have their defaults."""
    return convert(data, kind)


def ticket_of(item: TicketItem) -> Ticket:
    return value_of(item.data, Ticket)


def change_item(number: str, change: Change) -> ChangeItem:
    run = change.run if change.runs else None
    sk = f"change#{change.nth:06}"
    return ChangeItem(number, sk, what=change.what, runs=change.runs, run=run, data=data_of(change))


def change_of(item: ChangeItem) -> Change:
    return value_of(item.data, Change)
