"""The few words that do something when they stand in a letter's new words: stop words, and a typed code."""

import re
from typing import Literal

from chalicelib.tickets.asking import without_accents

StopWord = Literal["withdraw", "not_me", "stop"]

_STOP_WORDS: dict[str, StopWord] = {
    "rut yeu cau": "withdraw",
    "withdraw": "withdraw",
    "not me": "not_me",
    "khong phai toi": "not_me",
    "stop": "stop",
}
_LONGEST_LINE = 200
_LONGEST_TEXT = 20_000
_MOST_CODES = 20
_SIGN = "[bcghkmnpqrtvxz2-9]"
_CODE = re.compile(rf"(?<![a-z0-9])(?=({_SIGN}{{4}})(?: ?[-\u2010-\u2015\u2212] ?| ?)({_SIGN}{{4}})(?![a-z0-9]))")


def stop_word(new_words: str) -> StopWord | None:
    """What the first new line says if it is just one of these words. Accents, case and marks around don't matter.

    "Hủy" is none of them: it means to close and to cancel alike.
    """
    first = next((line for line in new_words.split("\n") if line.strip()), "")
    if len(first) > _LONGEST_LINE:
        return None
    return _STOP_WORDS.get(" ".join(re.findall(r"[^\W_]+", without_accents(first))))


def typed_codes(new_words: str) -> tuple[str, ...]:
    """What may be a code, in order, each once, written XXXX-XXXX: whatever the case, accents, dashes and spaces."""
    text = without_accents(new_words[:_LONGEST_TEXT])
    found: dict[str, None] = {}
    for code in _CODE.finditer(text):
        signs = (code[1] + code[2]).upper()
        if not signs.isdigit() and not signs.isalpha():
            found[f"{signs[:4]}-{signs[4:]}"] = None
        if len(found) >= _MOST_CODES:
            break
    return tuple(found)
