"""Who is calling: a bearer token, checked in this process against the issuer's published keys."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from chalicelib import clock
from chalicelib.language import LANGUAGES, Language
from chalicelib.problems import Busy, NotSignedIn, Problem, SignInAgain
from chalicelib.settings import settings

if TYPE_CHECKING:
    from joserfc.jwk import Key

ALGORITHMS = ("RS256", "ES256")  # never HS256: a public key must not be usable as a secret
ACCOUNT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")

AGENT_GROUP = "desk-agent"
ADMIN_GROUP = "desk-admin"
ACCOUNTS_SCOPE = "accounts:write"
TICKETS_SCOPE = "tickets:write"

_LEEWAY_S = 5
_LONGEST_TOKEN = 16_384
_LARGEST_ANSWER = 262_144
_KEYS_KEPT_FOR = timedelta(hours=1)
_ASK_AGAIN_AFTER = timedelta(minutes=1)

Fetch = Callable[[str], bytes]


class Person(Struct, frozen=True, kw_only=True):
    """Whoever holds the token: a customer, an agent, or another system.

    `account_id` is None where the token names none, or something that can't be an account id. `signed_in_at` is the
    moment of the sign-in itself (`auth_time`), not of the token; None where the issuer doesn't say.
    """

    sub: str
    account_id: str | None = None
    groups: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    signed_in_at: datetime | None = None
    is_owner: bool = False
    language: Language | None = None

    @property
    def is_admin(self) -> bool:
        return ADMIN_GROUP in self.groups

    @property
    def is_agent(self) -> bool:
        """Every admin is an agent too."""
        return self.is_admin or AGENT_GROUP in self.groups


def person(authorization: str | None) -> Person:
    """The person whose token stands in this Authorization header; `NotSignedIn` if it is missing or doesn't hold."""
    return checker(settings().audience).person(authorization)


def signed_in_lately(who: Person, *, within: timedelta, now: datetime) -> bool:
    """Whether the sign-in is recent enough to prove ownership. An issuer that doesn't say when: no."""
    return who.signed_in_at is not None and now - who.signed_in_at <= within


def require_recent(who: Person) -> None:
    """`SignInAgain` unless the sign-in itself was within SIGN_IN_WITHIN."""
    within = settings().sign_in_within
    if not signed_in_lately(who, within=within, now=clock.now()):
        raise SignInAgain(within_s=int(within.total_seconds()))


@cache
def checker(audience: str) -> "SignIn":
    """What checks tokens that are made out to this audience."""
    chosen = settings()
    return SignIn(
        issuer=chosen.issuer,
        audience=audience,
        account_claim=chosen.account_claim,
        owner_claim=chosen.owner_claim,
        keys=_issuer_keys(),
    )


@cache
def _issuer_keys() -> "IssuerKeys":
    return IssuerKeys(issuer=settings().issuer, url=settings().jwks_url)


@cache
def provider() -> "Provider":
    """The issuer of the settings, as it describes itself."""
    return Provider(issuer=settings().issuer)


def fetched(url: str) -> bytes:
    """What the issuer answers, waited for at most 3 seconds; OSError or ValueError if it is silent or too long."""
    return posted(url, None)


def posted(url: str, form: bytes | None) -> bytes:
    """What the issuer answers to this form (to a GET without one); as `fetched`."""
    import urllib.request

    if not url.startswith(("https://", "http://")):
        raise ValueError("the issuer's address is not an http address")
    with urllib.request.urlopen(url, form, timeout=3) as answer:  # noqa: S310 - the operator's own setting
        body: bytes = answer.read(_LARGEST_ANSWER + 1)
    if len(body) > _LARGEST_ANSWER:
        raise ValueError("the issuer's answer is too long")
    return body


class IssuerKeys(Struct, kw_only=True):
    """The issuer's public keys by `kid`, kept for an hour.

    A `kid` that isn't among them has them fetched again, at most once a minute, so that made-up ones can't have us
    flood the issuer. While the issuer is down the keys we have stay good. `url` empty: found by discovery.
    """

    issuer: str
    url: str = ""
    fetch: Fetch = fetched
    now: Callable[[], datetime] = clock.now
    _held: dict[str, "Key"] = field(default_factory=dict)
    _fetched_at: datetime | None = None
    _asked_at: datetime | None = None

    def key(self, kid: str) -> "Key | None":
        """The key of this name, or None. `Busy` if the issuer never answered so far."""
        if self._is_older(self._fetched_at, _KEYS_KEPT_FOR) or kid not in self._held:
            self._ask()
        if not self._held:
            raise Busy  # nothing is wrong with the token: trying again helps
        return self._held.get(kid)

    def _is_older(self, at: datetime | None, than: timedelta) -> bool:
        return at is None or self.now() - at >= than

    def _ask(self) -> None:
        if not self._is_older(self._asked_at, _ASK_AGAIN_AFTER):
            return
        self._asked_at = self.now()
        try:
            found = _keys_in(json.loads(self.fetch(self._address())))
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            return
        if found:
            self._held, self._fetched_at = found, self._asked_at

    def _address(self) -> str:
        return self.url or str(discovered(self.issuer, self.fetch)["jwks_uri"])


