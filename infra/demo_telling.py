"""How the demo tells its story: who does what, what each person sees, and whether each promise was kept."""

import sys
import textwrap
from collections.abc import Callable
from datetime import datetime
from typing import Any, TextIO

from infra.demo_desk import Unexpected

WIDTH = 110


class Telling:
    """Prints line by line, and counts promises. A broken one is said loudly at once, and again at the end."""

    def __init__(self, now: Callable[[], datetime], out: TextIO | None = None) -> None:
        self._now = now
        self._out = out or sys.stdout
        self.kept = 0
        self.broken: list[str] = []

    def scene(self, title: str) -> None:
        self._line(f"\n{title}\n{'=' * len(title)}")

    def does(self, who: str, what: str) -> None:
        """What somebody does, with the desk's time."""
        self._line(f"\n{self._now():%d %b %H:%M}  {who} {what}")

    def sees(self, *lines: str) -> None:
        for line in lines:
            self._line(textwrap.fill(line, WIDTH, initial_indent=" " * 14, subsequent_indent=" " * 16))

    def mail(self, mail: dict[str, Any], lines: int = 3) -> None:
        """A mail as its reader sees it in the mailbox: to whom, subject, and the first lines below our marker."""
        self._line(f"{' ' * 14}mail to {', '.join(mail['to'])}: {mail['subject']}")
        text = [line for line in mail["text"].splitlines() if line.strip()][1:]
        for line in text[:lines]:
            self._line(textwrap.shorten(line, WIDTH - 18, placeholder=" …").join((" " * 14 + "  | ", "")))

    def promise(self, sentence: str, is_kept: bool, found: Any = "") -> None:
        if is_kept:
            self.kept += 1
            self._line(f"{' ' * 12}✓ {sentence}")
        else:
            self.breaks(sentence, found)

    def breaks(self, sentence: str, found: Any) -> None:
        self.broken.append(f"{sentence} – found: {found}")
        self._line(f"\n!!! PROMISE BROKEN: {sentence}\n!!! found: {found}\n")

    def plays(self, case: Callable[[], None]) -> None:
        """Plays one case; where the desk answers what it can't go on with, that is a broken promise."""
        try:
            case()
        except (Unexpected, OSError, LookupError, ValueError) as error:
            self.breaks("the story can be played to its end", f"{type(error).__name__}: {error}")

    def ends(self) -> bool:
        """Says how it went; whether every promise was kept."""
        self._line(f"\n{self.kept} promises kept, {len(self.broken)} broken.")
        for each in self.broken:
            self._line(f"  BROKEN: {each}")
        return bool(self.kept) and not self.broken

    def _line(self, text: str) -> None:
        print(text, file=self._out, flush=True)
