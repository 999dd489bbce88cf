"""What became of the mails that we sent: told by SES, or by a bounce that comes back as a letter."""

import itertools
import json

import pytest

from chalicelib import keys
from infra.local.faults import Fault
from tests.stories.letters import CLOSE, beside, by_smtp, customer_by_mail, new_customer, quarantined, stranger
from tests.stories.people import Desk

_numbers = itertools.count(1)

DSN = """\
From: Mail Delivery Subsystem <mailer-daemon@mx.example>
To: support@desk.example
Subject: Undelivered Mail Returned to Sender
Date: Mon, 23 Nov 2026 09:00:00 +0700
Message-ID: <{number}@mx.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type={report_type}; boundary=b

--b
Content-Type: text/plain

Your mail did not reach everybody.
--b
Content-Type: message/{report_type}

{report}
--b
Content-Type: text/rfc822-headers

From: support@desk.example
Message-ID: {message_id}
Subject: x
--b--
"""
FAILED = """\
Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {address}
Action: failed
Status: 5.1.1
"""
DELAYED = FAILED.replace("failed", "delayed").replace("5.1.1", "4.4.1")
COMPLAINT = "Feedback-Type: abuse\nUser-Agent: mx/1\nVersion: 1\nOriginal-Rcpt-To: {address}\n"


def returned(message_id: str, address: str, *, report: str = FAILED, report_type: str = "delivery-status") -> bytes:
    """A bounce, or a complaint, about one of our mails."""
    said = DSN.format(
        number=next(_numbers), report=report.format(address=address), report_type=report_type, message_id=message_id
    )
    return said.replace("\n", "\r\n").encode()


def states(desk: Desk, number: str) -> list[tuple[str, str]]:
    return [(each["kind"], each["state"]) for each in desk.agent().ticket(number)["notices"]]


@pytest.mark.parametrize(
    ("way", "state"), [("success", "delivered"), ("bounce", "bounced"), ("complaint", "complained")]
)
def test_what_ses_tells_stands_on_the_ticket(desk: Desk, way: str, state: str) -> None:
    customer = new_customer(desk, email=f"{way}+{next(_numbers)}@simulator.amazonses.com")
    by_phone = {"subject": "Close it", "content": "By phone.", "account_id": customer.account_id}
    number = desk.agent().call("POST", "/desk/tickets", by_phone).ok(201)["number"]
    assert states(desk, number) == [("code", state)]


def test_a_bounce_of_our_mail_is_recorded_and_opens_no_ticket(desk: Desk) -> None:
    john = customer_by_mail(desk)
    john.writes(CLOSE)
    (mail,) = john.mails()
    ses_id = desk.letter(returned(mail["headers"]["Message-ID"], john.address))
    number = john.ticket()
    assert states(desk, number) == [("code", "bounced")]
    assert quarantined(desk, ses_id) is None
    assert "bounce" in beside(desk, number)
    assert desk.mails("mailer-daemon@mx.example") == []


def test_a_bounce_with_a_null_return_path_comes_in_by_smtp(desk: Desk) -> None:
    john = customer_by_mail(desk)
    john.writes(CLOSE)
    (mail,) = john.mails()
    by_smtp(desk, returned(mail["headers"]["Message-ID"], john.address), sender="")
    assert states(desk, john.ticket()) == [("code", "bounced")]


def test_a_delay_is_recorded_but_is_no_bounce(desk: Desk) -> None:
    john = customer_by_mail(desk)
    john.writes(CLOSE)
    (mail,) = john.mails()
    desk.letter(returned(mail["headers"]["Message-ID"], john.address, report=DELAYED))
    assert states(desk, john.ticket()) == [("code", "delivered")]
    assert "bounce" in beside(desk, john.ticket())


def test_a_complaint_is_recorded(desk: Desk) -> None:
    eve = stranger(desk)
    eve.writes(CLOSE)
    (mail,) = eve.mails()
    desk.letter(returned(mail["headers"]["Message-ID"], eve.address, report=COMPLAINT, report_type="feedback-report"))
    assert states(desk, eve.ticket()) == [("acknowledged", "complained")]


def test_a_forged_bounce_silences_nobody(desk: Desk) -> None:
    john = customer_by_mail(desk)
    john.writes(CLOSE)
    ses_id = desk.letter(returned("<made-up@eu-central-1.amazonses.com>", john.address))
    held = quarantined(desk, ses_id)
    assert held is not None
    assert held["cause"] == "bounce"
    assert states(desk, john.ticket()) == [("code", "delivered")]


@pytest.mark.parametrize("kind", ["after", "kill"])
def test_a_mail_whose_sending_nobody_wrote_down_is_known_by_what_ses_tells_of_it(desk: Desk, kind: str) -> None:
    """SES took the closing notice; its answer was lost, or the process ended there. It isn't sent a second time, and
    the sealed address goes."""
    john, agent = new_customer(desk), desk.agent()
    number = john.asks_to_close()
    agent.approves(number)
    john.hurries(number)
    sent = len(john.mails())
    desk.cloud.goes_wrong(Fault(service="sesv2", operation="SendEmail", kind=kind, skip=2))
    agent.decides(number, "expedite").ok()
    assert [state for _, state in states(desk, number)] == ["delivered"] * (sent + 3)
    assert len(john.mails()) == sent + 3
    assert desk.contacts(number) == []
    desk.advance("PT2H")
    assert len(john.mails()) == sent + 3


def test_a_notice_waits_while_the_key_for_its_links_can_not_be_read(desk: Desk) -> None:
    """A passing failure of AWS: it isn't given up as one that can't be worded."""
    john = new_customer(desk)
    desk.fault("sesv2", "SendEmail", "throttle", times=100)
    number = john.asks_to_close()
    desk.settle()
    desk.no_more_faults()
    keys.keyring.cache_clear()
    desk.cloud.goes_wrong(Fault(service="ssm", operation="GetParameter", kind="before", all_attempts=True))
    record = {"dynamodb": {"Keys": {"pk": {"S": number}}, "SequenceNumber": "1"}}
    assert desk.cloud.invoke("ticket_stream", {"Records": [record]})["batchItemFailures"] != []
    desk.no_more_faults()
    assert desk.cloud.invoke("ticket_stream", {"Records": [record]})["batchItemFailures"] == []
    assert states(desk, number) == [("received", "delivered")]


def test_a_mail_that_ses_refused_and_sent_all_the_same_is_not_sent_again(desk: Desk) -> None:
    """SES's event is the evidence: whatever its answer was, the mail is out."""
    john = new_customer(desk)
    desk.fault("sesv2", "SendEmail", "throttle", times=100)
    number = john.asks_to_close()
    desk.settle()
    desk.no_more_faults()
    tags = {"ticket": [number], "notice": ["notice-000001-received-owner"]}
    told = {"eventType": "Delivery", "mail": {"messageId": f"ses-{number}", "tags": tags}, "delivery": {}}
    desk.cloud.invoke("mail_feedback", {"Records": [{"Sns": {"Message": json.dumps(told)}}]})
    desk.advance("PT1H")
    assert states(desk, number) == [("received", "delivered")]
    assert john.mails() == []
