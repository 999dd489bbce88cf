"""Vietnamese and English. Each sentence is written once in English, which is its key in the Vietnamese catalogue.

Mark a sentence so that `python -m infra.translations update` finds it: a literal in `say(language, "…")` or `N_("…")`,
or one given to a parameter or class attribute called `sentence`.
"""

import re
import unicodedata
from datetime import datetime
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo

Language = Literal["vi", "en"]

LANGUAGES: Final[tuple[Language, ...]] = ("vi", "en")

# Stands above every notice; words below it in a reply are never read as commands. Kept out of the catalogue because
# letters are cut at these very words, in either language: a changed translation must not change what old mails say.
MARKER: Final[dict[Language, str]] = {
    "vi": "-- Vui lòng viết phía trên dòng này --",
    "en": "-- Please write above this line --",
}
MARKERS: Final[tuple[str, ...]] = tuple(MARKER.values())

_CATALOGUES = Path(__file__).with_name("locale")
_FACT = re.compile(r"\{([a-z_][a-z0-9_]*)\}")


def N_(sentence: str) -> str:  # noqa: N802 - gettext's own name for it
    """The sentence itself, marked for translation; `say` it later."""
    return sentence


def say(language: Language, sentence: str, **facts: object) -> str:
    """The sentence in this language, each `{name}` replaced by that fact.

    Facts are put in as text, in one pass, and are never read as a pattern themselves; `{name}` takes no attributes,
    indexes or formats. So no fact, whoever wrote it, can reach into an object or stretch the answer. A fact that the
    sentence names and the call lacks is a KeyError, one that it doesn't name is left out. Without any facts the
    sentence is said as it stands. A sentence that the catalogue lacks is said in English.
    """
    return filled(translated(language, sentence), facts)


def translated(language: Language, sentence: str) -> str:
    """The sentence in this language, its `{name}`s still open."""
    if language == "en" or not sentence:
        return sentence
    return _catalogue(language).gettext(sentence)


def filled(sentence: str, facts: dict[str, object]) -> str:
    """The sentence with each `{name}` replaced by that fact; see `say`."""
    if not facts:
        return sentence
    return _FACT.sub(lambda found: str(facts[found[1]]), sentence)


@cache
def _catalogue(language: Language) -> NullTranslations:
    with (_CATALOGUES / language / "LC_MESSAGES" / "signoff.mo").open("rb") as file:
        return GNUTranslations(file)


_STATUS_NAMES: Final[dict[str, str]] = {
    "received": N_("Received"),
    "awaiting_proof": N_("Waiting for verification"),
    "in_review": N_("Under review"),
    "scheduled": N_("Closure scheduled"),
    "closing": N_("Erasing the account"),
    "closed": N_("Closed – account removed"),
    "needs_attention": N_("Erasing the account"),  # the customer reads what `closing` says
    "withdrawn": N_("Request withdrawn"),
    "rejected": N_("Rejected"),
    "expired": N_("Verification expired"),
    "resolved": N_("Resolved"),
}


def status_name(status: str, language: Language) -> str:
    """What customers read for a status. `needs_attention` reads as `closing`. KeyError for what is no status."""
    return say(language, _STATUS_NAMES[status])


_CHANGE_NAMES: Final[dict[str, str]] = {
    "opened": N_("The request arrived"),
    "confirmed": N_("The asker confirmed: close my account"),
    "code_sent": N_("A code was sent to the address on file"),
    "code_refused": N_("A code was not accepted"),
    "undeliverable": N_("A code could not be delivered"),
    "facts_recorded": N_("An agent compared facts with the account"),
    "proved": N_("Ownership was verified"),
    "scheduled": N_("The closure was approved and scheduled"),
    "held": N_("The request was put on hold"),
    "released": N_("The hold was lifted"),
    "stopped": N_("The request was stopped and goes back to review"),
    "blocked": N_("Something must be settled first"),
    "unblocked": N_("Nothing stands in the way any more"),
    "expedite_asked": N_("The asker wants it sooner"),
    "expedited": N_("The closure was brought forward"),
    "closing": N_("The account was locked; erasing began"),
    "needs_attention": N_("A system refused or still shows data; an agent looks at it"),
    "retried": N_("The erasing was started again"),
    "closed": N_("Every system was read again; the account is gone"),
    "reappeared": N_("Something of the account reappeared"),
    "withdrawn": N_("The request was withdrawn"),
    "rejected": N_("The request was rejected"),
    "expired": N_("The time for verification ran out"),
    "resolved": N_("The question was resolved"),
    "linked": N_("An agent chose the account"),
    "assigned": N_("The request was given to an agent"),
    "noted": N_("An agent wrote a note"),
    "replied": N_("The asker wrote again"),
    "answered": N_("An agent answered"),
    "corrected": N_("An agent corrected what the request is"),
    "merged": N_("The request was joined to another one"),
    "extended": N_("The deadline was extended"),
    "reminded": N_("A reminder was sent"),
    "warned": N_("Agents were warned of the deadline"),
    "shrunk": N_("The content of the request was erased"),
}


