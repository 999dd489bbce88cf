"""The receipt of a closed ticket, for its customer, for agents, for who holds a tracking link; and its public keys."""

import json
from typing import Literal

from chalicelib.answers import Answer, View
from chalicelib.calls import AGENT, ANYONE, CUSTOMER, Call, Calls
from chalicelib.closure import receipt, signing
from chalicelib.closure.receipt import Issuer
from chalicelib.problems import NotFound
from chalicelib.proof import proving
from chalicelib.settings import settings
from chalicelib.tickets import store
from chalicelib.tickets.api import IDS, mine

calls = Calls(__name__)
_TOKEN = {"token": r"[A-Za-z0-9.-]{10,64}"}


class AccountOfReceipt(View, frozen=True, kw_only=True):
    id: str
    generation: int


class HolderOfReceipt(View, frozen=True, kw_only=True):
    """What one system had when it was read again. `basis`, `detail`, `until`: what law makes us keep, until when."""

    holder: str
    found: Literal["nothing", "kept"]
    looked_at: str
    erased_at: str | None = None
    count: int | None = None
    detail: str | None = None
    basis: str | None = None
    until: str | None = None


class ResidualOfReceipt(View, frozen=True, kw_only=True):
    """What no one can erase now; it goes by itself on the day `until`."""

    what: str
    until: str


class HeadOfTimeline(View, frozen=True, kw_only=True):
    """How many changes led to the closing, and the hash that chains them."""

    changes: int
    head: str


class Says(View, frozen=True, kw_only=True):
    vi: list[str]
    en: list[str]


class ReceiptView(View, frozen=True, kw_only=True):
    """What we found when we read every system again, signed. `signature`: Ed25519 over all else, as canonical JSON."""

    format: Literal["signoff-receipt-1"]
    desk: str
    company: str
    ticket: str
    account: AccountOfReceipt
    asked_at: str
    proved_at: str
    proved_by: Literal["sign_in", "code", "facts"]
    approved_at: str
    closed_at: str
    holders: list[HolderOfReceipt]
    residuals: list[ResidualOfReceipt]
    timeline: HeadOfTimeline
    says: Says
    key: str
    signature: str


class PublicKey(View, frozen=True, kw_only=True):
    """An Ed25519 public key as a JSON Web Key (RFC 8037); `kid` is the `key` of the receipts that it signed."""

    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    kid: str
    use: Literal["sig"]
    alg: Literal["EdDSA"]
    x: str


class PublicKeys(View, frozen=True, kw_only=True):
    keys: list[PublicKey]


@calls.get("/tickets/{id}/receipt", who=CUSTOMER, answers={200: ReceiptView}, says="My receipt", ids=IDS)
def my_receipt(call: Call[None]) -> Answer:
    """Once the ticket is closed (404 before); a sign-in from before the erasing still opens it while it holds."""
    return _receipt(mine(call).number)


@calls.get("/desk/tickets/{id}/receipt", who=AGENT, answers={200: ReceiptView}, says="The signed receipt", ids=IDS)
def receipt_for_agents(call: Call[None]) -> Answer:
    """Once the ticket is closed (404 before)."""
    return _receipt(call.path["id"])


@calls.get("/track/{token}/receipt", who=ANYONE, answers={200: ReceiptView}, says="The receipt, by a tracking link",
           ids=_TOKEN)  # fmt: skip
def receipt_by_link(call: Call[None]) -> Answer:
    """For readers who proved that the account was theirs; to anybody else it is as if there were none."""
    seen = proving.seen_by_token(call.path["token"])
    if not proving.may_have_receipt(seen):
        raise NotFound()
    return _receipt(seen.ticket.number)


@calls.get("/receipt-keys", who=ANYONE, answers={200: PublicKeys}, says="The keys that check receipts")
def receipt_keys(_: Call[None]) -> Answer:
    """Keep them beside the receipt: with both, it can be checked without us."""
    return Answer(200, signing.published(), headers={"Cache-Control": "public, max-age=300"})


def _receipt(number: str) -> Answer:
    file, now = store.file_of(number), settings()
    issuer = Issuer(desk=now.public_url, company=now.company, zone=now.time_zone)
    signed = signing.signed(receipt.receipt_of(file.ticket, file.changes, file.ledger, issuer))
    name = f'attachment; filename="{number}-receipt.json"'
    # Read back, its keys are in canonical order: what is sent is, byte for byte, what was signed, and the signature.
    return Answer(200, json.loads(receipt.canonical(signed)), headers={"Content-Disposition": name})
