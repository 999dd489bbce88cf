"""Holder kind `dynamodb`: the items of a table under the account's key, or found by an index."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from chalicelib.closure.ledger import Look
from chalicelib.tickets.ticket import AccountRef


@cache
def _client() -> Any:
    import boto3

    return boto3.client("dynamodb")


@cache
def _keys_of(table: str) -> tuple[str, ...]:
    described = _client().describe_table(TableName=table)["Table"]["KeySchema"]
    return tuple(each["AttributeName"] for each in described)


@dataclass(frozen=True, kw_only=True)
class DynamoDbHolder:
    """`key`: the attribute that holds the account id, of the table itself or of `index`.

    An index answers eventually: what it shows late is found by the second look, and by the nightly ones.
    """

    table: str
    key: str
    index: str | None = None

    def erase(self, account: AccountRef, *, enough: Callable[[], bool]) -> None:
        from chalicelib.closure.holders import NotDone

        for page in self._pages(account):
            for start in range(0, len(page), 25):
                self._delete(page[start : start + 25])
            if enough():
                raise NotDone()

    def look(self, account: AccountRef) -> Look:
        count = sum(len(page) for page in self._pages(account))
        return Look(found="some", count=count) if count else Look(found="nothing")

    def _pages(self, account: AccountRef) -> Iterator[list[dict[str, Any]]]:
        """The keys of the account's items, page by page, strongly consistent where DynamoDB can be."""
        keys = _keys_of(self.table)
        asked: dict[str, Any] = {
            "TableName": self.table,
            "KeyConditionExpression": "#k = :a",
            "ExpressionAttributeNames": {"#k": self.key} | {f"#p{nth}": name for nth, name in enumerate(keys)},
            "ExpressionAttributeValues": {":a": {"S": account.account_id}},
            "ProjectionExpression": ", ".join(f"#p{nth}" for nth in range(len(keys))),
        }
        asked |= {"IndexName": self.index} if self.index else {"ConsistentRead": True}
        while True:
            answer = _client().query(**asked)
            yield answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            asked["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _delete(self, keys: list[dict[str, Any]]) -> None:
        left: dict[str, Any] = {self.table: [{"DeleteRequest": {"Key": key}} for key in keys]} if keys else {}
        while left:
            left = _client().batch_write_item(RequestItems=left).get("UnprocessedItems", {})
