"""Stories run against the whole desk on one machine: one cloud a process, kept from story to story.

Stories don't disturb each other: each registers accounts of its own. What they share is the clock, which only goes on.
"""

import gc
import os
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from infra.local.cloud import LocalCloud
from tests.stories.allowances import noted
from tests.stories.everywhere import logged
from tests.stories.people import Desk

HERE = Path(__file__).parent

os.environ["AWS_MAX_ATTEMPTS"] = "1"
USUAL = {"LOOK_AGAIN_FOR": "P1D", "CLOSURES_PER_HOUR": "1000"}
"""Everything as it comes, but for what would only cost time, or tie stories together: five weeks of nightly looks at
every account that an earlier story closed, the real seconds that boto3 sleeps between its own attempts (the workflow's
attempts go by the desk's clock), and the brake."""


STORIES_A_CLOUD = 40
"""What old stories left waits for each sweep: after so many the cloud is exchanged for a fresh one."""


class Clouds:
    """The one cloud of this process (moto is the process's AWS), started when a story asks for it."""

    def __init__(self) -> None:
        self._cloud: LocalCloud | None = None
        self._desk: Desk | None = None
        self._settings: dict[str, str] = {}
        self._stories = 0

    def desk(self, settings: dict[str, str]) -> Desk:
        """The desk with these settings: the one that runs, if it has them."""
        self._stories += 1
        if self._desk and self._settings == settings and self._stories <= STORIES_A_CLOUD:
            return self._desk
        self.stop()
        self._cloud = LocalCloud(settings=settings, seeds=False).start()
        _look_at_it_no_more()
        # boto3 sleeps real seconds between its own attempts; the workflow's attempts go by the desk's clock.
        os.environ["AWS_MAX_ATTEMPTS"] = "1"
        self._desk, self._settings, self._stories = Desk(self._cloud), settings, 1
        return self._desk

    def counted(self) -> list[str]:
        """The lines that went to CloudWatch as metrics; each is given once."""
        return self._cloud.counted() if self._cloud else []

    def stop(self) -> None:
        if self._cloud:
            noted.note(self._cloud.permissions)
            self._cloud.stop()
        self._cloud = self._desk = None


@cache
def _look_at_it_no_more() -> None:
    """Modules and descriptions of services stay until the end: the collector of garbage need not go through them."""
    gc.collect()
    gc.freeze()


clouds = Clouds()


@pytest.fixture
def desk() -> Iterator[Desk]:
    """The desk with its defaults (but see `USUAL`). Faults that a story leaves behind end with it."""
    found = clouds.desk(USUAL)
    yield found
    _ends_well(found)


@pytest.fixture
def desk_with() -> Iterator[Callable[..., Desk]]:
    """A desk with settings of its own: `desk_with(CLOSURES_PER_HOUR="1")`. It costs a start; use few such settings."""
    made: list[Desk] = []

    def desk_with(**settings: str) -> Desk:
        made.append(clouds.desk(settings))
        return made[-1]

    yield desk_with
    for each in made[-1:]:
        _ends_well(each)


def _ends_well(desk: Desk) -> None:
    """Nothing goes on behind the story's back, and no function wanted what its policy doesn't allow."""
    desk.no_more_faults()
    desk.settle()
    assert desk.cloud.permissions.refused == []


_LETTER = "[BCGHKMNPQRTVXZ2-9]"
_PERSONAL = re.compile(
    r"\b(?!support@desk\.example)[\w.+-]+@[\w-]+(?:\.[\w-]+)+|/track/(?!{)"
    r"|(?i:Nguyễn|John Carter|Tôi muốn hủy|close my account|hóa đơn)"
    rf"|(?<![\w-]){_LETTER}{{4}}-{_LETTER}{{4}}(?![\w-])"
)
"""What the stories' people are, write and get: addresses, links, names and words, codes."""
_NOT_ON_AWS = ("moto.", "mail.log ")
"""Loggers of what plays AWS: the workflow's interpreter, and the SMTP server in SES's place."""


@pytest.fixture(autouse=True)
def no_log_line_holds_anything_personal() -> Iterator[None]:
    """Holds for each story, whatever goes wrong in it. The local cloud logs what a function raises, as Lambda would."""
    with logged() as lines:
        yield
    lines += clouds.counted()
    assert [line for line in lines if _PERSONAL.search(line) and not line.startswith(_NOT_ON_AWS)] == []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Stories with settings of their own come last, so that the cloud is exchanged once and not to and fro."""
    mine = [place for place, each in enumerate(items) if HERE in each.path.parents]
    ordered = sorted(
        (items[place] for place in mine), key=lambda each: "desk_with" in getattr(each, "fixturenames", ())
    )
    for place, each in zip(mine, ordered, strict=True):
        items[place] = each


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    """The cloud goes when the next test is no story: other tests have the process's AWS for themselves."""
    if nextitem is None or HERE not in nextitem.path.parents:
        clouds.stop()
