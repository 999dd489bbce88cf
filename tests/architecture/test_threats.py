"""docs/threats.md: each test that it names is there; and those of its defences that are rules of the whole house."""

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra import template
from infra.local.where import REGION
from tests.architecture.test_architecture import TREES

PROJECT = Path(__file__).parents[2]
PAPER = (PROJECT / "docs" / "threats.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| \*\*(.+?)\*\*.*?\| (`tests/.+`) \|$", PAPER, re.MULTILINE)


def test_every_threat_of_the_paper_has_a_test() -> None:
    assert len(ROWS) == len(re.findall(r"^\| \*\*", PAPER, re.MULTILINE)) >= 17


@pytest.mark.parametrize(("threat", "shown"), ROWS, ids=[name for name, _ in ROWS])
def test_every_test_that_the_paper_names_is_there(threat: str, shown: str) -> None:
    for named in re.findall(r"`(.+?)`", shown):
        path, _, name = named.partition("::")
        tree = ast.parse((PROJECT / path).read_text(encoding="utf-8"))
        assert name in {each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)}, named


_PLAYED = """
import importlib, pkgutil, re, resource, sys
resource.setrlimit(resource.RLIMIT_CPU, (30, 30))
made, compile_ = {}, re.compile
def kept(pattern, flags=0):
    found = compile_(pattern, flags)
    if sys._getframe(1).f_globals["__name__"].startswith("chalicelib."):
        made[found.pattern, found.flags] = found
    return found
re.compile = kept
import chalicelib
for module in pkgutil.walk_packages(chalicelib.__path__, "chalicelib."):
    importlib.import_module(module.name)
ours = list(made.values())
pieces = [
    " ", "\\t", "\\n", "\\n ", "\\r\\n", "a", "1", "A1", "-", "_", "=", "<", ">", "> ", "(", ")", '"', "'",
    "\\\\", "\\\\a", "@", "a@", ".", "a.", ":", "a: ", ";", ";a=", ";a='", '="', "=?", "?=", "&#", "&#1", "--",
    "*", "a b ", "On 1 ", "1/1/1 ", "\\x1b$", "P1D", "a\\n\\n", "From: a\\n", "<a", "https://", "=?u?q?",
    " style=", " class=a",
]
for pattern in ours:
    print(repr(pattern.pattern)[:200], flush=True)
    for piece in pieces:
        for end in ("", "\\x00!"):
            for text, way in ((piece * 1200 + end, pattern.match), (piece * (300 // len(piece)) + end, pattern.search)):
                way(text.encode() if isinstance(pattern.pattern, bytes) else text)
print(len(ours), "played")
"""


def test_no_pattern_of_the_house_turns_back_without_end() -> None:
    """Each pattern that an import makes is played in a process that may use half a minute of a processor: one that
    turns back by the third power or worse needs more than all of them together. The last one played is named."""
    played = subprocess.run(
        [sys.executable, "-c", _PLAYED], cwd=PROJECT, capture_output=True, text=True, check=False, timeout=None
    )
    lines = played.stdout.splitlines()
    assert played.returncode == 0, (lines[-1:], played.stderr[-500:])
    assert int(lines[-1].split()[0]) > 80


def test_nothing_that_came_is_unpacked_or_run() -> None:
    never = {"zipfile", "gzip", "zlib", "bz2", "lzma", "tarfile", "pickle", "marshal", "shelve", "subprocess", "yaml"}
    for name, tree in TREES.items():
        imported = {
            alias.name.partition(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for alias in node.names
        } | {(node.module or "").partition(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        called = {
            node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert not imported & (never | {"xml"}), name
        assert not called & {"eval", "exec", "__import__"}, name


def test_every_log_line_is_a_sentence_of_the_code() -> None:
    """What varies stands beside it, or is an argument; nothing is pasted into the sentence."""
    sentences = [
        (name, said) for name, tree in TREES.items() for node in ast.walk(tree) for said in _sentence(name, node)
    ]
    assert len(sentences) > 10
    for name, node in sentences:
        assert isinstance(node, ast.Constant), (name, ast.unparse(node))
        assert "\n" not in str(node.value), name


def _sentence(name: str, node: ast.AST) -> list[ast.expr]:
    """The sentence of `log.info("…")`, or of `told(log, "…")`, which hands it on."""
    if not isinstance(node, ast.Call) or name == "chalicelib.logs":
        return []
    called = ast.unparse(node.func)
    if called == "logs.told":
        return [each for each in node.args[1:2] if ast.unparse(each) != "what"]  # what the step's own `_told` was given
    if called == "_told" and name == "chalicelib.closure.steps":
        return node.args[:1]
    whose, _, level = called.rpartition(".")
    levels = {"debug", "info", "warning", "error", "exception", "critical"}
    return [node.args[0]] if level in levels and "log" in whose and "." not in whose else []


def test_only_services_of_this_account_wake_the_functions() -> None:
    app = template.sam_template(region=REGION)
    permissions = [
        each["Properties"] for each in app["Resources"].values() if each["Type"] == "AWS::Lambda::Permission"
    ]
    assert {each["Principal"] for each in permissions} >= {"ses.amazonaws.com", "sns.amazonaws.com"}
    for each in permissions:
        assert each["Principal"] != "*"
        assert each.get("SourceAccount") == {"Ref": "AWS::AccountId"} or each.get("SourceArn"), each
    foundations = template.read_yaml(PROJECT / "infra" / "foundations.yaml")["Resources"]
    (said,) = foundations["MailFeedbackPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert said["Principal"] == {"Service": "ses.amazonaws.com"}
    asked: Any = said["Condition"]
    assert asked == {"StringEquals": {"AWS:SourceAccount": {"Ref": "AWS::AccountId"}}}
