"""The asker's own new words: what a reply quotes is not said again, and never taken for a command."""

import pytest

from chalicelib.letters.mime import read_letter
from chalicelib.letters.new_words import new_words, read_new_words
from chalicelib.letters.words import stop_word, typed_codes

MARKER = "-- Please write above this line --"
MARKERS = (MARKER, "-- Vui lòng viết phía trên dòng này --")


def plain(text: str) -> str:
    return new_words(read_letter(b"Content-Type: text/plain; charset=utf-8\n\n" + text.encode()), MARKERS)


def rich(html: str) -> str:
    return new_words(read_letter(b"Content-Type: text/html; charset=utf-8\n\n" + html.encode()), MARKERS)


def above(text: str, kind: str = "plain") -> str:
    raw = f"Content-Type: text/{kind}; charset=utf-8\n\n{text}"
    return read_new_words(read_letter(raw.encode()), MARKERS).above


def sent_on(text: str, subject: str = "Fwd: Code") -> str:
    return new_words(
        read_letter(f"Subject: {subject}\nContent-Type: text/plain; charset=utf-8\n\n{text}".encode()), MARKERS
    )


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
    "On Monday, November 2, 2026 at 09:30:12 AM GMT+7, Support <support@desk.example> wrote:",
    "On Monday, November 2nd, 2026 at 9:30 AM, Support <support@desk.example> wrote:",
    "------- Original Message -------\nOn Monday, November 2nd, 2026 at 9:30, Support <support@desk.example> wrote:",
    "---- On Mon, 02 Nov 2026 09:30:00 +0700 Support <support@desk.example> wrote ----",
    "Vào lúc 09:30:12 GMT+7 Thứ Hai, 2 tháng 11, 2026, Support <support@desk.example> đã viết:",
    "Op 2 nov. 2026 om 09:30 heeft Support <support@desk.example> het volgende\ngeschreven:",
    "2026/11/02 9:30、Support <support@desk.example>のメール:",
    "在 2026年11月2日，09:30，Support <support@desk.example> 写道：",
    "Support <support@desk.example> 於 2026年11月2日 週一 上午9:30寫道：",
    "Wiadomość napisana przez Support <support@desk.example> w dniu 2 lis 2026, o godz. 09:30:",
    "Den 2. nov. 2026 kl. 09.30 skrev Support <support@desk.example>:",
    "man. 2. nov. 2026 kl. 09:30 skrev Support <support@desk.example>:",
    "ma 2. marrask. 2026 klo 9.30 Support (support@desk.example) kirjoitti:",
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
    "________________________________\nFrom: Support <support@desk.example>\nSent: Monday, November 2, 2026\nTo: An",
]


@pytest.mark.parametrize(
    "attribution",
    ["Support schrieb am 02.11.2026 um 09:30:", "Am 02.11.2026 schrieb Support:", "Support, 2/11/2026 09:30 đã viết:"],
)
def test_an_attribution_that_may_be_prose_is_history_only_above_quoted_lines(attribution: str) -> None:
    assert plain(f"Yes, please.\nAn\n\n{attribution}\n\n> Your code is K7MX-92QT.") == "Yes, please.\nAn"
    assert plain(f"Yes.\n{attribution}\nPay.\nI did pay.") == f"Yes.\n{attribution}\nPay.\nI did pay."
    assert above(f"Yes.\n{attribution}\nPay.\nI did pay.") == "Yes."


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
        f"{MARKER}\n{MARKER}",
    ],
)
def test_what_stands_below_our_marker_line_is_history(line: str) -> None:
    assert plain(f"Yes, please.\n\n{line}\nYour code is K7MX-92QT.") == "Yes, please."


SENT_ON = [
    "---------- Forwarded message ---------\nFrom: Bob <bob@example.com>",
    "Begin forwarded message:\n\nFrom: Bob <bob@example.com>",
    "-------- Weitergeleitete Nachricht --------\nVon: Bob <bob@example.com>",
    "---------- Thư đã chuyển tiếp ---------\nTừ: Bob <bob@example.com>",
    "-------- 转发邮件 --------\n发件人: Bob <bob@example.com>",
]


