"""Holder kind `webhook`: any system that answers signed HTTPS calls, as docs/webhook-holder.md has it."""

import hashlib
from collections.abc import Callable
from typing import Annotated, Literal

from msgspec import Meta

from chalicelib import clock, hooks
from chalicelib.closure.holders import Holder, NotDone, Refused
from chalicelib.closure.ledger import Look
from chalicelib.problems import TooLarge
from chalicelib.reading import Input, Instant, WrongField, WrongFields, json_body, matching
from chalicelib.tickets.ticket import AccountRef

_UNDER_WAY = 202
_MOST = 1_000_000_000
# No @ and no line end: a code or a few words, never an address. A basis stands in KEPT_BY_LAW, which is cut at commas.
# Letters and marks of any script: `\w` has no marks, and without them many a language can't be written.
_LETTERS = r"A-Za-z0-9_\u00aa-\u1fff\u2c00-\u2dff\u3005-\ud7ff\uf900-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc\uff66-\uffdc"
Basis = Annotated[str, matching(rf"[{_LETTERS} (][{_LETTERS} .()/-]{{0,79}}")]
Detail = Annotated[str, matching(rf"[{_LETTERS} (][{_LETTERS} .,()/-]{{0,99}}")]


class Found(Input, frozen=True, kw_only=True):
    """What a system answers when it is told to look. Each field only where it means something."""

    found: Literal["nothing", "some", "kept", "cannot_tell"]
    count: Annotated[int, Meta(ge=0, le=_MOST)] | None = None
    basis: Basis | None = None
    until: Instant | None = None
    detail: Detail | None = None

    def __post_init__(self) -> None:
        """A contradiction is no answer: something that counts three and calls it nothing knows neither."""
        super().__post_init__()
        is_kept = self.found == "kept"
        if (self.count and self.found in ("nothing", "cannot_tell")) or (self.count == 0 and self.found == "some"):
            raise ValueError("The count does not fit what was found.")
        if (self.basis is not None) != is_kept or (self.until is not None and not is_kept):
            raise ValueError("A basis is given for what is kept, and only for that.")
        if self.until is not None and self.until <= clock.now():
            raise ValueError("What is kept until a day that is over is kept no more.")


class WebhookHolder(Holder, frozen=True, kw_only=True):
    """`url` is asked by POST; `key` is the SSM parameter with the key that signs; `timeout` is of one call, in
    seconds."""

    url: Annotated[str, matching("https://.+", otherwise="must be an https:// address")]
    key: Annotated[str, matching(r"/[\w./-]+")]
    timeout: Annotated[float, Meta(gt=0, le=60)] = 20

    def __post_init__(self) -> None:
        try:
            hooks.checked_url(self.url)
        except ValueError as error:
            raise WrongFields(WrongField(name="url", sentence=str(error))) from None

    def erase(self, account: AccountRef, *, enough: Callable[[], bool]) -> None:  # noqa: ARG002 (it has one step)
        """202 means that it is under way: it is asked again. What else it says is not read: only a look counts."""
        if self._ask("erase", account).status == _UNDER_WAY:
            raise NotDone()

    def look(self, account: AccountRef) -> Look:
        try:
            said = json_body(self._ask("look", account).body, Found)
        except (WrongFields, TooLarge) as error:
            raise Refused(_wrong_answer(error)) from None
        return Look(found=said.found, count=said.count, basis=said.basis, until=said.until, detail=said.detail)

    def _ask(self, action: Literal["erase", "look"], account: AccountRef) -> hooks.Answered:
        message = {"action": action, "account_id": account.account_id, "generation": account.generation}
        try:
            return hooks.call(
                self.url,
                message,
                key=self.key,
                timeout_s=self.timeout,
                idempotency_key=idempotency_key(action, account),
            )
        except hooks.HookFailed as error:
            raise Refused(str(error)) from None


def idempotency_key(action: str, account: AccountRef) -> str:
    """The same for every time that this is asked about this registration of the account; it tells no id."""
    return hashlib.sha256(f"{action}.{account.account_id}.{account.generation}".encode()).hexdigest()[:32]


def _wrong_answer(error: Exception) -> str:
    """The fields of ours that were wrong; a system's own words don't get onto the ticket."""
    told = {each.name for each in error.wrong} if isinstance(error, WrongFields) else set()
    names = sorted(told & set(Found.__struct_fields__))
    return f"wrong_answer ({', '.join(names)})" if names else "wrong_answer"


KIND = WebhookHolder
