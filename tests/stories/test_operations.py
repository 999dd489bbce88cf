"""What the desk asks of AWS for each operation is what docs/cost.md says."""

import re
from collections.abc import Callable

from infra.cost import PAPER
from infra.demo_desk import Desk as Reached
from infra.operations import requests
from tests.stories.letters import ALONE
from tests.stories.people import Desk

_ROW = re.compile(r"^\| `?([^`|]+?)`? \| (\d+) \| (\d+) \|", re.MULTILINE)


def test_each_operation_makes_as_many_calls_as_the_paper_says(desk_with: Callable[..., Desk]) -> None:
    desk = desk_with(**ALONE)
    said = {name: int(number) for name, number, _ in _ROW.findall(PAPER.read_text(encoding="utf-8"))}
    reached = Reached(url=desk.cloud.desk_url, panel_url=desk.cloud.panel_url, smtp_port=desk.cloud.smtp_port)
    made = {each.name: each.number for each in requests(reached)}
    del made["GET /desk/tickets"]  # stops asking when a page is full: other stories' tickets lie there, too
    assert made == {name: said[name] for name in made}
