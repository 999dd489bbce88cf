"""What agents do on the desk's pages, in a browser: the queue, a ticket, and every decision on it."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from chalicelib.pages import sessions
from chalicelib.signin import Person
from tests.stories.browsing import Browser, Page, signed_in
from tests.stories.letters import letter, new_customer, stranger
from tests.stories.people import QUESTION, Desk

SCRIPT = "<script>alert(1)</script>"
PAGES = ["/desk", "/desk/new", "/desk/letters", "/desk/figures"]


def case(number: str, what: str = "") -> str:
    return f"/desk/case/{number}{'/' + what if what else ''}"


def decides(browser: Browser, number: str, what: str, **typed: str) -> Page:
    """Opens the ticket's page and sends the form of one decision."""
    return browser.sends(browser.opens(case(number)), case(number, what), **typed)


def rows_of(page: Page) -> list[str]:
    """The numbers in the queue, as they stand there."""
    parts = page.html.split('class="go" href="')[1:]
    return [urlsplit(part.partition('"')[0]).path.rpartition("/")[2] for part in parts]


def row_of(page: Page, number: str) -> str:
    """One row of the queue, as HTML."""
    return next(part for part in page.html.split("<tr class=")[1:] if number in part)


# ── who may ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_customers_are_refused_everywhere_and_nobody_sees_anything_without_signing_in(desk: Desk) -> None:
    lan = desk.customer()
    number = lan.asks_to_close()
    customer, nobody = signed_in(desk, lan.account_id), Browser(desk)
    for path in (*PAGES, case(number), case(number, "receipt")):
        assert customer.answered(path).status == 403, path
        led_to = nobody.answered(path)
        assert (led_to.status, urlsplit(str(led_to.headers["Location"])).path) == (303, "/signin"), path


def test_an_agent_may_not_do_what_only_admins_may(desk: Desk) -> None:
    number = desk.customer().asks_to_close()
    an = signed_in(desk, "an")
    page = an.opens(case(number))
    assert page.has_form(case(number, "approve"))
    assert not page.has_form(case(number, "hold"))
    forged = page.form(case(number, "approve")).fields | {"reason": "x", "review_at": "2030-01-01T10:00"}
    assert an.answered(case(number, "hold"), forged).status == 403
    assert an.answered("/desk/brake/off", forged).status == 403
    assert not desk.agent().ticket(number)["is_held"]


def test_nobody_decides_on_their_own_account(desk: Desk) -> None:
    lan = desk.customer()
    number = lan.asks_to_close()
    me = Person(sub="an", account_id=lan.account_id, groups=frozenset({"desk-agent"}))
    browser = Browser(desk)
    cookie = sessions.cookie_of(sessions.begun(me, "An", before=None)).partition(";")[0].partition("=")
    browser.cookies[desk.cloud.desk_url] = {cookie[0]: cookie[2]}
    page = browser.opens(case(number))
    assert "a colleague must decide" in page.text
    assert not page.has_form(case(number, "approve"))
    forged = page.form("/signout").fields | {"expected_version": "1"}
    assert browser.answered(case(number, "approve"), forged).status == 403
    assert desk.agent().ticket(number)["status"] == "in_review"


# ── the queue ────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_queue_shows_what_is_due_first_and_says_when(desk: Desk) -> None:
    later, sooner = desk.customer(country="US").asks_to_close(), desk.customer(country="VN").asks_to_close()
    an = signed_in(desk, "an")
    page = an.opens("/desk?status=in_review")
    numbers = rows_of(page)
    assert numbers.index(sooner) < numbers.index(later)
    assert "in 19 days" in row_of(page, sooner)
    assert "overdue" not in row_of(page, sooner)
    an.language = "vi"
    assert "còn 19 ngày" in row_of(an.opens("/desk?status=in_review"), sooner)


def test_what_is_overdue_says_so_in_words_and_colour(desk: Desk) -> None:
    number = desk.customer(country="VN").asks_to_close()
    desk.advance("P21D")
    page = signed_in(desk, "an").opens("/desk?status=in_review")
    row = row_of(page, number)
    assert row.startswith('"in_review overdue"')
    assert 'class="late"' in row
    assert "one day overdue" in row
    assert "one day overdue" in signed_in(desk, "an").opens(case(number)).text


