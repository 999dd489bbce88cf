"""What agents see beside a ticket before they decide: what would be erased, closures before, prepared answers."""

from tests.stories.browsing import Browser, Page, signed_in
from tests.stories.letters import mailbox_of, new_customer
from tests.stories.people import Desk

ANSWER = {"key": "thanks", "vi": "Cảm ơn bạn.\nChúc một ngày tốt lành.", "en": "Thank you.\nHave a good day."}


def case(number: str, what: str = "") -> str:
    return f"/desk/case/{number}{'/' + what if what else ''}"


def row_of(page: Page, number: str) -> str:
    return next(part for part in page.html.split("<tr class=")[1:] if number in part)


def writes(browser: Browser, **answer: str) -> Page:
    """Writes a prepared answer, or with `before` changes one."""
    form = browser.opens("/desk/answers").form("/desk/answers/save", before=answer.get("before", ""))
    return browser.submits(form, **answer)


def test_what_would_be_erased_is_looked_up_before_approving_and_nothing_is_erased(desk: Desk) -> None:
    lan = desk.customer()
    number = lan.asks_to_close()
    an = signed_in(desk, "an")
    page = an.opens(case(number))
    assert "Found now" not in page.text
    looked = an.opens(next(link for link in page.links if "dry-run" in link))
    for expected in ("orders would be erased (3)", "files would be erased (3)", "account record would be erased (1)"):
        assert expected in looked.text
    assert desk.holdings(lan.account_id) == {"orders": 3, "files": 3}
    assert "Approved." in an.sends(looked, case(number, "approve")).text
    desk.fault("s3", "ListObjectVersions", "deny", times=20)
    assert "files not known AccessDenied" in an.opens(f"{case(number)}?dry-run=1").text


def test_it_is_not_offered_where_nobody_knows_which_account_is_meant(desk: Desk) -> None:
    an = signed_in(desk, "an")
    form = an.opens("/desk/new")
    opened = an.sends(form, "/desk/new", subject="Hủy", content="Gọi điện xin hủy.")
    assert "What would be erased" not in opened.text
    number = opened.path.rpartition("/")[2]
    assert "What would be erased" not in an.opens(f"{case(number)}?dry-run=1").text


def test_who_asks_whether_they_were_deleted_is_answered_from_the_ticket_s_page(desk: Desk) -> None:
    john = new_customer(desk)
    number = john.asks_to_close()
    desk.agent().erases_now(john, number)
    mailbox = mailbox_of(desk, john)
    mailbox.writes("A year ago I had an account with you. Did you delete me?", subject="Did you delete me?")
    (question,) = set(mailbox.tickets()) - {number}
    an = signed_in(desk, "an")
    page = an.opens(case(question))
    assert f"{number} : closed on" in page.text
    assert "Closed – account removed" in an.opens(next(link for link in page.links if link.endswith(number))).text


def test_the_queue_marks_what_is_held_and_what_its_asker_stopped(desk: Desk) -> None:
    held, stopped, plain = desk.customer(), new_customer(desk), desk.customer()
    numbers = [held.asks_to_close(), stopped.asks_to_close(), plain.asks_to_close()]
    desk.admin().decides(numbers[0], "hold", reason="A dispute.", review_at="2029-03-01T09:30:00Z").ok()
    mailbox_of(desk, stopped).writes("NOT ME")
    page = signed_in(desk, "an").opens("/desk?status=in_review")
    assert desk.agent().ticket(numbers[1])["is_stopped"]
    marks = [("on hold" in row_of(page, each), "stopped by the asker" in row_of(page, each)) for each in numbers]
    assert marks == [(True, False), (False, True), (False, False)]


def test_an_admin_writes_an_answer_in_both_languages_and_an_agent_takes_it_in_the_asker_s(desk: Desk) -> None:
    chi, an = signed_in(desk, "chi"), signed_in(desk, "an")
    assert an.answered("/desk/answers").status == 403
    assert "The answer was kept." in writes(chi, **ANSWER).text
    number = desk.customer(language="vi").asks_to_close()
    page = an.opens(case(number))
    links = [link.partition("?")[2] for link in page.links if "answer=" in link]
    assert links[:1] == ["answer=vi.thanks#decide-replies"]
    assert "answer=en.thanks#decide-replies" in links
    filled = an.opens(f"{case(number)}?answer=vi.thanks")
    assert filled.form(case(number, "replies")).fields["text"] == ANSWER["vi"]
    assert "Your answer is on its way." in an.sends(filled, case(number, "replies")).text
    assert an.opens(f"{case(number)}?answer=vi.gone").form(case(number, "replies")).fields["text"] == ""
    taken = chi.opens("/desk/answers").form("/desk/answers/drop", before="thanks").fields
    assert chi.answered("/desk/answers/drop", taken).status == 303
    assert not chi.opens("/desk/answers").has_form("/desk/answers/drop", before="thanks")


def test_answers_are_changed_moved_and_refused_in_words_with_nothing_lost(desk: Desk) -> None:
    chi = signed_in(desk, "chi")
    writes(chi, **ANSWER | {"key": "first"})
    writes(chi, **ANSWER | {"key": "second"})
    twice = writes(chi, **ANSWER | {"key": "first"})
    assert (twice.status, "Each key may be given once." in twice.text) == (400, True)
    assert twice.form("/desk/answers/save", before="").fields["vi"] == ANSWER["vi"]
    unkeyed = writes(chi, **ANSWER | {"before": "second", "key": "Second!", "en": "Never mind."})
    assert unkeyed.status == 400
    assert unkeyed.form("/desk/answers/save", before="second").fields["en"] == "Never mind."
    slow = chi.opens("/desk/answers")
    assert "Never mind." in writes(chi, **ANSWER | {"before": "second", "key": "second", "en": "Never mind."}).text
    up = chi.page.form("/desk/answers/up", before="second").fields
    assert chi.answered("/desk/answers/up", up).status == 303
    moved = chi.opens("/desk/answers").text
    assert moved.index("second") < moved.index("first")
    late = slow.form("/desk/answers/save", before="first").fields | {"en": "Too late."}
    refused = chi.answered("/desk/answers/save", late)
    assert (refused.status, b"Too late." in refused.raw, b"Somebody was faster" in refused.raw) == (409, True, True)
