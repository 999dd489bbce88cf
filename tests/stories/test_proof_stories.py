"""Proof of ownership, told as the stories of whoever tries to get round it, and of whoever must get through."""

import pytest

from tests.stories.letters import (
    CLOSE,
    Mailbox,
    beside,
    code_in,
    has_code,
    link_in,
    mailbox_of,
    new_customer,
    stranger,
    types,
    wrong,
)
from tests.stories.people import CLOSURE, Customer, Desk, Json

UNSURE: Json = {"dmarc": "GRAY"}


def _linked(desk: Desk) -> tuple[Customer, Mailbox, str]:
    """An owner, a stranger, and the stranger's request, which an agent linked to the owner's account."""
    owner, eve = new_customer(desk), stranger(desk)
    eve.writes(f"Please close my account {owner.account_id}.")
    number = eve.ticket()
    desk.agent().decides(number, "link", account_ids=[owner.account_id]).ok()
    return owner, eve, number


# ── the stranger who talks the owner into reading out the code ───────────────────────────────────────────────


def test_a_code_read_out_to_a_stranger_is_worth_nothing_at_the_strangers_link(desk: Desk) -> None:
    owner, eve, number = _linked(desk)
    desk.agent().decides(number, "send-code").ok()
    (mail,) = owner.mails()
    assert "We never ask for it by phone or chat" in mail["text"]
    read_out = code_in(mail)

    assert types(desk, link_in(eve.mails()[0]), read_out).status == 409
    eve.replies(eve.mails()[0], read_out)
    eve.writes(read_out, subject=f"[{number}]", In_Reply_To=mail["headers"]["Message-ID"])
    ticket = desk.agent().ticket(number)
    assert (ticket["status"], ticket["proof"]) == ("awaiting_proof", None)
    assert "code_refused" not in desk.agent().timeline(number), "nor can a stranger use up the owner's tries"

    mailbox_of(desk, owner).replies(mail, read_out)
    assert desk.agent().ticket(number)["proof"] == "code"


def test_the_strangers_own_page_has_no_place_to_type_a_code(desk: Desk) -> None:
    owner, eve, number = _linked(desk)
    desk.agent().decides(number, "send-code").ok()
    assert 'name="code"' not in desk.page(link_in(eve.mails()[0])).raw.decode()
    assert 'name="code"' in desk.page(link_in(owner.mails()[0])).raw.decode()


def test_after_proof_the_stranger_who_asked_is_told_nothing_more(desk: Desk) -> None:
    owner, eve, number = _linked(desk)
    desk.agent().decides(number, "send-code").ok()
    mailbox_of(desk, owner).replies(owner.mails()[0], code_in(owner.mails()[0]))
    desk.agent().approves(number)
    assert len(eve.mails()) == 1
    assert [mail["subject"] for mail in owner.mails()][1:], "the address on file is"


# ── the stranger who spends the day's codes and tries ────────────────────────────────────────────────────────


def _public_code(desk: Desk, owner: Customer) -> Json:
    """A stranger names the owner's address on the public page, so the day's code is out."""
    for _ in range(3):
        assert desk.page("/close-account", {"address": owner.email, "lang": "en"}).status == 303
    (mail,) = owner.mails()
    return mail


def test_the_owner_gets_through_by_signing_in_though_a_stranger_spent_the_days_code(desk: Desk) -> None:
    owner = new_customer(desk)
    mail = _public_code(desk, owner)
    for _ in range(5):
        assert types(desk, link_in(mail), wrong(code_in(mail))).status == 409
    assert types(desk, link_in(mail), code_in(mail)).status == 409, "five tries, and the right one is worthless too"
    proved = owner.call("POST", "/tickets", CLOSURE)
    assert proved.status in (200, 201)
    ticket = desk.agent().ticket(proved.body["number"])
    assert (ticket["status"], ticket["proof"]) == ("in_review", "sign_in")


def test_the_owner_gets_a_fresh_code_at_the_page_of_the_codes_mail(desk: Desk) -> None:
    owner = new_customer(desk)
    mail = _public_code(desk, owner)
    for _ in range(5):
        types(desk, link_in(mail), wrong(code_in(mail)))
    assert desk.page(f"{link_in(mail)}/new-code", {}).status == 303
    _, fresh = owner.mails()
    assert code_in(fresh) != code_in(mail)
    assert types(desk, link_in(fresh), code_in(mail)).status == 409, "the old one stays worthless"
    assert types(desk, link_in(fresh), code_in(fresh)).status == 303


