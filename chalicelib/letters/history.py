"""Where, in the lines of a letter, something older begins: a quoted line, "... wrote:", the headers of an older letter.

A sign that is not sure ends what counts as a command (new_words.py), but takes no word away from people.
"""

import re
from typing import Literal

from msgspec import Struct

from chalicelib.letters.html_text import HISTORY, HISTORY_ENDS, HISTORY_HERE
from chalicelib.letters.quotes import (
    ADDRESSED,
    DATE_OPENING,
    DATED,
    DAY,
    FIRST_PERSON,
    FORWARDED,
    HEADER_LINE,
    OPENING,
    ORIGINAL,
    TIMED,
    WROTE,
)

LONGEST_LINE = 500
_LONGEST_ATTRIBUTION = 700
_LONGEST_NAMED = 160
_MOST_ATTRIBUTION_LINES = 6
_MOST_HEADERS = 8
_WRAPS_AT = 70
_NO_BEGINNING = "_)]>,.;=&?%/"
_QUOTED = re.compile(r"\s{0,3}(?:[A-Z]{1,3})?>")
_OTHERWISE_QUOTED = re.compile(r"\s{0,3}[|}:]\s")
_ENDS_ATTRIBUTION = re.compile(r"[:：]\s*\*{0,2}\s*$|\w\s?-{2,}\s*$")
_ENDS_SENTENCE = re.compile(r"(?:[^\W\d_]{5}\.|[!?。！？])$")
_MARKUP = (HISTORY, HISTORY_HERE, HISTORY_ENDS)


class Sign(Struct, frozen=True, kw_only=True):
    """Something that tells of history: what, past which line it ends, and whether it can hardly be anything else.

    "told" is what reads like an attribution and is the writer's own telling: "on 2 November I wrote to you:".
    """

    kind: Literal["markup", "quote", "forward", "headers", "attribution", "told"]
    end: int
    is_sure: bool = True


def sign_at(lines: list[str], at: int) -> Sign | None:
    """The sign of history that begins at this line."""
    line = lines[at]
    if line in _MARKUP:
        return Sign(kind="markup", end=at + 1)
    if not line.strip() or len(line) > LONGEST_LINE:
        return None
    if is_quoted(line):
        return Sign(kind="quote", end=at + 1)
    if FORWARDED.match(line):
        return Sign(kind="forward", end=at + 1)
    if ORIGINAL.match(line):
        return Sign(kind="headers", end=at + 1)
    return _header_block(lines, at) or _attribution(lines, at)


def is_quoted(line: str) -> bool:
    return bool(_QUOTED.match(line))


def is_marked(lines: list[str], at: int) -> bool:
    """Whether the line is quoted, by whatever sign; one that text might begin with as well has to come twice."""
    if is_quoted(lines[at]):
        return True
    return bool(_OTHERWISE_QUOTED.match(lines[at])) and bool(_OTHERWISE_QUOTED.match((lines[at + 1 :] or [""])[0]))


def next_words(lines: list[str], at: int) -> int:
    while at < len(lines) and not lines[at].strip():
        at += 1
    return at


def end_of_quote(lines: list[str], at: int) -> int:
    """Past the last quoted line of this block; blank lines, and one that wrapped out of its quote, don't end it."""
    marked = is_quoted if is_quoted(lines[at]) else lambda line: bool(_OTHERWISE_QUOTED.match(line))
    end = at
    while at < len(lines):
        if marked(lines[at]):
            end = at = at + 1
        elif not lines[at].strip() or (end == at and _is_wrapped(lines, at) and marked(lines[at + 1])):
            at += 1
        else:
            break
    return end if at < len(lines) else len(lines)


def _is_wrapped(lines: list[str], at: int) -> bool:
    """Whether the line is the rest of the one above, which had no room for its first word."""
    if not 0 < at < len(lines) - 1:
        return False
    above, first = lines[at - 1], lines[at].split(maxsplit=1)[0]
    if first[0] in _NO_BEGINNING:
        return True
    return len(above) + len(first) >= _WRAPS_AT and len(lines[at]) < len(above) and not first[0].isupper()


# ---- "On ..., somebody wrote:"


