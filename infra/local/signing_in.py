"""People sign in at the local issuer: OpenID Connect's code flow with PKCE, for the desk, a client without a secret.

Nobody is asked for a password, and nobody stays signed in: whoever sits at this machine chooses who to be.
"""

import hmac
import re
import secrets
import threading
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from infra.local import authorization, seeds, sign_in_pages
from infra.local.authorization import Faulty, NotOurs, Request
from infra.local.clock import Clock
from infra.local.issuer import LIVES_FOR_S, Issuer
from infra.local.panel_http import Asked, Reply, see_other, told
from infra.local.where import AUDIENCE

CODE_LIVES_FOR = timedelta(seconds=60)

_ACCOUNT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_PRINTABLE = re.compile(r"[!-~]+")


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What a code stands for until it is used."""

    request: Request
    claims: dict[str, Any]
    shown: dict[str, Any]
    signed_in_at: datetime


class TokenRefused(Exception):
    """An error of RFC 6749, section 5.2."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error


class SigningIn:
    """The endpoints that discovery names; codes live as long as this does at most."""

    def __init__(self, issuer: Issuer, clock: Clock, *, desk_url: str) -> None:
        self._issuer = issuer
        self._clock = clock
        self._desk_url = desk_url
        self._redirect_uri = f"{desk_url}/signin/back"
        self._lock = threading.Lock()
        self._grants: dict[str, Grant] = {}

    def ask(self, asked: Asked) -> Reply:
        """GET /authorize: who wants to sign in?"""
        return self._authorized(asked, asked.in_query(), {})

    def decide(self, asked: Asked) -> Reply:
        """POST /authorize: the page's own forms, or a client that would rather post than get."""
        pairs = asked.in_form() or []
        return self._authorized(asked, pairs, dict(pairs))

    def exchange(self, asked: Asked) -> Reply:
        """POST /oauth/token: a code, and the verifier that only its client knows, for tokens."""
        try:
            said = self._tokens(self._grant(asked.in_form()))
        except TokenRefused as refused:
            said = {"error": refused.error, "error_description": str(refused)}
            return _kept_by_nobody(told(said, 401 if refused.error == "invalid_client" else 400))
        return _kept_by_nobody(told(said))

    def sign_out(self, asked: Asked) -> Reply:
        """GET or POST /signout: nobody stays signed in here, so all there is to do is to go back to the desk."""
        given = dict(asked.in_form() or asked.in_query())
        back = given.get("post_logout_redirect_uri", "")
        if not self._is_the_desk(back):
            return sign_in_pages.signed_out(_language(asked, given), desk_url=self._desk_url)
        state = urlencode({"state": given["state"]}) if "state" in given else ""
        return see_other(back + ("&" if "?" in back else "?") * bool(state) + state)

    def _authorized(self, asked: Asked, pairs: Sequence[tuple[str, str]], decided: dict[str, str]) -> Reply:
        try:
            request = authorization.read(pairs, client_id=AUDIENCE, redirect_uri=self._redirect_uri)
        except NotOurs as refused:
            return sign_in_pages.refused(_language(asked, dict(pairs)), str(refused), desk_url=self._desk_url)
        except Faulty as refused:
            return see_other(refused.back)
        if decided.get("as") == "nobody":
            return see_other(request.back_with(error="access_denied", error_description="signing in was cancelled"))
        return self._signed_in(request, decided, _language(asked, request.given))

    def _signed_in(self, request: Request, decided: dict[str, str], language: str) -> Reply:
        chosen = decided.get("as")
        typed = decided.get("account_id", "").strip()
        if chosen == "another" and _ACCOUNT_ID.fullmatch(typed):
            claims, shown = {"account_id": typed}, {"name": typed, "locale": language}
        elif chosen in seeds.PEOPLE or chosen in seeds.TEAM:
            claims, shown = _seeded(str(chosen))
        else:
            refusal = "not_an_id" if chosen == "another" else ""
            return sign_in_pages.sign_in(
                language, request.given, desk_url=self._desk_url, typed=typed[:64], refusal=refusal
            )
        return see_other(request.back_with(code=self._new_code(request, claims, shown)))

    def _new_code(self, request: Request, claims: dict[str, Any], shown: dict[str, Any]) -> str:
        code, now = secrets.token_urlsafe(32), self._clock.now()
        with self._lock:
            self._grants = {each: grant for each, grant in self._grants.items() if _lives(grant, now)}
            self._grants[code] = Grant(request=request, claims=claims, shown=shown, signed_in_at=now)
        return code

    def _grant(self, pairs: Sequence[tuple[str, str]] | None) -> Grant:
        """What the code stands for. A code is used up by showing it, rightly or wrongly."""
        given = _token_request(pairs)
        with self._lock:
            grant = self._grants.pop(given["code"], None)
        if grant is None or not _lives(grant, self._clock.now()):
            raise TokenRefused("invalid_grant", "the code is unknown, used or too old")
        if given.get("redirect_uri") != grant.request.redirect_uri:
            raise TokenRefused("invalid_grant", "redirect_uri is not that of the authorization request")
        if not _proves(given.get("code_verifier", ""), grant.request.code_challenge):
            raise TokenRefused("invalid_grant", "code_verifier does not belong to the code_challenge")
        return grant

    def _tokens(self, grant: Grant) -> dict[str, Any]:
        age_s = (self._clock.now() - grant.signed_in_at).total_seconds()
        return {
            "access_token": self._issuer.token(auth_age_s=age_s, **grant.claims),
            "id_token": self._issuer.id_token(
                auth_age_s=age_s, nonce=grant.request.nonce, **grant.claims, **grant.shown
            ),
            "token_type": "Bearer",
            "expires_in": LIVES_FOR_S,
        }

    def _is_the_desk(self, url: str) -> bool:
        """At the desk, not merely at an address that begins alike (another port, another host behind an @)."""
        rest = url.removeprefix(self._desk_url)
        return bool(_PRINTABLE.fullmatch(url)) and rest != url and rest[:1] in ("", "/", "?")