def change_name(what: str, language: Language) -> str:
    """What people read in a timeline for a change. KeyError for what is no change."""
    return say(language, _CHANGE_NAMES[what])


_WEEKDAYS: Final[dict[Language, tuple[str, ...]]] = {
    "vi": ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_VIETNAM: Final = ("Asia/Ho_Chi_Minh", "Asia/Saigon")


def date_in_words(at: datetime, language: Language, zone: str, *, with_time: bool = True) -> str:
    """`Chủ nhật, 29/11/2026 lúc 14:05 (giờ Việt Nam)` or `Sunday 29 November 2026, 14:05 (Vietnam time, UTC+7)`.

    `zone` is a name of the IANA database. Seconds are cut, never rounded up: a deadline is not shown later than it is.
    """
    here = at.astimezone(ZoneInfo(zone))
    weekday = _WEEKDAYS[language][here.weekday()]
    if language == "vi":
        day = f"{weekday}, {here:%d/%m/%Y}"
        return f"{day} lúc {here:%H:%M} ({_zone_name(here, language, zone)})" if with_time else day
    day = f"{weekday} {here.day} {_MONTHS[here.month - 1]} {here.year}"
    return f"{day}, {here:%H:%M} ({_zone_name(here, language, zone)})" if with_time else day


def _zone_name(here: datetime, language: Language, zone: str) -> str:
    offset = _offset_name(here)
    if zone in _VIETNAM:
        return "giờ Việt Nam" if language == "vi" else f"Vietnam time, {offset}"
    return f"giờ {offset}" if language == "vi" else offset


def _offset_name(here: datetime) -> str:
    ahead = here.utcoffset()
    minutes = int(ahead.total_seconds()) // 60 if ahead else 0
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '-'}{hours}" + (f":{rest:02d}" if rest else "")


# Letters that no other large language writes: ă đ ơ ư, and those with a hook, a dot below or two marks.
_VIETNAMESE_LETTER = re.compile(r"[ĂăĐđƠơƯưẠ-ỹ]")
_WORD = re.compile(r"[^\W\d_]+")
_ENOUGH: Final = 4000
# Common words of letters to a support desk, accents folded away; without those that other languages use too.
_VIETNAMESE_WORDS: Final = frozenset(
    _WORD.findall(
        "toi khong khoan cua xoa huy vui duoc yeu cau muon giup xin cam chao cac nhung dang nhap nguoi nay "
        "trong neu voi minh dia khach quyen thong tin vien ngay hoi gui nhan dich vu nua lam roi"
    )
)
_ENGLISH_WORDS: Final = frozenset(
    _WORD.findall(
        "the and my your you account please close delete cancel remove want would like this that is are was have has "
        "to of for with not cannot can could will from we our it i me am hello dear thanks thank regards how why what "
        "longer sign login request need help"
    )
)


def guess_language(text: str) -> Language | None:
    """Vietnamese (with or without accents) or English, by its first 4,000 characters; None if neither can be told."""
    words = _WORD.findall(unicodedata.normalize("NFC", text[:_ENOUGH]))
    vietnamese = sum(_vietnamese_weight(word) for word in words)
    english = sum(2 for word in words if word.lower() in _ENGLISH_WORDS)
    if vietnamese == english:
        return None
    return "vi" if vietnamese > english else "en"


def _vietnamese_weight(word: str) -> int:
    if _without_accents(word) in _VIETNAMESE_WORDS:
        return 2
    if not _VIETNAMESE_LETTER.search(word):
        return 0
    return 1 if word[0].isupper() else 2  # a name under an English letter weighs less than a word


def _without_accents(word: str) -> str:
    apart = unicodedata.normalize("NFD", word.lower())
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).replace("đ", "d")
