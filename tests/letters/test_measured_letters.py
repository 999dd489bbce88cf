"""Real letters, read as well as they were when this was written. They lie beside a checkout, or nothing is measured.

The collection is not ours to ship; where it is missing, this file has no test.
"""

import importlib.util
import io
import re
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from chalicelib.letters.kinds import Ours, Verdicts, kind_of
from chalicelib.letters.mime import read_letter
from chalicelib.letters.new_words import new_words

COLLECTION = Path(__file__).parents[3] / "shared" / "mail"
OURS = Ours(addresses=frozenset({"support@desk.example"}), domain="desk.example", loop_header="X-Signoff")


def parse(raw: bytes) -> Mapping[str, object]:
    letter = read_letter(raw)
    names = [attachment.name for attachment in letter.attachments]
    return {"subject": letter.subject, "from": letter.from_seen, "text": letter.text, "attachments": names}


def is_automatic(raw: bytes, envelope_from: str | None) -> bool:
    return kind_of(read_letter(raw), Verdicts(), envelope_from, OURS) not in ("person", "unreadable")


OURS_TO_MEASURE = SimpleNamespace(
    parse=parse, is_automatic=is_automatic, new_words=lambda raw: new_words(read_letter(raw))
)


def scorer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("score_of_letters", COLLECTION / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def said_by(score: Callable[[Any, int], None]) -> str:
    out = io.StringIO()
    with redirect_stdout(out):
        score(OURS_TO_MEASURE, 0)
    return out.getvalue()


def figure(said: str, name: str) -> float:
    found = re.search(rf"{name} ([\d.]+)(?:/(\d+))?", said)
    assert found is not None, said
    return float(found[1]) / float(found[2]) if found[2] else float(found[1])


if (COLLECTION / "score.py").is_file():

    def test_hard_letters_are_read_as_well_as_ever() -> None:
        said = said_by(scorer().mime)

        assert figure(said, "all") >= 98
        assert figure(said, "raised") == 0

    def test_machines_are_told_from_people_as_well_as_ever() -> None:
        said = said_by(scorer().auto)

        assert figure(said, "bounce") >= 0.99
        assert figure(said, "false alarms on people") == 0
        assert min(figure(said, kind) for kind in ("vacation", "fbl", "mdn", "notification", "list", "bulk")) == 1

    def test_new_words_are_told_from_history_as_well_as_ever() -> None:
        said = said_by(scorer().reply)

        assert figure(said, "plain exact") >= 89
        assert figure(said, "html exact") == 100
        assert re.findall(r"new words lost (\d+)", said) == ["0", "0", "0"]
