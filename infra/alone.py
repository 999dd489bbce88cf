"""Plays Lambda's own start for one function: `python -I -S alone.py FOLDER HANDLER`, an event on standard input.

Run by infra/check_package.py in a fresh interpreter that sees the standard library and the unzipped folder, nothing
else. Prints what came of it as one line of JSON.
"""

import importlib
import json
import sys
import sysconfig
from typing import Any


class Context:
    """What the functions ask of Lambda's context."""

    aws_request_id = "00000000-0000-0000-0000-000000000000"
    function_name = "alone"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 60_000


def main(folder: str, handler: str) -> dict[str, Any]:
    sys.path.insert(0, folder)
    module, name = handler.rsplit(".", 1)
    function = getattr(importlib.import_module(module), name)
    try:
        answer = function(json.load(sys.stdin), Context())
    except Exception as error:
        return {"raised": type(error).__name__, "says": str(error)[:300], "outside": outside(folder)}
    return {"answer": answer, "outside": outside(folder)}


def outside(folder: str) -> list[str]:
    """Modules that came from neither the folder nor the standard library."""
    own = (folder + "/", sysconfig.get_path("stdlib") + "/", sysconfig.get_path("platstdlib") + "/", __file__)
    files = {name: getattr(module, "__file__", None) or "" for name, module in list(sys.modules.items())}
    return sorted(
        name for name, file in files.items() if file and (not file.startswith(own) or "/site-packages/" in file)
    )


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:]), default=str))
