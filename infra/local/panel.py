"""The local cloud's panel: what only AWS, a mailbox or a calendar has, over HTTP."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from infra.local import seeds
from infra.local.letters import CHECKS, NobodyHere

if TYPE_CHECKING:
    from infra.local.cloud import LocalCloud

log = logging.getLogger("signoff.local")

PAGE = Path(__file__).with_name("panel.html")


class Refused(Exception):
    """The call can't be done; the text says why, to a person."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request to the panel."""

    query: dict[str, str]
    body: bytes

    def said(self) -> dict[str, Any]:
        """The body as a JSON object; an empty one says nothing."""
        try:
            found = json.loads(self.body or b"{}")
        except ValueError as error:
            raise Refused(f"the body is not JSON: {error}") from error
        if not isinstance(found, dict):
            raise Refused("the body must be a JSON object")
        return found


Answer = dict[str, Any] | list[dict[str, Any]] | str


class Panel:
    """Takes its port at once, serves later."""

    def __init__(self, cloud: "LocalCloud", port: int) -> None:
        self._cloud = cloud
        self._server = _Server(("127.0.0.1", port), partial(_Handler, panel=self))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._routes: dict[tuple[str, str], Callable[[Asked], Answer]] = {
            ("GET", "/"): self._page,
            ("GET", "/outbox.json"): lambda asked: self._cloud.outbox(asked.query.get("to")),
            ("POST", "/mail"): self._mail,
            ("POST", "/token"): lambda asked: {"token": self._cloud.token(**asked.said())},
            ("GET", "/clock"): lambda _: self._time(),
            ("POST", "/clock"): self._advance,
            ("POST", "/settle"): self._settle,
            ("GET", "/state.json"): lambda _: self._cloud.state(),
            ("GET", "/holders.json"): self._holders,
            ("POST", "/holders"): self._fill_holders,
            ("GET", "/faults"): lambda _: self._cloud.waiting_faults(),
            ("POST", "/faults"): self._faults,
            ("GET", "/jwks.json"): lambda _: self._cloud.issuer.jwks(),
            ("GET", "/.well-known/openid-configuration"): lambda _: self._cloud.issuer.discovery(),
        }

    @contextmanager
    def serving(self) -> Iterator[None]:
        thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True, name="panel")
        thread.start()
        yield
        self._server.shutdown()
        thread.join()

    def close(self) -> None:
        self._server.server_close()

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, Answer]:
        parts = urlsplit(target)
        query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        route = self._routes.get((method, parts.path))
        if route is None:
            known = sorted(f"{verb} {path}" for verb, path in self._routes)
            return 404, {"error": f"the panel has no {method} {parts.path}", "calls": known}
        try:
            return 200, route(Asked(query=query, body=body))
        except (Refused, ValueError, NobodyHere) as error:
            return 400, {"error": f"{type(error).__name__}: {error}"}

    def _page(self, _asked: Asked) -> str:
        return PAGE.read_text(encoding="utf-8").replace("{{desk}}", self._cloud.desk_url)

    def _mail(self, asked: Asked) -> Answer:
        if not asked.body:
            raise Refused("the body must be a raw letter")
        unknown = set(asked.query) - {*CHECKS, "source", "recipient"}
        if unknown:
            raise Refused(f"not known: {', '.join(sorted(unknown))}")
        recipients = tuple(each for each in asked.query.get("recipient", "").split(",") if each)
        verdicts = {name: asked.query[name] for name in CHECKS if name in asked.query}
        source = asked.query.get("source", "")
        return {"id": self._cloud.mail(asked.body, source=source, recipients=recipients, **verdicts)}

    def _advance(self, asked: Asked) -> Answer:
        advance = asked.said().get("advance")
        if not isinstance(advance, str):
            raise Refused('say how far, such as {"advance": "P7D"}')
        self._cloud.advance(advance)
        return self._time()

    def _settle(self, _asked: Asked) -> Answer:
        self._cloud.settle()
        return self._time()

    def _time(self) -> dict[str, Any]:
        return {"now": self._cloud.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")}

    def _holders(self, asked: Asked) -> Answer:
        return dict(seeds.counts_in_holders(asked.query.get("account_id", "")))

    def _fill_holders(self, asked: Asked) -> Answer:
        account_id = asked.said().get("account_id")
        if not isinstance(account_id, str) or not account_id:
            raise Refused('say whose, such as {"account_id": "acc-lan"}')
        seeds.fill_holders(account_id)
        return dict(seeds.counts_in_holders(account_id))

    def _faults(self, asked: Asked) -> Answer:
        said = asked.said()
        if said.pop("clear", False):
            self._cloud.faults()
        if said:
            if not {"service", "operation", "kind"} <= set(said) <= {"service", "operation", "kind", "times"}:
                raise Refused("a fault has service, operation, kind and times")
            times = int(said.pop("times", 1))
            self._cloud.faults(**{name: str(value) for name, value in said.items()}, times=times)
        return self._cloud.waiting_faults()


class _Server(ThreadingHTTPServer):
    request_queue_size = 64
    daemon_threads = True


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 60

    def __init__(self, *given: Any, panel: Panel) -> None:
        self._panel = panel
        super().__init__(*given)

    def _handle(self) -> None:
        length = self.headers.get("content-length", "0")
        body = self.rfile.read(int(length)) if length.isdecimal() else b""
        try:
            status, answer = self._panel.answer(self.command, self.path, body)
        except Exception as error:
            log.exception("the panel failed")
            status, answer = 500, {"error": f"{type(error).__name__}: {error}"}
        is_page = isinstance(answer, str)
        raw = (answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8" if is_page else "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(raw)
        self.wfile.flush()

    do_GET = do_POST = _handle  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        log.debug(format, *args)
