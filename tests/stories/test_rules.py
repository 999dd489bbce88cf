"""The ten rules that hold always (PRODUCT), each shown once, where it is seen best."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from infra.local.cloud import FunctionFailed
from infra.local.seeds import fill_holders
from tests.stories.people import CLOSURE, Answer, Customer, Desk, Json, code_in, link_in


def letter(sender: str, to: str, text: str, *, nth: int = 1, **headers: str) -> bytes:
    """A letter as a person's mail program writes it."""
    lines = {
        "From": sender,
        "To": to,
        "Subject": "Huy tai khoan",
        "Message-ID": f"<{nth}.{sender.replace('@', '.')}@mail.example>",
        "Date": "Mon, 23 Nov 2026 08:00:00 +0700",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{head}\r\n{text}\r\n".encode()


def asked_by_a_system(lan: Customer) -> str:
    body = {name: value for name, value in CLOSURE.items() if name != "request"} | {"account_id": lan.account_id}
    return str(lan.desk.system("POST", "/tickets", body, scope="tickets:write").ok(201)["number"])


def test_rule_1_closed_only_after_every_holder_was_looked_at_again(desk: Desk) -> None:
    """A holder that says "deleted" and deletes nothing: told is not gone, whatever else is called by hand."""
    lan, an = desk.customer(), desk.agent()
    number = lan.asks_to_close()
    desk.fault("s3", "DeleteObjects", "lie", times=10_000)
    an.erases_now(lan, number)
    with pytest.raises(FunctionFailed, match=r"NotLookedAgain|RunIsOver"):
        desk.cloud.invoke("closure_close", {"ticket": number, "run": an.run(number)})
    desk.advance("PT40M")
    assert an.ticket(number)["cause"] == "StillThere files: some"
    assert desk.holdings(lan.account_id)["files"] == 3
    desk.no_more_faults()
    an.decides(number, "retry").ok()
    closed = an.ticket(number)
    assert closed["status"] == "closed"
    looked = {line["holder"]: line for line in closed["ledger"] if line["found"] != "residual"}
    assert {holder: line["found"] for holder, line in looked.items()} == {
        "orders": "nothing",
        "files": "nothing",
        "account": "nothing",
    }
    last_erased = max(line["erased_at"] for line in looked.values())
    assert all(line["looked_at"] > last_erased for line in looked.values())


def test_rule_2_nothing_is_erased_without_proof_word_approval_and_time(desk: Desk) -> None:
    unproved, wordless, unapproved, waiting = (desk.customer() for _ in range(4))
    numbers = {
        unproved.account_id: asked_by_a_system(unproved),
        wordless.account_id: wordless.asks_to_close(request=None),
        unapproved.account_id: unapproved.asks_to_close(),
        waiting.account_id: waiting.asks_to_close(),
    }
    an = desk.agent()
    an.approves(numbers[waiting.account_id])
    desk.settle()
    for customer in (unproved, wordless, unapproved):
        number = numbers[customer.account_id]
        if customer is not unapproved:
            assert an.decides(number, "approve").status == 409
        assert desk.cloud.invoke("closure_freeze", {"ticket": number, "run": 0})["go"] is False
        assert desk.cloud.invoke("closure_freeze", {"ticket": number, "run": 1})["go"] is False
    with pytest.raises(FunctionFailed, match="TooEarly"):
        desk.cloud.invoke("closure_freeze", {"ticket": numbers[waiting.account_id], "run": 1})
    desk.advance("PT20H")
    for customer in (unproved, wordless, unapproved, waiting):
        assert customer.account().ok()["status"] == "active"
        assert desk.holdings(customer.account_id) == {"orders": 3, "files": 3}


def test_rule_3_an_old_closure_never_touches_an_account_registered_again(desk: Desk) -> None:
    lan, an = desk.customer(), desk.agent()
    number = lan.asks_to_close()
    an.erases_now(lan, number)
    new = desk.register(lan.account_id, email=lan.email, language="vi")
    fill_holders(lan.account_id)
    for run in (1, 2):
        for holder in ("account", "files", "orders"):
            with pytest.raises(FunctionFailed, match="RunIsOver"):
                desk.cloud.invoke("closure_erase", {"ticket": number, "run": run, "holder": holder})
    assert lan.account().ok() == new
    assert desk.holdings(lan.account_id) == {"orders": 3, "files": 3}
    assert lan.call("GET", f"/tickets/{number}").status == 404


def test_rule_4_two_requests_in_the_same_instant_are_one_ticket_and_unproved_ones_take_nothing(desk: Desk) -> None:
    lan = desk.customer()
    waiting = asked_by_a_system(lan)
    token = lan.token()

    def ask(_: int) -> Answer:
        return desk.call("POST", "/tickets", CLOSURE, token=token)

    with ThreadPoolExecutor(max_workers=10) as crowd:
        answers = list(crowd.map(ask, range(10)))
    assert {each.status for each in answers} <= {200, 409}
    assert {each.body["number"] for each in answers} == {waiting}
    assert lan.tickets() == [waiting]
    assert lan.ticket(waiting)["status"] == "in_review"


def test_rule_5_every_visible_change_is_told_once_in_order_and_in_the_reader_s_language(desk: Desk) -> None:
    john, an = desk.customer(language="en", country="IE", name="John Carter"), desk.agent()
    number = john.asks_to_close(language="vi")
    for operation in ("UpdateItem", "PutItem", "TransactWriteItems"):
        desk.fault("dynamodb", operation, "throttle", times=1)
    desk.settle()
    an.erases_now(john, number)
    desk.advance("PT2H")
    assert john.ticket(number)["status"] == "closed"
    kinds = ["received", "scheduled", "code_for_expedite", "scheduled", "closing", "closed"]
    assert john.notices(number) == [(kind, "delivered") for kind in kinds]
    mails = john.mails()
    assert len(mails) == len(kinds)
    assert all("Xin chào" not in mail["text"] for mail in mails)
    assert "closed" in mails[-1]["subject"].lower()


def test_rule_6_the_sealed_address_lives_until_the_closing_notice_is_out(desk: Desk) -> None:
    lan, an = desk.customer(), desk.agent()
    number = lan.asks_to_close()
    an.approves(number)
    lan.hurries(number)
    assert desk.contacts(number) == []
    desk.fault("sesv2", "SendEmail", "before", times=1_000)
    an.decides(number, "expedite").ok()
    assert an.ticket(number)["status"] == "closed"
    assert desk.contacts(number) == ["contact#owner"]
    desk.no_more_faults()
    desk.advance("PT2H")
    assert "Closed" in lan.mails()[-1]["subject"]
    assert desk.contacts(number) == []
    assert lan.email not in str(desk.items(number))


def test_rule_7_no_letter_is_lost_and_nothing_automatic_is_answered(desk: Desk) -> None:
    support = "support@desk.example"
    sender = "tester@rule7.example"
    before = desk.state()
    desk.letter(letter(sender, support, "Xin hủy tài khoản.", nth=1))
    desk.letter(letter(sender, support, "Out of office.", nth=2, Auto_Submitted="auto-replied"))
    desk.letter(letter(sender, support, "News!", nth=3, List_Id="<news.rule7.example>"))
    desk.letter(letter(sender, support, "Buy!", nth=4), spam="FAIL")
    desk.letter(letter(sender, support, "Hi", nth=5), virus="FAIL")
    desk.letter(b"\x00\xff\x00", source=sender, recipient=support)
    after = desk.state()
    tickets = sum(after["tickets"].values()) - sum(before["tickets"].values())
    quarantined = {
        cause: count - before["quarantine"].get(cause, 0)
        for cause, count in after["quarantine"].items()
        if count != before["quarantine"].get(cause, 0)
    }
    assert tickets + sum(quarantined.values()) == 6
    assert quarantined.keys() >= {"automatic", "bulk", "spam", "virus"}
    assert after["dead_letters"] == before["dead_letters"]
    assert len(desk.mails(sender)) == 1


def outsiders_view(desk: Desk, sender: str, number: str) -> Json:
    """What a stranger who wrote sees at the link of the acknowledgement, without what names this very ticket."""
    mail = desk.mails(sender)[0]
    page = desk.page(link_in(mail))
    said = page.raw.decode().replace(link_in(mail).rpartition("/")[2], "TOKEN")
    said = re.sub(r"\d\d:\d\d(:\d\d)?(\.\d+)?", "TIME", said)
    return {"status": page.status, "page": said.replace(number, "NUMBER"), "subject": mail["subject"][12:]}


def test_rule_8_an_outsider_can_not_tell_whether_an_account_exists(desk: Desk) -> None:
    """Another system asks for two ids, one of which is nobody's; the answers differ in nothing but their number."""
    there = desk.customer(language="en", country="IE")
    nobody = Customer(desk=desk, account_id="acc-of-nobody", email="nobody@khach.example", sub="x")
    seen = []
    for customer in (there, nobody):
        body = {name: value for name, value in CLOSURE.items() if name != "request"}
        answer = desk.system("POST", "/tickets", body | {"account_id": customer.account_id}, scope="tickets:write")
        said = answer.ok(201)
        times = {name: said.pop(name)[:10] for name in ("opened_at", "changed_at", "due_at", "answer_by")}
        said["next"].pop("by")
        said["timeline"] = [each["what"] for each in said["timeline"]]
        seen.append((said.pop("number") != "", said, times))
    assert seen[0] == seen[1]


def test_rule_8_a_stranger_s_letter_looks_the_same_whether_it_finds_an_account_or_not(desk: Desk) -> None:
    owner, an = desk.customer(language="en", country="IE"), desk.agent()
    strangers = ["one@rule8.example", "two@rule8.example"]
    for nth, sender in enumerate(strangers):
        named = owner.account_id if nth == 0 else "acc-none"
        desk.letter(letter(sender, "support@desk.example", f"Xin hủy tài khoản {named}.", nth=nth))
    numbers = [an.call("GET", f"/desk/tickets?q={sender}").ok()["items"][0]["number"] for sender in strangers]
    an.decides(numbers[0], "link", account_ids=[owner.account_id]).ok()
    an.decides(numbers[0], "send-code").ok()
    views = [outsiders_view(desk, sender, number) for sender, number in zip(strangers, numbers, strict=True)]
    assert views[0] == views[1]
    assert [len(desk.mails(sender)) for sender in strangers] == [1, 1]
    an.decides(numbers[0], "reject", reason_code="not_owner", reason="x").ok()
    desk.advance("P9D")
    views = [outsiders_view(desk, sender, number) for sender, number in zip(strangers, numbers, strict=True)]
    assert views[0]["status"] == views[1]["status"]
    ended = [desk.mails(sender)[-1]["subject"][12:] for sender in strangers]
    assert ended[0] == ended[1]


def test_rule_9_every_change_is_in_the_timeline_which_names_people_only_by_ids(desk: Desk) -> None:
    lan, an = desk.customer(name="Đỗ Thị Kín Đáo"), desk.agent("an")
    number = lan.asks_to_close()
    an.decides(number, "notes", text="Riêng tư.").ok()
    an.erases_now(lan, number)
    timeline = an.ticket(number)["timeline"]
    assert len(timeline) == an.ticket(number)["version"]
    assert [each["what"] for each in timeline] == [
        "opened", "noted", "scheduled", "code_sent", "expedite_asked", "expedited", "closing", "closed",
    ]  # fmt: skip
    assert all(each["at"] and each["by"] for each in timeline)
    assert {each["by"] for each in timeline} == {"customer", "agent:an", "desk"}
    changes = str([item for item in desk.items(number) if item["item"]["S"] == "change"])
    for personal in (lan.email, "Kín Đáo", "Riêng tư", CLOSURE["content"]):
        assert personal not in changes


@pytest.mark.parametrize("dmarc", ["PASS", "GRAY", "FAIL"])
def test_rule_10_a_stop_from_the_address_on_file_at_least_pauses(desk: Desk, dmarc: str) -> None:
    lan, an = desk.customer(), desk.agent()
    number = lan.asks_to_close()
    an.approves(number)
    desk.letter(letter(lan.email, "support@desk.example", "KHÔNG PHẢI TÔI"), dmarc=dmarc)
    stopped = an.ticket(number)
    assert (stopped["status"], stopped["is_stopped"]) == ("in_review", True)
    desk.advance("P9D")
    assert lan.account().ok()["status"] == "active"


def test_rule_10_a_stop_at_a_signed_address_pauses_whoever_sends_it(desk: Desk) -> None:
    lan, an = desk.customer(), desk.agent()
    number = lan.asks_to_close()
    an.approves(number)
    signed = lan.mails()[-1]["headers"]["Reply-To"]
    desk.letter(letter("somebody@elsewhere.example", signed, "NOT ME"), dmarc="FAIL")
    assert an.ticket(number)["is_stopped"] is True
    assert an.ticket(number)["status"] == "in_review"


def test_rule_10_the_code_s_own_page_stops_too(desk: Desk) -> None:
    lan, an = desk.customer(), desk.agent()
    number = asked_by_a_system(lan)
    mail = lan.mails()[0]
    stop_code = mail["text"].partition("nhập mã dừng ")[2][:9]
    assert stop_code != code_in(mail)
    assert desk.page(f"{link_in(mail)}/stop", {"stop_code": stop_code}).status == 303
    assert an.ticket(number)["is_stopped"] is True
    assert desk.page(f"{link_in(mail)}/code", {"code": code_in(mail)}).status == 409
