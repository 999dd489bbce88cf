"""Words a notice: what kind it is and what is so, as subject, plain text and HTML in the reader's language.

One folder a kind lies in `wording/`. A template says whole sentences with `say("…")`; a `{name}` in one is an
attribute of `NoticeFacts`, dates already in words. A new kind is a new folder and a new name in `NoticeKind`.
"""

import re
import unicodedata
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, get_args

from msgspec import Struct
from msgspec.structs import fields, replace

from chalicelib.language import MARKER, MARKERS, Language, date_in_words, filled, translated
from chalicelib.templates import loader

if TYPE_CHECKING:  # jinja2 takes 60 ms: only who words a notice waits for it
    from jinja2 import Environment
    from jinja2.nodes import EvalContext
    from jinja2.runtime import Context

__all__ = ["KINDS", "MARKERS", "NoticeFacts", "NoticeKind", "ReasonCode", "Worded", "worded"]

NoticeKind = Literal[
    "received",  # a closure, asked for with fresh proof
    "received_confirm",  # recognised as a closure: asks for the explicit word
    "acknowledged",  # to whoever wrote and has proved nothing
    "code",  # to the address on file
    "code_for_expedite",  # to the proved asker, who wants it sooner
    "verified",
    "scheduled",
    "on_hold",
    "blocked",
    "closing",
    "closed",
    "rejected",
    "withdrawn",
    "expired",
    "reminder_proof",  # carries a fresh code
    "reminder_cooling_off",
    "more_needed",
    "code_refused",
    "how_to_reply_code",  # to whoever answered a code mail without a code
    "agent_reply",
    "support_received",
    "resolved",
    "warning_on_file",  # somebody is closing the account by facts
    "deadline_extended",
]
KINDS: Final[tuple[NoticeKind, ...]] = get_args(NoticeKind)
_BRING_CODES: Final = ("code", "code_for_expedite", "reminder_proof")
_FOR_WHO_HAS_PROVED: Final = (
    *("received", "verified", "scheduled", "on_hold", "blocked", "closing", "closed"),
    *("reminder_cooling_off", "warning_on_file", *_BRING_CODES),
)

ReasonCode = Literal[
    "unproved", "not_owner", "blocked", "duplicate", "fraud_suspected", "legal_hold", "asked_elsewhere", "other"
]


class NoticeFacts(Struct, frozen=True, kw_only=True):
    """What a notice may say. Each kind says what it is given, and leaves out the sentence whose fact is missing."""

    number: str
    company: str
    support_address: str
    reader: Literal["owner", "asker"] = "owner"
    """An `asker` is told nothing about an account, unless the `proof` is by facts: then it is the asker who proved."""
    name: str = ""
    account_id: str = ""
    zone: str = "Asia/Ho_Chi_Minh"

    tracking_link: str = ""
    stop_code: str = ""
    code_link: str = ""
    confirm_link: str = ""
    ask_again_link: str = ""
    export_url: str = ""
    complaints_url: str = ""

    opened_at: datetime | None = None
    due_at: datetime | None = None
    answer_by: datetime | None = None
    """By when the desk gives a first answer; until when the reader may act is told by the next three."""
    proof_until: datetime | None = None
    please_answer_by: datetime | None = None
    closes_at: datetime | None = None
    hold_review_at: datetime | None = None
    blocker_until: datetime | None = None
    code_until: datetime | None = None
    keep_until: datetime | None = None
    """When the ticket's content is erased."""
    tombstone_until: datetime | None = None

    proof: Literal["sign_in", "code", "facts"] | None = None
    codes: tuple[tuple[str, str], ...] = ()
    """Account id and its code, as people type it (XXXX-XXXX)."""
    tries_left: int | None = None
    reason_code: ReasonCode | None = None
    reason_text: str = ""
    warnings: tuple[str, ...] = ()
    """What the asker loses or should do first, in the reader's language."""
    blockers: tuple[tuple[str, str], ...] = ()
    """Text in the reader's language, and a link to clear it (or empty)."""
    kept: tuple[tuple[str, str, datetime | None], ...] = ()
    """What the law makes us keep, on which basis, until when."""
    residuals: tuple[tuple[str, datetime | None], ...] = ()
    """What goes by itself, and when. An English sentence of the catalogue is said in the reader's language."""
    words: str = ""
    """What an agent wrote."""


class Worded(Struct, frozen=True, kw_only=True):
    """A notice ready to be sent. The subject is one line without control characters."""

    subject: str
    text: str
    html: str


