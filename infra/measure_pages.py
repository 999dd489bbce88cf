"""What each page weighs, and how long it takes to make: `python -m infra.measure_pages` (a part of `make bench`).

Weight: the page with its stylesheets, script and picture, uncompressed. Time: the template alone, in process, the
median of twenty.
"""

import re
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from chalicelib.pages import sessions, showing
from chalicelib.signin import Person
from infra.demo_desk import Answer, Desk, Unexpected
from infra.furnished import THU, Shown, furnish
from infra.local.__main__ import quiet
from infra.local.cloud import LocalCloud

TIMES = 20
HEAVIEST, SLOWEST_MS = 100_000, 30.0
_LINKED = re.compile(r'(?:href|src)="[^"]*(/static/[^"]+)"')
PEOPLE = {
    "customer": Person(sub="acc-lan", account_id="acc-lan", is_owner=True),
    "newcomer": Person(sub=THU, account_id=THU, is_owner=True),
    "agent": Person(sub="an", groups=frozenset({"desk-agent"})),
    "admin": Person(sub="chi", groups=frozenset({"desk-agent", "desk-admin"})),
}


@dataclass
class Measured:
    """Of one page: bytes of itself and of all that it links, and milliseconds of each time it was made."""

    name: str
    own: int
    linked: int
    times_ms: list[float] = field(default_factory=list)

    @property
    def weight(self) -> int:
        return self.own + self.linked

    @property
    def median_ms(self) -> float:
        return statistics.median(self.times_ms)


def main() -> int:
    quiet()
    with LocalCloud() as cloud:
        desk = Desk(url=cloud.desk_url, panel_url=cloud.panel_url, smtp_port=cloud.smtp_port)
        found = [measure(desk, shown) for shown in furnish(desk)]
    print(f"{'page':<22}{'page alone':>12}{'all told':>12}{'made in':>12}")
    for each in found:
        print(f"{each.name:<22}{each.own / 1000:>9.1f} kB{each.weight / 1000:>9.1f} kB{each.median_ms:>9.1f} ms")
    too_much = [each.name for each in found if each.weight > HEAVIEST or each.median_ms > SLOWEST_MS]
    print(f"\nAt most {HEAVIEST // 1000} kB and {SLOWEST_MS:.0f} ms: {', '.join(too_much) or 'all of them'}.")
    return 1 if too_much else 0


def measure(desk: Desk, shown: Shown) -> Measured:
    """Fetches the page as its reader."""
    headers = cookie_of(shown)
    with _timed() as times:
        page = _fetched(desk, shown.path, headers)
        if page.status != (404 if shown.name == "not-found" else 200):
            raise Unexpected(f"{shown.path}: {page.status}")
        for _ in range(TIMES):
            _fetched(desk, shown.path, headers)
    linked = set(_LINKED.findall(page.text))
    weight = sum(len(_fetched(desk, path, {}).text.encode()) for path in linked)
    return Measured(name=shown.name, own=len(page.text.encode()), linked=weight, times_ms=times[1:])


def cookie_of(shown: Shown) -> dict[str, str]:
    """The header by which the reader of this page is signed in."""
    if shown.who == "nobody":
        return {}
    session = sessions.begun(PEOPLE[shown.who], "Nguyễn Thị Lan", before=None)
    return {"Cookie": sessions.cookie_of(session).partition(";")[0]}


def _fetched(desk: Desk, path: str, headers: dict[str, str]) -> Answer:
    return desk.read(desk.url + path, headers)


@contextmanager
def _timed() -> Iterator[list[float]]:
    """Milliseconds of each page that is made meanwhile."""
    times: list[float] = []
    made = showing.rendered

    def timed(*given: Any, **facts: Any) -> str:
        began = time.perf_counter()
        html = made(*given, **facts)
        times.append((time.perf_counter() - began) * 1000)
        return html

    showing.rendered = timed
    yield times
    showing.rendered = made


if __name__ == "__main__":
    sys.exit(main())
