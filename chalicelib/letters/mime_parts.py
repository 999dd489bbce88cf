"""Where the parts of a letter lie in its bytes: found in one pass, without copying a body.

Each line that begins with two dashes is looked up once among the boundaries that are open; so time grows with the
letter, however many parts lie in one another. What lies past a bound is left unread, and counted.
"""

import re

from msgspec import Struct, field

from chalicelib.letters.mime_headers import header_text, parameters

LARGEST_LETTER = 40 * 1024 * 1024
MOST_PARTS = 1_000
MOST_LEVELS = 100
MOST_HEADERS = 10_000
MOST_HEADER_BYTES = 1024 * 1024
LONGEST_HEADER = 64 * 1024

_DELIMITER = re.compile(rb"^--([^\r\n]{1,250})", re.MULTILINE)
_HEADER = re.compile(rb"([!-9;-~]{1,200})[ \t]*+:([^\n]*+(?:\n[ \t][^\n]*+)*+)\n?")
_BLANK_LINE = re.compile(rb"^\r*\n", re.MULTILINE)
_BLANK = re.compile(rb"\r*\n")
# After a line that is no header: up to a dozen lines on, headers that every letter has go on.
_GOES_ON = re.compile(
    rb"(?:[^\r\n][^\n]{0,1000}\n){1,12}?"
    rb"(?:Received|From|To|Cc|Subject|Date|Message-ID|MIME-Version|Content-[a-z-]{1,40}|Reply-To|Return-Path|DKIM-Signature"
    rb"|In-Reply-To|References|Sender|X-[a-z0-9-]{1,60})[ \t]*:",
    re.IGNORECASE,
)
_SPACE = re.compile(rb"(?:\xef\xbb\xbf)?\s*")
_FROM_LINE = re.compile(rb">?From [^\n]*\n")
_LONGEST_MENDED = 4096


class Part(Struct, kw_only=True):
    """A part of the letter: its headers in order with lower-case names, and where its body lies in the bytes.

    `type` is the content type that counts (what a bad or missing header means is decided here), `options` are its
    parameters, `within` the type of the part around it.
    """

    headers: list[tuple[str, bytes]]
    start: int
    type: str
    options: dict[str, str]
    within: str
    end: int = -1
    parts: list["Part"] = field(default_factory=list)
    is_left_unread: bool = False

    def header(self, name: str) -> str:
        """The first header of that name, its encoded words still encoded, or the empty text."""
        return next((header_text(value) for known, value in self.headers if known == name), "")


class Outline(Struct, kw_only=True):
    """The parts of a letter while they are being found: what is left of the bounds, and what went wrong."""

    raw: bytes
    faults: dict[str, None] = field(default_factory=dict)
    headers_left: int = MOST_HEADERS
    header_bytes_left: int = MOST_HEADER_BYTES
    parts_left: int = MOST_PARTS
    parts_left_unread: int = 0
    open: list[Part] = field(default_factory=list)
    levels: dict[bytes, list[int]] = field(default_factory=dict)

    def fault(self, code: str) -> None:
        """Note that something was left out; each code once."""
        self.faults[code] = None


def parts_of(outline: Outline) -> Part:
    """The whole letter as one part, with all parts found inside it."""
    if len(outline.raw) > LARGEST_LETTER:
        outline.fault("too_large")
        outline.raw = outline.raw[:LARGEST_LETTER]
    if b"\n" not in outline.raw[:65536] and b"\r" in outline.raw[:65536]:
        outline.raw = outline.raw.replace(b"\r", b"\n")
    start = _SPACE.match(outline.raw)
    root = _part(outline, start.end() if start else 0, within="")
    _open(outline, root)
    last = _read_on(outline, root) if outline.open else None
    for part in (root, *outline.open, *([last] if last else [])):
        part.end = len(outline.raw) if part.end < 0 else part.end
    return root


def _read_on(outline: Outline, current: Part | None) -> Part | None:
    """Find all delimiters, and the parts between them. The part that nothing ended comes back."""
    raw = outline.raw
    for line in _DELIMITER.finditer(raw):
        if current is not None and line.start() < current.start:
            continue
        level, closes = _level(outline, line[1].rstrip())
        if level < 0:
            continue
        end = _before(raw, line.start())
        if current is not None:
            current.end = end
        _close(outline, level if closes else level + 1, end)
        if not outline.open:
            return None
        if not closes and outline.parts_left <= 0:
            _leave_unread(outline, line)
            return None
        current = None if closes else _child(outline, _next_line(raw, line.end()))
    return current


def _leave_unread(outline: Outline, line: re.Match[bytes]) -> None:
    """Past the last part that is read: the others of this level are counted, and no line is looked at any more."""
    raw, mark = outline.raw, b"\n" + line[0].rstrip()
    outline.fault("too_many_parts")
    outline.parts_left_unread += 1 + sum(raw.count(mark + end, line.end()) for end in (b"\n", b"\r\n"))


