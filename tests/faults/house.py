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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.template import PROJECT
from tests.stories.people import Desk


@dataclass(frozen=True, kw_only=True)
class Address:
    """What the stories' desk wants to know of its cloud."""

    desk_url: str
    panel_url: str


@dataclass(kw_only=True)
class House:
    """One life after the other, at the same ports; `deaths` counts those that ended by themselves, or by `kill`."""

    data: Path
    endpoint: dict[str, str]
    deaths: int = 0
    every: int = 0
    """Each life dies after so many calls that write; 0: none does."""
    _ports: list[str] = field(default_factory=lambda: [str(port) for port in _free_ports(3)])
    _life: subprocess.Popen[str] | None = None

    def desk(self) -> Desk:
        """The desk that lives; one that died is started again first."""
        if self._life is None or self._life.poll() is not None:
            self._begin()
        return Desk(self._address)  # type: ignore[arg-type]

    def dies_at(self, service: str, operation: str, count: int = 1) -> None:
        """The process will kill itself there."""
        self.desk()
        assert self._life
        assert self._life.stdin
        self._life.stdin.write(f"{service} {operation} {count}\n")
        self._life.stdin.flush()
        if self._line() != "armed\n":
            raise BrokenPipeError

    def rests(self) -> None:
        """Nothing dies any more."""
        self.every = 0
        self.until_done(lambda _: self.dies_at("*", "*", 0))

    def kill(self) -> None:
        """Now, whatever it is doing."""
        if self._life:
            self._life.kill()
            self._life.wait()

    def until_done(self, act: Callable[[Desk], Any]) -> Any:
        """What it gives; done again in the next life, if this one ends meanwhile."""
        while True:
            try:
                return act(self.desk())
            except (OSError, http.client.HTTPException):
                if self._life is None or self._life.wait(timeout=30) >= 0:
                    raise

    def _begin(self) -> None:
        self.deaths += self._life is not None
        self._close()
        self._life = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.one_life", str(self.data), *self._ports],
            cwd=PROJECT, env=os.environ | self.endpoint, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self._address = Address(**json.loads(self._line() or "{}"))
        if self.every:
            self.dies_at("*", "*", self.every)

    def _line(self) -> str:
        assert self._life
        assert self._life.stdout
        return self._life.stdout.readline()

    def _close(self) -> None:
        for each in (self._life.stdin, self._life.stdout) if self._life else ():
            with contextlib.suppress(BrokenPipeError):
                each and each.close()

    def end(self) -> None:
        self.kill()
        self._close()


@contextmanager
def a_house(folder: Path, endpoint: dict[str, str]) -> Iterator[House]:
    """With tables in this DynamoDB, which outlives every life."""
    house = House(data=folder, endpoint=endpoint)
    try:
        yield house
    finally:
        house.end()


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as held:
        found = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in found:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in found]
