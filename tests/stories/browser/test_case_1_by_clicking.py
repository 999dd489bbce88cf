"""Case 1 of the guide wholly by clicking, in Vietnamese: a customer and an agent, each in a window of their own."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from chalicelib.closure.verify_receipt import GENUINE, verdict
from tests.stories.browser.conftest import Window
from tests.stories.browser.looking import signs_in_as_customer, signs_in_as_team
from tests.stories.people import Desk


def opens_a_ticket_as_the_guide_says(page: Page) -> str:
    """From the portal: technical support, create a ticket, the four fields, submit. The number that is confirmed."""
    page.goto("/portal")
    page.get_by_role("main").get_by_role("link", name="Tạo yêu cầu").click()
    page.get_by_label("Sản phẩm").select_option(label="Sản phẩm khác")
    page.get_by_label("Danh mục").select_option(label="Hỗ trợ kỹ thuật")
    page.get_by_label("Tiêu đề").fill("Hủy tài khoản")
    page.get_by_label("Nội dung").fill("Tôi muốn hủy tài khoản.\n<script>alert(1)</script>")
    page.get_by_role("button", name="Gửi đến bộ phận kỹ thuật").click()
    expect(page.get_by_role("status")).to_contain_text("SO-")
    return page.url.partition("?")[0].rpartition("/")[2]


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_case_1_by_clicking_to_closed_with_the_receipt_downloaded(
    desk: Desk, window: Window, tmp_path: Path, scripts: bool
) -> None:
    lan = desk.customer()
    page = window(language="vi", scripts=scripts)
    signs_in_as_customer(page, lan, to="/portal")
    number = opens_a_ticket_as_the_guide_says(page)
    expect(page.locator(".timeline .words")).to_contain_text("<script>alert(1)</script>")
    page.get_by_role("button", name="Đúng, hãy xóa tài khoản của tôi").click()
    expect(page.locator("main .badge").first).to_have_text("Đang xem xét")

    agent = window(language="vi", scripts=scripts)
    signs_in_as_team(agent, "an")
    agent.get_by_role("link", name=number).click()
    _decides(agent, "Duyệt")
    desk.settle()
    page.reload()
    expect(page.locator("[aria-current=step]")).to_contain_text("Thời gian chờ")
    desk.advance("P9D")

    # The desk's own clock went on nine days: the session has ended, the tracking link of the mail goes on working.
    mails = lan.mails()
    assert [each["subject"].partition("] ")[2] for each in mails][-1].startswith("Đã đóng (Closed)")
    signs_in_as_customer(page, lan, to=f"/portal/tickets/{number}")
    expect(page.locator("main .badge").first).to_contain_text("Đã đóng (Closed)")
    with page.expect_download() as download:
        page.get_by_role("link", name="Tải biên nhận").click()
    download.value.save_as(tmp_path / "receipt.json")
    receipt = (tmp_path / "receipt.json").read_bytes()
    assert json.loads(receipt)["ticket"] == number
    assert verdict(receipt, desk.page("/receipt-keys").raw).exits == GENUINE
    assert lan.account().status == 404


def _decides(agent: Page, label: str) -> None:
    """Opens the decision, and presses its button."""
    agent.locator("summary", has_text=label).first.click()
    agent.locator("details[open] button", has_text=label).first.click()
    expect(agent.get_by_role("status").first).to_be_visible()
