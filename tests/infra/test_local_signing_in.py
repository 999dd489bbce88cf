"""Signing in at the local issuer, over HTTP, as a browser and a client do it."""

import json
import secrets
import urllib.error
import urllib.request
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from infra.local.clock import Clock
from infra.local.cloud import LocalCloud
from infra.local.issuer import Issuer
from infra.local.panel import Panel
from infra.local.quiet import Quiet
from infra.local.signing_in import SigningIn

DESK = "http://127.0.0.1:8000"
BACK = f"{DESK}/signin/back"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def said(self) -> dict[str, Any]:
        return cast(dict[str, Any], json.loads(self.text))

    @property
    def back(self) -> dict[str, str]:
        """What the redirect says; it must lead to the desk."""
        assert self.status == 303
        address, _, query = self.headers["location"].partition("?")
        assert address == BACK
        return dict(parse_qsl(query, strict_parsing=True))


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_given: Any) -> None:
        return None


def ask(url: str, form: Any = None, *, language: str = "en", kind: str = FORM) -> Answer:
    data = form if isinstance(form, bytes | None) else urlencode(form).encode()
    request = urllib.request.Request(url, data, {"Content-Type": kind, "Accept-Language": language})
    try:
        answer = urllib.request.build_opener(_NoRedirects).open(request, timeout=10)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(status=answer.status, headers=headers, text=answer.read().decode())


@dataclass(kw_only=True)
class Client:
    """A client that does all as it should, unless a test has it say otherwise; None leaves a parameter out."""

    url: str
    clock: Clock
    language: str = "en"
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    def request(self, **changed: str | None) -> dict[str, str]:
        whole = {
            "response_type": "code",
            "client_id": "signoff",
            "redirect_uri": BACK,
            "scope": "openid profile",
            "state": "state & more=ü",
            "nonce": "n-1",
            "code_challenge": challenge(self.verifier),
            "code_challenge_method": "S256",
        } | changed
        return {name: value for name, value in whole.items() if value is not None}

    def page(self, **changed: str | None) -> Answer:
        return ask(f"{self.url}/authorize?{urlencode(self.request(**changed))}", language=self.language)

    def choose(self, who: str, account_id: str | None = None, **changed: str | None) -> Answer:
        typed = {"account_id": account_id} if account_id is not None else {}
        return ask(f"{self.url}/authorize", self.request(**changed) | {"as": who} | typed)

    def code(self, who: str = "acc-lan", **changed: str | None) -> str:
        return self.choose(who, **changed).back["code"]

    def exchange(self, code: str, *, kind: str = FORM, **changed: str | None) -> Answer:
        whole = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": "signoff",
            "redirect_uri": BACK,
            "code_verifier": self.verifier,
        } | changed
        form = {name: value for name, value in whole.items() if value is not None}
        return ask(f"{self.url}/oauth/token", form, kind=kind)

    def claims(self, answer: Answer, token: str = "id_token") -> dict[str, Any]:
        assert answer.status == 200, answer.text
        keys = KeySet.import_key_set(ask(f"{self.url}/jwks.json").said)  # type: ignore[arg-type]
        return dict(jwt.decode(answer.said[token], keys, algorithms=["RS256"]).claims)

    def misbehaves(self, said: Any) -> Answer:
        return ask(f"{self.url}/issuer", json.dumps(said).encode(), kind="application/json")


def challenge(verifier: str) -> str:
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")


@pytest.fixture
def client() -> Iterator[Client]:
    clock = Clock(Quiet())
    cloud = SimpleNamespace(desk_url=DESK)
    panel = Panel(cast(LocalCloud, cloud), 0)
    cloud.issuer = Issuer(panel.url, clock)
    cloud.signing_in = SigningIn(cloud.issuer, clock, desk_url=DESK)
    try:
        with panel.serving():
            yield Client(url=panel.url, clock=clock)
    finally:
        panel.close()


