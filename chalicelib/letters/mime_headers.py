"""The small grammars inside header lines: encoded words, parameters, addresses, message ids. All in linear time."""

import binascii
import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from msgspec import Struct, field

from chalicelib.letters.charsets import codec_of, decoded

_WORD = re.compile(r"=\?([^?\s]{1,80})\? ?([bBqQ])\?(.*?)\?=", re.DOTALL)
_BETWEEN_PADDINGS = re.compile(rb"[^=]+")
_FOLD = re.compile(r"\r*\n[ \t]*|\r")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_PARAMETER = re.compile(r""";\s*([^\s=;"]+)\s*=\s*("(?:[^"\\]|\\.)*+"|'[^';]*'(?=\s*(?:;|\Z))|[^;]*)""", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_MESSAGE_ID = re.compile(r"<\s*([^<>\s]{1,998})\s*>")
_TOKEN = re.compile(r'[^"(<>,;:\\]+|.', re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*+)"', re.DOTALL)
_MOST_PARAMETERS = 1000


def unbase64(data: bytes) -> bytes:
    """Base64 as senders write it: other bytes between, paddings in the middle, a cut end."""
    padding = data.find(b"=")
    if padding < 0 or not data[padding:].strip(b"=\r\n \t"):
        return _unbase64(data)
    said = bytearray()
    for piece in _BETWEEN_PADDINGS.finditer(data):
        said += _unbase64(piece[0] + b"==")
    return bytes(said)


def _unbase64(data: bytes) -> bytes:
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        letters = _NOT_BASE64.sub(b"", data)
        letters = letters[: len(letters) - (len(letters) % 4 == 1)]
        return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def header_text(value: bytes) -> str:
    """One header value, unfolded and without control characters, its encoded words still encoded."""
    text = decoded(value, None)[0] if not value.isascii() else value.decode("ascii")
    if "\n" in text or "\r" in text:
        text = _FOLD.sub(" ", text)
    return _CONTROL.sub("", text).strip()


def decoded_words(text: str) -> str:
    """A header value as people read it (RFC 2047; also inside quotes and words, where it shouldn't stand but does)."""
    end = text.rfind("?=")
    if end < 0 or "=?" not in text:
        return text
    said: list[str] = []
    at, waiting = 0, b""
    charset = ""
    for word in _WORD.finditer(text, 0, end + 2):
        between = text[at : word.start()]
        follows = at > 0 and not between.strip()
        named, data = _word(word)
        if waiting and not (follows and named == charset):
            said.append(decoded(waiting, charset)[0])
            waiting = b""
        if not follows:
            said.append(between)
        waiting, charset, at = waiting + data if waiting else data, named, word.end()
        if len(waiting) > 4096:  # joined to mend letters split between two words, not to grow without end
            said.append(decoded(waiting, charset)[0])
            waiting = b""
    said.append(decoded(waiting, charset)[0])
    said.append(text[at:])
    return _CONTROL.sub("", _FOLD.sub(" ", "".join(said)))


def _word(word: re.Match[str]) -> tuple[str, bytes]:
    charset, way, body = word[1].split("*")[0].lower(), word[2], word[3]
    data = body.encode("utf-8", "replace")
    if way in "bB":
        return charset, unbase64(data)
    return charset, binascii.a2b_qp(data.replace(b" ", b"_"), header=True)


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """The value before the first semicolon in lower case, and its parameters: RFC 2231 and encoded words both read."""
    main = value.split(";", 1)[0].strip().lower()
    found: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    rest = value[len(value.split(";", 1)[0]) :]
    for count, match in enumerate(_PARAMETER.finditer(rest)):
        if count >= _MOST_PARAMETERS:
            break
        name, text = match[1].lower(), match[2].strip()
        if text[:1] == '"':
            text = _ESCAPED.sub(r"\1", text[1:-1])
        base, _, more = name.partition("*")
        if not more and not name.endswith("*"):
            found.setdefault(base, text)
            continue
        number = more.rstrip("*")
        nth = int(number) if number.isascii() and number.isdigit() and len(number) < 6 else 0
        pieces.setdefault(base, {}).setdefault(nth, (text, name.endswith("*")))
    for base, numbered in pieces.items():
        found[base] = _joined(numbered)
    return main, {name: decoded_words(text) for name, text in found.items()}


def _joined(numbered: dict[int, tuple[str, bool]]) -> str:
    charset, whole = "", b""
    for count, (_, (text, encoded)) in enumerate(sorted(numbered.items())):
        value = text
        if encoded and count == 0 and text.count("'") >= 2:
            charset, _, value = text.split("'", 2)
        whole += unquote_to_bytes(value) if encoded else value.encode("utf-8", "replace")
    return decoded(whole, charset if codec_of(charset) else None)[0]


def addresses(value: str, most: int = 1000) -> list[tuple[str, str]]:
    """(name, address) of each mailbox of an address header, read as kindly as can be. For showing, never for trust."""
    found: list[tuple[str, str]] = []
    for mailbox in _mailboxes(value):
        name, address = "".join(mailbox.name).strip(), (mailbox.address or "").strip()
        if not address and "@" in name:
            name, address = "", name
        shown = decoded_words(name or " ".join(mailbox.comments)).strip(" '\"")
        address = "".join((decoded_words(address) if "=?" in address else address).split())
        if address or shown:
            found.append((" ".join(shown.split()), address))
        if len(found) >= most:
            break
    return found


class _Mailbox(Struct, kw_only=True):
    name: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    address: str | None = None


def _mailboxes(value: str) -> Iterator[_Mailbox]:
    mailbox = _Mailbox()
    at, quotes_close = 0, True  # where one quote stays open, no later one closes: don't look again and again
    while token := _TOKEN.match(value, at):
        word, at = token[0], token.end()
        if word == '"':
            quoted = _QUOTED.match(value, at - 1) if quotes_close else None
            quotes_close = quoted is not None
            if quoted:
                mailbox.name.append(_ESCAPED.sub(r"\1", quoted[1]))
                at = quoted.end()
        elif word in ",;":
            yield mailbox
            mailbox = _Mailbox()
        else:
            at = _word_of(mailbox, value, word, at)
    yield mailbox


def _word_of(mailbox: _Mailbox, value: str, word: str, at: int) -> int:
    """Put one word of a mailbox where it belongs, and go on behind it."""
    match word:
        case "(":
            said, at = _comment(value, at)
            mailbox.comments.append(said)
        case "<":
            end = value.find(">", at)
            end = len(value) if end < 0 else end
            route = value[at : at + 1] == "@"
            mailbox.address = value[at:end].rsplit(":", 1)[-1] if route else value[at:end]
            return end + 1
        case ":":
            mailbox.name.clear()  # it was the name of a group; its members follow
        case ">" | "\\":
            pass
        case _:
            mailbox.name.append(word)
    return at


def _comment(value: str, at: int) -> tuple[str, int]:
    """The comment that begins before `at`, and where it ends; an unclosed one ends with the value."""
    depth, start = 1, at
    for mark in re.compile(r"[()\\]").finditer(value, at):
        if mark.start() < at:
            continue
        at = mark.end() + (mark[0] == "\\")
        depth += {"(": 1, ")": -1}.get(mark[0], 0)
        if depth == 0:
            return value[start : mark.start()], at
    return value[start:], len(value)


def message_ids(value: str) -> tuple[str, ...]:
    """The message ids of a header, without angle brackets; a lone one that lacks them is taken too."""
    found = _MESSAGE_ID.findall(value)
    if not found and "@" in value and len(value.split()) == 1:
        found = [value.strip("<> ")]
    return tuple(dict.fromkeys(found[:1000]))
