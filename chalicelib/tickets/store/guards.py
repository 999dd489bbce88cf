"""Small items that keep something from happening twice, or too often."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from pynamodb.exceptions import DeleteError, PutError

from chalicelib.problems import ClosureAlreadyOpen, KeyUsedDifferently, OnHold, TooMany
from chalicelib.tickets.store.items import GuardItem, connection
from chalicelib.tickets.ticket import AccountRef
from chalicelib.transaction import Found, Together

MUTED_FOR = timedelta(days=30)
_BRAKE, _BEGUN = "brake", "brake#begun"
_HOUR = timedelta(hours=1)


class AnsweredBefore(Exception):
    """The same Idempotency-Key with the same body: `answer` is what was answered then."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__("answered before")
        self.answer = answer


class SeenBefore(Exception):
    """This letter was taken in before; `number` is its ticket, or None if it lies in quarantine."""

    def __init__(self, number: str | None, letter_id: str) -> None:
        super().__init__("seen before")
        self.number = number
        self.letter_id = letter_id


class CodeLives(Exception):
    """A code for this account lives, or requests from outside are muted; `number` is the ticket it belongs to."""

    def __init__(self, number: str) -> None:
        super().__init__("code lives")
        self.number = number


class BrakeIsOn(Exception):
    """Too many closures began within an hour: none begins until an admin releases the brake."""


class BegunMeanwhile(Exception):
    """Another closure began in this instant: count again."""


def closure_key(account: AccountRef) -> str:
    return f"guard#closure#{account.account_id}#{account.generation}"


def one_closure(together: Together, account: AccountRef, number: str) -> None:
    """Adds rule 4: one proved closure ticket for an account and generation."""

    def refused(found: Found) -> bool:
        raise ClosureAlreadyOpen(number=found["number"]["S"] if found else number)

    ours_or_free = GuardItem.pk.does_not_exist() | (GuardItem.number == number)
    together.put(GuardItem(closure_key(account), "guard", number=number), only_if=ours_or_free, refused=refused)


def free_closure(together: Together, account: AccountRef, number: str) -> None:
    """Adds: this ticket no longer is the account's closure."""
    ours = GuardItem.pk.does_not_exist() | (GuardItem.number == number)
    together.delete(GuardItem(closure_key(account), "guard"), only_if=ours)


def holder_of_closure(account: AccountRef) -> str | None:
    return _number(closure_key(account))


def waiting(account: AccountRef) -> str | None:
    """The ticket that waits, or last waited, for this account's code."""
    return _number(code_key(account))


def code_key(account: AccountRef) -> str:
    return f"guard#code#{account.account_id}#{account.generation}"


def one_code(
    together: Together, account: AccountRef, number: str, *, now: datetime, until: datetime, waits_until: datetime
) -> None:
    """Adds: while this code lives, requests from outside for the account join the ticket and send nothing.

    The pointer stays as long as the ticket may wait for proof: a sign-in finds the ticket by it.
    """

    def refused(found: Found) -> bool:
        raise CodeLives(found["number"]["S"] if found else number)

    free = GuardItem.pk.does_not_exist() | (GuardItem.number == number) | (GuardItem.until <= now)
    item = GuardItem(code_key(account), "guard", number=number, until=until, expires=_seconds(waits_until))
    together.put(item, only_if=free, refused=refused)


def none_waits(together: Together, account: AccountRef) -> None:
    """Adds: no unproved ticket waits for this account's code. On commit raises `CodeLives` with its number."""

    def refused(_: Found) -> bool:
        raise CodeLives(_number(code_key(account)) or "")

    none = GuardItem.pk.does_not_exist()
    together.check(GuardItem, code_key(account), "guard", only_if=none, refused=refused)


def mute(together: Together, account: AccountRef, number: str, *, until: datetime) -> None:
    """Adds: requests from outside send nothing until then, or for as long as they did already ("not me")."""
    known = _look_for(code_key(account))
    longest = max(until, known.until) if known and known.until else until
    kept_until = max(_seconds(longest), int(known.expires or 0) if known else 0)
    together.put(GuardItem(code_key(account), "guard", number=number, until=longest, expires=kept_until))


def free_code(account: AccountRef, number: str, *, until: datetime) -> bool:
    """The code of a ticket that waits no more stands in no request's way. False where "not me" outlasts `until`."""
    connection()
    try:
        GuardItem(code_key(account), "guard").delete((GuardItem.number == number) & (GuardItem.until <= until))
    except DeleteError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return waiting(account) != number
    return True


def _hold_key(account: AccountRef) -> str:
    return f"hold#{account.account_id}#{account.generation}"


def hold(together: Together, account: AccountRef, number: str) -> None:
    """Adds: an admin's hold on this account."""
    together.put(GuardItem(_hold_key(account), "guard", number=number))


def release(together: Together, account: AccountRef) -> None:
    """Adds: no hold on this account any more."""
    together.delete(GuardItem(_hold_key(account), "guard"))


def is_held(account: AccountRef) -> bool:
    return _look_for(_hold_key(account)) is not None


def must_not_be_held(together: Together, account: AccountRef) -> None:
    """Adds: only while no hold stands on this account. On commit raises `OnHold`."""

    def refused(_: Found) -> bool:
        raise OnHold()

    none = GuardItem.pk.does_not_exist()
    together.check(GuardItem, _hold_key(account), "guard", only_if=none, refused=refused)


