"""`make pictures`: the pictures of README, taken by Chromium from a desk that runs. They lie in docs/pictures/."""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from infra.demo_desk import Desk
from infra.furnished import Shown, furnish
from infra.local.__main__ import quiet
from infra.local.cloud import LocalCloud
from infra.measure_pages import cookie_of

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
QUIET = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync")
LANGUAGES = {"portal-close": "vi", "portal-ticket": "vi", "desk": "en", "desk-case": "en"}
"""The pages that README shows, each in the language of its readers in the story."""
WIDTH = 1100


def main(arguments: list[str]) -> int:
    """Every page at both widths, in both languages, where a folder for them is named."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        print("Chromium is needed: apt-get install chromium")
        return 1
    folder = Path(arguments[0]) if arguments else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    quiet()
    with LocalCloud() as cloud, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(QUIET))
        desk = Desk(url=cloud.desk_url, panel_url=cloud.panel_url, smtp_port=cloud.smtp_port)
        for shown in furnish(desk):
            if arguments:
                for language, width in ((each, wide) for each in ("vi", "en") for wide in (360, 1280)):
                    picture = folder / f"{shown.name}-{language}-{width}.png"
                    take(browser, desk, shown, language, picture, width=width)
            elif shown.name in LANGUAGES:
                take(browser, desk, shown, LANGUAGES[shown.name], folder / f"{shown.name}.png", width=WIDTH)
        browser.close()
    print(f"pictures in {folder}")
    return 0


def take(browser: Browser, desk: Desk, shown: Shown, language: str, picture: Path, *, width: int) -> None:
    """A picture of the page as its reader sees it, whole."""
    context = browser.new_context(
        viewport={"width": width, "height": 800}, extra_http_headers={"Accept-Language": language}
    )
    if cookie := cookie_of(shown).get("Cookie"):
        name, _, value = cookie.partition("=")
        context.add_cookies([{"name": name, "value": value, "url": desk.url, "secure": True}])
    page = context.new_page()
    page.goto(desk.url + shown.path)
    page.screenshot(path=picture, full_page=True)
    context.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
