"""The asker's own new words in a letter: without the history that a reply quotes, and without the signature.

Two things are told apart. `text` is what people read, and loses nothing that may be new: whoever answers between quoted
lines keeps the lines answered to, what is sent on is kept, and so is what only looks like history.
`above` is what counts as a command: only what stands above the first sign of anything older. A reply quotes our own
mail, with its code in it, and no cleverness about quoting may ever take that for the asker's word.
"""

import re
from collections.abc import Iterator
from itertools import islice

from msgspec import Struct, field

from chalicelib.letters.history import (
    LONGEST_LINE,
    Sign,
    end_of_quote,
    is_marked,
    next_words,
    past_headers,
    sign_at,
)
from chalicelib.letters.html_text import HISTORY, HISTORY_ENDS, HISTORY_HERE, INDENTED, MARKS, SIGNATURE, quoted_text_of
from chalicelib.letters.letter import Letter
from chalicelib.letters.quotes import FORWARDING_SUBJECT
from chalicelib.letters.signatures import SIGNATURE_RULE, without_signature

_MOST_LINES = 20_000
_NEAR = 12
_NEAR_IN_MARKUP = 30
# How many lines say who wrote, in words that we don't know, between a mail program's mark and what is quoted.
_LINES_OF_ATTRIBUTION = 2
_MARKUP = (HISTORY, HISTORY_HERE, HISTORY_ENDS)
_INDENT = re.compile(r"(?:> ){1,20}")


class NewWords(Struct, frozen=True, kw_only=True):
    """`text`: the new words. `above`: those of them above everything quoted; only there codes and stop words count.

    `has_history` says whether anything older was seen.
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
    source = quoted_text_of(letter.html or "") if from_html else MARKS.sub("", letter.words)
    page = _page([line.rstrip() for line in source.replace("\u2028", "\n").split("\n", _MOST_LINES)[:_MOST_LINES]])
    below = _first_marker(page.lines, markers)
    above = [*page.lines]
    reading = _Reading(page=page, marker=below, is_forward=bool(FORWARDING_SUBJECT.match(letter.subject)))
    reading.read()
    first = reading.first
    kept = [page.lines[at] for at in reading.kept]
    return NewWords(
        text="\n".join(kept).strip()
        if reading.is_sent_on
        else without_signature(kept, [at in page.signed for at in reading.kept]),
        above=without_signature(above[:first], [at in page.signed for at in range(first)]),
        has_history=first < len(page.lines),
    )


class _Page(Struct, kw_only=True):
    """The lines of a letter, and what markup says of them: how deep each is set in, and which are a signature."""

    lines: list[str]
    indented: dict[int, str] = field(default_factory=dict)
    signed: set[int] = field(default_factory=set)

    def is_marked(self, at: int) -> bool:
        return at in self.indented or is_marked(self.lines, at)

    def take_for_quotes(self, begins: int) -> None:
        """History begins at this line: from there on what is set in is no longer the writer's own."""
        for at, indent in self.indented.items():
            if at >= begins:
                self.lines[at] = indent + self.lines[at]
        self.indented.clear()


def _page(lines: list[str]) -> _Page:
    page = _Page(lines=lines)
    for at, line in enumerate(lines):
        if line.startswith(INDENTED):
            indent = _INDENT.match(line, 1)
            page.indented[at] = indent[0] if indent else "> "
            lines[at] = line[indent.end() if indent else 1 :].removeprefix(">")
        elif line.startswith(SIGNATURE):
            page.signed.add(at)
            lines[at] = line[1:]
    return page


def _first_marker(lines: list[str], markers: tuple[str, ...]) -> int:
    wanted = tuple(filter(None, (_squeezed(marker) for marker in markers)))
    for at, line in enumerate(lines):
        if len(line) > LONGEST_LINE or not line:
            continue
        # Mail programs wrap long lines: the marker may go on in the next one.
        said, rest = _squeezed(line), _squeezed(lines[at + 1][:LONGEST_LINE]) if at + 1 < len(lines) else ""
        if any(marker in said or (marker in said + rest and marker not in rest) for marker in wanted):
            return at
    return len(lines)


