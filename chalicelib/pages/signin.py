"""Signing in on the pages: OpenID Connect, authorization code flow with PKCE (RFC 7636, S256), state and nonce.

What one sign-in must remember until the browser comes back (state, nonce, verifier, where to) lies sealed in a cookie
of its own, so that two tabs don't disturb each other. The desk is a public client: it has no secret to lose.
"""

import base64
import hashlib
import hmac
import json
import logging
import re
import secrets
from typing import Any, Final
from urllib.parse import urlencode

from chalice.app import Response

from chalicelib import signin
from chalicelib.answers import see_other
from chalicelib.language import N_
from chalicelib.pages.sessions import COOKIE, begun, cookie_of, cookies, sealed, session_of, set_cookie, unsealed
from chalicelib.pages.visits import Pages, Visit, show
from chalicelib.problems import Busy, NotSignedIn
from chalicelib.settings import settings
from chalicelib.signin import Person

pages = Pages(__name__)
_log = logging.getLogger("signoff.signin")

_STARTED: Final = "signoff_signin_"
_STARTED_FOR_S: Final = 600
_OUR_PATH = re.compile(r"/[A-Za-z0-9._~/-]*(\?[A-Za-z0-9._~=&%+-]*)?")
_FAILED = N_("The sign-in could not be completed. Please try again.")
_CANCELLED = N_("You have cancelled the sign-in.")


@pages.get("/")
def front(visit: Visit) -> Response:
    """The bare address: agents to their queue, everybody else to their tickets."""
    return see_other(settings().public_url + _home(visit.signed_in))


@pages.get("/signin")
def begin(visit: Visit) -> Response:
    """On to the issuer. `to` is where the person goes afterwards; `again`: with the password, whoever is signed in."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    asked = {
        "response_type": "code", "client_id": _client_id(), "redirect_uri": _back(), "scope": "openid profile",
        "state": state, "nonce": nonce, "code_challenge": _challenge(verifier), "code_challenge_method": "S256",
        "ui_locales": visit.language,
    }  # fmt: skip
    if "again" in visit.given:
        asked |= {"prompt": "login", "max_age": "0"}
    remembered = {"state": state, "nonce": nonce, "verifier": verifier, "to": our_path(visit.given.get("to", ""))}
    kept = set_cookie(_STARTED + state[:8], sealed("signin", remembered), lives_for_s=_STARTED_FOR_S)
    address = signin.provider().says("authorization_endpoint")
    return see_other(f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}", {"Set-Cookie": kept})


@pages.get("/signin/back")
def come_back(visit: Visit) -> Response:
    """The browser comes back from the issuer. Nothing that it brings is believed before state, code, verifier, the
    token's signature and its nonce fit what was remembered."""
    state = visit.given.get("state", "")
    name = _STARTED + state[:8]
    started = unsealed("signin", cookies(visit.headers).get(name, "")) if state else None
    if not started or not hmac.compare_digest(started["state"].encode(), state.encode()):
        return show(visit, "signin.html", status=400, sentence=_FAILED, to="/")
    if "code" not in visit.given:
        sentence = _CANCELLED if visit.given.get("error") == "access_denied" else _FAILED
        return show(visit, "signin.html", status=400, sentence=sentence, to=started["to"])
    try:
        claims = _claims(visit.given["code"], started)
    except NotSignedIn:
        return show(visit, "signin.html", status=400, sentence=_FAILED, to=started["to"])
    person = signin.checker(_client_id()).read(claims)
    session = begun(person, _name(claims), before=session_of(visit.headers))
    to = started["to"] if started["to"] != "/" else _home(person)
    done = {"Set-Cookie": [cookie_of(session), set_cookie(name, "", lives_for_s=0)]}
    return see_other(settings().public_url + to, done)  # type: ignore[arg-type]


@pages.get("/signed-in")
def signed_in(visit: Visit) -> Response:
    """Where a sign-in beside an open form ends: the form is in the other tab."""
    return show(visit, "signed_in.html")


@pages.post("/signout")
def sign_out(_: Visit) -> Response:
    """The session ends here. The issuer's own goes on until its link is followed."""
    gone = {"Set-Cookie": set_cookie(COOKIE, "", lives_for_s=0)}
    return see_other(f"{settings().public_url}/signed-out", gone)


@pages.get("/signed-out")
def signed_out(visit: Visit) -> Response:
    base = settings().public_url
    try:
        asked = urlencode({"client_id": _client_id(), "post_logout_redirect_uri": f"{base}/signed-out"})
        everywhere = signin.provider().says("end_session_endpoint") + f"?{asked}"
    except (Busy, KeyError):
        everywhere = ""
    return show(visit, "signed_out.html", everywhere=everywhere)


def our_path(asked: str) -> str:
    """The path, if it leads to a page of ours; else the front page. Never another host, whatever a browser makes of
    slashes and backslashes."""
    is_ours = _OUR_PATH.fullmatch(asked) and not asked.startswith("//")
    return asked if is_ours and not asked.startswith("/signin") else "/"


def _home(person: Person | None) -> str:
    is_agent = person is not None and person.is_agent and not person.account_id
    return "/desk" if is_agent else "/portal"


# ── the issuer ───────────────────────────────────────────────────────────────────────────────────────────────


def _client_id() -> str:
    return settings().client_id or settings().audience


def _back() -> str:
    return f"{settings().public_url}/signin/back"


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _claims(code: str, started: dict[str, Any]) -> dict[str, Any]:
    """The claims of the ID token that this code is good for; `NotSignedIn` unless all of it holds."""
    asked = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": _back(), "client_id": _client_id(),
        "code_verifier": started["verifier"],
    }  # fmt: skip
    try:
        answer = json.loads(signin.posted(signin.provider().says("token_endpoint"), urlencode(asked).encode()))
        claims = dict(signin.checker(_client_id()).checked(str(answer["id_token"])))
        nonce = str(claims["nonce"])
    except Busy:
        raise
    except Exception as error:
        _log.warning("a sign-in failed: %s", type(error).__name__)
        raise NotSignedIn from error
    if not hmac.compare_digest(nonce.encode(), started["nonce"].encode()):
        _log.warning("a sign-in failed: nonce")
        raise NotSignedIn
    return claims


def _name(claims: dict[str, Any]) -> str:
    return str(claims.get("name") or claims.get("preferred_username") or claims["sub"])
