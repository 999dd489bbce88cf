"""What kind of mail a letter is: machines' mail never becomes a ticket, people's mail always may."""

import pytest

from chalicelib.letters.kinds import LetterKind, Ours, Verdicts, kind_of
from chalicelib.letters.mime import read_letter

OURS = Ours(addresses=frozenset({"support@desk.example"}), domain="desk.example", loop_header="X-Signoff")
PERSON = b"From: An <an@example.com>\nTo: support@desk.example\n"


def kind(raw: bytes, envelope_from: str | None = "an@example.com", verdicts: Verdicts | None = None) -> LetterKind:
    return kind_of(read_letter(raw), verdicts or Verdicts(), envelope_from, OURS)


REPORT = (
    b"From: postmaster@mx.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
    b"--b\n\nIt failed.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
    b"Final-Recipient: rfc822; an@example.com\nAction: failed\nStatus: 5.1.1\n--b--\n"
)
GATEWAY_REPORT = REPORT.replace(b"postmaster@", b"gateway@")
COMPLAINT = (
    b"From: fbl@isp.example\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n"
    b"--b\n\nA complaint.\n--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n--b--\n"
)


def test_a_letter_from_a_person_is_a_persons() -> None:
    assert kind(PERSON + b"Subject: Close my account\n\nPlease.") == "person"


@pytest.mark.parametrize(
    "header",
    [
        b"X-Auto-Response-Suppress: All",
        b"Auto-Submitted: no",
        b"Precedence: normal",
        b"Subject: Out of office hours support?",
        b"Subject: Re: Undeliverable: my mail to you",
        b"Subject: Automatic payment",
        "Subject: Trả lời tự động".encode(),
        b"Subject: Abwesend",
        b"X-Mailer: Microsoft Outlook 16.0",
        b"X-Autoreply: no",
        b"Reply-To: me@example.org",
        b"Auto-Submitted: no; owner-email=an@example.com",
        b"Auto-Submitted:",
        b"X-Autoreply: False",
        b"X-Autoreply: 0",
        b"In-Reply-To: <a@desk.example>\nSubject: Please confirm that you sent this",
        b"X-Auto-Response-Suppress: All\nSubject: Please confirm that you sent this",
        b"X-Auto-Response-Suppress: All\nSubject: Re: Your account\nIn-Reply-To: <a@desk.example>",
    ],
)
def test_no_single_sign_that_people_send_too_makes_their_letter_automatic(header: bytes) -> None:
    assert kind(PERSON + header + b"\n\nPlease close my account.") == "person"


def test_a_person_who_tells_of_a_bounce_is_a_person() -> None:
    body = b"\nI wrote to you and got '550 5.1.1 user unknown'. Why?"

    assert kind(PERSON + b"Subject: My mail came back\n" + body) == "person"
    assert kind(PERSON + b"Subject: Fwd: Undelivered Mail Returned to Sender\n" + body) == "person"


def test_a_form_that_writes_for_a_person_is_a_person() -> None:
    raw = b"From: Contact form <noreply@shop.example>\nReply-To: an@example.com\nSubject: Contact\n\nClose my account"

    assert kind(raw) == "person"


@pytest.mark.parametrize(("spam", "virus", "wanted"), [("FAIL", "PASS", "spam"), ("FAIL", "FAIL", "virus")])
def test_the_verdicts_on_virus_and_spam_come_first(spam: str, virus: str, wanted: str) -> None:
    verdicts = Verdicts(spam="FAIL" if spam == "FAIL" else "PASS", virus="FAIL" if virus == "FAIL" else "PASS")

    assert kind(REPORT, verdicts=verdicts) == wanted


@pytest.mark.parametrize("verdict", ["PASS", "GRAY", "PROCESSING_FAILED"])
def test_a_verdict_that_is_no_failure_quarantines_nothing(verdict: str) -> None:
    verdicts = Verdicts(spam="GRAY" if verdict == "GRAY" else "PROCESSING_FAILED", virus="PASS")

    assert kind(PERSON + b"\nPlease.", verdicts=verdicts) == "person"


@pytest.mark.parametrize(
    "raw",
    [
        b"From: Support <support@desk.example>\n\nx",
        b"From: SUPPORT@DESK.EXAMPLE\n\nx",
        b"From: support+SO-1.MAC@desk.example\n\nx",
        PERSON + b"X-Signoff: 1\n\nx",
        b"From: SUPPORT@desk.example (the desk)\n\nx",
    ],
)
def test_our_own_mail_that_comes_back_is_a_loop(raw: bytes) -> None:
    assert kind(raw) == "loop"