def test_a_fresh_code_is_not_to_be_had_again_and_again(desk: Desk) -> None:
    owner = new_customer(desk)
    mail = _public_code(desk, owner)
    assert [desk.page(f"{link_in(mail)}/new-code", {}).status for _ in range(3)] == [409, 409, 409]
    assert len(owner.mails()) == 1


def test_further_requests_from_outside_join_and_send_nothing_while_the_code_lives(desk: Desk) -> None:
    owner = new_customer(desk)
    john = mailbox_of(desk, owner)
    john.writes(CLOSE, how=UNSURE)
    number = john.ticket()
    john.writes(CLOSE, how=UNSURE)
    john.writes(CLOSE)
    assert desk.page("/close-account", {"address": owner.email, "lang": "en"}).status == 303
    assert len(owner.mails()) == 1
    assert beside(desk, number).count("joined") == 2
    assert types(desk, link_in(owner.mails()[0]), code_in(owner.mails()[0])).status == 303


def test_a_stranger_who_asks_first_cannot_keep_the_owner_from_asking(desk: Desk) -> None:
    """An unproved ticket takes no guard: the owner's own one stands beside it, and wins."""
    owner, eve, hers = _linked(desk)
    desk.agent().decides(hers, "send-code").ok()
    mine = owner.call("POST", "/tickets", CLOSURE)
    assert mine.status in (200, 201)
    ticket = desk.agent().ticket(mine.body["number"])
    assert (ticket["status"], ticket["proof"]) == ("in_review", "sign_in")
    assert len(eve.mails()) == 1


# ── who writes as themselves, and names another's account ────────────────────────────────────────────────────


def test_who_names_anothers_account_finds_it_only_for_agents(desk: Desk) -> None:
    owner, eve = new_customer(desk, phone="0901 234 567", tax_code="0312345678"), stranger(desk)
    words = (
        f"Please close my account {owner.account_id}, {owner.email}, 0901 234 567, tax code 0312345678. John Carter."
    )
    eve.writes(words, Reply_To=owner.email, Sender=owner.email, Cc=owner.email)
    number = eve.ticket()
    ticket = desk.agent().ticket(number)
    assert (ticket["status"], ticket["proof"]) == ("awaiting_proof", None)
    assert owner.mails() == [], "nobody else's account is found by what a text says"
    assert desk.agent().decides(number, "send-code").status == 409, "an agent must choose first"
    assert desk.agent().decides(number, "approve").status == 409
    assert owner.tickets() == []
    assert owner.call("GET", f"/tickets/{number}").status == 404


def test_the_mail_to_the_owner_repeats_nothing_of_what_the_stranger_wrote(desk: Desk) -> None:
    owner, eve = new_customer(desk), stranger(desk, "mallory")
    eve.writes("Close my account. Call +84 555 0100 at once, or click http://evil.example/now!", subject="URGENT prize")
    desk.agent().decides(eve.ticket(), "link", account_ids=[owner.account_id]).ok()
    desk.agent().decides(eve.ticket(), "send-code").ok()
    (mail,) = owner.mails()
    for said in ("555 0100", "evil.example", "URGENT", "prize", "mallory"):
        assert said not in mail["subject"] + mail["text"] + mail["html"]


# ── the owner whose domain publishes nothing, who says no ────────────────────────────────────────────────────


@pytest.mark.parametrize("words", ["NOT ME", "Không phải tôi", "WITHDRAW"])
def test_an_owner_without_dmarc_who_says_no_pauses_the_ticket(desk: Desk, words: str) -> None:
    owner, _, number = _linked(desk)
    desk.agent().decides(number, "send-code").ok()
    mailbox_of(desk, owner).replies(owner.mails()[0], words, how=UNSURE)
    ticket = desk.agent().ticket(number)
    assert (ticket["status"], ticket["is_stopped"]) == ("awaiting_proof", True)
    assert types(desk, link_in(owner.mails()[0]), code_in(owner.mails()[0])).status == 409, "its code is over"