def _attribution(lines: list[str], at: int) -> Sign | None:
    if not (OPENING.match(lines[at]) or _is_name_and_time(lines[at])):
        return None
    end = _end_of_attribution(lines, at)
    if end == at:
        return None
    said = " ".join(lines[at:end])
    if FIRST_PERSON.search(said) or any(_ENDS_SENTENCE.search(line) for line in lines[at : end - 1]):
        return Sign(kind="told", end=at + 1, is_sure=False)
    is_dated = bool(DATE_OPENING.match(said)) and _has_time(said)
    return Sign(kind="attribution", end=end, is_sure=is_dated or bool(ADDRESSED.search(said)))


def _is_name_and_time(line: str) -> bool:
    """Somebody's name, without an address, and when they wrote, in one line."""
    return line.endswith((":", "：")) and len(line) <= _LONGEST_NAMED and bool(WROTE.search(line)) and _has_time(line)


def _has_time(said: str) -> bool:
    return bool(DATED.search(said)) and bool(TIMED.search(DAY.sub("", said)))


def _end_of_attribution(lines: list[str], at: int) -> int:
    """Past the attribution, which may go over several lines. `at` itself where there is none."""
    said, blanks = "", 0
    for end in range(at, min(at + _MOST_ATTRIBUTION_LINES, len(lines))):
        line = lines[end].strip()
        blanks += not line
        said = f"{said} {line}".strip()
        if blanks > 1 or len(said) > _LONGEST_ATTRIBUTION:
            return at
        if _ENDS_ATTRIBUTION.search(line) and _is_attribution(said):
            return at if _begins_later(lines, at, end) else end + 1
    return _end_of_bare_attribution(lines, at)


def _begins_later(lines: list[str], at: int, end: int) -> bool:
    """Whether a line further down begins the attribution just as well: then what stands above that line is new."""
    return any(
        DATE_OPENING.match(lines[later]) and _is_attribution(" ".join(lines[later : end + 1]))
        for later in range(at + 1, end + 1)
    )


def _is_attribution(said: str) -> bool:
    wrote, dated, addressed = bool(WROTE.search(said)), bool(DATED.search(said)), bool(ADDRESSED.search(said))
    return (wrote and (dated or addressed)) or (dated and addressed)


def _end_of_bare_attribution(lines: list[str], at: int) -> int:
    """A date and an address without a verb, right above quoted lines."""
    for end in (at + 1, at + 2):
        said = " ".join(lines[at:end])
        following = next_words(lines, end)
        if following >= len(lines) or len(said) > _LONGEST_ATTRIBUTION:
            return at
        if DATED.search(said) and ADDRESSED.search(said) and is_marked(lines, following):
            return end
    return at


# ---- From, Sent, To, Subject


def _header_block(lines: list[str], at: int) -> Sign | None:
    """The headers of an older letter, in any of many languages, as Outlook and others put them above it."""
    if not HEADER_LINE.match(lines[at]):
        return None
    names = _header_names(lines, at)
    senders = sum(kind == "sender" for kind in names.values())
    others = len(names) - senders
    near = " ".join(lines[at : at + 4])
    if senders and others:
        is_block = others >= 2 or bool(ADDRESSED.search(near)) or bool(DATED.search(lines[at + 1]))
    else:
        is_block = others >= 2 and "date" in names and "@" in near
    # Somebody's own list, of a journey perhaps, has a "From:" and a "Date:" as well.
    is_sure = "@" in " ".join(lines[at : at + _MOST_HEADERS]) or (others >= 2 and "of_letters" in names.values())
    return Sign(kind="headers", end=at + 1, is_sure=is_sure) if is_block else None


def _header_names(lines: list[str], at: int) -> dict[str, str]:
    """The headers that stand here, each once, and which of them is the sender, or one that only letters have."""
    names: dict[str, str] = {}
    foreign = 0
    for line in lines[at : at + _MOST_HEADERS]:
        header = HEADER_LINE.match(line) if len(line) <= LONGEST_LINE else None
        if header is None:
            foreign += bool(line.strip())
            if foreign > 1 or (not line.strip() and names):
                break
            continue
        kind = "sender" if header["sender"] else "of_letters" if header["of_letters"] else "other"
        names.setdefault(line.partition(":")[0].strip().casefold(), kind)
    return names


def past_headers(lines: list[str], at: int) -> int:
    """Past the headers of an older letter, and the blank lines below them."""
    end = min(at + 2 * _MOST_HEADERS, len(lines))
    while at < end and (not lines[at].strip() or (len(lines[at]) <= LONGEST_LINE and HEADER_LINE.match(lines[at]))):
        at += 1
    return at
