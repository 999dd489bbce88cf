"""A letter as it arrives: what SES says of it, its raw bytes, and what the desk keeps of it."""

import hashlib
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from chalicelib import clients, clock
from chalicelib.language import MARKERS
from chalicelib.letters import attachments
from chalicelib.letters.kinds import Ours, Verdicts
from chalicelib.letters.letter import Letter
from chalicelib.letters.mime import read_letter
from chalicelib.letters.new_words import NewWords, read_new_words
from chalicelib.notices.mail import LOOP_HEADER
from chalicelib.proof.standing import Standing, standing
from chalicelib.settings import settings
from chalicelib.tickets import store
from chalicelib.tickets.store import guards
from chalicelib.tickets.store.items import LetterItem
from chalicelib.tickets.store.letters import LetterRecord
from chalicelib.transaction import Together

SEEN_FOR = timedelta(days=30)
_SHOWN = 20_000  # letters of a text that agents see at once; the whole lies in the bucket


class Arrival(Struct, frozen=True, kw_only=True):
    """What SES tells of a letter. `source` is the envelope's sender and proves nothing."""

    ses_id: str
    key: str
    at: datetime
    verdicts: Verdicts
    recipients: tuple[str, ...]
    source: str | None


class Opened(Struct, frozen=True, kw_only=True):
    """A letter that was read: its value, how far its sender is believed, and its new words."""

    arrival: Arrival
    letter: Letter
    standing: Standing
    words: NewWords
    quarantined: LetterItem | None = None  # where it lies now, if an agent releases it

    @property
    def sender(self) -> str | None:
        """The address that a clean From names; None where From isn't clean."""
        return self.letter.from_address

    @property
    def claimed_sender(self) -> str | None:
        """Who the letter says it is from, even where From isn't clean: enough to stop, never to believe."""
        return self.sender or (self.letter.from_seen or "").strip().lower() or None

    @property
    def text(self) -> str:
        return (self.words.text or self.letter.words).strip()[:_SHOWN]

    @property
    def digest(self) -> str:
        """The same letter, whatever SES called it: Message-ID, From, Date and body."""
        letter = self.letter
        date = letter.date.isoformat() if letter.date else ""
        said = "\0".join((letter.message_id or "", *letter.from_headers, date, letter.words, letter.html or ""))
        said += "\0".join(each.digest for each in letter.attachments)
        return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()

    def record(self, cause: str) -> LetterRecord:
        letter = self.letter
        verdicts = {name: value for name, value in asdict(self.arrival.verdicts).items() if value}
        return LetterRecord(
            id=self.arrival.ses_id, key=self.arrival.key, at=self.arrival.at, cause=cause, standing=self.standing,
            shown={
                "from": letter.from_seen, "subject": letter.subject[:500], "text": letter.words.strip()[:_SHOWN],
                "attachments": attachments.listed(letter.attachments),
                "verdicts": verdicts, "faults": list(letter.faults)[:50],
                "recipients": list(self.arrival.recipients)[:100],
            },
        )  # fmt: skip


@cache
def _s3() -> Any:
    return clients.client("s3")


def opened(arrival: Arrival) -> Opened:
    """Fetches the raw letter and reads it. Of one over LARGEST_LETTER only the beginning, marked as too large."""
    largest = settings().largest_letter
    answer = _s3().get_object(Bucket=settings().letters_bucket, Key=arrival.key, Range=f"bytes=0-{largest}")
    letter = read_letter(answer["Body"].read())
    return Opened(
        arrival=arrival, letter=letter, standing=standing(letter.from_headers, arrival.verdicts.dmarc),
        words=read_new_words(letter, MARKERS),
    )  # fmt: skip


def mark_seen(together: Together, read: Opened, number: str | None) -> None:
    """Adds: this letter was taken in, known by SES's id and by what it says. On commit raises `SeenBefore`.

    One that comes out of quarantine was seen before; it leaves there in the same transaction.
    """
    until = clock.now() + SEEN_FOR
    for key in (f"ses#{read.arrival.ses_id}", f"mail#{read.digest}"):
        seen = guards.seen_again if read.quarantined else guards.seen
        seen(together, key, number=number, letter_id=read.arrival.ses_id, until=until)
    if read.quarantined:
        store.letters.out_of_quarantine(together, read.quarantined)


def ours() -> Ours:
    address = settings().support_address.lower()
    return Ours(addresses=frozenset({address}), domain=address.partition("@")[2], loop_header=LOOP_HEADER)