def _close(outline: Outline, down_to: int, end: int) -> None:
    while len(outline.open) > down_to:
        ended = outline.open.pop()
        ended.end = end
        outline.levels[_boundary(ended)].pop()


def _level(outline: Outline, mark: bytes) -> tuple[int, bool]:
    """Which open part this line is a delimiter of (-1: of none), and whether it closes that part."""
    if found := outline.levels.get(mark):
        return found[-1], False
    if mark.endswith(b"--") and (found := outline.levels.get(mark[:-2].rstrip())):
        return found[-1], True
    return -1, False


def _before(raw: bytes, at: int) -> int:
    """Where the line before a delimiter ends: its line break belongs to the delimiter."""
    at -= raw[at - 1 : at] == b"\n"
    return at - (raw[at - 1 : at] == b"\r")


def _next_line(raw: bytes, at: int) -> int:
    end = raw.find(b"\n", at)
    return len(raw) if end < 0 else end + 1


def _child(outline: Outline, start: int) -> Part:
    outline.parts_left -= 1
    part = _part(outline, start, within=outline.open[-1].type)
    outline.open[-1].parts.append(part)
    _open(outline, part)
    return part


def _boundary(part: Part) -> bytes:
    return part.options.get("boundary", "").strip().encode("utf-8", "replace")


def _open(outline: Outline, part: Part) -> None:
    """From here on, lines may be this part's delimiters."""
    boundary = _boundary(part)
    if not part.type.startswith("multipart/") or not boundary:
        return
    if len(outline.open) >= MOST_LEVELS:
        outline.fault("too_deep")
        outline.parts_left_unread += 1
        part.is_left_unread = True
        return
    outline.levels.setdefault(boundary, []).append(len(outline.open))
    outline.open.append(part)


def _part(outline: Outline, start: int, *, within: str) -> Part:
    headers, start = _headers(outline, start)
    part = Part(headers=headers, start=start, type="", options={}, within=within)
    said = part.header("content-type")
    part.type, part.options = parameters(said)
    if not said:
        part.type = "message/rfc822" if within == "multipart/digest" else "text/plain"
    elif part.type.count("/") != 1:
        part.type = _mended(part)
    return part


def _mended(part: Part) -> str:
    """What a content type without its two halves means (RFC 2045, 5.2: text, unless it is plainly a file)."""
    if part.type in ("html", "text html"):
        return "text/html"
    return "application/octet-stream" if part.options.get("name") else "text/plain"


def _headers(outline: Outline, at: int) -> tuple[list[tuple[str, bytes]], int]:
    """The header lines from there on, and where the body starts. A line that is no header begins the body, unless
    headers go on below it."""
    raw, found = outline.raw, list[tuple[str, bytes]]()
    while at < len(raw):
        if outline.headers_left <= 0 or outline.header_bytes_left <= 0:
            outline.fault("too_many_headers")
            blank = _BLANK_LINE.search(raw, at)
            return found, blank.end() if blank else len(raw)
        header = _HEADER.match(raw, at)
        if header is not None and not (raw.startswith(b"--", at) and _is_delimiter(outline, at)):
            _keep(outline, header, found)
            at = header.end()
        elif blank := _BLANK.match(raw, at):
            return found, blank.end()
        elif header is None and (skipped := _skipped(raw, at, found)):
            at = skipped
        else:
            return found, at
    return found, at


def _keep(outline: Outline, header: re.Match[bytes], found: list[tuple[str, bytes]]) -> None:
    value = outline.raw[header.start(2) : min(header.end(2), header.start(2) + LONGEST_HEADER)]
    if len(value) == LONGEST_HEADER:
        outline.fault("header_cut")
    outline.headers_left -= 1
    outline.header_bytes_left -= len(value)
    found.append((header[1].decode("ascii").lower(), value))


def _is_delimiter(outline: Outline, at: int) -> bool:
    line = _DELIMITER.match(outline.raw, at)
    return line is not None and _level(outline, line[1].rstrip())[0] >= 0


def _skipped(raw: bytes, at: int, found: list[tuple[str, bytes]]) -> int:
    """Where to go on after a line that is no header: an mbox's From line, or one that lost its indent."""
    if not found:
        mbox = _FROM_LINE.match(raw, at)
        return mbox.end() if mbox else 0
    if not _GOES_ON.match(raw, at):
        return 0
    end = _next_line(raw, at)
    name, value = found[-1]
    if len(value) < _LONGEST_MENDED:
        found[-1] = (name, value + b"\n " + raw[at : min(end, at + 1000)])
    return end