@pytest.mark.parametrize(
    "raw",
    [
        REPORT,
        REPORT.replace(b"multipart/report; report-type=delivery-status;", b"multipart/mixed;"),
        b"From: MAILER-DAEMON@mx.example\nSubject: failure notice\n\n<an@example.com>:\n550 no such user",
        b"From: Mail Delivery System <postmaster@mx.example>\nSubject: Undelivered Mail Returned to Sender\n\nx",
        PERSON + b"X-Failed-Recipients: an@example.com\n\nx",
        "From: Postmaster <postmaster@mx.example>\nSubject: Không gửi được thư\n\nx".encode(),
        b"From: postmaster@mx.example\nSubject: Unzustellbar: Ihre Nachricht\n\nx",
        GATEWAY_REPORT,
        GATEWAY_REPORT.replace(b"message/delivery-status", b"text/plain"),
        GATEWAY_REPORT.replace(b"message/delivery-status", b"text/plain").replace(
            b" report-type=delivery-status;", b""
        ),
        GATEWAY_REPORT.replace(b"report-type=delivery-status", b"report-type=status"),
        b"From: gateway@mx.example\nSubject: Delivery failure\n\nThe message could not be delivered: 550 5.1.1",
    ],
)
def test_a_bounce_is_a_bounce_in_all_its_forms(raw: bytes) -> None:
    assert kind(raw, "bounces@mx.example") == "bounce"


def test_a_null_return_path_and_the_body_of_a_bounce_make_a_bounce() -> None:
    raw = b"From: robot@mx.example\nSubject: hello\n\nYour message could not be delivered."

    assert kind(raw, "") == "bounce"
    assert kind(raw, "an@example.com") == "person"


@pytest.mark.parametrize("envelope_from", ["", "<>", "MAILER-DAEMON@mx.example"])
def test_a_null_return_path_is_known_however_it_is_written(envelope_from: str) -> None:
    assert kind(b"From: robot@mx.example\nSubject: hello\n\nmailbox is full", envelope_from) == "bounce"
    assert kind(b"From: robot@mx.example\nSubject: Delivery failure\n\nx", envelope_from) == "bounce"
    assert kind(b"From: postmaster@mx.example\nSubject: hello\n\nx", envelope_from) == "bounce"


def test_where_nobody_tells_an_envelope_none_is_taken_for_a_machines() -> None:
    assert kind(b"From: robot@mx.example\nSubject: hello\n\nmailbox is full", None) == "person"


def test_a_daemon_is_known_by_its_address_alone_or_by_its_name_and_what_it_writes() -> None:
    assert kind(b"From: MAILER-DAEMON@mx.example\nSubject: hello\n\nx") == "bounce"
    assert kind(b"From: Mail Delivery System <robot@mx.example>\nSubject: Undeliverable\n\nx") == "bounce"
    assert kind(b"From: Mail Delivery System <robot@mx.example>\nSubject: hello\n\nx") == "person"


def test_from_any_other_sender_neither_a_bounces_subject_nor_its_words_are_enough() -> None:
    assert kind(b"From: gateway@mx.example\nSubject: Delivery failure\n\nHello, is it you?") == "person"
    assert kind(b"From: gateway@mx.example\nSubject: Hello\n\nThe message could not be delivered.") == "person"


def test_of_a_long_letter_only_the_beginning_can_make_it_a_bounce() -> None:
    robot = b"From: robot@mx.example\n\n"
    assert kind(robot + b"Long. " * 3_000 + b"mailbox is full", "") == "bounce"
    assert kind(robot + b"Long. " * 3_400 + b"mailbox is full", "") == "person"


@pytest.mark.parametrize(
    ("ours", "sender", "wanted"),
    [
        (
            Ours(addresses=frozenset({"help@other.example"}), domain="desk.example", loop_header="X"),
            b"help@other.example",
            "loop",
        ),
        (Ours(addresses=frozenset(), domain="Desk.Example", loop_header="X"), b"any@desk.example", "loop"),
        (Ours(addresses=frozenset(), domain="desk.example", loop_header="X"), b"an@notdesk.example", "person"),
        (Ours(addresses=frozenset(), domain="", loop_header="X"), b"an@desk.example", "person"),
    ],
)
def test_ours_are_our_addresses_and_all_of_our_domain_and_none_that_only_looks_like_it(
    ours: Ours, sender: bytes, wanted: LetterKind
) -> None:
    assert kind_of(read_letter(b"From: " + sender + b"\n\nx"), Verdicts(), "an@example.com", ours) == wanted


