"""Bytes become text: whatever charset a letter names, names wrongly, or leaves out.

Only codecs that turn bytes into text in linear time are ever used: a letter may name `zlib`, `rot13`, `idna` or
`unicode_escape`, and must not get them.
"""

import codecs
import re
import unicodedata
from functools import lru_cache

# What senders write, and what it means in practice (the WHATWG encoding standard's view: the superset that is in use).
_MEANT = {
    "ascii": "cp1252", "us-ascii": "cp1252", "ansi_x3.4-1968": "cp1252", "646": "cp1252",
    "iso-8859-1": "cp1252", "iso8859-1": "cp1252", "iso_8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252",
    "l1": "cp1252", "cp819": "cp1252", "iso-8859-9": "cp1254", "iso-8859-11": "cp874", "tis-620": "cp874",
    "tis620": "cp874", "iso-8859-8-i": "iso-8859-8", "iso-8859-8-e": "iso-8859-8", "iso-8859-6-i": "iso-8859-6",
    "utf8": "utf-8", "utf8mb4": "utf-8", "unicode-1-1-utf-8": "utf-8", "cp65001": "utf-8", "65001": "utf-8",
    "unicode-1-1-utf-7": "utf-7", "x-unicode-2-0-utf-7": "utf-7", "unicode": "utf-16", "ucs-2": "utf-16",
    "gb2312": "gb18030", "gb_2312-80": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "cp936": "gb18030",
    "euc-cn": "gb18030", "x-euc-cn": "gb18030", "gb2312_charset": "gb18030", "chinesebig5": "cp950",
    "big5": "cp950", "big-5": "cp950", "x-x-big5": "cp950", "cn-big5": "cp950", "big5-hkscs": "big5hkscs",
    "ks_c_5601-1987": "cp949", "ks_c_5601": "cp949", "ksc5601": "cp949", "ks_c_5601-1989": "cp949",
    "euc-kr": "cp949", "euckr": "cp949", "korean": "cp949", "windows-949": "cp949", "x-windows-949": "cp949",
    "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "ms_kanji": "cp932",
    "windows-31j": "cp932", "x-ms-cp932": "cp932", "x-euc-jp": "euc_jp",
    "iso-2022-jp": "iso2022_jp_ext", "iso-2022-jp-1": "iso2022_jp_ext", "iso-2022-jp-2": "iso2022_jp_2",
    "iso-2022-jp-3": "iso2022_jp_3", "iso-2022-jp-ms": "iso2022_jp_ext", "cp50220": "iso2022_jp_ext",
    "macintosh": "mac_roman", "x-mac-roman": "mac_roman", "x-mac-cyrillic": "mac_cyrillic", "koi8": "koi8_r",
    "koi8-ru": "koi8_u", "win-1251": "cp1251", "ansi-1251": "cp1251", "x-cp1250": "cp1250", "x-cp1251": "cp1251",
    "x-cp1252": "cp1252", "x-viet-vps": "cp1258", "tcvn": "tcvn5712-1", "tcvn5712": "tcvn5712-1",
    "x-viet-tcvn5712": "tcvn5712-1", "tcvn-5712": "tcvn5712-1", "x-viet-viscii": "viscii", "csviscii": "viscii",
    "viscii1.1-1": "viscii",
}  # fmt: skip
_UNSAID = frozenset(
    {"", "none", "null", "unknown", "x-unknown", "unknown-8bit", "default", "default_charset", "binary"}
)
# Text codecs of Python that are no charset of a letter: slow on purpose-made input, or no charset at all.
_REFUSED = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"})

_ASCII = "".join(map(chr, range(128)))
_VISCII = (
    "ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲ"
    "ÕắằặấầẩậẽẹếềểễệốồổỗỠƠộờởịỰỨỪỬơớƯ"
    "ÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳĐứÒÓÔạỷừửÙÚỹỵÝỡư"
    "àáâãảăữẫèéêẻìíĩỉđựòóôõỏọụùúũủýợỮ"
)
_TCVN = (
    "ÀẢÃÁẠẶẬÈẺẼÉẸỆÌỈĨÍỊÒỎÕÓỌỘỜỞỠỚỢÙỦŨ"
    "\u00a0ĂÂÊÔƠƯĐăâêôơưđẰ\u0300\u0309\u0303\u0301\u0323àảãáạẲằẳẵắẴ"
    "ẮẦẨẪẤỀặầẩẫấậèỂẻẽéẹềểễếệìỉỄẾỒĩíịò"
    "ỔỏõóọồổỗốộờởỡớợùỖủũúụừửữứựỳỷỹýỵỐ"
)
_VIETNAMESE = {
    "viscii": _ASCII.translate({2: 0x1EB2, 5: 0x1EB4, 6: 0x1EAA, 20: 0x1EF6, 25: 0x1EF8, 30: 0x1EF4}) + _VISCII,
    "tcvn5712-1": _ASCII.translate(
        {1: 0xDA, 2: 0x1EE4, 4: 0x1EEA, 5: 0x1EEC, 6: 0x1EEE, 17: 0x1EE8}
        | {18: 0x1EF0, 19: 0x1EF2, 20: 0x1EF6, 21: 0x1EF8, 22: 0xDD, 23: 0x1EF4}
    )
    + _TCVN,
}
# ISO-2022-JP in practice holds signs that only Windows has; JIS X 0213, as which its two-byte runs are read, has them.
_JIS = re.compile(rb"\x1b\$(?:[@B]|\([A-Z])([^\x1b]*)|\x1b\([A-Z]")
_HIGH = bytes(byte | 0x80 if 0x20 < byte < 0x7F else byte for byte in range(256))
# Declared so, but valid UTF-8 with letters outside ASCII: it is UTF-8 (any other reading is as good as impossible).
_ONE_BYTE = re.compile(r"cp125\d|cp8\d\d|cp437|iso8859|latin|koi8|mac|viscii|tcvn|tis", re.IGNORECASE)
# Charsets in which plain ASCII bytes may mean something else.
_SHIFTING = re.compile(r"iso-?2022|hz|utf-?7|utf-?16|utf-?32|cp037|cp500|cp1026|cp1140|cp273|cp424", re.IGNORECASE)
_STRAY = re.compile("[\x00\ud800-\udfff]")
_TONES = re.compile("[\u0300-\u0331]")
_MANY_TONES = re.compile("[\u0300-\u0331]{9}")


