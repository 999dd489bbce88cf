"""The desk as the demo's people reach it: over HTTP, over SMTP, and through the local panel where only AWS could."""

import json
import smtplib
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from http.client import HTTPException
from typing import Any

PATIENCE = 600  # seconds: moving the clock a week on fires some 170 sweeps


class Unexpected(Exception):
    """The desk answered what the story can't go on with."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    text: str

    @property
    def json(self) -> dict[str, Any]:
        found = json.loads(self.text)
        return found if isinstance(found, dict) else {"items": found}


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Where a desk can be reached."""

    url: str
    panel_url: str
    smtp_port: int

    def is_ready(self) -> bool:
        """Whether desk, panel and SMTP all answer, and are what they should be."""
        try:
            with smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=3) as smtp:
                smtp.noop()
            return "version" in self.call("GET", "/healthz").json and isinstance(self.now(), datetime)
        except (OSError, HTTPException, ValueError, KeyError, smtplib.SMTPException, Unexpected):
            return False

    # What people and systems do

    def call(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, token: str = "", language: str = "en"
    ) -> Answer:
        """One HTTP request to the desk; any status is an answer."""
        headers = {"Accept-Language": language} | ({"Authorization": f"Bearer {token}"} if token else {})
        return _asked(method, self.url + path, body, headers)

    def read(self, url: str, headers: dict[str, str] | None = None) -> Answer:
        """Opens a link, as a browser would."""
        return _asked("GET", url, None, headers or {})

    def mail(self, letter: EmailMessage) -> None:
        """Hands a letter to the desk's mail exchanger, and waits until it has been dealt with."""
        with smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=30) as smtp:
            smtp.send_message(letter)
        self.settle()

    # What only the local cloud has: an identity provider, mailboxes, other systems, a clock that can be moved

    def token(self, **claims: Any) -> str:
        return str(self._panel("POST", "/token", claims)["token"])

    def outbox(self, to: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._panel("GET", f"/outbox.json?{urllib.parse.urlencode({'to': to})}")["items"]
        return found

    def fill_holders(self, account_id: str) -> dict[str, int]:
        return self._panel("POST", "/holders", {"account_id": account_id})

    def holders(self, account_id: str) -> dict[str, int]:
        return self._panel("GET", f"/holders.json?{urllib.parse.urlencode({'account_id': account_id})}")

    def letter(self, letter: EmailMessage, **verdicts: str) -> None:
        """A letter as SES receives it with these verdicts, read before this comes back."""
        address = f"{self.panel_url}/mail?{urllib.parse.urlencode(verdicts)}"
        urllib.request.urlopen(address, letter.as_bytes(), timeout=PATIENCE).close()
        self.settle()

    def fault(self, service: str, operation: str, kind: str, *, times: int) -> None:
        self._panel("POST", "/faults", {"service": service, "operation": operation, "kind": kind, "times": times})

    def no_more_faults(self) -> None:
        self._panel("POST", "/faults", {"clear": True})

    def now(self) -> datetime:
        return datetime.fromisoformat(self._panel("GET", "/clock")["now"])

    def advance(self, by: str) -> None:
        self._panel("POST", "/clock", {"advance": by})

    def settle(self) -> None:
        self._panel("POST", "/settle", {})

    def _panel(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = _asked(method, self.panel_url + path, body, {})
        if answer.status != 200:
            raise Unexpected(f"the panel's {method} {path} answered {answer.status}: {answer.text[:300]}")
        return answer.json


def _asked(method: str, url: str, body: dict[str, Any] | None, headers: dict[str, str]) -> Answer:
    data = json.dumps(body).encode() if body is not None else None
    if data is not None:
        headers = headers | {"Content-Type": "application/json"}
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return Answer(status=answer.status, text=answer.read().decode())
    except urllib.error.HTTPError as error:
        return Answer(status=error.code, text=error.read().decode(errors="replace"))
