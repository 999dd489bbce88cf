"""Reading tables at a steady pace: moto sorts a whole table for each query, and looks at each value six times.

Each of these gives what moto gives (a test holds them against it), sooner.
"""

import copy
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from moto.core.serialize import BaseJSONSerializer
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table

from infra.local.seams import replaced

_PLAIN = {"S": str, "N": str, "BOOL": bool, "NULL": bool, "SS": list, "NS": list}
_INDEX_NAME = 6
"""Its place among what `Table.query` is given after the key."""


@contextmanager
def quick_tables() -> Iterator[None]:
    with ExitStack() as seams:
        seams.enter_context(replaced(Table, "query", _of_one_partition))
        seams.enter_context(replaced(Table, "all_items", _sorted_by_value))
        seams.enter_context(replaced(BaseJSONSerializer, "_serialize_type_structure", _values_as_they_are))
        yield


def _of_one_partition(original: Callable[..., Any]) -> Callable[..., Any]:
    """A query of a table that holds nothing but what the query's own key can find."""

    def query(table: Table, hash_key: DynamoType | None, *args: Any, **given: Any) -> Any:
        part = copy.copy(table)
        if args[_INDEX_NAME]:
            part.items = _with_attributes(table, given.get("hash_key_conditions") or [])
        elif hash_key is not None:
            items: Any = table.items
            part.items = {hash_key: items[hash_key]} if hash_key in items else {}  # type: ignore[assignment]
        return original(part, hash_key, *args, **given)

    return query


def _with_attributes(table: Table, wanted: list[tuple[str, DynamoType]]) -> Any:
    """The items that have these values, held as the table holds them. moto looks at them again, one by one."""
    found: dict[Any, Any] = {}
    for item in _items(table):
        if all(_is(item.attrs.get(name), value) for name, value in wanted):
            if table.range_key_attr:
                found.setdefault(item.hash_key, {})[item.range_key] = item
            else:
                found[item.hash_key] = item
    return found


def _is(there: DynamoType | None, wanted: DynamoType) -> bool:
    if there is None or there.type != wanted.type:
        return False
    return bool(there.value == wanted.value if wanted.type == "S" else there == wanted)


def _sorted_by_value(_original: Callable[..., Any]) -> Callable[[Table], list[Item]]:
    """By what the keys' values are worth; moto works that out anew for each pair that it compares."""

    def all_items(table: Table) -> list[Item]:
        return sorted(_items(table), key=_order)

    return all_items


def _order(item: Item) -> tuple[Any, ...]:
    return (item.hash_key.cast_value, item.range_key.cast_value) if item.range_key else (item.hash_key.cast_value,)


def _items(table: Table) -> Iterator[Item]:
    items: Any = table.items
    for held in items.values():
        if table.range_key_attr:
            yield from held.values()
        else:
            yield held


def _values_as_they_are(original: Callable[..., None]) -> Callable[..., None]:
    """moto looks for each of the ten types that an attribute's value may have, under six names."""

    def _serialize_type_structure(serializer: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
        if shape.name == "AttributeValue" and key and _is_plain(value):
            serialized[key] = value
        else:
            original(serializer, serialized, value, shape, key)

    return _serialize_type_structure


def _is_plain(value: Any) -> bool:
    """Whether it is of a type that stands in JSON as it stands in the table, all the way down."""
    if not isinstance(value, dict) or len(value) != 1:
        return False
    ((kind, held),) = value.items()
    if kind == "M":
        return isinstance(held, dict) and all(map(_is_plain, held.values()))
    if kind == "L":
        return isinstance(held, list) and all(map(_is_plain, held))
    return kind in _PLAIN and isinstance(held, _PLAIN[kind])
