"""The asker's own new words: what a reply quotes is not said again, and never taken for a command."""

import pytest

from chalicelib.letters.mime import read_letter
from chalicelib.letters.new_words import new_words, read_new_words

MARKER = "-- Please write above this line --"
MARKERS = (MARKER, "-- Vui lòng viết phía trên dòng này --")


def plain(text: str) -> str:
    return new_words(read_letter(b"Content-Type: text/plain; charset=utf-8\n\n" + text.encode()), MARKERS)


def rich(html: str) -> str:
    return new_words(read_letter(b"Content-Type: text/html; charset=utf-8\n\n" + html.encode()), MARKERS)


def above(text: str) -> str:
    return read_new_words(read_letter(b"Content-Type: text/plain; charset=utf-8\n\n" + text.encode()), MARKERS).above


ATTRIBUTIONS = [
    "On Mon, Nov 2, 2026 at 9:30 AM Support <support@desk.example> wrote:",
    "On Mon, Nov 2, 2026 at 9:30 AM Support the long-named one of all\n<support@desk.example> wrote:",
    "Vào Th 2, 2 thg 11, 2026 vào lúc 09:30 Support <support@desk.example> đã viết:",
    "Vào 09:30, Thứ Hai, 2 tháng 11, 2026 Support <support@desk.example> đã viết:",
    "Ngày 2/11/2026 09:30, Support viết:",
    "Le lun. 2 nov. 2026 à 09:30, Support <support@desk.example> a écrit :",
    "Am Mo., 2. Nov. 2026 um 09:30 Uhr schrieb Support <support@desk.example>:",
    "Am 02.11.2026 um 09:30 schrieb Support:",
    "Support <support@desk.example> schrieb am Mo., 2. Nov. 2026,\n09:30:",
    "El lun, 2 nov 2026 a las 9:30, Support (<support@desk.example>) escribió:",
    "Il giorno lun 2 nov 2026 alle ore 09:30 Support <support@desk.example> ha scritto:",
    "Em seg., 2 de nov. de 2026 às 09:30, Support <support@desk.example> escreveu:",
    "Op ma 2 nov. 2026 om 09:30 schreef Support <support@desk.example>:",
    "Den mån 2 nov. 2026 kl 09:30 skrev Support <support@desk.example>:",
    "pon., 2 lis 2026 o 09:30 Support <support@desk.example> napisał(a):",
    "пн, 2 нояб. 2026 г. в 09:30, Support <support@desk.example>:",
    "2026年11月2日(月) 9:30 Support <support@desk.example>:",
    "Support <support@desk.example> 于2026年11月2日周一 09:30写道：",
    "2026년 11월 2일 (월) 오전 9:30, Support <support@desk.example>님이 작성:",
]
HEADER_BLOCKS = [
    "From: Support <support@desk.example>\nSent: Monday, November 2, 2026 9:30 AM\nTo: An\nSubject: Code",
    "Từ: Support <support@desk.example>\nĐã gửi: Thứ Hai, 2 Tháng 11 2026 9:30 SA\nĐến: An\nChủ đề: Mã",
    "Von: Support <support@desk.example>\nGesendet: Montag, 2. November 2026 09:30\nAn: An\nBetreff: Code",
    "De : Support <support@desk.example>\nEnvoyé : lundi 2 novembre 2026 09:30\nÀ : An\nObjet : Code",
    "*From:* Support\n*Date:* Monday, 2 November 2026\n*To:* An\n*Subject:* Code",
    "差出人: Support <support@desk.example>\n送信日時: 2026年11月2日 9:30\n宛先: An\n件名: Code",
    "发件人: Support <support@desk.example>\n发送时间: 2026年11月2日 9:30\n收件人: An\n主题: Code",
    "-----Original Message-----\nFrom: Support",
    "-------- Thư gốc --------\nTừ: Support",
    "-----Ursprüngliche Nachricht-----\nVon: Support",
    "---------- Forwarded message ---------\nFrom: Support <support@desk.example>",
    "________________________________\nFrom: Support <support@desk.example>\nSent: Monday, November 2, 2026\nTo: An",
]


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
@pytest.mark.parametrize("mark", ["> ", ""])
def test_what_stands_below_an_attribution_is_history(attribution: str, mark: str) -> None:
    assert (
        plain(f"Yes, please.\nAn\n\n{attribution}\n\n{mark}Your code is K7MX-92QT.\n{mark}Support")
        == "Yes, please.\nAn"
    )


@pytest.mark.parametrize("block", HEADER_BLOCKS)
def test_what_stands_below_the_headers_of_an_older_letter_is_history(block: str) -> None:
    assert plain(f"Yes, please.\n\n{block}\n\nYour code is K7MX-92QT.") == "Yes, please."


