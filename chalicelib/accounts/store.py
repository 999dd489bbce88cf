"""Accounts in DynamoDB. The only file that touches the `accounts` table."""

from collections.abc import Iterable
from typing import Any, cast

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from chalicelib.accounts.account import Account, AccountId, Fields, folded
from chalicelib.problems import AccountClosing, ChangedMeanwhile, NotFound
from chalicelib.settings import settings
from chalicelib.stored import Stored
from chalicelib.transaction import Found, Refused, Together


class _NamedBySettings(type):
    @property
    def table_name(cls) -> str:
        return settings().accounts_table


class ByAddress(GlobalSecondaryIndex["AccountItem"]):
    class Meta:
        index_name = "by_address"
        projection = AllProjection()

    address = UnicodeAttribute(hash_key=True)


class AccountItem(Stored):
    class Meta(metaclass=_NamedBySettings):
        pass

    account_id = UnicodeAttribute(hash_key=True)
    generation = NumberAttribute()
    status = UnicodeAttribute()
    address = UnicodeAttribute()
    email = UnicodeAttribute()
    name = UnicodeAttribute(null=True)
    phone = UnicodeAttribute(null=True)
    company = UnicodeAttribute(null=True)
    tax_code = UnicodeAttribute(null=True)
    country = UnicodeAttribute(null=True)
    language = UnicodeAttribute(null=True)
    attributes = JSONAttribute(default=dict)
    changed_at = UTCDateTimeAttribute()
    previous_address = UnicodeAttribute(null=True)
    address_changed_at = UTCDateTimeAttribute(null=True)

    by_address = ByAddress()


class LockItem(Stored):
    """Keeps an account id from being registered anew while the account that had it is being erased."""

    class Meta(metaclass=_NamedBySettings):
        pass

    account_id = UnicodeAttribute(hash_key=True)
    number = UnicodeAttribute()


def find(account_id: str) -> Account:
    """The account as it is now (strongly consistent), or `NotFound`."""
    if found := look_for(account_id):
        return found
    raise NotFound()


def look_for(account_id: str) -> Account | None:
    try:
        return _account(AccountItem.get(account_id, consistent_read=True))
    except AccountItem.DoesNotExist:
        return None


def look_for_all(account_ids: list[str]) -> dict[str, Account]:
    """Those of these accounts that are there now (strongly consistent), by id."""
    found = AccountItem.batch_get(account_ids, consistent_read=True) if account_ids else ()
    return {item.account_id: _account(item) for item in found}


def with_address(address: str) -> list[Account]:
    """Accounts whose address on file this is, as far as the index knows (it may be a moment behind)."""
    found = AccountItem.by_address.query(folded(address), limit=20)
    return sorted((_account(item) for item in found), key=lambda account: account.account_id)


def save(accounts: Iterable[tuple[Account, Account | None]]) -> None:
    """Writes new accounts, or each the next state of what it was, all of them or none. `ChangedMeanwhile` if one is no
    longer as it was, `AccountClosing` while the account that had such an id before is still being erased."""
    together = Together()
    for account, was in accounts:
        _add_save(together, account, was)
    together.commit(AccountItem._get_connection().connection)


def _add_save(together: Together, account: Account, was: Account | None) -> None:
    same = AccountItem.account_id.does_not_exist()
    if was:
        unchanged = AccountItem.changed_at == was.changed_at
        same = (AccountItem.generation == was.generation) & (AccountItem.status == was.status) & unchanged

    def changed(found: Found) -> bool:
        if found and _account(AccountItem.from_raw_data(found)) == account:
            return True  # our own write, its answer was lost
        raise ChangedMeanwhile()

    def closing(_: Found) -> bool:
        raise AccountClosing()

    together.check(LockItem, _lock(account.account_id), only_if=LockItem.account_id.does_not_exist(), refused=closing)
    together.put(_item(account), only_if=same, refused=changed)


def lock(together: Together, account_id: str, number: str) -> None:
    """Adds: nobody registers this id anew until `unlock`. Between the record's erasing and the last look at every
    holder a new customer's data could not be told from the old one's (rule 3)."""
    free_or_ours = LockItem.account_id.does_not_exist() | (LockItem.number == number)
    together.put(LockItem(_lock(account_id), number=number), only_if=free_or_ours)


def unlock(together: Together, account_id: str) -> None:
    """Adds: the id may be registered anew."""
    together.delete(LockItem(_lock(account_id)))


def _lock(account_id: str) -> str:
    return f"closing#{account_id}"  # no account id holds a #


def freeze(together: Together, account: Account) -> None:
    """Adds: the account is closing from now on, if it still is the one that is meant and as it was read.

    One that an earlier attempt froze already is frozen again, which changes nothing.
    """
    same = (AccountItem.generation == account.generation) & (AccountItem.changed_at == account.changed_at)
    together.update(AccountItem(account.account_id), [AccountItem.status.set("closing")], only_if=same)


def delete(together: Together, account_id: str, generation: int, *, refused: Refused) -> None:
    """Adds: the account record goes, if it is of this generation and frozen."""
    same = (AccountItem.generation == generation) & (AccountItem.status == "closing")
    together.delete(AccountItem(account_id), only_if=same, refused=refused)


def must_be_gone(together: Together, account_id: str) -> None:
    """Adds: only while no account record of this id is there."""
    together.check(AccountItem, account_id, only_if=AccountItem.account_id.does_not_exist())


def _account(item: AccountItem) -> Account:
    fields = Fields(
        email=item.email,
        name=item.name,
        phone=item.phone,
        company=item.company,
        tax_code=item.tax_code,
        country=item.country,
        language=cast("Any", item.language),
        attributes=item.attributes or {},
    )
    return Account(
        account_id=AccountId(item.account_id),
        generation=int(item.generation),
        status=cast("Any", item.status),
        fields=fields,
        changed_at=item.changed_at,
        previous_address=item.previous_address,
        address_changed_at=item.address_changed_at,
    )


def _item(account: Account) -> AccountItem:
    said = account.fields
    return AccountItem(
        account.account_id,
        generation=account.generation,
        status=account.status,
        address=account.address,
        email=said.email,
        name=said.name,
        phone=said.phone,
        company=said.company,
        tax_code=said.tax_code,
        country=said.country,
        language=said.language,
        attributes=said.attributes,
        changed_at=account.changed_at,
        previous_address=account.previous_address,
        address_changed_at=account.address_changed_at,
    )