def test_a_letter_without_any_sender_is_a_persons() -> None:
    assert kind(b"Subject: Close it\n\nMy account, please.") == "person"


def test_the_return_path_header_counts_where_nobody_tells_the_envelope() -> None:
    assert kind(b"Return-Path: <>\nFrom: robot@mx.example\n\nmailbox is full", None) == "bounce"


def test_a_report_of_something_else_is_no_bounce() -> None:
    other = GATEWAY_REPORT.replace(b"report-type=delivery-status", b"report-type=status")
    assert kind(other.replace(b"message/delivery-status", b"text/plain")) == "person"


@pytest.mark.parametrize(
    "raw",
    [
        COMPLAINT,
        COMPLAINT.replace(b"message/feedback-report", b"text/plain"),
        COMPLAINT.replace(b"report-type=feedback-report; ", b""),
        COMPLAINT.replace(b"multipart/report; report-type=feedback-report; ", b"multipart/mixed; "),
    ],
)
def test_a_complaint_is_a_complaint(raw: bytes) -> None:
    assert kind(raw) == "complaint"


@pytest.mark.parametrize(
    "header",
    [
        b"Auto-Submitted: auto-replied",
        b"Auto-Submitted: auto-generated (vacation)",
        b"auto-submitted: AUTO-NOTIFIED; owner-email=x",
        b"X-Autoreply: yes",
        b"X-Autorespond: Re",
        b"X-Auto-Response-From: an@example.com",
        b"Precedence: auto_reply",
        b"Precedence: auto",
        b"X-Mailer: vacation 1.2",
        b"User-Agent: vacation 1.2",
        b"Delivered-To: Autoresponder",
        b"Subject: Out of Office: Re\nPrecedence: bulk",
        b"Subject: Out of Office: Re\nPrecedence: junk",
        b"Subject: Out of Office: Re\nPrecedence: list",
        b"Subject: Out of Office: Re\nX-Loop: an@example.com",
        "Subject: Trả lời tự động: Yêu cầu\nX-Auto-Response-Suppress: All".encode(),
        "Subject: Réponse automatique\nX-Auto-Response-Suppress: DR, OOF".encode(),
        "Subject: 自動返信\nX-Auto-Response-Suppress: All".encode(),
        b"Subject: Please confirm that you sent this\nIn-Reply-To: <a@desk.example>\nPrecedence: bulk",
        b"Subject: Please confirm that you sent this\nReferences: <a@desk.example>\nPrecedence: bulk",
        b"Subject: Re: x\nIn-Reply-To: <a@desk.example>\nPrecedence: bulk\n\nClick this link to prove it.",
    ],
)
def test_an_automatic_answer_is_automatic(header: bytes) -> None:
    assert kind(PERSON + header + b"\n\nI am away.") == "automatic"


def test_a_vacation_subject_and_a_null_return_path_are_automatic() -> None:
    assert kind(PERSON + b"Subject: Abwesenheitsnotiz\n\nIch bin im Urlaub.", "") == "automatic"
    assert kind(b"From: postmaster@mx.example\nSubject: Out of office\n\nx") == "automatic"


def test_who_asks_from_a_null_return_path_to_confirm_a_letter_is_a_machine() -> None:
    asks = PERSON + b"Subject: Please confirm that you sent this\n\nx"

    assert (kind(asks, ""), kind(asks)) == ("automatic", "person")


def test_an_absence_told_by_a_mailbox_that_nobody_reads_is_automatic_whoever_is_to_be_answered() -> None:
    raw = b"From: noreply@shop.example\nReply-To: an@example.com\nSubject: Out of office\n\nx"

    assert kind(raw) == "automatic"


def test_a_read_receipt_is_automatic() -> None:
    report = COMPLAINT.replace(b"feedback-report", b"disposition-notification")

    assert kind(report) == "automatic"
    assert kind(report.replace(b"message/disposition-notification", b"text/plain")) == "automatic"
    assert kind(report.replace(b"report-type=disposition-notification; ", b"report-type=other; ")) == "automatic"
    other = report.replace(b"report-type=disposition-notification; ", b"report-type=other; ")
    assert kind(other.replace(b"message/disposition-notification", b"message/delivery-status")) == "bounce"


