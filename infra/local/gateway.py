"""HTTP in: Chalice's own local server, mended where it differs from API Gateway.

What is mended: path parameters are decoded, an authorizer that fails answers 500, binary types match like API
Gateway's, bodies may come in chunks, the event has the fields that Lambda gets, and the app is called as the deployed
function.
"""

import base64
import json
import logging
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fnmatch import fnmatchcase
from functools import partial
from socket import SHUT_WR
from threading import Thread
from typing import Any
from urllib.parse import unquote, urlsplit

from chalice.app import Chalice
from chalice.config import Config
from chalice.local import (
    ChaliceRequestHandler,
    InvalidAuthorizerError,
    LocalGateway,
    LocalGatewayException,
    ThreadedHTTPServer,
)
from moto.awslambda.models import LambdaFunction

from infra.local.bodies import CutOff, read_body, too_long
from infra.local.functions import Functions

log = logging.getLogger("signoff.local")

LARGEST_EVENT = 6 * 1024 * 1024  # Lambda's
_LINGERS_S = 2


class BadGateway(LocalGatewayException):
    CODE = 502


class Gateway(LocalGateway):
    """Chalice's local gateway, as API Gateway does it."""

    def __init__(self, app: Chalice, function: LambdaFunction, functions: Functions) -> None:
        super().__init__(app, Config(user_provided_params={"app_name": app.app_name}))
        self._function = function
        self._functions = functions

    def handle_request(self, method: str, path: str, headers: Any, body: bytes | None) -> Any:
        try:
            event, context = self._event(method, path, headers, body)
            event, _ = self._authorizer.authorize(path, event, context)
        except (LocalGatewayException, UnicodeError):
            raise
        except Exception as error:
            log.exception("an authorizer failed")
            raise InvalidAuthorizerError({}, b'{"message":null}') from error
        return self._answer(event)

    def _event(self, method: str, path: str, headers: Any, body: bytes | None) -> tuple[Any, Any]:
        context = self._generate_lambda_context()
        event = _no_route_is_403(partial(self._generate_lambda_event, method, path, dict(headers), body), headers)
        return self._completed(event, method, path, headers, body), context

    def _completed(self, event: Any, method: str, path: str, headers: Any, body: bytes | None) -> Any:
        """The event as API Gateway makes it, of the thin one that Chalice makes."""
        names = {name.lower() for name in headers}
        kept = {name: headers.get_all(name) for name in names}
        asked = urlsplit(path).path
        binary = any(fnmatchcase(_media_type(headers), each) for each in self._app_object.api.binary_types)
        query = event["multiValueQueryStringParameters"]
        event |= {
            "resource": event["requestContext"]["resourcePath"],
            "path": asked,
            "httpMethod": method,
            "headers": {name: values[-1] for name, values in kept.items()},
            "multiValueHeaders": kept,
            "queryStringParameters": {name: values[-1] for name, values in query.items()} if query else None,
            "pathParameters": {name: unquote(value) for name, value in event["pathParameters"].items()} or None,
            "isBase64Encoded": binary,
            "body": _as_text(body, binary=binary),
        }
        event["requestContext"] |= {
            "accountId": "123456789012",
            "apiId": "local",
            "domainName": headers.get("host", ""),
            "extendedRequestId": uuid.uuid4().hex,
            "protocol": "HTTP/1.1",
            "requestId": str(uuid.uuid4()),
            "requestTimeEpoch": int(time.time() * 1000),
            "resourceId": "local",
            "stage": "api",
        }
        event["requestContext"]["identity"]["userAgent"] = headers.get("user-agent", "")
        return event

    def _answer(self, event: Any) -> Any:
        if len(json.dumps(event)) > LARGEST_EVENT:
            raise too_long()
        outcome = self._functions.call(self._function, event)
        answer = json.loads(outcome.text)
        if outcome.is_error or not isinstance(answer, dict) or "statusCode" not in answer:
            raise BadGateway({}, b'{"message": "Internal server error"}')
        return {"headers": {}, "multiValueHeaders": {}, "body": "", **answer}


def _no_route_is_403(make: Any, headers: Any) -> Any:
    """API Gateway says 403 for a path that it doesn't know."""
    try:
        return make()
    except ValueError as error:
        message = b'{"message":"Missing Authentication Token"}'
        if headers.get("authorization"):
            message = b'{"message":"Authorization header requires \'Credential\' parameter."}'
        raise _forbidden(message) from error


def _forbidden(message: bytes) -> LocalGatewayException:
    from chalice.local import ForbiddenError

    return ForbiddenError({"x-amzn-ErrorType": "MissingAuthenticationTokenException"}, message)


def _media_type(headers: Any) -> str:
    return str(headers.get("content-type", "")).split(";")[0].strip().lower()


def _as_text(body: bytes | None, *, binary: bool) -> str | None:
    if body is None:
        return None
    return base64.b64encode(body).decode() if binary else body.decode("utf-8", "replace")


class Handler(ChaliceRequestHandler):
    """One connection. Small answers go out at once (no Nagle), HEAD has no body, and nothing is printed."""

    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 60

    def __init__(self, request: Any, client_address: Any, server: Any, *, gateway: Gateway) -> None:
        self._gateway = gateway
        super().__init__(request, client_address, server, gateway._app_object, gateway._config)

    def handle_expect_100(self) -> bool:
        """Goes out at once: whoever says `Expect: 100-continue` (curl, with a large body) waits for it."""
        is_fine: bool = super().handle_expect_100()
        self.wfile.flush()
        return is_fine

    def _parse_payload(self) -> tuple[Any, bytes | None]:
        body = read_body(self.rfile, self.headers, self.request_version)
        return self.headers, body

    def _generic_handle(self) -> None:
        self.local_gateway = self._gateway
        try:
            super()._generic_handle()
        except CutOff:
            self.close_connection = True
        except LocalGatewayException as refused:  # of the body; the bytes left of it are no next request
            self._send_error_response(refused)
            self._hang_up()

    def _hang_up(self) -> None:
        """Who is still sending when it is refused reads the answer only afterwards; it isn't waited for long."""
        self.close_connection = True
        self.wfile.flush()
        self.connection.settimeout(_LINGERS_S)
        with suppress(OSError):
            self.connection.shutdown(SHUT_WR)
            while self.rfile.read1(65_536):
                pass

    def _send_http_response_with_body(self, code: int, headers: Any, body: Any) -> None:
        if self.command != "HEAD":
            super()._send_http_response_with_body(code, headers, body)
            return
        raw = body if isinstance(body, bytes) else body.encode()
        self.send_response(code)
        self._send_headers({"Content-Length": str(len(raw)), **headers})

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = do_PATCH = do_OPTIONS = do_TRACE = do_QUERY = _generic_handle  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        log.debug(format, *args)


class Server(ThreadedHTTPServer):
    request_queue_size = 128
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle of its answer, or never reads it, is no news."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class Front:
    """Takes the port at once (so that the desk can be told its address), serves when there is something to serve."""

    def __init__(self, port: int) -> None:
        self._server = Server(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def opens_on(self, app: Chalice, function: LambdaFunction, functions: Functions) -> Gateway:
        """What the door will open on; it can be asked directly before anybody else can."""
        gateway = Gateway(app, function, functions)
        self._server.RequestHandlerClass = partial(Handler, gateway=gateway)  # type: ignore[assignment, unused-ignore]
        return gateway

    @contextmanager
    def serving(self) -> Iterator[None]:
        thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True, name="desk")
        thread.start()
        yield
        self._server.shutdown()
        thread.join()

    def close(self) -> None:
        self._server.server_close()
