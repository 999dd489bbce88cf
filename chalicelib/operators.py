"""Warnings to whoever runs the desk: one line to an SNS topic, with ids only."""

import logging
from functools import cache
from typing import Any

from chalicelib import clients, metrics
from chalicelib.settings import settings

_log = logging.getLogger("signoff.operators")


@cache
def _topics() -> Any:
    return clients.client("sns")


def warn(what: str, number: str = "") -> None:
    """A line to the operators' topic. What is wrong is on the ticket; this only says that somebody must look.

    It is logged and counted first: alarms ring by the count, should the topic not take the line.
    """
    _log.warning("operators warned", extra={"what": what, **({"ticket": number} if number else {})})
    metrics.count("Warnings", What=what)
    if settings().warnings_topic:
        said = f"Signoff ({settings().stage}): {what.replace('_', ' ')} {number}".strip()
        _topics().publish(TopicArn=settings().warnings_topic, Subject=said[:100], Message=said)
