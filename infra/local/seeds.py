"""Who is there when the local cloud starts: three customers with something to erase, two agents and an admin."""

import json
from email.message import Message
from typing import Any

from infra.local.clients import client
from infra.local.gateway import Gateway
from infra.local.where import REGION, STAGE

PEOPLE: dict[str, dict[str, str]] = {
    "acc-lan": {"email": "lan@khach.example", "name": "Nguyễn Thị Lan", "country": "VN", "language": "vi"},
    "acc-john": {"email": "john@customer.example", "name": "John Carter", "country": "IE", "language": "en"},
    "acc-minh": {"email": "minh@khach.example", "name": "Trần Văn Minh", "country": "VN", "language": "vi"},
}
TEAM: dict[str, dict[str, Any]] = {
    "an": {"name": "An", "groups": ["desk-agent"]},
    "binh": {"name": "Bình", "groups": ["desk-agent"]},
    "chi": {"name": "Chi", "groups": ["desk-agent", "desk-admin"]},
}
"""Whoever works at the desk, by `sub`. Facts want four eyes: two agents."""

ORDERS = f"{STAGE}-orders"
FILES = f"{STAGE}-files"


def make_user_pool(name: str) -> str:
    """A Cognito pool of this name; gives its id."""
    return str(client("cognito-idp").create_user_pool(PoolName=name)["UserPool"]["Id"])


def make_holders(region: str = REGION) -> None:
    """The company's other systems: a table of orders and a bucket of files, with versions."""
    client("dynamodb").create_table(
        TableName=ORDERS,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "account_id", "AttributeType": "S"},
            {"AttributeName": "order_id", "AttributeType": "S"},
        ],
        KeySchema=[
            {"AttributeName": "account_id", "KeyType": "HASH"},
            {"AttributeName": "order_id", "KeyType": "RANGE"},
        ],
    )
    s3 = client("s3")
    s3.create_bucket(Bucket=FILES, CreateBucketConfiguration={"LocationConstraint": region})
    s3.put_bucket_versioning(Bucket=FILES, VersioningConfiguration={"Status": "Enabled"})


def fill_holders(account_id: str) -> None:
    """Three orders and two files, one of them written twice."""
    dynamodb, s3 = client("dynamodb"), client("s3")
    for number in range(1, 4):
        order = {"account_id": {"S": account_id}, "order_id": {"S": f"order-{number}"}, "total": {"N": "120000"}}
        dynamodb.put_item(TableName=ORDERS, Item=order)
    for name in ("photo.jpg", "invoice.pdf", "invoice.pdf"):
        s3.put_object(Bucket=FILES, Key=f"{account_id}/{name}", Body=f"{name} of {account_id}".encode())


def counts_in_holders(account_id: str) -> dict[str, int]:
    """How much each of those systems keeps of an account: orders; versions and delete markers of files. Read there,
    not from what the desk says about it."""
    orders = client("dynamodb").query(
        TableName=ORDERS, KeyConditionExpression="account_id = :id", Select="COUNT", ConsistentRead=True,
        ExpressionAttributeValues={":id": {"S": account_id}},
    )  # fmt: skip
    files = client("s3").list_object_versions(Bucket=FILES, Prefix=f"{account_id}/")
    return {"orders": orders["Count"], "files": len(files.get("Versions", [])) + len(files.get("DeleteMarkers", []))}


def seed(gateway: Gateway, bearer: str) -> None:
    """Registers the people through the desk's own API, as another system would, before its door opens."""
    for account_id, person in PEOPLE.items():
        _put(gateway, f"/accounts/{account_id}", person, bearer)
        fill_holders(account_id)


def _put(gateway: Gateway, path: str, body: dict[str, str], bearer: str) -> None:
    headers = Message()
    headers["Content-Type"] = "application/json"
    headers["Authorization"] = f"Bearer {bearer}"
    answer = gateway.handle_request("PUT", path, headers, json.dumps(body).encode())
    if answer["statusCode"] >= 300:
        raise RuntimeError(f"PUT {path} answered {answer['statusCode']}: {answer['body']}")
