"""Hostile input for the forms of our pages: any fields, names and bytes, with a session and token that hold."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote_from_bytes, urlencode

from hypothesis import strategies as st

from chalicelib import clock
from chalicelib.pages import sessions
from chalicelib.pages.forms import FIELD, token_for
from chalicelib.pages.sessions import Session
from chalicelib.signin import Person
from tests.stories.people import Answer, Desk, send

KIND: Final = "application/x-www-form-urlencoded"

NAMES: Final = (
    "product category subject content request language understood once text code number stop_code address email "
    "account_id account_ids expected_version kind reason reason_code review_at to into matched q key vi en "
    "needs_answer lang next cursor status form_token __class__ replies.0.key"
).split()
_ODD: Final = (
    "", " ", "\0", "\x1b[31m", "\r\nBcc: all@x.example", "\u2028", "\u202e", "\ufeff", "\uffff", "🜨" * 300, "ỗ" * 9_000,
    "<script>alert(1)</script>", "{{ 7*7 }}", "{number}", "%s%n", "../../etc/passwd", "';--", "-1", "0", "1e400", "NaN",
    "9" * 400, "٣", "on", "closure", "support", "other", "technical_support", "2030-01-01T10:00", "0001-01-01T00:00",
    "9999-12-31T23:59", "a@b", "a@b.example", "@", "SO-222222", "acc-0001", "account_closure", "en", "vi", "true",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Somebody at a browser. `session` None: nobody is signed in."""

    session: Session | None

    def sends(self, desk: Desk, path: str, body: bytes, kind: str = KIND) -> Answer:
        """The form, from where our own pages stand."""
        headers = {"Content-Type": kind, "Origin": desk.cloud.desk_url}
        if self.session:
            headers["Cookie"] = sessions.cookie_of(self.session).partition(";")[0]
        return send(desk.cloud.desk_url, "POST", path, body, headers)

    def opens(self, desk: Desk, path: str) -> Answer:
        cookie = sessions.cookie_of(self.session).partition(";")[0] if self.session else ""
        return send(desk.cloud.desk_url, "GET", path, None, {"Cookie": cookie})

    def body(self, fields: list[tuple[str, str | bytes]]) -> bytes:
        """The fields as a browser would send them, and the token with them."""
        return urlencode([*fields, (FIELD, token_for(self.session))]).encode()


def visitor(**who: object) -> Visitor:
    """Whoever these claims make, signed in just now."""
    person = Person(signed_in_at=clock.now(), is_owner=True, **who)  # type: ignore[arg-type]
    return Visitor(session=sessions.begun(person, "Nguyễn Thị Lan", before=None))


NOBODY: Final = Visitor(session=None)

values = st.one_of(st.sampled_from(_ODD), st.text(max_size=12), st.binary(max_size=6))
fields = st.lists(st.tuples(st.sampled_from(NAMES), values), max_size=8)
torn = st.binary(max_size=40).map(lambda raw: quote_from_bytes(raw, safe="&=+%;").encode() + b"%")
"""Bodies that are no form at all: torn percent signs, bare ampersands."""


def faults(answer: Answer) -> list[str]:
    """What is wrong with an answer to a form, whatever was sent: a page with every safety header, or on to a page."""
    kept: dict[str, Callable[[str], bool]] = {
        "Content-Security-Policy": lambda said: "default-src 'none'" in said and "frame-ancestors 'none'" in said,
        "X-Content-Type-Options": lambda said: said == "nosniff",
        "X-Frame-Options": lambda said: said == "DENY",
        "Referrer-Policy": lambda said: said == "same-origin",
        "Strict-Transport-Security": bool,
        "Cache-Control": lambda said: said == "no-store",
        "X-Request-Id": bool,
        "Content-Type": lambda said: said == "text/html; charset=utf-8",
    }
    found = [name for name, holds in kept.items() if not holds(answer.headers.get(name, ""))]
    is_page = answer.status == 303 or answer.raw.lower().startswith(b"<!doctype html>")
    return [*found, *([] if answer.status < 500 else [str(answer.status)]), *([] if is_page else ["no page"])]