@lru_cache(maxsize=256)
def codec_of(declared: str) -> str | None:
    """The name of the codec that a charset name means, or None where it means none that may be used."""
    name = re.sub(r"[^a-z0-9_.:-].*", "", declared.strip(" \t\r\n\"'").lower()[:60], flags=re.DOTALL)
    if name in _UNSAID:
        return None
    name = _MEANT.get(name, name)
    if name in _VIETNAMESE:
        return name
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    # A private mark, and the only one: bytes.decode() itself refuses by it what isn't a text encoding.
    if not getattr(found, "_is_text_encoding", False) or found.name.replace("-", "_") in _REFUSED:
        return None
    return _MEANT.get(found.name, found.name)


def decoded(data: bytes, declared: str | None) -> tuple[str, bool]:
    """The text, and whether every byte of it was understood. NULs and stray surrogates are taken out or replaced."""
    codec = codec_of(declared) if declared else None
    if data.isascii() and not (_SHIFTING.match(codec or "") or b"\x1b" in data):
        text, whole = data.decode("ascii"), True
    else:
        text, whole = _decoded(data, codec)
    if _STRAY.search(text):
        text = _STRAY.sub(lambda stray: "" if stray[0] == "\0" else "\ufffd", text)
    return text, whole


def _decoded(data: bytes, codec: str | None) -> tuple[str, bool]:
    if data.startswith(codecs.BOM_UTF8):
        return data.decode("utf-8-sig", "replace"), True
    if codec is None:
        return _guessed(data)
    for likely in (*(("utf-8",) if _ONE_BYTE.match(codec) else ()), codec):
        if (text := _in(data, likely)) is not None:
            return text, True
    if codec.startswith("iso2022_jp"):
        return _JIS.sub(_japanese, data).decode("utf-8", "replace"), True
    text = None if codec == "utf-8" else _in(data, "utf-8")
    return (_with_holes(data, codec), False) if text is None else (text, True)


def _japanese(run: re.Match[bytes]) -> bytes:
    """One run between escapes, in UTF-8: two-byte signs, or (after an escape to one byte) plain ASCII."""
    if run[1] is None:
        return b""
    return run[1].translate(_HIGH).decode("euc_jis_2004", "replace").encode()


def _guessed(data: bytes) -> tuple[str, bool]:
    if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) and (text := _in(data, "utf-16")) is not None:
        return text, True
    if re.search(rb"\x1b\$[@B]|\x1b\(J", data) and (text := _in(data, "iso2022_jp_ext")) is not None:
        return text, True
    if (text := _in(data, "utf-8")) is not None:
        return text, True
    return data.decode("cp1252", "replace"), False


def _in(data: bytes, codec: str) -> str | None:
    try:
        if codec in _VIETNAMESE:
            text = codecs.charmap_decode(data, "strict", _VIETNAMESE[codec])[0]
        else:
            text = data.decode(codec)
    except (UnicodeError, LookupError, ValueError):
        return None
    return _composed(text) if codec in ("cp1258", "tcvn5712-1") else text


def _with_holes(data: bytes, codec: str) -> str:
    try:
        return data.decode(codec, "replace")
    except (UnicodeError, LookupError, ValueError):
        return data.decode("cp1252", "replace")


def _composed(text: str) -> str:
    """Letters and their tone marks made one, as Vietnamese is written everywhere but in these two charsets.

    Composing sorts the marks on one letter, which is quadratic: a pile of them is left as it is.
    """
    if not _TONES.search(text) or _MANY_TONES.search(text):
        return text
    return unicodedata.normalize("NFC", text)
