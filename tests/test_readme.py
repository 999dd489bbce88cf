"""The README says what is so: its settings, commands and paths are held against the code."""

import re
from pathlib import Path

import pytest

from infra.settings_table import BEGIN, END, table
from infra.template import PROJECT

README = (PROJECT / "README.md").read_text(encoding="utf-8")
PAPERS = [
    PROJECT / "README.md",
    PROJECT / "CHANGELOG.md",
    PROJECT / "infra" / "README.md",
    *sorted((PROJECT / "docs").rglob("*.md")),
]


def test_the_table_of_settings_is_the_one_that_the_code_gives() -> None:
    shown = README.partition(BEGIN)[2].partition(END)[0].strip()
    assert shown == table(), "run `python -m infra.settings_table` and put what it prints into the README"


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: str(paper.relative_to(PROJECT)))
def test_every_make_command_is_one_of_the_makefile(paper: Path) -> None:
    known = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", paper.read_text(encoding="utf-8"), re.MULTILINE))
    assert named <= known


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: str(paper.relative_to(PROJECT)))
def test_every_link_to_a_file_leads_to_one(paper: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)(?:#[a-z-]+)?\)", paper.read_text(encoding="utf-8"))
    assert [link for link in links if not (paper.parent / link).exists()] == []


def test_every_room_of_the_readme_is_there_and_none_is_left_out() -> None:
    told = set(re.findall(r"^\| `([a-z]+)/` \|", README, re.MULTILINE)) - {"infra", "tests"}
    rooms = {each.name for each in (PROJECT / "chalicelib").iterdir() if (each / "__init__.py").exists()}
    assert told == rooms


def test_every_call_that_the_papers_name_is_a_call_of_the_api() -> None:
    from app import app

    known = {f"{method} {path}" for path, methods in app.routes.items() for method in methods}
    shown = "\n".join(paper.read_text(encoding="utf-8") for paper in PAPERS)
    named = re.findall(r"`((?:GET|POST|PUT) /[A-Za-z{}/.-]+)`", shown)
    assert {call.replace("{number}", "{id}") for call in named} - known == set()
