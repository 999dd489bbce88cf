"""One line for what happened at each entrypoint, with the ids of what it was about and nothing personal.

Lambda's JSON log format writes what stands in `extra` beside the sentence and adds its own request id, so nothing else
is needed; docs/decisions/0006-logs-and-metrics.md says why this isn't Powertools.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

Id = str | int | None


@contextmanager
def told(log: logging.Logger, what: str, **ids: Id) -> Iterator[dict[str, Id]]:
    """Logs `what` with these ids and the milliseconds it took, when it has ended; more ids may be put in meanwhile.

    What it raises goes on; then the line is a warning, with the error's name. Its message is left to Lambda, which logs
    what leaves a function.
    """
    said, began = dict(ids), time.monotonic()
    try:
        yield said
    except Exception as error:
        log.warning(f"not done: {what}", extra=_extra(said, began) | {"error": type(error).__name__})
        raise
    log.info(what, extra=_extra(said, began))


def _extra(ids: dict[str, Id], began: float) -> dict[str, Id]:
    known = {name: value for name, value in ids.items() if value is not None}
    return {**known, "took_ms": int((time.monotonic() - began) * 1000)}
