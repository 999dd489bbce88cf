"""A browser and a client of the local issuer, as far as its tests need them."""

import json
import secrets
import urllib.error
import urllib.request
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode

from joserfc import jwt
from joserfc.jwk import KeySet

from infra.local.clock import Clock

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