def within_budget(
    together: Together, name: str, *, most: int, again_at: datetime, refused: Callable[[Found], bool] | None = None
) -> None:
    """Adds one to a budget that starts anew at `again_at`; `TooMany` when `most` are used up."""

    def too_many(_: Found) -> bool:
        raise TooMany(again_at=again_at)

    item = GuardItem(f"budget#{name}", "guard")
    actions = [
        GuardItem.used.set((GuardItem.used | 0) + 1),
        GuardItem.item.set(GuardItem),
        GuardItem.expires.set(_seconds(again_at + timedelta(days=1))),
    ]
    room = GuardItem.used.does_not_exist() | (GuardItem.used < most)
    together.update(item, actions, only_if=room, refused=refused or too_many)


def begin_within_brake(together: Together, *, most: int, at: datetime) -> None:
    """Adds one closure begun. `TooMany` when as many as may be began in the hour before; on commit `BrakeIsOn`, or
    `BegunMeanwhile`."""

    def on(_: Found) -> bool:
        raise BrakeIsOn()

    def meanwhile(_: Found) -> bool:
        raise BegunMeanwhile()

    known = _look_for(_BEGUN)
    begun = [each for each in known.data["begun"] if each > _seconds(at - _HOUR)] if known and known.data else []
    if len(begun) >= most:
        raise TooMany(again_at=at + _HOUR)
    together.check(GuardItem, _BRAKE, "guard", only_if=GuardItem.pk.does_not_exist(), refused=on)
    turn = int(known.used or 0) if known else 0
    unchanged = GuardItem.used == turn if known else GuardItem.pk.does_not_exist()
    item = GuardItem(_BEGUN, "guard", used=turn + 1, expires=_seconds(at + 2 * _HOUR))
    item.data = {"begun": [*begun, _seconds(at)]}
    together.put(item, only_if=unchanged, refused=meanwhile)


def pull_brake(*, at: datetime) -> bool:
    """No closure begins until an admin releases the brake. False where another pulled it before."""
    connection()
    try:
        GuardItem(_BRAKE, "guard", until=at).save(condition=GuardItem.pk.does_not_exist())
    except PutError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return False
    return True


def release_brake() -> None:
    """Closures begin again; the count starts anew."""
    connection()
    GuardItem(_BEGUN, "guard").delete()
    GuardItem(_BRAKE, "guard").delete()


def braked_since() -> datetime | None:
    item = _look_for(_BRAKE)
    return item.until if item else None


class Once(Struct, frozen=True, kw_only=True):
    """An Idempotency-Key of one person, and the digest of the body that came with it."""

    key: str
    digest: str


def once(who: str, key: str, body: bytes) -> Once:
    hashed = hashlib.sha256(f"{who}\0{key}".encode()).hexdigest()
    return Once(key=f"once#{hashed}", digest=hashlib.sha256(body).hexdigest())


def answered_once(together: Together, what: Once, answer: dict[str, Any], *, now: datetime) -> None:
    """Adds the answer, kept for 24 hours. On commit raises `AnsweredBefore`, or `KeyUsedDifferently`."""

    def refused(found: Found) -> bool:
        raise before(GuardItem.from_raw_data(found), what) if found else KeyUsedDifferently()

    until = now + timedelta(hours=24)
    item = GuardItem(what.key, "guard", body=what.digest, data=answer, until=until, expires=_seconds(until))
    together.put(item, only_if=GuardItem.pk.does_not_exist() | (GuardItem.until <= now), refused=refused)


def before(item: GuardItem, what: Once) -> Exception:
    return AnsweredBefore(item.data or {}) if item.body == what.digest else KeyUsedDifferently()


def forget_answer(key: str) -> None:
    """Deletes a kept answer before its time: its ticket is being shrunk."""
    connection()
    GuardItem(key, "guard").delete()


def seen(together: Together, key: str, *, number: str | None, letter_id: str, until: datetime) -> None:
    """Adds: this letter was taken in. On commit raises `SeenBefore` if it was already."""

    def refused(found: Found) -> bool:
        first = GuardItem.from_raw_data(found) if found else item
        raise SeenBefore(first.number, first.body or letter_id)

    item = GuardItem(f"seen#{key}", "guard", number=number, body=letter_id, until=until, expires=_seconds(until))
    together.put(item, only_if=GuardItem.pk.does_not_exist(), refused=refused)


def seen_again(together: Together, key: str, *, number: str | None, letter_id: str, until: datetime) -> None:
    """Adds: the letter was taken in, whether or not it was before."""
    together.put(GuardItem(f"seen#{key}", "guard", number=number, body=letter_id, until=until, expires=_seconds(until)))


def remember_sent(together: Together, ses_id: str, *, number: str, seat: str, until: datetime) -> None:
    """Adds: the mail with this SES id was sent for this ticket, at this seat; answers to it thread by it."""
    data = {"seat": seat}
    together.put(GuardItem(f"sent#{ses_id}", "guard", number=number, data=data, expires=_seconds(until)))


def sent(ses_id: str) -> tuple[str, str] | None:
    """The ticket, and the seat (whose link and reply address it carries) of the mail with this SES id."""
    item = _look_for(f"sent#{ses_id}")
    return (item.number, (item.data or {})["seat"]) if item and item.number else None


def suppress(address_hash: str, *, at: datetime) -> None:
    """No more mail to this address: it bounced for good, or its owner complained."""
    connection()
    GuardItem(f"suppressed#{address_hash}", "guard", until=at).save()


def is_suppressed(address_hash: str) -> bool:
    return _look_for(f"suppressed#{address_hash}") is not None


def _number(key: str) -> str | None:
    item = _look_for(key)
    return item.number if item else None


def _look_for(key: str) -> GuardItem | None:
    connection()
    try:
        return GuardItem.get(key, "guard", consistent_read=True)
    except GuardItem.DoesNotExist:
        return None


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
