"""Whatever bytes arrive, a letter comes out of them, and every rule has an answer to it."""

import json

from hypothesis import example, given, settings
from hypothesis import strategies as some

from chalicelib.letters.kinds import Ours, Verdicts, kind_of
from chalicelib.letters.mime import read_letter
from chalicelib.letters.new_words import new_words
from chalicelib.letters.returned import bounced_message_ids, complaining_recipients, failed_recipients
from chalicelib.letters.words import stop_word, typed_codes
from chalicelib.proof.standing import clean_address, standing
from chalicelib.tickets.asking import asks_for_closure

OURS = Ours(addresses=frozenset(), domain="desk.example", loop_header="X-Signoff")
PIECES = [
    b"\r\n", b"\n", b"\r", b"\r\n\r\n", b" ", b"\t", b"\0", b"\xff", b"\x1b$B", b":", b";", b"=", b'"', b"<", b">",
    b"(", b",", b"@", b"--", b"--b", b"--b--", b"From: ", b"Subject: ", b"Content-Type: ",
    b"multipart/mixed; boundary=b", b"multipart/alternative; boundary=b", b"message/rfc822", b"text/html",
    b"text/plain; charset=", b"utf-7", b"utf-16", b"iso-2022-jp", b"windows-1258", b"viscii", b"rot13",
    b"Content-Transfer-Encoding: ", b"base64", b"quoted-printable", b"=?utf-8?q?=C3?=", b"=?gb2312?b?", b"?=",
    b"; name*0*=utf-8''%C3", b"; name*1=x", b"<blockquote>", b"</div>", b"<!--", b"&#x110000;", b"> ",
    b"On 1 May 2020, A <a@b.example> wrote:", b"-- ", b"Date: ", b"K7MX-92QT", b"a", "Hủy".encode(),
]  # fmt: skip
bytes_of_mail = some.lists(some.one_of(some.sampled_from(PIECES), some.binary(max_size=6)), max_size=60).map(b"".join)


@settings(max_examples=400, deadline=None)
@given(raw=some.one_of(bytes_of_mail, some.binary(max_size=400)))
@example(raw=b"Content-Type: text/html\n\n&#" + b"9" * 5000)
@example(raw=b"Date: Mon, 1 Jan 0000 00:00:00 +0000\n\n")
def test_any_bytes_give_a_letter_and_every_rule_an_answer(raw: bytes) -> None:
    letter = read_letter(raw)

    assert not [fault for fault in letter.faults if fault.startswith("unreadable")]
    assert kind_of(letter, Verdicts(), None, OURS)
    words = new_words(letter, ("-- Please write above this line --",))
    stop_word(words)
    typed_codes(words)
    asks_for_closure(letter.subject, words)
    bounced_message_ids(letter)
    failed_recipients(letter)
    complaining_recipients(letter)
    standing(letter.from_headers, "PASS")
    # What is kept of a letter can be written down: no half of a sign that UTF-8 has no bytes for.
    json.dumps([letter.subject, letter.text, letter.html, dict(letter.headers), letter.from_headers]).encode()
    "".join([letter.subject, letter.text, letter.html or "", *letter.from_headers, words]).encode("utf-8")


@settings(max_examples=400, deadline=None)
@given(said=some.text(max_size=80))
def test_a_clean_address_is_always_written_out_in_the_header(said: str) -> None:
    address = clean_address([said])

    assert address is None or address in said.lower()