def worded(kind: NoticeKind, language: Language, facts: NoticeFacts) -> Worded:
    """The notice in this language. The same facts always give the same notice: it can be worded again after a crash.

    Refused with a ValueError: a kind that would tell a reader who has proved nothing of an account (rule 8), and one
    that brings a code where there is none. A code is brought to the owner only.
    """
    told = _told_to_reader(kind, facts)
    if told.reader == "asker" and kind in _FOR_WHO_HAS_PROVED:
        raise ValueError(f"{kind} is not for a reader who has proved nothing")
    if kind in _BRING_CODES and not told.codes:
        raise ValueError(f"{kind} needs a code, and the owner to read it")
    subject = _subject(_rendered(f"{kind}/subject.txt", language, told), told.number)
    text = _rendered(f"{kind}/body.txt", language, told)
    html = _rendered(f"{kind}/body.html", language, told, subject=subject)
    return Worded(subject=subject, text=re.sub(r"\n{3,}", "\n\n", text).strip() + "\n", html=html.strip() + "\n")


def _told_to_reader(kind: NoticeKind, facts: NoticeFacts) -> NoticeFacts:
    """The facts without those that would tell an unproved asker about an account, or that there is one.

    Whoever has proved ownership reads as the owner. An acknowledgement is worded as if nobody had.
    """
    if kind != "acknowledged":
        if facts.reader == "owner":
            return facts
        if facts.proof == "facts":
            return replace(facts, reader="owner", codes=(), code_link="")
    return replace(
        facts,
        reader="asker",
        name="",
        account_id="",
        code_link="",
        export_url="",
        reason_code=None,
        reason_text="",
        codes=(),
        warnings=(),
        blockers=(),
        kept=(),
        residuals=(),
        closes_at=None,
        hold_review_at=None,
        blocker_until=None,
        code_until=None,
        proof=None,
        tries_left=None,
    )


_LONGEST_SUBJECT: Final = 200


def _subject(sentence: str, number: str) -> str:
    return one_line(f"[{number}] {sentence}")[:_LONGEST_SUBJECT].rstrip()


def one_line(text: str) -> str:
    """The text on one line, safe in a mail header: no line breaks, control or invisible direction characters."""
    return " ".join("".join(" " if _is_control(letter) else letter for letter in text).split())


def _lines(text: str) -> str:
    """The text with its line breaks (as LF) and tabs, and without other control characters."""
    unified = re.sub(r"\r\n?|[\u2028\u2029\x85]", "\n", text)
    return "".join(letter for letter in unified if letter in "\n\t" or not _is_control(letter))


def _is_control(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp") and letter != "\u200d"


def _rendered(path: str, language: Language, facts: NoticeFacts, **more: str) -> str:
    context: dict[str, object] = {
        **{each.name: _said(each.name, getattr(facts, each.name), language, facts.zone) for each in fields(facts)},
        **more,
        "language": language,
        "marker": MARKER[language],
    }
    for name in _ADDRESSES:
        context[name] = _link(str(context[name]), as_html=path.endswith(".html"))
    return templates(language).get_template(path).render(context)


_ADDRESSES: Final = tuple(each.name for each in fields(NoticeFacts) if each.name.endswith(("_link", "_url")))
# What a reader must not miss is told to the minute, the rest by the day.
_BY_THE_MINUTE: Final = ("opened_at", "proof_until", "please_answer_by", "closes_at", "blocker_until", "code_until")
_MANY_LINES: Final = ("words", "reason_text")


def _said(name: str, value: object, language: Language, zone: str) -> object:
    """A fact as templates see it: dates in words, texts cleaned, what is missing as None or empty."""
    if isinstance(value, datetime):
        return date_in_words(value, language, zone, with_time=name in _BY_THE_MINUTE)
    if isinstance(value, str):
        return _lines(value).strip() if name in _MANY_LINES else one_line(value)
    if isinstance(value, tuple):
        return tuple(_said("", each, language, zone) for each in value)
    return value


def _link(address: str, *, as_html: bool) -> str:
    """A web address as people open it; nothing for any other, such as `javascript:`."""
    if not re.fullmatch(r"https?://[^\s<>\"]+", address):
        return ""
    if not as_html:
        return address
    from markupsafe import Markup

    return Markup('<a href="{0}" style="overflow-wrap:anywhere">{0}</a>').format(address)


WORDING = Path(__file__).with_name("wording")


@cache
def templates(language: Language) -> "Environment":
    """What reads the wording of mails, and says its sentences in this language."""
    from jinja2 import (
        Environment,
        StrictUndefined,
        pass_context,
        pass_eval_context,
        select_autoescape,
    )
    from markupsafe import Markup, escape

    @pass_context
    def say(context: "Context", sentence: str, **more: object) -> str:
        known = {name: fact for name, fact in {**context.get_all(), **more}.items() if fact is not None}
        here = translated(language, sentence)
        if not context.eval_ctx.autoescape:
            return filled(here, known)
        return Markup(filled(str(escape(here)), {name: escape(fact) for name, fact in known.items()}))  # noqa: S704

    @pass_eval_context
    def link(context: "EvalContext", address: str) -> str:
        return _link(address, as_html=bool(context.autoescape))

    found = Environment(
        loader=loader(WORDING),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    found.filters["lines"] = lambda text: Markup("<br>\n").join(escape(line) for line in text.split("\n"))
    found.globals.update(say=say, link=link, said=lambda sentence: translated(language, sentence))
    return found
