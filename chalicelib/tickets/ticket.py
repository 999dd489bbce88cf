"""A ticket: what the desk knows of it, and its statuses. The moves between them stand in moves.py.

received ─▶ awaiting_proof ─▶ in_review ─▶ scheduled ─▶ closing ─▶ closed
   │              └─▶ expired     │  ▲ hold,    │          │  ▲       │
   └─(proof already there)────────▶  └─ stop ───┘          ▼  │retry  │ it reappeared
                                  └─▶ rejected      needs_attention ◀─┘
"""

from datetime import datetime, timedelta
from typing import Literal, NewType

from msgspec import Struct

from chalicelib.tickets.changes import FIRST

TicketNumber = NewType("TicketNumber", str)
Status = Literal[
    "received", "awaiting_proof", "in_review", "scheduled", "closing", "needs_attention",
    "closed", "withdrawn", "rejected", "expired", "resolved",
]  # fmt: skip
Kind = Literal["closure", "support"]
WayIn = Literal["portal", "mail", "public", "system", "desk"]
ProofWay = Literal["sign_in", "code", "facts"]
Reader = Literal["asker", "owner"]
ReasonToReject = Literal[
    "unproved", "not_owner", "blocked", "duplicate", "fraud_suspected", "legal_hold", "asked_elsewhere", "other"
]

OPEN: tuple[Status, ...] = ("needs_attention", "received", "awaiting_proof", "in_review", "scheduled", "closing")
ENDED: tuple[Status, ...] = ("closed", "withdrawn", "rejected", "expired", "resolved")
MAY_WITHDRAW: tuple[Status, ...] = ("received", "awaiting_proof", "in_review", "scheduled")
CODE_LIVES_FOR = timedelta(hours=24)
CODE_TRIES = 5


class AccountRef(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An account as it was registered once: the same id registered again is another account."""

    account_id: str
    generation: int


class Code(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the ticket knows of its code. The code itself is derived whenever it is needed, and never stored."""

    nth: int
    issued_at: datetime
    aim: Literal["close", "expedite"] = "close"
    tries: int = 0
    used: bool = False

    def lives_at(self, at: datetime) -> bool:
        return not self.used and self.tries < CODE_TRIES and at < self.issued_at + CODE_LIVES_FOR


class FactsRecord(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which facts one agent found to match the account. Names of facts only, never what they say."""

    agent: str
    at: datetime
    matched: tuple[str, ...]


class Ticket(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`version` counts its changes, `head` is the hash of the last one; `run` numbers the workflow's executions."""

    number: TicketNumber
    kind: Kind
    status: Status
    way_in: WayIn
    language: Literal["vi", "en"]
    opened_at: datetime
    changed_at: datetime
    due_at: datetime
    answer_by: datetime
    version: int = 0
    head: str = FIRST
    product: str = "other"
    category: str = "technical_support"
    subject: str | None = None
    who: str | None = None  # account id or keyed hash of the asker's address: whose ticket it is
    account: AccountRef | None = None  # the account that the asker proved, or signed in to
    claims: tuple[AccountRef, ...] = ()  # accounts of an asker whose proof is still missing
    proof: ProofWay | None = None
    proved_at: datetime | None = None
    asked_proof_at: datetime | None = None  # since when it waits for proof, where that isn't since it came
    word_at: datetime | None = None  # when the asker said explicitly: close my account
    guards: AccountRef | None = None  # the account whose one live closure this is (rule 4)
    asker_is_owner: bool = False  # the asker writes from the address on file, or signed in
    suspect: bool = False  # a forged or odd sender: mails nobody
    ack_held_back: bool = False
    facts: tuple[FactsRecord, ...] = ()
    code: Code | None = None
    codes: int = 0  # how many codes were made
    is_undeliverable: bool = False  # its code bounced: agents go on with it, it doesn't expire
    epoch: int = 0  # raised to revoke every link and stop code given out
    run: int = 0
    approved_by: str | None = None
    scheduled_at: datetime | None = None  # when the cooling-off began
    closes_at: datetime | None = None
    expedite_asked_at: datetime | None = None
    held: bool = False
    hold_review_at: datetime | None = None
    hold_warned: bool = False  # admins were told that it is time to look at the hold again
    stopped: bool = False
    reason: ReasonToReject | None = None  # of a refusal
    blockers: tuple[str, ...] = ()  # codes of what the customer must clear first, as the company's check has it
    blocked_until: datetime | None = None  # not cleared by then, it is rejected
    checked_at: datetime | None = None  # when that check was last asked, whether or not it answered
    cause: str | None = (
        None  # of needs_attention: holder and code of what went wrong; or `cannot_tell (…)` of the check
    )
    assignee: str | None = None
    regime: str = "default"
    extended: bool = False
    reminded: bool = False
    warned: int = 0
    ended_at: datetime | None = None
    looked_again_at: datetime | None = None
    shrunk_at: datetime | None = None
    linked_to: str | None = None
    once_key: str | None = None  # its idempotency item, which shrinking deletes
    owner_mail: str | None = None  # keyed hash of the address on file, kept when the account was frozen

    @property
    def waits_since(self) -> datetime:
        """Since when the asker may prove ownership: a letter that came late to its ticket takes nobody's time."""
        return self.asked_proof_at or self.opened_at

    @property
    def is_live(self) -> bool:
        return self.status not in ENDED

    @property
    def is_paused(self) -> bool:
        return self.held or self.stopped


def is_outsider(ticket: Ticket) -> bool:
    """Whether the asker has proved nothing yet, and so may learn nothing (rule 8)."""
    return not ticket.proof and ticket.way_in != "portal"


def shown_status(ticket: Ticket, *, is_over: bool) -> Status:
    """The status that the asker may see: before proof, an outsider learns nothing of what happens inside. `is_over`:
    the time that waits for proof has passed, by the calendar alone."""
    if ticket.kind == "support" or not is_outsider(ticket):
        return "closing" if ticket.status == "needs_attention" else ticket.status
    if ticket.status == "withdrawn":
        return "withdrawn"
    return "expired" if is_over or not ticket.is_live else "awaiting_proof"
