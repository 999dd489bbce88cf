"""HTTP in: what Chalice's local server does otherwise than API Gateway, mended."""

import http.client
import io
import json
import socket
import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from email.message import Message
from queue import Queue
from threading import Barrier, Event, Thread, current_thread
from typing import Any

import pytest
from chalice.app import AuthResponse, Chalice, Response

from chalicelib.calls import ANYONE, Answer, Call, Calls
from infra.local.bodies import read_body
from infra.local.gateway import Front
from tests.bar import TEA, Order, served
from tests.infra.small_cloud import SmallCloud

LARGE = 10 * 1024 * 1024 + 1


def sample_app() -> Chalice:
    app = Chalice(app_name="sample")
    app.api.binary_types = ["image/*"]

    @app.route("/echo/{name}", methods=["GET", "POST"], content_types=["*/*"])
    def echo(name: str) -> dict[str, Any]:
        request = app.current_request
        assert request is not None
        raw = request.raw_body
        return {
            "name": name,
            "context": sorted(request.context),
            "headers": sorted(request.headers),
            "host": request.headers["host"],
            "length": len(raw),
            "query": request.query_params and dict(request.query_params),
        }

    @app.route("/fails")
    def fails() -> None:
        raise SystemError

    @app.route("/cookies")
    def cookies() -> Response:
        return Response("", headers={"Set-Cookie": ["a=1", "b=2"], "Content-Type": "text/plain"})

    @app.authorizer()
    def breaks(_request: Any) -> AuthResponse:
        raise KeyError

    @app.route("/guarded", authorizer=breaks)
    def guarded() -> str:
        return "never"

    return app


@pytest.fixture
def door(cloud: SmallCloud) -> Iterator[http.client.HTTPConnection]:
    with opened(cloud, sample_app()) as connection:
        yield connection


@contextmanager
def opened(cloud: SmallCloud, app: Chalice) -> Iterator[http.client.HTTPConnection]:
    """A connection to the front behind which this app answers."""
    front = Front(0)
    front.opens_on(app, cloud.function("api", app), cloud.functions)
    with front.serving():
        connection = http.client.HTTPConnection(front.url.removeprefix("http://"), timeout=10)
        yield connection
        connection.close()
    front.close()


def ask(door: http.client.HTTPConnection, method: str, path: str, **more: Any) -> tuple[int, Any]:
    door.request(method, path, **more)
    answer = door.getresponse()
    text = answer.read()
    return answer.status, json.loads(text) if text else None


def test_a_path_parameter_comes_decoded(door: http.client.HTTPConnection) -> None:
    assert ask(door, "GET", "/echo/L%C3%A2n%20%2B")[1]["name"] == "Lân +"


def test_the_event_has_what_lambda_gets(door: http.client.HTTPConnection) -> None:
    told = ask(door, "GET", "/echo/x?a=1&a=2&b=")[1]
    assert {"requestId", "stage", "identity", "httpMethod"} <= set(told["context"])
    assert told["query"] == {"a": "2", "b": ""}


def test_several_requests_go_over_one_connection(door: http.client.HTTPConnection) -> None:
    for body in (b"one", b"three"):
        assert ask(door, "POST", "/echo/x", body=body)[1]["length"] == len(body)


def test_binary_bodies_come_whole_when_their_type_is_listed(door: http.client.HTTPConnection) -> None:
    raw = bytes(range(256))
    headers = {"Content-Type": "image/png; name=x"}
    assert ask(door, "POST", "/echo/x", body=raw, headers=headers)[1]["length"] == 256


def test_an_unknown_path_is_refused_as_api_gateway_refuses_it(door: http.client.HTTPConnection) -> None:
    assert ask(door, "GET", "/nowhere") == (403, {"message": "Missing Authentication Token"})
    status, _ = ask(door, "GET", "/nowhere", headers={"Authorization": "Bearer \u00e9"})
    assert status == 403


def test_a_function_that_breaks_answers_500_and_the_connection_lives(door: http.client.HTTPConnection) -> None:
    assert ask(door, "GET", "/fails")[0] == 500
    assert ask(door, "GET", "/echo/x")[0] == 200


def test_an_authorizer_that_breaks_answers_500_instead_of_hanging_up(door: http.client.HTTPConnection) -> None:
    assert ask(door, "GET", "/guarded", headers={"Authorization": "x"})[0] == 500
    assert ask(door, "GET", "/guarded")[0] == 401


def test_head_has_headers_and_no_body(door: http.client.HTTPConnection) -> None:
    assert ask(door, "HEAD", "/echo/x")[1] is None
    assert ask(door, "GET", "/echo/x")[0] == 200


def test_a_body_past_api_gateway_s_limit_is_refused(door: http.client.HTTPConnection) -> None:
    door.putrequest("POST", "/echo/x")
    door.putheader("Content-Length", str(LARGE))
    door.endheaders()
    assert door.getresponse().status == 413


