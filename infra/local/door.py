"""moto's DynamoDB, and its streams, for other processes: each request is handed on to the moto of this one."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests
from moto import mock_aws

from infra.local.quick_tables import quick_tables
from infra.local.tables import Tables
from infra.local.transactions import quick_transactions
from infra.local.where import REGION


class Door(BaseHTTPRequestHandler):
    """Hands each request on to moto, and its answer back."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        if len(body) < length:  # whoever asked died in the middle of it
            self.close_connection = True
            return
        headers = {name: text for name, text in self.headers.items() if name.lower() not in ("host", "content-length")}
        service = "streams." if self.headers["X-Amz-Target"].startswith("DynamoDBStreams") else ""
        answer = requests.post(
            f"https://{service}dynamodb.{REGION}.amazonaws.com/", data=body, headers=headers, timeout=60
        )
        self.send_response(answer.status_code)
        for name in ("Content-Type", "x-amzn-RequestId", "x-amz-crc32"):
            if name in answer.headers:
                self.send_header(name, answer.headers[name])
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    def log_message(self, *_: Any) -> None:
        """Nothing: a line for each request would be longer than what is measured."""


@contextmanager
def open_door() -> Iterator[dict[str, str]]:
    """Tables of moto's, empty at first, on a free port of this machine: the variables by which other processes find
    them, while it lasts. This process has no other AWS meanwhile."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    with mock_aws(), quick_transactions(), quick_tables(), Tables().installed():
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield {"AWS_ENDPOINT_URL_DYNAMODB": f"http://127.0.0.1:{server.server_port}"}
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
