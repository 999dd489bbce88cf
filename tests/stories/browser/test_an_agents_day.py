"""What an agent does from morning to evening, in real windows: by clicking, and by keys alone."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.stories.browser.conftest import Window
from tests.stories.browser.looking import signs_in_as_team
from tests.stories.letters import stranger
from tests.stories.people import Desk


def presses(page: Page, *keys: str) -> None:
    """Presses these once the page listens."""
    expect(page.locator("html.has-keys")).to_be_attached()
    for key in keys:
        page.keyboard.press(key)


def searches(page: Page, number: str) -> None:
    """From any page of the queue to the ticket, by keys."""
    expect(page.get_by_role("heading", level=1)).to_have_text("Queue")
    presses(page, "/")
    expect(page.get_by_label("Number, account id or mail address")).to_be_focused()
    page.keyboard.type(number)
    page.keyboard.press("Enter")
    expect(page.locator("h1 .number")).to_have_text(number)


def decision(page: Page, name: str) -> Locator:
    return page.locator(f"#decide-{name}")


def says(page: Page, sentence: str) -> None:
    expect(page.get_by_role("status").first).to_contain_text(sentence)


def test_an_agent_finds_approves_and_rejects_by_keys_alone(desk: Desk, window: Window) -> None:
    lan, minh = desk.customer(), desk.customer(language="en")
    wanted, unwanted = lan.asks_to_close(), minh.asks_to_close()
    page = window(language="en")
    signs_in_as_team(page, "an")
    presses(page, "j")
    expect(page.locator(".queue a.go").first).to_be_focused()
    presses(page, "j", "k")
    expect(page.locator(".queue a.go").first).to_be_focused()
    searches(page, wanted)
    presses(page, "a")
    expect(decision(page, "approve").get_by_role("button")).to_be_focused()
    page.keyboard.press("Enter")
    says(page, "Approved. The waiting time has begun.")
    presses(page, "u", "Enter")
    searches(page, unwanted)
    presses(page, "r")
    expect(page.get_by_label("Kind of reason")).to_be_focused()
    presses(page, "ArrowDown", "Tab")
    page.keyboard.type("An answer is missing.")
    presses(page, "Tab", "Enter")
    says(page, "The request was rejected.")
    assert desk.agent().ticket(wanted)["approved_by"] == "agent:an"
    assert desk.agent().ticket(unwanted)["status"] == "rejected"
    assert "An answer is missing." in minh.mails()[-1]["text"]


def test_keys_that_are_typed_are_words_and_the_list_of_keys_may_switch_them_off(desk: Desk, window: Window) -> None:
    number = desk.customer().asks_to_close()
    page = window(language="en")
    signs_in_as_team(page, "an", to=f"/desk/case/{number}")
    presses(page, "n")
    page.keyboard.type("a real note, u know?")
    expect(page.get_by_label("Note", exact=True)).to_have_value("a real note, u know?")
    page.keyboard.press("Escape")
    expect(decision(page, "notes").locator("summary")).to_be_focused()
    presses(page, "?")
    page.get_by_role("switch", name="Use keys").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    expect(decision(page, "approve").get_by_role("button")).to_be_hidden()


def test_an_admin_holds_by_clicking_and_lifts_it_by_a_key(desk: Desk, window: Window) -> None:
    number = desk.customer().asks_to_close()
    page = window(language="en")
    signs_in_as_team(page, "chi", to=f"/desk/case/{number}")
    decision(page, "hold").locator("summary").click()
    page.get_by_label("Reason, for the desk only").fill("A dispute is open.")
    decision(page, "hold").get_by_role("button").click()
    says(page, "The request is on hold.")
    expect(decision(page, "approve")).to_have_count(0)
    assert desk.agent().ticket(number)["is_held"]
    presses(page, "h", "Enter")
    says(page, "The hold was lifted.")
    expect(decision(page, "approve")).to_be_visible()
    assert not desk.agent().ticket(number)["is_held"]


def test_a_prepared_answer_joins_what_is_typed_after_a_look_at_what_would_be_erased(desk: Desk, window: Window) -> None:
    chi = desk.admin()
    thanks = {"key": "thanks", "vi": "Cảm ơn bạn.", "en": "Thank you."}
    version = chi.call("GET", "/desk/canned-replies").ok()["version"]
    chi.call("PUT", "/desk/canned-replies", {"expected_version": version, "replies": [thanks]}).ok()
    lan = desk.customer(language="vi")
    number = lan.asks_to_close()
    page = window(language="en")
    signs_in_as_team(page, "an", to=f"/desk/case/{number}")
    presses(page, "w", "Enter")
    expect(page.get_by_role("region", name="What would be erased")).to_contain_text("would be erased (3)")
    presses(page, "m")
    expect(page.get_by_label("Prepared answer")).to_be_focused()
    page.get_by_label("Text", exact=True).fill("Chào chị Lan,")
    page.get_by_label("Prepared answer").select_option(value="vi.thanks")
    expect(page.get_by_label("Text", exact=True)).to_have_value("Chào chị Lan,\n\nCảm ơn bạn.")
    decision(page, "replies").get_by_role("button").click()
    says(page, "Your answer is on its way.")
    assert "Cảm ơn bạn." in lan.mails()[-1]["text"]


def test_what_got_stuck_stands_first_in_red_and_is_started_again(desk: Desk, window: Window) -> None:
    lan = desk.customer(country="US")
    number = lan.asks_to_close()
    desk.fault("s3", "DeleteObjects", "before", times=10_000)
    desk.agent().erases_now(lan, number)
    desk.advance("PT40M")
    page = window(language="en")
    signs_in_as_team(page, "an")
    expect(page.locator(".queue tbody tr:first-child")).to_have_class(re.compile("needs_attention"))
    page.locator(".queue tr.needs_attention a.go", has_text=number).click()
    expect(page.get_by_role("note").first).to_contain_text("It stopped because: files refused (InternalServerError).")
    desk.no_more_faults()
    decision(page, "retry").locator("summary").click()
    decision(page, "retry").get_by_role("button").click()
    says(page, "The erasing was started again.")
    desk.settle()
    page.reload()
    expect(page.locator(".head .badge").first).to_contain_text("Closed")
    expect(page.get_by_role("link", name="Signed receipt")).to_be_visible()


def test_a_letter_is_taken_out_of_quarantine(desk: Desk, window: Window) -> None:
    eve = stranger(desk)
    eve.writes("Please close my account.", how={"spam": "FAIL"})
    page = window(language="en")
    signs_in_as_team(page, "an", to="/desk/letters")
    held = page.get_by_role("region", name=f"Letter from {eve.address}")
    expect(held).to_contain_text("looks like spam")
    held.get_by_text("A person’s: take it in").first.click()
    held.get_by_role("button", name="A person’s: take it in").click()
    says(page, "The letter was taken in")
    expect(held).to_have_count(0)
    assert desk.agent().ticket(eve.ticket())["status"] == "awaiting_proof"


def test_who_is_slower_in_another_window_is_told_so_and_keeps_every_word(desk: Desk, window: Window) -> None:
    number = desk.customer().asks_to_close()
    an, binh = window(language="en"), window(language="en")
    signs_in_as_team(an, "an", to=f"/desk/case/{number}")
    signs_in_as_team(binh, "binh", to=f"/desk/case/{number}")
    presses(an, "n")
    an.keyboard.type("She called: it is hers.")
    presses(binh, "a", "Enter")
    says(binh, "Approved. The waiting time has begun.")
    decision(an, "notes").get_by_role("button").click()
    expect(an.get_by_role("alert")).to_contain_text("Somebody was faster")
    expect(an.get_by_text("What happened since you looked:").locator("..").locator("..")).to_contain_text("binh")
    expect(an.get_by_label("Note", exact=True)).to_have_value("She called: it is hers.")
    expect(an.locator(".head .badge").first).to_have_text("Closure scheduled")
    decision(an, "notes").get_by_role("button").click()
    says(an, "Your note was kept.")
    assert desk.agent().timeline(number)[-2:] == ["scheduled", "noted"]