def test_a_header_may_come_more_than_once(door: http.client.HTTPConnection) -> None:
    door.request("GET", "/cookies")
    answer = door.getresponse()
    assert answer.headers.get_all("Set-Cookie") == ["a=1", "b=2"]


@pytest.mark.parametrize("method", ["TRACE", "QUERY"])
def test_a_method_that_no_path_has_is_refused_as_the_caller_s_mistake(
    door: http.client.HTTPConnection, method: str
) -> None:
    assert ask(door, method, "/echo/x")[0] == 405


def test_of_many_who_ask_at_once_each_gets_their_own_answer(cloud: SmallCloud) -> None:
    calls, all_here = Calls("bar.orders.api"), Barrier(20)

    @calls.post("/orders/{id}", who=ANYONE, takes=Order, answers={200: None}, says="Order")
    def order(call: Call[Order]) -> Answer:
        return Answer(200, {"told": [call.path["id"], call.headers["user-agent"], call.given.note]})

    app = served(calls)

    @app.middleware("http")
    def waits_for_all(event: Any, answer_it: Any) -> Any:
        all_here.wait(10)
        return answer_it(event)

    with opened(cloud, app) as door, ThreadPoolExecutor(all_here.parties) as askers:

        def asks(name: str) -> Any:
            own = http.client.HTTPConnection(door.host, door.port, timeout=20)
            told = ask(
                own, "POST", f"/orders/{name}", body=json.dumps(TEA | {"note": name}), headers={"User-Agent": name}
            )
            own.close()
            return told

        names = [f"n{each}" for each in range(all_here.parties)]
        assert list(askers.map(asks, names)) == [(200, {"told": [name] * 3}) for name in names]


# ── bodies in chunks ─────────────────────────────────────────────────────────────────────────────────────────

CHUNKED = b"POST /echo/x HTTP/1.1\r\nHost: desk\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n"
NEXT = b"GET /echo/next HTTP/1.1\r\nHost: desk\r\nConnection: close\r\n\r\n"


def raw(door: http.client.HTTPConnection, sent: bytes) -> bytes:
    """All that is answered to these very bytes until the other side has no more to say."""
    with socket.create_connection((door.host, door.port or 0), timeout=10) as connection:
        connection.sendall(sent)
        return connection.makefile("rb").read()


def test_a_body_in_chunks_comes_whole_and_the_next_request_is_the_next(door: http.client.HTTPConnection) -> None:
    for body in ([b"one"], [b"three", b"x" * 100_000], []):
        told = ask(door, "POST", "/echo/x", body=iter(body), headers={"Content-Type": "text/plain"})[1]
        assert told["length"] == len(b"".join(body))


def test_nobody_behind_sees_that_it_came_in_chunks(door: http.client.HTTPConnection) -> None:
    body = b'5;how="so"\r\nthree\r\n00A \r\n and a bit\r\n0\r\nDigest: x\r\n\r\n'
    answers = raw(door, CHUNKED + b"Trailer: Digest\r\n\r\n" + body + NEXT)
    first, second = (json.loads(each.rpartition(b"\r\n\r\n")[2]) for each in answers.split(b"HTTP/1.1 200 ")[1:])
    assert (first["length"], first["headers"]) == (15, ["content-length", "content-type", "host"])
    assert second["name"] == "next"


@pytest.mark.parametrize(
    "body",
    [
        b"x\r\n", b"-1\r\n", b"\r\n", b"5\nthree\n0\n\n", b"5\r\nthree0\r\n\r\n", b"4\r\nthree\r\n0\r\n\r\n",
        b"0" * 10_000, b"0\r\nfor: \nall\r\n", b"0\r\n" + b"a: b\r\n" * 101,
    ],
    ids=lambda body: repr(body[:20]),
)  # fmt: skip
def test_chunks_that_are_none_are_refused_and_what_follows_is_no_request(
    door: http.client.HTTPConnection, body: bytes
) -> None:
    assert is_refused_once(raw(door, CHUNKED + b"\r\n" + body + NEXT))


@pytest.mark.parametrize(
    "said",
    [
        "Content-Length: 3\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: identity", "Content-Length: 3\r\nContent-Length: 4",
        "Content-Length: +3", "Content-Length: ", "Content-Length: 3, 3", "Content-Length: " + "9" * 5_000,
    ],
    ids=lambda said: said[:50],
)  # fmt: skip
def test_a_body_whose_end_nobody_knows_is_refused_and_what_follows_is_no_request(
    door: http.client.HTTPConnection, said: str
) -> None:
    head = f"POST /echo/x HTTP/1.1\r\nHost: desk\r\n{said}\r\n\r\n"
    assert is_refused_once(raw(door, head.encode() + b"0\r\n\r\n" + NEXT))


def test_http_1_0_knows_no_chunks(door: http.client.HTTPConnection) -> None:
    head = CHUNKED.replace(b"HTTP/1.1", b"HTTP/1.0") + b"Connection: keep-alive\r\n\r\n"
    assert is_refused_once(raw(door, head + b"0\r\n\r\n" + NEXT))


