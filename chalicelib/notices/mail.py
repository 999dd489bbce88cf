"""A notice as raw MIME: SES's simple form would lose headers and the text part."""

import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from chalicelib.notices.worded import Worded
from chalicelib.settings import settings

LOOP_HEADER = "X-Signoff-Desk"  # a letter that carries it is our own mail come back
_PLAIN = re.compile(r"[\x21-\x7e]{1,64}@[\x21-\x7e]{1,189}")


class CantBeAddressed(Exception):
    """SES takes no address with letters outside ASCII, and a broken one could break out of its header."""


def raw_mail(worded: Worded, *, to: str, name: str | None, reply_to: str, number: str, answers: bool) -> bytes:
    """The mail's bytes: text and HTML, headers that keep automatic answers away, a Reply-To that threads.

    `answers`: it goes out in answer to a letter (`auto-replied`, RFC 3834 section 5), not on its own.
    """
    if not _PLAIN.fullmatch(to) or to.count("@") != 1:
        raise CantBeAddressed()
    mail = EmailMessage(policy=SMTP.clone(max_line_length=76))
    mail["From"] = _address(settings().company, settings().support_address)
    mail["To"] = _address(name or "", to)
    mail["Subject"] = worded.subject
    mail["Reply-To"] = reply_to
    mail["Auto-Submitted"] = "auto-replied" if answers else "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail[LOOP_HEADER] = number
    mail.set_content(worded.text, cte="quoted-printable")
    mail.add_alternative(worded.html, subtype="html", cte="quoted-printable")
    return mail.as_bytes()


def _address(name: str, address: str) -> Address:
    shown = "".join(each for each in name if each.isprintable())[:100]
    try:
        return Address(display_name=shown, addr_spec=address)
    except (ValueError, IndexError):
        raise CantBeAddressed() from None
