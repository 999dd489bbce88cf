"""MiniStack, an AWS on this machine that isn't ours: installed apart, started on loopback, stopped again."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.package import BUILD

MINISTACK = "ministack==1.5.33"
ENVIRONMENT = BUILD / "ministack-venv"


class NoMiniStack(RuntimeError):
    """It doesn't start, or doesn't answer."""


def make_environment() -> None:
    """MiniStack pins botocore, so it has an environment of its own; made anew when the pin changes."""
    mark = ENVIRONMENT / MINISTACK
    if mark.exists():
        return
    print(f"making the virtual environment of {MINISTACK}", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)], check=True)
    pip = [str(ENVIRONMENT / "bin" / "python"), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    subprocess.run([*pip, MINISTACK], check=True)
    mark.touch()


@contextmanager
def running(folder: Path, **settings: str) -> Iterator[str]:
    """MiniStack on a free port of loopback, with nothing in it; its address. `folder` is its home; `settings` are
    environment variables of its own. Stopped at the end, in order, so that it keeps what it is told to keep."""
    port = str(_free_port())
    own = {"PATH": os.environ["PATH"], "HOME": str(folder), "TMPDIR": str(folder), "LANG": "C.UTF-8"}
    own |= {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": port, "MINISTACK_HOST": "127.0.0.1", "LOG_LEVEL": "WARNING"}
    own |= {"SFTP_ENABLED": "false"} | settings
    log = folder / "ministack.log"
    with log.open("w") as out:
        server = subprocess.Popen(
            [str(ENVIRONMENT / "bin" / "ministack")],
            env=own,
            cwd=folder,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for the command that uses it
        )
        try:
            _wait_for(f"http://127.0.0.1:{port}/_ministack/health", server, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(timeout=30)


def _free_port() -> int:
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return int(it.getsockname()[1])


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except OSError:
            if server.poll() is not None:
                raise NoMiniStack(f"MiniStack doesn't start: {log.read_text('utf-8')[-2000:]}") from None
            time.sleep(0.2)
        else:
            return
    raise NoMiniStack(f"MiniStack doesn't answer: {log.read_text('utf-8')[-2000:]}")
