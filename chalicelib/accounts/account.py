"""An account: who a customer is to the company. Pure rules."""

from datetime import datetime, timedelta
from typing import Literal, NewType

from msgspec import Struct, field
from msgspec.structs import replace

AccountId = NewType("AccountId", str)
SUSPICIOUS_FOR = timedelta(days=30)


class Fields(Struct, frozen=True, kw_only=True):
    """What another system may say of an account; a PUT replaces all of it."""

    email: str
    name: str | None = None
    phone: str | None = None
    company: str | None = None
    tax_code: str | None = None
    country: str | None = None
    language: Literal["vi", "en"] | None = None
    attributes: dict[str, str] = field(default_factory=dict)


class Account(Struct, frozen=True, kw_only=True):
    """`generation` is the instant of registration in milliseconds: it grows whenever an id is registered anew."""

    account_id: AccountId
    generation: int
    status: Literal["active", "closing"]
    fields: Fields
    changed_at: datetime
    previous_address: str | None = None
    address_changed_at: datetime | None = None

    @property
    def address(self) -> str:
        return folded(self.fields.email)

    def has_new_address(self, at: datetime) -> bool:
        """Whether the address on file is younger than 30 days: then no code goes there, an agent reviews."""
        return self.address_changed_at is not None and at < self.address_changed_at + SUSPICIOUS_FOR


def folded(address: str) -> str:
    """An address as it is compared: providers treat case alike, whatever RFC 5321 allows them."""
    return address.strip().casefold()


def registered(account_id: AccountId, fields: Fields, *, at: datetime) -> Account:
    generation = int(at.timestamp() * 1000)
    return Account(account_id=account_id, generation=generation, status="active", fields=fields, changed_at=at)


def replaced(account: Account, fields: Fields, *, at: datetime) -> Account:
    """The account with all fields replaced. A changed address is remembered for 30 days beside the new one."""
    if folded(fields.email) == account.address:
        return replace(account, fields=fields, changed_at=at)
    previous = _before(account, fields.email, at=at)
    return replace(account, fields=fields, changed_at=at, previous_address=previous, address_changed_at=at)


def _before(account: Account, email: str, *, at: datetime) -> str | None:
    """The address that stood there before anybody changed it: a thief who changes it twice must not be the one whom
    the desk warns. None where that very address is put back."""
    trusted = (account.has_new_address(at) and account.previous_address) or account.fields.email
    return trusted if folded(trusted) != folded(email) else None
