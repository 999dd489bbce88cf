"""What a client may ask of the authorization endpoint (RFC 6749 and 7636, OpenID Connect Core), and what is refused."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

Given = dict[str, str]

KNOWN: Final = frozenset(
    "response_type client_id redirect_uri scope state nonce code_challenge code_challenge_method response_mode prompt "
    "max_age ui_locales request request_uri".split()
)
_PROMPTS: Final = frozenset(("login", "consent", "select_account", "none"))


class NotOurs(Exception):
    """No redirect may answer this: who asked, or where to answer, isn't known."""


class Faulty(Exception):
    """The client hears of it where it is redirected to; `error` is one of the standards' words."""

    def __init__(self, error: str, description: str, *, request: "Request") -> None:
        super().__init__(description)
        self.back = request.back_with(error=error, error_description=description)


@dataclass(frozen=True, kw_only=True)
class Request:
    """A client's wish to have somebody sign in, as far as it holds."""

    given: Given
    redirect_uri: str

    @property
    def nonce(self) -> str | None:
        return self.given.get("nonce")

    @property
    def code_challenge(self) -> str:
        return self.given["code_challenge"]

    def back_with(self, **said: str) -> str:
        """Where the browser goes with this answer; the client's `state` goes with it."""
        state = {"state": self.given["state"]} if "state" in self.given else {}
        return f"{self.redirect_uri}?{urlencode(said | state)}"


def read(pairs: Sequence[tuple[str, str]], *, client_id: str, redirect_uri: str) -> Request:
    """The request if everything holds; `NotOurs` or `Faulty` if not."""
    counts = Counter(name for name, _ in pairs)
    given = {name: value for name, value in pairs if name in KNOWN and counts[name] == 1}
    if given.get("client_id") != client_id:
        raise NotOurs("client_id")
    if given.get("redirect_uri") != redirect_uri:
        raise NotOurs("redirect_uri")
    request = Request(given=given, redirect_uri=redirect_uri)
    if repeated := sorted(name for name in KNOWN if counts[name] > 1):
        raise Faulty("invalid_request", f"given more than once: {', '.join(repeated)}", request=request)
    for error, is_wrong, description in _FAULTS:
        if is_wrong(given):
            raise Faulty(error, description, request=request)
    return request


def _is_no_number(text: str) -> bool:
    return not re.fullmatch(r"[0-9]{1,10}", text)


def _has_wrong_prompt(given: Given) -> bool:
    prompts = given.get("prompt", "").split()
    return not _PROMPTS.issuperset(prompts) or ("none" in prompts and len(prompts) > 1)


_FAULTS: Final[tuple[tuple[str, Callable[[Given], bool], str], ...]] = (
    ("request_not_supported", lambda given: "request" in given, "request objects are not supported"),
    ("request_uri_not_supported", lambda given: "request_uri" in given, "request_uri is not supported"),
    ("invalid_request", lambda given: "response_type" not in given, "response_type is missing"),
    ("unsupported_response_type", lambda given: given["response_type"] != "code", "response_type must be code"),
    ("invalid_request", lambda given: given.get("response_mode", "query") != "query", "response_mode must be query"),
    ("invalid_scope", lambda given: "openid" not in given.get("scope", "").split(" "), "scope must contain openid"),
    ("invalid_request", lambda given: "code_challenge" not in given, "code_challenge is missing"),
    (
        "invalid_request",
        lambda given: given.get("code_challenge_method") != "S256",
        "code_challenge_method must be S256",
    ),
    (
        "invalid_request",
        lambda given: not re.fullmatch(r"[A-Za-z0-9_-]{43}", given["code_challenge"]),
        "code_challenge must be 43 characters of base64url",
    ),
    ("invalid_request", lambda given: _is_no_number(given.get("max_age", "0")), "max_age must be a number of seconds"),
    ("invalid_request", _has_wrong_prompt, "prompt is not one of those that OpenID Connect names"),
    ("login_required", lambda given: given.get("prompt") == "none", "nobody stays signed in here"),
)
