"""The catalogues of what people read: `python -m infra.translations check` or `… update`.

`update` gathers every marked sentence, keeps the translations that still have theirs, drops the others, adds the new
ones empty, and compiles. `check` changes nothing, names everything that is missing, unused, or out of step, and exits 1
if there is any. Both run at home: what is deployed reads the compiled catalogue with the standard library alone.
"""

import ast
import io
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment
from jinja2.ext import extract_from_ast

HOUSE = Path(__file__).parents[1]
CATALOGUE = HOUSE / "chalicelib" / "locale" / "vi" / "LC_MESSAGES" / "signoff.po"

_FUNCTIONS = ("say", "N_", "_")
_TEMPLATES = ("wording", "templates")  # the folders whose files are Jinja templates
_FACT = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
_HEADER = "# What customers and agents read, in Vietnamese. The English sentence is the key."
# A date of now would make every run a change; the history of this file tells when a sentence was translated.
_ALWAYS = datetime(2026, 1, 1, tzinfo=UTC)


def main(arguments: list[str]) -> int:
    if arguments == ["update"]:
        update()
        return _tell(faults())
    if arguments == ["check"]:
        return _tell(faults())
    print(__doc__)
    return 2


def _tell(wrong: list[str]) -> int:
    for fault in wrong:
        print(fault)
    return 1 if wrong else 0


def update() -> None:
    """The catalogue holds just the sentences in use, old translations kept, and its compiled form is fresh."""
    known = translations()
    fresh = _new_catalogue()
    for sentence, places in sentences().items():
        fresh.add(sentence, known.get(sentence, ""), locations=[(place, 0) for place in places])
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    with CATALOGUE.open("wb") as file:
        write_po(file, fresh, width=110, include_lineno=False, sort_by_file=True)
    CATALOGUE.with_suffix(".mo").write_bytes(compiled())


def faults() -> list[str]:
    """What is wrong with the catalogue, one line each; none when it can be shipped."""
    used = sentences()
    known = translations()
    wrong = [f"not in the catalogue: {sentence!r} ({', '.join(used[sentence])})" for sentence in used.keys() - known]
    wrong += [f"in the catalogue but not in use: {sentence!r}" for sentence in known.keys() - used]
    wrong += [f"not translated: {sentence!r}" for sentence, said in known.items() if not said]
    wrong += [
        f"other {{facts}} in the translation of {sentence!r}"
        for sentence, said in known.items()
        if said and set(_FACT.findall(sentence)) != set(_FACT.findall(said))
    ]
    compiled_file = CATALOGUE.with_suffix(".mo")
    if not compiled_file.exists() or compiled_file.read_bytes() != compiled():
        wrong.append(f"{compiled_file.relative_to(HOUSE)} was not compiled from its catalogue")
    return sorted(wrong)


def compiled() -> bytes:
    """The catalogue as gettext reads it."""
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="vi")
    output = io.BytesIO()
    write_mo(output, catalogue)
    return output.getvalue()


def sentences() -> dict[str, list[str]]:
    """Every marked sentence, with the files that say it."""
    found: dict[str, list[str]] = {}
    for path in sorted((HOUSE / "chalicelib").rglob("*")):
        place = path.relative_to(HOUSE).as_posix()
        for sentence in sentences_of(path):
            places = found.setdefault(sentence, [])
            if place not in places:
                places.append(place)
    return found


def sentences_of(path: Path) -> Iterator[str]:
    """The marked sentences of one file; nothing for a file that is neither Python nor a template."""
    if path.suffix == ".py":
        yield from _sentences_of_python(path.read_text("utf-8"))
    elif path.is_file() and any(folder in path.parts for folder in _TEMPLATES) and path.suffix in (".txt", ".html"):
        tree = Environment(autoescape=True, extensions=["jinja2.ext.do"]).parse(path.read_text("utf-8"))
        for _, _, words in extract_from_ast(tree, _FUNCTIONS, babel_style=False):
            if words and words[0]:
                yield words[0]


def _sentences_of_python(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        for value in _marked(node):
            if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value:
                yield value.value


def _marked(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in _FUNCTIONS:
            yield from node.args[1:2] if name == "say" else node.args[:1]
        yield from (keyword.value for keyword in node.keywords if keyword.arg == "sentence")
    elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if any(getattr(target, "id", "") == "sentence" for target in targets):
            yield node.value


def translations() -> dict[str, str]:
    """The catalogue: what is said in Vietnamese, by the English sentence."""
    if not CATALOGUE.exists():
        return {}
    with CATALOGUE.open("rb") as file:
        return {str(message.id): str(message.string or "") for message in read_po(file, locale="vi") if message.id}


def _new_catalogue() -> Catalog:
    return Catalog(
        locale="vi",
        header_comment=_HEADER,
        project="signoff",
        version="1",
        creation_date=_ALWAYS,
        revision_date=_ALWAYS,
        msgid_bugs_address="-",
        last_translator="the desk",
        language_team="vi",
        fuzzy=False,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
