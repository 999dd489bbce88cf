"""The timeline: every change of a ticket, numbered, each carrying the hash of the one before.

A change names people and addresses only through ids and reasons only by code, so that the timeline can outlive
what is erased; free text stands apart and is only pointed at.
"""

import hashlib
import json
from datetime import datetime
from typing import Literal

from msgspec import Struct, field
from msgspec.structs import replace

What = Literal[
    "opened", "confirmed", "code_sent", "code_refused", "undeliverable", "facts_recorded", "proved", "scheduled",
    "held", "released", "stopped", "blocked", "unblocked", "expedite_asked", "expedited", "closing",
    "needs_attention", "retried", "closed", "reappeared", "withdrawn", "rejected", "expired", "resolved", "linked",
    "assigned", "noted", "replied", "answered", "corrected", "merged", "extended", "reminded", "warned", "shrunk",
]  # fmt: skip

DESK_ONLY: frozenset[What] = frozenset(
    (
        *("assigned", "noted", "warned", "linked", "merged", "facts_recorded", "undeliverable"),
        *("needs_attention", "retried", "reappeared"),
    )
)
"""Changes that only agents see: they tell a customer nothing, or tell an outsider too much."""

Fact = str | int | bool | None
FIRST = "0" * 64  # what the first change of a ticket carries as the hash before it


class Change(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the timeline. `by` is `customer`, `asker`, `owner`, `desk`, `agent:<sub>` or `system:<sub>`."""

    nth: int
    at: datetime
    by: str
    what: What
    was: str | None
    now: str
    why: str | None = None
    runs: Literal["start", "stop"] | None = None  # what it asks of the closure workflow
    run: int = 0
    facts: dict[str, Fact] = field(default_factory=dict)
    before: str = FIRST
    hash: str = ""


def chained(change: Change, *, before: str) -> Change:
    """The change with the hash of the one before it and its own."""
    linked = replace(change, before=before)
    return replace(linked, hash=hash_of(linked))


def hash_of(change: Change) -> str:
    """SHA-256 over the change as canonical JSON (sorted keys, no spaces, UTF-8), its own hash left out."""
    said = {
        "nth": change.nth, "at": change.at.isoformat(), "by": change.by, "what": change.what, "was": change.was,
        "now": change.now, "why": change.why, "runs": change.runs, "run": change.run, "facts": change.facts,
        "before": change.before,
    }  # fmt: skip
    canonical = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def is_unbroken(timeline: list[Change]) -> bool:
    """Whether no change was altered, left out, added or put elsewhere since it was written."""
    before = FIRST
    for nth, change in enumerate(timeline, start=1):
        if change.nth != nth or change.before != before or change.hash != hash_of(change):
            return False
        before = change.hash
    return True
