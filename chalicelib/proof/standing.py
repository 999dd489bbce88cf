"""How far the sender of a letter is believed.

Only the From header says who wrote, and only if nobody could read it in two ways: exactly one header, exactly one
address, written in the plain forms that every mail program writes. Whatever else RFC 5322 allows (groups, comments,
odd quoting, routes, address literals) is refused here, not because it is wrong, but because the machine that checked
DMARC may have read another address in it than we do.
"""

import base64
import quopri
import re
import unicodedata
from collections.abc import Sequence
from typing import Literal

Standing = Literal["authenticated", "unconfirmed", "suspect"]

_LOCAL = r"[A-Za-z0-9_+=&'~/-]+(?:\.[A-Za-z0-9_+=&'~/-]+)*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"{_LOCAL}@{_LABEL}(?:\.{_LABEL})+")
_NAMED = re.compile(r'([^<>"]*|[ \t]*"[^"\\<>]*"[ \t]*)<([^<>"\s]{3,254})>')
_ENCODED_WORD = re.compile(r"=\?([A-Za-z0-9_-]{1,40})(?:\*[A-Za-z0-9-]{1,20})?\?([bBqQ])\?([!->@-~]{0,200})\?=")
_IN_A_WORD = frozenset("-_'’.&+/!#*|=?^`{}~%$ \t")
_IN_QUOTES = _IN_A_WORD | frozenset(",;:()[]")
_IN_AN_ENCODED_WORD = _IN_A_WORD | frozenset(",")
_LONGEST = 2000
# The charsets that mail programs name in headers; one that plays with ASCII bytes (UTF-7) is not among them.
_CHARSETS = re.compile(
    r"utf-?8|us-ascii|iso-8859-\d{1,2}|windows-125\d|koi8-[ru]|iso-2022-jp|shift_jis|euc-(?:jp|kr)|gb2312|gbk|gb18030|big5",
    re.IGNORECASE,
)


def standing(from_headers: Sequence[str], dmarc: str | None) -> Standing:
    """How far a letter's sender is believed: its From headers as they were sent, and SES' verdict on DMARC.

    Without a policy to check (GRAY, PROCESSING_FAILED or no verdict) a clean From is *unconfirmed*, not a forgery.
    """
    if clean_address(from_headers) is None or dmarc == "FAIL":
        return "suspect"
    return "authenticated" if dmarc == "PASS" else "unconfirmed"


def clean_address(from_headers: Sequence[str]) -> str | None:
    """The one address that From names, in lower case, or None if two readers could disagree about it."""
    if len(from_headers) != 1 or len(from_headers[0]) > _LONGEST:
        return None
    said = from_headers[0].strip(" \t")
    if _ADDRESS.fullmatch(said):
        return _kept(said)
    named = _NAMED.fullmatch(said)
    if named is None or not _ADDRESS.fullmatch(named[2]):
        return None
    return _kept(named[2]) if _is_plain_name(named[1].strip(" \t"), named[2]) else None


def _kept(address: str) -> str | None:
    local, _, domain = address.partition("@")
    return address.lower() if len(local) <= 64 and len(domain) <= 253 else None


def _is_plain_name(name: str, address: str) -> bool:
    quoted = name[:1] == '"'
    name = name.strip('"')
    # Outlook names people by their address, often in quotes of both kinds. It is the same address: nobody is misled.
    if quoted and name.strip("'").lower() == address.lower():
        return True
    meant = (_decoded(word) for word in _ENCODED_WORD.finditer(name))
    if any(each is None or not _holds_only(each, _IN_AN_ENCODED_WORD) for each in meant):
        return False
    rest = _ENCODED_WORD.sub(" ", name)
    return "=?" not in rest and "?=" not in rest and _holds_only(rest, _IN_QUOTES if quoted else _IN_A_WORD)


def _decoded(word: re.Match[str]) -> str | None:
    charset, way, text = word[1], word[2], word[3]
    if not _CHARSETS.fullmatch(charset):
        return None
    try:
        data = base64.b64decode(text, validate=True) if way in "bB" else quopri.decodestring(text, header=True)
        return data.decode(charset)
    except (ValueError, LookupError):  # not base64, not that charset, or none that there is
        return None


def _holds_only(text: str, marks: frozenset[str]) -> bool:
    """Whether it is letters and digits of any script, and of signs only these."""
    return all(sign in marks or sign.isalnum() or unicodedata.category(sign) in ("Mn", "Mc", "Zs") for sign in text)
