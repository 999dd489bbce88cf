"""`python -m infra.second_dynamodb -- pytest tests/x`: runs a command against a DynamoDB that isn't moto's.

Starts MiniStack's DynamoDB and its streams on a free port of this machine, and the command with
AWS_ENDPOINT_URL_DYNAMODB and AWS_ENDPOINT_URL_DYNAMODB_STREAMS naming it; stops it at the end, and ends as the command
does. `--folder PATH` keeps the tables there, from one run to the next. Without a command it says what to export, and
stays until Ctrl-C.

MiniStack takes one request after the other, so it isolates where moto doesn't; it knows tables only of the account
that asks, and an access key of twelve digits names the account: whoever takes one of its own finds no tables.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra import ministack

SERVICES = "dynamodb,dynamodbstreams"


def main(arguments: list[str]) -> int:
    wanted = _read(arguments)
    ministack.make_environment()
    with served(wanted.folder) as variables:
        if not wanted.command:
            print("\n".join(f"export {name}={value}" for name, value in variables.items()), flush=True)
            _until_told()
            return 0
        return _run(_found(wanted.command), variables)


@contextmanager
def served(folder: Path | None = None) -> Iterator[dict[str, str]]:
    """The variables by which AWS clients find it, while it runs. Tables lie in `folder`, or only in memory."""
    kept = {"PERSIST_STATE": "1", "STATE_DIR": str(folder.absolute())} if folder else {}
    with (
        tempfile.TemporaryDirectory() as home,
        ministack.running(Path(home), SERVICES=SERVICES, **kept) as address,
    ):
        yield {
            "AWS_ENDPOINT_URL_DYNAMODB": address,
            "AWS_ENDPOINT_URL_DYNAMODB_STREAMS": address,
        }


def _run(command: list[str], variables: dict[str, str]) -> int:
    """Ends when the command has ended: Ctrl-C reaches it anyhow, and a request to end is passed on."""
    with subprocess.Popen(command, env=os.environ | variables) as running:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: running.terminate())
        return running.wait()


def _read(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.second_dynamodb", description=__doc__)
    parser.add_argument("--folder", type=Path, help="where the tables are kept from one run to the next")
    parser.add_argument("command", nargs="*", help="after --, such as: pytest tests/stories/test_portal_case_1.py")
    return parser.parse_args(arguments)


def _found(command: list[str]) -> list[str]:
    """What is installed beside this Python is meant before what the shell would find, such as `pytest`."""
    beside = Path(sys.executable).parent / command[0]
    return [str(beside), *command[1:]] if beside.exists() else command


def _until_told() -> None:
    stopped = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: stopped.set())
    stopped.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
