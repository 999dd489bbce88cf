"""Forms that only our own pages send: a token in each, and a look at where the browser says it comes from.

Signed in, the token is bound to the session. Without a sign-in a browser lends nobody any power; there it only shows
that a page of ours was read within a day or two, and is the same on all of them: nothing can be told from it (rule 8).
After OWASP's Cross-Site Request Forgery Prevention Cheat Sheet.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from chalicelib import clock, keys
from chalicelib.pages.sessions import Session
from chalicelib.settings import settings

FIELD = "form_token"


def token_for(session: Session | None) -> str:
    """The token that a form carries in the field `form_token`."""
    return keys.token("form", "session", session.sid) if session else keys.token("form", "day", str(_day()))


def is_ours(given: str, session: Session | None) -> bool:
    """Whether the form came from a page of ours, shown to this session."""
    if session:
        return keys.is_token(given, "form", "session", session.sid)
    return any([keys.is_token(given, "form", "day", str(day)) for day in (_day(), _day() - 1)])  # noqa: C419


def _day() -> int:
    return int(clock.now().timestamp()) // 86_400


def came_from_elsewhere(headers: Mapping[str, str]) -> bool:
    """Whether the browser says that another site sent the form. Programs that say nothing have the token alone."""
    ours = urlsplit(settings().public_url)
    origin = headers.get("origin")
    if origin is not None:
        return origin.lower() != f"{ours.scheme}://{ours.netloc}".lower()
    return headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
