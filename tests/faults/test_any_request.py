"""Whatever is sent to the desk, it is answered: no 5xx, nothing taken that shouldn't be, all as the description says.

A short walk through every role; `python -m tests.faults.api_fuzz` is the long one.
"""

import json
import logging
import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.answers import Answer as Answered
from chalicelib.answers import Page, json_response
from chalicelib.reading import LARGEST_BODY
from infra.local.bodies import LARGEST_BODY as LARGEST_AT_GATEWAY
from infra.local.cloud import LocalCloud
from tests.faults.forms import NOBODY, Visitor, faults, fields, torn, visitor
from tests.faults.fuzzing import EXCUSES, SETTINGS, Depth, excuse_for, fuzz, tokens
from tests.stories.people import CLOSURE, Answer, Customer, Desk, link_in, send

SHORT = Depth(
    examples=1,
    chains=0,
    coverage=False,
    paths=(
        "/tickets",
        "/tickets/{id}",
        "/tickets/{id}/withdraw",
        "/accounts/{id}",
        "/desk/tickets/{id}",
        "/desk/tickets/{id}/approve",
        "/desk/tickets/{id}/link",
    ),
)


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with LocalCloud(settings=SETTINGS, seeds=False) as cloud:
        before = os.environ.get("AWS_MAX_ATTEMPTS")
        os.environ["AWS_MAX_ATTEMPTS"] = "1"
        logging.getLogger("signoff").setLevel(logging.ERROR)
        yield Desk(cloud)
        logging.getLogger("signoff").setLevel(logging.NOTSET)
        os.environ.pop("AWS_MAX_ATTEMPTS") if before is None else os.environ.update(AWS_MAX_ATTEMPTS=before)
        assert cloud.permissions.refused == []


@pytest.fixture(scope="module")
def lan(desk: Desk) -> Customer:
    return desk.customer(has_data=False)


# ── by the description ───────────────────────────────────────────────────────────────────────────────────────


def test_every_role_gets_what_the_description_says(desk: Desk) -> None:
    found = [
        fuzz(desk, role, token, replace(SHORT, chains=2 if role == "all at once" else 0))
        for role, token in tokens(desk).items()
    ]
    assert [each for figures in found for each in figures.broken] == []
    by_role = {each.role: each for each in found}
    assert all(each.requests >= 9 for each in found)
    assert by_role["all at once"].succeeded >= 10
    assert by_role["foreign"].succeeded == by_role["expired"].succeeded == by_role["nobody"].succeeded == 0