class Provider(Struct, kw_only=True):
    """What the issuer says of itself (OpenID Connect Discovery 1.0), asked once an hour."""

    issuer: str
    fetch: Fetch = fetched
    now: Callable[[], datetime] = clock.now
    _told: Mapping[str, Any] = field(default_factory=dict)
    _asked_at: datetime | None = None

    def says(self, name: str) -> str:
        """The member of this name. `Busy` if the issuer can't be asked; KeyError if it says nothing of it."""
        at = self.now()
        if self._asked_at is None or at - self._asked_at >= _KEYS_KEPT_FOR:
            try:
                self._told, self._asked_at = discovered(self.issuer, self.fetch), at
            except (OSError, ValueError, LookupError, TypeError) as error:
                raise Busy from error
        return str(self._told[name])


def discovered(issuer: str, fetch: Fetch = fetched) -> Mapping[str, Any]:
    """What the issuer says of itself; OSError or ValueError if it is silent, or speaks for another."""
    told: dict[str, Any] = json.loads(fetch(issuer.rstrip("/") + "/.well-known/openid-configuration"))
    if told["issuer"] != issuer:  # OpenID Connect Discovery 1.0, section 4.3
        raise ValueError("discovery answers for another issuer")
    return told


def _keys_in(published: Any) -> dict[str, "Key"]:
    from joserfc.errors import JoseError
    from joserfc.jwk import import_key

    found: dict[str, Key] = {}
    for each in published["keys"]:
        if each.get("kty") not in ("RSA", "EC") or each.get("use", "sig") != "sig" or not each.get("kid"):
            continue
        try:
            found[str(each["kid"])] = import_key(each)
        except (JoseError, ValueError):
            continue  # one key that we can't read must not cost us the others
    return found


class SignIn(Struct, frozen=True, kw_only=True):
    """How tokens are checked and read: signature, algorithm, `iss`, `aud`, `exp`, `nbf`, `iat`, by the desk's clock."""

    issuer: str
    audience: str
    keys: IssuerKeys
    account_claim: str = "account_id"
    owner_claim: str = ""
    now: Callable[[], datetime] = clock.now

    def person(self, authorization: str | None) -> Person:
        """See `person` of this module."""
        scheme, _, token = (authorization or "").strip().partition(" ")
        if scheme.lower() != "bearer" or not token or len(token) > _LONGEST_TOKEN:
            raise NotSignedIn
        try:
            return self.read(self.checked(token.strip()))
        except Problem:
            raise
        except Exception as error:  # whatever an attacker's bytes do to the libraries: it is no token
            raise NotSignedIn from error

    def checked(self, token: str) -> Mapping[str, Any]:
        """The claims of a token that holds; any exception at all for one that doesn't."""
        from joserfc import jwt
        from joserfc.jws import JWSRegistry

        # Unknown header parameters are let pass (issuers add their own); critical ones are still refused.
        registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
        claims = jwt.decode(token, self._key_for, algorithms=ALGORITHMS, registry=registry).claims
        jwt.JWTClaimsRegistry(
            now=int(self.now().timestamp()),
            leeway=_LEEWAY_S,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self.audience},
            exp={"essential": True},
            sub={"essential": True},
        ).validate(claims)
        return claims

    def _key_for(self, signed: Any) -> "Key":
        header = signed.headers()
        if header["alg"] not in ALGORITHMS:
            raise NotSignedIn
        key = self.keys.key(str(header["kid"]))
        if key is None:
            raise NotSignedIn
        return key

    def read(self, claims: Mapping[str, Any]) -> Person:
        """The person that checked claims tell of."""
        account = claims.get(self.account_claim)
        return Person(
            sub=claims["sub"],
            account_id=account if isinstance(account, str) and ACCOUNT_ID.fullmatch(account) else None,
            groups=_words(claims.get("groups")) | _words(claims.get("cognito:groups")),
            scopes=_words(claims.get("scope")) | _words(claims.get("scp")),
            signed_in_at=self._moment(claims.get("auth_time")),
            is_owner=not self.owner_claim or _is_true(claims.get(self.owner_claim)),
            language=_language(claims.get("locale")),
        )

    def _moment(self, seconds: object) -> datetime | None:
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            return None
        at = datetime.fromtimestamp(seconds, UTC)
        return at if at <= self.now() + timedelta(seconds=_LEEWAY_S) else None


def _is_true(claim: object) -> bool:
    return claim is True or claim == "true"  # Amazon Cognito writes custom claims as text


def _words(claim: object) -> frozenset[str]:
    if isinstance(claim, str):
        return frozenset(claim.split())
    return frozenset(each for each in claim if isinstance(each, str)) if isinstance(claim, list) else frozenset()


def _language(locale: object) -> Language | None:
    spoken = locale[:2].lower() if isinstance(locale, str) else ""
    return next((each for each in LANGUAGES if each == spoken), None)
