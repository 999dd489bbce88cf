"""How fast, and in how much memory, letters are read: ours beside the standard library and two packages from PyPI.

    python infra/measure_letters.py FOLDER [--hostile MEGABYTES]

FOLDER holds letters, one a file (*.eml, anywhere below it). A reader whose package is not installed is left out. Each
reader runs in a process of its own: its peak of memory is its own, and one that crashes ends alone. With `--hostile`
the letters are those of tests/letters/hostile.py, each of that size, and the worst of them is named.
"""

import argparse
import importlib.util
import logging
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

Reader = Callable[[bytes], object]
_LONGEST = 120.0


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What one reader took for all letters; `worst` is the slowest letter and its seconds."""

    letters: int
    megabytes: float
    seconds: float
    refused: int
    peak_mb: int
    worst: tuple[str, float]


def ours(raw: bytes) -> object:
    from chalicelib.letters.mime import read_letter

    return read_letter(raw)


def standard_library(raw: bytes) -> object:
    message = message_from_bytes(raw, policy=policy.default)
    headers = [str(value) for value in message.values()]
    bodies = [part.get_payload(decode=True) for part in message.walk() if not part.is_multipart()]
    text = message.get_body(("plain", "html"))
    return headers, bodies, text and text.get_content()


def mail_parser(raw: bytes) -> object:
    import mailparser  # type: ignore[import-not-found, unused-ignore]

    read = mailparser.parse_from_bytes(raw)
    return read.subject, read.from_, read.body, read.attachments


def fast_mail_parser(raw: bytes) -> object:
    import fast_mail_parser as parser  # type: ignore[import-not-found, unused-ignore]

    read = parser.parse_email(raw)
    return read.subject, read.headers, read.text_plain, read.text_html, read.attachments


READERS: dict[str, tuple[str | None, Reader]] = {
    "ours": (None, ours),
    "standard library": (None, standard_library),
    "mail-parser": ("mailparser", mail_parser),
    "fast-mail-parser": ("fast_mail_parser", fast_mail_parser),
}


def letters_of(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*.eml")):
        yield path.name, path.read_bytes()


def hostile(megabytes: float) -> Iterator[tuple[str, bytes]]:
    from tests.letters.hostile import hostile_letters

    yield from hostile_letters(int(megabytes * 1_000_000))


def measured(reader: Reader, letters: Iterator[tuple[str, bytes]]) -> Figures:
    reader(b"Subject: warm\n\nup")
    count = refused = size = 0
    seconds, worst = 0.0, ("", 0.0)
    for name, raw in letters:
        began = time.perf_counter()
        try:
            reader(raw)
        except Exception:
            refused += 1
        took = time.perf_counter() - began
        count, size, seconds = count + 1, size + len(raw), seconds + took
        worst = max(worst, (name, took), key=lambda pair: pair[1])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return Figures(letters=count, megabytes=size / 1e6, seconds=seconds, refused=refused, peak_mb=peak, worst=worst)


def _in_a_process(name: str, folder: Path | None, megabytes: float, pipe: Connection) -> None:
    logging.disable()  # one package logs a line for each part it doesn't know
    letters = hostile(megabytes) if folder is None else letters_of(folder)
    pipe.send(measured(READERS[name][1], letters))


def apart(name: str, folder: Path | None, megabytes: float) -> Figures | None:
    """The figures, measured in a process of its own; None if it crashed or took too long."""
    ends, starts = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("spawn").Process(target=_in_a_process, args=(name, folder, megabytes, starts))
    process.start()
    starts.close()
    try:
        return ends.recv() if ends.poll(_LONGEST) else None
    except EOFError:
        return None
    finally:
        process.kill()
        process.join()


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--hostile", type=float, default=0.0, metavar="MEGABYTES")
    chosen = parser.parse_args(arguments)
    if (chosen.folder is None) == (not chosen.hostile):
        parser.error("name a folder of letters, or --hostile and a size")
    print(f"{'reader':18} {'letters/s':>10} {'MB/s':>7} {'refused':>8} {'peak MB':>8}  slowest letter")
    for name, (package, _) in READERS.items():
        if package and importlib.util.find_spec(package) is None:
            print(f"{name:18} not installed")
            continue
        found = apart(name, chosen.folder, chosen.hostile)
        if found is None:
            print(f"{name:18} crashed, or took more than {_LONGEST:.0f} s")
        elif found.letters:
            speed = f"{found.letters / found.seconds:10.0f} {found.megabytes / found.seconds:7.1f}"
            print(f"{name:18} {speed} {found.refused:8} {found.peak_mb:8}  {found.worst[1]:.3f} s: {found.worst[0]}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
