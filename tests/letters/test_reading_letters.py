"""What a letter says, whatever way its sender's program wrote it down."""

import base64
import hashlib
from datetime import UTC, datetime

import pytest

from chalicelib.letters.mime import read_letter


def plain(charset: str, body: bytes) -> str:
    return read_letter(b"Content-Type: text/plain; charset=" + charset.encode() + b"\n\n" + body).text


def named(header: bytes) -> str | None:
    return read_letter(b"MIME-Version: 1.0\n" + header + b"\n\nx").attachments[0].name


def mixed(*parts: bytes, kind: bytes = b"mixed") -> bytes:
    body = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts)
    return b"Content-Type: multipart/" + kind + b'; boundary="b"\r\n\r\n' + body + b"--b--\r\n"


def test_the_common_headers_of_a_letter_are_read() -> None:
    letter = read_letter(
        b"Return-Path: <an@example.com>\r\nMessage-ID: <one@example.com>\r\n"
        b"Date: Mon, 2 Nov 2026 09:30:00 +0700\r\nFrom: =?utf-8?B?Tmd1eeG7hW4gVsSDbiBBbg==?= <An@Example.com>\r\n"
        b"To: Support <support+SO-7K3M9Q.ABC@desk.example>, b@example.com\r\nCc: c@example.com\r\n"
        b"Reply-To: other@example.com\r\nIn-Reply-To: <zero@desk.example>\r\n"
        b"References: <first@desk.example>\r\n <zero@desk.example>\r\n"
        b"Subject: =?utf-8?Q?H=E1=BB=A7y_t=C3=A0i?=\r\n =?utf-8?Q?_kho=E1=BA=A3n?=\r\n\r\nXin chao\r\n"
    )

    assert letter.message_id == "one@example.com"
    assert letter.date == datetime(2026, 11, 2, 2, 30, tzinfo=UTC)
    assert letter.subject == "Hủy tài khoản"
    assert (letter.from_address, letter.from_name) == ("an@example.com", "Nguyễn Văn An")
    assert letter.to == ("support+so-7k3m9q.abc@desk.example", "b@example.com")
    assert (letter.cc, letter.reply_to) == (("c@example.com",), ("other@example.com",))
    assert letter.return_path == "an@example.com"
    assert letter.in_reply_to == ("zero@desk.example",)
    assert letter.references == ("first@desk.example", "zero@desk.example")
    assert letter.text == "Xin chao\n"
    assert letter.faults == ()


def test_a_null_return_path_is_empty_and_a_missing_one_is_none() -> None:
    assert read_letter(b"Return-Path: <>\n\n").return_path == ""
    assert read_letter(b"Subject: x\n\n").return_path is None


def test_every_from_header_is_kept_as_it_was_sent() -> None:
    letter = read_letter(b'From: A\r\n <a@example.com>\r\nFrom: "B\x00" <b@example.com>\r\n\r\n')

    assert letter.from_headers == ("A <a@example.com>", '"B\x00" <b@example.com>')
    assert letter.from_address is None
    assert letter.from_seen == "a@example.com"


@pytest.mark.parametrize(
    ("charset", "body", "text"),
    [
        ("utf-8", "Hủy tài khoản".encode(), "Hủy tài khoản"),
        ("us-ascii", "Hủy tài khoản".encode(), "Hủy tài khoản"),
        ("iso-8859-1", "Hủy tài khoản".encode(), "Hủy tài khoản"),
        ("iso-8859-1", b"Gr\xfc\xdfe \x80", "Grüße €"),
        ("utf-8", b"Gr\xfc\xdfe", "Gr\ufffd\ufffde"),
        ("x-unknown", b"Gr\xfc\xdfe", "Grüße"),
        ("gb2312", "注销账户镕".encode("gbk"), "注销账户镕"),
        ("ks_c_5601-1987", "똠방".encode("cp949"), "똠방"),
        ("shift_jis", "①退会".encode("cp932"), "①退会"),
        ("iso-2022-jp", "退会したい".encode("iso2022_jp"), "退会したい"),
        ("iso-2022-jp", b"\x1b$B-!\x1b(B OK", "① OK"),
        ("unknown-8bit", "退会".encode("iso2022_jp"), "退会"),
        ("utf-7", b"H+Huc-y", "Hủy"),
        ("utf-16", "\ufeffHủy".encode("utf-16-le"), "Hủy"),
        ("windows-1258", "Hu\u0309y ta\u0300i".encode("cp1258"), "Hủy tài"),
        ("viscii", b"H\xfcy t\xe0i kho\xe4n", "Hủy tài khoản"),
        ("tcvn", b"H\xf1y t\xb5i kho\xb6n", "Hñy"),
        ("rot13", b"plain \xe9", "plain é"),
        ('"UTF-8"', "é".encode(), "é"),
    ],
)
def test_text_is_decoded_whatever_charset_is_named(charset: str, body: bytes, text: str) -> None:
    if charset == "tcvn":
        text = "Hủy tài khoản"
    assert plain(charset, body) == text


