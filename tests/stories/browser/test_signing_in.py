"""Signing in and out on the pages, by OpenID Connect, against the local issuer."""

from urllib.parse import parse_qs, parse_qsl, quote, urlsplit

import pytest
from playwright.sync_api import expect

from tests.infra.signing_client import ask
from tests.stories.browser.conftest import Window
from tests.stories.browser.looking import signs_in_as_customer
from tests.stories.people import Desk


def test_who_signs_in_comes_back_to_where_they_were_and_may_sign_out(desk: Desk, window: Window) -> None:
    lan = desk.customer()
    page = window(language="en")
    signs_in_as_customer(page, lan, to="/close-account")
    assert urlsplit(page.url).path == "/close-account"
    (session,) = [each for each in page.context.cookies() if each["name"] == "signoff_session"]
    assert session["httpOnly"]
    assert session["secure"]
    assert session["sameSite"] == "Lax"
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    assert "signoff_session" not in {each["name"] for each in page.context.cookies()}
    page.get_by_role("link", name="Sign out at the sign-in service as well").click()
    assert urlsplit(page.url).path == "/signed-out"


def test_who_cancels_stays_outside(desk: Desk, window: Window) -> None:
    page = window(language="en")
    page.goto("/signin?to=/close-account")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("alert")).to_contain_text("You have cancelled the sign-in.")
    assert "signoff_session" not in {each["name"] for each in page.context.cookies()}


@pytest.mark.parametrize(
    "wrong",
    [{"nonce": "wrong"}, {"nonce": None}, {"aud": "another-client"}, {"iss": "https://evil.example"}, {"exp": 1}],
    ids=str,
)
def test_a_token_that_is_not_the_answer_to_this_sign_in_signs_nobody_in(
    desk: Desk, window: Window, wrong: dict[str, object]
) -> None:
    lan = desk.customer()
    page = window(language="en")
    desk.panel("POST", "/issuer", {"next_id_token": wrong})
    signs_in_as_customer(page, lan, to="/close-account")
    expect(page.get_by_role("alert")).to_contain_text("The sign-in could not be completed.")
    assert "signoff_session" not in {each["name"] for each in page.context.cookies()}


def test_a_code_without_the_state_that_this_browser_began_with_signs_nobody_in(desk: Desk, window: Window) -> None:
    lan = desk.customer()
    begun = desk.page("/signin?to=/close-account").headers["Location"]
    asked = dict(parse_qsl(urlsplit(begun).query)) | {"as": "another", "account_id": lan.account_id}
    link = ask(begun.partition("?")[0], asked).headers["location"]
    assert parse_qs(urlsplit(link).query)["code"]
    victim = window(language="en")
    victim.goto("/signin?to=/close-account")
    victim.goto(link)
    expect(victim.get_by_role("alert")).to_contain_text("The sign-in could not be completed.")
    assert "signoff_session" not in {each["name"] for each in victim.context.cookies()}


@pytest.mark.parametrize(
    "to",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "/%09/evil.example", "javascript:alert(1)",
     "/signin?to=/signin", "/x\r\nSet-Cookie:a=b"],
)  # fmt: skip
def test_a_sign_in_never_leads_to_another_host(desk: Desk, window: Window, to: str) -> None:
    lan = desk.customer()
    page = window(language="en")
    page.goto(f"/signin?to={quote(to, safe='')}")
    page.get_by_label("Account id").fill(lan.account_id)
    page.get_by_role("button", name="Sign in").click()
    assert page.url.startswith(desk.cloud.desk_url + "/")
    assert "evil" not in page.url
