"""HTML becomes the text that a reader sees, in one pass, whatever tags are open, crossed or cut.

Only what a mail reader would show is kept: no scripts, no styles, no comments. Quoted history is marked, so that the
rules for quotes in plain text (new_words.py) work for HTML as well.
"""

import html
import re
from collections.abc import Iterator

from msgspec import Struct, field

# Stands on a line of its own where a mail program's own markup says: from here on it is history.
HISTORY = "\ue000"
# The same, where the markup says as well where it ends: there stands HISTORY_ENDS, if it was not left open.
HISTORY_HERE = "\ue001"
HISTORY_ENDS = "\ue002"
# Stands before each line of what a mail program's own markup calls a signature.
SIGNATURE = "\ue003"
# Stands before a line in a blockquote that no mail program calls a quote: it may be the writer's own, set in.
INDENTED = "\ue004"
MARKS = re.compile("[\ue000-\ue004]")

_TAG = re.compile(r"<(?:(/?)([a-zA-Z][a-zA-Z0-9:_-]*)|(!--)|([!?/]))")
_EDGE = re.compile("[>\"']")
_UNSHOWN = frozenset({"script", "style", "title", "noscript", "template", "svg", "math"})
_BLOCKS = frozenset(
    "address article aside blockquote body center dd details dir div dl dt fieldset figure footer form h1 h2 h3 h4 h5"
    " h6 header hr html li main menu nav ol p pre section summary table tbody tfoot thead tr ul".split()
)
_SPACED = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "blockquote", "pre", "dl"})
_SAID_BY = {"li": "- ", "td": " ", "th": " ", "hr": "-----"}
_EMPTY = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_NAMED = re.compile(r"""(?:\A|[\s"'/])(?:class|id|name)\s*=\s*(?:"([^"]{0,200})"|'([^']{0,200})'|([^\s"'>]{1,200}))""")
_STYLED = re.compile(r"""\sstyle\s*=\s*(?:"([^"]{0,500})"|'([^']{0,500})')""", re.IGNORECASE)
_ALT = re.compile(r"""\salt\s*=\s*(?:"([^"]{1,200})"|'([^']{1,200})')""", re.IGNORECASE)
_LONG_NUMBER = re.compile(r"&#(?:\d{8}|[xX][0-9a-fA-F]{8})[0-9a-fA-F]*;?")
_SPACES = re.compile(r"[ \t\r\n\f\v]+")
_NO_WORD = f"> {SIGNATURE}{INDENTED}"
_HISTORY_NAMES = re.compile(
    r"\b(?:gmail_quote(?!_attribution)\w*|gmail_extra_quote|yahoo_quoted\w*|moz-cite-prefix|divRplyFwdMsg|"
    r"OLK_SRC_BODY_SECTION|appendonsend|yahooQuotedMsg|zmail_extra|protonmail_quote|tutanota_quote|qt\b|"
    r"ms-outlook-mobile-reference-message|mail-editor-reference-message-container|replySplit|reply-intro|"
    r"isReplyContent|mailQuote\w*|WordSection1-reply|stopSpelling)",
    re.IGNORECASE,
)
_SIGNATURE_NAMES = re.compile(
    r"\b(?:gmail_signature|moz-signature|ms-outlook-mobile-signature|AppleMailSignature|yahoo-signature|signature|"
    r"ydp\w*signature|Signature|protonmail_signature_block|mobile-?signature|lineBreakAtBeginningOfSignature)\b"
)
# Outlook draws a line above the history, and names nothing.
_OUTLOOK_LINE = re.compile(
    r"border:\s*none;\s*border-top:\s*solid\s+#(?:B5C4DF|E1E1E1|CCCCCC)\s+1\.0pt|border-top:\s*(?:#B5C4DF|#E1E1E1)\s",
    re.IGNORECASE,
)
_CITED = re.compile(r"""(?:\A|[\s"'])type\s*=\s*["']?cite\b""", re.IGNORECASE)
# Gmail gives this name to what is quoted and, by its button for quotes, to what the writer sets in as well.
_MAYBE_OWN = re.compile(r"\bgmail_quote\b", re.IGNORECASE)
# Names that stand above history, not around it.
_HISTORY_BEGINS = re.compile(
    r"moz-cite-prefix|divRplyFwdMsg|appendonsend|replySplit|reply-intro|stopSpelling|ms-outlook-mobile-reference-message",
    re.IGNORECASE,
)
_CONTAINERS = frozenset("div span section table td pre".split())
_DEEPEST_QUOTE = 20


