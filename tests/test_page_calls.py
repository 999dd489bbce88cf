"""Pages at the door: HTML out, forms in, refusals told as pages."""

import json
from collections.abc import Iterator

import pytest
from chalice.app import Response
from chalice.test import Client

from chalicelib.answers import page, see_other
from chalicelib.calls import Call, Calls
from chalicelib.problems import ClosureAlreadyOpen
from tests.bar import Door, served
from tests.issuing import Issuer


def a_page() -> Calls:
    calls = Calls("bar.pages.menu")

    @calls.page("GET", "/menu/{name}")
    def menu(call: Call[dict[str, str]]) -> Response:
        if call.path["name"] == "secret":
            raise ClosureAlreadyOpen(number="<b>")
        return page(f"<p>{call.given.get('from')}</p>")

    @calls.page("POST", "/menu/{name}")
    def choose(call: Call[dict[str, str]]) -> Response:
        return see_other(f"/menu/{call.given['what']}", {"X-Fields": json.dumps(call.given)})

    return calls


FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def pages() -> Iterator[Door]:
    with Client(served(a_page())) as client:
        yield Door(client, Issuer())


def test_a_page_is_html_that_nobody_may_frame_or_feed(pages: Door) -> None:
    answered = pages.send("GET", "/menu/day?from=mail&utm_source=x")
    assert answered.body == b"<p>mail</p>"
    assert answered.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "frame-ancestors 'none'" in answered.headers["Content-Security-Policy"]
    assert answered.headers["Referrer-Policy"] == "same-origin"


def test_a_form_comes_as_text_by_name(pages: Door) -> None:
    answered = pages.send("POST", "/menu/day", b"what=tea&note=a+b%0D%0Ac%C3%A0&empty=", Content_Type=FORM)
    assert (answered.status_code, answered.headers["Location"]) == (303, "/menu/tea")
    assert json.loads(answered.headers["X-Fields"]) == {"what": "tea", "note": "a b\ncà", "empty": ""}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"what=tea&what=coffee", 400),
        (b"what=%ff", 400),
        (b"what=%00", 400),
        (b"\xff", 400),
        (b"&".join(b"f%d=1" % n for n in range(101)), 400),
        (b"what=" + b"x" * 300_000, 413),
    ],
)
def test_a_form_that_no_browser_of_ours_sends_is_refused(pages: Door, body: bytes, status: int) -> None:
    assert pages.send("POST", "/menu/day", body, Content_Type=FORM).status_code == status


def test_a_form_of_another_type_is_refused(pages: Door) -> None:
    assert pages.send("POST", "/menu/day", b"{}", Content_Type="application/json").status_code == 415


def test_a_page_s_refusal_is_a_page(pages: Door) -> None:
    answered = pages.send("GET", "/menu/secret")
    assert answered.status_code == 409
    assert b"A request to close this account is already open." in answered.body
    assert answered.headers["Content-Type"] == "text/html; charset=utf-8"


def test_a_room_may_word_its_refusals_itself() -> None:
    calls = Calls("bar.pages.own", refusal_page=lambda problem, language: f"{language}: {problem['code']}")

    @calls.page("GET", "/own")
    def own(call: Call[dict[str, str]]) -> Response:
        raise ClosureAlreadyOpen(number="SO-7K3M9Q")

    with Client(served(calls)) as client:
        assert client.http.get("/own", headers={"Accept-Language": "vi"}).body == b"vi: closure_already_open"
