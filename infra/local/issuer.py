"""The identity provider of one machine: signs whatever it is told, by the desk's clock."""

import threading
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey

from infra.local.clock import Clock
from infra.local.folder import NOTHING_KEPT, Folder
from infra.local.where import AUDIENCE

LIVES_FOR_S = 90 * 24 * 3600


class Issuer:
    """An OpenID Connect issuer at `url`, with one key for as long as it lives, or as long as its folder."""

    def __init__(self, url: str, clock: Clock, kept: Folder = NOTHING_KEPT) -> None:
        self.url = url
        self._clock = clock
        self._key = RSAKey.import_key(kept.once("issuer.json", _new_key))
        self._lock = threading.Lock()
        self._next_id_token: dict[str, Any] = {}

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/jwks.json",
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/oauth/token",
            "end_session_endpoint": f"{self.url}/signout",
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none"],
            "scopes_supported": ["openid", "profile"],
            "claims_supported": [
                *("iss", "aud", "sub", "iat", "exp", "auth_time", "nonce", "name", "locale"),
                *("account_id", "groups"),
            ],
            "claims_parameter_supported": False,
            "request_parameter_supported": False,
            "request_uri_parameter_supported": False,
            "ui_locales_supported": ["vi", "en"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "subject_types_supported": ["public"],
        }

    def jwks(self) -> dict[str, Any]:
        return {"keys": [self._key.as_dict(private=False)]}

    def token(self, *, auth_age_s: float = 0, expires_in_s: float = LIVES_FOR_S, **claims: Any) -> str:
        """A signed token with these claims; whoever it is about signed in `auth_age_s` ago."""
        return self._signed(self._said(claims, auth_age_s, expires_in_s))

    def id_token(self, *, auth_age_s: float = 0, **claims: Any) -> str:
        """Likewise, for the client that asked who signed in; faults that wait are put in."""
        with self._lock:
            faults, self._next_id_token = self._next_id_token, {}
        said = self._said(claims, auth_age_s, LIVES_FOR_S) | faults
        return self._signed({name: value for name, value in said.items() if value is not None})

    def misbehave(self, next_id_token: dict[str, Any]) -> None:
        """A fault for tests: the next id_token, and only that one, says these claims; None leaves one out."""
        with self._lock:
            self._next_id_token = dict(next_id_token)

    def waiting_faults(self) -> dict[str, Any]:
        with self._lock:
            return {"next_id_token": dict(self._next_id_token)}

    def _said(self, claims: dict[str, Any], auth_age_s: float, expires_in_s: float) -> dict[str, Any]:
        now = int(self._clock.now().timestamp())
        return {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": claims.get("account_id", "another-system"),
            "iat": now,
            "auth_time": now - int(auth_age_s),
            "exp": now + int(expires_in_s),
        } | claims

    def _signed(self, claims: dict[str, Any]) -> str:
        return str(jwt.encode({"alg": "RS256", "kid": self._key.kid}, claims, self._key))


def _new_key() -> dict[str, Any]:
    made = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, private=True, auto_kid=True)
    return dict(made.as_dict(private=True))