class _Element(Struct, kw_only=True):
    """An element that is open, until as many of its name are closed as were opened. `line` is where it began."""

    name: str
    line: int
    open: int = 1

    def is_closed_by(self, name: str, step: int) -> bool:
        self.open += step if name == self.name else 0
        return self.open == 0


class _Page(Struct, kw_only=True):
    """What has been read so far. Lines are ended by blocks.

    `quotes` has an entry for each open blockquote: whether a mail program calls it a quote. `cited` counts those.
    """

    with_quotes: bool
    lines: list[str] = field(default_factory=list)
    line: list[str] = field(default_factory=list)
    quotes: list[bool] = field(default_factory=list)
    cited: int = 0
    keeps_space: int = 0
    history: _Element | None = None
    signature: _Element | None = None

    def say(self, text: str) -> None:
        if self.keeps_space:
            first, *others = text.replace("\r\n", "\n").split("\n")
            self.line.append(first)
            for other in others:
                self.end_line(even_empty=True)
                self.line.append(other)
            return
        text = _SPACES.sub(" ", text)
        if text != " " or self.line:
            self.line.append(text)

    def end_line(self, *, even_empty: bool = False) -> None:
        text = "".join(self.line)
        text = text.rstrip() if self.keeps_space else text.strip()
        self.line.clear()
        if text or even_empty:
            self.lines.append(self._marks() + text if self.with_quotes else text)

    def _marks(self) -> str:
        if self.quotes:
            return ("" if self.cited else INDENTED) + "> " * min(len(self.quotes), _DEEPEST_QUOTE)
        return SIGNATURE if self.signature else ""

    def leave_space(self) -> None:
        self.end_line()
        if self.lines and self.lines[-1].strip(_NO_WORD):
            self.end_line(even_empty=True)

    def mark(self, sign: str) -> None:
        self.end_line()
        self.lines.append(sign)

    def begin_quote(self, *, cited: bool) -> None:
        self.quotes.append(cited)
        self.cited += cited

    def end_quote(self) -> None:
        if self.quotes:
            self.cited -= self.quotes.pop()

    def count(self, name: str, step: int) -> None:
        """Keeps count of the elements whose end matters: one of this name was opened (1) or closed (-1)."""
        if self.history and self.history.is_closed_by(name, step):
            self.history = None
            self.mark(HISTORY_ENDS)
        if self.signature and self.signature.is_closed_by(name, step):
            self.end_line()
            self.signature = None

    def end(self) -> None:
        self.end_line()
        if self.signature:  # never closed: nobody knows where it ends, so it may be anything
            began = self.signature.line
            self.lines[began:] = [line.replace(SIGNATURE, "") for line in self.lines[began:]]


def _unescaped(text: str) -> str:
    # A number of thousands of digits is no sign, and makes int() refuse.
    return MARKS.sub("", html.unescape(_LONG_NUMBER.sub("\ufffd", text))) if "&" in text else text


def text_of(source: str) -> str:
    """The text that a reader of this HTML sees, quoted history like everything else."""
    return _read(source, with_quotes=False)


def quoted_text_of(source: str) -> str:
    """The text, with `> ` before each line inside a blockquote, and the marks above where markup tells what is what."""
    return _read(MARKS.sub("", source), with_quotes=True)


def _read(source: str, *, with_quotes: bool) -> str:
    page = _Page(with_quotes=with_quotes)
    at = 0
    last_quotes = {'"': source.rfind('"'), "'": source.rfind("'")}
    while (tag := _TAG.search(source, at)) is not None:
        if tag.start() > at:
            page.say(_unescaped(source[at : tag.start()]))
        if tag[2] is None:
            at = _after_comment(source, tag)
            continue
        end = _end_of_tag(source, tag.end(), last_quotes)
        name = tag[2].lower()
        if tag[1]:
            _close(page, name)
        else:
            _open(page, name, source[tag.end() : end])
        at = end + 1
        if name in _UNSHOWN and not tag[1]:
            at = _after(source, f"</{name}", at)
    if at < len(source):
        page.say(_unescaped(source[at:]))
    page.end()
    return "\n".join(page.lines).replace("\xa0", " ").strip("\n")


