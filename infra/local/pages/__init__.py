"""What people see of the local cloud, as files beside this one."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

HERE = Path(__file__).parent


def page(name: str, **facts: Any) -> str:
    """That template, with these facts put in as text."""
    return _templates().get_template(name).render(**facts)


def text(name: str) -> str:
    """That file as it is."""
    return (HERE / name).read_text(encoding="utf-8")


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
