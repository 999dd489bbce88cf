"""Pages at the door: HTML out, forms in, who may, and refusals told as pages."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from chalice.app import Chalice, Response
from chalice.test import Client, HTTPResponse

from chalicelib import clock
from chalicelib.answers import page, see_other
from chalicelib.calls import AGENT, ANYONE, CUSTOMER
from chalicelib.pages import forms, sessions
from chalicelib.pages.sessions import Session
from chalicelib.pages.visits import Pages, Visit
from chalicelib.problems import ClosureAlreadyOpen, SignInAgain
from chalicelib.signin import Person
from tests.environment import of_a_desk

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
FORM = "application/x-www-form-urlencoded"
LAN = Person(sub="lan", account_id="acc-lan", signed_in_at=NOW, is_owner=True)
AN = Person(sub="an", groups=frozenset({"desk-agent"}))


def a_menu() -> Pages:
    pages = Pages("bar.pages.menu")

    @pages.get("/menu/{name}")
    def menu(visit: Visit) -> Response:
        if visit.path["name"] == "secret":
            raise ClosureAlreadyOpen(number="<b>")
        return page(f"<p>{visit.given.get('from')} {visit.language}</p>")

    @pages.post("/menu/{name}")
    def choose(visit: Visit) -> Response:
        return see_other(f"/menu/{visit.given['what']}", {"X-Fields": json.dumps(visit.given)})

    @pages.get("/mine", who=CUSTOMER)
    def mine(visit: Visit) -> Response:
        return page(visit.account_id)

    @pages.post("/mine", who=CUSTOMER)
    def add(visit: Visit) -> Response:
        if "old" in visit.given:
            raise SignInAgain(within_s=900)
        return page(visit.given["text"])

    @pages.get("/kitchen", who=AGENT)
    def kitchen(visit: Visit) -> Response:
        return page("in")

    return pages


class Browser:
    """Sends what a browser sends; `session` is whose cookie it holds."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.session: Session | None = None

    def signs_in(self, person: Person) -> Session:
        self.session = sessions.begun(person, "Somebody", before=None)
        return self.session

    def get(self, path: str, **headers: str) -> HTTPResponse:
        return self.client.http.get(path, headers=self._headers(headers))

    def sends(
        self, path: str, form: dict[str, str] | bytes, *, token: str | None = None, **headers: str
    ) -> HTTPResponse:
        body = form
        if isinstance(form, dict):
            fields = {**form, forms.FIELD: forms.token_for(self.session) if token is None else token}
            body = urlencode(fields).encode()
        sent = self._headers({"Content-Type": FORM, **headers})
        return self.client.http.post(path, headers=sent, body=body)

    def _headers(self, headers: dict[str, str]) -> dict[str, str]:
        sent = {"Accept-Language": "en"} | {name.replace("_", "-"): value for name, value in headers.items()}
        if self.session:
            sent["Cookie"] = sessions.cookie_of(self.session).partition(";")[0]
        return sent


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    app = Chalice("door")
    app.register_blueprint(a_menu())
    clock.follow(lambda: NOW)
    with of_a_desk(monkeypatch), Client(app) as client:
        yield Browser(client)
    clock.follow(lambda: datetime.now(UTC))


def test_a_page_is_html_that_nobody_may_frame_or_feed(browser: Browser) -> None:
    answered = browser.get("/menu/day?from=mail&utm_source=x")
    assert answered.body == b"<p>mail en</p>"
    assert answered.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "frame-ancestors 'none'" in answered.headers["Content-Security-Policy"]
    assert "unsafe" not in answered.headers["Content-Security-Policy"]
    assert answered.headers["Referrer-Policy"] == "same-origin"


def test_a_form_comes_as_text_by_name(browser: Browser) -> None:
    answered = browser.sends("/menu/day", {"what": "tea", "note": "a b\r\ncà", "empty": ""})
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
def test_a_form_that_no_browser_of_ours_sends_is_refused(browser: Browser, body: bytes, status: int) -> None:
    assert browser.sends("/menu/day", body).status_code == status


def test_a_form_of_another_type_is_refused(browser: Browser) -> None:
    assert browser.sends("/menu/day", b"{}", Content_Type="application/json").status_code == 415


def test_a_form_without_our_token_is_refused(browser: Browser) -> None:
    assert browser.sends("/menu/day", b"what=tea").status_code == 403
    assert browser.sends("/menu/day", {"what": "tea"}, token="x" * 26).status_code == 403
    others = forms.token_for(sessions.begun(LAN, "Lan", before=None))
    assert browser.sends("/menu/day", {"what": "tea"}, token=others).status_code == 403