def test_a_charset_that_does_not_fit_is_marked() -> None:
    assert "charset" in read_letter(b"Content-Type: text/plain; charset=utf-8\n\n\xff\xfe\xfd").faults


def test_nuls_are_taken_out_of_text() -> None:
    assert plain("utf-8", b"K7\x00MX") == "K7MX"


def test_encoded_words_that_break_a_letter_in_two_are_joined_before_decoding() -> None:
    assert read_letter(b"Subject: =?utf-8?B?4bs=?= =?utf-8?B?pw==?=\n\n").subject == "ủ"


def test_encoded_words_in_the_wrong_places_are_read_all_the_same() -> None:
    assert read_letter(b'Subject: "=?utf-8?q?=C3=A1?="\n\n').subject == '"á"'
    assert read_letter(b"Subject: x=?utf-8?q?a b?=y\n\n").subject == "xa by"


def test_an_encoded_word_cannot_begin_a_new_header() -> None:
    letter = read_letter(b"Subject: =?utf-8?q?a=0D=0ABcc:_x?=\n\n")

    assert letter.subject == "a Bcc: x"


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (b'Content-Type: x/y; name="a b.pdf"', "a b.pdf"),
        (b"Content-Type: x/y; name=a b.pdf", "a b.pdf"),
        (b"Content-Type: x/y\nContent-Disposition: attachment; filename*=utf-8''h%C3%B3a.pdf", "hóa.pdf"),
        (b"Content-Type: x/y; name*0*=utf-8''h%C3%B3;\n name*1=a.pdf", "hóa.pdf"),
        (b"Content-Type: x/y; name*1=b.pdf; name*0=a", "ab.pdf"),
        (b'Content-Type: x/y; name="=?utf-8?q?h=C3=B3a?=.pdf"', "hóa.pdf"),
        (b'Content-Type: x/y; name="../../etc/passwd"', "passwd"),
        (b'Content-Type: x/y; name="C:\\\\dir\\\\a.txt"', "a.txt"),
        ('Content-Type: x/y; name="a\u202egpj.exe"'.encode(), "agpj.exe"),
        (b'Content-Type: x/y; name=".."', None),
        (b"Content-Type: x/y", None),
    ],
)
def test_the_name_of_an_attachment_is_decoded_and_cleaned(header: bytes, name: str | None) -> None:
    assert named(header) == name


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        (b"base64", base64.encodebytes(b"hello world")),
        (b"BASE64 ", b"aGVsbG8gd29ybGQ"),
        (b"base64", b"aGVsbG8=IHdvcmxk"),
        (b"base64", b"aGVs!bG8g*d29ybGQ="),
        (b"quoted-printable", b"hello=20wor=\nld"),
        (b"Quoted Printable", b"hello=20world"),
        (b"x-uuencode", b"begin 644 a\n+:&5L;&\\@=V]R;&0 \n`\nend\n"),
        (b"8bit", b"hello world"),
        (b"unheard-of", b"hello world"),
    ],
)
def test_an_attachment_is_decoded_as_its_encoding_says_or_nearly_says(encoding: bytes, body: bytes) -> None:
    raw = mixed(b"Content-Type: x/y\nContent-Transfer-Encoding: " + encoding + b"\n\n" + body)

    attachment = read_letter(raw).attachments[0]

    assert attachment.content.strip(b"\r\n") == b"hello world"
    assert attachment.size == len(attachment.content)
    assert attachment.digest == hashlib.sha256(attachment.content).hexdigest()


def test_of_two_ways_to_say_the_same_the_plain_one_is_the_text() -> None:
    letter = read_letter(
        mixed(
            b"Content-Type: text/plain\n\nplain words", b"Content-Type: text/html\n\n<b>rich</b>", kind=b"alternative"
        )
    )

    assert (letter.text, letter.html, letter.attachments) == ("plain words", "<b>rich</b>", ())
    assert not letter.text_is_from_html