def is_refused_once(answers: bytes) -> bool:
    head = b"HTTP/1.1 400 "
    return answers.startswith(head) and answers.count(b"HTTP/1.1 ") == 1 and b"\r\nConnection: close\r\n" in answers


def test_chunks_that_are_too_much_together_are_refused_as_one_body_is(door: http.client.HTTPConnection) -> None:
    chunk = b"%x\r\n" % (LARGE // 2 + 1) + b"x" * (LARGE // 2 + 1) + b"\r\n"
    answers = raw(door, CHUNKED + b"\r\n" + chunk * 2 + b"0\r\n\r\n")
    assert answers.startswith(b"HTTP/1.1 413 ")
    assert answers.endswith(b'{"message":"Request Too Long"}')


def test_the_largest_body_may_come_in_one_chunk() -> None:
    chunk = b"%x\r\n" % (LARGE - 1) + b"x" * (LARGE - 1) + b"\r\n0\r\n\r\n"
    headers = Message()
    headers["Transfer-Encoding"] = "Chunked"
    assert len(read_body(io.BytesIO(chunk), headers, "HTTP/1.1") or b"") == LARGE - 1


@pytest.mark.parametrize("sent", [b"", b"5", b"5\r\nth", b"5\r\nthree", b"5\r\nthree\r\n0\r\n"])
def test_chunks_that_were_cut_off_are_not_passed_on(door: http.client.HTTPConnection, sent: bytes) -> None:
    with socket.create_connection((door.host, door.port or 0), timeout=10) as gone:
        gone.sendall(CHUNKED + b"\r\n" + sent)
        gone.shutdown(socket.SHUT_WR)
        assert gone.recv(65_536) == b""


# ── clients that are slow, or go away ────────────────────────────────────────────────────────────────────────
# On AWS, API Gateway waits for the whole request before it calls the function: slow clients never reach the desk.


def begun(door: http.client.HTTPConnection, sent: bytes, *, of: int) -> socket.socket:
    """A connection that has sent only so much of a body of so many bytes."""
    connection = socket.create_connection((door.host, door.port or 0), timeout=10)
    head = f"POST /echo/x HTTP/1.1\r\nHost: desk\r\nContent-Type: text/plain\r\nContent-Length: {of}\r\n\r\n"
    connection.sendall(head.encode() + sent)
    return connection


def test_clients_that_never_send_their_body_keep_nobody_waiting(door: http.client.HTTPConnection) -> None:
    silent = [begun(door, b"x", of=100) for _ in range(200)]
    assert ask(door, "POST", "/echo/x", body=b"three")[1]["length"] == 5
    for each in silent:
        each.close()
    assert ask(door, "GET", "/echo/x")[0] == 200


def test_a_client_that_sends_a_byte_at_a_time_is_answered_and_others_meanwhile(
    door: http.client.HTTPConnection,
) -> None:
    with begun(door, b"", of=20) as slow:
        for _ in range(20):
            assert ask(door, "GET", "/echo/x")[0] == 200
            slow.sendall(b"x")
        answer = slow.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b'"length":20' in answer


def test_a_body_that_was_cut_off_is_not_passed_on(door: http.client.HTTPConnection) -> None:
    with begun(door, b"code=ABCD", of=14) as gone:
        gone.shutdown(socket.SHUT_WR)
        assert gone.recv(65_536) == b""
    assert ask(door, "GET", "/echo/x")[0] == 200


def test_who_waits_to_be_asked_for_the_body_is_asked(door: http.client.HTTPConnection) -> None:
    with socket.create_connection((door.host, door.port or 0), timeout=10) as patient:
        patient.sendall(CHUNKED + b"Expect: 100-continue\r\n\r\n")
        assert patient.recv(65_536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        patient.sendall(b"5\r\nthree\r\n0\r\n\r\n")
        assert patient.recv(65_536).startswith(b"HTTP/1.1 200 ")


def test_who_sends_too_much_can_still_read_why_it_was_refused(door: http.client.HTTPConnection) -> None:
    for _ in range(3):
        door.request("POST", "/echo/x", body=b"x" * LARGE)
        answer = door.getresponse()
        assert (answer.status, answer.read()) == (413, b'{"message":"Request Too Long"}')
        door.close()


def test_of_a_client_that_goes_away_while_it_is_answered_nothing_is_printed(
    cloud: SmallCloud, capfd: pytest.CaptureFixture[str]
) -> None:
    app, answering, gone = Chalice(app_name="sample"), Queue[Thread](), Event()

    @app.route("/waits")
    def waits() -> str:
        answering.put(current_thread())
        return "too late" if gone.wait(10) else "in time"

    with opened(cloud, app) as door:
        door.request("GET", "/waits")
        thread = answering.get(timeout=10)
        hang_up_at_once(door.sock)
        gone.set()
        thread.join(10)
        assert not thread.is_alive()
        assert capfd.readouterr() == ("", "")


def hang_up_at_once(connection: socket.socket) -> None:
    """As a process that dies does: whatever is sent to it from now on is refused."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
