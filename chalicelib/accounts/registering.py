"""Registers accounts, or replaces what is known of them: one by one as calls bring them, or many from a file."""

from collections.abc import Mapping

from chalicelib import clock
from chalicelib.accounts import account as rules
from chalicelib.accounts import store
from chalicelib.accounts.account import Account, AccountId, Fields
from chalicelib.language import N_
from chalicelib.problems import AccountClosing, Busy, ChangedMeanwhile
from chalicelib.reading import WrongField, WrongFields
from chalicelib.settings import settings

NOT_OURS = N_("This is the desk's own address; an account must have its customer's.")
AT_ONCE = 50
"""How many accounts `register_all` takes: each is a check of its lock and a write, and DynamoDB takes a hundred."""
_TURNS = 10


def register(account_id: str, fields: Fields) -> tuple[Account, bool]:
    """The account as it is now, and whether it is a new one (also one whose id was erased before: that is a new
    generation). Raises `AccountClosing`, `Busy`, or `WrongFields` for the desk's own address."""
    _refuse_own_address(fields.email)
    for _ in range(_TURNS):
        old = store.look_for(account_id)
        try:
            new = _next(account_id, fields, old)
            store.save([(new, old)])
        except ChangedMeanwhile:  # another call was faster; ours comes after it
            continue
        return new, old is None
    raise Busy()


Outcome = str | AccountClosing | Busy | WrongFields
"""What became of an account in `register_all`: `new`, `replaced`, `unchanged`, or why it was refused."""


def register_all(wanted: Mapping[str, Fields]) -> dict[str, Outcome]:
    """What `register` does, for at most `AT_ONCE` accounts in one read and one transaction. One that stands there
    already just as wanted is left as it is, so that a repeat writes nothing."""
    known = store.look_for_all(list(wanted))
    outcomes: dict[str, Outcome] = {}
    writes: list[tuple[Account, Account | None]] = []
    for account_id, fields in wanted.items():
        old = known.get(account_id)
        try:
            _refuse_own_address(fields.email)
            new = _next(account_id, fields, old)
        except (AccountClosing, WrongFields) as refused:
            outcomes[account_id] = refused
            continue
        if old and old.fields == fields:
            outcomes[account_id] = "unchanged"
            continue
        writes.append((new, old))
        outcomes[account_id] = "replaced" if old else "new"
    try:
        if writes:
            store.save(writes)
    except (ChangedMeanwhile, AccountClosing, Busy):  # one of them stood in the way of all: each by itself, then
        outcomes |= {new.account_id: _register_one(new.account_id, new.fields) for new, _ in writes}
    return outcomes


def _register_one(account_id: str, fields: Fields) -> Outcome:
    try:
        return "new" if register(account_id, fields)[1] else "replaced"
    except (AccountClosing, Busy) as refused:
        return refused


def _next(account_id: str, fields: Fields, old: Account | None) -> Account:
    if old and old.status == "closing":
        raise AccountClosing()
    now = clock.now()
    return rules.replaced(old, fields, at=now) if old else rules.registered(AccountId(account_id), fields, at=now)


def _refuse_own_address(email: str) -> None:
    if rules.folded(email) == rules.folded(settings().support_address):
        raise WrongFields(WrongField(name="email", sentence=NOT_OURS))
