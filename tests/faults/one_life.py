"""`python -m tests.faults.one_life`: a local cloud that can be told at which AWS call its whole process dies.

A line on its input, such as `sesv2 SendEmail 2` or `* * 40` (of all calls that write), arms it: once the call has been
answered that many times, and before anyone hears of it, the process gets SIGKILL: nothing is tidied up.
"""

import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from moto.core.botocore_stubber import BotocoreStubber

from infra.local.cloud import LocalCloud
from infra.local.seams import replaced

READS = ("Get", "Describe", "List", "Query", "Scan", "BatchGet", "TransactGet", "Head")


class Death:
    """Comes when the wanted call was answered; never, until it is told."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted = ("", "")
        self._left = 0

    def at(self, service: str, operation: str, count: int) -> None:
        with self._lock:
            self._wanted, self._left = (service, operation), count

    def between(self, answer: Any) -> Any:
        def __call__(stubber: BotocoreStubber, event_name: str, request: Any, **given: Any) -> Any:  # noqa: N807
            answered = answer(stubber, event_name, request, **given)
            _, service, operation = event_name.split(".")
            self._come(service, operation)
            return answered

        return __call__

    def _come(self, service: str, operation: str) -> None:
        with self._lock:
            fits = (
                not operation.startswith(READS) if self._wanted == ("*", "*") else self._wanted == (service, operation)
            )
            self._left -= fits
            if fits and self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def main(data: str, *ports: str) -> None:
    logging.basicConfig(level=logging.CRITICAL)
    os.environ["AWS_MAX_ATTEMPTS"] = "1"
    desk, panel, smtp = map(int, ports)
    settings = {"LOOK_AGAIN_FOR": "P1D", "CLOSURES_PER_HOUR": "100000"}
    cloud = LocalCloud(data=Path(data), settings=settings, seeds=False, port=desk, panel_port=panel, smtp_port=smtp)
    death = Death()
    with cloud, replaced(BotocoreStubber, "__call__", death.between):
        print(json.dumps({"desk_url": cloud.desk_url, "panel_url": cloud.panel_url}), flush=True)
        for line in sys.stdin:
            service, operation, count = line.split()
            death.at(service, operation, int(count))
            print("armed", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
