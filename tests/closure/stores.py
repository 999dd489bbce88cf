"""A whole company for tests of closures: an account, and something of it in a system of each kind.

Each store can be written to, counted, and made to fail; none of that goes by the holder that is tested.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from infra.local.faults import Fault, Faults
from infra.local.seeds import FILES, ORDERS
from tests.closure.company import Company, Heard, Reply, aws

MANY = 10_000
"""More than all tries together."""
EVENTS = "dev-events"

LISTED = {
    "orders": 'kind = "dynamodb"\ntable = "{stage}-orders"\nkey = "account_id"',
    "events": 'kind = "dynamodb"\ntable = "{stage}-events"\nkey = "account_id"\nindex = "by_account"',
    "files": 'kind = "s3"\nbucket = "{stage}-files"\nprefix = "{account_id}/"',
    "users": 'kind = "cognito"\nuser_pool = "{user_pool}"\nusername = "{account_id}"',
    "crm": 'kind = "webhook"\nurl = "COMPANY"\nkey = "/signoff/{stage}/hooks/crm"\ntimeout = 0.3',
}
NAMES = (*LISTED, "account")


def holders_toml(company: Company, *names: str) -> str:
    """A list of these holders; the account record needs no line."""
    listed = [f'[[holder]]\nname = "{name}"\n{LISTED[name]}\n' for name in names if name in LISTED]
    return "\n".join(listed).replace("COMPANY", company.url)


class Store(Protocol):
    """Where data of accounts lies. What it is made to do lasts until `mends`."""

    def put(self, account_id: str) -> None:
        """Writes something; done again it writes something more, or the same again."""

    def count(self, account_id: str) -> int:
        """How much lies there, read there."""
        raise NotImplementedError

    def fails(self, how: str, times: int = MANY) -> None:
        """`refuse`, `silence` (done, and no answer comes), `throttle`, `deny`, `lie` (says done)."""

    def mends(self) -> None: ...


@dataclass(kw_only=True)
class OnAws:
    """A store of AWS, which fails by the local cloud's faults at the operation that erases."""

    faults: Faults
    service: str
    operation: str
    write: Callable[[str], None]
    counted: Callable[[str], int]

    def put(self, account_id: str) -> None:
        self.write(account_id)

    def count(self, account_id: str) -> int:
        return self.counted(account_id)

    def fails(self, how: str, times: int = MANY) -> None:
        kind = {"refuse": "before", "silence": "after"}.get(how, how)
        self.faults.add(Fault(service=self.service, operation=self.operation, kind=kind, times=times))

    def mends(self) -> None:
        self.faults.clear()


@dataclass(kw_only=True)
class Crm:
    """A system behind a webhook: notes about accounts."""

    company: Company
    notes: dict[str, int] = field(default_factory=dict)
    how: str = ""
    times: int = 0

    def put(self, account_id: str) -> None:
        self.notes[account_id] = self.notes.get(account_id, 0) + 2

    def count(self, account_id: str) -> int:
        return self.notes.get(account_id, 0)

    def fails(self, how: str, times: int = MANY) -> None:
        self.how, self.times = how, times

    def mends(self) -> None:
        self.how, self.times = "", 0

    def answer(self, heard: Heard) -> Reply:
        asked = json.loads(heard.body)
        account_id = asked["account_id"]
        if asked["action"] == "look":
            count = self.count(account_id)
            said: dict[str, Any] = {"found": "some", "count": count} if count else {"found": "nothing"}
            return 200, json.dumps(said).encode()
        self.times -= 1
        return self._erase(account_id, self.how if self.times >= 0 else "")

    def _erase(self, account_id: str, how: str) -> Reply:
        match how:
            case "silence":
                self.notes.pop(account_id, None)
                self.company.over.wait(60)
                return 503, b""
            case "half":
                self.notes[account_id] = min(1, self.count(account_id))
                return 500, b""
            case "refuse" | "throttle" | "deny":
                return {"refuse": 500, "throttle": 429, "deny": 401}[how], b""
            case "":
                self.notes.pop(account_id, None)
        return 200, b""


def make_tables() -> None:
    """The systems that seeds.make_holders doesn't make."""
    aws("dynamodb").create_table(
        TableName=EVENTS,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("event_id", "account_id")],
        KeySchema=[{"AttributeName": "event_id", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_account",
                "KeySchema": [{"AttributeName": "account_id", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )


def stores(faults: Faults, company: Company, pool: str, account_table: str) -> dict[str, Store]:
    """One of each kind, by the holder's name; the account record is one too."""
    crm = Crm(company=company)
    company.says = crm.answer
    put = aws("dynamodb").put_item

    def events(account_id: str) -> None:
        for number in range(3):
            event = {"event_id": {"S": f"{account_id}-{number}"}, "account_id": {"S": account_id}}
            put(TableName=EVENTS, Item=event)

    def orders(account_id: str) -> None:
        for number in range(26):
            put(TableName=ORDERS, Item={"account_id": {"S": account_id}, "order_id": {"S": f"order-{number}"}})

    def files(account_id: str) -> None:
        for name in ("photo.jpg", "photo.jpg"):
            aws("s3").put_object(Bucket=FILES, Key=f"{account_id}/{name}", Body=b"x")

    def users(account_id: str) -> None:
        aws("cognito-idp").admin_create_user(UserPoolId=pool, Username=account_id)

    return {
        "orders": OnAws(faults=faults, service="dynamodb", operation="BatchWriteItem", write=orders,
                        counted=lambda account_id: _items(ORDERS, account_id)),
        "events": OnAws(faults=faults, service="dynamodb", operation="DeleteItem", write=events,
                        counted=lambda account_id: _items(EVENTS, account_id)),
        "files": OnAws(faults=faults, service="s3", operation="DeleteObjects", write=files, counted=_versions),
        "users": OnAws(faults=faults, service="cognito-idp", operation="AdminDeleteUser", write=users,
                       counted=lambda account_id: _users(pool, account_id)),
        "crm": crm,
        "account": OnAws(faults=faults, service="dynamodb", operation="TransactWriteItems:Delete",
                         write=lambda account_id: _restore(account_table, account_id),
                         counted=lambda account_id: _items(account_table, account_id)),
    }  # fmt: skip


def _items(table: str, account_id: str) -> int:
    of_account = {"FilterExpression": "account_id = :a", "ExpressionAttributeValues": {":a": {"S": account_id}}}
    return int(aws("dynamodb").scan(TableName=table, Select="COUNT", ConsistentRead=True, **of_account)["Count"])


def _versions(account_id: str) -> int:
    found = aws("s3").list_object_versions(Bucket=FILES, Prefix=f"{account_id}/")
    return len(found.get("Versions", [])) + len(found.get("DeleteMarkers", []))


def _users(pool: str, account_id: str) -> int:
    listed = aws("cognito-idp").list_users(UserPoolId=pool, Filter=f'username = "{account_id}"')
    return len(listed["Users"])


_backups: dict[str, Any] = {}


@contextmanager
def backed_up(table: str, account_id: str) -> Iterator[None]:
    """While it lasts the record as it is now can be restored by `put`."""
    _backups[account_id] = aws("dynamodb").get_item(TableName=table, Key={"account_id": {"S": account_id}})["Item"]
    try:
        yield
    finally:
        del _backups[account_id]


def _restore(table: str, account_id: str) -> None:
    aws("dynamodb").put_item(TableName=table, Item=_backups[account_id])
