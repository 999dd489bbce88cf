"""Accounts from elsewhere: `python -m infra.import_accounts FILE [--stage STAGE]`, or `make import FILE=…`.

FILE is UTF-8, a line an account: CSV (`*.csv`; the first line names the columns: account_id, email, name, phone,
company, tax_code, country, language, and attributes as `attributes.NAME`; an empty cell says nothing) or JSON lines
(`{"account_id": …, "email": …, "attributes": {…}}`). Each line is checked by the model of PUT /accounts/{id} and keeps
its rules: a living account keeps its generation, one that is being erased is refused. What is refused stands in
FILE.refused.csv with the number of its line and the reason; what stands there already as the file has it is left alone.

FILE.position remembers how far it came. Stopped or killed, the same command goes on from there; done, it goes away. A
FILE that changed since begins anew, which is harmless. It ends with 0, with 1 where lines were refused, with 2 where it
couldn't begin or go on.
"""

import argparse
import csv
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, BinaryIO, TextIO

from botocore.exceptions import BotoCoreError
from pynamodb.exceptions import PynamoDBException
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from chalicelib.accounts.account import Fields
from chalicelib.accounts.api import AccountFields
from chalicelib.accounts.registering import AT_ONCE, Outcome, register_all
from chalicelib.language import say
from chalicelib.problems import Problem, TooLarge
from chalicelib.reading import LARGEST_BODY, WrongField, WrongFields, json_body, matching, read
from chalicelib.signin import ACCOUNT_ID
from infra.operating import use_settings_of

NOT_CSV = "This line is no CSV; a quote may be missing."
CELLS = "This line has another number of cells than the first one has columns."


class Imported(AccountFields, frozen=True, kw_only=True):
    """One line: what PUT /accounts/{id} takes, and the id that stands in its path."""

    account_id: Annotated[str, matching(ACCOUNT_ID.pattern)]


class CannotBegin(Exception):
    """The file, or its first line, is not such that a line of it could be imported."""


