"""Every move that a ticket may make.

Moves are pure: a ticket goes in, the ticket after the move comes out with the change that tells of it. A move
that isn't allowed raises a `Problem`, and nothing has happened.
"""

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.problems import Blocked, NotAsked, NotNow, NotProved, OnHold
from chalicelib.tickets.changes import Change, Fact, What, chained
from chalicelib.tickets.ticket import (
    MAY_WITHDRAW,
    OPEN,
    AccountRef,
    Code,
    FactsRecord,
    Kind,
    ProofWay,
    ReasonToReject,
    Status,
    Ticket,
)


class Moved(Struct, frozen=True, kw_only=True):
    """What a move gives: the ticket after it, and its changes in order."""

    ticket: Ticket
    changes: tuple[Change, ...]

    def then(self, later: "Moved") -> "Moved":
        return Moved(ticket=later.ticket, changes=self.changes + later.changes)


# ── opening and proving ──────────────────────────────────────────────────────────────────────────────────────


def opened(ticket: Ticket, *, by: str, acknowledge: bool = False, **facts: Fact) -> Moved:
    """A new ticket, in the first status that its proof and the asker's word allow."""
    status: Status = "received"
    if ticket.kind == "support":
        status = "received"
    elif ticket.proof and ticket.word_at:
        status = "in_review"
    elif not ticket.proof and (ticket.word_at or ticket.way_in != "portal"):
        status = "awaiting_proof"
    fresh = replace(ticket, status=status)
    told: dict[str, Fact] = {
        "way_in": ticket.way_in, "kind": ticket.kind, "proof": ticket.proof, "asker_is_owner": ticket.asker_is_owner,
        "acknowledge": acknowledge, "suspect": ticket.suspect,
    }  # fmt: skip
    moved = _moved(fresh, "opened", by=by, at=ticket.changed_at, was=None, facts={**told, **facts})
    if status == "awaiting_proof" and ticket.claims and not ticket.suspect:
        return _and_code(moved, by="desk", at=ticket.changed_at)
    return moved


def confirmed(ticket: Ticket, *, by: str, at: datetime) -> Moved:
    """The asker's own word, given on a recognised closure."""
    _only(ticket, "received", kind="closure")
    status: Status = "in_review" if ticket.proof else "awaiting_proof"
    moved = _moved(ticket, "confirmed", by=by, at=at, status=status, word_at=at, checked_at=None)
    if status == "awaiting_proof" and ticket.claims:
        return _and_code(moved, by="desk", at=at)
    return moved


def code_sent(ticket: Ticket, *, by: str, at: datetime, aim: Literal["close", "expedite"] = "close") -> Moved:
    """A fresh code; every older one is worthless from now on."""
    if aim == "close":
        _only(ticket, "awaiting_proof", kind="closure")
    else:
        _only(ticket, "scheduled", "in_review", kind="closure")
    if aim == "close" and not ticket.claims:
        raise NotProved()  # no account is known that a code could be sent for
    nth = ticket.codes + 1
    code = Code(nth=nth, issued_at=at, aim=aim)
    return _moved(ticket, "code_sent", by=by, at=at, code=code, codes=nth, facts={"code": nth, "aim": aim})


def _and_code(moved: Moved, *, by: str, at: datetime) -> Moved:
    return moved.then(code_sent(moved.ticket, by=by, at=at))


def code_refused(ticket: Ticket, *, by: str, at: datetime, tell: bool = False) -> Moved:
    """One try less. `tell`: the try came in a letter that may be answered."""
    code = ticket.code and replace(ticket.code, tries=ticket.code.tries + 1)
    return _moved(ticket, "code_refused", by=by, at=at, code=code, facts={"tell": tell})


