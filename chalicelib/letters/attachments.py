"""Attachments, stored apart from their letter: one object each, never rendered, gone with the letter."""

from functools import cache
from typing import Any

from chalicelib import clients
from chalicelib.letters.letter import Attachment
from chalicelib.settings import settings

PREFIX = "attachments/"
MOST = 50  # what more a letter holds is listed, and stays in its raw bytes only


@cache
def _s3() -> Any:
    return clients.client("s3")


def lay_apart(letter_id: str, attachments: tuple[Attachment, ...]) -> None:
    """Stores the first fifty under the letter's id and their digest; done twice it is done once.

    As plain bytes for saving, whatever the sender called them: no browser may run what a letter brought.
    """
    for each in attachments[:MOST]:
        _s3().put_object(
            Bucket=settings().letters_bucket, Key=f"{folder(letter_id)}{each.digest}", Body=each.content,
            ContentType="application/octet-stream", ContentDisposition="attachment",
        )  # fmt: skip


def listed(attachments: tuple[Attachment, ...]) -> list[dict[str, Any]]:
    """What people see of them: names are clean already."""
    return [
        {"name": each.name, "type": each.type, "size": each.size, "digest": each.digest} for each in attachments[:100]
    ]


def folder(letter_id: str) -> str:
    return f"{PREFIX}{letter_id}/"
