"""What a local cloud keeps from one life to the next: a folder of small files, each written whole or not at all."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Folder:
    """A folder that is made when something is written. Without a path nothing is kept, and nothing found."""

    path: Path | None = None

    def inside(self, name: str) -> "Folder":
        return Folder(path=self.path / name if self.path else None)

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """The JSON of that name; made, and kept, the first time."""
        found = self.read(name)
        if found is None:
            found = make()
            self.write(name, found)
        return found

    def read(self, name: str) -> Any:
        """None if there is none."""
        try:
            return json.loads((self.path / name).read_bytes()) if self.path else None
        except FileNotFoundError:
            return None

    def write(self, name: str, value: Any) -> None:
        self.lay(name, json.dumps(value).encode())

    def lay(self, name: str, content: bytes) -> None:
        """A process that is killed meanwhile leaves the old file, or the new one."""
        if self.path:
            self.path.mkdir(parents=True, exist_ok=True)
            half = self.path / f".{name}"
            half.touch(0o600)  # keys are among them
            half.write_bytes(content)
            half.replace(self.path / name)

    def add_line(self, name: str, value: Any) -> None:
        """One more line of JSON at the end of that file."""
        if self.path:
            self.path.mkdir(parents=True, exist_ok=True)
            file = os.open(self.path / name, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(file, json.dumps(value).encode() + b"\n")
            finally:
                os.close(file)

    def lines(self, name: str) -> list[Any]:
        """The lines of that file; a last one that was only half written is none."""
        if not self.path or not (self.path / name).exists():
            return []
        return [
            json.loads(line) for line in (self.path / name).read_bytes().splitlines(keepends=True) if line[-1:] == b"\n"
        ]

    def files(self) -> Iterator[Path]:
        """Every whole file, by name."""
        if self.path and self.path.exists():
            yield from sorted(each for each in self.path.iterdir() if each.is_file() and each.name[0] != ".")

    def drop(self, name: str) -> None:
        if self.path:
            (self.path / name).unlink(missing_ok=True)


NOTHING_KEPT = Folder()
