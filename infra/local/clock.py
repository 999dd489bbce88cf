"""The desk's time on one machine: real time plus an offset that people may push forward."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from infra.local.folder import NOTHING_KEPT, Folder
from infra.local.quiet import Quiet


@dataclass(kw_only=True, eq=False)
class Pause:
    """A thread that sleeps until an instant of this clock."""

    until: datetime
    is_retry: bool
    began_at: datetime
    woken: threading.Event = field(default_factory=threading.Event)
    is_cut_short: bool = False


class Clock:
    """Tells the time and wakes whoever sleeps by it. How far it was pushed is kept: it never goes back."""

    def __init__(self, quiet: Quiet, kept: Folder = NOTHING_KEPT) -> None:
        self._quiet = quiet
        self._kept = kept
        self._lock = threading.Lock()
        self._offset = timedelta(seconds=kept.read("clock.json") or 0)
        self._pauses: set[Pause] = set()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._offset

    def jump_to(self, instant: datetime) -> None:
        """From now on it is `instant`, unless it is later already; whoever is due wakes up."""
        with self._lock:
            self._offset += max(instant - self.now(), timedelta())
            self._kept.write("clock.json", self._offset.total_seconds())
        self.wake_due()

    def next_due_at(self) -> datetime | None:
        with self._lock:
            return min((each.until for each in self._pauses), default=None)

    def wake_due(self) -> None:
        now = self.now()
        for each in self._sleeping():
            if each.until <= now:
                self._wake(each)

    def cut_short_retries(self, of_at_most: timedelta) -> bool:
        """Wakes pauses between tries that are no longer than this; the time stays. False if there were none."""
        short = [each for each in self._sleeping() if each.is_retry and each.until - each.began_at <= of_at_most]
        for each in short:
            each.is_cut_short = True
            self._wake(each)
        return bool(short)

    def look_again(self) -> None:
        """Wakes everybody, to see whether they should still be sleeping."""
        for each in self._sleeping():
            self._wake(each)

    def pause(self, until: datetime, *, goes_on: Callable[[], bool], is_retry: bool = False) -> None:
        """Sleeps until that instant, or until `goes_on` says no (ask for that with `look_again`).

        A sleeper is not in flight: the thread that calls this must be counted in `Quiet`, and is again afterwards.
        """
        pause = Pause(until=until, is_retry=is_retry, began_at=self.now())
        while not pause.is_cut_short and goes_on() and (left := (until - self.now()).total_seconds()) > 0:
            pause.woken.clear()
            with self._lock:
                self._pauses.add(pause)
            self._quiet.end()
            # Asked again: whoever said no before the line above did not find us among the sleepers.
            if goes_on():
                pause.woken.wait(left)
            self._wake(pause)

    def _sleeping(self) -> list[Pause]:
        with self._lock:
            return sorted(self._pauses, key=lambda each: each.until)

    def _wake(self, pause: Pause) -> None:
        """Counted as in flight by whoever wakes it, so there is no moment in which it is neither."""
        with self._lock:
            if pause not in self._pauses:
                return
            self._pauses.remove(pause)
            self._quiet.begin()
        pause.woken.set()
