"""Every call to AWS goes wrong, one at a time: `python -m tests.faults.crash_points` (`--part 1/2`, `--every 10`).

Each story is played once whole, and its calls are counted by the function that makes them. Then it is played again for
each call and each fault: with the same deployment, by new people. What the platform's own tries don't mend, the sweep
must. Afterwards every rule of PRODUCT holds; how many didn't is printed last.
"""

import argparse
import logging
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from types import SimpleNamespace
from typing import Any

import botocore.endpoint
from moto.core.botocore_stubber import BotocoreStubber

from infra.local.__main__ import quiet
from infra.local.cloud import LocalCloud
from infra.local.faults import CLIENT_NAMES, Fault
from infra.local.functions import resource_of, running
from infra.local.seams import replaced
from tests.faults import rules
from tests.faults.crash_stories import SETTINGS, STORIES, Story
from tests.faults.insisting import InsistingDesk
from tests.faults.one_life import READS

KINDS: dict[str, dict[str, Any]] = {
    "not applied": {"kind": "before", "all_attempts": True},
    "answer lost": {"kind": "after"},
    "every answer lost": {"kind": "after", "all_attempts": True},
    "throttled twice": {"kind": "throttle", "times": 2},
    "killed": {"kind": "kill"},
}
OF_READS = ("not applied", "throttled twice", "killed")
"""Of a read an answer that is lost is the same as none: nothing was applied."""
MAY_REPEAT = ("answer lost", "every answer lost", "killed")
TO_MEND = "PT4H"
"""So long the sweep has, every hour, after the story."""
STORIES_A_CLOUD = 60


@dataclass(frozen=True, kw_only=True)
class Point:
    """The nth call (from 0) of one function in a story."""

    function: str
    nth: int
    operation: str

    def __str__(self) -> str:
        return f"{self.function}'s call {self.nth + 1} ({self.operation})"

    def kinds(self) -> tuple[str, ...]:
        return OF_READS if self.operation.startswith(READS) else tuple(KINDS)


@dataclass(kw_only=True)
class Found:
    """What all the playing came to."""

    points: int = 0
    played: int = 0
    missed: int = 0
    repeated: int = 0
    broken: list[str] = field(default_factory=list)

    def words(self) -> str:
        return (
            f"{self.points} crash points, {self.played} faults met, {self.missed} not met; "
            f"{self.repeated} mails sent again where SES's answer was lost; {len(self.broken)} broken rules"
        )


class Clouds:
    """A cloud for some tens of stories: what old ones left waits for each sweep."""

    def __init__(self) -> None:
        self._cloud: LocalCloud | None = None
        self._stories = 0

    def desk(self) -> InsistingDesk:
        if self._cloud is None or self._stories >= STORIES_A_CLOUD:
            self.stop()
            self._cloud, self._stories = LocalCloud(settings=SETTINGS, seeds=False).start(), 0
            self._desk = InsistingDesk(self._cloud)
        self._stories += 1
        return self._desk

    def stop(self) -> None:
        if self._cloud:
            self._cloud.stop()
        self._cloud = None


@contextmanager
def no_real_pauses() -> Iterator[None]:
    """The SDK's tries come at once."""
    with replaced(botocore.endpoint, "time", lambda _: SimpleNamespace(sleep=lambda _seconds: None)):
        yield


@contextmanager
def calls_noted() -> Iterator[dict[str, list[str]]]:
    """What each function asks for meanwhile, call by call."""
    found: dict[str, list[str]] = defaultdict(list)

    def watch(answer: Callable[..., Any]) -> Callable[..., Any]:
        def __call__(stubber: BotocoreStubber, event_name: str, request: Any, **given: Any) -> Any:  # noqa: N807
            if function := running.get():
                found[resource_of(function)].append(event_name.rpartition(".")[2])
            return answer(stubber, event_name, request, **given)

        return __call__

    with replaced(BotocoreStubber, "__call__", watch):
        yield found


def points_of(desk: InsistingDesk, story: Story) -> list[Point]:
    """Every call of the story when nothing goes wrong, its last sweep included, but for what it shares with a story
    that stands before it. `AssertionError` if a rule breaks."""
    shared: dict[str, int] = {}
    story(desk)  # once, so that keys are read and connections made
    with calls_noted() as calls:
        desk.now_its_own = lambda: shared.update({function: len(made) for function, made in calls.items()})
        played = story(desk)
        desk.now_its_own = lambda: None
        desk.advance("PT1H")
    if broken := rules.broken_in(desk, played, desk.outbox()):
        raise AssertionError(f"without any fault: {'; '.join(broken)}")
    return [
        Point(function=function, nth=nth, operation=operation)
        for function, operations in sorted(calls.items())
        for nth, operation in enumerate(operations)
        if nth >= shared.get(function, 0)
    ]


