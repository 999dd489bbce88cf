"""Every page there is, on a desk with something of everything: usable by all, in one language, light, locked down."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Request

from infra import demo_desk
from infra.furnished import Shown, furnish
from infra.local.seeds import PEOPLE
from infra.measure_pages import cookie_of
from tests.stories import conftest
from tests.stories.browser.conftest import Window
from tests.stories.browser.looking import HEAVIEST, foreign_words, overflow, violations
from tests.stories.people import Desk, send

_LINKED = re.compile(r"/static/[a-z._-]+")
_FOCUS = """() => {
  const it = document.activeElement;
  if (!it || it === document.body) return null;
  const style = getComputedStyle(it);
  const seen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  return { what: it.outerHTML.slice(0, 120), seen };
}"""
_TABBABLE = """() => {
  const all = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")];
  const hidden = (it) => it.closest("details:not([open]) > :not(summary)");
  return all.filter((it) => !it.disabled && it.tabIndex >= 0 && it.getClientRects().length && !hidden(it)).length;
}"""


@dataclass(frozen=True, kw_only=True)
class Furnished:
    desk: Desk
    pages: list[Shown]


@pytest.fixture(scope="module")
def furnished() -> Furnished:
    desk = conftest.clouds.desk(conftest.USUAL | {"COMPANY": "Signoff in pictures"})
    for account_id, person in PEOPLE.items():
        desk.system("PUT", f"/accounts/{account_id}", person).ok(201)
    cloud = desk.cloud
    plain = demo_desk.Desk(url=cloud.desk_url, panel_url=cloud.panel_url, smtp_port=cloud.smtp_port)
    return Furnished(desk=desk, pages=furnish(plain))


@pytest.fixture
def desk(furnished: Furnished) -> Desk:
    return furnished.desk


def visits(page: Page, shown: Shown, desk: Desk, language: str) -> None:
    page.context.clear_cookies()
    if cookie := cookie_of(shown).get("Cookie"):
        name, _, value = cookie.partition("=")
        page.context.add_cookies([{"name": name, "value": value, "url": desk.cloud.desk_url, "secure": True}])
    page.goto(f"{shown.path}{'&' if '?' in shown.path else '?'}lang={language}")


@pytest.mark.parametrize(("language", "width"), [("vi", 360), ("en", 1280)])
def test_every_page_can_be_used_by_everybody_in_one_language(
    furnished: Furnished, window: Window, language: str, width: int
) -> None:
    page = window(language=language, width=width)
    faults = []
    for shown in furnished.pages:
        page.set_viewport_size({"width": width, "height": 900})
        visits(page, shown, furnished.desk, language)
        assert page.locator("html").get_attribute("lang") == language
        found = violations(page) + overflow(page) + foreign_words(page, language, typed={"Hủy tài khoản"})
        page.set_viewport_size({"width": 1640 - width, "height": 900})  # the other width
        found += overflow(page)
        faults += [f"{shown.name}: {fault}" for fault in found]
    assert not faults, "\n".join(faults)


def test_every_page_can_be_used_by_keyboard_alone(furnished: Furnished, window: Window) -> None:
    page = window(language="en")
    faults = []
    for shown in furnished.pages:
        visits(page, shown, furnished.desk, "en")
        wanted, reached = int(page.evaluate(_TABBABLE)), 0
        for _ in range(wanted):
            page.keyboard.press("Tab")
            focused = page.evaluate(_FOCUS)
            if focused is None:
                break
            reached += 1
            faults += [] if focused["seen"] else [f"{shown.name}: no focus to be seen on {focused['what']}"]
        faults += [] if reached == wanted else [f"{shown.name}: {reached} of {wanted} reached"]
    assert not faults, "\n".join(faults)


def test_every_page_is_light_and_needs_no_other_host(furnished: Furnished, window: Window) -> None:
    page = window(language="vi")
    ours = urlsplit(furnished.desk.cloud.desk_url).netloc
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))  # noqa: PLW0108 - Playwright marks what it is given
    faults = []
    for shown in furnished.pages:
        asked.clear()
        visits(page, shown, furnished.desk, "vi")
        own = send(furnished.desk.cloud.desk_url, "GET", shown.path, None, cookie_of(shown))
        files = [send(furnished.desk.cloud.desk_url, "GET", each) for each in set(_LINKED.findall(own.raw.decode()))]
        weight = len(own.raw) + sum(len(each.raw) for each in files)
        faults += [f"{shown.name}: {weight} bytes"] if weight > HEAVIEST else []
        faults += [f"{shown.name}: {each.url}" for each in asked if urlsplit(each.url).netloc not in (ours, "")]
    assert not faults


def test_every_page_is_locked_down(furnished: Furnished) -> None:
    for shown in furnished.pages:
        answer = send(furnished.desk.cloud.desk_url, "GET", shown.path, None, cookie_of(shown))
        assert answer.status == (404 if shown.name == "not-found" else 200), shown.name
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy, shown.name
        assert "unsafe" not in policy, shown.name
        assert "frame-ancestors 'none'" in policy, shown.name
        assert answer.headers["X-Content-Type-Options"] == "nosniff", shown.name
        assert answer.headers["Cache-Control"] == "no-store", shown.name
        assert answer.headers["Referrer-Policy"] == "same-origin", shown.name
        page = answer.raw.decode()
        assert "<script>" not in page, shown.name
        assert " style=" not in page, shown.name
        assert " onclick=" not in page, shown.name


def test_every_page_is_for_its_readers_alone(furnished: Furnished) -> None:
    agents = [each for each in furnished.pages if each.who in ("agent", "admin")]
    lan = next(each for each in furnished.pages if each.who == "customer")
    assert agents
    for shown in agents:
        url = furnished.desk.cloud.desk_url
        assert send(url, "GET", shown.path, None, cookie_of(lan)).status == 403, shown.name
        assert send(url, "GET", shown.path).status == 303, shown.name