def proved(ticket: Ticket, *, account: AccountRef, way: ProofWay, by: str, at: datetime, word: bool) -> Moved:
    """Ownership is proved. `word`: the same act was the asker's explicit word (a typed code, a confirmed page)."""
    _only(ticket, "awaiting_proof", "received", kind="closure")
    word_at = ticket.word_at or (at if word else None)
    used = ticket.code and replace(ticket.code, used=True)
    return _moved(
        ticket, "proved", by=by, at=at, status="in_review" if word_at else "received", account=account, claims=(),
        guards=account, who=account.account_id, proof=way, proved_at=at, word_at=word_at, code=used, stopped=False,
        suspect=False, checked_at=None, why=way,
    )  # fmt: skip


def undeliverable(ticket: Ticket, *, at: datetime) -> Moved:
    """The code bounced for good: the owner can't answer, so agents go on with the ticket, and it doesn't expire."""
    _only(ticket, "awaiting_proof", kind="closure")
    return _moved(ticket, "undeliverable", by="desk", at=at, is_undeliverable=True)


def facts_recorded(ticket: Ticket, *, record: FactsRecord, is_enough: bool) -> Moved:
    """An agent compared what the asker wrote with the account. Once is not proof: another agent must, too."""
    _only(ticket, "awaiting_proof", kind="closure")
    kept = tuple(each for each in ticket.facts if each.agent != record.agent)
    facts: dict[str, Fact] = {"matched": ",".join(sorted(record.matched)), "enough": is_enough}
    new = (*kept, record) if is_enough else kept
    recorded = replace(ticket, facts=new)
    return _moved(recorded, "facts_recorded", by=f"agent:{record.agent}", at=record.at, facts=facts)


def expired(ticket: Ticket, *, at: datetime) -> Moved:
    _only(ticket, "awaiting_proof")
    return _ended(ticket, "expired", "expired", by="desk", at=at)


# ── deciding ─────────────────────────────────────────────────────────────────────────────────────────────────


def scheduled(ticket: Ticket, *, by: str, at: datetime, closes_at: datetime) -> Moved:
    """Approved: the cooling-off runs until `closes_at`, and a new run of the workflow waits for it."""
    _only(ticket, "in_review", kind="closure")
    if ticket.held:
        raise OnHold()
    if not (ticket.proof and ticket.word_at and ticket.account):
        raise NotProved()
    if ticket.blockers:
        raise Blocked()
    return _moved(
        ticket, "scheduled", by=by, at=at, status="scheduled", runs="start", run=ticket.run + 1, approved_by=by,
        scheduled_at=at, closes_at=closes_at, stopped=False, reminded=False, expedite_asked_at=None, cause=None,
        facts={"closes_at": closes_at.isoformat()},
    )  # fmt: skip


def started_again(ticket: Ticket, *, at: datetime) -> Moved:
    """A run that ended without having begun (a brake, a lost start) is followed by a new one."""
    _only(ticket, "scheduled")
    return _moved(ticket, "retried", by="desk", at=at, runs="start", run=ticket.run + 1, why="started_again")


def held(ticket: Ticket, *, by: str, at: datetime, review_at: datetime) -> Moved:
    """An admin's reason not to erase now; a scheduled closure goes back to review."""
    _only(ticket, "received", "awaiting_proof", "in_review", "scheduled")
    return _back(ticket, "held", by=by, at=at, held=True, hold_review_at=review_at, hold_warned=False,
                 facts={"review_at": review_at.isoformat()})  # fmt: skip


def released(ticket: Ticket, *, by: str, at: datetime) -> Moved:
    _only(ticket, *OPEN)
    if not ticket.is_paused:
        raise NotNow(status=ticket.status)
    return _moved(ticket, "released", by=by, at=at, held=False, hold_review_at=None, stopped=False)


def stopped(ticket: Ticket, *, by: str, at: datetime, why: str) -> Moved:
    """Someone at the address on file, or at a signed address, said stop: an agent must look (rule 10)."""
    _only(ticket, *MAY_WITHDRAW)
    revoked = ticket.code and replace(ticket.code, used=True)
    return _back(ticket, "stopped", by=by, at=at, why=why, stopped=True, code=revoked)


