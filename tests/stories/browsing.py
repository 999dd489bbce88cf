"""A browser of the stories: it holds cookies, follows redirects, and sends the forms that stand on its page.

    browser = Browser(desk, language="vi")
    browser.signs_in("acc-0001", to="/portal/new")
    browser.fills("/portal/new", subject="Hủy tài khoản")
    assert "SO-" in browser.text

Each page that it opens is held to what every page of ours promises: see `Page.faults`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urlsplit

from tests.stories.people import Answer, Desk, send

_FORM = "application/x-www-form-urlencoded"
_TYPED = ("input", "select", "textarea")


@dataclass
class Form:
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class Page(HTMLParser):
    """What a browser makes of a page: its text, its forms as they would be sent, and what is wrong with it."""

    def __init__(self, html: str) -> None:
        super().__init__()
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
        self.feed(html)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self._text).split())

    def form(self, path: str) -> Form:
        """The form that is sent to this path."""
        return next(each for each in self.forms if urlsplit(each.action).path == path)

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
            self.forms.append(Form(given["action"]))
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
        if tag not in ("input", "br", "img", "link", "meta", "hr"):
            self._open.append(tag)

    def _add_field(self, tag: str, given: dict[str, str]) -> None:
        if given.get("type") != "hidden" and "label" not in self._open:
            self._labelled.append(given.get("id", "a field"))
        if tag == "select":
            self._select = (given["name"], None)
        elif tag == "textarea":
            self._textarea = given["name"]
            self.forms[-1].fields[given["name"]] = ""
        elif given.get("type") != "checkbox" or "checked" in given:
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
        self._text.append(data)


class Browser:
    """One person's browser. What it shows: `answer`, its `page`, at `path`."""

    def __init__(self, desk: Desk, *, language: str = "en") -> None:
        self.desk = desk
        self.path = ""
        self.answer: Answer
        self._language = language
        self._jar: dict[tuple[str, str], str] = {}

    @property
    def html(self) -> str:
        return self.answer.raw.decode()

    @property
    def page(self) -> Page:
        return Page(self.html)

    @property
    def text(self) -> str:
        return self.page.text

    def signs_in(self, account_id: str, *, to: str = "/portal", again: bool = False) -> "Browser":
        """Walks through the issuer's own page and comes back."""
        self.opens(f"/signin?{urlencode({'to': to} | ({'again': '1'} if again else {}))}")
        issuer = next(each for each in self.page.forms if "account_id" in each.fields)
        fields = issuer.fields | dict(issuer.buttons[:1]) | {"account_id": account_id}
        self._goes("POST", self._absolute(issuer.action), fields)
        assert self.answer.status == 200, self.html
        return self

    def opens(self, path: str) -> "Browser":
        self._goes("GET", self._absolute(path))
        return self

    def fills(self, path: str, **fields: str) -> "Browser":
        """Sends the form of the page that goes to this path, with these fields changed."""
        form = self.page.form(path)
        self._goes("POST", self._absolute(form.action), form.fields | fields)
        return self

    def sends(self, path: str, fields: dict[str, str]) -> Answer:
        """One request with these fields, redirects not followed."""
        return self._once("POST", self._absolute(path), fields)

    def _goes(self, method: str, url: str, fields: dict[str, str] | None = None) -> None:
        self.answer = self._once(method, url, fields)
        for _ in range(6):
            if self.answer.status != 303:
                break
            url = self._absolute(self.answer.headers["Location"])
            self.answer = self._once("GET", url)
        parts = urlsplit(url)
        self.path = parts.path + (f"?{parts.query}" if parts.query else "")
        if self._is_ours(url) and self.answer.headers.get_content_type() == "text/html":
            assert list(self.page.faults()) == [], self.path

    def _once(self, method: str, url: str, fields: dict[str, str] | None = None) -> Answer:
        parts = urlsplit(url)
        host = f"{parts.scheme}://{parts.netloc}"
        headers = {"Accept-Language": self._language, "Cookie": self._cookies(host)}
        body = None
        if fields is not None:
            body, headers = urlencode(fields).encode(), headers | {"Content-Type": _FORM, "Origin": host}
        answer = send(host, method, parts.path + (f"?{parts.query}" if parts.query else ""), body, headers)
        for said in answer.headers.get_all("Set-Cookie", []):
            name, _, value = said.partition(";")[0].partition("=")
            self._jar[host, name] = value
        return answer

    def _cookies(self, host: str) -> str:
        return "; ".join(f"{name}={value}" for (whose, name), value in self._jar.items() if whose == host and value)

    def _absolute(self, url: str) -> str:
        if url.startswith("http"):
            return url
        return (self.desk.cloud.panel_url if url.startswith("/authorize") else self.desk.cloud.desk_url) + url

    def _is_ours(self, url: str) -> bool:
        return url.startswith(self.desk.cloud.desk_url)
