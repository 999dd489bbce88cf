"""Bytes become a Letter: the one adapter between MIME and the desk.

It reads with its own small reader (mime_parts.py, mime_headers.py, charsets.py), and not with the standard library's
parser, which a hostile letter keeps busy for minutes and gigabytes: docs/decisions/0002-mime-parser.md has the figures.
"""

import binascii
import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import mktime_tz as seconds_of
from email.utils import parsedate_tz

from msgspec import Struct, field

from chalicelib.letters.charsets import decoded
from chalicelib.letters.html_text import text_of
from chalicelib.letters.letter import Attachment, Letter, ReportPart
from chalicelib.letters.mime_headers import (
    addresses,
    decoded_words,
    header_text,
    message_ids,
    parameters,
    unbase64,
)
from chalicelib.letters.mime_parts import Outline, Part, parts_of
from chalicelib.proof.standing import clean_address

LONGEST_TEXT = 2 * 1024 * 1024
_SHOWN_RAW = 64 * 1024

_FOLD = re.compile(r"\r?\n(?=[ \t])")
_LONE_RETURN = re.compile(rb"\r[^\r\n]")
_BLANK_BEFORE = re.compile(rb"\n\r*\n\Z")
_PATHS = re.compile(r"^.*[/\\]", re.DOTALL)
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_KINDS = {"text/plain": "plain", "text/html": "html"}
_REPORTS = frozenset(
    {
        "message/delivery-status",
        "message/global-delivery-status",
        "message/feedback-report",
        "message/disposition-notification",
        "message/rfc822",
        "message/global",
        "message/rfc822-headers",
        "text/rfc822-headers",
        "message/global-headers",
    }
)


class _Said(Struct, frozen=True, kw_only=True):
    text: str
    html: str | None
    stray: str
    is_from_html: bool


class _Reading(Struct, kw_only=True):
    """What has been read so far, and how much text may still be kept."""

    outline: Outline
    text_left: int = LONGEST_TEXT
    attachments: list[Attachment] = field(default_factory=list)
    reports: list[ReportPart] = field(default_factory=list)

    def fault(self, code: str) -> None:
        self.outline.fault(code)


def read_letter(raw: bytes) -> Letter:
    """What these bytes say. Never raises: what can't be read is left out and named in the letter's faults.

    A letter over LARGEST_LETTER is read up to there; what lies past the other bounds is left unread, and counted.
    """
    reading = _Reading(outline=Outline(raw=raw))
    try:
        return _read(reading)
    except Exception as error:
        reading.fault(f"unreadable:{type(error).__name__}")
        return Letter(stray_text=raw[:_SHOWN_RAW].decode("ascii", "replace"), faults=tuple(reading.outline.faults))


def _read(reading: _Reading) -> Letter:
    root = parts_of(reading.outline)
    pieces = list(_words(reading, root, is_root=True))
    said = _Said(
        text="\n".join(text_of(said) if kind == "html" else said for kind, said in pieces if kind in ("plain", "html")),
        html="\n".join(said for kind, said in pieces if kind in ("html", "other way")) or None,
        stray="\n".join(said for kind, said in pieces if kind == "stray"),
        is_from_html=not any(kind == "plain" and said.strip() for kind, said in pieces),
    )
    return _letter(reading, root, said)


# ---- what the parts say


def _words(reading: _Reading, part: Part, *, is_root: bool = False) -> Iterator[tuple[str, str]]:
    """The readable pieces in order: plain, html, or HTML that only says the same the other way. Keeps the rest."""
    if part.is_left_unread:
        return
    if part.type.startswith("multipart/") and part.parts:
        pieces = [piece for child in part.parts for piece in _words(reading, child)]
        if part.type == "multipart/alternative" and any(kind == "plain" and said.strip() for kind, said in pieces):
            pieces = [(kind if kind == "plain" else "other way", said) for kind, said in pieces]
        yield from pieces
    elif part.type in _KINDS or (part.type.startswith(("text/", "multipart/")) and part.type not in _REPORTS):
        yield from _text_part(reading, part, is_root=is_root)
    else:
        _keep(reading, part)


def _text_part(reading: _Reading, part: Part, *, is_root: bool) -> Iterator[tuple[str, str]]:
    """A part of text: words, unless it is marked as attachment. One with a name is kept as a file as well."""
    is_attached = parameters(part.header("content-disposition"))[0] == "attachment"
    # In an alternative, each text is the body said in one more way, whatever its name.
    is_named = _name(part) is not None and part.within != "multipart/alternative"
    if (is_attached or is_named) and not part.type.startswith("multipart/"):
        _keep(reading, part)
    if is_attached and not is_root:
        return
    # A multipart without parts, and kinds of text that nobody writes any more: shown where there is nothing else.
    kind = _KINDS.get(part.type, "stray")
    if not is_named or is_root or kind != "stray":
        yield kind, _text(reading, part)


