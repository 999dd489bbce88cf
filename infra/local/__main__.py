"""`python -m infra.local`: starts the local cloud, says where everything is, and stays until it is told to end."""

import logging
import os
import signal
import sys
import threading
from pathlib import Path

from infra.local import seeds
from infra.local.cloud import LocalCloud
from infra.local.endpoint import CannotKeep, TableIsThere
from infra.local.where import SUPPORT_ADDRESS


def main() -> int:
    quiet()
    stopped = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: stopped.set())
    cloud = LocalCloud(
        port=_port("PORT", 8000),
        panel_port=_port("PANEL_PORT", 8001),
        smtp_port=_port("SMTP_PORT", 2525),
        data=Path(os.environ["DATA"]) if os.environ.get("DATA") else None,
    )
    try:
        cloud.start()
    except OSError as error:
        print(f"The local cloud can't start: {error}. PORT, PANEL_PORT and SMTP_PORT choose other ports.")
        return 1
    except (CannotKeep, TableIsThere) as error:
        print(f"The local cloud can't start: {error}.")
        return 1
    try:
        print(_where_everything_is(cloud), flush=True)
        stopped.wait()
    finally:
        cloud.stop()
    return 0


def quiet() -> None:
    """Warnings of ours only: moto tells at length of what the desk makes go wrong on purpose."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    for talkative in ("moto", "localstack", "samtranslator", "mail.log"):
        logging.getLogger(talkative).setLevel(logging.CRITICAL)


def _port(variable: str, default: int) -> int:
    return int(os.environ.get(variable) or default)


def _where_everything_is(cloud: LocalCloud) -> str:
    people = "\n".join(f"    {name:<10} {each['email']} ({each['language']})" for name, each in seeds.PEOPLE.items())
    return f"""
Signoff runs.

  desk     {cloud.desk_url}            API and pages; a request: {cloud.desk_url}/close-account
  panel    {cloud.panel_url}            outbox, clock, signing in, letters, faults
  mail in  127.0.0.1:{cloud.smtp_port}                   SMTP, for {SUPPORT_ADDRESS}

  Accounts
{people}
  Agents an and binh, admin chi. A token for any of them:
    curl -s {cloud.panel_url}/token -d '{{"account_id": "acc-lan"}}'
    curl -s {cloud.panel_url}/token -d '{{"sub": "an", "groups": ["desk-agent"]}}'
    curl -s {cloud.panel_url}/token -d '{{"sub": "chi", "groups": ["desk-agent", "desk-admin"]}}'

Ctrl-C ends it; {"what is kept lies in " + os.environ["DATA"] if os.environ.get("DATA") else "nothing is kept"}."""


if __name__ == "__main__":
    sys.exit(main())
