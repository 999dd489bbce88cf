"""`python -m infra.demo`: plays both cases of the guide against a desk, and says what each person sees.

Against the desk at PORT, PANEL_PORT and SMTP_PORT where one runs there, else against one of its own. Exits with 1 as
soon as one promise was broken. Each run has accounts of its own, so it can be played again and again.
"""

import logging
import os
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from io import TextIOWrapper
from typing import TextIO

from infra.demo_cases import by_mail, in_the_portal
from infra.demo_desk import Desk
from infra.demo_telling import Telling


def main() -> int:
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    with _a_desk(os.environ) as desk:
        return 0 if play(desk) else 1


def play(desk: Desk, out: TextIO | None = None) -> bool:
    """Plays both cases; whether every promise was kept."""
    mark = secrets.token_hex(3)
    telling = Telling(desk.now, out)
    for case in (in_the_portal, by_mail):
        telling.plays(partial(case, desk, telling, mark))
    return telling.ends()


def named_by(environment: Mapping[str, str]) -> Desk:
    """The desk that would run at these ports."""
    port, panel_port = (environment.get("PORT") or "8000"), (environment.get("PANEL_PORT") or "8001")
    return Desk(
        url=f"http://127.0.0.1:{port}", panel_url=f"http://127.0.0.1:{panel_port}",
        smtp_port=int(environment.get("SMTP_PORT") or 2525),
    )  # fmt: skip


@contextmanager
def _a_desk(environment: Mapping[str, str]) -> Iterator[Desk]:
    running = named_by(environment)
    if running.is_ready():
        print(f"Playing against the desk that runs at {running.url}. Its clock will be moved on two weeks.")
        yield running
        return
    print("No desk runs: starting one of our own (about ten seconds).", flush=True)
    from infra.local.cloud import LocalCloud

    logging.basicConfig(level=logging.ERROR)
    with LocalCloud() as cloud:
        yield Desk(url=cloud.desk_url, panel_url=cloud.panel_url, smtp_port=cloud.smtp_port)


if __name__ == "__main__":
    sys.exit(main())
