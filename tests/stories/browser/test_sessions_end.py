"""A session that ends while somebody writes takes no word with it, and an old sign-in closes no account."""

import pytest
from playwright.sync_api import Page, expect

from tests.stories.browser.conftest import Window
from tests.stories.browser.looking import signs_in_as_customer
from tests.stories.people import Customer, Desk

WORDS = "Tôi muốn hủy tài khoản.\nTôi đã chuyển hết dữ liệu sang nơi khác rồi, xin cảm ơn."


def signs_in_beside(page: Page, customer: Customer) -> None:
    """Follows the link to a tab of its own, signs in there, and leaves that tab."""
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Đăng nhập lại").click()
    beside = opened.value
    beside.locator("input[name=account_id]").fill(customer.account_id)
    beside.locator("form", has=beside.locator("input[name=account_id]")).locator("button").first.click()
    beside.wait_for_url("**/signed-in")
    beside.close()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_what_was_typed_outlives_the_session_and_makes_one_ticket(desk: Desk, window: Window, scripts: bool) -> None:
    lan = desk.customer()
    page = window(language="vi", scripts=scripts)
    signs_in_as_customer(page, lan, to="/portal/new")
    page.get_by_label("Sản phẩm").select_option(label="Sản phẩm khác")
    page.get_by_label("Danh mục").select_option(label="Hỗ trợ kỹ thuật")
    page.get_by_label("Tiêu đề").fill("Hủy tài khoản")
    page.get_by_label("Nội dung").fill(WORDS)
    desk.advance("PT9H")
    page.get_by_role("button", name="Gửi đến bộ phận kỹ thuật").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Vui lòng đăng nhập lại")
    expect(page.get_by_label("Nội dung")).to_have_value(WORDS)
    assert lan.tickets() == []
    signs_in_beside(page, lan)
    page.get_by_role("button", name="Gửi lại").dblclick()
    expect(page.get_by_role("status")).to_contain_text("SO-")
    expect(page.locator(".timeline .words")).to_have_text(WORDS, use_inner_text=True)
    (number,) = lan.tickets()
    expect(page.get_by_role("heading", level=1)).to_contain_text(number)


def test_a_sign_in_older_than_a_quarter_of_an_hour_closes_nothing_until_it_is_made_afresh(
    desk: Desk, window: Window
) -> None:
    lan = desk.customer()
    page = window(language="vi")
    signs_in_as_customer(page, lan, to="/portal/close")
    page.get_by_label("Nội dung").fill(WORDS)
    page.get_by_role("checkbox").check()
    desk.advance("PT20M")
    page.get_by_role("button", name="Đúng, hãy xóa tài khoản của tôi").click()
    expect(page.get_by_role("main")).to_contain_text("Ở bước này")
    assert lan.tickets() == []
    signs_in_beside(page, lan)
    page.get_by_role("button", name="Gửi lại").click()
    expect(page.locator("main .badge").first).to_have_text("Đang xem xét")
    (number,) = lan.tickets()
    assert lan.ticket(number)["timeline"][0]["text"] == WORDS
