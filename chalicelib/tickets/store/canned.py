"""Prepared answers for agents: one item, replaced whole."""

import json
from typing import Any

from chalicelib.problems import ChangedMeanwhile, TooLarge
from chalicelib.reading import LARGEST_BODY
from chalicelib.tickets.store.items import GuardItem, connection
from chalicelib.transaction import Found, Together

_KEY = "canned-replies"


def read() -> tuple[int, list[dict[str, str]]]:
    """Version and answers; version 0 as long as there are none."""
    connection()
    try:
        item = GuardItem.get(_KEY, "guard", consistent_read=True)
    except GuardItem.DoesNotExist:
        return 0, []
    return int(item.used or 0), json.loads(item.body or "[]")


def replace(answers: list[dict[str, str]], *, expected_version: int) -> int:
    """The new version. `ChangedMeanwhile` if it isn't the expected one that is replaced, `TooLarge` for more than a
    request may hold: the page sends one answer, and all of them are kept as one item."""
    # As it is read, not escaped: what fits into a request then fits into an item.
    body = json.dumps(answers, ensure_ascii=False, separators=(",", ":"))
    if len(body.encode()) > LARGEST_BODY:
        raise TooLarge()
    item = GuardItem(_KEY, "guard", used=expected_version + 1, body=body)

    def refused(found: Found) -> bool:
        if found and _is_ours(found, item):
            return True
        raise ChangedMeanwhile()

    is_expected: Any = GuardItem.used == expected_version if expected_version else GuardItem.pk.does_not_exist()
    together = Together()
    together.put(item, only_if=is_expected, refused=refused)
    together.commit(connection())
    return expected_version + 1


def _is_ours(found: dict[str, dict[str, Any]], item: GuardItem) -> bool:
    there = GuardItem.from_raw_data(found)
    return (there.used, there.body) == (item.used, item.body)