@pytest.mark.parametrize("sender", [b"no-reply", b"noreply", b"donotreply", b"do-not-reply"])
def test_a_mailbox_that_nobody_reads_did_not_write(sender: bytes) -> None:
    raw = b"From: Shop <" + sender + b"@shop.example>\nSubject: Your order\n\nThanks"

    assert kind(raw) == "automatic"
    assert kind(b"Reply-To: notifications@shop.example\n" + raw) == "automatic"
    assert kind(b"From: notifications@shop.example\nSubject: Your order\n\nThanks") == "automatic"
    assert kind(b"From: <" + sender + b">\nSubject: Your order\n\nThanks") == "automatic"


@pytest.mark.parametrize(
    "header",
    [
        b"List-Id: <news.example.com>",
        b"List-Unsubscribe: <mailto:x@example.com>",
        b"List-Post: <mailto:x@example.com>",
        b"Precedence: bulk",
        b"Precedence: Junk",
        b"Precedence: list",
        b"X-Mailer: phpList 3.6",
    ],
)
def test_list_and_bulk_mail_is_bulk(header: bytes) -> None:
    assert kind(PERSON + header + b"\nSubject: News\n\nRead this") == "bulk"


def test_a_mailing_without_any_list_header_is_bulk() -> None:
    raw = b"From: Shop <news@shop.example>\nSubject: Sale\n\nBuy!\nTo unsubscribe, click here."

    assert kind(raw, "news-an=example.com@shop.example") == "bulk"
    assert kind(raw, "an@example.com") == "person"
    assert kind(raw, "SRS0=ab=cd=example.com=an@forward.example") == "person"
    for answers in (b"In-Reply-To: <a@desk.example>\n", b"References: <a@desk.example>\n"):
        assert kind(answers + raw, "news-an=example.com@shop.example") == "person"


def test_what_a_list_sends_so_that_its_bounces_come_back_to_it_is_bulk() -> None:
    assert kind(PERSON + b"Subject: News\n\nRead this", "news-bounces@lists.example") == "bulk"


def test_a_mailing_that_tells_only_in_its_html_how_to_be_rid_of_it_is_bulk() -> None:
    raw = (
        b"From: Shop <news@shop.example>\nContent-Type: multipart/alternative; boundary=b\n\n"
        b"--b\n\nBuy!\n--b\nContent-Type: text/html\n\nBuy! <a href='https://shop.example/'>Unsubscribe</a>\n--b--\n"
    )

    assert kind(raw, "news-an=example.com@shop.example") == "bulk"
    assert kind(raw.replace(b"Unsubscribe", b"Now"), "news-an=example.com@shop.example") == "person"


def test_a_mailing_that_tells_how_to_be_removed_from_its_list_is_bulk() -> None:
    raw = (
        b"From: Shop <an@shop.example>\nErrors-To: <an@shop.example>\n\nBuy!\nTo be removed from this list, click here."
    )

    assert kind(raw) == "bulk"
    assert kind(raw.replace(b"Errors-To", b"X-To")) == "person"


NOTIFICATION = b"From: Shop <billing@shop.example>\nSubject: Your receipt\n\nPaid.\nPlease do not reply to this e-mail."


def test_a_service_that_wants_no_answer_is_automatic() -> None:
    assert kind(NOTIFICATION) == "automatic"


@pytest.mark.parametrize(
    "raw",
    [
        NOTIFICATION.replace(b"billing@", b"an@"),
        NOTIFICATION.replace(b"Subject: Your", b"Subject: AW: Your"),
        NOTIFICATION.replace(b"Subject: Your", b"Subject: Fwd: Your"),
        NOTIFICATION.replace(b"Subject", b"In-Reply-To: <a@desk.example>\nSubject"),
        NOTIFICATION.replace(b"Subject", b"References: <a@desk.example>\nSubject"),
        NOTIFICATION.replace(b"Subject", b"Reply-To: an@shop.example\nSubject"),
        NOTIFICATION.replace(b"Please do", b"You wrote:\n> Please do"),
        NOTIFICATION.replace(b"Paid.", b"---------- Forwarded message ---------"),
        NOTIFICATION + b"\nI reply all the same." + b" Close my account." * 60,
    ],
)
def test_a_person_who_repeats_that_no_answer_is_wanted_stays_a_person(raw: bytes) -> None:
    assert kind(raw) == "person"


def test_a_letter_with_nothing_in_it_is_unreadable() -> None:
    assert kind(PERSON + b"\n\n") == "unreadable"
