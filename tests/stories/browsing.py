"""A browser of the stories: it holds cookies, follows redirects, and sends the forms that stand on its pages.

    browser = Browser(desk, language="vi").signs_in("acc-0001", to="/portal/new")
    browser.fills("/portal/new", subject="Hủy tài khoản")
    assert "SO-" in browser.text

    an = signed_in(desk, "an")
    seen = an.opens(f"/desk/case/{number}")
    an.sends(seen, f"/desk/case/{number}/approve")  # however long ago it was opened

Each page that it opens is held to what every page of ours promises: see `Page.faults`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from typing import Final
from urllib.parse import urlencode, urljoin, urlsplit

from tests.stories.people import Answer, Desk, send

_FORM = "application/x-www-form-urlencoded"
_TYPED = ("input", "select", "textarea")
_VOID = ("input", "br", "img", "link", "meta", "hr", "wbr", "col")
_MOST_REDIRECTS: Final = 10


@dataclass
class Form:
    """A form as it stands on a page: where it goes, what it holds, and its buttons that say something."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class Page(HTMLParser):
    """What a browser makes of an answer: its text, its forms as they would be sent, and what is wrong with it."""

    def __init__(self, answer: Answer, url: str) -> None:
        super().__init__()
        self.answer = answer
        self.url = url
        self.html = answer.raw.decode()
        self.forms: list[Form] = []
        self.headings: list[int] = []
        self.links: list[str] = []
        self._text: list[str] = []
        self._ids: set[str] = set()
        self._labels_for: set[str] = set()
        self._labelled: list[str] = []
        self._named: list[str] = []
        self._faults: list[str] = []
        self._open: list[str] = []
        self._select: tuple[str, str | None] | None = None
        self._textarea: str | None = None
        self.feed(self.html)

    @property
    def status(self) -> int:
        return self.answer.status

    @property
    def path(self) -> str:
        parts = urlsplit(self.url)
        return parts.path + (f"?{parts.query}" if parts.query else "")

    @property
    def text(self) -> str:
        """What people read."""
        return " ".join(" ".join(self._text).split())

    def form(self, path: str, **held: str) -> Form:
        """The form that is sent to this path, and holds these; AssertionError if the page shows none."""
        found = self._forms_to(path, held)
        assert found, (path, held, [each.action for each in self.forms])
        return found[-1]

    def has_form(self, path: str, **held: str) -> bool:
        return bool(self._forms_to(path, held))

    def _forms_to(self, path: str, held: dict[str, str]) -> list[Form]:
        return [
            each for each in self.forms if urlsplit(each.action).path == path and held.items() <= each.fields.items()
        ]

    def faults(self) -> Iterator[str]:
        """Inline styles and scripts, fields without a label, headings out of order, names of things not there."""
        yield from self._faults
        yield from (f"{each} has no label" for each in self._labelled if each not in self._labels_for)
        yield from (f"#{each} is not there" for each in self._named if each not in self._ids)
        if self.headings.count(1) != 1:
            yield "not just one first heading"
        steps = zip(self.headings, self.headings[1:], strict=False)
        yield from (f"h{after} follows h{before}" for before, after in steps if after > before + 1)

    # ── reading ─────────────────────────────────────────────────────────────────────────────────────────────

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._note(tag, given)
        if tag == "form":
            self.forms.append(Form(given.get("action", "")))
        elif tag in _TYPED:
            self._add_field(tag, given)
        elif tag == "option":
            self._add_option(given)
        elif tag == "button" and self.forms and "name" in given:
            self.forms[-1].buttons.append((given["name"], given.get("value", "")))
        elif tag == "a":
            self.links.append(given.get("href", ""))
        elif tag in ("h1", "h2", "h3", "h4"):
            self.headings.append(int(tag[1]))

    def _note(self, tag: str, given: dict[str, str]) -> None:
        if "style" in given or tag == "style" or (tag == "script" and "src" not in given):
            self._faults.append(f"an inline style or script in <{tag}>")
        self._faults += [f"{name} of <{tag}>" for name in given if name.startswith("on")]
        self._ids |= {given["id"]} if "id" in given else set()
        self._labels_for |= {given["for"]} if "for" in given else set()
        self._named += given.get("aria-describedby", "").split()
        if tag not in _VOID:
            self._open.append(tag)

    def _add_field(self, tag: str, given: dict[str, str]) -> None:
        if given.get("type") != "hidden" and "label" not in self._open:
            self._labelled.append(given.get("id", "a field"))
        if "name" not in given:
            return  # it is for the page's script, and not sent
        if tag == "select":
            self._select = (given["name"], None)
        elif tag == "textarea":
            self._textarea = given["name"]
            self.forms[-1].fields[given["name"]] = ""
        elif given.get("type") not in ("checkbox", "radio") or "checked" in given:
            self.forms[-1].fields[given["name"]] = given.get("value", "on")

    def _add_option(self, given: dict[str, str]) -> None:
        if self._select and (self._select[1] is None or "selected" in given):
            self._select = (self._select[0], given["value"])
            self.forms[-1].fields[self._select[0]] = given["value"]

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass
        if tag == "textarea":
            self._textarea = None
        elif tag == "select":
            self._select = None

    def handle_data(self, data: str) -> None:
        if self._textarea is not None:
            said = self.forms[-1].fields[self._textarea] + data
            self.forms[-1].fields[self._textarea] = said.removeprefix("\n")
        if not {"script", "style"} & set(self._open):
            self._text.append(data)


