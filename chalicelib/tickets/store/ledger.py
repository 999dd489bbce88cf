"""What each holder did, and what it found when it looked: one line a holder, the newest word counts."""

from typing import Any

from chalicelib.tickets.store.items import LedgerItem, connection
from chalicelib.transaction import Together


def write(number: str, holder: str, line: dict[str, Any]) -> None:
    connection()
    LedgerItem(number, f"ledger#{holder}", data=line).save()


def add(together: Together, number: str, holder: str, line: dict[str, Any]) -> None:
    """Adds a line to what is written together."""
    together.put(LedgerItem(number, f"ledger#{holder}", data=line))


def read(number: str) -> list[dict[str, Any]]:
    connection()
    found = LedgerItem.query(number, LedgerItem.sk.startswith("ledger#"), consistent_read=True)
    return [item.data for item in found]
