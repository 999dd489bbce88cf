"""`python -m infra.settings_table`: the README's table of settings, made from chalicelib/settings.py."""

from dataclasses import MISSING, fields
from typing import Any

from chalicelib.settings import Settings, as_text

BEGIN, END = "<!-- settings: python -m infra.settings_table -->", "<!-- end of settings -->"


def table() -> str:
    """Every setting in Markdown, in the order of the file."""
    rows = [
        f"| `{each.name.upper()}` | {_shown(each.default)} | {each.metadata['says']} |" for each in fields(Settings)
    ]
    return "\n".join(["| Variable | Default | What it sets |", "|---|---|---|", *rows])


def _shown(default: Any) -> str:
    if default is MISSING:
        return "*the template sets it*"
    return f"`{text}`" if (text := as_text(default)) else "–"


if __name__ == "__main__":
    print(table())
