"""Letters that somebody wrote to break the desk: each about as large as asked for, each hurting in its own place."""

from collections.abc import Iterator

_HEAD = b"From: eve@example.com\r\nTo: support@desk.example\r\nSubject: s\r\nMIME-Version: 1.0\r\n"
_PLAIN = _HEAD + b"Content-Type: text/plain; charset=utf-8\r\n\r\n"
_HTML = _HEAD + b"Content-Type: text/html; charset=utf-8\r\n\r\n"
_MIXED = _HEAD + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'


def _fill(piece: bytes, size: int, *, head: bytes = b"", tail: bytes = b"") -> bytes:
    """The piece again and again between head and tail, up to that size."""
    return head + piece * max(1, (size - len(head) - len(tail)) // len(piece)) + tail


def hostile_letters(size: int) -> Iterator[tuple[str, bytes]]:
    """(name, letter) of every attack we know of, each about `size` bytes."""
    yield from _structure(size)
    yield from _headers(size)
    yield from _encodings(size)
    yield from _html(size)
    yield from _texts(size)


def _structure(size: int) -> Iterator[tuple[str, bytes]]:
    yield "no bytes", b""
    yield "only NULs", b"\0" * size
    yield "only line breaks", b"\r\n" * (size // 2)
    yield "only carriage returns", b"\r" * size
    yield "only spaces", b" " * size
    yield "one line without end", b"a" * size
    yield "two letters a line", _fill(b"a\n", size, head=_PLAIN)
    yield "empty parts without end", _fill(b"--b\r\n\r\n\r\n", size, head=_MIXED)
    yield "parts that are only delimiters", _fill(b"--b\n", size, head=_MIXED)
    yield "delimiters of nobody", _fill(b"--x\n", size, head=_MIXED)
    yield "dashes in every line", _fill(b"--\n", size, head=_MIXED)
    yield "one line of dashes", _fill(b"-", size, head=_HEAD + b"Content-Type: multipart/mixed; boundary=-\r\n\r\n")
    yield (
        "boundary of dashes",
        _fill(b"-----\n", size, head=_HEAD + b'Content-Type: multipart/mixed; boundary="---"\n\n'),
    )
    yield "endlessly nested", _nested(size)
    yield "nested under one name", _fill(b"--b\nContent-Type: multipart/mixed; boundary=b\n\n", size, head=_MIXED)
    yield "nested, never opened", _fill(b"Content-Type: multipart/mixed; boundary=c\n\n", size, head=_MIXED + b"--b\n")
    yield "deep, then long", _deep_and_long(size)
    yield "closed and opened again", _fill(b"--b--\n--b\n\nx\n", size, head=_MIXED)
    yield "no boundary", _fill(b"--b\n\nx\n", size, head=_HEAD + b"Content-Type: multipart/mixed\n\n")
    yield "empty boundary", _fill(b"--\n\nx\n", size, head=_HEAD + b'Content-Type: multipart/mixed; boundary=""\n\n')
    long = b"b" * 70_000
    yield "endless boundary", _HEAD + b"Content-Type: multipart/mixed; boundary=" + long + b"\n\n--" + long + b"\n\nx"
    yield "digest of digests", _fill(b"--b\n\nContent-Type: multipart/digest; boundary=b\n\n", size, head=_MIXED)
    yield "attached letter in attached letter", _fill(b"Content-Type: message/rfc822\n\n", size, head=_HEAD)
    yield "many attached letters", _fill(b"--b\nContent-Type: message/rfc822\n\nSubject: x\n\ny\n", size, head=_MIXED)
    yield "partial", _fill(b"x\n", size, head=_HEAD + b"Content-Type: message/partial; id=x; number=1; total=99\n\n")
    yield "delivery status without end", _fill(b"Action: failed\n\n", size, head=_report(b"delivery-status"))
    yield "feedback without end", _fill(b"Original-Rcpt-To: a@example.com\n", size, head=_report(b"feedback-report"))


def _report(kind: bytes) -> bytes:
    return (
        _HEAD
        + b"Content-Type: multipart/report; boundary=b; report-type="
        + kind
        + b"\n\n--b\nContent-Type: message/"
        + kind
        + b"\n\n"
    )


def _nested(size: int) -> bytes:
    levels: list[bytes] = []
    said = 0
    while said < size:
        n = len(levels)
        levels.append(b"--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n" % (n, n + 1))
        said += len(levels[-1])
    return _HEAD + b"Content-Type: multipart/mixed; boundary=b0\n\n" + b"".join(levels)


def _deep_and_long(size: int) -> bytes:
    levels = b"".join(b"--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n" % (n, n + 1) for n in range(99))
    return _fill(b"--b\n--b1x\n", size, head=_HEAD + b"Content-Type: multipart/mixed; boundary=b0\n\n" + levels)


def _headers(size: int) -> Iterator[tuple[str, bytes]]:
    yield "headers without end", _fill(b"X-A: b\n", size, head=_HEAD)
    yield "header names without end", _fill(b"", 0) if size < 0 else b"a" * size + b": b\n\nx"
    yield "one header without end", _fill(b"x", size, head=_HEAD + b"X-Long: ")
    yield "folds without end", _fill(b"\n a", size, head=_HEAD + b"X-Long: ")
    yield "folds of nothing", _fill(b"\n ", size, head=_HEAD + b"X-Long: ")
    yield "spaces before the colon", _HEAD + b"X-Odd" + b" " * size + b"x\n\n"
    yield "lines that are no headers", _fill(b"no header\n", size, head=_HEAD, tail=b"X-A: b\n\nx")
    yield "no headers and headers by turns", _fill(b"no header\nX-A: b\n", size, head=_HEAD)
    yield "encoded words", _fill(b"=?utf-8?q?=C3=A1?= ", size, head=_HEAD + b"Subject: ")
    yield "encoded words in folds", _fill(b"=?utf-8?b?w6E=?=\n ", size, head=_HEAD + b"X-Words: ")
    yield "encoded words without end", _fill(b"=?utf-8?q?", size, head=_HEAD + b"X-Words: ")
    yield "encoded words, one end", _fill(b"=?a?q?", size, head=_HEAD + b"X-Words: ", tail=b"?=\n\n")
    yield "encoded words of no charset", _fill(b"=?zlib?b?eJw=?= ", size, head=_HEAD + b"X-Words: ")
    yield "charsets without end", _fill(b"=?" + b"x" * 70 + b"?q?a?=\n ", size, head=_HEAD + b"X-Words: ")
    yield "continuations", _HEAD + b"Content-Type: text/plain" + _continued(size) + b"\n\nx"
    yield "parameters", _fill(b"; a=b", size, head=_HEAD + b"Content-Type: text/plain", tail=b"\n\nx")
    yield "open quotes in parameters", _fill(b'; a="\\"', size, head=_HEAD + b"Content-Type: text/plain", tail=b"\n\nx")
    yield "semicolons", _fill(b"; ", size, head=_HEAD + b"Content-Type: text/plain", tail=b"\n\nx")
    yield "addresses", _fill(b"a@example.com, ", size, head=_HEAD + b"Cc: ")
    yield "open quotes in addresses", _fill(b'"\\"', size, head=_HEAD + b"Cc: ")
    yield "comments in comments", _fill(b"(", size, head=_HEAD + b"Cc: ")
    yield "open angles", _fill(b"<", size, head=_HEAD + b"Cc: ")
    yield "groups in groups", _fill(b"a:", size, head=_HEAD + b"Cc: ")
    yield "references", _fill(b"<a@b> ", size, head=_HEAD + b"References: ")
    yield "open references", _fill(b"<a", size, head=_HEAD + b"References: ")
    yield "From many times", _fill(b"From: eve@example.com\n", size)
    yield "From of encoded words", b"From: " + _fill(b"=?utf-8?q?a?= ", min(size, 1900)) + b"<eve@example.com>\n\nx"
    yield "line break in an encoded From", b"From: =?utf-8?q?a=0D=0AFrom:_b@example.com?= <eve@example.com>\n\nx"
    yield "a date out of all time", b"Date: Mon, 99 Xyz 999999999999999999999 99:99:99 +9999999999\n\nx"
    yield "a date of digits", _fill(b"9", size, head=b"Date: ", tail=b"\n\nx")
    yield "a name of paths", _HEAD + b"Content-Type: x/y; name=" + b"../" * min(size // 3, 20_000) + b"etc\n\nx"
    yield "a name that turns round", _HEAD + 'Content-Type: x/y; name="a\u202egpj.exe"\n\nx'.encode()


def _continued(size: int) -> bytes:
    pieces: list[bytes] = []
    said = n = 0
    while said < size:
        pieces.append(b";\n name*%d*=%%C3" % n)
        said += len(pieces[-1])
        n += 1
    return b"".join(pieces)


def _encodings(size: int) -> Iterator[tuple[str, bytes]]:
    base64 = _HEAD + b"Content-Type: application/x; name=a\nContent-Transfer-Encoding: base64\n\n"
    yield "base64 of nothing but padding", _fill(b"=", size, head=base64)
    yield "base64 padded in the middle", _fill(b"QQ==", size, head=base64)
    yield "base64 of no letters", _fill(b"!", size, head=base64)
    yield "base64 cut short", _fill(b"QUJD", size, head=base64, tail=b"Q")
    printable = _HEAD + b"Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\n"
    yield "quoted-printable of equals", _fill(b"=", size, head=printable)
    yield "quoted-printable of spaces", _fill(b" ", size, head=printable)
    yield "uuencoded rubbish", _fill(b"M~~~\n", size, head=_HEAD + b"Content-Transfer-Encoding: x-uuencode\n\n")
    for charset in ("rot13", "zlib", "hex", "idna", "punycode", "unicode_escape", "undefined", "mbcs", "../../x"):
        yield f"charset {charset}", _fill(b"xn--a\xff ", min(size, 50_000), head=_charset(charset))
    yield "charset UTF-7", _fill(b"+2D0-", size, head=_charset("utf-7"))
    yield "charset UTF-16", _fill(b"\x00\xd8", size, head=_charset("utf-16"))
    yield "charset ISO-2022-JP", _fill(b"\x1b$B\x1b(B", size, head=_charset("iso-2022-jp"))
    yield "charset ISO-2022-KR", _fill(b"\x0e!!\x0f", size, head=_charset("iso-2022-kr"))
    yield "charset HZ", _fill(b"~{!!~}", size, head=_charset("hz-gb-2312"))
    yield "charset windows-1258, piled tones", _fill(b"a" + b"\xcc\xf2" * 50, size, head=_charset("windows-1258"))


def _charset(name: str) -> bytes:
    return _HEAD + b"Content-Type: text/plain; charset=" + name.encode() + b"\n\n"


def _html(size: int) -> Iterator[tuple[str, bytes]]:
    yield "open tags", _fill(b"<div>", size, head=_HTML)
    yield "open angles in HTML", _fill(b"<", size, head=_HTML)
    yield "tags without end", _fill(b"<a ", size, head=_HTML)
    yield "open quotes in tags", _fill(b'<a "', size, head=_HTML)
    yield "quotes of both kinds in tags", _fill(b"<a ' \">", size, head=_HTML)
    yield "empty quotes in one tag", _fill(b'"" ', size, head=_HTML + b"<a ", tail=b">")
    yield "comments without end", _fill(b"<!--", size, head=_HTML)
    yield "declarations without end", _fill(b"<!", size, head=_HTML)
    yield "scripts without end", _fill(b"<script>", size, head=_HTML)
    yield "scripts never closed right", _fill(b"<script></scrip>", size, head=_HTML)
    yield "entities", _fill(b"&#x41;", size, head=_HTML)
    yield "an entity of digits", _fill(b"9", size, head=_HTML + b"&#")
    yield "ampersands", _fill(b"&", size, head=_HTML)
    yield "blockquotes in blockquotes", _fill(b"<blockquote>a<br>", size, head=_HTML)
    yield "lists and cells", _fill(b"<li><td>", size, head=_HTML)
    yield "classes without end", _fill(b"class=gmail ", size, head=_HTML + b"<div ", tail=b">")
    yield "styles without end", _fill(b" style='border:none;", size, head=_HTML + b"<div ", tail=b"'>")


def _texts(size: int) -> Iterator[tuple[str, bytes]]:
    yield "quotes in quotes", _fill(b"> ", size, head=_PLAIN)
    yield "quoted lines", _fill(b"> a\n", size, head=_PLAIN)
    yield "quotes and answers by turns", _fill(b"> a\nb\n", size, head=_PLAIN)
    yield "colons", _fill(b"On 1.1.2020 wrote\n\n", size, head=_PLAIN)
    yield "attributions that never end", _fill(b"On 1 January 2020 at 10:00 somebody\n", size, head=_PLAIN)
    yield "attributions", _fill(b"On 1 January 2020 Eve <eve@example.com> wrote:\n", size, head=_PLAIN)
    yield "header blocks that are none", _fill(b"From: a\n\nTo: b\n\n", size, head=_PLAIN)
    yield "rules", _fill(b"--\n", size, head=_PLAIN)
    yield "blank lines", _fill(b"\n", size, head=_PLAIN + b"a", tail=b"b")
    yield "codes", _fill(b"K7MX-92QT ", size, head=_PLAIN)
    yield "letters of codes", _fill(b"K", size, head=_PLAIN)
    yield "piled accents", _fill("\u0301\u0323".encode(), size, head=_PLAIN + b"a")
    yield "one wide letter", _fill(b"a", size, head=_PLAIN, tail="\U0001f600".encode())
    yield "close, close, close", _fill(b"close my ", size, head=_PLAIN)
    yield "words of bounces", _fill(b"delivery was not ", size, head=b"From: mailer-daemon\n\n")
    yield "a subject without end", _fill(b"Re: Auto ", size, head=b"Subject: ", tail=b"\n\nx")
