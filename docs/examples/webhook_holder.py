"""A system that answers Signoff's erase and look, in the standard library alone. Take it as a beginning.

    python docs/examples/webhook_holder.py --certificate crm.pem --private-key crm.key --secret whsec_…

It keeps its data in memory, as notes about accounts. What matters stands in `Doorkeeper`: a call counts only if it is
signed with our key, is not older than five minutes, and has not come before.
"""

import argparse
import base64
import hashlib
import hmac
import json
import ssl
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any, Protocol

TOLERANCE_S = 300
LARGEST_BODY = 16 * 1024


class NotForUs(Exception):
    """The call is not one of Signoff's, or not a fresh one."""


class Doorkeeper:
    """Checks calls as Standard Webhooks 1.0.0 has it. `secrets` may be two while a key is changed."""

    def __init__(self, *secrets: str, now: Callable[[], float] = time.time) -> None:
        self._keys = [base64.b64decode(each.removeprefix("whsec_"), validate=True) for each in secrets]
        self._now = now
        self._seen: dict[str, float] = {}
        self._lock = Lock()

    def admit(self, headers: Mapping[str, str], body: bytes) -> None:
        """Comes back if the call counts; `NotForUs` otherwise."""
        headers = {name.lower(): value for name, value in headers.items()}
        message_id, sent_at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        if not sent_at.isdecimal() or abs(self._now() - int(sent_at)) > TOLERANCE_S:
            raise NotForUs("too old, or from the future")
        content = f"{message_id}.{sent_at}.".encode() + body  # the bytes as they came, never JSON written anew
        right = [base64.b64encode(hmac.digest(key, content, hashlib.sha256)) for key in self._keys]
        given = [each[3:].encode() for each in headers.get("webhook-signature", "").split() if each.startswith("v1,")]
        if not any(hmac.compare_digest(one, other) for one in given for other in right):
            raise NotForUs("not signed with our key")
        self._must_be_new(message_id)

    def _must_be_new(self, message_id: str) -> None:
        with self._lock:
            now = self._now()
            self._seen = {name: at for name, at in self._seen.items() if now - at <= 2 * TOLERANCE_S}
            if message_id in self._seen:
                raise NotForUs("came before")
            self._seen[message_id] = now


class Notes:
    """The data: notes about accounts. An account is its id and its generation: the same id registered again later is
    another customer, whose notes are not ours to erase."""

    def __init__(self) -> None:
        self._notes: dict[tuple[str, int], list[str]] = {}

    def write(self, account_id: str, generation: int, note: str) -> None:
        self._notes.setdefault((account_id, generation), []).append(note)

    def erase(self, account_id: str, generation: int) -> None:
        """Done twice it is done once."""
        self._notes.pop((account_id, generation), None)

    def count(self, account_id: str, generation: int) -> int:
        return len(self._notes.get((account_id, generation), []))


class WebhookHolder:
    """Answers one call: gives the status, and what to say."""

    def __init__(self, doorkeeper: Doorkeeper, notes: Notes) -> None:
        self._doorkeeper = doorkeeper
        self._notes = notes

    def answer(self, headers: Mapping[str, str], body: bytes) -> tuple[int, dict[str, Any]]:
        try:
            self._doorkeeper.admit(headers, body)
        except NotForUs as why:
            return 401, {"error": str(why)}
        asked = json.loads(body)
        whose = asked["account_id"], asked["generation"]
        if asked["action"] == "erase":
            self._notes.erase(*whose)
            return 200, {}
        if asked["action"] == "look":
            count = self._notes.count(*whose)
            return 200, {"found": "some", "count": count} if count else {"found": "nothing"}
        return 400, {"error": "no such action"}


class Answers(Protocol):
    """Whatever answers one call."""

    def answer(self, headers: Mapping[str, str], body: bytes) -> tuple[int, Any]: ...


def server(holder: Answers, address: tuple[str, int], context: ssl.SSLContext) -> ThreadingHTTPServer:
    """An HTTPS server for it, not yet serving: `serve_forever()` does that."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not length.isdecimal() or int(length) > LARGEST_BODY:
                self.close_connection = True
                return self._say(413, {"error": "too large"})
            return self._say(*holder.answer(dict(self.headers.items()), self.rfile.read(int(length))))

        def _say(self, status: int, said: Any) -> None:
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Nothing: account ids don't belong in a log."""

    made = ThreadingHTTPServer(address, Handler)
    made.daemon_threads = True
    # The handshake belongs to the connection's own thread: a caller that says nothing must not stop the others.
    made.socket = context.wrap_socket(made.socket, server_side=True, do_handshake_on_connect=False)
    return made


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--certificate", required=True)
    asked.add_argument("--private-key", required=True)
    asked.add_argument("--secret", required=True, action="append", help="whsec_…; twice while it is changed")
    asked.add_argument("--port", type=int, default=8443)
    given = asked.parse_args()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(given.certificate, given.private_key)
    holder = WebhookHolder(Doorkeeper(*given.secret), Notes())
    server(holder, ("", given.port), context).serve_forever()


if __name__ == "__main__":
    main()
