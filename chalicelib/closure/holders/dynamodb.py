"""Holder kind `dynamodb`: the items of a table under the account's key, or found by an index."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from chalicelib import clients
from chalicelib.closure.holders import Holder, NotDone, Template, filled
from chalicelib.closure.ledger import Look
from chalicelib.tickets.ticket import AccountRef

_AT_ONCE = 25  # of DynamoDB's BatchWriteItem
Item = dict[str, Any]


@cache
def _client() -> Any:
    return clients.client("dynamodb", connect_timeout=5, read_timeout=20)


@cache
def _keys_of(table: str) -> tuple[str, ...]:
    described = _client().describe_table(TableName=table)["Table"]["KeySchema"]
    return tuple(each["AttributeName"] for each in described)


class DynamoDbHolder(Holder, frozen=True, kw_only=True):
    """`key`: the attribute that holds the account, of the table itself or of `index`; `value`: what stands in it.

    An index answers eventually. It may still show what is gone, or moved to another account: by an index each item is
    erased only while it is the account's. What it shows late, a look finds that comes after it has settled.
    """

    table: str
    key: str
    index: str | None = None
    value: Template = "{account_id}"

    @property
    def settles_in(self) -> int:
        return 10 if self.index else 0

    def erase(self, account: AccountRef, *, enough: Callable[[], bool]) -> None:
        is_left = False
        for page in self._pages(account):
            for start in range(0, len(page), _AT_ONCE):
                is_left |= not self._delete(page[start : start + _AT_ONCE], account)
                if enough():
                    raise NotDone()
        if is_left:
            raise NotDone()

    def look(self, account: AccountRef) -> Look:
        count = sum(len(page) for page in self._pages(account))
        return Look(found="some", count=count) if count else Look(found="nothing")

    def _pages(self, account: AccountRef) -> Iterator[list[Item]]:
        """The keys of the account's items, page by page, strongly consistent where DynamoDB can be."""
        keys = _keys_of(self.table)
        asked: dict[str, Any] = {
            "TableName": self.table,
            "KeyConditionExpression": "#k = :a",
            "ExpressionAttributeNames": {"#k": self.key} | {f"#p{nth}": name for nth, name in enumerate(keys)},
            "ExpressionAttributeValues": {":a": {"S": filled(self.value, account)}},
            "ProjectionExpression": ", ".join(f"#p{nth}" for nth in range(len(keys))),
        }
        asked |= {"IndexName": self.index} if self.index else {"ConsistentRead": True}
        while True:
            answer = _client().query(**asked)
            yield answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            asked["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _delete(self, keys: list[Item], account: AccountRef) -> bool:
        """Whether all of them went; DynamoDB leaves some over when it is too busy."""
        if self.index:
            for key in keys:
                self._delete_if_still_theirs(key, account)
            return True
        asked = {self.table: [{"DeleteRequest": {"Key": key}} for key in keys]}
        return not _client().batch_write_item(RequestItems=asked).get("UnprocessedItems")

    def _delete_if_still_theirs(self, key: Item, account: AccountRef) -> None:
        client = _client()
        try:
            client.delete_item(
                TableName=self.table,
                Key=key,
                ConditionExpression="#k = :a",
                ExpressionAttributeNames={"#k": self.key},
                ExpressionAttributeValues={":a": {"S": filled(self.value, account)}},
            )
        except client.exceptions.ConditionalCheckFailedException:
            return  # gone already, or another account's by now


KIND = DynamoDbHolder
