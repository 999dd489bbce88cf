"""The asker's own new words in a letter: without the history that a reply quotes, and without the signature.

Two things are told apart. `text` is what people read: whoever answers between quoted lines keeps the lines answered to.
`above` is what counts as a command: only what stands above the first sign of anything older. A reply quotes our own
mail, with its code in it, and no cleverness about quoting may ever take that for the asker's word.
"""

import re
from dataclasses import dataclass

from chalicelib.letters.html_text import HISTORY, SIGNATURE, quoted_text_of
from chalicelib.letters.letter import Letter
from chalicelib.letters.quotes import (
    ADDRESSED,
    DATE_OPENING,
    DATED,
    HEADER_LINE,
    MOBILE_LINE,
    OPENING,
    SEPARATOR,
    SIGNATURE_LINE,
    WROTE,
)

_MOST_LINES = 20_000
_LONGEST_LINE = 500
_LONGEST_ATTRIBUTION = 700
_MOST_ATTRIBUTION_LINES = 6
_LONGEST_SIGNATURE = 25
_NEAR = 12
_LONGEST_MOBILE_LINE = 120
_QUOTED = re.compile(r"\s{0,3}(?:[A-Z]{1,3})?>")
_OTHERWISE_QUOTED = re.compile(r"\s{0,3}[|}:]\s")
_ENDS_ATTRIBUTION = re.compile(r"[:：]\s*\*{0,2}\s*$|\w\s?-{2,}\s*$")
_RULE = re.compile(r"[\s>]*[-_=*—–~·]{3,}\s*$|\s*>*\s*$")
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, kw_only=True)
class NewWords:
    """`text`: the new words. `above`: those of them above everything quoted; only there codes and stop words count.

    `has_history` says whether anything older was cut away or passed over.
    """

    text: str
    above: str
    has_history: bool


def new_words(letter: Letter, markers: tuple[str, ...] = ()) -> str:
    """The asker's own new words (NewWords.text)."""
    return read_new_words(letter, markers).text


def read_new_words(letter: Letter, markers: tuple[str, ...] = ()) -> NewWords:
    """The asker's own new words. `markers` are the lines that our notices put above their text."""
    from_html = bool(letter.html) and letter.text_is_from_html
    source = (
        quoted_text_of(letter.html or "") if from_html else letter.words.replace(HISTORY, "").replace(SIGNATURE, "")
    )
    lines = [line.rstrip() for line in source.replace("\u2028", "\n").split("\n", _MOST_LINES)[:_MOST_LINES]]
    below = _first_marker(lines, markers)
    kept, first = _without_history(lines[:below])
    above = "\n".join(lines[:first])
    return NewWords(
        text=_trimmed(kept),
        above=_trimmed(lines[:first]) or above.strip(),
        has_history=below < len(lines) or first < below,
    )


def _first_marker(lines: list[str], markers: tuple[str, ...]) -> int:
    wanted = tuple(filter(None, (_squeezed(marker) for marker in markers)))
    for at, line in enumerate(lines):
        if len(line) > _LONGEST_LINE or not line:
            continue
        # Mail programs wrap long lines: the marker may go on in the next one.
        said = _squeezed(line + " " + (lines[at + 1] if at + 1 < len(lines) else ""))
        if any(marker in said and not said.startswith(_squeezed(line) + marker) for marker in wanted):
            return at
    return len(lines)


