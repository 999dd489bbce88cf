"""The receipt of a closure: what was found when every system was read again, in words and in figures. Pure.

A receipt is derived from the timeline and the ledger of a closed ticket, and nothing of either changes while the
ticket stays closed; so it can be made as often as it is asked for.
"""

import json
from datetime import UTC, datetime
from typing import Any, Final

from msgspec import Struct

from chalicelib.language import LANGUAGES, N_, Language, date_in_words, say
from chalicelib.problems import NotFound
from chalicelib.tickets.changes import Change
from chalicelib.tickets.ticket import Ticket

FORMAT: Final = "signoff-receipt-1"
Document = dict[str, Any]

_PROVES = N_("This receipt proves that {company} said this, after looking.")
_PROVES_NOT = N_("It does not prove that no copy exists in a system that is not listed here.")


class Issuer(Struct, frozen=True, kw_only=True):
    """Who gives the receipt. `desk` is the desk's address: its keys are published there. `zone`: of dates in words."""

    desk: str
    company: str
    zone: str


def receipt_of(ticket: Ticket, timeline: list[Change], ledger: list[dict[str, Any]], issuer: Issuer) -> Document:
    """The receipt, not yet signed. `NotFound` unless the ticket is closed: before, there is nothing to say.

    The timeline's head is that of the change that closed the ticket: what came after (it was shrunk) changes no word.
    """
    if ticket.status != "closed" or not ticket.account:
        raise NotFound()
    closed = _last(timeline, "closed")
    receipt: Document = {
        "format": FORMAT,
        "desk": issuer.desk,
        "company": issuer.company,
        "ticket": ticket.number,
        "account": {"id": ticket.account.account_id, "generation": ticket.account.generation},
        "asked_at": _utc(ticket.opened_at),
        "proved_at": _utc(ticket.proved_at or ticket.opened_at),
        "proved_by": ticket.proof,
        "approved_at": _utc(_last(timeline, "scheduled").at),
        "closed_at": _utc(closed.at),
        "holders": [_holder(line) for line in ledger if line["found"] != "residual"],
        "residuals": [_residual(line) for line in ledger if line["found"] == "residual"],
        "timeline": {"changes": closed.nth, "head": closed.hash},
    }
    return receipt | {"says": {language: _words(receipt, language, issuer.zone) for language in LANGUAGES}}


def _last(timeline: list[Change], what: str) -> Change:
    return next(change for change in reversed(timeline) if change.what == what)


def _holder(line: dict[str, Any]) -> Document:
    """What one system did and had. `basis`, `detail` and `until` are there where it keeps something by law."""
    said: Document = {"holder": line["holder"], "found": line["found"]}
    said |= {name: _utc(line[name]) for name in ("erased_at", "looked_at", "until") if name in line}
    return said | {name: line[name] for name in ("count", "detail", "basis") if name in line}


def _residual(line: dict[str, Any]) -> Document:
    return {"what": line["detail"], "until": _utc(line["until"])}


def _utc(at: datetime | str) -> str:
    instant = datetime.fromisoformat(at) if isinstance(at, str) else at
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# ── the plain list for people ────────────────────────────────────────────────────────────────────────────────

_ABOUT = N_("The account {account} of {company} was closed and erased (request {number}).")
_ASKED = N_("Asked for: {when}.")
_PROVED = {
    "sign_in": N_("Ownership verified by sign-in: {when}."),
    "code": N_("Ownership verified by a code sent to the address on file: {when}."),
    "facts": N_("Ownership verified by facts that two agents compared: {when}."),
}
_APPROVED = N_("Approved: {when}.")
_CLOSED = N_("Closed, after every system listed here had been read again: {when}.")
_NOTHING = N_("{holder}: nothing was found. Read again: {when}.")
_KEPT = N_("{holder}: kept by law ({basis}): {what}. Read again: {when}.")
_KEPT_UNTIL = N_("{holder}: kept by law ({basis}) until {until}: {what}. Read again: {when}.")
_RESIDUAL = N_("Goes by itself, at the latest {until}: {what}.")


def _words(receipt: Document, language: Language, zone: str) -> list[str]:
    def when(at: str, *, with_time: bool = True) -> str:
        return date_in_words(datetime.fromisoformat(at), language, zone, with_time=with_time)

    def holder(line: Document) -> str:
        sentence = _NOTHING if line["found"] == "nothing" else _KEPT_UNTIL if "until" in line else _KEPT
        until = when(line["until"], with_time=False) if "until" in line else ""
        return say(
            language, sentence, holder=line["holder"], basis=line.get("basis", ""), what=line.get("detail", "–"),
            until=until, when=when(line["looked_at"]),
        )  # fmt: skip

    return [
        say(
            language, _ABOUT, account=receipt["account"]["id"], company=receipt["company"], number=receipt["ticket"]
        ),
        say(language, _ASKED, when=when(receipt["asked_at"])),
        say(language, _PROVED[receipt["proved_by"]], when=when(receipt["proved_at"])),
        say(language, _APPROVED, when=when(receipt["approved_at"])),
        say(language, _CLOSED, when=when(receipt["closed_at"])),
        *(holder(line) for line in receipt["holders"]),
        *(
            say(language, _RESIDUAL, what=say(language, line["what"]), until=when(line["until"], with_time=False))
            for line in receipt["residuals"]
        ),
        say(language, _PROVES, company=receipt["company"]),
        say(language, _PROVES_NOT),
    ]  # fmt: skip


# ── the bytes that are signed ────────────────────────────────────────────────────────────────────────────────


def canonical(document: Document) -> bytes:
    """The document as the one sequence of bytes that is signed: RFC 8785 for what a receipt holds (no fractions).

    Keys sorted, no spaces, UTF-8.
    """
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def signed_bytes(receipt: Document) -> bytes:
    """What the signature of a receipt is over: all of it but the signature itself."""
    return canonical({name: value for name, value in receipt.items() if name != "signature"})
