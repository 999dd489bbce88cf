"""A letter as the desk reads it: plain values, whatever the bytes looked like that came in."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct, field


class Attachment(Struct, frozen=True, kw_only=True):
    """A part of a letter that is not its words: a file, a picture, an attached message.

    `name` is cleaned of paths and control characters, and None where the letter gives none. `digest` is the SHA-256 of
    the content, in hex. The content is what the sender sent: never to be shown inline.
    """

    name: str | None
    type: str
    size: int
    digest: str
    content: bytes


class ReportPart(Struct, frozen=True, kw_only=True):
    """A part that machines write for machines: a delivery status, a feedback report, a returned message or its head."""

    type: str
    content: bytes


class Letter(Struct, frozen=True, kw_only=True):
    """What a letter says, decoded as far as it can be. Reading one never fails: `faults` tells what could not be read.

    `from_headers` are as they were sent; an empty one more stands for those that another reader may find.
    `from_address` is set only where From is clean (proof/standing.py says what that means), and is in lower case.
    `from_seen` is the best guess for people to look at; it proves nothing and finds no account.
    Message ids stand without their angle brackets. Headers are by lower-case name, each value decoded and unfolded.
    `text` is all readable text (HTML turned into text where there is nothing else); `html` is the HTML as it came.
    `stray_text` is what stands where no readable part is: before a boundary that never comes, or in a kind of text that
    we don't know. `words` is what to work with: the text, or else the stray text.
    """

    message_id: str | None = None
    date: datetime | None = None
    subject: str = ""
    from_headers: tuple[str, ...] = ()
    from_address: str | None = None
    from_seen: str | None = None
    from_name: str = ""
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    reply_to: tuple[str, ...] = ()
    return_path: str | None = None
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    content_type: str = "text/plain"
    report_type: str | None = None
    text: str = ""
    stray_text: str = ""
    text_is_from_html: bool = False
    html: str | None = None
    attachments: tuple[Attachment, ...] = ()
    reports: tuple[ReportPart, ...] = ()
    parts_left_unread: int = 0
    faults: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """All that the letter says, from wherever it stands."""
        return self.text if self.text.strip() else self.stray_text

    @property
    def is_readable(self) -> bool:
        """Whether an agent or a rule finds anything in it: a word, a subject, or something attached."""
        return bool(self.words.strip() or self.subject.strip() or self.attachments)

    def header(self, name: str) -> str:
        """The first header of that name, or the empty text."""
        return next(iter(self.headers.get(name.lower(), ())), "")
