"""Clients of AWS that several files use, or that threads make (boto3 makes two at the same time badly), and what their
errors are."""

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


def is_of_aws(error: BaseException) -> bool:
    """Whether a call to AWS failed (refused, throttled, without an answer), which may be otherwise the next time. Told
    by the class's family alone, so that nobody who asks has to import it."""
    families = {kind.__module__.partition(".")[0] for kind in type(error).__mro__}
    return bool(families & {"botocore", "pynamodb"})