@pytest.mark.parametrize(
    "line",
    [
        MARKER,
        f"> {MARKER}",
        "Please write above this line",
        "-- Please write above\nthis line --",
        "-- Vui lòng viết phía trên dòng này --",
        "&gt; -- PLEASE WRITE ABOVE THIS LINE --",
    ],
)
def test_what_stands_below_our_marker_line_is_history(line: str) -> None:
    assert plain(f"Yes, please.\n\n{line}\nYour code is K7MX-92QT.") == "Yes, please."


def test_no_command_counts_from_the_first_quoted_line_on() -> None:
    text = "Yes\n\n> Your code is K7MX-92QT.\n\nK7MX-92QT is what I got"

    assert above(text) == "Yes"
    assert plain(text) == "Yes\n\n> Your code is K7MX-92QT.\n\nK7MX-92QT is what I got"


def test_no_command_counts_below_quoted_words_that_stand_first() -> None:
    assert above("On 2 Nov 2026, Support <support@desk.example> wrote:\n> Your code is K7MX-92QT.\n\nHere it is") == ""


def test_an_answer_below_the_quoted_letter_is_found() -> None:
    text = "On 2 Nov 2026, Support <support@desk.example> wrote:\n> Do you want it?\n> Really?\n\nYes, I do."

    assert plain(text) == "Yes, I do."


def test_answers_between_quoted_lines_keep_the_lines_they_answer() -> None:
    text = "> Do you want it?\nYes.\n\n> Really?\nReally."

    assert plain(text) == text


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nAn Nguyen\nExample Ltd.",
        "--\nAn",
        "Sent from my iPhone",
        "Đã gửi từ iPhone của tôi",
        "Gửi từ Outlook cho Android",
        "Envoyé de mon iPhone",
        "Von meinem iPhone gesendet",
        "iPhoneから送信",
        "发自我的iPhone",
        "Get Outlook for iOS<https://aka.ms/x>",
        "____________\nlist mailing list\nhttp://list.example",
    ],
)
def test_a_signature_is_no_new_word(signature: str) -> None:
    assert plain(f"Close my account.\nThank you\n\n{signature}\n") == "Close my account.\nThank you"


@pytest.mark.parametrize(
    "text",
    [
        "Close my account.",
        "On Monday I wrote to you:\nno answer came.",
        "My address: an@example.com\nMy phone: 0900 000 000",
        "Date: tomorrow\nPlace: Hanoi",
        "Account: 42\nReason: too dear",
        "a -- b\n--option works",
        "In 2026 I wrote: close it",
        "Best regards\nAn",
        "Hà Nội, ngày 2 tháng 11\n\nKính gửi công ty,\nTôi viết thư này để: hủy tài khoản",
    ],
)
def test_words_that_only_look_like_history_stay(text: str) -> None:
    assert plain(text) == text


def test_a_letter_that_is_all_signature_is_kept() -> None:
    assert plain("Sent from my iPhone") == "Sent from my iPhone"


@pytest.mark.parametrize(
    "history",
    [
        '<div class="gmail_quote">On Monday Support wrote:<blockquote>K7MX-92QT</blockquote></div>',
        "<blockquote type=cite>K7MX-92QT</blockquote>",
        '<div id="divRplyFwdMsg"><b>From:</b> Support</div><div>K7MX-92QT</div>',
        "<div style='border:none;border-top:solid #E1E1E1 1.0pt'><p><b>From:</b> Support</div><p>K7MX-92QT",
        '<div class="moz-cite-prefix">Am 02.11.2026 um 09:30 schrieb Support:</div><blockquote>K7MX-92QT</blockquote>',
        '<div class="yahoo_quoted" id="yahoo_quoted_1">K7MX-92QT</div>',
        "<p>On 2 Nov 2026 at 9:30, Support &lt;support@desk.example&gt; wrote:</p><p>K7MX-92QT</p>",
        f"<p>{MARKER}</p><p>K7MX-92QT</p>",
    ],
)
def test_history_in_html_is_cut_as_in_plain_text(history: str) -> None:
    assert rich(f"<div>Yes, please.</div>{history}") == "Yes, please."


def test_a_signature_in_html_is_cut() -> None:
    assert rich('<p>Yes</p><div class="gmail_signature">An<br>Example Ltd.</div>') == "Yes"


def test_a_letter_cannot_hide_words_behind_the_marks_that_html_reading_uses() -> None:
    assert plain("before\n\ue000\nafter\ue001") == "before\n\nafter"
    assert rich("<p>before</p><p>\ue000 then</p><p>after</p>").split() == ["before", "then", "after"]


def test_a_letter_without_history_says_so() -> None:
    letter = read_letter(b"\nClose my account")

    words = read_new_words(letter, MARKERS)

    assert (words.text, words.above, words.has_history) == ("Close my account", "Close my account", False)


def test_a_reply_with_nothing_new_has_no_new_words() -> None:
    assert plain("> Your code is K7MX-92QT.") == ""
    assert plain(f"{MARKER}\nYour code is K7MX-92QT.") == ""
