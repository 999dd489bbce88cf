"""What the company's own check last named on a ticket: texts and links, which go with the ticket's words."""

from datetime import datetime
from typing import Any

from chalicelib.tickets.eligibility import Named
from chalicelib.tickets.store.items import EligibilityItem, data_of, value_of
from chalicelib.transaction import Together

SK = "eligibility"


def put(together: Together, number: str, named: tuple[Named, ...], *, at: datetime) -> None:
    """Adds: this is what the check names now; what it named before is gone."""
    together.put(EligibilityItem(number, SK, at=at, data=[data_of(each) for each in named]))


def named_in(items: list[Any]) -> tuple[Named, ...]:
    """What lies in a ticket's items of this kind: at most one."""
    return tuple(value_of(each, Named) for item in items for each in item.data)