def _squeezed(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


# ---- history


class _Reading(Struct, kw_only=True):
    """The way through a page: which lines were kept, and where the first sign of history stands."""

    page: _Page
    marker: int
    is_forward: bool
    kept: list[int] = field(default_factory=list)
    first: int = -1
    has_words: bool = False
    # Where the history ends that markup has begun.
    ends: int = -1
    # Whether an older letter is kept whole, because it was sent on.
    is_sent_on: bool = False

    def __post_init__(self) -> None:
        self.first = self.ends = len(self.page.lines)

    def read(self) -> None:
        lines, at = self.page.lines, 0
        stop = self.marker if not self._is_safely_quoted(self.marker) else len(lines)
        self.first = min(self.marker, len(lines))
        while at < stop:
            sign = sign_at(lines, at)
            if sign or at in self.page.indented:
                self.first = min(self.first, at)
            at = self._without(sign, at) if sign else self._keep(at, at + 1)
        while self.kept and self.kept[-1] >= stop:
            self.kept.pop()

    def _is_safely_quoted(self, at: int) -> bool:
        """Whether our notice is quoted line by line, so that what is not may be an answer below it."""
        lines = self.page.lines
        following = next_words(lines, at + 1)
        return following < len(lines) and self.page.is_marked(at) and self.page.is_marked(following)

    def _keep(self, at: int, end: int) -> int:
        for each in range(at, end):
            if self.page.lines[each] not in _MARKUP:
                self.kept.append(each)
                self.has_words = self.has_words or bool(self.page.lines[each].strip())
        return end

    def _keep_whole(self, at: int) -> int:
        self.is_sent_on = True
        return self._keep(at, len(self.page.lines))

    def _without(self, sign: Sign, at: int) -> int:
        """Where to go on, past the history that this sign begins. What is not surely history is kept."""
        match sign.kind:
            case "forward":
                return self._keep_whole(at)
            case "told":
                return self._keep(at, sign.end)
            case "markup":
                return self._below_markup(at)
            case "quote":
                return self._past_quote(at, has_attribution=False)
            case "headers":
                return self._below_headers(sign, at)
            case "attribution":
                return self._below_attribution(sign, at)

    def _past_quote(self, at: int, *, has_attribution: bool) -> int:
        """Quoted lines that somebody chose to answer to stay; those that a mail program put there by itself go.

        Below an attribution they are the mail program's, unless words stand above them and an answer below. Our own
        mail, from its marker line on, never stays.
        """
        lines = self.page.lines
        self.page.take_for_quotes(at)
        end = end_of_quote(lines, at)
        if not has_attribution or (self.has_words and _is_answered(lines, end)):
            self._keep(at, max(at, min(end, self.marker)))
        return end

    def _past_history(self, at: int) -> int:
        """The end of the letter, or of the history that markup has begun, if that is nearer."""
        self.page.take_for_quotes(at)
        return self.ends

    def _below_attribution(self, sign: Sign, at: int) -> int:
        lines, following = self.page.lines, next_words(self.page.lines, sign.end)
        if following < len(lines) and self.page.is_marked(following):
            return self._past_quote(following, has_attribution=True)
        if not sign.is_sure:
            return self._keep(at, sign.end)
        if self.has_words:
            return self._past_history(at)
        self.page.take_for_quotes(at)
        return sign.end

    def _below_headers(self, sign: Sign, at: int) -> int:
        lines, body = self.page.lines, past_headers(self.page.lines, sign.end)
        if self.is_forward:
            return self._keep_whole(at)
        if body < len(lines) and self.page.is_marked(body):
            return self._past_quote(body, has_attribution=True)
        if not sign.is_sure:
            return self._keep(at, at + 1)
        return self._past_history(at) if self.has_words else self._keep_whole(at)

    def _below_markup(self, at: int) -> int:
        lines = self.page.lines
        if lines[at] == HISTORY_ENDS:
            self.ends = len(lines)
            return at + 1
        if lines[at] == HISTORY_HERE:
            self.ends = next((end for end in range(at, len(lines)) if lines[end] == HISTORY_ENDS), len(lines))
        following = list(islice(self._next_in_markup(at + 1), _LINES_OF_ATTRIBUTION + 1))
        if self.is_forward or not following:
            return at + 1
        if not self.page.is_marked(following[0]) and sign_at(lines, following[0]):
            self.page.take_for_quotes(at)
            return following[0]  # "... wrote:", or headers: they tell more
        quote = next(filter(self.page.is_marked, following), None)
        if quote is not None:
            return self._past_quote(quote, has_attribution=True)
        if self.has_words or self.ends < len(lines):
            return self._past_history(at)
        return at + 1

    def _next_in_markup(self, at: int) -> Iterator[int]:
        """The next words that follow here; rules and further marks are none."""
        lines = self.page.lines
        for each in range(at, min(at + _NEAR_IN_MARKUP, self.ends)):
            if lines[each].strip() and lines[each] not in _MARKUP and not SIGNATURE_RULE.match(lines[each]):
                yield each


def _is_answered(lines: list[str], end: int) -> bool:
    """Whether more stands there than a line that ends a letter."""
    near = [line for line in lines[end : end + _NEAR] if line.strip() and line not in _MARKUP]
    return len(near) > 1 and not any(SIGNATURE_RULE.match(line) for line in near[:2])
