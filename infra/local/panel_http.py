"""The panel's HTTP: what was asked, what is answered, and the server between them."""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

log = logging.getLogger("signoff.local")

FORM = "application/x-www-form-urlencoded"


class Refused(Exception):
    """The call can't be done; the text says why, to a person."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request to the panel."""

    raw_query: str = ""
    body: bytes = b""
    headers: Message = field(default_factory=Message)

    @property
    def query(self) -> dict[str, str]:
        return {name: values[-1] for name, values in parse_qs(self.raw_query, keep_blank_values=True).items()}

    def said(self) -> dict[str, Any]:
        """The body as a JSON object; an empty one says nothing."""
        try:
            found = json.loads(self.body or b"{}")
        except ValueError as error:
            raise Refused(f"the body is not JSON: {error}") from error
        if not isinstance(found, dict):
            raise Refused("the body must be a JSON object")
        return found

    def in_query(self) -> list[tuple[str, str]]:
        """The query's parameters as they came, repeated ones too; one without a value counts as left out."""
        return parse_qsl(self.raw_query)

    def in_form(self) -> list[tuple[str, str]] | None:
        """The body's parameters likewise; None if it is no form."""
        if self.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
            return None
        return parse_qsl(self.body.decode(errors="replace"))


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What the panel answers; never kept by a cache."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def told(said: Any, status: int = 200) -> Reply:
    raw = json.dumps(said, ensure_ascii=False).encode()
    return Reply(status=status, body=raw, headers={"Content-Type": "application/json"})


def shown(html: str, *, policy: str, status: int = 200) -> Reply:
    """A page; `policy` is its Content-Security-Policy, to which go what every page here needs."""
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": f"default-src 'none'; base-uri 'none'; frame-ancestors 'none'; {policy}",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return Reply(status=status, body=html.encode(), headers=headers)


def see_other(url: str) -> Reply:
    return Reply(status=303, headers={"Location": url})


Answers = Callable[[str, str, Asked], Reply]
"""Takes method, path and what was asked."""


class Server(ThreadingHTTPServer):
    """Takes its port at once; answers while `serve_forever` runs."""

    request_queue_size = 64
    daemon_threads = True

    def __init__(self, port: int, answers: Answers) -> None:
        super().__init__(("127.0.0.1", port), partial(_Handler, answers=answers))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 60

    def __init__(self, *given: Any, answers: Answers) -> None:
        self._answers = answers
        super().__init__(*given)

    def _handle(self) -> None:
        length = self.headers.get("content-length", "0")
        body = self.rfile.read(int(length)) if length.isdecimal() else b""
        target = urlsplit(self.path)
        asked = Asked(raw_query=target.query, body=body, headers=self.headers)
        try:
            reply = self._answers(self.command, target.path, asked)
        except Exception as error:
            log.exception("the panel failed")
            reply = told({"error": f"{type(error).__name__}: {error}"}, 500)
        self._send(reply)

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(reply.body)
        self.wfile.flush()

    do_GET = do_POST = _handle  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        log.debug(format, *args)