@pytest.mark.parametrize("head", SENT_ON)
def test_a_letter_that_is_sent_on_is_read_but_gives_no_command(head: str) -> None:
    text = f"See below.\n\n{head}\n\nYour code is K7MX-92QT.\n-- \nBob"

    assert plain(text) == text.replace("-- \n", "--\n")
    assert above(text) == "See below."


def test_headers_of_an_older_letter_begin_no_history_where_the_subject_says_that_it_is_sent_on() -> None:
    text = f"See below.\n\n{HEADER_BLOCKS[0]}\n\nPlease close it."

    assert sent_on(text) == sent_on(text, "WG: Code") == text
    assert sent_on(text, "Re: Fwd: Code") == "See below."


def test_a_letter_of_nothing_but_an_older_one_is_read_but_gives_no_command() -> None:
    text = f"{HEADER_BLOCKS[0]}\n\nYour code is K7MX-92QT."

    assert plain(text) == text
    assert above(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "Yes\n\n> Your code is K7MX-92QT.\n\nK7MX-92QT\nSTOP",
        "Yes\n\nOn 2 Nov 2026 at 9:30 I wrote to you:\nK7MX-92QT\nSTOP",
        "Yes\n\nFrom: Hanoi\nTo: Hue\nDate: 2/11/2026\nK7MX-92QT\nSTOP",
        f"Yes\n\n{ATTRIBUTIONS[0]}\n> -- Please write above this line --\n> Your code\n\nK7MX-92QT\nSTOP",
        f"Yes\n\n{SENT_ON[0]}\n\nK7MX-92QT\nSTOP",
        "Yes\n\n-----Original Message-----\nFrom: Support\n\n> Want it?\n\nK7MX-92QT\nSTOP",
    ],
)
def test_what_people_read_is_not_what_counts_as_a_command(text: str) -> None:
    assert plain(text).endswith("K7MX-92QT\nSTOP")
    assert above(text) == "Yes"


@pytest.mark.parametrize(
    "html",
    [
        "<blockquote>K7MX-92QT<br>STOP</blockquote>",
        '<div class="gmail_quote">On Monday Support wrote:<blockquote class="gmail_quote">Want it?</blockquote></div>'
        "<p>K7MX-92QT<br>STOP</p>",
        '<div class="moz-cite-prefix">Support schrieb:</div><blockquote type="cite">Want it?</blockquote>'
        "<p>K7MX-92QT<br>STOP</p>",
        '<div class="yahoo_quoted">On Monday Support wrote: Want it?</div><p>K7MX-92QT<br>STOP</p>',
        '<div class="gmail_signature">An<div class="gmail_quote">Want it?</div></div><p>K7MX-92QT<br>STOP</p>',
    ],
)
def test_words_set_in_or_below_history_in_html_are_read_but_give_no_command(html: str) -> None:
    assert rich(f"<p>Yes</p>{html}").endswith("K7MX-92QT\nSTOP")
    assert typed_codes(above(f"<p>Yes</p>{html}", "html")) == ()
    assert stop_word(above(html, "html")) is None


def test_no_command_counts_from_the_first_quoted_line_on() -> None:
    text = "Yes\n\n> Your code is K7MX-92QT.\n\nK7MX-92QT is what I got"

    assert above(text) == "Yes"
    assert plain(text) == "Yes\n\n> Your code is K7MX-92QT.\n\nK7MX-92QT is what I got"


def test_no_command_counts_below_quoted_words_that_stand_first() -> None:
    assert above("On 2 Nov 2026, Support <support@desk.example> wrote:\n> Your code is K7MX-92QT.\n\nHere it is") == ""


def test_an_answer_below_the_quoted_letter_is_found() -> None:
    text = "On 2 Nov 2026, Support <support@desk.example> wrote:\n> Do you want it?\n> Really?\n\nYes, I do."

    assert plain(text) == "Yes, I do."


def test_a_short_answer_right_between_quoted_lines_is_found() -> None:
    text = "On 2 Nov 2026, Support <support@desk.example> wrote:\n> Do you want it?\nYes.\n> Really?\nI do."

    assert plain(text) == "Yes.\n> Really?\nI do."


