"""One valid example of each value of the rules; a test changes what it is about."""

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from chalicelib.tickets.agenda import Waits
from chalicelib.tickets.ticket import AccountRef, Code, Status, Ticket, TicketNumber

START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
LATER = START + timedelta(hours=1)
LAN = AccountRef(account_id="acc-lan", generation=1_700_000_000_000)
MINH = AccountRef(account_id="acc-minh", generation=1_700_000_000_001)

WAITS = Waits(
    proof_within=timedelta(days=7), keep_after_end=timedelta(days=30), keep_rejected=timedelta(days=180),
    keep_tombstones=timedelta(days=730), look_again_for=timedelta(days=35),
)  # fmt: skip

_FRESH = Ticket(
    number=TicketNumber("SO-7K3M9Q"), kind="closure", status="received", way_in="portal", language="vi",
    opened_at=START, changed_at=START, due_at=START + timedelta(days=20), answer_by=START + timedelta(days=2),
    subject="Hủy tài khoản",
)  # fmt: skip


def fresh(**changed: Any) -> Ticket:
    """A ticket before it is opened: a closure from the portal, nothing proved."""
    return replace(_FRESH, **changed)


def by_mail(**changed: Any) -> Ticket:
    """A closure by mail from the address on file, waiting for its first code."""
    living = Code(nth=1, issued_at=START)
    outside = {"status": "awaiting_proof", "way_in": "mail", "who": "mail#abc", "claims": (LAN,), "version": 2}
    return fresh(**{**outside, "code": living, "codes": 1, "asker_is_owner": True, **changed})


def proved(status: Status = "in_review", **changed: Any) -> Ticket:
    """A closure that its signed-in owner asked for in so many words, in this status."""
    mine = {"who": "acc-lan", "account": LAN, "guards": LAN, "proof": "sign_in", "proved_at": START, "word_at": START}
    return fresh(**{"status": status, **mine, "asker_is_owner": True, "version": 1, **_in(status), **changed})


def support(status: Status = "received", **changed: Any) -> Ticket:
    """A question that is no closure."""
    return fresh(**{"kind": "support", "status": status, "who": "acc-lan", "account": LAN, "version": 1, **changed})


def _in(status: Status) -> dict[str, Any]:
    """What a proved closure has gained by the time that it has this status."""
    approved = {"run": 1, "approved_by": "agent:an", "closes_at": START + timedelta(days=7)}
    match status:
        case "scheduled" | "closing" | "needs_attention":
            return approved
        case "closed":
            return {**approved, "ended_at": START + timedelta(days=8)}
        case "withdrawn" | "rejected" | "expired" | "resolved":
            return {"ended_at": START + timedelta(days=1)}
        case "received" | "awaiting_proof" | "in_review":
            return {}
