"""The house rules that no tool of its own holds: who may import what from outside, what happens at import, files.

Which room may import which, and that rules are pure, import-linter holds (pyproject.toml).
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra import licences

PROJECT = Path(__file__).parents[2]
HOUSE = PROJECT / "chalicelib"
MODULES = {
    ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(HOUSE.rglob("*.py"))
}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}
ENTRYPOINTS = [
    "chalicelib.letters.inbound_mail",
    "chalicelib.notices.ticket_stream",
    "chalicelib.notices.feedback",
    "chalicelib.closure.steps",
    "chalicelib.upkeep.sweep",
]
NEVER_A_NAME = ("utils", "common", "helpers", "misc", "base", "shared", "manager", "service", "handler", "processor")


def files(*folders: str) -> list[Path]:
    return [PROJECT / "app.py", *(path for folder in folders for path in sorted((PROJECT / folder).rglob("*.py")))]


def imported(tree: ast.AST) -> set[str]:
    """The top-level packages that these statements import."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {each.name.partition(".")[0] for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
    return found


def at_import(tree: ast.Module) -> Iterator[ast.stmt]:
    """The statements that run when the module is imported (not those for type checkers alone)."""
    for node in tree.body:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            yield node


def called(tree: ast.AST) -> set[str]:
    """What is called, as it is written."""
    return {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


def attributes(tree: ast.AST) -> set[str]:
    return {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def is_door(name: str) -> bool:
    """Whether the module is an API, a page or an entrypoint, or the two that doors are made of."""
    last = name.rpartition(".")[2]
    return (
        name.startswith("chalicelib.pages")
        or last.endswith("api")
        or name in (*ENTRYPOINTS, "chalicelib.calls", "chalicelib.answers", "chalicelib.front")
    )


# ── who imports what ─────────────────────────────────────────────────────────────────────────────────────────


def test_chalice_is_imported_only_by_apis_pages_and_entrypoints() -> None:
    assert not [name for name, tree in TREES.items() if "chalice" in imported(tree) and not is_door(name)]


def test_boto3_is_never_imported_before_it_is_needed() -> None:
    assert not [
        name for name, tree in TREES.items() for node in at_import(tree) if "boto3" in imported(node)
    ]  # fmt: skip


@pytest.mark.parametrize("package", ["moto", "infra", "tests", "pytest"])
def test_what_is_deployed_knows_nothing_of_the_local_cloud_and_the_tests(package: str) -> None:
    assert not [name for name, tree in TREES.items() if package in imported(tree)]


def test_only_the_settings_read_the_environment() -> None:
    environment = {"os.environ", "os.getenv"}
    readers = {name for name, tree in TREES.items() if attributes(tree) & environment}
    assert readers == {"chalicelib.settings"}


def test_only_the_clock_asks_for_the_time() -> None:
    of_now = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time"}
    assert {name for name, tree in TREES.items() if called(tree) & of_now} == {"chalicelib.clock"}


# ── what happens at import ───────────────────────────────────────────────────────────────────────────────────

# Every other module is then imported in one and the same process, which has no environment, no network, and may open
# nothing of ours but Python.
_IMPORT = """
import importlib, sys

def watch(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "subprocess.Popen", "os.system"):
        raise SystemExit(f"{event} at import")
    path = str(arguments[0]) if event == "open" else ""
    if "chalicelib" in path and "__pycache__" not in path and not path.endswith((".py", ".pyc")):
        raise SystemExit(f"{path} read at import")

sys.addaudithook(watch)
for name in sys.argv[1:]:
    importlib.import_module(name)
    if "boto3" in sys.modules:
        raise SystemExit(f"{name} imports boto3")
"""


def import_afresh(*names: str) -> subprocess.CompletedProcess[str]:
    """Imports these in an interpreter of their own; what went wrong stands in `stderr`."""
    command = [sys.executable, "-c", _IMPORT, *names]
    return subprocess.run(command, cwd=PROJECT, env={}, capture_output=True, text=True, check=False)


def test_every_module_can_be_imported_without_settings_network_or_aws_and_reads_nothing() -> None:
    done = import_afresh(*MODULES)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", ENTRYPOINTS)
def test_each_event_function_can_be_imported_alone_as_lambda_does_it(name: str) -> None:
    """In such a Lambda app.py does not run (aws/chalice#1566)."""
    done = import_afresh(name)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_module_with_a_lambda_function_is_listed_here_as_an_entrypoint() -> None:
    found = {name for name, tree in TREES.items() if "entrypoint.lambda_function" in called(tree)}
    assert found == set(ENTRYPOINTS)


# ── the shape of files ───────────────────────────────────────────────────────────────────────────────────────


def test_no_file_is_called_after_nothing() -> None:
    every = files("chalicelib", "infra", "tests")
    assert not [str(path) for path in every if path.stem.removeprefix("test_") in NEVER_A_NAME]


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    lengths = {
        str(path.relative_to(PROJECT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in files("chalicelib", "infra", "tests")
    }
    assert not {name: length for name, length in lengths.items() if length > 400}


def test_every_file_of_the_house_says_what_it_is() -> None:
    assert not [name for name, tree in TREES.items() if tree.body and not ast.get_docstring(tree)]


def test_every_match_on_a_status_is_whole() -> None:
    """mypy proves that a match without a last `case _` names every status; one with it must end in assert_never."""
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Match) or not ast.unparse(node.subject).endswith("status"):
                continue
            last = node.cases[-1]
            is_open = isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None and last.guard is None
            assert not is_open or "assert_never" in ast.unparse(last), name


LOCKED = ["requirements", "tests/requirements", "infra/tools"]
_LOCKED = re.compile(r"^([\w.-]+)==(\S+)(?: ;.*?)?((?: \\\n    --hash=sha256:[0-9a-f]{64})+)$", re.MULTILINE)


def locked(name: str) -> dict[str, str]:
    """Version of each package in the file that `make lock` writes."""
    return {each[0]: each[1] for each in _LOCKED.findall((PROJECT / f"{name}.txt").read_text(encoding="utf-8"))}


@pytest.mark.parametrize("name", LOCKED)
def test_every_requirement_is_pinned_and_locked_with_hashes(name: str) -> None:
    lines = (PROJECT / f"{name}.in").read_text(encoding="utf-8").splitlines()
    wanted = dict(line.split("==") for line in lines if line and not line.startswith(("#", "-r")))
    found = locked(name)
    assert wanted
    assert {each: found.get(each.partition("[")[0]) for each in wanted} == wanted, "run `make lock`"
    assert len(re.findall("^[^# -].*==", (PROJECT / f"{name}.txt").read_text(encoding="utf-8"), re.MULTILINE)) == len(
        _LOCKED.findall((PROJECT / f"{name}.txt").read_text(encoding="utf-8"))
    )


def test_what_is_tested_is_what_is_deployed() -> None:
    tested = locked("tests/requirements")
    assert {name: tested.get(name) for name in locked("requirements")} == locked("requirements"), "run `make lock`"


def test_the_list_of_licences_is_that_of_what_is_locked() -> None:
    """The licences themselves are held against the packages that lie here."""
    text = licences.PAPER.read_text(encoding="utf-8")
    shown = {(name, version): licence for name, version, licence in licences.ROW.findall(text)}
    texts = [(PROJECT / f"{name}.txt").read_text(encoding="utf-8") for name in ("requirements", "tests/requirements")]
    assert set(shown) == {each[:2] for text in texts for each in _LOCKED.findall(text)}, "run `make licences`"
    for (name, version), licence in shown.items():
        assert licences.licence_of(name, version) in (licence, None), name


def test_nothing_is_deployed_that_would_bind_the_company_to_publish_its_code() -> None:
    text = licences.PAPER.read_text(encoding="utf-8").partition("## What only")[0]
    assert not re.findall(r"\b(?:A?GPL|SSPL|BUSL)", text)


def test_what_lambda_needs_holds_nothing_for_tests() -> None:
    deployed = (PROJECT / "requirements.txt").read_text(encoding="utf-8")
    assert not [name for name in ("moto", "pytest", "chalice==", "ruff", "mypy") if f"\n{name}" in deployed]
