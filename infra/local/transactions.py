"""Transactions without moto's copy of the whole table.

moto copies every item of a table before each transaction, to put it back if the transaction is cancelled: 75 ms at a
thousand items. Here the copy shares the items, and an update changes a copy of its item.
"""

import copy
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import moto.dynamodb.models
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table

from infra.local.seams import replaced


@contextmanager
def quick_transactions() -> Iterator[None]:
    with ExitStack() as seams:
        seams.enter_context(replaced(moto.dynamodb.models, "copy", lambda _: _Copies()))
        seams.enter_context(replaced(DynamoDBBackend, "update_item", _on_a_copy))
        yield


class _Copies:
    """In the place of the module `copy`."""

    @staticmethod
    def copy(thing: Any) -> Any:
        return copy.copy(thing)

    @staticmethod
    def deepcopy(thing: Any) -> Any:
        return sharing_items(thing) if isinstance(thing, Table) else copy.deepcopy(thing)


def sharing_items(table: Table) -> Table:
    """The table as it stands: items may come and go in the original, each item is the same object in both."""
    snapshot = copy.copy(table)
    items: Any = table.items
    if table.has_range_key:
        snapshot.items = defaultdict(dict)
        for key, held in items.items():
            snapshot.items[key] = dict(held)
    else:
        snapshot.items = items.copy()  # hashes no key anew, which in moto is Python
    if table.stream_shard:
        snapshot.stream_shard = copy.copy(table.stream_shard)
        snapshot.stream_shard.items = list(table.stream_shard.items)
        snapshot.stream_shard.table = snapshot
    return snapshot


def _on_a_copy(original: Callable[..., Any]) -> Callable[..., Any]:
    """moto updates an item in place; a snapshot that shares it must not change with it."""

    def update_item(backend: DynamoDBBackend, table_name: str, key: dict[str, Any], *args: Any, **given: Any) -> Any:
        table = backend.get_table(table_name)
        items: Any = table.items
        holder, place = items, DynamoType(key[table.hash_key_attr])
        if table.range_key_attr in key and place in items:
            holder, place = items[place], DynamoType(key[table.range_key_attr])
        if place in holder and not isinstance(holder[place], dict):
            holder[place] = copy.deepcopy(holder[place])
        return original(backend, table_name, key, *args, **given)

    return update_item