def test_the_queue_is_filtered_by_status_and_by_who_has_it(desk: Desk) -> None:
    lan = desk.customer()
    mine, nobodys = lan.asks_to_close(), desk.customer().asks_to_close()
    question = lan.opens(**QUESTION).ok(201)["number"]
    binh = signed_in(desk, "binh")
    taken = binh.sends(binh.opens(case(mine)), case(mine, "assign"), to="binh")
    assert "The ticket was given on." in taken.text
    assert desk.agent().ticket(mine)["assignee"] == "binh"
    assert mine in rows_of(binh.opens("/desk?whose=mine"))
    assert nobodys not in rows_of(binh.opens("/desk?whose=mine"))
    free = rows_of(binh.opens("/desk?whose=nobody&status=in_review"))
    assert nobodys in free
    assert mine not in free
    assert question not in free
    assert question in rows_of(binh.opens("/desk?status=received"))


def test_a_filter_that_finds_nothing_says_so(desk: Desk) -> None:
    page = signed_in(desk, "binh").opens("/desk?whose=mine&status=closing")
    assert "You have no ticket here." in page.text


def test_an_address_is_searched_without_landing_in_the_address_line(desk: Desk) -> None:
    lan = desk.customer()
    first = lan.asks_to_close()
    lan.does(first, "withdraw").ok()
    second = lan.asks_to_close()
    an = signed_in(desk, "an")
    found = an.sends(an.opens("/desk"), "/desk/search", q=lan.email.upper())
    assert set(rows_of(found)) == {first, second}
    assert urlsplit(found.url)[2:4] == ("/desk/search", "")
    assert lan.email not in found.html.replace(lan.email.upper(), "")
    assert "%40" not in found.html
    assert "@" not in "".join(part.partition('"')[0] for part in found.html.split('href="')[1:])


def test_a_search_that_finds_one_ticket_opens_it_and_one_that_finds_none_says_so(desk: Desk) -> None:
    lan = desk.customer()
    number = lan.asks_to_close()
    an = signed_in(desk, "an")
    for asked in (number, f" {number.lower()} ", lan.account_id, lan.email):
        assert urlsplit(an.sends(an.opens("/desk"), "/desk/search", q=asked).url).path == case(number)
    assert "Nothing was found." in an.sends(an.opens("/desk"), "/desk/search", q="SO-222222").text


# ── deciding ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_agent_approves_and_the_page_offers_what_is_possible_next(desk: Desk) -> None:
    lan = desk.customer()
    number = lan.asks_to_close(content="Xin hủy tài khoản của tôi.")
    an = signed_in(desk, "an")
    before = an.opens(case(number))
    assert "Xin hủy tài khoản của tôi." in before.text
    assert lan.email in before.text
    after = an.sends(before, case(number, "approve"))
    assert "Approved. The waiting time has begun." in after.text
    assert "Closure scheduled" in after.text
    assert not after.has_form(case(number, "approve"))
    assert after.has_form(case(number, "reject"))
    ticket = desk.agent().ticket(number)
    assert (ticket["status"], ticket["approved_by"]) == ("scheduled", "agent:an")


def test_an_agent_rejects_with_a_reason_that_the_customer_reads(desk: Desk) -> None:
    lan = desk.customer(language="en")
    number = lan.asks_to_close()
    an = signed_in(desk, "an")
    refused = decides(an, number, "reject", reason="Two invoices are open.", reason_code="")
    assert refused.status == 400
    assert "Kind of reason" in refused.text
    assert refused.form(case(number, "reject")).fields["reason"] == "Two invoices are open."
    an.sends(refused, case(number, "reject"), reason_code="blocked")
    assert desk.agent().ticket(number)["status"] == "rejected"
    assert "Two invoices are open." in lan.mails()[-1]["text"]


def test_an_admin_holds_until_a_day_in_the_desk_s_own_zone_and_lifts_it(desk: Desk) -> None:
    number = desk.customer().asks_to_close()
    chi = signed_in(desk, "chi")
    past = decides(chi, number, "hold", reason="A dispute.", review_at="2020-01-01T10:00")
    assert (past.status, "This must be in the future." in past.text) == (400, True)
    held = chi.sends(past, case(number, "hold"), review_at="2029-03-01T09:30")
    assert "on hold" in held.text
    ticket = desk.agent().ticket(number)
    assert (ticket["is_held"], ticket["hold_review_at"]) == (True, "2029-03-01T02:30:00.000Z")
    assert not held.has_form(case(number, "approve"))
    decides(chi, number, "release")
    assert not desk.agent().ticket(number)["is_held"]


