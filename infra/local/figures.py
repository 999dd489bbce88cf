"""What lies in the tables and queues, counted: the panel's /state.json."""

from collections import Counter
from typing import Any

from infra.local import workflows
from infra.local.clients import client


def state(accounts: str, desk: str) -> dict[str, Any]:
    """Counts of accounts, tickets by status, notices by state, letters by the cause of their quarantine."""
    tickets, notices, quarantine = Counter[str](), Counter[str](), Counter[str]()
    for item in _items(desk):
        match _text(item, "item"):
            case "ticket":
                tickets[_text(item, "status")] += 1
            case "notice":
                notices[_text(item, "state")] += 1
            case "letter" if "quarantine" in item:
                quarantine[_text(item, "quarantine")] += 1
    return {
        "accounts": sum("email" in item for item in _items(accounts)),  # beside them lie locks
        "tickets": dict(tickets),
        "executions": workflows.counts(),
        "notices": dict(notices),
        "quarantine": dict(quarantine),
        "dead_letters": dead_letters(),
    }


def dead_letters() -> int:
    """How many events and places in the stream were given up."""
    sqs = client("sqs")
    urls = sqs.list_queues().get("QueueUrls", [])
    name = "ApproximateNumberOfMessages"
    found = (sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"] for url in urls)
    return sum(int(each[name]) for each in found)


def _items(table: str) -> list[dict[str, Any]]:
    pages = client("dynamodb").get_paginator("scan").paginate(TableName=table)
    return [item for page in pages for item in page["Items"]]


def _text(item: dict[str, Any], name: str) -> str:
    return str(item.get(name, {}).get("S", ""))
