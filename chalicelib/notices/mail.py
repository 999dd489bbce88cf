"""A notice as raw MIME: SES's simple form would lose headers and the text part."""

import re
from email.header import Header
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UniqueAddressHeader, UniqueUnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy

from chalicelib.notices.worded import Worded
from chalicelib.settings import settings

LOOP_HEADER = "X-Signoff-Desk"  # a letter that carries it is our own mail come back
_PLAIN = re.compile(r"[\x21-\x7e]{1,64}@[\x21-\x7e]{1,189}")


class CantBeAddressed(Exception):
    """SES takes no address with letters outside ASCII, and a broken one could break out of its header."""


class _Line(UniqueUnstructuredHeader, BaseHeader):  # type: ignore[misc]  # typeshed sees no mixin
    """Encoded by the older encoder: the newer one loses or adds spaces where it folds words that aren't ASCII."""

    def fold(self, *, policy: Policy) -> str:
        if self.isascii():
            return super().fold(policy=policy)
        said = Header(str(self), "utf-8", header_name=self.name).encode(linesep=policy.linesep)
        return f"{self.name}: {said}{policy.linesep}"


class _Addressee(UniqueAddressHeader, BaseHeader):  # type: ignore[misc]
    """One address, whose name is encoded as a `_Line` is."""

    def fold(self, *, policy: Policy) -> str:
        (only,) = self.addresses
        if only.display_name.isascii():
            return super().fold(policy=policy)
        name = Header(only.display_name, "utf-8", header_name=self.name).encode(linesep=policy.linesep)
        return f"{self.name}: {name}{policy.linesep} <{only.addr_spec}>{policy.linesep}"


def raw_mail(worded: Worded, *, to: str, name: str | None, reply_to: str, number: str, answers: bool) -> bytes:
    """The mail's bytes: text and HTML, headers that keep automatic answers away, a Reply-To that threads.

    `answers`: it goes out in answer to a letter (`auto-replied`, RFC 3834 section 5), not on its own.
    """
    if not _PLAIN.fullmatch(to) or to.count("@") != 1:
        raise CantBeAddressed()
    headers = HeaderRegistry()
    for header, kind in (("subject", _Line), ("from", _Addressee), ("to", _Addressee)):
        headers.map_to_type(header, kind)
    mail = EmailMessage(policy=SMTP.clone(max_line_length=76, header_factory=headers))
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