def _language(asked: Asked, given: dict[str, str]) -> str:
    from chalicelib.answers import language_asked

    wanted = ",".join(given.get("ui_locales", "").split())
    return language_asked(wanted) or language_asked(asked.headers.get("accept-language")) or "vi"


def _seeded(who: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What tokens claim of a seeded person, and what only the id_token says, for people to see."""
    if who in seeds.PEOPLE:
        person = seeds.PEOPLE[who]
        return {"account_id": who}, {"name": person["name"], "locale": person["language"]}
    agent = seeds.TEAM[who]
    return {"sub": who, "groups": agent["groups"]}, {"name": agent["name"], "locale": "vi"}


def _token_request(pairs: Sequence[tuple[str, str]] | None) -> dict[str, str]:
    if pairs is None:
        raise TokenRefused("invalid_request", "the body must be application/x-www-form-urlencoded")
    if repeated := sorted(name for name, count in Counter(name for name, _ in pairs).items() if count > 1):
        raise TokenRefused("invalid_request", f"given more than once: {', '.join(repeated)}")
    given = dict(pairs)
    if missing := sorted({"grant_type", "code", "client_id"} - set(given)):
        raise TokenRefused("invalid_request", f"missing: {', '.join(missing)}")
    if given["client_id"] != AUDIENCE:
        raise TokenRefused("invalid_client", "no such client")
    if given["grant_type"] != "authorization_code":
        raise TokenRefused("unsupported_grant_type", "grant_type must be authorization_code")
    return given


def _lives(grant: Grant, now: datetime) -> bool:
    return now - grant.signed_in_at < CODE_LIVES_FOR


def _proves(verifier: str, challenge: str) -> bool:
    if not _VERIFIER.fullmatch(verifier):
        return False
    hashed = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=")
    return hmac.compare_digest(hashed, challenge.encode())


def _kept_by_nobody(reply: Reply) -> Reply:
    return replace(reply, headers=reply.headers | {"Pragma": "no-cache"})  # RFC 6749, section 5.1
