"""Letters in as SES receives them, mails out as SES sends them."""

import json
import smtplib
from email.message import EmailMessage
from typing import Any

import boto3
import pytest

from infra.local.letters import NobodyHere, Receiving, arrival, smtp
from infra.local.where import REGION
from tests.infra.small_cloud import SmallCloud

RAW = (
    b"Return-Path: <bounces@khach.example>\r\nFrom: =?utf-8?B?TGFu?= <lan@khach.example>\r\n"
    b"To: Support@desk.example\r\nCc: x@other.example\r\nSubject: =?utf-8?Q?H=E1=BB=A7y?=\r\n\r\nxin\xe1\r\n"
)


@pytest.fixture
def events(cloud: SmallCloud) -> list[Any]:
    """A deployed receipt rule, and what its function hears."""
    seen: list[Any] = []
    function = cloud.function("receive", lambda event, _: seen.append(event["Records"][0]["ses"]))
    boto3.client("s3").create_bucket(Bucket="letters", CreateBucketConfiguration={"LocationConstraint": REGION})
    ses = boto3.client("ses")
    ses.create_receipt_rule_set(RuleSetName="rules")
    ses.set_active_receipt_rule_set(RuleSetName="rules")
    ses.create_receipt_rule(
        RuleSetName="rules",
        Rule={
            "Name": "letters",
            "Enabled": True,
            "Recipients": ["desk.example"],
            "Actions": [
                {"S3Action": {"BucketName": "letters", "ObjectKeyPrefix": "raw/"}},
                {"LambdaAction": {"FunctionArn": function.function_arn, "InvocationType": "Event"}},
            ],
        },
    )
    return seen


def stored(message_id: str) -> bytes:
    body: bytes = boto3.client("s3").get_object(Bucket="letters", Key=f"raw/{message_id}")["Body"].read()
    return body


def test_a_letter_is_stored_byte_for_byte_below_the_lines_that_ses_writes(cloud: SmallCloud, events: list[Any]) -> None:
    message_id = Receiving(cloud.clock).receive(arrival(RAW))
    raw = stored(message_id)
    assert raw.endswith(RAW)
    assert raw.startswith(b"Return-Path: <bounces@khach.example>\r\nReceived: ")


def test_the_event_tells_envelope_verdicts_and_readable_headers(cloud: SmallCloud, events: list[Any]) -> None:
    message_id = Receiving(cloud.clock).receive(arrival(RAW, dmarc="GRAY", virus=""))
    cloud.quiet.wait()
    mail, receipt = events[0]["mail"], events[0]["receipt"]
    assert (mail["messageId"], mail["source"]) == (message_id, "bounces@khach.example")
    assert mail["destination"] == receipt["recipients"] == ["Support@desk.example"]
    assert mail["commonHeaders"]["subject"] == "Hủy"
    assert receipt["dmarcVerdict"] == {"status": "GRAY"}
    assert receipt["spfVerdict"] == {"status": "PASS"}
    assert "virusVerdict" not in receipt


def test_headers_past_ten_kilobytes_are_cut_and_said_to_be(cloud: SmallCloud, events: list[Any]) -> None:
    Receiving(cloud.clock).receive(arrival(b"X-Long: " + b"a" * 11_000 + b"\r\n" + RAW))
    cloud.quiet.wait()
    assert events[0]["mail"]["headersTruncated"] is True
    assert len(json.dumps(events[0]["mail"]["headers"])) < 11_000


@pytest.mark.parametrize(
    "raw",
    [b"", b"\r\n\r\n", b"no headers at all", b"From: \xff\xfe\r\nSubject: =?nonsense?B?????=\r\n\r\n", b"\x00" * 50],
)
def test_any_bytes_are_a_letter(cloud: SmallCloud, events: list[Any], raw: bytes) -> None:
    message_id = Receiving(cloud.clock).receive(arrival(raw))
    cloud.quiet.wait()
    assert stored(message_id).endswith(raw)
    assert events[0]["mail"]["destination"] == ["support@desk.example"]