def test_a_token_without_sign_in_is_good_for_a_day_or_two(browser: Browser) -> None:
    token = forms.token_for(None)
    clock.follow(lambda: NOW + timedelta(days=1))
    assert browser.sends("/menu/day", {"what": "tea"}, token=token).status_code == 303
    clock.follow(lambda: NOW + timedelta(days=2))
    assert browser.sends("/menu/day", {"what": "tea"}, token=token).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://desk.example.evil.example"},
        {"Origin": "http://desk.example"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
def test_a_form_from_another_site_is_refused(browser: Browser, headers: dict[str, str]) -> None:
    browser.signs_in(LAN)
    assert browser.sends("/mine", {"text": "x"}, **headers).status_code == 403
    assert browser.sends("/mine", {"text": "x"}, Origin="https://desk.example").status_code == 200


def test_a_form_is_bound_to_the_session_that_it_was_shown_to(browser: Browser) -> None:
    browser.signs_in(LAN)
    others = forms.token_for(browser.session)
    browser.signs_in(LAN)
    assert browser.sends("/mine", {"text": "x"}, token=others).status_code == 403
    assert browser.sends("/mine", {"text": "x"}, token=forms.token_for(None)).status_code == 403


def test_a_page_for_some_sends_others_to_the_sign_in(browser: Browser) -> None:
    answered = browser.get("/mine?a=1")
    assert answered.status_code == 303
    assert answered.headers["Location"] == "https://desk.example/signin?to=%2Fmine%3Fa%3D1"
    browser.signs_in(LAN)
    assert browser.get("/mine").body == b"acc-lan"


def test_who_is_signed_in_but_not_one_of_those_is_refused(browser: Browser) -> None:
    browser.signs_in(LAN)
    assert browser.get("/kitchen").status_code == 403
    browser.signs_in(AN)
    assert browser.get("/mine").status_code == 403
    assert browser.get("/kitchen").status_code == 200


def test_a_session_ends_by_itself(browser: Browser) -> None:
    browser.signs_in(LAN)
    clock.follow(lambda: NOW + timedelta(hours=8))
    assert browser.get("/mine").status_code == 303


@pytest.mark.parametrize("change", [lambda it: it[:-2], lambda it: "x" + it, lambda _: "", lambda it: it * 40])
def test_a_session_that_is_not_ours_is_none(browser: Browser, change: object) -> None:
    value = sessions.cookie_of(browser.signs_in(LAN)).partition(";")[0].partition("=")[2]
    browser.session = None
    answered = browser.get("/mine", Cookie=f"{sessions.COOKIE}={change(value)}")  # type: ignore[operator]
    assert answered.status_code == 303


def test_what_is_sealed_for_one_purpose_opens_for_no_other(browser: Browser) -> None:
    text = sessions.sealed("signin", {"sub": "lan"})
    assert sessions.unsealed("signin", text) == {"sub": "lan"}
    assert sessions.unsealed("session", text) is None


def test_a_cookie_is_out_of_reach_for_scripts_and_other_sites(browser: Browser) -> None:
    said = sessions.cookie_of(browser.signs_in(LAN))
    assert {"HttpOnly", "Secure", "SameSite=Lax", "Path=/"} <= set(said.split("; "))


def test_a_form_of_an_ended_session_is_not_lost(browser: Browser) -> None:
    old = browser.signs_in(LAN)
    clock.follow(lambda: NOW + timedelta(hours=9))
    answered = browser.sends("/mine", {"text": "Dear <b>team</b>,\nplease help me to leave. It is long enough."})
    assert answered.status_code == 401
    shown = answered.body.decode()
    assert "Dear &lt;b&gt;team&lt;/b&gt;,\nplease help me to leave." in shown
    token = forms.token_for(old)
    assert token in shown
    browser.session = sessions.begun(LAN, "Lan", before=old)
    assert browser.sends("/mine", {"text": "kept"}, token=token).body == b"kept"


def test_somebody_else_who_signs_in_beside_it_cannot_send_that_form(browser: Browser) -> None:
    old = browser.signs_in(LAN)
    token = forms.token_for(old)
    browser.session = sessions.begun(Person(sub="minh", account_id="acc-minh"), "Minh", before=old)
    assert browser.sends("/mine", {"text": "x"}, token=token).status_code == 403


def test_a_sign_in_too_old_asks_for_a_fresh_one_and_keeps_the_form(browser: Browser) -> None:
    browser.signs_in(LAN)
    answered = browser.sends("/mine", {"old": "1", "text": "kept"})
    assert answered.status_code == 401
    assert b"again=1" in answered.body
    assert b'value="kept"' in answered.body


def test_a_page_s_refusal_is_a_page(browser: Browser) -> None:
    answered = browser.get("/menu/secret")
    assert answered.status_code == 409
    assert b"A request to close this account is already open." in answered.body
    assert answered.headers["Content-Type"] == "text/html; charset=utf-8"


def test_the_language_is_the_one_chosen_by_link_then_and_later(browser: Browser) -> None:
    answered = browser.get("/menu/day?lang=vi")
    assert answered.body == b"<p>None vi</p>"
    kept = answered.headers["Set-Cookie"].partition(";")[0]
    assert browser.get("/menu/day", Cookie=kept).body == b"<p>None vi</p>"
    assert browser.get("/menu/day?lang=xx").body == b"<p>None en</p>"


def test_anyone_may_see_a_page_for_all_even_with_a_strange_cookie(browser: Browser) -> None:
    assert ANYONE
    assert browser.get("/menu/day", Cookie='a="; b=\x01').status_code == 200
