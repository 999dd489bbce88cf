"""What kind of mail a letter is, as far as the letter itself tells: MAIL.md's table, first match decides.

Whether it was seen before, and whether it is a reply, only the store knows: those come after, for letters from people.
Recognised wrongly as automatic, a person is never answered; so each rule here wants signs that people's mail programs
don't write, and a subject alone never decides.
"""

import re
from collections.abc import Callable, Mapping
from typing import Literal

from msgspec import Struct

from chalicelib.letters.letter import Letter
from chalicelib.letters.new_words import read_new_words
from chalicelib.letters.quotes import ANSWERING_SUBJECT
from chalicelib.letters.signs import (
    AUTOMATIC_HEADERS,
    AUTOMATIC_MAILERS,
    BOUNCE_SUBJECT,
    BOUNCE_WORDS,
    BULK_ENVELOPE,
    BULK_MAILERS,
    CHALLENGE,
    DAEMON,
    DAEMON_NAME,
    LIST_HEADERS,
    NO_ANSWER_WANTED,
    NO_REPLY,
    SERVICE,
    SURE_DAEMON,
    UNSUBSCRIBE,
    VACATION_SUBJECT,
    VERP_ENVELOPE,
)

Verdict = Literal["PASS", "FAIL", "GRAY", "PROCESSING_FAILED"]
LetterKind = Literal[
    "virus", "spam", "loop", "bounce", "complaint", "automatic", "bulk", "too_large", "unreadable", "person"
]


class Verdicts(Struct, frozen=True, kw_only=True):
    """What SES found out about a letter; None where it said nothing."""

    spam: Verdict | None = None
    virus: Verdict | None = None
    spf: Verdict | None = None
    dkim: Verdict | None = None
    dmarc: Verdict | None = None


class Ours(Struct, frozen=True, kw_only=True):
    """By what we know our own mail when it comes back: our addresses, our mail domain, the header we put in."""

    addresses: frozenset[str]
    domain: str
    loop_header: str


def kind_of(letter: Letter, verdicts: Verdicts, envelope_from: str | None, ours: Ours) -> LetterKind:
    """What this letter is. `envelope_from` is the envelope's sender: empty for a null one, None if nobody told us."""
    envelope_from = letter.return_path if envelope_from is None else envelope_from
    signs = _Signs(letter=letter, envelope_from=envelope_from, ours=ours)
    if verdicts.virus == "FAIL":
        return "virus"
    if verdicts.spam == "FAIL":
        return "spam"
    for kind, is_it in _KINDS:
        if is_it(signs):
            return kind
    return "person"


# ---- signs that several rules look at


class _Signs(Struct, frozen=True, kw_only=True):
    letter: Letter
    envelope_from: str | None
    ours: Ours

    @property
    def is_from_nobody(self) -> bool:
        """A null return path, or one that names a mail system: whoever sent it wants no answer."""
        return self.envelope_from is not None and (
            self.envelope_from in ("", "<>") or bool(SURE_DAEMON.match(self.envelope_from))
        )

    @property
    def local_part(self) -> str:
        return (self.letter.from_seen or self.letter.header("from")).strip('"<> ').partition("@")[0].lower()

    @property
    def is_surely_from_a_daemon(self) -> bool:
        return bool(SURE_DAEMON.match(self.local_part))

    @property
    def is_from_a_daemon(self) -> bool:
        return bool(DAEMON.match(self.local_part) or DAEMON_NAME.search(self.letter.from_name))


# ---- ours


def _is_ours(signs: _Signs) -> bool:
    letter, ours = signs.letter, signs.ours
    if letter.header(ours.loop_header):
        return True
    seen = (letter.from_address or letter.from_seen or "").lower()
    return seen in ours.addresses or (bool(ours.domain) and seen.endswith("@" + ours.domain.lower()))


# ---- bounces and complaints (RFC 3464, RFC 5965, and what is older than both)

_FAR_ENOUGH = 20_000


def _is_complaint(signs: _Signs) -> bool:
    letter = signs.letter
    return letter.report_type == "feedback-report" or any(
        part.type == "message/feedback-report" for part in letter.reports
    )


def _is_bounce(signs: _Signs) -> bool:
    letter = signs.letter
    if _is_delivery_report(letter) or letter.header("x-failed-recipients"):
        return True
    subject = bool(BOUNCE_SUBJECT.search(letter.subject))
    body = bool(BOUNCE_WORDS.search(letter.words[:_FAR_ENOUGH]))
    if signs.is_surely_from_a_daemon:
        return True
    if signs.is_from_a_daemon:
        return subject or signs.is_from_nobody
    if signs.is_from_nobody:
        return subject or body
    # Neither the sender nor the envelope says so: the subject and the body together must.
    return subject and body


