"""The receipt: what it says, when there is one, and that it is the same each time."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec import convert, to_builtins
from msgspec.structs import replace

from chalicelib.closure import ledger, signing
from chalicelib.closure.ledger import Look
from chalicelib.closure.receipt import canonical, receipt_of
from chalicelib.closure.receipt_api import PublicKeys, ReceiptView
from chalicelib.problems import NotFound
from chalicelib.proof.proving import Seat, Seen, may_have_receipt
from chalicelib.tickets import moves
from chalicelib.tickets.changes import Change
from chalicelib.tickets.ticket import ProofWay
from tests.closure.receipts import CLOSED_AT, ISSUER, LAW, as_bytes, closed, closing, lines, receipt, signed

pytestmark = pytest.mark.usefixtures("keys_of_now")


# ── what it says ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_receipt_names_the_ticket_the_account_and_when_it_was_asked_for_approved_and_closed() -> None:
    said = receipt()
    assert (said["ticket"], said["account"]) == ("SO-7K3M9Q", {"id": "acc-lan", "generation": 1_700_000_000_000})
    assert said["asked_at"] == "2026-11-22T10:00:00.000Z"
    assert said["approved_at"] == "2026-11-22T11:00:00.000Z"
    assert said["closed_at"] == "2026-11-30T10:00:00.000Z"
    assert (said["proved_by"], said["proved_at"]) == ("sign_in", said["asked_at"])


def test_a_receipt_holds_each_holder_with_what_was_found_on_looking_and_when() -> None:
    found = {each["holder"]: each for each in receipt()["holders"]}
    assert list(found) == ["account", "billing", "orders"]
    assert found["orders"] == {
        "holder": "orders", "found": "nothing", "erased_at": "2026-11-30T09:59:00.000Z",
        "looked_at": "2026-11-30T10:00:00.000Z",
    }  # fmt: skip


def test_a_receipt_says_what_is_kept_on_which_law_and_until_when() -> None:
    kept = next(each for each in receipt()["holders"] if each["found"] == "kept")
    assert (kept["basis"], kept["detail"], kept["count"]) == (LAW, "invoices", 2)
    assert kept["until"] == "2036-11-27T10:00:00.000Z"
    said = receipt()["says"]
    assert any("kept by law" in line and LAW in line and "27 November 2036" in line for line in said["en"])
    assert any("được giữ theo luật" in line and "27/11/2036" in line for line in said["vi"])


def test_what_is_kept_without_an_end_is_said_without_one() -> None:
    forever = ledger.line("billing", Look(found="kept", basis=LAW), at=CLOSED_AT, run=1, is_again=True)
    said = receipt(held=[forever])
    assert "until" not in said["holders"][0]
    assert any(f"billing: kept by law ({LAW}): –." in line for line in said["says"]["en"])


def test_a_receipt_names_what_nobody_can_erase_now_and_when_it_goes() -> None:
    residuals = {each["what"]: each["until"] for each in receipt()["residuals"]}
    assert residuals["Point-in-time backups of databases"] == "2027-01-04T10:00:00.000Z"
    assert residuals["This request's own words, letters and addresses"] == "2026-12-30T10:00:00.000Z"
    assert len(residuals) == 5


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_receipt_says_all_of_it_as_a_plain_list_in_both_languages(language: str) -> None:
    said = receipt()["says"][language]
    text = "\n".join(said)
    assert "acc-lan" in said[0]
    assert "SO-7K3M9Q" in said[0]
    assert all(f"{holder}:" in text for holder in ("account", "billing", "orders"))
    assert "{" not in text
    assert len(said) == 5 + 3 + 5 + 2


def test_the_two_languages_differ_in_every_line() -> None:
    said = receipt()["says"]
    assert not set(said["vi"]) & set(said["en"])


def test_a_receipt_claims_no_more_than_that_we_said_so_after_looking() -> None:
    assert receipt()["says"]["en"][-2:] == [
        "This receipt proves that Green Cloud said this, after looking.",
        "It does not prove that no copy exists in a system that is not listed here.",
    ]


def test_a_receipt_names_no_person_and_no_address() -> None:
    text = as_bytes(signed()).decode()
    assert not [word for word in ("@", "Hủy", "agent:", "mail#", '"an"') if word in text]


def test_a_receipt_is_what_the_api_says_of_it() -> None:
    assert without_nulls(to_builtins(convert(signed(), ReceiptView))) == signed()
    assert to_builtins(convert(signing.published(), PublicKeys)) == signing.published()


def without_nulls(told: Any) -> Any:
    if isinstance(told, list):
        return [without_nulls(each) for each in told]
    return (
        {name: without_nulls(each) for name, each in told.items() if each is not None}
        if isinstance(told, dict)
        else told
    )


# ── when there is one ────────────────────────────────────────────────────────────────────────────────────────


def test_there_is_no_receipt_before_the_ticket_is_closed() -> None:
    moved = closing()
    with pytest.raises(NotFound):
        receipt(moved)
    with pytest.raises(NotFound):
        receipt(moved.then(moves.troubled(moved.ticket, run=1, cause="orders: some", at=CLOSED_AT)))


def test_there_is_no_receipt_any_more_while_something_has_reappeared() -> None:
    moved = closed()
    with pytest.raises(NotFound):
        receipt(moved.then(moves.reappeared(moved.ticket, cause="orders: some", at=CLOSED_AT + timedelta(days=1))))


def test_after_it_reappeared_the_receipt_tells_of_the_later_closing() -> None:
    moved = closed()
    later = CLOSED_AT + timedelta(days=2)
    moved = moved.then(moves.reappeared(moved.ticket, cause="orders: some", at=later - timedelta(days=1)))
    moved = moved.then(moves.retried(moved.ticket, by="agent:an", at=later))
    moved = moved.then(moves.closed(moved.ticket, run=2, at=later))
    said = receipt(moved, lines(later))
    assert said["closed_at"] == "2026-12-02T10:00:00.000Z"
    assert said["timeline"] == {"changes": 7, "head": moved.ticket.head}


def test_the_receipt_pins_the_timeline_up_to_the_closing() -> None:
    moved = closed()
    assert receipt(moved)["timeline"] == {"changes": 4, "head": moved.ticket.head}


@pytest.mark.parametrize(("seat", "way", "is_owner", "may"), [
    ("owner", "code", False, True),
    ("code", "code", False, True),
    ("asker", "code", True, True),
    ("asker", "facts", False, True),
    ("asker", "code", False, False),
])  # fmt: skip
def test_a_link_brings_the_receipt_only_to_who_proved_the_account(
    seat: Seat, way: ProofWay, is_owner: bool, may: bool
) -> None:
    """A stranger may have asked, and the owner typed the code: the stranger's link shows no account."""
    ticket = replace(closed().ticket, proof=way, asker_is_owner=is_owner)
    assert may_have_receipt(Seen(ticket=ticket, seat=seat)) is may