def _text(reading: _Reading, part: Part) -> str:
    longest = reading.text_left
    data = _body(reading, part, longest=3 * longest + 3)
    if len(data) > longest:
        reading.fault("text_cut")
        data = data[:longest]
    reading.text_left -= len(data)
    text, whole = decoded(data, part.options.get("charset"))
    if not whole:
        reading.fault("charset")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _body(reading: _Reading, part: Part, longest: int | None = None) -> bytes:
    end = part.end if longest is None else min(part.end, part.start + longest)
    data = reading.outline.raw[part.start : end]
    way = part.header("content-transfer-encoding").lower().strip(" \t;'\"")
    if part.type.startswith("multipart/"):
        return data
    if way.startswith("base64"):
        return unbase64(data)
    if way.replace(" ", "-").startswith("quoted-print"):
        return binascii.a2b_qp(data)
    if way in ("x-uuencode", "uuencode", "x-uue", "uue"):
        return _unuuencoded(data)
    return data


def _unuuencoded(data: bytes) -> bytes:
    said = bytearray()
    for line in data.splitlines():
        if line.startswith((b"begin ", b"end")) or not line:
            continue
        try:
            said += binascii.a2b_uu(line)
        except binascii.Error:
            continue
    return bytes(said)


def _name(part: Part) -> str | None:
    said = parameters(part.header("content-disposition"))[1].get("filename") or part.options.get("name")
    if not said:
        return None
    return _UNSEEN.sub("", _PATHS.sub("", said)).strip(" .")[:255] or None


def _keep(reading: _Reading, part: Part) -> None:
    content = _body(reading, part)
    if part.type in _REPORTS:
        reading.reports.append(ReportPart(type=part.type, content=content))
    if part.type.startswith("text/") and part.type in _REPORTS and not _name(part):
        return
    reading.attachments.append(
        Attachment(
            name=_name(part),
            type=part.type[:255],
            size=len(content),
            digest=hashlib.sha256(content).hexdigest(),
            content=content,
        )
    )


# ---- what the headers say


def _letter(reading: _Reading, root: Part, said: _Said) -> Letter:
    headers: dict[str, tuple[str, ...]] = {}
    for name, value in root.headers:
        headers[name] = (*headers.get(name, ()), decoded_words(header_text(value)))
    from_headers = tuple(_as_sent(value) for name, value in root.headers if name == "from")
    if not _head_is_whole(reading.outline, root):
        from_headers = (*from_headers, "")
    seen = addresses(header_text(next((value for name, value in root.headers if name == "from"), b"")), most=1)
    named = {name: _addresses(root, name) for name in ("to", "cc", "reply-to")}
    return_path = root.header("return-path") if "return-path" in headers else None
    return Letter(
        message_id=next(iter(message_ids(root.header("message-id"))), None),
        date=_date(root.header("date")),
        subject=headers.get("subject", ("",))[0],
        from_headers=from_headers,
        from_address=clean_address(from_headers),
        from_seen=seen[0][1] or None if seen else None,
        from_name=seen[0][0] if seen else "",
        to=named["to"],
        cc=named["cc"],
        reply_to=named["reply-to"],
        return_path=None if return_path is None else return_path.strip("<> "),
        in_reply_to=message_ids(root.header("in-reply-to")),
        references=message_ids(root.header("references")),
        headers=headers,
        content_type=root.type,
        report_type=root.options.get("report-type", "").lower() or None,
        text=said.text,
        stray_text=said.stray,
        text_is_from_html=said.is_from_html and said.html is not None,
        html=said.html,
        attachments=tuple(reading.attachments),
        reports=tuple(reading.reports),
        parts_left_unread=reading.outline.parts_left_unread,
        faults=tuple(reading.outline.faults),
    )


def _head_is_whole(outline: Outline, root: Part) -> bool:
    """Whether every reader finds the header lines that we found: whoever ends lines at a lone carriage return, or
    reads on where we stopped, may find another From among them."""
    if "too_many_headers" in outline.faults or any(_LONE_RETURN.search(value) for _, value in root.headers):
        return False
    end = outline.raw[max(0, root.start - 8) : root.start]
    return root.start >= len(outline.raw) or _BLANK_BEFORE.search(end) is not None


def _as_sent(value: bytes) -> str:
    """A header with nothing mended but its folds, so that proof/standing.py can judge it."""
    return _FOLD.sub("", value.decode("utf-8", "replace").rstrip("\r\n")).strip(" \t")


def _addresses(part: Part, header: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for name, value in part.headers:
        if name == header:
            found.update((address.lower(), None) for _, address in addresses(header_text(value)) if "@" in address)
    return tuple(found)


def _date(value: str) -> datetime | None:
    try:
        parsed = parsedate_tz(value[:200])
        return None if parsed is None else datetime.fromtimestamp(seconds_of(parsed), UTC)
    except (ValueError, OverflowError, TypeError, IndexError, OSError):
        return None