@dataclass(kw_only=True)
class Position:
    """How far the import came: `line` lines and `at` bytes of the file, `refused_at` bytes of what was refused."""

    file: str
    line: int = 0
    at: int = 0
    refused_at: int = 0
    counts: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line as it stands in the file, and where the next one begins. `raw` is None where it is too long to read."""

    number: int
    raw: bytes | None
    ends_at: int


Read = Callable[[bytes], Imported]
Tell = Callable[[Position], None]


def import_file(path: Path, *, tell: Tell = lambda _: None) -> Counter[str]:
    """Imports what wasn't yet; `tell` hears of each step. How many lines became what: new, replaced, unchanged,
    refused."""
    with path.open("rb") as file:
        read, begins = _reader(path, file)
        position = _known(path, begins)
        with _refused(path, position) as refused:
            for batch in _batches(_lines(file, position), read):
                _import(batch, refused, position)
                _remember(path, position)
                tell(position)
    _position_of(path).unlink(missing_ok=True)
    return position.counts


# ── the file, line by line ───────────────────────────────────────────────────────────────────────────────────


def _reader(path: Path, file: BinaryIO) -> tuple[Read, Position]:
    """What makes an account of a line, and where the first such line is."""
    if path.suffix.lower() != ".csv":
        return _from_json, Position(file=_digest(path))
    first = next(_lines(file, Position(file="")), None)
    if not first or first.raw is None:
        raise CannotBegin("The first line must name the columns.")
    try:
        columns = [each.strip() for each in _cells(first.raw.removeprefix(b"\xef\xbb\xbf"))]
    except WrongFields:
        raise CannotBegin(f"The first line must name the columns. {NOT_CSV}") from None
    wrong = [each for each in columns if each not in Imported.__struct_fields__ and not each.startswith("attributes.")]
    wrong += [f"{each} (missing)" for each in ("account_id", "email") if each not in columns]
    wrong += [f"{each} (twice)" for each, times in Counter(columns).items() if times > 1]
    if wrong or "attributes" in columns:
        raise CannotBegin(f"These columns are wrong: {', '.join(wrong or ['attributes (name one: attributes.NAME)'])}")
    return lambda raw: _from_csv(raw, columns), Position(file=_digest(path), line=1, at=first.ends_at)


def _lines(file: BinaryIO, position: Position) -> Iterator[Line]:
    """The lines from there on, never more of one in memory than may be read."""
    file.seek(position.at)
    number, at = position.line, position.at
    while raw := file.readline(LARGEST_BODY + 1):
        number, at, is_whole = number + 1, at + len(raw), raw.endswith(b"\n") or len(raw) <= LARGEST_BODY
        while not raw.endswith(b"\n") and (raw := file.readline(LARGEST_BODY)):
            at += len(raw)
            is_whole = False
        yield Line(number=number, raw=raw if is_whole else None, ends_at=at)


def _from_json(raw: bytes) -> Imported:
    return json_body(raw.removeprefix(b"\xef\xbb\xbf"), Imported)


def _from_csv(raw: bytes, columns: list[str]) -> Imported:
    cells = _cells(raw)
    if len(cells) != len(columns):
        raise WrongFields(WrongField(name="", sentence=CELLS))
    said: dict[str, Any] = {"attributes": {}}
    for column, cell in zip(columns, cells, strict=True):
        if cell:
            kind, dot, name = column.partition(".")
            (said["attributes"] if dot else said)[name if dot else kind] = cell
    return read(said, Imported)


def _cells(raw: bytes) -> list[str]:
    """No cell of ours holds a line end, so each line is read for itself: a quote that is never closed takes no other
    line with it. Bytes that are no UTF-8 stay marked, and are refused with the field that they stand in."""
    try:
        return next(csv.reader([raw.decode(errors="surrogateescape").rstrip("\r\n")], strict=True))
    except (csv.Error, StopIteration):
        raise WrongFields(WrongField(name="", sentence=NOT_CSV)) from None


# ── in batches ───────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(kw_only=True)
class Batch:
    """Lines that are imported together: no account twice, so that the later one comes after the earlier one."""

    wanted: dict[str, Fields] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    refused: list[tuple[int, str]] = field(default_factory=list)
    last: Line | None = None

    @property
    def is_full(self) -> bool:
        return len(self.wanted) + len(self.refused) >= AT_ONCE


def _fields_of(account: Imported) -> Fields:
    return Fields(**{name: getattr(account, name) for name in Fields.__struct_fields__})


def _batches(lines: Iterator[Line], read: Read) -> Iterator[Batch]:
    batch = Batch()
    for line in lines:
        account = _account_or_reason(line, read)
        if batch.is_full or (isinstance(account, Imported) and account.account_id in batch.wanted):
            yield batch
            batch = Batch()
        batch.last = line
        if isinstance(account, Imported):
            batch.wanted[account.account_id] = _fields_of(account)
            batch.numbers[account.account_id] = line.number
        elif account:
            batch.refused.append((line.number, account))
    if batch.last:
        yield batch


def _account_or_reason(line: Line, read: Read) -> Imported | str | None:
    """The account, or why it is refused; None for a line that says nothing."""
    if line.raw is None:
        return reason_of(TooLarge())
    if not line.raw.strip(b" \t\r\n"):
        return None
    try:
        return read(line.raw)
    except (WrongFields, TooLarge) as refused:
        return reason_of(refused)


def reason_of(refused: Exception) -> str:
    """Which fields are wrong and how, without what they hold."""
    if isinstance(refused, WrongFields):
        told = ((each.name, say("en", each.sentence, **each.facts)) for each in refused.wrong)
        return " ".join(f"{name}: {sentence}" if name else sentence for name, sentence in told)
    return say("en", refused.sentence) if isinstance(refused, Problem) else type(refused).__name__


def _import(batch: Batch, refused: TextIO, position: Position) -> None:
    outcomes: dict[str, Outcome] = register_all(batch.wanted)
    rows = list(batch.refused)
    for account_id, outcome in outcomes.items():
        if isinstance(outcome, str):
            position.counts[outcome] += 1
        else:
            rows.append((batch.numbers[account_id], reason_of(outcome)))
    csv.writer(refused).writerows(sorted(rows))
    refused.flush()
    position.counts["refused"] += len(rows)
    position.refused_at = refused.tell()
    if batch.last:
        position.line, position.at = batch.last.number, batch.last.ends_at


# ── going on after a kill ────────────────────────────────────────────────────────────────────────────────────


def _position_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.position")


def _digest(path: Path) -> str:
    """Which file it is: another size or time of change is another file."""
    found = path.stat()
    return f"{found.st_size}-{found.st_mtime_ns}"


def _known(path: Path, begins: Position) -> Position:
    """Where the last import of this very file stopped, else where it begins."""
    try:
        said = json.loads(_position_of(path).read_text("utf-8"))
        known = Position(**said | {"counts": Counter(said["counts"])})
    except (OSError, ValueError, KeyError, TypeError):
        return begins
    return known if known.file == begins.file else begins


def _remember(path: Path, position: Position) -> None:
    """Whole or not at all: a kill while it is written leaves what stood there before."""
    fresh = _position_of(path).with_suffix(".fresh")
    fresh.write_text(json.dumps(vars(position)), "utf-8")
    fresh.replace(_position_of(path))


@contextmanager
def _refused(path: Path, position: Position) -> Iterator[TextIO]:
    """FILE.refused.csv, cut back to what the position knows of: what came later comes again."""
    with path.with_name(f"{path.name}.refused.csv").open("a+", encoding="utf-8", newline="") as file:
        file.truncate(position.refused_at)
        file.seek(0, os.SEEK_END)
        if not position.refused_at:
            csv.writer(file).writerow(["line", "reason"])
        yield file


# ── the command ──────────────────────────────────────────────────────────────────────────────────────────────


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--stage", help="take the settings of this deployed desk; else those of the environment")
    given = parser.parse_args(arguments)
    try:
        use_settings_of(given.stage)
        counts = _with_a_bar(given.file)
    except (CannotBegin, OSError, Problem) as error:
        print(error, file=sys.stderr)
        return 2
    except (BotoCoreError, PynamoDBException) as error:
        print(f"Stopped ({type(error).__name__}); the same command goes on from there.", file=sys.stderr)
        return 2
    print(", ".join(f"{counts[each]} {each}" for each in ("new", "replaced", "unchanged", "refused")))
    if counts["refused"]:
        print(f"See {given.file}.refused.csv for the lines that were refused.")
    return 1 if counts["refused"] else 0


def _with_a_bar(path: Path) -> Counter[str]:
    columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[lines]} lines"), TimeRemainingColumn())
    with Progress(*columns, transient=True) as bar:
        task = bar.add_task("", total=path.stat().st_size, lines=0)
        return import_file(path, tell=lambda now: bar.update(task, completed=now.at, lines=now.line))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