def test_a_letter_to_nobody_is_refused(cloud: SmallCloud, events: list[Any]) -> None:
    with pytest.raises(NobodyHere):
        Receiving(cloud.clock).receive(arrival(RAW, recipients=("x@other.example",)))


def test_a_plus_address_reaches_a_rule_for_the_bare_address(cloud: SmallCloud, events: list[Any]) -> None:
    Receiving(cloud.clock).receive(arrival(RAW, recipients=("support+SO-1.ABC@desk.example",)))
    cloud.quiet.wait()
    assert events[0]["receipt"]["recipients"] == ["support+SO-1.ABC@desk.example"]


def test_smtp_takes_a_letter_as_it_is_and_turns_away_what_is_not_ours(cloud: SmallCloud, events: list[Any]) -> None:
    with smtp(Receiving(cloud.clock), 0) as port, smtplib.SMTP("127.0.0.1", port) as client:
        client.sendmail("", ["support@desk.example"], RAW)
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            client.sendmail("lan@khach.example", ["x@other.example"], RAW)
    cloud.quiet.wait()
    assert events[0]["mail"]["source"] == ""
    assert stored(events[0]["mail"]["messageId"]).endswith(RAW)


def send(to: str, configuration_set: str = "") -> str:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Tổ hỗ trợ <support@desk.example>", to, "Đã nhận"
    message["Message-ID"] = "<ours@desk.example>"
    message.set_content("xin chào")
    message.add_alternative("<p>xin chào</p>", subtype="html")
    more = {"ConfigurationSetName": configuration_set} if configuration_set else {}
    sent = boto3.client("sesv2").send_email(
        FromEmailAddress="support@desk.example",
        Destination={"ToAddresses": [to]},
        Content={"Raw": {"Data": message.as_bytes()}},
        **more,
    )
    return str(sent["MessageId"])


def test_a_sent_mail_lies_in_the_outbox_decoded_and_with_the_id_that_ses_gave(cloud: SmallCloud) -> None:
    boto3.client("sesv2").create_email_identity(EmailIdentity="desk.example")
    message_id = send("lan@khach.example")
    send("john@customer.example")
    (mail,) = cloud.outbox.mails("LAN@khach.example")
    assert (mail["id"], mail["to"], mail["subject"]) == (message_id, ["lan@khach.example"], "Đã nhận")
    assert (mail["text"].strip(), mail["html"].strip()) == ("xin chào", "<p>xin chào</p>")
    assert mail["headers"]["Message-ID"] == f"<{message_id}@{REGION}.amazonses.com>"
    assert mail["from"] == "Tổ hỗ trợ <support@desk.example>"
    assert len(cloud.outbox.mails()) == 2


@pytest.mark.parametrize(
    ("to", "kind"),
    [
        ("lan@khach.example", "Delivery"),
        ("bounce@simulator.amazonses.com", "Bounce"),
        ("complaint@simulator.amazonses.com", "Complaint"),
    ],
)
def test_what_becomes_of_a_mail_is_told_to_the_configuration_set_s_topic(cloud: SmallCloud, to: str, kind: str) -> None:
    told: list[Any] = []
    function = cloud.function("hear", lambda event, _: told.append(json.loads(event["Records"][0]["Sns"]["Message"])))
    boto3.client("sesv2").create_email_identity(EmailIdentity="desk.example")
    sns, ses = boto3.client("sns"), boto3.client("ses")
    topic = sns.create_topic(Name="fate")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function.function_arn)
    ses.create_configuration_set(ConfigurationSet={"Name": "desk"})
    ses.create_configuration_set_event_destination(
        ConfigurationSetName="desk",
        EventDestination={
            "Name": "fate",
            "Enabled": True,
            "MatchingEventTypes": ["bounce", "complaint", "delivery"],
            "SNSDestination": {"TopicARN": topic},
        },
    )
    message_id = send(to, "desk")
    cloud.quiet.wait()
    assert [(each["eventType"], each["mail"]["messageId"]) for each in told] == [(kind, message_id)]
    assert kind.lower() in told[0]


def test_ses_sends_through_the_seam() -> None:
    from moto.sesv2.responses import SESV2Response

    assert "send_email" in vars(SESV2Response)
