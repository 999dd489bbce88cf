"""How a ticket lies in its table: little of it, and readable whichever version of the desk wrote it."""

from typing import Any

import pytest
from msgspec import ValidationError

from chalicelib.tickets.store.items import data_of, value_of
from chalicelib.tickets.ticket import Code, Ticket
from tests.examples import LATER, fresh

FULL = fresh(code=Code(nth=2, issued_at=LATER, tries=1), warned=3, blockers=("invoice", "domain"))


def test_a_ticket_is_read_back_as_it_was_written() -> None:
    assert value_of(data_of(FULL), Ticket) == FULL


def test_what_has_its_default_takes_no_room() -> None:
    assert data_of(FULL)["code"] == {"nth": 2, "issued_at": "2026-11-22T11:00:00Z", "tries": 1}
    assert not {"held", "stopped", "facts", "cause", "head"} & data_of(FULL).keys()


def test_times_are_read_with_their_zone_whichever_way_it_is_written() -> None:
    written: dict[str, Any] = data_of(FULL)
    older = written | {name: written[name].replace("Z", "+00:00") for name in ("opened_at", "changed_at", "due_at")}
    assert value_of(older, Ticket) == FULL


def test_what_a_later_version_added_is_left_aside() -> None:
    assert value_of(data_of(FULL) | {"colour": "blue"}, Ticket) == FULL


def test_a_status_that_no_version_knows_is_refused() -> None:
    with pytest.raises(ValidationError):
        value_of(data_of(FULL) | {"status": "gone"}, Ticket)
