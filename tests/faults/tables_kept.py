"""What brings tables back to how they were: moto's, and those of another DynamoDB, which has no such thing."""

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from moto.dynamodb.models import dynamodb_backends

from infra.local.clients import client
from infra.local.where import ACCOUNT, REGION

IS_ELSEWHERE: Final = "AWS_ENDPOINT_URL_DYNAMODB" in os.environ
_AT_ONCE = 25  # of DynamoDB's BatchWriteItem
Items = dict[tuple[str, ...], Any]


def in_moto(names: Sequence[str]) -> Callable[[], None]:
    """What brings moto's tables, and their streams, back to how they are now."""
    tables = [dynamodb_backends[ACCOUNT][REGION].tables[each] for each in names]
    kept = [(each, _copied(each), len(each.stream_shard.items) if each.stream_shard else 0) for each in tables]

    def back() -> None:
        for table, items, length in kept:
            table.items.clear()
            for key, held in items.items():
                table.items[key] = dict(held) if isinstance(held, dict) else held
            if table.stream_shard:
                del table.stream_shard.items[length:]

    return back


def _copied(table: Any) -> dict[str, Any]:
    """moto exchanges an item, it never changes one (infra/local/transactions.py): the dictionaries are all to keep."""
    return {key: dict(held) if isinstance(held, dict) else held for key, held in table.items.items()}


def elsewhere(names: Sequence[str]) -> Callable[[], None]:
    """What brings another DynamoDB's tables back to how they are now. Its streams go on to tell of all that was."""
    kept = {each: _items(each) for each in names}

    def back() -> None:
        for name, items in kept.items():
            writes = [*_needed(_items(name), items, _keys(name))]
            for start in range(0, len(writes), _AT_ONCE):
                client("dynamodb").batch_write_item(RequestItems={name: writes[start : start + _AT_ONCE]})

    return back


def _keys(name: str) -> list[str]:
    described = client("dynamodb").describe_table(TableName=name)["Table"]["KeySchema"]
    return [each["AttributeName"] for each in described]


def _items(name: str) -> Items:
    keys = _keys(name)
    pages = client("dynamodb").get_paginator("scan").paginate(TableName=name, ConsistentRead=True)
    return {tuple(item[key]["S"] for key in keys): item for page in pages for item in page["Items"]}


def _needed(now: Items, then: Items, keys: list[str]) -> Iterator[dict[str, Any]]:
    for key in now.keys() - then.keys():
        yield {"DeleteRequest": {"Key": {name: now[key][name] for name in keys}}}
    for key, item in then.items():
        if now.get(key) != item:
            yield {"PutRequest": {"Item": item}}