def play(desk: InsistingDesk, story: Story, point: Point, kind: str, found: Found) -> None:
    """The story with this fault at this point; what it came to is added up."""
    fault = Fault(service="*", operation="*", function=point.function, skip=point.nth, **KINDS[kind])
    met = _Met(fault)
    rules.given_up()  # what a story before this one gave up is told already
    try:
        with met.watched():
            desk.cloud.goes_wrong(fault)
            played = story(desk)
            desk.advance(TO_MEND)
        desk.no_more_faults()
        broken = rules.broken_in(desk, played, desk.outbox()) + rules.given_up()
    except Exception as error:  # a story that can't be played to its end is a broken promise, too
        broken = [f"{type(error).__name__}: {str(error)[:300]}"]
        desk.no_more_faults()
        with suppress(Exception):
            desk.settle()
    found.played += fault.met is not None
    found.missed += fault.met is None
    found.repeated += sum(rules.AGAIN in each for each in broken)
    # Where SES's answer was lost nobody can tell what it tells of that mail, nor whether it went out.
    is_lost = met.operation == "sesv2:SendEmail" and kind in MAY_REPEAT
    excused = (rules.AGAIN, rules.GIVEN_UP) if is_lost else ()
    told = [each for each in broken if not any(why in each for why in excused)]
    found.broken += [f"{kind} at {point}, met {met.operation}: {each}" for each in told]


class _Met:
    """What the call was that the fault met."""

    def __init__(self, fault: Fault) -> None:
        self._fault = fault
        self.operation = ""

    @contextmanager
    def watched(self) -> Iterator[None]:
        def watch(answer: Callable[..., Any]) -> Callable[..., Any]:
            def __call__(stubber: BotocoreStubber, event_name: str, request: Any, **given: Any) -> Any:  # noqa: N807
                before = self._fault.met
                try:
                    return answer(stubber, event_name, request, **given)
                finally:
                    call = str(request.headers.get("amz-sdk-invocation-id"))
                    if before is None and self._fault.met == call:
                        _, service, operation = event_name.split(".")
                        self.operation = f"{CLIENT_NAMES.get(service, service)}:{operation}"

            return __call__

        with replaced(BotocoreStubber, "__call__", watch):
            yield


def play_all(names: list[str], *, every: int, part: tuple[int, int], tell: Callable[[str], None]) -> Found:
    """Every story with every fault at every point, or at each so-and-so-manieth."""
    all_, clouds = Found(), Clouds()
    try:
        with no_real_pauses():
            for name in names:
                began, found = time.monotonic(), Found()
                points = points_of(clouds.desk(), STORIES[name])
                which = [(point, kind) for point in points for kind in point.kinds()]
                for point, kind in islice(which, part[0] - 1, None, every * part[1]):
                    play(clouds.desk(), STORIES[name], point, kind, found)
                found.points = len(points)
                tell(f"{name}: {found.words()}; {time.monotonic() - began:.0f} s")
                for each in found.broken:
                    tell(f"  broken: {each}")
                _add(all_, found)
    finally:
        clouds.stop()
    return all_


def _add(all_: Found, found: Found) -> None:
    all_.points += found.points
    all_.played += found.played
    all_.missed += found.missed
    all_.repeated += found.repeated
    all_.broken += found.broken


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--story", action="append", choices=list(STORIES), help="only this one, or these")
    parser.add_argument("--every", type=int, default=1, help="only each so-and-so-manieth point and fault")
    parser.add_argument("--part", default="1/1", help="such as 1/2: the first of two processes that share the work")
    asked = parser.parse_args(arguments)
    quiet()
    logging.getLogger("signoff").setLevel(logging.CRITICAL)  # what the faults make the desk say
    nth, of = map(int, asked.part.split("/"))
    found = play_all(
        asked.story or list(STORIES), every=asked.every, part=(nth, of), tell=lambda line: print(line, flush=True)
    )
    print(found.words())
    return 1 if found.broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
