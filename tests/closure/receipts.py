"""A closed ticket with its ledger, the receipt of it, and the keys that sign it: what tests of receipts share."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from chalicelib.closure import ledger, signing
from chalicelib.closure.ledger import Look
from chalicelib.closure.receipt import Document, Issuer, canonical, receipt_of
from chalicelib.tickets import moves
from chalicelib.tickets.moves import Moved
from chalicelib.tickets.ticket import AccountRef, Ticket, TicketNumber

PROJECT = Path(__file__).parents[2]
START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
CLOSED_AT = START + timedelta(days=8)
ISSUER = Issuer(desk="https://desk.example", company="Green Cloud", zone="Asia/Ho_Chi_Minh")
LAW = "Accounting Act 2015"

# RFC 8032, 7.1: the secret and public key of the first test.
SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")


OF_NOW = {"now": "r1", "keys": {"r1": base64.b64encode(SEED).decode()}}


Keep = Callable[[Any], None]


def coded(key: bytes) -> str:
    return base64.b64encode(key).decode()


def closing() -> Moved:
    """A closure from its opening to the erasing."""
    account = AccountRef(account_id="acc-lan", generation=1_700_000_000_000)
    draft = Ticket(
        number=TicketNumber("SO-7K3M9Q"), kind="closure", status="received", way_in="portal", language="vi",
        opened_at=START, changed_at=START, due_at=START + timedelta(days=20), answer_by=START + timedelta(days=2),
        who="acc-lan", account=account, guards=account, proof="sign_in", proved_at=START, word_at=START,
        asker_is_owner=True, subject="Hủy tài khoản",
    )  # fmt: skip
    moved = moves.opened(draft, by="customer")
    closes_at = START + timedelta(days=7, hours=1)
    moved = moved.then(moves.scheduled(moved.ticket, by="agent:an", at=START + timedelta(hours=1), closes_at=closes_at))
    return moved.then(moves.began_closing(moved.ticket, run=1, at=closes_at, owner_mail="mail#abc"))


def closed(*, at: datetime = CLOSED_AT) -> Moved:
    moved = closing()
    return moved.then(moves.closed(moved.ticket, run=1, at=at))


def lines(at: datetime = CLOSED_AT) -> list[dict[str, Any]]:
    erased_at = (at - timedelta(minutes=1)).isoformat()
    kept = Look(found="kept", count=2, detail="invoices", basis=LAW, until=at + timedelta(days=3650))
    looks = {"account": Look(found="nothing"), "billing": kept, "orders": Look(found="nothing")}
    held = [ledger.line(name, look, at=at, run=1, is_again=True, erased_at=erased_at) for name, look in looks.items()]
    return held + ledger.residual_lines(at, desk_until=at + timedelta(days=30))


def receipt(moved: Moved | None = None, held: list[dict[str, Any]] | None = None) -> Document:
    it = moved or closed()
    return receipt_of(it.ticket, list(it.changes), lines() if held is None else held, ISSUER)


def as_bytes(document: Document) -> bytes:
    return canonical(document)


def signed() -> Document:
    return signing.signed(receipt())


def keys() -> bytes:
    return json.dumps(signing.published()).encode()
