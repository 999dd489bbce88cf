"""The identity provider of one machine: signs whatever it is told, by the desk's clock."""

from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey

from infra.local.clock import Clock
from infra.local.where import AUDIENCE

LIVES_FOR_S = 90 * 24 * 3600


class Issuer:
    """An OpenID Connect issuer at `url`, with one key for as long as it lives."""

    def __init__(self, url: str, clock: Clock) -> None:
        self.url = url
        self._clock = clock
        self._key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, private=True, auto_kid=True)

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/jwks.json",
            "id_token_signing_alg_values_supported": ["RS256"],
            "subject_types_supported": ["public"],
            "response_types_supported": ["code"],
        }

    def jwks(self) -> dict[str, Any]:
        return {"keys": [self._key.as_dict(private=False)]}

    def token(self, *, auth_age_s: float = 0, expires_in_s: float = LIVES_FOR_S, **claims: Any) -> str:
        """A signed token with these claims; whoever it is about signed in `auth_age_s` ago."""
        now = int(self._clock.now().timestamp())
        said = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": claims.get("account_id", "another-system"),
            "iat": now,
            "auth_time": now - int(auth_age_s),
            "exp": now + int(expires_in_s),
        } | claims
        return str(jwt.encode({"alg": "RS256", "kid": self._key.kid}, said, self._key))