def _squeezed(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


# ---- history


def _without_history(lines: list[str]) -> tuple[list[str], int]:
    """The lines without history, and where the first sign of history stands (the number of lines if nowhere)."""
    kept: list[str] = []
    first = len(lines)
    at, has_words = 0, False
    while at < len(lines):
        end, is_all = _history(lines, at, has_words=has_words)
        if end == at:
            kept.append(lines[at])
            has_words = has_words or bool(lines[at].strip())
            at += 1
            continue
        first = min(first, at)
        if is_all:
            break
        kept.extend(_context(lines, at, end, has_words=has_words))
        at = end
    return kept, first


def _context(lines: list[str], at: int, end: int, *, has_words: bool) -> list[str]:
    """Quoted lines that somebody chose to answer to stay; those that a mail program put there by itself go.

    Below an attribution they are the mail program's, unless words stand above them and an answer below.
    """
    quote = at
    while quote < end and not _quoted(lines[quote]):
        quote += 1
    if quote > at and not (has_words and _is_answered(lines, end)):
        return []
    return lines[quote:end]


def _is_answered(lines: list[str], end: int) -> bool:
    """Whether more stands there than a line that ends a letter."""
    near = [line for line in lines[end : end + _NEAR] if line.strip()]
    return len(near) > 1 and not any(SIGNATURE_LINE.match(line) for line in near[:2])


def _history(lines: list[str], at: int, *, has_words: bool) -> tuple[int, bool]:
    """Where the history that begins at this line ends, and whether nothing new can follow. `at` itself: none begins."""
    line = lines[at]
    if HISTORY in line:
        return (len(lines), True) if has_words or not _words_follow(lines, at) else (at + 1, False)
    if not line.strip() or len(line) > _LONGEST_LINE:
        return at, False
    if _quoted(line):
        return _end_of_quote(lines, at), False
    if SEPARATOR.match(line) or _is_header_block(lines, at):
        return len(lines), True
    end = _end_of_attribution(lines, at)
    if end == at:
        return at, False
    return _below_attribution(lines, end, has_words=has_words)


def _below_attribution(lines: list[str], end: int, *, has_words: bool) -> tuple[int, bool]:
    following = _next_words(lines, end)
    if following < len(lines) and _is_marked(lines, following):
        return _end_of_quote(lines, following), False
    return (len(lines), True) if has_words else (end, False)


def _words_follow(lines: list[str], at: int) -> bool:
    return any(line.strip() and not _quoted(line) and HISTORY not in line for line in lines[at + 1 :])


def _quoted(line: str) -> bool:
    return bool(_QUOTED.match(line))


def _is_marked(lines: list[str], at: int) -> bool:
    if _quoted(lines[at]):
        return True
    return bool(_OTHERWISE_QUOTED.match(lines[at])) and bool(_OTHERWISE_QUOTED.match((lines[at + 1 :] or [""])[0]))


def _next_words(lines: list[str], at: int) -> int:
    while at < len(lines) and not lines[at].strip():
        at += 1
    return at


def _end_of_quote(lines: list[str], at: int) -> int:
    """Past the last quoted line of this block; blank lines, and one that wrapped out of its quote, don't end it."""
    marked = _quoted if _quoted(lines[at]) else lambda line: bool(_OTHERWISE_QUOTED.match(line))
    end = at
    while at < len(lines):
        if marked(lines[at]):
            end = at = at + 1
        elif not lines[at].strip() or (end == at and at + 1 < len(lines) and marked(lines[at + 1])):
            at += 1
        else:
            break
    return end if any(line.strip() for line in lines[end:]) else len(lines)


def _end_of_attribution(lines: list[str], at: int) -> int:
    """Past "On ..., somebody wrote:", which may go over several lines. `at` itself where there is none."""
    if not OPENING.match(lines[at]):
        return at
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
        following = _next_words(lines, end)
        if following >= len(lines) or len(said) > _LONGEST_ATTRIBUTION:
            return at
        if DATED.search(said) and ADDRESSED.search(said) and _is_marked(lines, following):
            return end
    return at


def _is_header_block(lines: list[str], at: int) -> bool:
    """From, Sent, To, Subject (in any of many languages) as Outlook and others put them above the history."""
    if not HEADER_LINE.match(lines[at]):
        return False
    senders = others = foreign = 0
    names: set[str] = set()
    for line in lines[at : at + 8]:
        header = HEADER_LINE.match(line) if len(line) <= _LONGEST_LINE else None
        if header is None:
            foreign += bool(line.strip())
            if foreign > 1 or (not line.strip() and names):
                break
            continue
        name = line.partition(":")[0].strip().casefold()
        if name not in names:
            names.add(name)
            senders += header["sender"] is not None
            others += header["sender"] is None
    if senders and others >= 1:
        return others >= 2 or bool(ADDRESSED.search(" ".join(lines[at : at + 4]))) or bool(DATED.search(lines[at + 1]))
    return others >= 2 and "date" in names and ("@" in " ".join(lines[at : at + 3]))


# ---- signatures


def _trimmed(lines: list[str]) -> str:
    """Without what stands at the end and is no word: quotes, rules, signatures, what a phone adds."""
    lines = list(lines)
    first = _next_words(lines, 0)
    while True:
        before = len(lines)
        while lines and (_RULE.match(lines[-1]) or SIGNATURE in lines[-1]):
            lines.pop()
        del lines[_signature_begins(lines, first) :]
        if len(lines) == before:
            return "\n".join(lines).replace(SIGNATURE, "").replace(HISTORY, "").strip("\n").strip()


def _signature_begins(lines: list[str], first: int) -> int:
    """Where the last thing begins that is no word, if words stand above it (the first of them at `first`)."""
    last = len(lines) - 1
    if last < 0:
        return 0
    if _quoted(lines[last]):
        return _start_of_quote(lines, last)
    if last > first and len(lines[last]) < _LONGEST_MOBILE_LINE and MOBILE_LINE.match(lines[last]):
        return last
    for at in range(last, max(first, last - _LONGEST_SIGNATURE), -1):
        if SIGNATURE in lines[at] or SIGNATURE_LINE.match(lines[at]):
            return at
    return len(lines)


def _start_of_quote(lines: list[str], last: int) -> int:
    while last > 0 and (_quoted(lines[last - 1]) or not lines[last - 1].strip()):
        last -= 1
    return last
