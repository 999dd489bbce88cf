"""Case 2 of the guide on the tracking page, in a real browser: no sign-in anywhere."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.stories.browser.conftest import Window
from tests.stories.browser.looking import foreign_words, overflow, violations
from tests.stories.letters import CLOSE, code_in, link_in, mailbox_of, new_customer, stop_code_in, wrong
from tests.stories.people import Desk, Json


def opens(page: Page, mail: Json) -> None:
    """Opens the mail's own link."""
    page.goto(urlsplit(link_in(mail)).path)


def asks_on_the_public_page(page: Page, address: str) -> None:
    page.goto("/close-account")
    page.get_by_label("Registered mail address").fill(address)
    page.get_by_role("button", name="Send me a code").click()
    expect(page.get_by_role("status")).to_contain_text("a code is on its way to it")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_who_can_t_sign_in_closes_the_account_by_the_tracking_page(desk: Desk, window: Window, scripts: bool) -> None:
    john, an = new_customer(desk, has_data=True), desk.agent()
    page = window(language="en", scripts=scripts)
    asks_on_the_public_page(page, john.email)
    (code_mail,) = john.mails()
    opens(page, code_mail)
    expect(page.locator("[aria-current=step]")).to_contain_text("Ownership verified")
    page.get_by_label("Code", exact=True).fill(wrong(code_in(code_mail)).lower())
    page.get_by_role("button", name="Yes, close my account").click()
    expect(page.get_by_role("alert")).to_contain_text("This code is not right")
    page.get_by_label("Code", exact=True).fill(code_in(code_mail).lower().replace("-", " "))
    page.get_by_role("button", name="Yes, close my account").click()
    expect(page.get_by_role("status")).to_contain_text("The code was right")
    number = page.get_by_role("heading", level=1).inner_text().split()[-1]
    an.approves(number)
    desk.advance("P9D")
    opens(page, john.mails()[-1])
    expect(page.locator(".badge").first).to_have_text("Closed – account removed")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the signed receipt").click()
    assert download.value.suggested_filename == f"{number}-receipt.json"
    assert john.account().status == 404


def test_the_owner_stops_a_request_that_somebody_else_made(desk: Desk, window: Window) -> None:
    john = new_customer(desk)
    page = window(language="en")
    asks_on_the_public_page(page, john.email)
    (mail,) = john.mails()
    opens(page, mail)
    page.get_by_label("Stop code").fill(stop_code_in(mail))
    page.get_by_role("button", name="Stop this request").click()
    expect(page.get_by_role("status")).to_contain_text("The request was stopped")
    assert john.account().ok()["status"] == "active"


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_pages_without_sign_in_can_be_used_by_everybody(desk: Desk, window: Window, language: str, width: int) -> None:
    john = new_customer(desk)
    mailbox_of(desk, john).writes(CLOSE)
    (mail,) = john.mails()
    page = window(language=language, width=width)
    tracked = urlsplit(link_in(mail)).path
    faults = []
    for path in (
        "/close-account",
        "/close-account?asked=1",
        tracked,
        "/signed-out",
        "/signed-in",
        "/track/so-222222.aaaaaaaaaa",
    ):
        page.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")
        found = violations(page) + overflow(page) + foreign_words(page, language)
        faults += [f"{path}: {fault}" for fault in found]
    assert not faults
