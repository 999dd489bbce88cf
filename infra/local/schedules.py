"""EventBridge schedules, fired by the desk's clock (moto stores them and leaves it at that)."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from infra.local.clients import client
from infra.local.clock import Clock

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")


@dataclass(kw_only=True)
class Schedule:
    """A deployed schedule, and when it comes next."""

    name: str
    every: timedelta
    target: str
    input: str
    next_at: datetime


class Schedules:
    """Fires what is due, in order: by itself as time passes, and for `Travel` while time is pushed on."""

    def __init__(self, clock: Clock, fire: Callable[[Schedule], None]) -> None:
        self._clock = clock
        self._fire = fire
        self._lock = threading.Lock()
        self._all: list[Schedule] = []
        self._changed = threading.Event()
        self._stopping = False

    @contextmanager
    def running(self) -> Iterator[None]:
        self._all = deployed_schedules(self._clock.now())
        thread = threading.Thread(target=self._keep_firing, daemon=True, name="schedules")
        thread.start()
        yield
        self._stopping = True
        self._changed.set()
        thread.join()

    def next_due_at(self) -> datetime | None:
        with self._lock:
            return min((each.next_at for each in self._all), default=None)

    def fire_due(self, *, at_most_every: timedelta = timedelta()) -> int:
        """Fires each that is due once, however late it is; the next time is `at_most_every` later at the least."""
        now = self._clock.now()
        with self._lock:
            due = [each for each in sorted(self._all, key=lambda each: each.next_at) if each.next_at <= now]
            for each in due:
                each.next_at = _after(now, each, max(each.every, at_most_every))
                self._fire(each)  # under the lock: whoever asks for the next one finds this one in flight
        self._changed.set()
        return len(due)

    def back_to_normal(self) -> None:
        """After a long journey: nothing lies further ahead than its own interval."""
        now = self._clock.now()
        with self._lock:
            for each in self._all:
                while each.next_at - each.every > now:
                    each.next_at -= each.every
        self._changed.set()

    def _keep_firing(self) -> None:
        while not self._stopping:
            self._changed.clear()
            due_at = self.next_due_at()
            left = (due_at - self._clock.now()).total_seconds() if due_at else None
            if left is None or left > 0:
                self._changed.wait(left)
            else:
                self.fire_due()


def _after(now: datetime, schedule: Schedule, step: timedelta) -> datetime:
    """The next time after `now` on the schedule's own grid."""
    missed = (now - schedule.next_at) // step
    return schedule.next_at + step * (missed + 1)


def deployed_schedules(now: datetime) -> list[Schedule]:
    scheduler = client("scheduler")
    names = [each["Name"] for each in scheduler.list_schedules()["Schedules"] if each["State"] == "ENABLED"]
    return [_schedule(scheduler.get_schedule(Name=name), now) for name in names]


def _schedule(described: dict[str, Any], now: datetime) -> Schedule:
    found = _RATE.fullmatch(described["ScheduleExpression"])
    if not found:
        raise NotImplementedError(f"schedule {described['ScheduleExpression']}: only rate(…) is played here")
    every = timedelta(**{f"{found[2]}s": int(found[1])})
    target = described["Target"]
    return Schedule(
        name=described["Name"],
        every=every,
        target=target["Arn"],
        input=target.get("Input", "{}"),
        next_at=now + every,
    )