def blocked(ticket: Ticket, *, codes: tuple[str, ...], until: datetime, at: datetime) -> Moved:
    """The company's own check named what the customer must clear first, and has until then to do so."""
    _only(ticket, "in_review", "scheduled", kind="closure")
    return _back(ticket, "blocked", by="desk", at=at, blockers=codes, blocked_until=until, why=",".join(codes),
                 facts={"until": until.isoformat()})  # fmt: skip


def unblocked(ticket: Ticket, *, at: datetime) -> Moved:
    _only(ticket, "in_review", kind="closure")
    return _moved(ticket, "unblocked", by="desk", at=at, blockers=(), blocked_until=None)


def put_back(ticket: Ticket, *, at: datetime) -> Moved:
    """Before erasing the company's own check didn't answer: back to review, until it does. Nobody has to release it."""
    _only(ticket, "scheduled", kind="closure")
    return _back(ticket, "stopped", by="desk", at=at, why="cannot_tell")


def _back(ticket: Ticket, what: What, *, by: str, at: datetime, **new: Any) -> Moved:
    if ticket.status == "scheduled":
        new |= {"status": "in_review", "runs": "stop", "run": ticket.run + 1, "closes_at": None}
    return _moved(ticket, what, by=by, at=at, **new)


def withdrawn(ticket: Ticket, *, by: str, at: datetime) -> Moved:
    """The asker changed their mind; from closing on it is too late."""
    _only(ticket, *MAY_WITHDRAW)
    return _ended(ticket, "withdrawn", "withdrawn", by=by, at=at)


def rejected(ticket: Ticket, *, by: str, at: datetime, reason: ReasonToReject, **facts: Fact) -> Moved:
    _only(ticket, *MAY_WITHDRAW)
    return _ended(ticket, "rejected", "rejected", by=by, at=at, why=reason, reason=reason, facts=facts)


def resolved(ticket: Ticket, *, by: str, at: datetime) -> Moved:
    _only(ticket, "received", "in_review", kind="support")
    return _ended(ticket, "resolved", "resolved", by=by, at=at)


def merged(ticket: Ticket, *, into: str, by: str, at: datetime) -> Moved:
    """Another ticket is the proved one: this one ends as a link to it."""
    _only(ticket, *MAY_WITHDRAW)
    return _ended(
        ticket, "merged", "rejected", by=by, at=at, why="duplicate", reason="duplicate", linked_to=into,
        facts={"into": into},
    )  # fmt: skip


def _ended(ticket: Ticket, what: What, status: Status, *, by: str, at: datetime, **new: Any) -> Moved:
    if ticket.status == "scheduled":
        new |= {"runs": "stop", "run": ticket.run + 1}
    return _moved(ticket, what, by=by, at=at, status=status, ended_at=at, held=False, stopped=False, **new)


def expedite_asked(ticket: Ticket, *, by: str, at: datetime) -> Moved:
    """The proved asker typed a fresh code: please don't wait. An agent grants it or not."""
    _only(ticket, "scheduled", "in_review", kind="closure")
    if not ticket.proof:
        raise NotProved()
    used = ticket.code and replace(ticket.code, used=True)
    return _moved(ticket, "expedite_asked", by=by, at=at, expedite_asked_at=at, code=used)


def expedited(ticket: Ticket, *, by: str, at: datetime) -> Moved:
    """No more cooling-off. Never on the facts way: there the address on file must have its time to say stop."""
    _only(ticket, "scheduled", kind="closure")
    if not ticket.expedite_asked_at or ticket.proof == "facts":
        raise NotAsked()
    return _moved(ticket, "expedited", by=by, at=at, runs="start", run=ticket.run + 1, closes_at=at,
                  facts={"closes_at": at.isoformat()})  # fmt: skip


