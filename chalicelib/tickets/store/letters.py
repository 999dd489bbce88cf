"""Letters that came in: beside the ticket they belong to, or in quarantine until an agent looked."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from msgspec import Struct
from pynamodb.exceptions import UpdateError
from pynamodb.expressions.update import Action

from chalicelib.problems import NotFound
from chalicelib.tickets.store.items import CopyItem, DeskItem, LetterItem, connection
from chalicelib.transaction import Together

_WAITS, _GOES = "quarantine", "quarantine#goes"


class LetterRecord(Struct, frozen=True, kw_only=True):
    """What the desk keeps of a letter: where its raw bytes lie, why it went where it is, what agents may see."""

    id: str  # SES's message id
    key: str  # of the raw bytes in the letters bucket
    at: datetime
    cause: str
    standing: str
    shown: dict[str, Any]  # sender, subject, text, verdicts, attachments' names


def beside_ticket(together: Together, number: str, letter: LetterRecord) -> None:
    """Adds the letter to a ticket's collection."""
    together.put(_item(number, f"letter#{letter.id}", letter))


def in_quarantine(together: Together, letter: LetterRecord, *, ticket: str | None, goes: bool) -> None:
    """Adds the letter to the quarantine, where agents see it beside the ticket that it meant, if any. `goes`: by
    itself, after a while."""
    item = _item(f"letter#{letter.id}", "letter", letter)
    item.data["ticket"] = ticket
    item.quarantine, item.agenda, item.agenda_at = letter.cause, _GOES if goes else _WAITS, letter.at
    together.put(item, only_if=DeskItem.pk.does_not_exist(), refused=lambda _: True)


def quarantined(*, limit: int, after: dict[str, Any] | None = None) -> tuple[list[LetterItem], dict[str, Any] | None]:
    """The oldest first, what waits and what goes by itself, and the key to go on from."""
    connection()
    rows: list[LetterItem] = []
    for place in (_WAITS, _GOES):
        found: Any = LetterItem.by_agenda.query(place, limit=limit, last_evaluated_key=(after or {}).get(place))
        rows += found
    rows.sort(key=lambda item: (item.at, item.pk))
    shown = rows[:limit]
    last = dict(after or {}) | {str(item.agenda): _key(item) for item in shown}
    return shown, last if len(rows) >= limit else None


def _key(item: LetterItem) -> dict[str, Any]:
    keys: dict[str, Any] = item.serialize()
    return {name: keys[name] for name in ("pk", "sk", "agenda", "agenda_at")}


def going_before(before: datetime) -> Iterator[LetterItem]:
    """What goes by itself and came before then, the oldest first."""
    connection()
    yield from LetterItem.by_agenda.query(_GOES, LetterItem.agenda_at < before)  # type: ignore[misc]


def find_quarantined(letter_id: str) -> LetterItem:
    connection()
    try:
        return LetterItem.get(f"letter#{letter_id}", "letter", consistent_read=True)
    except LetterItem.DoesNotExist:
        raise NotFound() from None


def out_of_quarantine(together: Together, item: LetterItem) -> None:
    """Adds: the letter leaves the quarantine (released or dropped); its record goes."""
    together.delete(item, only_if=LetterItem.pk.exists())


def no_longer_beside(together: Together, number: str, letter_id: str) -> None:
    """Adds: the letter goes from the ticket that it was shown beside."""
    together.delete(LetterItem(number, f"letter#{letter_id}"))


def count_copy(number: str | None, letter_id: str, *, copy_id: str, key: str) -> None:
    """The same letter came once more, as `copy_id`. Nothing is counted where the first one's record is gone already."""
    connection()
    CopyItem(f"letter#{letter_id}", f"copy#{copy_id}", key=key).save()
    keys = (number, f"letter#{letter_id}") if number else (f"letter#{letter_id}", "letter")
    one_more: list[Action] = [LetterItem.copies.set((LetterItem.copies | 0) + 1)]
    try:
        LetterItem(*keys).update(one_more, condition=LetterItem.pk.exists())
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise


def copies(letter_id: str) -> list[str]:
    """Where the raw bytes of the letter's copies lie."""
    connection()
    found = CopyItem.query(f"letter#{letter_id}", CopyItem.sk.startswith("copy#"), consistent_read=True)
    return [item.key for item in found]


def forget_copies(letter_id: str) -> None:
    """The copies' records go."""
    connection()
    with CopyItem.batch_write() as batch:
        for item in CopyItem.query(f"letter#{letter_id}", CopyItem.sk.startswith("copy#"), consistent_read=True):
            batch.delete(item)


def _item(pk: str, sk: str, letter: LetterRecord) -> LetterItem:
    data = {"id": letter.id, "standing": letter.standing, **letter.shown}
    return LetterItem(pk, sk, at=letter.at, key=letter.key, cause=letter.cause, data=data)
