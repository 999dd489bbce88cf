"""`python -m infra.compiled_templates FOLDER`: in the copy of the desk in this folder, templates become modules.

A program of its own, so that packing can fix its hashes: the same templates make the same bytes.
"""

import sys
from pathlib import Path

from chalicelib.notices import worded
from chalicelib.pages import showing
from chalicelib.templates import COMPILED
from infra import template


def compile_templates(code: Path) -> None:
    """Of the templates in `code` only what is made of them is left. Raises Jinja's error for one that it can't read."""
    for folder, environment in ((showing.TEMPLATES, showing.templates()), (worded.WORDING, worded.templates("en"))):
        there = code / folder.relative_to(template.PROJECT)
        names = environment.list_templates()
        environment.compile_templates(there / COMPILED, zip=None, ignore_errors=False)
        for name in names:
            (there / name).unlink()


if __name__ == "__main__":
    compile_templates(Path(sys.argv[1]))
