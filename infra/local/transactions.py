"""Transactions without moto's copy of the whole table.

moto copies every item of a table for each item of a transaction, to put them back if the transaction is cancelled:
75 ms at a thousand items. Here only the items that the transaction names are remembered, and put back.
"""

import copy
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import moto.dynamodb.models
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table

from infra.local.seams import replaced


@contextmanager
def quick_transactions() -> Iterator[None]:
    with ExitStack() as seams:
        seams.enter_context(replaced(moto.dynamodb.models, "copy", lambda _: _Copies()))
        seams.enter_context(replaced(DynamoDBBackend, "update_item", _on_a_copy))
        seams.enter_context(replaced(DynamoDBBackend, "transact_write_items", _all_or_nothing))
        yield


class _Copies:
    """In the place of the module `copy`: the table that moto keeps for later is the table itself."""

    @staticmethod
    def copy(thing: Any) -> Any:
        return copy.copy(thing)

    @staticmethod
    def deepcopy(thing: Any) -> Any:
        return thing if isinstance(thing, Table) else copy.deepcopy(thing)


def _all_or_nothing(original: Callable[..., None]) -> Callable[..., None]:
    def transact_write_items(backend: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
        before = [each for each in (_as_it_is(backend, item) for item in transact_items) if each]
        try:
            original(backend, transact_items)
        except BaseException:
            for put_back in reversed(before):
                put_back()
            raise

    return transact_write_items


def _as_it_is(backend: DynamoDBBackend, item: dict[str, Any]) -> Callable[[], None] | None:
    """What puts one item of a transaction, and the stream, back to where they are now."""
    kind, said = next(iter(item.items()))
    table = backend.tables.get(said.get("TableName"))
    key = said.get("Item" if kind == "Put" else "Key", {})
    if table is None or table.hash_key_attr not in key:
        return None  # moto refuses it
    holder, place = _seat(table, key)
    there: Item | None = holder.get(place) if place is not None else None
    count = len(table.stream_shard.items) if table.stream_shard else 0

    def put_back() -> None:
        if there is not None:
            holder[place] = there
        else:
            holder.pop(place, None)
        if table.stream_shard:
            del table.stream_shard.items[count:]

    return put_back


def _on_a_copy(original: Callable[..., Any]) -> Callable[..., Any]:
    """moto updates an item in place; who remembers the item as it was must not see it change."""

    def update_item(backend: DynamoDBBackend, table_name: str, key: dict[str, Any], *args: Any, **given: Any) -> Any:
        table = backend.get_table(table_name)
        holder, place = _seat(table, key)
        if isinstance(there := holder.get(place), Item):
            holder[place] = copy.deepcopy(there)
        return original(backend, table_name, key, *args, **given)

    return update_item


def _seat(table: Table, key: dict[str, Any]) -> tuple[dict[Any, Any], Any]:
    """The dictionary in which moto holds (or would hold) the item with this key, and its key there."""
    items: Any = table.items
    place = DynamoType(key[table.hash_key_attr])
    if table.range_key_attr is None:
        return items, place
    return items[place], DynamoType(key[table.range_key_attr]) if table.range_key_attr in key else None
