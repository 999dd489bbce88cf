"""The body of a request, read off its connection: so many bytes as it says, or in chunks (RFC 9112, sections 6 and 7).

What is wrong with it is told as API Gateway tells it; where the next request begins is not known then.
"""

import re
from email.message import Message
from io import BufferedIOBase

from chalice.local import LocalGatewayException

LARGEST_BODY = 10 * 1024 * 1024  # API Gateway's
_LONGEST_LINE = 8 * 1024
_MOST_TRAILERS = 100
_LENGTH = re.compile(r"[0-9]{1,18}")
_SIZE = re.compile(rb"([0-9A-Fa-f]+)[ \t]*(?:;[^\r\n]*)?\r\n")


class TooLong(LocalGatewayException):
    CODE = 413


class BadBody(LocalGatewayException):
    CODE = 400


class CutOff(Exception):
    """The client went away before its body was whole: nobody is called, nobody is answered."""


def read_body(file: BufferedIOBase, headers: Message, version: str) -> bytes | None:
    """The whole body. `headers` are afterwards those of a body that came in one piece: nobody behind API Gateway
    sees how it came."""
    lengths, codings = headers.get_all("content-length", []), headers.get_all("transfer-encoding", [])
    if not codings:
        return _read(file, _length(lengths)) or None
    # A body that says both could be a second request in disguise, and HTTP/1.0 doesn't know chunks.
    if lengths or version == "HTTP/1.0" or [each.strip().lower() for each in codings] != ["chunked"]:
        raise _bad()
    body = _chunks(file)
    del headers["transfer-encoding"], headers["trailer"]
    headers["Content-Length"] = str(len(body))
    return body or None


def too_long(headers: dict[str, str] | None = None) -> TooLong:
    return TooLong(headers or {}, b'{"message":"Request Too Long"}')


def _length(said: list[str]) -> int:
    if not said:
        return 0
    if len(said) > 1 or not _LENGTH.fullmatch(said[0].strip()):
        raise _bad()
    return int(said[0])


def _chunks(file: BufferedIOBase) -> bytes:
    body = bytearray()
    while size := _size(file):
        body += _read(file, size, before=len(body))
        if _read(file, 2) != b"\r\n":
            raise _bad()
    for _ in range(_MOST_TRAILERS):
        if _line(file) == b"\r\n":
            return bytes(body)
    raise _bad()


def _size(file: BufferedIOBase) -> int:
    found = _SIZE.fullmatch(_line(file))
    if not found:
        raise _bad()
    return int(found[1], 16)


def _line(file: BufferedIOBase) -> bytes:
    line = file.readline(_LONGEST_LINE)
    if not line.endswith(b"\r\n"):
        raise _bad() if line.endswith(b"\n") or len(line) == _LONGEST_LINE else CutOff
    return line


def _read(file: BufferedIOBase, wanted: int, *, before: int = 0) -> bytes:
    if before + wanted > LARGEST_BODY:
        raise too_long({"Connection": "close"})
    found = file.read(wanted)
    if len(found) < wanted:
        raise CutOff
    return found


def _bad() -> BadBody:
    return BadBody({"Connection": "close"}, b'{"message":"Bad Request"}')