def _is_delivery_report(letter: Letter) -> bool:
    if letter.content_type == "multipart/report" and letter.report_type in ("delivery-status", None):
        return True
    # Some systems send the delivery report inside a multipart/mixed. A person who forwards one has it attached whole.
    return any("delivery-status" in part.type for part in letter.reports)


# ---- automatic answers (RFC 3834, and what its readers found in the wild)


def _is_automatic(signs: _Signs) -> bool:
    letter = signs.letter
    if _says_automatic(letter.headers) or letter.report_type == "disposition-notification":
        return True
    if any(part.type == "message/disposition-notification" for part in letter.reports):
        return True
    if VACATION_SUBJECT.search(letter.subject) and _has_another_sign(signs):
        return True
    if _is_challenge(signs):
        return True
    return _is_from_no_reply(signs) or _wants_no_answer(signs)


def _says_automatic(headers: Mapping[str, tuple[str, ...]]) -> bool:
    if any(_word(value) not in ("no", "") for value in headers.get("auto-submitted", ())):
        return True
    if any(_word(value).replace("_", "-") in ("auto-reply", "auto") for value in headers.get("precedence", ())):
        return True
    if any(
        _word(value) not in ("no", "false", "0")
        for name in AUTOMATIC_HEADERS & headers.keys()
        for value in headers[name]
    ):
        return True
    if any("autoresponder" in value.lower() for value in headers.get("delivered-to", ())):
        return True
    return any(
        AUTOMATIC_MAILERS.search(value) for name in ("x-mailer", "user-agent") for value in headers.get(name, ())
    )


def _word(value: str) -> str:
    return re.split(r"[\s;(,]", value.strip().lower(), maxsplit=1)[0]


def _has_another_sign(signs: _Signs) -> bool:
    """Besides a subject such as "Out of office", which a person may write: a sign that a machine sent it."""
    headers = signs.letter.headers
    suppress = headers.get("x-auto-response-suppress", ())
    return (
        signs.is_from_nobody
        or signs.is_from_a_daemon
        or any(value.strip() for value in suppress)
        or any(_word(value) in ("bulk", "junk", "list") for value in headers.get("precedence", ()))
        or "x-loop" in headers
        or bool(NO_REPLY.match(signs.local_part))
    )


def _is_challenge(signs: _Signs) -> bool:
    letter = signs.letter
    if not (letter.in_reply_to or letter.references or signs.is_from_nobody):
        return False
    return _has_another_sign(signs) and bool(
        CHALLENGE.search(letter.subject) or CHALLENGE.search(letter.words[:_FAR_ENOUGH])
    )


def _is_from_no_reply(signs: _Signs) -> bool:
    """Nobody reads that mailbox, so nobody wrote from it, unless a form did so for a person whom Reply-To names."""
    if not NO_REPLY.match(signs.local_part):
        return False
    return not any(not NO_REPLY.match(address.partition("@")[0]) for address in signs.letter.reply_to)


_FOOT = 1_000


def _wants_no_answer(signs: _Signs) -> bool:
    """A service's mailbox wrote, unasked, and its last words are not to answer. Somebody who quotes that answers."""
    letter = signs.letter
    if not SERVICE.match(letter.from_seen or "") or letter.in_reply_to or letter.references or letter.reply_to:
        return False
    if ANSWERING_SUBJECT.match(letter.subject):
        return False
    words = read_new_words(letter)
    return not words.has_history and bool(NO_ANSWER_WANTED.search(words.text[-_FOOT:]))


# ---- lists and bulk mail


def _is_bulk(signs: _Signs) -> bool:
    headers = signs.letter.headers
    if LIST_HEADERS & headers.keys():
        return True
    if any(_word(value) in ("bulk", "junk", "list") for value in headers.get("precedence", ())):
        return True
    if any(BULK_MAILERS.search(value) for value in headers.get("x-mailer", ())):
        return True
    if BULK_ENVELOPE.match(signs.envelope_from or ""):
        return True
    return _is_a_mailing(signs)


def _is_a_mailing(signs: _Signs) -> bool:
    """No reply, sent so that each bounce can be told apart, and it says how to be rid of it."""
    letter = signs.letter
    if letter.in_reply_to or letter.references:
        return False
    counts_bounces = "errors-to" in letter.headers or bool(VERP_ENVELOPE.match(signs.envelope_from or ""))
    return counts_bounces and any(UNSUBSCRIBE.search(said[-_FAR_ENOUGH:]) for said in (letter.words, letter.html or ""))


_KINDS: tuple[tuple[LetterKind, Callable[[_Signs], bool]], ...] = (
    ("loop", _is_ours),
    ("complaint", _is_complaint),
    ("bounce", _is_bounce),
    ("automatic", _is_automatic),
    ("bulk", _is_bulk),
    ("too_large", lambda signs: "too_large" in signs.letter.faults),
    ("unreadable", lambda signs: not signs.letter.is_readable),
)