def test_what_got_stuck_stands_first_with_its_cause_and_is_started_again(desk: Desk) -> None:
    lan = desk.customer(country="US")
    number = lan.asks_to_close()
    desk.fault("s3", "DeleteObjects", "before", times=10_000)
    desk.agent().erases_now(lan, number)
    desk.advance("PT40M")
    an = signed_in(desk, "an")
    queue = an.opens("/desk")
    numbers = rows_of(queue)
    before = numbers[: numbers.index(number) + 1]  # other stories may have left what is stuck and due sooner
    assert all(row_of(queue, each).startswith('"needs_attention') for each in before)
    page = an.opens(case(number))
    assert "It stopped because: files refused (InternalServerError)." in page.text
    desk.no_more_faults()
    an.sends(page, case(number, "retry"))
    assert lan.ticket(number)["status"] == "closed"
    closed = an.opens(case(number))
    assert "account record" in closed.text
    assert "Point-in-time backups of databases" in closed.text
    receipt = an.answered(case(number, "receipt"))
    assert (receipt.status, receipt.body["ticket"]) == (200, number)


def test_who_was_slower_learns_who_was_faster_and_loses_no_word(desk: Desk) -> None:
    number = desk.customer().asks_to_close()
    an = signed_in(desk, "an")
    seen = an.opens(case(number))
    desk.agent("binh").decides(number, "reject", reason_code="other", reason="Không rõ.").ok()
    late = an.sends(seen, case(number, "reject"), reason_code="blocked", reason="An invoice is open.")
    assert late.status == 409
    assert "Somebody was faster" in late.text
    assert "The request was rejected (binh; another reason)" in late.text
    assert "An invoice is open." in late.text
    assert not late.has_form(case(number, "reject"))
    assert desk.agent().timeline(number).count("rejected") == 1


def test_a_form_that_is_still_possible_keeps_its_words_after_a_lost_race_and_can_be_sent_again(desk: Desk) -> None:
    lan = desk.customer()
    number = lan.asks_to_close()
    an = signed_in(desk, "an")
    seen = an.opens(case(number))
    lan.does(number, "replies", {"text": "Xin nhanh giúp."}).ok(201)
    late = an.sends(seen, case(number, "notes"), text="Called back.")
    assert (late.status, late.form(case(number, "notes")).fields["text"]) == (409, "Called back.")
    assert "Xin nhanh giúp." in late.text
    assert "Your note was kept." in an.sends(late, case(number, "notes")).text


def test_two_agents_prove_ownership_by_what_they_tick(desk: Desk) -> None:
    owner = new_customer(desk, phone="0901 234 567", attributes={"last_invoice_number": "2026-117"})
    john = stranger(desk, "johnny")
    john.writes(f"Please close {owner.account_id}. I lost that mailbox. Invoice 2026-117.")
    number = john.ticket()
    an, binh = signed_in(desk, "an"), signed_in(desk, "binh")
    assert "Unproved: don't confirm that an account exists." in an.opens(case(number)).text
    linked = decides(an, number, "link", account_ids=owner.account_id)
    assert "0901 234 567" in linked.text
    ticks = {f"matched.{name}": "on" for name in ("name", "phone", "last_invoice_number")}
    an.sends(linked, case(number, "facts"), **ticks)
    assert desk.agent().ticket(number)["proof"] is None
    done = decides(binh, number, "facts", **ticks)
    assert "proved by facts, compared by two agents" in done.text


def test_what_the_ticket_forbids_is_refused_in_words(desk: Desk) -> None:
    number = desk.customer().asks_to_close()
    an = signed_in(desk, "an")
    fields = an.opens(case(number)).form(case(number, "approve")).fields
    refused = an.answered(case(number, "retry"), fields)
    assert refused.status == 409
    assert b"This can&#39;t be done while the ticket has its present status." in refused.raw
    assert an.answered(case(number, "explode"), fields).status == 404
    assert an.answered(case("SO-222222", "approve"), fields).status == 404


def test_a_request_by_phone_is_opened_unproved(desk: Desk) -> None:
    lan, an = desk.customer(), signed_in(desk, "an")
    form = an.opens("/desk/new")
    wrong = an.sends(form, "/desk/new", subject="Hủy", content="Gọi điện xin hủy.", account_id="acc-nobody-has")
    assert (wrong.status, wrong.form("/desk/new").fields["content"]) == (404, "Gọi điện xin hủy.")
    opened = an.sends(wrong, "/desk/new", account_id=lan.account_id)
    assert "not proved" in opened.text
    (mail,) = lan.mails()
    assert "Gọi điện" not in mail["text"]