def test_a_line_that_wrapped_out_of_its_quote_is_no_answer() -> None:
    quoted = "> We have got your letter of last week, and would like to know whether you\nwant it.\n> Support"

    assert plain(f"Yes.\n\nOn 2 Nov 2026, Support <support@desk.example> wrote:\n{quoted}") == "Yes."


def test_an_answer_below_the_quoted_letter_of_outlook_is_found() -> None:
    text = (
        "-----Original Message-----\nFrom: Support\nSent: Monday\nTo: An\n\n> Do you want it?\n> Really?\n\nYes, I do."
    )

    assert plain(text) == "Yes, I do."


def test_an_answer_below_our_quoted_marker_line_is_found_and_our_letter_is_not_shown() -> None:
    ours = f"> {MARKER}\n>\n> Your code is K7MX-92QT."

    assert plain(f"{ATTRIBUTIONS[0]}\n{ours}\n\nYes, I do.") == "Yes, I do."
    assert plain(f"Hello.\n{ATTRIBUTIONS[0]}\n{ours}\n\nYes.\nI do.").split("\n\n") == ["Hello.", "Yes.\nI do."]


def test_answers_in_html_are_found_below_and_between_what_is_quoted() -> None:
    first, other = ('<blockquote class="gmail_quote">' + said + "</blockquote>" for said in ("One?", "Two?"))
    attribution = '<div class="gmail_attr">On Mon, Nov 2, 2026 at 9:30 Support &lt;s@desk.example&gt; wrote:</div>'

    said = rich(f'<div class="gmail_quote">{attribution}{first}<p>Yes.</p>{other}<p>No.</p></div>')

    assert [line for line in said.split("\n") if line.strip("> ")] == ["Yes.", "> Two?", "No."]


def test_words_set_in_by_the_writer_stay() -> None:
    html = '<p>My account:</p><blockquote style="margin:0 0 0 40px">4711</blockquote>'

    assert rich(html).split() == ["My", "account:", "4711"]
    assert rich(html + '<div class="gmail_quote">On Monday Support wrote:<blockquote>old</blockquote></div>') == rich(
        html
    )


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
        "Được gửi từ iPhone của tôi",
        "Gửi từ Yahoo Mail trên iPhone",
        "Sent from Proton Mail for Android",
        "Enviado desde mi iPhone",
        "Inviato da iPhone",
        "Verstuurd vanaf mijn iPad",
        "Enviado do meu iPhone",
        "Wysłane z iPhone'a",
        "Skickat från min iPhone",
        "Sendt fra min iPhone",
        "Lähetetty iPhonesta",
        "Отправлено с iPhone",
        "나의 iPhone에서 보냄",
        "-- \nAn Nguyen\n\nSent from my iPhone",
        "-----------\nAn Nguyen\nTel. 0900 000 000\nwww.example.com",
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
        "Hello\n-----\nPart one\n-----\nPart two",
        "Hi,\nOn 2 Nov 2026 at 10:00 I wrote to you:\nplease close it.\nNo answer came.",
        "Hi,\nAm 02.11.2026 um 10:00 schrieb ich Ihnen:\nbitte löschen.",
        "Xin chào,\nNgày 2/11/2026 10:00 tôi đã viết cho công ty:\nhãy đóng tài khoản.",
        "My flight was\nFrom: Hanoi\nTo: Hue\nDate: 2/11/2026 10:00\nPlease cancel.",
        "I asked you before.\n\nSent by registered mail on 2 November",
        "Tôi đã yêu cầu.\n\nGửi bằng thư bảo đảm hôm qua",
        "It is mine.\n\nSent from my old address, because the new one is not on file",
        "Hello,\n--\nclose my account\nAn",
        "Hello\n\nSent from my iPhone",
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


def test_words_below_a_signature_in_html_stay() -> None:
    html = '<p>Yes</p><div class="gmail_signature">An</div><p>PS: close the other one, too</p>'

    assert rich(html).endswith("PS: close the other one, too")


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
