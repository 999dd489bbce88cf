"""A small browser for the stories: it holds cookies, follows redirects, and sends the forms that a page really shows.

an = signed_in(desk, "an")                      # walks through the local issuer's own page
page = an.opens(f"/desk/case/{number}")
page = an.sends(page, f"/desk/case/{number}/approve")
"""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from typing import Final
from urllib.parse import urlencode, urljoin, urlsplit

from tests.stories.people import Answer, Desk, send

_MOST_REDIRECTS: Final = 10


@dataclass(kw_only=True)
class Form:
    """A form as it stands on a page: where it goes, what it holds, and its buttons that say something."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    choices: set[tuple[str, str]] = field(default_factory=set)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A page as the browser shows it. `text` is what people read, `html` what came."""

    url: str
    status: int
    html: str
    text: str
    forms: list[Form]

    def form(self, path: str) -> Form:
        """The form that goes to this path; AssertionError if the page shows none."""
        found = [each for each in self.forms if urlsplit(each.action).path == path]
        assert found, (path, [each.action for each in self.forms])
        return found[-1]

    def has_form(self, path: str) -> bool:
        return any(urlsplit(each.action).path == path for each in self.forms)


class _Reading(HTMLParser):
    """Forms and words of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.words: list[str] = []
        self._form: Form | None = None
        self._area = self._select = ""
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag in ("script", "style"):
            self._silent += 1
        if tag == "form":
            self._form = Form(action=said.get("action", ""))
            self.forms.append(self._form)
        elif self._form:
            self._add(tag, said)

    def _add(self, tag: str, said: dict[str, str]) -> None:
        assert self._form
        name, value = said.get("name", ""), said.get("value", "")
        if tag == "input" and name:
            if said.get("type") in ("checkbox", "radio") and "checked" not in said:
                self._form.choices.add((name, value))
            else:
                self._form.fields[name] = value
        elif tag == "button" and name:
            self._form.choices.add((name, value))
        elif tag == "textarea":
            self._area = name
            self._form.fields[name] = ""
        elif tag == "select":
            self._select = name
        elif tag == "option":
            self._form.choices.add((self._select, value))
            if "selected" in said or self._select not in self._form.fields:
                self._form.fields[self._select] = value

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._silent -= 1
        elif tag == "form":
            self._form = None
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area and self._form:
            self._form.fields[self._area] += data.removeprefix("\n") if not self._form.fields[self._area] else data
        if not self._silent:
            self.words.append(data)


@dataclass(kw_only=True)
class Browser:
    """Somebody's browser. `language` is what it prefers; cookies are kept by host and port."""

    desk: Desk
    language: str = "en"
    cookies: dict[str, dict[str, str]] = field(default_factory=dict)

    def opens(self, path: str) -> Shown:
        """A page by its path at the desk, or by a whole address."""
        return self._shown(urljoin(self.desk.cloud.desk_url, path), None)

    def sends(self, page: Shown, path: str, **typed: str) -> Shown:
        """The page's form to this path, with what its fields hold and what is typed into them."""
        form = page.form(path)
        return self._shown(urljoin(page.url, form.action), form.fields | typed)

    def answered(self, path: str, fields: dict[str, str] | None = None) -> Answer:
        """The bare answer, without following where it leads."""
        return self._asked(urljoin(self.desk.cloud.desk_url, path), fields)

    def _shown(self, url: str, fields: dict[str, str] | None) -> Shown:
        for _ in range(_MOST_REDIRECTS):
            answer = self._asked(url, fields)
            if answer.status not in (302, 303):
                return _read(url, answer)
            url, fields = urljoin(url, str(answer.headers["Location"])), None
        raise AssertionError(f"led on and on, at last to {url}")

    def _asked(self, url: str, fields: dict[str, str] | None) -> Answer:
        parts = urlsplit(url)
        host = f"{parts.scheme}://{parts.netloc}"
        held = self.cookies.setdefault(host, {})
        headers = {"Accept-Language": self.language, "Cookie": "; ".join(f"{k}={v}" for k, v in held.items())}
        body = None
        if fields is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": host}
            body = urlencode(fields).encode()
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        answer = send(host, "GET" if body is None else "POST", path, body, headers)
        for each in answer.headers.get_all("Set-Cookie") or ():
            held |= {name: kept.value for name, kept in SimpleCookie(each).items()}
        return answer


def _read(url: str, answer: Answer) -> Shown:
    html = answer.raw.decode()
    reading = _Reading()
    reading.feed(html)
    words = " ".join(" ".join(reading.words).split())
    return Shown(url=url, status=answer.status, html=html, text=words, forms=reading.forms)


def signed_in(desk: Desk, who: str, *, language: str = "en") -> Browser:
    """The browser of somebody who went through the issuer's sign-in: one of the team by `sub`, or an account id."""
    browser = Browser(desk=desk, language=language)
    page = browser.opens("/signin?to=/signed-in")
    known = ("as", who) in page.forms[0].choices
    chosen = {"as": who} if known else {"as": "another", "account_id": who}
    done = browser.sends(page, "/authorize", **chosen)
    assert urlsplit(done.url).path == "/signed-in", (done.url, done.text)
    return browser