# ── letters ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_quarantined_letter_is_taken_in_or_dropped_once(desk: Desk) -> None:
    eve, an = stranger(desk), signed_in(desk, "an")
    spam, bulk = eve.writes("Please close it.", how={"spam": "FAIL"}), eve.writes("News.", Precedence="bulk")
    page = an.opens("/desk/letters")
    assert "looks like spam" in page.text
    assert "drops by itself: in 13 days" in page.text
    taken = an.sends(page, f"/desk/letters/{spam}/release")
    assert "The letter was taken in" in taken.text
    assert not taken.has_form(f"/desk/letters/{spam}/release")
    assert desk.agent().ticket(eve.ticket())["status"] == "awaiting_proof"
    assert "The letter was dropped." in an.sends(taken, f"/desk/letters/{bulk}/drop").text
    late = an.sends(page, f"/desk/letters/{bulk}/drop")
    assert (late.status, "a colleague was faster" in late.text) == (409, True)


def test_whatever_people_write_is_shown_as_text(desk: Desk) -> None:
    lan = desk.customer(name=SCRIPT, attributes={"note": SCRIPT})
    number = lan.asks_to_close(subject=SCRIPT, content=SCRIPT)
    lan.does(number, "replies", {"text": SCRIPT}).ok(201)
    eve = stranger(desk)
    raw = letter(eve.address, SCRIPT, subject=SCRIPT)
    head, _, body = raw.partition(b"\r\n\r\n")
    kept = [line for line in head.split(b"\r\n") if not line.lower().startswith((b"content-", b"mime-"))]
    mixed = b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
    file = (
        f'--b\r\nContent-Type: text/plain\r\n\r\n{SCRIPT}\r\n--b\r\nContent-Type: application/pdf; name="{SCRIPT}"\r\n'
        f'Content-Disposition: attachment; filename="{SCRIPT}"\r\n\r\nx\r\n--b--\r\n'
    )
    desk.letter(b"\r\n".join(kept) + b"\r\n" + mixed + file.encode())
    desk.letter(raw, spam="FAIL")
    assert body
    an = signed_in(desk, "an")
    seen = [an.opens(path) for path in ("/desk", case(number), case(eve.ticket()), "/desk/letters")]
    for page in seen:
        assert "<script>alert" not in page.html
        assert "alert(1)" in page.text
    assert "Attachments" in seen[2].text


# ── figures, and what holds for every page ───────────────────────────────────────────────────────────────────


def test_the_figures_are_charts_that_can_be_read_aloud_with_a_table_beside(desk: Desk) -> None:
    lan = desk.customer()
    number = lan.asks_to_close()
    desk.agent().erases_now(lan, number)
    lan.ticket(number)
    page = signed_in(desk, "an").opens("/desk/figures")
    assert page.html.count('role="img"') == page.html.count("<desc ") == page.html.count("<table")
    assert page.html.count("<desc ") >= 3
    assert "Accounts closed, by week" in page.text


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_page_keeps_to_its_own_host_and_files(desk: Desk, language: str) -> None:
    number = desk.customer().asks_to_close()
    an = signed_in(desk, "an", language=language)
    for path in (*PAGES, case(number)):
        page = an.opens(path)
        assert page.status == 200, path
        assert f'<html lang="{language}"' in page.html
        assert " style=" not in page.html
        assert "<script>" not in page.html
        leads = [part.partition('"')[0] for name in ('src="', 'href="') for part in page.html.split(name)[1:]]
        assert all(each.startswith((desk.cloud.desk_url, "#")) for each in leads), path


def test_while_the_brake_is_on_every_page_says_so_and_an_admin_releases_it(desk_with: Callable[..., Desk]) -> None:
    desk = desk_with(CLOSURES_PER_HOUR="1")
    for _ in range(2):
        lan = desk.customer()
        desk.agent().erases_now(lan, lan.asks_to_close())
    an, chi = signed_in(desk, "an"), signed_in(desk, "chi")
    for path in PAGES:
        assert "The brake is on: no closure begins." in an.opens(path).text
    assert not an.opens("/desk").has_form("/desk/brake/off")
    released = chi.sends(chi.opens("/desk"), "/desk/brake/off")
    assert "The brake was released." in released.text
    assert "The brake is on" not in released.text
