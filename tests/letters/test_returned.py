"""Which mail a bounce or complaint is about, and whom it did not reach."""

import pytest

from chalicelib.letters.mime import read_letter
from chalicelib.letters.returned import bounced_message_ids, complaining_recipients, failed_recipients


def report(
    status: bytes, returned: bytes = b"Content-Type: text/rfc822-headers\n\nMessage-ID: <0102-x@email.amazonses.com>\n"
) -> bytes:
    return (
        b"From: MAILER-DAEMON@a.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        b"--b\n\nAn error.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; a\n\n"
        + status
        + b"\n--b\n"
        + returned
        + b"--b--\n"
    )


@pytest.mark.parametrize(
    "returned",
    [
        b"Content-Type: text/rfc822-headers\n\nSubject: x\nMessage-ID: <0102-x@email.amazonses.com>\n",
        b"Content-Type: message/rfc822\n\nMessage-Id:\n <0102-x@email.amazonses.com>\n\nMessage-ID: <in.its@body>\n",
    ],
)
def test_a_bounce_names_the_mail_that_it_returns(returned: bytes) -> None:
    assert bounced_message_ids(read_letter(report(b"", returned))) == ("0102-x@email.amazonses.com",)


def test_an_old_bounce_names_the_mail_in_its_text() -> None:
    raw = (
        b"From: mailer-daemon@a.example\n\n--- Below this line is a copy.\n\nSubject: x\nMessage-ID: <1@desk.example>\n"
    )

    assert bounced_message_ids(read_letter(raw)) == ("1@desk.example",)


def test_a_failed_recipient_is_permanent_by_the_class_of_its_status() -> None:
    groups = (
        b"Final-Recipient: rfc822; A@example.com\nAction: failed\nStatus: 5.1.1 (no such user)\n\n"
        b"Final-Recipient: rfc822;b@example.com\nAction: delayed\nStatus: 4.4.1\n\n"
        b"Final-Recipient: rfc822;c@example.com\nAction: failed\nStatus: 4.2.2\n\n"
        b"Final-Recipient: rfc822;d@example.com\nAction: delivered\nStatus: 2.0.0\n"
    )

    found = failed_recipients(read_letter(report(groups)))

    assert [(one.address, one.status, one.is_permanent) for one in found] == [
        ("a@example.com", "5.1.1", True),
        ("b@example.com", "4.4.1", False),
        ("c@example.com", "4.2.2", False),
    ]


def test_old_bounces_name_their_recipients_too() -> None:
    exim = read_letter(b"X-Failed-Recipients: a@example.com\n\n550 unknown user")
    qmail = read_letter(b"From: MAILER-DAEMON@a.example\n\n<b@example.com>:\n451 4.3.0 try later")

    assert [(one.address, one.is_permanent) for one in failed_recipients(exim)] == [("a@example.com", True)]
    assert [(one.address, one.is_permanent) for one in failed_recipients(qmail)] == [("b@example.com", False)]


def test_a_complaint_names_the_mail_and_whoever_complains() -> None:
    raw = (
        b"From: fbl@isp.example\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\n\nx\n"
        b"--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nOriginal-Rcpt-To: <An@example.com>\n"
        b"--b\nContent-Type: message/rfc822\n\nMessage-ID: <1@email.amazonses.com>\n\nx\n--b--\n"
    )

    letter = read_letter(raw)

    assert bounced_message_ids(letter) == ("1@email.amazonses.com",)
    assert complaining_recipients(letter) == ("an@example.com",)
