"""`make licences`, or `python -m infra.licences`: writes docs/licences.md, under what licence each package comes.

Which packages, the locked requirements say; under what licence, the packages themselves, as they lie in this
environment. One that lies here in another version, or only on another system, keeps the line that it had.
"""

import re
import sys
from importlib import metadata

from infra.template import PROJECT

PAPER = PROJECT / "docs" / "licences.md"
ROW = re.compile(r"^\| ([\w.-]+) \| (\d\S*) \| (.*?) \|$", re.MULTILINE)
_LOCKED = re.compile(r"^([\w.-]+)==(\S+)", re.MULTILINE)
_CLASSIFIER = "License :: "
UNKNOWN = "?"

HEAD = """# Licences

Written by `make licences`; a test holds it against what is locked. `make sbom` writes the same for machines
(CycloneDX).
"""


def main() -> int:
    before = {(name, version): said for name, version, said in ROW.findall(_read(PAPER.name, PROJECT / "docs"))}
    deployed = _locked("requirements.txt")
    others = [each for each in _locked("tests/requirements.txt") if each not in deployed]
    parts = [HEAD, "## What is deployed\n", _table(deployed, before), "## What only developers need\n"]
    PAPER.write_text("\n".join([*parts, _table(others, before)]), encoding="utf-8")
    unknown = [line for line in PAPER.read_text(encoding="utf-8").splitlines() if line.endswith(f"| {UNKNOWN} |")]
    print("\n".join(unknown) or "every licence is known")
    return 1 if unknown else 0


def _read(name: str, folder: object) -> str:
    path = PROJECT / str(folder) / name
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _locked(name: str) -> list[tuple[str, str]]:
    """Name and version; one may stand there twice, for different versions of Python."""
    return _LOCKED.findall(_read(name, PROJECT))


def _table(packages: list[tuple[str, str]], before: dict[tuple[str, str], str]) -> str:
    rows = ["| Package | Version | Licence |", "|---|---|---|"]
    for name, version in packages:
        licence = licence_of(name, version) or before.get((name, version), UNKNOWN)
        rows.append(f"| {name} | {version} | {licence} |")
    return "\n".join([*rows, ""])


def licence_of(name: str, version: str) -> str | None:
    """What the package itself says, in short; None if it doesn't lie here in that version, or says nothing."""
    try:
        found = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return None
    if found.version != version:
        return None
    told = found.metadata
    classified = [each for each in told.get_all("Classifier") or [] if each.startswith(_CLASSIFIER)]
    short = "; ".join(sorted(each.rpartition(" :: ")[2] for each in classified))
    named = [said for field in ("License-Expression", "License") for said in told.get_all(field) or []]
    words = (*(_one_line(each) for each in named), short)
    return next((each.replace("|", "/") for each in words if each), None)


def _one_line(text: str) -> str | None:
    """Some put the whole licence there."""
    return text.strip() if "\n" not in text.strip() and len(text) < 60 else None


if __name__ == "__main__":
    sys.exit(main())
