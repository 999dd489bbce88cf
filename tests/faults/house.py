"""A desk whose process can be killed, on a folder and tables that stay."""

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

from chalicelib.settings import duration
from infra.local.cloud import forget_what_was_made
from infra.local.where import ACCOUNT, REGION
from infra.template import PROJECT
from tests.environment import ENVIRONMENT
from tests.faults.insisting import InsistingDesk
from tests.faults.rules import WHOLE
from tests.stories.people import Answer, Customer

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Address:
    """What the stories' desk wants to know of its cloud."""

    desk_url: str
    panel_url: str


class House(InsistingDesk):
    """One life after the other, at the same ports. Whoever gets no answer because a life ended asks again in the next
    one; `deaths` counts them."""

    tries = 1
    """A desk that lives has no excuse for a 5xx."""

    def __init__(self, data: Path, environment: dict[str, str]) -> None:
        self.data = data
        self.deaths = 0
        self.every = 0
        """Each life dies after so many calls that write; 0: none does."""
        self._environment = environment
        self._ports = [str(port) for port in _free_ports(3)]
        self._begin()
        super().__init__(self.cloud)

    def dies_at(self, service: str, operation: str, count: int = 1) -> None:
        """The process will kill itself there."""
        self._until_done(lambda: self._arm(f"{service} {operation} {count}"))

    def rests(self) -> None:
        """Nothing dies any more."""
        self.every = 0
        self.dies_at("*", "*", 0)

    def end(self) -> None:
        self._life.kill()
        self._life.wait()
        self._close()

    # ── what people ask ─────────────────────────────────────────────────────────────────────────────────────

    def call(self, method: str, path: str, body: Any = None, *, token: str | None = None, **headers: str) -> Answer:
        ask = super().call
        return self._until_done(lambda: ask(method, path, body, token=token, **headers))

    def panel(self, method: str, path: str, body: Any = None) -> Any:
        ask = super().panel
        return self._until_done(lambda: ask(method, path, body))

    def advance(self, by: str) -> None:
        """By so much altogether, in however many lives."""
        target, ask = self._now() + duration(by), super().panel

        def go_on() -> None:
            left = target - self._now()
            if left > timedelta(seconds=1):
                ask("POST", "/clock", {"advance": f"PT{left.total_seconds():.0f}S"})

        self._until_done(go_on)

    def customer(self, **fields: Any) -> Customer:
        """One whose data was filled in within one life: done again in the next one, it would lie there twice."""
        while True:
            customer = super().customer(has_data=False, **fields)
            self.panel("POST", "/holders", {"account_id": customer.account_id})
            if self.holdings(customer.account_id) == WHOLE:
                return customer

    def holdings(self, account_id: str) -> dict[str, int]:
        return dict(self.panel("GET", f"/holders.json?account_id={account_id}"))

    def _now(self) -> datetime:
        return datetime.fromisoformat(self.panel("GET", "/clock")["now"])

    # ── lives ───────────────────────────────────────────────────────────────────────────────────────────────

    def _until_done(self, act: Callable[[], T]) -> T:
        """What it gives; done again in the next life, if this one ends meanwhile."""
        while True:
            try:
                if self._life.poll() is not None:
                    self.deaths += 1
                    self._close()
                    self._begin()
                return act()
            except (OSError, http.client.HTTPException):
                if self._life.wait(timeout=30) >= 0:
                    raise

    def _begin(self) -> None:
        self._life = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.one_life", str(self.data), *self._ports],
            cwd=PROJECT, env=self._environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self.cloud = Address(**json.loads(self._line() or "{}"))  # type: ignore[assignment]
        if self.every:
            self._arm(f"* * {self.every}")

    def _arm(self, words: str) -> None:
        assert self._life.stdin
        self._life.stdin.write(f"{words}\n")
        self._life.stdin.flush()
        if self._line() != "armed\n":
            raise BrokenPipeError

    def _line(self) -> str:
        assert self._life.stdout
        return self._life.stdout.readline()

    def _close(self) -> None:
        for each in (self._life.stdin, self._life.stdout):
            with contextlib.suppress(BrokenPipeError):
                each and each.close()


@contextmanager
def a_house(folder: Path, endpoint: dict[str, str]) -> Iterator[House]:
    """With tables in this DynamoDB, which outlives every life; this process reads them, too."""
    own = {"AWS_DEFAULT_REGION": REGION, "AWS_ACCESS_KEY_ID": ACCOUNT, "AWS_SECRET_ACCESS_KEY": "local"}
    tables = {"DESK_TABLE": "signoff-dev-desk", "ACCOUNTS_TABLE": "signoff-dev-accounts"}
    house = House(folder, os.environ | endpoint)
    with patch.dict(os.environ, ENVIRONMENT | endpoint | own | tables):
        forget_what_was_made()
        try:
            yield house
        finally:
            house.end()
            forget_what_was_made()


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as held:
        found = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in found:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in found]