class Browser:
    """Somebody's browser. `page` is what it shows, `cookies` what it holds for each host; `language` is what it
    prefers."""

    def __init__(self, desk: Desk, *, language: str = "en") -> None:
        self.desk = desk
        self.language = language
        self.page: Page
        self.cookies: dict[str, dict[str, str]] = {}

    @property
    def answer(self) -> Answer:
        return self.page.answer

    @property
    def html(self) -> str:
        return self.page.html

    @property
    def text(self) -> str:
        return self.page.text

    @property
    def path(self) -> str:
        return self.page.path

    def signs_in(self, who: str, *, to: str = "/portal", again: bool = False) -> "Browser":
        """Walks through the issuer's own page, as one of the team by name or with an account id, and comes back."""
        self.opens(f"/signin?{urlencode({'to': to} | ({'again': '1'} if again else {}))}")
        known = next((each for each in self.page.forms if ("as", who) in each.buttons), None)
        form = known or next(each for each in self.page.forms if "account_id" in each.fields)
        chosen = {"as": who} if known else {**dict(form.buttons[:1]), "account_id": who}
        form.action = urljoin(self.page.url, form.action)
        assert self.submits(form, **chosen).status == 200, self.html
        return self

    def opens(self, path: str) -> Page:
        """A page by its path at the desk, or by a whole address."""
        return self._goes(urljoin(self.desk.cloud.desk_url, path), None)

    def fills(self, path: str, **typed: str) -> Page:
        """Sends the form of the page that goes to this path, with what is typed into it."""
        return self.sends(self.page, path, **typed)

    def sends(self, page: Page, path: str, **typed: str) -> Page:
        """The same, from a page that was opened before."""
        return self.submits(page.form(path), **typed)

    def submits(self, form: Form, **typed: str) -> Page:
        """This form, where several go to the same path."""
        return self._goes(urljoin(self.desk.cloud.desk_url, form.action), form.fields | typed)

    def answered(self, path: str, fields: dict[str, str] | None = None) -> Answer:
        """The bare answer, without following where it leads; with fields, to a form that is sent."""
        return self._asked(urljoin(self.desk.cloud.desk_url, path), fields)

    def _goes(self, url: str, fields: dict[str, str] | None) -> Page:
        for _ in range(_MOST_REDIRECTS):
            answer = self._asked(url, fields)
            if answer.status not in (302, 303):
                break
            url, fields = urljoin(url, str(answer.headers["Location"])), None
        else:
            raise AssertionError(f"led on and on, at last to {url}")
        self.page = Page(answer, url)
        if url.startswith(self.desk.cloud.desk_url) and answer.headers.get_content_type() == "text/html":
            assert list(self.page.faults()) == [], self.path
        return self.page

    def _asked(self, url: str, fields: dict[str, str] | None) -> Answer:
        parts = urlsplit(url)
        host = f"{parts.scheme}://{parts.netloc}"
        held = self.cookies.setdefault(host, {})
        headers = {"Accept-Language": self.language, "Cookie": "; ".join(f"{k}={v}" for k, v in held.items() if v)}
        body = None
        if fields is not None:
            body, headers = urlencode(fields).encode(), headers | {"Content-Type": _FORM, "Origin": host}
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        answer = send(host, "GET" if body is None else "POST", path, body, headers)
        for each in answer.headers.get_all("Set-Cookie") or ():
            held |= {name: kept.value for name, kept in SimpleCookie(each).items()}
        return answer


def signed_in(desk: Desk, who: str, *, language: str = "en") -> Browser:
    """The browser of somebody who went through the issuer's sign-in: one of the team by name, or an account id."""
    return Browser(desk, language=language).signs_in(who, to="/signed-in")