def test_what_is_wrong_is_counted_and_told(desk: Desk, lan: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list that isn't what the description promises, and takes what it forbids."""
    sloppy = json_response(Answered(200, {"items": [{"number": 1}], "next": 2}))
    monkeypatch.setattr(
        "chalicelib.calls.json_response",
        lambda answer: sloppy if isinstance(answer.body, Page) else json_response(answer),
    )
    monkeypatch.setattr("chalicelib.calls.query", lambda given, model: model())
    figures = fuzz(desk, "customer", lan.token(), Depth(examples=4, chains=0, coverage=False, paths=("/tickets",)))
    assert figures.schema_violations > 0
    assert figures.accepted > 0
    assert len(figures.broken) >= figures.schema_violations + figures.accepted


def test_an_excuse_excuses_nothing_else() -> None:
    cursor = EXCUSES[0]
    wrong = {"name": "cursor", "problem": cursor.sentences[0]}
    assert excuse_for("GET /tickets", {"code": "bad_input", "fields": [wrong]}) is cursor
    for operation, told in (
        ("GET /desk/report", [wrong]),
        ("GET /tickets", [wrong, {"name": "limit", "problem": "This must be at most 100."}]),
        ("GET /tickets", [{"name": "cursor", "problem": "This is gone."}]),
        ("GET /tickets", []),
    ):
        assert excuse_for(operation, {"code": "bad_input", "fields": told}) is None, (operation, told)


# ── bodies that no generator thinks of ───────────────────────────────────────────────────────────────────────


def body(**changed: object) -> bytes:
    return json.dumps({**CLOSURE, "request": "support", **changed}).encode()


ODD_BODIES = {
    "cut off": body()[:-1],
    "nothing but blanks": b"  ",
    "a list": b"[" + body() + b"]",
    "null": b"null",
    "two documents": body() + body(),
    "a byte order mark": b"\xef\xbb\xbf" + body(),
    "UTF-16": body().decode().encode("utf-16"),
    "NUL": body(subject="a\0b"),
    "NUL between fields": body().replace(b", ", b",\0", 1),
    "a lone surrogate": body().replace(b'"billing"', b'"other"')[:-1] + b', "subject": "\\ud800"}',
    "half a pair in a name": body()[:-1] + b', "\\udc00": 1}',
    "a field twice": body()[:-1] + b', "product": "other"}',
    "a field twice, once escaped": body()[:-1] + b', "pro\\u0064uct": "other"}',
    "deep": b'{"a":' * 40_000,
    "deep and whole": b'{"subject":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "a number of 5,000 digits": body()[:-1] + b', "language": ' + b"9" * 5_000 + b"}",
    "1e400": body()[:-1] + b', "language": 1e400}',
    "NaN": body()[:-1] + b', "language": NaN}',
    "a prototype": body()[:-1] + b', "__proto__": {"is_owner": true}}',
    "somebody else's account": body(account_id="acc-0002"),
    "a status of one's own": body(status="closed"),
}


def is_refused(answer: Answer) -> bool:
    """Refused as a problem, and as the caller's mistake."""
    kind = answer.headers.get_content_type()
    return 400 <= answer.status < 500 and kind == "application/problem+json" and bool(answer.headers["X-Request-Id"])


@pytest.mark.parametrize("odd", ODD_BODIES)
def test_an_odd_body_is_refused_as_a_problem_and_opens_nothing(desk: Desk, lan: Customer, odd: str) -> None:
    before = lan.tickets()
    answer = desk.call("POST", "/tickets", ODD_BODIES[odd], token=lan.token())
    assert is_refused(answer), answer.raw
    assert answer.status == 400
    assert lan.tickets() == before


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=x", "application/xml", "*/*", ";", "é"])
def test_a_body_of_another_kind_is_refused(desk: Desk, lan: Customer, kind: str) -> None:
    headers = {"Authorization": f"Bearer {lan.token()}", "Content-Type": kind}
    answer = send(desk.cloud.desk_url, "POST", "/tickets", body(), headers)
    assert (answer.status, is_refused(answer)) == (415, True)


# ── as large as it may be, and larger ────────────────────────────────────────────────────────────────────────


def padded(to: int) -> bytes:
    """A good body of exactly so many bytes: JSON may hold blanks."""
    good = body(content="ỗ" * 20_000)
    return good + b" " * (to - len(good))


def test_a_body_as_large_as_may_be_is_taken_and_one_byte_more_is_not(desk: Desk) -> None:
    lan = desk.customer(has_data=False)
    number = desk.call("POST", "/tickets", padded(LARGEST_BODY), token=lan.token()).ok(201)["number"]
    answer = desk.call("POST", "/tickets", padded(LARGEST_BODY + 1), token=lan.token())
    assert (answer.status, answer.code, is_refused(answer)) == (413, "too_large", True)
    assert lan.tickets() == [number]


@pytest.mark.parametrize("size", [6 * 1024 * 1024, LARGEST_AT_GATEWAY, LARGEST_AT_GATEWAY + 1])
def test_what_lambda_or_the_gateway_would_not_even_pass_on_is_413(desk: Desk, lan: Customer, size: int) -> None:
    before = lan.tickets()
    assert desk.call("POST", "/tickets", padded(size), token=lan.token()).status == 413
    assert desk.call("PUT", "/accounts/x", padded(size), token=lan.token()).status in (403, 413)
    assert lan.tickets() == before


# ── odd addresses and headers ────────────────────────────────────────────────────────────────────────────────

ODD_PATHS = [
    "/tickets/%", "/tickets/%zz", "/tickets/%00", "/tickets/%ff%fe", "/tickets/SO-%E1%BB%97", "/tickets/%2e%2e%2fdesk",
    "/tickets/SO-222222%0d%0aSet-Cookie:%20a=b", "/tickets/SO-222222%2Fwithdraw", "/tickets/SO-222222/", "/tickets//",
    "/tickets/../desk/tickets", "/tickets/" + "9" * 30_000, "/tickets/so-222222", "/tickets/SO-222222;v=1",
    "/tickets/%53O-222222%20", "/tickets?limit=1&limit=2", "/tickets?limit=%00", "/tickets?limit=1%30%30%30",
    "/tickets?limit=%ff", "/tickets?cursor=%ud800", "/tickets?cursor[]=1", "/tickets?%00=1", "/tickets?limit=٣٣٣",
    "/tickets?__class__=1", "/tickets?cursor=" + "a" * 5_000, "/tickets?" + "&".join(f"a{n}=1" for n in range(2_000)),
]  # fmt: skip


@pytest.mark.parametrize("path", ODD_PATHS, ids=lambda path: path[:40])
def test_an_odd_address_finds_nothing_and_breaks_nothing(desk: Desk, lan: Customer, path: str) -> None:
    assert 400 <= raw(desk, f"GET {path} HTTP/1.1", f"Authorization: Bearer {lan.token()}") < 500


ODD_HEADERS = {
    "no word after Bearer": "Authorization: Bearer",
    "another scheme": "Authorization: Basic bGFuOmxhbg==",
    "not ASCII": "Authorization: Bearer ỗ.ỗ.ỗ",
    "no signature": "Authorization: Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJjaGkifQ.",
    "a key of its own": "Authorization: Bearer eyJhbGciOiJSUzI1NiIsImprdSI6Imh0dHA6Ly9ldmlsLmV4YW1wbGUvIn0.e30.AA",
    "five parts": "Authorization: Bearer a.b.c.d.e",
    "very long": "Authorization: Bearer " + "a" * 20_000,
    "nothing": "Authorization:",
    "twice": "Authorization: Bearer a\r\nAuthorization: Bearer b",
}


@pytest.mark.parametrize("odd", ODD_HEADERS)
def test_an_odd_token_is_nobody_s(desk: Desk, odd: str) -> None:
    assert raw(desk, "GET /tickets HTTP/1.1", ODD_HEADERS[odd]) == 401


@pytest.mark.parametrize(
    "header",
    [
        "Accept-Language: vi;q=nan,en;q=inf,*;q=-1",
        "Accept-Language: ;;;,,,=",
        "Accept-Language: " + "en," * 10_000,
        "Accept: application/xml;q=x",
        "Idempotency-Key: ",
        "Cookie: signoff_session=;;=\\\x01; signoff_language=xx",
        "X-Forwarded-Host: evil.example",
        "Origin: null",
        "Host: evil.example",
    ],
    ids=lambda header: header[:40],
)
def test_an_odd_header_does_no_harm(desk: Desk, lan: Customer, header: str) -> None:
    assert raw(desk, "GET /tickets HTTP/1.1", f"Authorization: Bearer {lan.token()}", header) == 200
    assert raw(desk, "GET /portal HTTP/1.1", header) == 303


@pytest.mark.parametrize("key", ["a b", "a" * 256, "ỗ", "\t", "\x7f"])
def test_an_odd_idempotency_key_is_refused(desk: Desk, lan: Customer, key: str) -> None:
    headers = [f"Authorization: Bearer {lan.token()}", f"Idempotency-Key: {key}", "Content-Type: application/json"]
    before = lan.tickets()
    assert raw(desk, "POST /tickets HTTP/1.1", *headers, f"Content-Length: {len(body())}", sent=body()) == 400
    assert lan.tickets() == before


def raw(desk: Desk, line: str, *headers: str, sent: bytes = b"") -> int:
    """The status that comes for these very bytes."""
    where = urlsplit(desk.cloud.desk_url)
    head = "\r\n".join([line, *headers, "Connection: close", "", ""])
    with socket.create_connection((where.hostname or "", where.port or 0), timeout=60) as connection:
        connection.sendall(head.encode() + sent)
        answer = connection.makefile("rb").read()
    return int(answer.split(b" ", 2)[1])


# ── forms of our pages ───────────────────────────────────────────────────────────────────────────────────────

often = settings(derandomize=True, max_examples=100, deadline=None, database=None)
OF_AGENTS = (
    "assign link send-code approve reject hold release expedite extend retry resolve replies notes correct merge facts"
).split()


@pytest.fixture(scope="module")
def doors(desk: Desk) -> list[tuple[Visitor, str]]:
    """Every form of ours, with one who may send it."""
    lan = desk.customer(has_data=False)
    number = lan.asks_to_close()
    link = urlsplit(link_in(lan.mails()[-1])).path
    me = visitor(sub="lan", account_id=lan.account_id)
    chi = visitor(sub="chi", groups=frozenset({"desk-agent", "desk-admin"}))
    case = f"/desk/case/{number}"
    mine = [f"/portal/tickets/{number}/{what}" for what in ("confirm", "replies", "withdraw", "expedite", "code")]
    return [
        *((me, path) for path in ("/portal/new", "/portal/close", "/signout", *mine)),
        *((chi, f"{case}/{what}") for what in OF_AGENTS),
        *((chi, path) for path in ("/desk/new", "/desk/search", "/desk/brake/off", "/desk/answers/save")),
        *((chi, f"/desk/letters/{'a' * 40}/{what}") for what in ("release", "drop")),
        *((NOBODY, f"{link}/{what}") for what in ("code", "stop", "confirm", "new-code")),
        *((NOBODY, path) for path in ("/close-account", "/portal/new", "/desk/new")),
        (me, "/desk/new"),
    ]


def test_any_fields_are_answered_by_a_page(desk: Desk, doors: list[tuple[Visitor, str]]) -> None:
    @often
    @given(door=st.sampled_from(doors), typed=fields)
    def check(door: tuple[Visitor, str], typed: list[tuple[str, str | bytes]]) -> None:
        who, path = door
        assert faults(who.sends(desk, path, who.body(typed))) == []

    check()


def test_what_is_no_form_is_answered_by_a_page(desk: Desk, doors: list[tuple[Visitor, str]]) -> None:
    @settings(often, max_examples=40)
    @given(door=st.sampled_from(doors), sent=torn)
    def check(door: tuple[Visitor, str], sent: bytes) -> None:
        who, path = door
        answer = who.sends(desk, path, sent + b"&" + who.body([]))
        assert faults(answer) == []

    check()


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "application/json", "text/plain"])
def test_a_form_of_another_kind_is_refused_by_a_page(desk: Desk, doors: list[tuple[Visitor, str]], kind: str) -> None:
    for who, path in doors:
        answer = who.sends(desk, path, who.body([]), kind)
        assert (answer.status, faults(answer)) == (415, []), path


def test_a_form_that_is_too_large_or_has_too_many_fields_is_refused_by_a_page(
    desk: Desk, doors: list[tuple[Visitor, str]]
) -> None:
    for who, path in doors:
        large = who.sends(desk, path, who.body([("text", "x" * LARGEST_BODY)]))
        assert (large.status, faults(large)) == (413, []), path
        many = who.sends(desk, path, who.body([(f"a{nth}", "1") for nth in range(200)]))
        assert (many.status, faults(many)) == (400, []), path


@pytest.mark.parametrize("path", ["/portal", "/desk", "/desk/letters"])
def test_a_made_up_cursor_is_refused_by_a_page(desk: Desk, doors: list[tuple[Visitor, str]], path: str) -> None:
    lan, chi = doors[0][0], doors[10][0]
    who = lan if path == "/portal" else chi
    for cursor in ("x", "a.b", "%00", "%ff", "a" * 5_000, "%F0%9F%98%80.a"):
        answer = who.opens(desk, f"{path}?cursor={cursor}")
        assert (answer.status, faults(answer)) == (400, []), cursor


def test_an_agent_whose_name_at_the_issuer_is_long_sees_and_is_given_tickets(desk: Desk) -> None:
    sub = "auth0|" + "n" * 249  # 255: as long as OpenID Connect allows
    agent = desk.agent(sub)
    number = desk.customer(has_data=False).asks_to_close()
    assert agent.decides(number, "assign", to=sub).ok()["assignee"] == sub
    page = visitor(sub=sub, groups=frozenset({"desk-agent"})).opens(desk, "/desk?whose=mine")
    assert page.status == 200
    assert number in page.raw.decode()