def test_no_link_brings_a_receipt_before_the_ticket_is_closed() -> None:
    assert not may_have_receipt(Seen(ticket=closing().ticket, seat="owner"))


# ── the same each time ───────────────────────────────────────────────────────────────────────────────────────


def test_a_receipt_is_the_same_to_the_byte_each_time_it_is_asked_for() -> None:
    assert as_bytes(signed()) == as_bytes(signed())


def test_a_receipt_is_the_same_after_the_ticket_was_shrunk() -> None:
    moved = closed()
    later = moved.then(moves.shrunk(moved.ticket, at=CLOSED_AT + timedelta(days=30)))
    assert as_bytes(receipt(moved)) == as_bytes(receipt(later))


def test_the_order_in_which_a_line_was_stored_changes_nothing() -> None:
    turned = [dict(reversed(line.items())) for line in lines()]
    assert as_bytes(receipt()) == as_bytes(receipt(held=turned))


def test_canonical_json_is_sorted_without_spaces_in_utf_8() -> None:
    assert canonical({"b": [1, "đ"], "a": {"d": None, "c": True}}) == '{"a":{"c":true,"d":null},"b":[1,"đ"]}'.encode()


def test_a_change_by_itself_is_not_what_closes_a_ticket() -> None:
    """The status decides: a timeline that ends in `closed` and a ticket that doesn't is no closed ticket."""
    moved = closed()
    changes: list[Change] = list(moved.changes)
    with pytest.raises(NotFound):
        receipt_of(replace(moved.ticket, status="closing"), changes, lines(), ISSUER)
