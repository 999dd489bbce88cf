"""What the desk counts, for CloudWatch: one JSON line a count, in the embedded metric format.

Lambda hands what a function writes to CloudWatch, which makes metrics of such lines; no call is made and nothing waits.
Under Lambda's JSON log format a line that is JSON already stays as it is, so these go to standard output by themselves
and not through `logging`, which would wrap them. A metric's dimensions are the stage and at most one more with few
values: each combination is paid for. Nothing personal, not even a ticket, belongs here.
"""

import json
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Final, Literal

from chalicelib import clock
from chalicelib.settings import settings

NAMESPACE: Final = "Signoff"
Unit = Literal["Count", "Seconds"]


def _standard_output(line: str) -> None:
    sys.stdout.write(line)  # whole at once: threads must not mix theirs


_write: Callable[[str], object] = _standard_output


def count(name: str, **by: str) -> None:
    """One more: `count("Notices", State="sent")`. At most one thing to count it by."""
    _emit(name, 1, "Count", by)


def took(name: str, time: timedelta) -> None:
    """How long something took."""
    _emit(name, time.total_seconds(), "Seconds", {})


def _emit(name: str, value: float, unit: Unit, by: dict[str, str]) -> None:
    dimensions = {"Stage": settings().stage, **by}
    told = {
        "_aws": {
            "Timestamp": int(clock.now().timestamp() * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": NAMESPACE,
                    "Dimensions": [list(dimensions)],
                    "Metrics": [{"Name": name, "Unit": unit}],
                }
            ],
        },
        **dimensions,
        name: value,
    }
    _write(json.dumps(told, separators=(",", ":")) + "\n")


def go_to(write: Callable[[str], object] | None) -> None:
    """From now on the lines go there: the local cloud keeps them. None: to standard output again."""
    global _write
    _write = write or _standard_output
