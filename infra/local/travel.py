"""Pushing the desk's time forward: everything due on the way happens, in order."""

from collections.abc import Callable
from datetime import datetime, timedelta

from infra.local.clock import Clock
from infra.local.quiet import Quiet
from infra.local.schedules import Schedules
from infra.local.tables import delete_expired

FAR = timedelta(days=8)
"""A longer way is gone in steps of a day: hourly schedules fire once a day."""

SHORT_RETRY = timedelta(minutes=1)


class Travel:
    """Settles, and moves the clock."""

    def __init__(
        self,
        clock: Clock,
        schedules: Schedules,
        quiet: Quiet,
        delete_expired: Callable[[datetime], object] = delete_expired,
    ) -> None:
        self._clock = clock
        self._schedules = schedules
        self._quiet = quiet
        self._delete_expired = delete_expired

    def settle(self) -> None:
        """Comes back when nothing is in flight.

        A workflow's task that waits less than a minute to be tried again is in flight: its pause is cut short. What
        waits longer, waits for the clock.
        """
        self._quiet.wait()
        while self._clock.cut_short_retries(SHORT_RETRY):
            self._quiet.wait()

    def advance(self, by: timedelta, *, step: timedelta | None = None) -> None:
        """Moves the time on by so much and comes back when all is quiet there. Schedules fire once a `step`."""
        if step is None:
            step = timedelta(days=1) if by > FAR else timedelta()
        self.settle()
        target = self._clock.now() + by
        expired_at = self._clock.now()
        while (due_at := self._next_due_at()) is not None and due_at <= max(target, self._clock.now()):
            self._clock.jump_to(due_at)
            self._schedules.fire_due(at_most_every=step)
            self.settle()
            if self._clock.now() - expired_at >= timedelta(days=1):
                expired_at = self._clock.now()
                self._delete_expired(expired_at)
        self._clock.jump_to(target)
        self._schedules.back_to_normal()
        self._delete_expired(self._clock.now())
        self.settle()

    def _next_due_at(self) -> datetime | None:
        due = [each for each in (self._clock.next_due_at(), self._schedules.next_due_at()) if each]
        return min(due, default=None)
