"""The timeline's chain: whole while nobody touches it, broken by whatever anybody does to it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, get_args

import pytest
from msgspec.structs import fields, replace

from chalicelib.language import LANGUAGES, change_name
from chalicelib.tickets import moves
from chalicelib.tickets.changes import DESK_ONLY, FIRST, Change, What, chained, hash_of, is_unbroken
from tests.examples import LAN, LATER, START, fresh


def timeline() -> list[Change]:
    """Four changes of one ticket."""
    moved = moves.opened(fresh(account=LAN, proof="sign_in", word_at=START), by="customer")
    moved = moved.then(moves.noted(moved.ticket, by="agent:an", at=LATER, words=2))
    moved = moved.then(moves.scheduled(moved.ticket, by="agent:an", at=LATER, closes_at=LATER + timedelta(days=7)))
    return list(moved.then(moves.withdrawn(moved.ticket, by="customer", at=LATER)).changes)


def test_a_timeline_that_nobody_touched_is_unbroken() -> None:
    assert is_unbroken(timeline())
    assert is_unbroken([])


def test_the_first_change_carries_sixty_four_zeros_and_each_other_one_the_hash_before_it() -> None:
    changes = timeline()
    assert [each.before for each in changes] == [FIRST, *(each.hash for each in changes[:-1])]
    assert FIRST == "0" * 64


FORGED: dict[str, Any] = {
    "nth": 9, "at": START - timedelta(seconds=1), "by": "agent:binh", "what": "released", "was": "received",
    "now": "closed", "why": "fraud_suspected", "run": 7, "facts": {"words": 3}, "before": "f" * 64, "hash": "f" * 64,
}  # fmt: skip


def altered(change: Change, name: str) -> Change:
    """The change with another value in this field."""
    forged = FORGED | {"runs": "start" if change.runs == "stop" else "stop"}
    return replace(change, **{name: forged[name]})


@pytest.mark.parametrize("name", [each.name for each in fields(Change)])
@pytest.mark.parametrize("nth", range(4))
def test_a_change_altered_in_any_field_breaks_the_timeline(nth: int, name: str) -> None:
    changes = timeline()
    changes[nth] = altered(changes[nth], name)
    assert not is_unbroken(changes)


@pytest.mark.parametrize("name", [each.name for each in fields(Change) if each.name not in ("before", "hash")])
def test_an_altered_change_with_a_hash_made_anew_is_found_by_the_one_after_it(name: str) -> None:
    changes = timeline()
    forged = altered(changes[1], name)
    changes[1] = replace(forged, hash=hash_of(forged))
    assert not is_unbroken(changes)


TAMPERINGS: dict[str, Callable[[list[Change]], list[Change]]] = {
    "left out first": lambda changes: changes[1:],
    "left out within": lambda changes: [changes[0], *changes[2:]],
    "put elsewhere": lambda changes: [changes[0], changes[2], changes[1], changes[3]],
    "twice": lambda changes: [*changes, changes[-1]],
    "added": lambda changes: [*changes, replace(changes[-1], nth=5)],
}


@pytest.mark.parametrize("how", TAMPERINGS)
def test_a_change_left_out_added_or_put_elsewhere_breaks_the_timeline(how: str) -> None:
    assert not is_unbroken(TAMPERINGS[how](timeline()))


def test_numbers_that_skip_one_are_found_even_where_every_hash_was_made_anew() -> None:
    first, second, *_ = timeline()
    assert is_unbroken([first, chained(second, before=first.hash)])
    assert not is_unbroken([first, chained(replace(second, nth=3), before=first.hash)])


def test_a_cut_off_end_is_found_by_the_head_that_the_ticket_keeps() -> None:
    moved = moves.opened(fresh(account=LAN), by="customer")
    later = moved.then(moves.noted(moved.ticket, by="agent:an", at=LATER, words=2))
    assert is_unbroken(list(later.changes)[:-1])
    assert later.changes[-2].hash != later.ticket.head == later.changes[-1].hash


def test_the_hash_is_that_of_this_change_forever() -> None:
    """Stored timelines must stay checkable: a release that changes this breaks each of them."""
    change = Change(nth=1, at=START, by="customer", what="opened", was=None, now="received", facts={"kind": "đóng"})
    assert hash_of(change) == "e57ed0a67657b7277869a40bd94ebf274d29f4b47093913773292bb0055e3fde"


def test_the_hash_does_not_depend_on_the_order_in_which_facts_were_stored() -> None:
    change = Change(nth=1, at=START, by="desk", what="warned", was="closing", now="closing", facts={"a": 1, "b": 2})
    assert hash_of(change) == hash_of(replace(change, facts={"b": 2, "a": 1}))


def test_every_change_has_a_name_in_both_languages() -> None:
    for what in get_args(What):
        names = {change_name(what, language) for language in LANGUAGES}
        assert len(names) == 2, what


def test_what_only_agents_see_are_changes_that_there_are() -> None:
    assert set(get_args(What)) >= DESK_ONLY


def test_whoever_adds_a_change_decides_whether_customers_see_it() -> None:
    seen_by_customers = (
        "opened confirmed code_sent code_refused proved scheduled held released stopped blocked unblocked "
        "expedite_asked expedited closing closed withdrawn rejected expired resolved replied answered corrected "
        "extended reminded shrunk"
    )
    assert set(get_args(What)) - DESK_ONLY == set(seen_by_customers.split())


def test_nobody_in_a_timeline_is_named_by_an_address_or_a_name() -> None:
    said = repr(timeline())
    assert "@" not in said
    assert "Hủy" not in said