def extended(ticket: Ticket, *, by: str, at: datetime, due_at: datetime, **facts: Fact) -> Moved:
    """The answer will take longer than the first deadline, once, with a notice and its reason."""
    _only(ticket, *OPEN)
    if ticket.extended:
        raise NotNow(status=ticket.status)
    return _moved(ticket, "extended", by=by, at=at, due_at=due_at, extended=True, warned=0, facts=facts)


# ── erasing ──────────────────────────────────────────────────────────────────────────────────────────────────


def began_closing(ticket: Ticket, *, run: int, at: datetime, owner_mail: str | None = None) -> Moved:
    """The account is frozen in the same transaction; from here there is no way back.

    `owner_mail` is the keyed hash of the address on file: what later answers "did you delete me?".
    """
    _only(ticket, "scheduled", kind="closure")
    if run != ticket.run:
        raise NotNow(status=ticket.status)
    return _moved(ticket, "closing", by="desk", at=at, status="closing", cause=None, owner_mail=owner_mail)


def troubled(ticket: Ticket, *, run: int, cause: str, at: datetime) -> Moved:
    """A holder refused or still shows data, and retries didn't mend it."""
    _only(ticket, "closing")
    if run != ticket.run:
        raise NotNow(status=ticket.status)
    return _moved(ticket, "needs_attention", by="desk", at=at, status="needs_attention", cause=cause, why=cause)


def retried(ticket: Ticket, *, by: str, at: datetime) -> Moved:
    """The workflow starts again; what is done already is found done."""
    _only(ticket, "needs_attention")
    return _moved(ticket, "retried", by=by, at=at, status="closing", runs="start", run=ticket.run + 1, cause=None)


def closed(ticket: Ticket, *, run: int, at: datetime) -> Moved:
    """Only ever called after every holder was looked at again and showed nothing (rule 1)."""
    _only(ticket, "closing", kind="closure")
    if run != ticket.run:
        raise NotNow(status=ticket.status)
    return _moved(ticket, "closed", by="desk", at=at, status="closed", ended_at=at, cause=None)


def reappeared(ticket: Ticket, *, cause: str, at: datetime) -> Moved:
    """The nightly look found data of the closed account again: "Closed" would be a lie, so it is reopened."""
    _only(ticket, "closed")
    reopened = replace(ticket, ended_at=None, shrunk_at=None, cause=cause)
    return _moved(reopened, "reappeared", by="desk", at=at, status="needs_attention", why=cause)


# ── everything else that the timeline remembers ──────────────────────────────────────────────────────────────


def linked(ticket: Ticket, *, claims: tuple[AccountRef, ...], by: str, at: datetime) -> Moved:
    """An agent chose which account an unproved ticket is about."""
    _only(ticket, "awaiting_proof", "received", kind="closure")
    if ticket.proof:
        raise NotNow(status=ticket.status)
    guards = ticket.guards if ticket.guards in claims else None
    # What was compared with another account, or sent for one, counts no more.
    chosen = replace(ticket, claims=claims, guards=guards, facts=(), code=None)
    return _moved(chosen, "linked", by=by, at=at, facts={"accounts": len(claims)})


def assigned(ticket: Ticket, *, to: str, by: str, at: datetime) -> Moved:
    return _moved(ticket, "assigned", by=by, at=at, assignee=to, facts={"to": to})


def noted(ticket: Ticket, *, by: str, at: datetime, words: int) -> Moved:
    """A note for colleagues; `words` numbers the free text that stands apart."""
    return _moved(ticket, "noted", by=by, at=at, facts={"words": words})


def replied(ticket: Ticket, *, by: str, at: datetime, words: int, asks_how: bool = False) -> Moved:
    """The asker added words. `asks_how`: in answer to the code's mail, without a code."""
    return _moved(ticket, "replied", by=by, at=at, facts={"words": words, "asks_how": asks_how})