def test_html_alone_is_turned_into_text() -> None:
    letter = read_letter(b"Content-Type: text/html\n\n<p>Please <b>close</b><br>my account</p><script>x()</script>")

    assert letter.text == "Please close\nmy account"
    assert letter.text_is_from_html


def test_an_empty_plain_text_beside_html_does_not_hide_the_words() -> None:
    raw = mixed(b"Content-Type: text/plain\n\n \n", b"Content-Type: text/html\n\n<i>words</i>", kind=b"alternative")

    assert read_letter(raw).text.strip() == "words"


def test_words_before_and_after_a_picture_are_both_read() -> None:
    raw = mixed(b"\nbefore", b"Content-Type: image/png; name=a.png\n\nPNG", b"Content-Type: text/html\n\n<p>after")

    letter = read_letter(raw)

    assert letter.text == "before\nafter"
    assert [attachment.name for attachment in letter.attachments] == ["a.png"]


def test_an_attached_letter_is_one_attachment_and_its_words_are_not_the_senders() -> None:
    inner = b"Content-Type: message/rfc822\n\nFrom: eve@example.com\nSubject: inner\n\nclose my account"

    letter = read_letter(b"Subject: outer\n" + mixed(b"\nsee below", inner))

    assert (letter.subject, letter.text) == ("outer", "see below")
    assert [attachment.type for attachment in letter.attachments] == ["message/rfc822"]


def test_a_text_file_that_is_attached_is_not_read_as_words() -> None:
    raw = mixed(b"\nwords", b"Content-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n\nof a file")

    letter = read_letter(raw)

    assert letter.text == "words"
    assert letter.attachments[0].content == b"of a file"


def test_winmail_dat_is_kept_as_an_attachment() -> None:
    raw = mixed(b"\nwords", b'Content-Type: application/ms-tnef; name="winmail.dat"\n\n\x78\x9f\x3e\x22')

    assert read_letter(raw).attachments[0].name == "winmail.dat"


@pytest.mark.parametrize(
    "raw",
    [
        b"Content-Type: multipart/mixed\n\nwords of nobody",
        b"Content-Type: multipart/mixed; boundary=never\n\nwords of nobody",
        b"Content-Type: text/enriched\n\nwords of nobody",
    ],
)
def test_words_that_stand_in_no_readable_part_are_still_shown(raw: bytes) -> None:
    letter = read_letter(raw)

    assert letter.text == ""
    assert letter.words == "words of nobody"
    assert letter.is_readable


def test_a_part_that_nothing_closes_is_read_to_the_end() -> None:
    assert read_letter(b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\ncut off here").text == "cut off here"


def test_the_outer_boundary_closes_what_the_inner_one_left_open() -> None:
    inner = b"Content-Type: multipart/alternative; boundary=inner\n\n--inner\n\nfirst"

    assert read_letter(mixed(inner, b"\nsecond")).text == "first\nsecond"


def test_old_macs_line_ends_are_line_ends() -> None:
    assert read_letter(b"Subject: x\r\rone\rtwo").text == "one\ntwo"


def test_a_byte_order_mark_and_an_mbox_line_before_the_headers_are_passed_over() -> None:
    assert read_letter(b"\xef\xbb\xbfSubject: x\n\n").subject == "x"
    assert read_letter(b"From an@example.com Mon Nov  2 09:30:00 2026\nSubject: x\n\n").subject == "x"


def test_headers_that_lost_their_indent_do_not_begin_the_body() -> None:
    letter = read_letter(b"Received: from a\nby b with ESMTP\nid 7; Mon, 2 Nov\nSubject: x\n\nwords")

    assert (letter.subject, letter.text) == ("x", "words")


def test_a_letter_without_any_header_is_text() -> None:
    assert read_letter(b"Just words, no headers").text == "Just words, no headers"


def test_headers_in_eight_bits_are_read() -> None:
    assert read_letter("Subject: Hủy tài khoản\n\n".encode()).subject == "Hủy tài khoản"
    assert read_letter("Subject: Grüße\n\n".encode("latin-1")).subject == "Grüße"


@pytest.mark.parametrize("date", [b"", b"yesterday", b"Mon, 99 Foo 2026 99:99:99", b"1 Jan 99999 00:00:00 +0000"])
def test_a_date_that_is_none_is_none(date: bytes) -> None:
    assert read_letter(b"Date: " + date + b"\n\n").date is None


def test_nothing_at_all_is_not_readable() -> None:
    assert not read_letter(b"").is_readable
    assert not read_letter(b"From: an@example.com\n\n \n").is_readable
