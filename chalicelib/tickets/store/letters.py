"""Letters that came in: beside the ticket they belong to, or in quarantine until an agent looked."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pynamodb.exceptions import UpdateError
from pynamodb.expressions.update import Action

from chalicelib.problems import NotFound
from chalicelib.tickets.store.items import DeskItem, LetterItem, connection
from chalicelib.transaction import Together


@dataclass(frozen=True, kw_only=True)
class LetterRecord:
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


def in_quarantine(together: Together, letter: LetterRecord, *, ticket: str | None) -> None:
    """Adds the letter to the quarantine, where agents see it beside the ticket that it meant, if any."""
    item = _item(f"letter#{letter.id}", "letter", letter)
    item.data["ticket"] = ticket
    item.quarantine, item.agenda, item.agenda_at = letter.cause, "quarantine", letter.at
    together.put(item, only_if=DeskItem.pk.does_not_exist(), refused=lambda _: True)


def quarantined(*, limit: int, after: dict[str, Any] | None = None) -> tuple[list[LetterItem], dict[str, Any] | None]:
    connection()
    page = LetterItem.by_agenda.query("quarantine", limit=limit, last_evaluated_key=after)
    return list(page), page.last_evaluated_key  # type: ignore[arg-type]


def quarantined_before(before: datetime) -> Iterator[LetterItem]:
    connection()
    yield from LetterItem.by_agenda.query("quarantine", LetterItem.agenda_at < before)  # type: ignore[misc]


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


def count_copy(number: str | None, letter_id: str) -> None:
    """The same letter came once more. Nothing is counted where the first one's record is gone already."""
    connection()
    keys = (number, f"letter#{letter_id}") if number else (f"letter#{letter_id}", "letter")
    one_more: list[Action] = [LetterItem.copies.set((LetterItem.copies | 0) + 1)]
    try:
        LetterItem(*keys).update(one_more, condition=LetterItem.pk.exists())
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise


def _item(pk: str, sk: str, letter: LetterRecord) -> LetterItem:
    data = {"id": letter.id, "standing": letter.standing, **letter.shown}
    return LetterItem(pk, sk, at=letter.at, key=letter.key, cause=letter.cause, data=data)
