"""What brings tables of another DynamoDB back to how they were; infra/load_desk.py does it with moto's."""

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from infra.local.clients import client

IS_ELSEWHERE: Final = "AWS_ENDPOINT_URL_DYNAMODB" in os.environ
_AT_ONCE = 25  # of DynamoDB's BatchWriteItem
Items = dict[tuple[str, ...], Any]


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