def answered(ticket: Ticket, *, by: str, at: datetime, words: int, needs_answer: bool) -> Moved:
    """An agent wrote to the asker. A support ticket that was answered is under review."""
    status: Status | None = "in_review" if ticket.kind == "support" and ticket.status == "received" else None
    facts: dict[str, Fact] = {"words": words, "needs_answer": needs_answer}
    return _moved(ticket, "answered", by=by, at=at, status=status, facts=facts)


def corrected(ticket: Ticket, *, kind: Kind, by: str, at: datetime) -> Moved:
    """An agent says what the ticket really is. A closure still needs the asker's own word, which is asked for."""
    _only(ticket, "received", "awaiting_proof", "in_review")
    if ticket.kind == kind:
        raise NotNow(status=ticket.status)
    if kind == "support":
        support = replace(ticket, kind=kind, code=None, guards=None, blockers=(), blocked_until=None, cause=None)
        return _moved(support, "corrected", by=by, at=at, status="received", facts={"kind": kind})
    waits: Status = "received" if ticket.proof or ticket.way_in == "portal" else "awaiting_proof"
    guards = ticket.account if ticket.proof else ticket.guards  # a question gave it back
    moved = _moved(
        ticket, "corrected", by=by, at=at, kind=kind, status=waits, word_at=None, guards=guards, facts={"kind": kind}
    )
    if waits == "awaiting_proof" and ticket.claims and not ticket.suspect:
        return _and_code(moved, by=by, at=at)
    return moved


def reminded(ticket: Ticket, *, at: datetime) -> Moved:
    """Once: two days into waiting for proof (with a fresh code), or two days before the cooling-off ends."""
    _only(ticket, "awaiting_proof", "scheduled")
    if ticket.status == "scheduled" or not ticket.claims:
        return _moved(ticket, "reminded", by="desk", at=at, reminded=True)
    nth = ticket.codes + 1
    code = Code(nth=nth, issued_at=at)
    return _moved(ticket, "reminded", by="desk", at=at, reminded=True, code=code, codes=nth, facts={"code": nth})


def warned(ticket: Ticket, *, level: int, at: datetime) -> Moved:
    """Operators were told of the deadline: level 1 before it, level 2 after it."""
    return _moved(ticket, "warned", by="desk", at=at, warned=level, facts={"level": level})


def hold_is_due(ticket: Ticket, *, at: datetime) -> Moved:
    """Admins were told that the hold's review date has come."""
    _only(ticket, "received", "awaiting_proof", "in_review")
    return _moved(ticket, "warned", by="desk", at=at, hold_warned=True, why="hold_review")


def shrunk(ticket: Ticket, *, at: datetime) -> Moved:
    """What a tombstone keeps: ids, dates, coded reasons. Subject and every pointer to words are gone."""
    if ticket.is_live:
        raise NotNow(status=ticket.status)
    return _moved(ticket, "shrunk", by="desk", at=at, shrunk_at=at, subject=None, once_key=None, assignee=None)


def _only(ticket: Ticket, *statuses: Status, kind: Kind | None = None) -> None:
    if ticket.status not in statuses or (kind and ticket.kind != kind):
        raise NotNow(status=ticket.status)


def _moved(
    ticket: Ticket, what: What, *, by: str, at: datetime, was: str | None = "", status: Status | None = None,
    why: str | None = None, runs: Literal["start", "stop"] | None = None, facts: dict[str, Fact] | None = None,
    **new: Any,
) -> Moved:  # fmt: skip
    after = replace(ticket, status=status or ticket.status, changed_at=at, version=ticket.version + 1, **new)
    change = Change(
        nth=after.version, at=at, by=by, what=what, was=ticket.status if was == "" else was, now=after.status,
        why=why, runs=runs, run=after.run, facts=facts or {},
    )  # fmt: skip
    linked_in = chained(change, before=ticket.head)
    return Moved(ticket=replace(after, head=linked_in.hash), changes=(linked_in,))