def test_an_owner_without_dmarc_stops_a_scheduled_closure_by_a_fresh_letter(desk: Desk) -> None:
    owner = new_customer(desk)
    number = owner.asks_to_close()
    desk.agent().approves(number)
    mailbox_of(desk, owner).writes("NOT ME", how=UNSURE)
    ticket = desk.agent().ticket(number)
    assert (ticket["status"], ticket["is_stopped"]) == ("in_review", True)
    assert owner.account().status == 200


# ── the address on file was changed a short while ago ────────────────────────────────────────────────────────


def _moved(desk: Desk) -> tuple[Customer, str, str]:
    """A customer whose address on file was changed today; the old address and the new one."""
    owner = new_customer(desk, phone="0901 234 567", attributes={"last_invoice_number": "2026-117"})
    new = stranger(desk, "new").address
    said = {"email": new, "name": "John Carter", "language": "en", "country": "IE", "phone": "0901 234 567"}
    desk.register(owner.account_id, status=200, **said, attributes={"last_invoice_number": "2026-117"})
    return owner, owner.email, new


def _warns_of_the_address(desk: Desk, number: str) -> bool:
    seen = desk.call("GET", f"/desk/tickets/{number}", token=desk.agent().token(), Accept_Language="en").ok()
    return any("changed in the last 30 days" in said for said in seen["warnings"])


def test_a_new_address_on_file_gets_no_code_and_agents_see_why(desk: Desk) -> None:
    owner, old, new = _moved(desk)
    agent, writer = desk.agent(), Mailbox(desk=desk, address=new)
    writer.writes(CLOSE)
    number = writer.ticket()
    agent.decides(number, "link", account_ids=[owner.account_id]).ok()
    assert _warns_of_the_address(desk, number)
    assert agent.decides(number, "send-code").status == 409
    for address in (old, new):
        assert not any(has_code(mail) for mail in desk.mails(address))


def test_the_public_page_sends_no_code_to_a_new_address(desk: Desk) -> None:
    _, old, new = _moved(desk)
    for address in (old, new):
        assert desk.page("/close-account", {"address": address, "lang": "en"}).status == 303
        assert desk.mails(address) == []


def test_notices_go_to_the_previous_address_too_and_its_reader_can_stop(desk: Desk) -> None:
    owner, old, new = _moved(desk)
    number = owner.asks_to_close()
    before, after = Mailbox(desk=desk, address=old), Mailbox(desk=desk, address=new)
    assert len(after.mails()) == 1
    (warning,) = before.mails()
    assert _warns_of_the_address(desk, number)
    desk.agent().approves(number)
    assert len(before.mails()) == len(after.mails()) == 2
    before.replies(warning, "NOT ME", how=UNSURE)
    ticket = desk.agent().ticket(number)
    assert (ticket["status"], ticket["is_stopped"]) == ("in_review", True)


def test_an_address_changed_during_a_closure_is_told_at_both(desk: Desk) -> None:
    owner = new_customer(desk)
    number = owner.asks_to_close()
    new = stranger(desk, "new").address
    desk.register(owner.account_id, status=200, email=new, name="John Carter", language="en", country="IE")
    desk.agent().approves(number)
    scheduled = [desk.mails(each)[-1]["subject"] for each in (owner.email, new)]
    assert scheduled[0] == scheduled[1]
    assert _warns_of_the_address(desk, number)
    assert owner.does(number, "expedite", {}).status == 409, "nor does a code to hurry go there"


def test_no_later_code_goes_to_an_address_that_was_changed_while_proof_was_awaited(desk: Desk) -> None:
    owner = new_customer(desk)
    john, new = mailbox_of(desk, owner), stranger(desk, "new").address
    john.writes(CLOSE, how=UNSURE)
    (mail,) = john.mails()
    desk.register(owner.account_id, status=200, email=new, name="John Carter", language="en", country="IE")
    desk.advance("PT1H")
    desk.page(f"{link_in(mail)}/new-code", {})
    desk.advance("P3D")
    assert not any(has_code(each) for each in desk.mails(new))
    assert _warns_of_the_address(desk, john.ticket())


def test_after_thirty_days_the_new_address_is_one_like_any(desk: Desk) -> None:
    _, old, new = _moved(desk)
    desk.advance("P31D")
    writer = Mailbox(desk=desk, address=new)
    writer.writes(CLOSE)
    (mail,) = writer.mails()
    writer.replies(mail, code_in(mail))
    assert desk.agent().ticket(writer.ticket())["proof"] == "code"
    assert desk.mails(old) == []
