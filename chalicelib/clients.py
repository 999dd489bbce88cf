"""Clients of AWS that several files use, or that threads make: boto3 makes two at the same time badly."""

from functools import cache
from threading import Lock
from typing import Any

one_at_a_time = Lock()
"""Held while a client is made."""


@cache
def ssm() -> Any:
    """The Parameter Store, where all secrets lie."""
    import boto3

    with one_at_a_time:
        return boto3.client("ssm")
