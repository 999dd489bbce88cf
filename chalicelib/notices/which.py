"""Which change tells whom: the notices that a timeline asks for, in order. Pure.

Before proof only the acknowledgement goes to the asker and only the code to the address on file; after proof
everything goes to the address on file, and where the proof was by facts to the asker too.
"""

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.notices.worded import NoticeKind
from chalicelib.tickets.changes import Change

Reader = Literal["asker", "owner"]

_AFTER_PROOF: dict[str, NoticeKind] = {
    "proved": "verified",
    "scheduled": "scheduled",
    "held": "on_hold",
    "stopped": "on_hold",
    "blocked": "blocked",
    "expedited": "scheduled",
    "closing": "closing",
    "closed": "closed",
    "rejected": "rejected",
    "merged": "rejected",
    "withdrawn": "withdrawn",
    "extended": "deadline_extended",
}
_UNPROVED_END: dict[str, NoticeKind] = {"rejected": "rejected", "withdrawn": "withdrawn", "expired": "expired"}


class Asked(Struct, frozen=True, kw_only=True):
    """A notice that a change asks for. `key` is its place: what was sent is known by it, however often it is asked."""

    change: Change
    kind: NoticeKind
    reader: Reader

    @property
    def key(self) -> str:
        return f"notice#{self.change.nth:06}#{self.kind}#{self.reader}"


class _Sofar(Struct, frozen=True, kw_only=True):
    """What the timeline has told up to a change."""

    kind: str = "closure"
    way_in: str = "portal"
    proof: str | None = None
    asker_may_be_told: bool = False
    asker_is_owner: bool = False
    owner_was_told: bool = False
    was_told_how: bool = False


def notices_of(timeline: list[Change]) -> list[Asked]:
    """All notices that the timeline asks for, from the first on."""
    sofar = _Sofar()
    asked: list[Asked] = []
    for change in timeline:
        sofar = _grown(sofar, change)
        asked += [Asked(change=change, kind=kind, reader=reader) for kind, reader in _of(change, sofar)]
        if change.facts.get("asks_how"):
            sofar = replace(sofar, was_told_how=True)
    return asked


def _grown(sofar: _Sofar, change: Change) -> _Sofar:
    if change.what == "opened":
        proof = str(change.facts["proof"]) if change.facts.get("proof") else None
        from_portal = change.facts["way_in"] == "portal"
        return _Sofar(
            kind=str(change.facts["kind"]), way_in=str(change.facts["way_in"]), proof=proof,
            asker_may_be_told=bool(change.facts.get("acknowledge")), owner_was_told=from_portal,
            asker_is_owner=bool(change.facts.get("asker_is_owner")),
        )  # fmt: skip
    if change.what == "proved":
        return replace(sofar, proof=change.why)
    if change.what == "code_sent":
        return replace(sofar, owner_was_told=True)
    if change.what == "corrected":
        return replace(sofar, kind=str(change.facts["kind"]))
    return sofar


def _of(change: Change, sofar: _Sofar) -> Iterator[tuple[NoticeKind, Reader]]:
    match change.what:
        case "opened":
            yield from _of_opening(change, sofar)
        case "code_sent":
            yield ("code_for_expedite" if change.facts["aim"] == "expedite" else "code"), "owner"
        case "reminded":
            yield ("reminder_cooling_off" if sofar.proof else "reminder_proof"), "owner"
        case "code_refused" if change.facts.get("tell"):
            yield "code_refused", "owner"
        case "corrected" if sofar.kind == "closure":
            yield from _of_correction(sofar)
        case "replied" | "answered" | "resolved":
            yield from _of_words(change, sofar)
        case _ if sofar.kind == "closure":
            yield from _of_closure(change, sofar)


def _of_opening(change: Change, sofar: _Sofar) -> Iterator[tuple[NoticeKind, Reader]]:
    if sofar.kind == "support":
        if sofar.way_in == "portal":
            yield "support_received", "owner"
        elif sofar.asker_may_be_told:
            yield "support_received", "asker"
    elif change.now == "received":
        yield "received_confirm", "owner"
    elif change.now == "in_review":
        yield "received", "owner"
    elif sofar.asker_may_be_told and not change.facts.get("asker_is_owner"):
        yield "acknowledged", "asker"


def _of_correction(sofar: _Sofar) -> Iterator[tuple[NoticeKind, Reader]]:
    """It is a closure after all: the asker's own word is asked for; from outside that is the code."""
    if sofar.way_in == "portal":
        yield "received_confirm", "owner"
    elif sofar.asker_may_be_told and not sofar.asker_is_owner:
        yield "acknowledged", "asker"


def _of_words(change: Change, sofar: _Sofar) -> Iterator[tuple[NoticeKind, Reader]]:
    if change.what == "resolved":
        yield "resolved", _correspondent(sofar)
    elif change.what == "answered":
        yield ("more_needed" if change.facts.get("needs_answer") else "agent_reply"), _correspondent(sofar)
    elif change.facts.get("asks_how") and not sofar.was_told_how:
        yield "how_to_reply_code", "owner"


def _of_closure(change: Change, sofar: _Sofar) -> Iterator[tuple[NoticeKind, Reader]]:
    if sofar.proof == "facts":
        yield from _of_closure_by_facts(change)
    elif sofar.proof:
        if kind := _AFTER_PROOF.get(change.what):
            yield kind, "owner"
    elif sofar.way_in != "public" and (kind := _UNPROVED_END.get(change.what)):
        if sofar.owner_was_told:
            yield kind, "owner"
        if sofar.asker_may_be_told and not (sofar.owner_was_told and sofar.asker_is_owner):
            # To the asker everything that ends without proof looks alike (rule 8), but for their own withdrawal.
            yield ("withdrawn" if change.what == "withdrawn" else "expired"), "asker"


def _of_closure_by_facts(change: Change) -> Iterator[tuple[NoticeKind, Reader]]:
    """Who lost the mailbox on file is told at their own; the address on file is warned, and told everything too."""
    if change.what == "proved":
        yield "warning_on_file", "owner"
        yield "received_confirm", "asker"
    elif change.what == "confirmed":
        yield "verified", "asker"
    elif kind := _AFTER_PROOF.get(change.what):
        yield kind, "owner"
        yield kind, "asker"


def _correspondent(sofar: _Sofar) -> Reader:
    """Who reads what an agent writes: the address on file once it is proved, else whoever asked."""
    return "owner" if sofar.way_in == "portal" or sofar.proof in ("sign_in", "code") else "asker"