class Page(HTMLParser):
    """The forms of a page: their fields, and their buttons by what they say."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.language = ""
        self.forms: list[dict[str, str]] = []
        self.buttons: dict[str, dict[str, str]] = {}
        self.links: dict[str, str] = {}
        self.text = ""
        self._open: list[tuple[str, dict[str, str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "html":
            self.language = given["lang"]
        if tag == "form":
            assert (given["method"], given["action"]) == ("post", "/authorize")
            self.forms.append({})
        if tag == "input":
            self.forms[-1][given["name"]] = given.get("value", "")
        if tag in ("button", "a"):
            self._open.append((tag, given))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("button", "a"):
            self._open.pop()

    def handle_data(self, data: str) -> None:
        self.text += data
        for tag, given in self._open:
            if tag == "a":
                self.links[data.strip()] = given["href"]
            else:
                self.buttons.setdefault(data.strip(), self.forms[-1] | {given["name"]: given["value"]})


def test_discovery_names_every_endpoint_and_what_they_take(client: Client) -> None:
    said = ask(f"{client.url}/.well-known/openid-configuration").said
    assert said["issuer"] == client.url
    assert said["authorization_endpoint"] == f"{client.url}/authorize"
    assert said["token_endpoint"] == f"{client.url}/oauth/token"
    assert said["end_session_endpoint"] == f"{client.url}/signout"
    assert said["jwks_uri"] == f"{client.url}/jwks.json"
    assert said["response_types_supported"] == ["code"]
    assert said["grant_types_supported"] == ["authorization_code"]
    assert said["code_challenge_methods_supported"] == ["S256"]
    assert said["token_endpoint_auth_methods_supported"] == ["none"]
    assert "openid" in said["scopes_supported"]
    assert {"sub", "auth_time", "nonce", "name", "locale", "account_id", "groups"} <= set(said["claims_supported"])


def test_a_customer_signs_in_by_the_page_that_is_shown(client: Client) -> None:
    page = Page(client.page().text)
    form = page.buttons["Nguyễn Thị Lan"]
    code = ask(f"{client.url}/authorize", form).back["code"]
    answer = client.exchange(code)
    assert answer.said["token_type"] == "Bearer"
    assert answer.said["expires_in"] == 90 * 24 * 3600
    assert answer.headers["cache-control"] == "no-store"
    claims = client.claims(answer)
    now = client.clock.now().timestamp()
    assert {name: claims[name] for name in ("iss", "aud", "sub", "account_id", "nonce", "name", "locale")} == {
        "iss": client.url,
        "aud": "signoff",
        "sub": "acc-lan",
        "account_id": "acc-lan",
        "nonce": "n-1",
        "name": "Nguyễn Thị Lan",
        "locale": "vi",
    }
    assert claims["auth_time"] == pytest.approx(now, abs=10)
    assert claims["iat"] == pytest.approx(now, abs=10)
    assert claims["exp"] > now
    access = client.claims(answer, "access_token")
    assert access["account_id"] == "acc-lan"
    assert not {"nonce", "name", "locale"} & set(access)


@pytest.mark.parametrize(
    ("button", "sub", "groups"),
    [
        ("An", "an", ["desk-agent"]),
        ("Bình", "binh", ["desk-agent"]),
        ("Chi", "chi", ["desk-agent", "desk-admin"]),
    ],
)
def test_the_team_signs_in_with_groups_and_no_account(client: Client, button: str, sub: str, groups: list[str]) -> None:
    form = Page(client.page().text).buttons[button]
    claims = client.claims(client.exchange(ask(f"{client.url}/authorize", form).back["code"]))
    assert (claims["sub"], claims["groups"], claims["name"]) == (sub, groups, button)
    assert "account_id" not in claims


def test_any_other_account_can_be_named(client: Client) -> None:
    page = Page(client.page().text)
    form = next(each for each in page.forms if "account_id" in each)
    form |= {"as": "another", "account_id": "acc-Mai_2"}
    claims = client.claims(client.exchange(ask(f"{client.url}/authorize", form).back["code"]))
    assert (claims["sub"], claims["account_id"], claims["name"]) == ("acc-Mai_2", "acc-Mai_2", "acc-Mai_2")
    assert "On this local machine only" in page.text


@pytest.mark.parametrize("typed", ["", "a b", 'x"><script>', "ă", "a" * 65])
def test_what_is_no_account_id_is_asked_for_again(client: Client, typed: str) -> None:
    answer = client.choose("another", typed)
    assert answer.status == 422
    assert "This is no account id" in Page(answer.text).text
    assert "<script" not in answer.text


@pytest.mark.parametrize(
    ("accepts", "wishes", "language", "heading"),
    [
        ("en-GB,vi;q=0.5", None, "en", "Sign in"),
        ("vi", None, "vi", "Đăng nhập"),
        ("fr", None, "vi", "Đăng nhập"),
        ("en", "fr vi", "vi", "Đăng nhập"),
    ],
)
def test_the_page_speaks_the_readers_language(
    client: Client, accepts: str, wishes: str | None, language: str, heading: str
) -> None:
    client.language = accepts
    page = Page(client.page(ui_locales=wishes).text)
    assert page.language == language
    assert heading in page.text


def test_the_other_language_is_one_link_away_and_keeps_the_request(client: Client) -> None:
    link = Page(client.page().text).links["Tiếng Việt"]
    page = Page(ask(client.url + link).text)
    assert page.language == "vi"
    assert page.forms[0].items() >= client.request().items()


def test_the_page_may_do_nothing_but_post_its_forms(client: Client) -> None:
    answer = client.page(state='"><script>alert(1)</script>')
    assert "<script" not in answer.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy
    assert f"form-action 'self' {DESK}" in policy


def test_state_comes_back_as_it_was_with_a_code_and_with_an_error(client: Client) -> None:
    assert set(client.choose("acc-lan").back) == {"code", "state"}
    assert client.choose("acc-lan").back["state"] == "state & more=ü"
    assert client.page(scope="profile").back["state"] == "state & more=ü"
    assert "state" not in client.choose("acc-lan", state=None).back


def test_who_cancels_goes_back_without_a_code(client: Client) -> None:
    form = Page(client.page().text).buttons["Cancel"]
    back = ask(f"{client.url}/authorize", form).back
    assert (back["error"], back["state"]) == ("access_denied", "state & more=ü")
    assert "code" not in back


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "somebody"},
        {"client_id": None},
        {"redirect_uri": f"{BACK}/"},
        {"redirect_uri": f"{BACK}?x=1"},
        {"redirect_uri": "https://elsewhere.example/signin/back"},
        {"redirect_uri": "http://localhost:8000/signin/back"},
        {"redirect_uri": None},
    ],
)
def test_a_wrong_client_or_address_gets_a_page_and_no_redirect(client: Client, changed: dict[str, str | None]) -> None:
    for answer in (client.page(**changed), client.choose("acc-lan", **changed)):
        assert answer.status == 400
        assert "location" not in answer.headers
        assert next(iter(changed)) in Page(answer.text).text


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "profile openid2"}, "invalid_scope"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "a" * 42}, "invalid_request"),
        ({"code_challenge": "a" * 44}, "invalid_request"),
        ({"code_challenge": "a" * 42 + "="}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"max_age": "soon"}, "invalid_request"),
        ({"prompt": "maybe"}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
        ({"request": "e30.e30."}, "request_not_supported"),
        ({"request_uri": "https://elsewhere.example"}, "request_uri_not_supported"),
    ],
)
def test_any_other_fault_is_told_to_the_client(client: Client, changed: dict[str, str | None], error: str) -> None:
    for answer in (client.page(**changed), client.choose("acc-lan", **changed)):
        assert answer.back["error"] == error
        assert "code" not in answer.back


def test_a_parameter_given_twice_is_a_fault(client: Client) -> None:
    url = f"{client.url}/authorize?{urlencode(client.request())}"
    assert ask(f"{url}&nonce=n-2").back["error"] == "invalid_request"
    assert "state" not in ask(f"{url}&state=other").back
    assert ask(f"{url}&client_id=signoff").status == 400
    assert ask(f"{url}&redirect_uri={BACK}").status == 400


def test_a_sign_in_may_be_asked_for_anew_and_by_post(client: Client) -> None:
    assert client.page(prompt="login", max_age="0").status == 200
    assert "Sign in" in Page(ask(f"{client.url}/authorize", client.request()).text).text


def test_a_code_is_used_once(client: Client) -> None:
    code = client.code()
    assert client.exchange(code).status == 200
    again = client.exchange(code)
    assert (again.status, again.said["error"]) == (400, "invalid_grant")


def test_a_code_lives_60_seconds_by_the_desks_clock(client: Client) -> None:
    code, late = client.code(), client.code()
    client.clock.jump_to(client.clock.now() + timedelta(seconds=50))
    claims = client.claims(client.exchange(code))
    assert claims["iat"] - claims["auth_time"] >= 49
    client.clock.jump_to(client.clock.now() + timedelta(seconds=10))
    answer = client.exchange(late)
    assert (answer.status, answer.said["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    "changed",
    [
        {"code_verifier": "w" * 43},
        {"code_verifier": None},
        {"code_verifier": "short"},
        {"redirect_uri": DESK},
        {"redirect_uri": None},
        {"code": "made-up"},
    ],
)
def test_a_code_shown_wrongly_is_refused_and_used_up(client: Client, changed: dict[str, str | None]) -> None:
    code = client.code()
    answer = client.exchange(**{"code": code} | changed)  # type: ignore[arg-type]
    assert (answer.status, answer.said["error"]) == (400, "invalid_grant")
    assert client.exchange(code).status == (200 if "code" in changed else 400)


def test_a_verifier_holds_for_its_own_code_only(client: Client) -> None:
    code = client.code()
    stranger = Client(url=client.url, clock=client.clock)
    assert stranger.exchange(code).said["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"client_id": "somebody"}, 401, "invalid_client"),
        ({"client_id": None}, 400, "invalid_request"),
        ({"grant_type": None}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"kind": "application/json"}, 400, "invalid_request"),
    ],
)
def test_a_token_request_that_is_none_leaves_the_code_as_it_was(
    client: Client, changed: dict[str, Any], status: int, error: str
) -> None:
    code = client.code()
    answer = client.exchange(code, **changed)
    assert (answer.status, answer.said["error"]) == (status, error)
    assert client.exchange(code).status == 200


def test_a_token_request_that_says_something_twice_is_refused(client: Client) -> None:
    pairs = [("grant_type", "authorization_code"), ("client_id", "signoff"), ("code", client.code()), ("code", "x")]
    assert ask(f"{client.url}/oauth/token", pairs).said["error"] == "invalid_request"


def test_the_nonce_is_the_requests_own(client: Client) -> None:
    assert client.claims(client.exchange(client.code(nonce="n-2")))["nonce"] == "n-2"
    assert "nonce" not in client.claims(client.exchange(client.code(nonce=None)))


def test_signing_out_leads_back_to_the_desk(client: Client) -> None:
    for back in (DESK, f"{DESK}/close-account", f"{DESK}/?lang=vi"):
        answer = ask(f"{client.url}/signout?{urlencode({'post_logout_redirect_uri': back})}")
        assert (answer.status, answer.headers["location"]) == (303, back)
    asked = urlencode({"post_logout_redirect_uri": f"{DESK}/portal", "state": "a b"})
    location = ask(f"{client.url}/signout?{asked}").headers["location"]
    assert parse_qs(urlsplit(location).query) == {"state": ["a b"]}


@pytest.mark.parametrize(
    "back",
    [
        "",
        "https://elsewhere.example/",
        f"{DESK}1/",
        f"{DESK}.elsewhere.example/",
        f"{DESK}@elsewhere.example/",
        f"{DESK}/\r\nSet-Cookie: a=b",
    ],
)
def test_signing_out_leads_nowhere_else(client: Client, back: str) -> None:
    answer = ask(f"{client.url}/signout?{urlencode({'post_logout_redirect_uri': back})}")
    assert answer.status == 200
    assert not {"location", "set-cookie"} & set(answer.headers)
    assert "You are signed out" in Page(answer.text).text


def test_the_issuer_misbehaves_once_when_a_test_asks_for_it(client: Client) -> None:
    said = {"next_id_token": {"nonce": "wrong", "name": None}}
    assert client.misbehaves(said).said == said
    assert client.misbehaves({}).said == said
    claims = client.claims(client.exchange(client.code()))
    assert claims["nonce"] == "wrong"
    assert "name" not in claims
    assert client.claims(client.exchange(client.code()))["nonce"] == "n-1"
    assert client.misbehaves({}).said == {"next_id_token": {}}


def test_a_fault_that_the_issuer_does_not_know_is_refused(client: Client) -> None:
    unknown: tuple[dict[str, Any], ...] = ({"next_token": {}}, {"next_id_token": "wrong"})
    for said in unknown:
        assert client.misbehaves(said).status == 400
