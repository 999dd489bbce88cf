"""What the company's own check may answer (docs/eligibility.md), read as strictly as anything from outside."""

from typing import Annotated, Literal

from msgspec import Meta

from chalicelib.problems import TooLarge
from chalicelib.reading import FilledLine, Input, WrongFields, json_list, matching
from chalicelib.tickets.eligibility import Heard, Named, Unanswered

_MOST = 20
Text = Annotated[FilledLine, Meta(max_length=500)]


class InBoth(Input, frozen=True, kw_only=True):
    vi: Text
    en: Text


class Line(Input, frozen=True, kw_only=True):
    """One thing that the check names."""

    code: Annotated[str, matching(r"[a-z][a-z0-9_]{0,39}")]
    kind: Literal["blocker", "warning"]
    text: InBoth
    url: Annotated[str, matching(r"https://[^\s<>\"\\]+"), Meta(max_length=1000)] | None = None


def named(body: bytes) -> Heard:
    """What the answer names; `Unanswered` for one that breaks the contract."""
    try:
        lines = json_list(body, Line, most=_MOST)
    except (WrongFields, TooLarge):
        return Unanswered(why="wrong_answer")
    if len({each.code for each in lines}) < len(lines):
        return Unanswered(why="wrong_answer")
    return tuple(
        Named(code=each.code, kind=each.kind, vi=each.text.vi, en=each.text.en, url=each.url) for each in lines
    )
