"""A real browser: Debian's Chromium, driven by Playwright. One for the process, a fresh profile for each story.

On a machine without Chromium these stories are left out, and the last lines of the run say so; CI installs it.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

from tests.stories.people import Desk

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
SECONDS = 20

if not CHROMIUM and not os.environ.get("CI"):
    collect_ignore_glob = ["test_*.py"]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if not CHROMIUM:
        terminalreporter.write_line(
            "No Chromium here: the stories in tests/stories/browser were left out.", yellow=True
        )


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


Window = Callable[..., Page]


@pytest.fixture
def window(chromium: Browser, desk: Desk) -> Iterator[Window]:
    """Opens a window on the desk, a profile of its own: `window(language="vi", width=360, scripts=False)`. A page that
    breaks its own content security policy, or throws in a script, fails the story."""
    opened: list[BrowserContext] = []
    faults: list[str] = []

    def window(*, language: str = "vi", width: int = 1280, scripts: bool = True) -> Page:
        context = chromium.new_context(
            base_url=desk.cloud.desk_url, java_script_enabled=scripts, accept_downloads=True,
            locale="vi-VN" if language == "vi" else "en-GB", viewport={"width": width, "height": 900},
        )  # fmt: skip
        context.set_default_timeout(SECONDS * 1000)
        opened.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
        return page

    yield window
    for each in opened:
        with suppress(Error):
            each.close()
    assert not faults
