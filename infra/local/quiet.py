"""Knowing when nothing is in flight any more, without looking every few milliseconds."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta


class NotQuiet(TimeoutError):
    """Something was still in flight when patience ended."""


class Quiet:
    """Counts what is in flight: events, running functions, workflow steps, mails.

    Whoever hands work on counts it before it ends its own, so the count never touches nought in between. A source
    that can't count (a stream: its records come from whoever writes) is asked instead, see `watch`.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._in_flight = 0
        self._is_idle: list[Callable[[], bool]] = []

    def begin(self) -> None:
        with self._changed:
            self._in_flight += 1

    def end(self) -> None:
        with self._changed:
            self._in_flight -= 1
            self._changed.notify_all()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        self.begin()
        try:
            yield
        finally:
            self.end()

    def watch(self, is_idle: Callable[[], bool]) -> None:
        """Ask this source too; it calls `something_changed` whenever its answer may have become yes."""
        with self._changed:
            self._is_idle.append(is_idle)

    def something_changed(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def wait(self, patience: timedelta = timedelta(minutes=2)) -> None:
        """Comes back when nothing is in flight. Raises `NotQuiet` when that takes longer than `patience`."""
        with self._changed:
            if not self._changed.wait_for(self._all_idle, patience.total_seconds()):
                raise NotQuiet(f"{self._in_flight} things are still in flight after {patience}")

    def _all_idle(self) -> bool:
        return self._in_flight == 0 and all(is_idle() for is_idle in self._is_idle)
