"""Attachments are listed with clean names, stored apart from their letter, and go with it."""

import hashlib
import os
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP

import boto3

from tests.stories.letters import ALONE, SUPPORT, code_in, link_in, new_customer, stranger, types
from tests.stories.people import Desk

SCAN = b"%PDF-1.7 a scan"


def letter_with_scan(sender: str) -> bytes:
    mail = EmailMessage(policy=SMTP.clone(max_line_length=200))
    mail["From"], mail["To"], mail["Subject"] = sender, SUPPORT, "Close my account"
    mail["Message-ID"], mail["Date"] = f"<scan-{sender}>", "Mon, 23 Nov 2026 09:00:00 +0700"
    mail.set_content("Please close my account, see the scan.")
    mail.add_attachment(SCAN, maintype="application", subtype="pdf", filename="../../etc/<script>scan.pdf")
    return mail.as_bytes()


def _stored(digest: str) -> list[str]:
    found = boto3.client("s3").list_object_versions(Bucket=os.environ["LETTERS_BUCKET"], Prefix="attachments/")
    return [each["Key"] for each in found.get("Versions", []) if each["Key"].endswith(digest)]


def test_an_attachment_is_listed_and_stored_apart_until_the_ticket_is_shrunk(desk_with: Callable[..., Desk]) -> None:
    desk = desk_with(**ALONE)
    eve = stranger(desk)
    desk.letter(letter_with_scan(eve.address))
    number = eve.ticket()
    (attached,) = desk.agent().ticket(number)["letters"][0]["attachments"]
    digest = hashlib.sha256(SCAN).hexdigest()
    assert (attached["type"], attached["size"], attached["digest"]) == ("application/pdf", len(SCAN), digest)
    assert "/" not in attached["name"]
    assert attached["name"].endswith("scan.pdf")
    (key,) = _stored(digest)
    stored = boto3.client("s3").get_object(Bucket=os.environ["LETTERS_BUCKET"], Key=key)
    assert stored["Body"].read() == SCAN
    assert stored["ContentType"] == "application/octet-stream", "no browser may run what a letter brought"

    desk.advance("P9D")  # it expires
    desk.advance("P32D")  # and is shrunk
    assert _stored(digest) == []


def test_who_proved_the_account_sees_the_names_of_the_files_that_they_sent(desk: Desk) -> None:
    john = new_customer(desk)
    desk.letter(letter_with_scan(john.email))
    (mail,) = john.mails()
    assert types(desk, link_in(mail), code_in(mail)).status == 303
    (number,) = john.tickets()
    (attached,) = john.ticket(number)["attachments"]
    assert attached["name"].endswith("scan.pdf")
    assert "scan.pdf" not in desk.page(link_in(mail)).raw.decode(), "the tracking page shows nothing personal"
