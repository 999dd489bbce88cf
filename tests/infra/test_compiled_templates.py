"""Templates as packing leaves them: modules, the same each time, that make the same pages and mails as the files."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from chalicelib.templates import COMPILED
from infra import package
from infra.template import PROJECT

FOLDERS = ("chalicelib/pages/templates", "chalicelib/notices/wording")


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The desk's code with its templates compiled."""
    code: Path = tmp_path_factory.mktemp("packed")
    shutil.copytree(PROJECT / "chalicelib", code / "chalicelib", ignore=shutil.ignore_patterns("__pycache__"))
    package.compile_templates(code)
    return code


def modules(code: Path, folder: str) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in sorted((code / folder / COMPILED).iterdir())}


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_template_is_a_module_and_its_file_is_gone(packed: Path, folder: str) -> None:
    templates = [each for each in (PROJECT / folder).rglob("*") if each.is_file()]
    assert len(modules(packed, folder)) == len(templates) > 20
    assert not [each for each in (packed / folder).rglob("*") if each.is_file() and each.parent.name != COMPILED]


def test_the_same_templates_make_the_same_bytes(packed: Path, tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "chalicelib", tmp_path / "chalicelib", ignore=shutil.ignore_patterns("__pycache__"))
    package.compile_templates(tmp_path)
    assert [modules(tmp_path, each) for each in FOLDERS] == [modules(packed, each) for each in FOLDERS]


SAYS_EVERYTHING = """
import sys
code, project = sys.argv[1:]
sys.path[:0] = [code, project]
from chalicelib.notices.worded import worded
from tests.notices.test_wording import EVERY
assert sys.modules["chalicelib"].__file__.startswith(code)
for kind, language, facts in EVERY:
    said = worded(kind, language, facts)
    print(said.subject, said.text, said.html)
"""


def test_every_mail_is_worded_as_by_the_files(packed: Path) -> None:
    by_files, by_modules = said_by(PROJECT), said_by(packed)
    assert by_files == by_modules
    assert by_files.count("<html") > 40


def said_by(code: Path) -> str:
    """Mails of all kinds in both languages, as the code in this folder words them."""
    command = [sys.executable, "-c", SAYS_EVERYTHING, str(code), str(PROJECT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=code)
    assert done.returncode == 0, done.stderr
    return done.stdout
