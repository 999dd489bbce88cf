"""Plays a function's first call in a fresh process: `python first_call.py FOLDER HANDLER`, an invocation as
infra/recorded.py keeps it on standard input. Prints the seconds of processor time until it was imported, until its
first request to AWS was on its way, and until it had answered.

AWS answers at once what it answered when the invocation was recorded, so all that is measured is this process's. Run
by infra/measure_cold_start.py.
"""

import base64
import importlib
import io
import json
import sys
import time
from typing import Any

NEVER_USED_UP = "GetParameter"


class Context:
    """What the functions ask of Lambda's context."""

    aws_request_id = "00000000-0000-0000-0000-000000000000"
    function_name = "first"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 61_000  # enough for one round of the sweep


class Body(io.BytesIO):
    """An answer as urllib3 hands it on."""

    def stream(self, *_: Any, **__: Any) -> Any:
        yield self.read()


class Aws:
    """Answers each request as it was answered before, and notes when the first one came."""

    def __init__(self, told: list[dict[str, Any]]) -> None:
        self.first_at: float | None = None
        self._told: dict[str, list[dict[str, Any]]] = {}
        for each in told:
            self._told.setdefault(each["asked"], []).append(each)

    def send(self, request: Any) -> Any:
        from botocore.awsrequest import AWSResponse

        self.first_at = self.first_at or time.process_time()
        target = request.headers.get("X-Amz-Target", "")
        target = target.decode() if isinstance(target, bytes) else target
        waiting = self._told[target or f"{request.method} {request.url.partition('?')[0]}"]
        each = waiting[0] if target.endswith(NEVER_USED_UP) else waiting.pop(0)
        return AWSResponse(request.url, each["status"], each["headers"], Body(base64.b64decode(each["body"])))


def main(folder: str, handler: str) -> dict[str, float]:
    it = json.load(sys.stdin)
    sys.path.insert(0, folder)
    began = time.process_time()
    module, name = handler.rsplit(".", 1)
    function = getattr(importlib.import_module(module), name)
    imported = time.process_time()
    aws = _stand_ins(it)
    answer = function(it["event"], Context())
    answered = time.process_time()
    if isinstance(answer, dict) and (answer.get("statusCode", 200) >= 400 or answer.get("batchItemFailures")):
        raise SystemExit(f"{handler} did not do it: {str(answer)[:500]}")
    asked = aws.first_at or answered
    return {"imported": imported - began, "asked": asked - began, "answered": answered - began}


def _stand_ins(it: dict[str, Any]) -> Aws:
    """What is imported here, the function would import next."""
    import urllib.request
    from datetime import datetime

    from botocore.httpsession import URLLib3Session

    aws = Aws(it["told"])
    URLLib3Session.send = lambda _, request: aws.send(request)  # type: ignore[method-assign]
    urllib.request.urlopen = lambda url, *_, **__: io.BytesIO(it["pages"][url].encode())
    if clock := sys.modules.get("chalicelib.clock"):
        at = datetime.fromisoformat(it["at"])
        clock.follow(lambda: at)
    return aws


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