def _after_comment(source: str, tag: re.Match[str]) -> int:
    """Where a comment, a doctype or a processing instruction ends. One without an end hides the rest."""
    if tag[3]:
        end = source.find("-->", tag.end())
        return len(source) if end < 0 else end + 3
    end = source.find(">", tag.end())
    return len(source) if end < 0 else end + 1


def _after(source: str, close: str, at: int) -> int:
    found = re.compile(re.escape(close), re.IGNORECASE).search(source, at)
    if found is None:
        return len(source)
    end = source.find(">", found.end())
    return len(source) if end < 0 else end + 1


def _end_of_tag(source: str, at: int, last_quotes: dict[str, int]) -> int:
    """Where the `>` of a tag is: not inside quotes, unless the quote is never closed. The end if there is none."""
    while (edge := _EDGE.search(source, at)) is not None:
        at = edge.end()
        if edge[0] == ">":
            return edge.start()
        if last_quotes[edge[0]] < at:
            continue
        closing = source.find(edge[0], at)
        # A quote that begins no value and swallows other tags is a quote that somebody forgot to close.
        if source[edge.start() - 1] == "=" or source.find("<", at, closing) < 0:
            at = closing + 1
    return len(source)


def _open(page: _Page, name: str, attributes: str) -> None:
    if name in _SPACED:
        page.leave_space()
    elif name in _BLOCKS or name == "br":
        page.end_line(even_empty=name == "br")
    if page.with_quotes:
        _look_for_marks(page, name, attributes)
    page.keeps_space += name == "pre"
    if said := _SAID_BY.get(name):
        page.line.append(said)
    elif name == "img" and (alt := _ALT.search(attributes)):
        page.say(_unescaped(alt[1] or alt[2]))
    if name == "hr":
        page.end_line()


def _look_for_marks(page: _Page, name: str, attributes: str) -> None:
    if name not in _EMPTY:
        page.count(name, 1)
    if name == "blockquote":
        page.begin_quote(cited=_is_cited(attributes))
    elif attributes and not page.quotes:
        _mark(page, name, attributes)


def _names(attributes: str) -> Iterator[str]:
    for named in _NAMED.finditer(attributes):
        yield named[1] or named[2] or named[3] or ""


def _is_cited(attributes: str) -> bool:
    if _CITED.search(attributes):
        return True
    return any(_HISTORY_NAMES.search(_MAYBE_OWN.sub("", name)) for name in _names(attributes))


def _mark(page: _Page, name: str, attributes: str) -> None:
    for called in _names(attributes):
        if _HISTORY_NAMES.search(called):
            _mark_history(page, name, called)
        elif name in _CONTAINERS and not page.signature and _SIGNATURE_NAMES.search(called):
            page.end_line()
            page.signature = _Element(name=name, line=len(page.lines))
    styled = _STYLED.search(attributes) if name in ("div", "p") else None
    if styled and _OUTLOOK_LINE.search(styled[1] or styled[2] or ""):
        page.mark(HISTORY)


def _mark_history(page: _Page, name: str, called: str) -> None:
    if page.history:
        return
    if name in _CONTAINERS and not _HISTORY_BEGINS.search(called):
        page.mark(HISTORY_HERE)
        page.history = _Element(name=name, line=len(page.lines))
    else:
        page.mark(HISTORY)


def _close(page: _Page, name: str) -> None:
    if name in _EMPTY:
        return
    if name in _SPACED:
        page.leave_space()
    elif name in _BLOCKS:
        page.end_line()
    if page.with_quotes:
        page.count(name, -1)
    if name == "blockquote":
        page.end_quote()
    elif name == "pre":
        page.keeps_space = max(0, page.keeps_space - 1)
