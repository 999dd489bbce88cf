"""Who is signed in on the pages: a session sealed into a cookie, so that nothing has to be kept or looked up.

A seal is authenticated encryption (JWE, `dir` with A256GCM, RFC 7516) by a key derived from the desk's secrets: nobody
else can make or read one. What a session says is read again only at the next sign-in, so it lives for SESSION_FOR.
"""

import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final
from urllib.parse import urlsplit

from msgspec import Struct

from chalicelib import clock, keys
from chalicelib.language import LANGUAGES
from chalicelib.settings import settings
from chalicelib.signin import Person

COOKIE: Final = "signoff_session"
_LONGEST = 4096  # what browsers keep of a cookie


class Session(Struct, frozen=True, kw_only=True):
    """A person who signed in here. `name` is for people to see; forms are bound to `sid`."""

    person: Person
    name: str
    sid: str
    ends_at: datetime

    @property
    def is_over(self) -> bool:
        return clock.now() >= self.ends_at


def begun(person: Person, name: str, *, before: Session | None) -> Session:
    """A new session. Who signs in again keeps the `sid`, so that a form they had open before can still be sent."""
    is_same = before is not None and before.person.sub == person.sub
    sid = before.sid if before and is_same else secrets.token_urlsafe(16)
    return Session(person=person, name=name[:100], sid=sid, ends_at=clock.now() + settings().session_for)


def session_of(headers: Mapping[str, str]) -> Session | None:
    """The session in these headers, perhaps one that is over; None for none, or one that isn't ours."""
    held = unsealed("session", cookies(headers).get(COOKIE, ""))
    if not held:
        return None
    signed_in_at = held["signed_in_at"]
    person = Person(
        sub=held["sub"], account_id=held["account_id"], groups=frozenset(held["groups"]), is_owner=held["is_owner"],
        signed_in_at=datetime.fromtimestamp(signed_in_at, UTC) if signed_in_at is not None else None,
        language=next((each for each in LANGUAGES if each == held["language"]), None),
    )  # fmt: skip
    ends_at = datetime.fromtimestamp(held["ends_at"], UTC)
    return Session(person=person, name=held["name"], sid=held["sid"], ends_at=ends_at)


def cookie_of(session: Session) -> str:
    """The Set-Cookie header that keeps it until the browser is closed."""
    person = session.person
    signed_in_at = person.signed_in_at.timestamp() if person.signed_in_at else None
    held = {
        "sub": person.sub, "account_id": person.account_id, "groups": sorted(person.groups),
        "is_owner": person.is_owner, "signed_in_at": signed_in_at, "language": person.language,
        "name": session.name, "sid": session.sid, "ends_at": session.ends_at.timestamp(),
    }  # fmt: skip
    return set_cookie(COOKIE, sealed("session", held))


# ── cookies ──────────────────────────────────────────────────────────────────────────────────────────────────


def set_cookie(name: str, value: str, *, lives_for_s: int | None = None) -> str:
    """A Set-Cookie header; without `lives_for_s` it goes when the browser is closed, with 0 at once."""
    path = urlsplit(settings().public_url).path or "/"
    age = "" if lives_for_s is None else f"; Max-Age={lives_for_s}"
    return f"{name}={value}; Path={path}{age}; HttpOnly; Secure; SameSite=Lax"


def cookies(headers: Mapping[str, str]) -> dict[str, str]:
    """The cookies that came, by name; none if the header can't be read."""
    try:
        return {name: each.value for name, each in SimpleCookie(headers.get("cookie", "")).items()}
    except CookieError:
        return {}


# ── seals ────────────────────────────────────────────────────────────────────────────────────────────────────


def sealed(purpose: str, held: Mapping[str, Any]) -> str:
    """What only the desk can read again, for the same purpose."""
    from joserfc import jwe
    from joserfc.jwk import OctKey

    now = keys.keyring().now
    header = {"alg": "dir", "enc": "A256GCM", "kid": now}
    key = OctKey.import_key(keys.mac("seal", purpose, key_id=now))
    return jwe.encrypt_compact(header, json.dumps(held).encode(), key)


def unsealed(purpose: str, text: str) -> dict[str, Any] | None:
    """What was sealed for this purpose by any key that is still in the ring; None for anything else."""
    from joserfc import jwe
    from joserfc.jwk import OctKey

    if not text or len(text) > _LONGEST:
        return None
    for made in keys.macs("seal", purpose):
        try:
            opened = jwe.decrypt_compact(text, OctKey.import_key(made), algorithms=["dir", "A256GCM"]).plaintext
            held: dict[str, Any] = json.loads(opened or b"")
        except Exception:  # noqa: S112 - whatever strange bytes do to the library, they are no seal
            continue
        return held
    return None
