"""An OpenID Connect issuer for tests: a key of its own, tokens signed with it, and what it would answer over HTTP."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, Key

from chalicelib.signin import IssuerKeys, SignIn

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
ISSUER = "https://issuer.example"
JWKS_URL = "https://issuer.example/keys"


def new_key(kid: str = "one") -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid, "use": "sig", "alg": "ES256"})


@dataclass
class Issuer:
    """`asked` lists the addresses it was asked for; while `is_down` it answers nothing."""

    keys: list[Key] = field(default_factory=lambda: [new_key()])
    is_down: bool = False
    asked: list[str] = field(default_factory=list)

    def token(self, *, key: Key | None = None, header: dict[str, Any] | None = None, **claims: Any) -> str:
        signed_with = key or self.keys[0]
        whole = {
            "iss": ISSUER,
            "aud": "signoff",
            "sub": "an",
            "iat": int(NOW.timestamp()),
            "exp": int((NOW + timedelta(hours=1)).timestamp()),
            **claims,
        }
        kept = {name: value for name, value in whole.items() if value is not None}
        return jwt.encode(header or {"alg": "ES256", "kid": signed_with.kid}, kept, signed_with, algorithms=_ANY)

    def bearer(self, **claims: Any) -> str:
        return f"Bearer {self.token(**claims)}"

    def fetch(self, url: str) -> bytes:
        self.asked.append(url)
        if self.is_down:
            raise OSError("nobody answers")
        if url.endswith("/.well-known/openid-configuration"):
            return json.dumps({"issuer": ISSUER, "jwks_uri": JWKS_URL}).encode()
        return json.dumps({"keys": [key.as_dict(private=False) for key in self.keys]}).encode()

    def sign_in(self, *, now: Callable[[], datetime] = lambda: NOW, **chosen: Any) -> SignIn:
        keys = IssuerKeys(issuer=ISSUER, url=JWKS_URL, fetch=self.fetch, now=now)
        return SignIn(**{"issuer": ISSUER, "audience": "signoff", "keys": keys, "now": now, **chosen})


_ANY = ["ES256", "RS256", "HS256", "PS256", "none"]
