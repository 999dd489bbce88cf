"""`make bench`, or `python -m infra.bench [--write] [--mail FOLDER]`: every measured figure, each by its own command.

The figures come last, together. `--write` lays them into docs/results.md, with the day and the machine. A figure that
breaks its promise makes it fail, when all have been measured.
"""

import argparse
import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from infra import template

PAPER = template.PROJECT / "docs" / "results.md"
TOOLS = template.PROJECT / ".tools" / "bin" / "python"
"""The interpreter that has the packages which letters are measured against, and the one that our reading needs."""


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One command, what it measures, and what its reader should know of it."""

    name: str
    command: tuple[str, ...]
    says: str
    python: Path = Path(sys.executable)

    @property
    def shown(self) -> str:
        return " ".join((".tools/bin/python" if self.python == TOOLS else "python", *self.command))


COLD = Measure(
    name="Cold start",
    command=("-m", "infra.measure_cold_start", "--contributors"),
    says="Processor time of each function's first call in a fresh interpreter, against a Chalice app with one boto3 "
    "client that makes one call, which ran just before it. `asked`: its first request to AWS is on its way. "
    "`answered`: it is done, with every client it needs (a mail takes three), all that it words and shows. AWS answers "
    "at once.",
)
LOAD = Measure(
    name="Load and warm overhead",
    command=("-m", "infra.measure_load"),
    says="A second of one processor's time. *With moto's part* counts what plays AWS in the same process; *by our own "
    "work* leaves it out: the function and botocore. Against bare boto3: the same calls with the same parameters, from "
    "the same state of the tables, by plain boto3 clients.",
)
PAGES = Measure(
    name="Pages", command=("-m", "infra.measure_pages"), says="Each page's weight, and the time to fill its template."
)


def letters(folder: Path) -> Measure:
    return Measure(
        name="Letters",
        command=("infra/measure_letters.py", str(folder)),
        says="Every letter of a collection read whole, by each reader in a process of its own. The peak is that "
        "process's whole memory.",
        python=TOOLS,
    )


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="lay the figures into docs/results.md")
    parser.add_argument("--mail", type=Path, help="a folder with letters, *.eml; without it none are read")
    given = parser.parse_args(arguments)
    measures = [COLD, LOAD, PAGES, *([letters(given.mail)] if given.mail else [])]
    began = time.monotonic()
    found = [(each, run(each)) for each in measures]
    minutes = (time.monotonic() - began) / 60
    for each, done in found:
        print(f"\n{each.name}\n\n{done.stdout.strip()}")
    print(f"\nMeasured in {minutes:.1f} minutes.")
    if given.write:
        PAPER.write_text(paper(found), encoding="utf-8")
    failed = [each.name for each, done in found if done.returncode]
    if failed:
        print(f"Not as promised: {', '.join(failed)}.")
    return 1 if failed else 0


def run(each: Measure) -> subprocess.CompletedProcess[str]:
    print(f"{each.name}: {each.shown}", flush=True)
    return subprocess.run(
        [str(each.python), *each.command], cwd=template.PROJECT, stdout=subprocess.PIPE, text=True, check=False
    )


def paper(found: list[tuple[Measure, subprocess.CompletedProcess[str]]]) -> str:
    load = os.getloadavg()[2]
    parts = [
        "# Measured figures",
        f"By `make bench WRITE=1` on {datetime.now(UTC):%Y-%m-%d}: {platform.system()} on {platform.machine()}, "
        f"{os.cpu_count()} cores, Python {platform.python_version()}, load of the last quarter of an hour {load:.1f}. "
        "Where the load is above the number of cores, other work ran beside it: then the ratios count, and the times "
        "are longer than they need be.",
    ]
    for each, done in found:
        shown = each.shown if each.python != TOOLS else ".tools/bin/python infra/measure_letters.py FOLDER"
        parts += [f"## {each.name}", f"`{shown}`", each.says, f"```\n{done.stdout.strip()}\n```"]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
