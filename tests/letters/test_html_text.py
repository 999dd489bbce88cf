"""HTML becomes what a reader sees, in order, and nothing that a reader doesn't see."""

import pytest

from chalicelib.letters.html_text import (
    HISTORY,
    HISTORY_ENDS,
    HISTORY_HERE,
    INDENTED,
    SIGNATURE,
    quoted_text_of,
    text_of,
)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("plain words", "plain words"),
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<div>one</div><div>two</div>", "one\ntwo"),
        ("a <b>bold</b>  and\n<i>thin</i> word", "a bold and thin word"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("<ul><li>one<li>two</ul>", "- one\n- two"),
        ("<table><tr><td>a<td>b</tr><tr><td>c</table>", "a b\nc"),
        ("a<hr>b", "a\n-----\nb"),
        ("&lt;b&gt; &amp; caf&eacute; &#x1F600; &nbsp;x", "<b> & café 😀  x"),
        ('<img alt="a cat" src=x> sat', "a cat sat"),
        ("<style>p {}</style><script>alert('<p>')</script><title>t</title>seen", "seen"),
        ("<!-- <p>hidden</p> -->seen<!DOCTYPE x><?php x ?>", "seen"),
        ("<a href=\"x>y\" title='<b>'>link</a>", "link"),
        ('<a href="x>link</a> and more', "link and more"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("<o:p>office</o:p>", "office"),
        ("&#" + "9" * 5000 + ";x", "\ufffdx"),
        ("cut off <b", "cut off"),
        ("", ""),
    ],
)
def test_html_is_read_as_people_see_it(source: str, text: str) -> None:
    assert text_of(source) == text


def test_lines_in_a_blockquote_are_marked_as_quoted_where_that_is_asked() -> None:
    source = "new<blockquote type=cite>old<blockquote>older</blockquote></blockquote>newer"

    assert [line for line in quoted_text_of(source).split("\n") if line.strip("> ")] == [
        "new",
        "> old",
        "> > older",
        "newer",
    ]
    assert ">" not in text_of(source)


def test_where_a_mail_program_says_history_begins_stands_a_mark_where_that_is_asked() -> None:
    source = 'new<div id="appendonsend"></div>old'

    assert quoted_text_of(source).split("\n") == ["new", HISTORY, "old"]
    assert text_of(source) == "new\nold"


def test_where_markup_stands_around_history_its_end_is_marked_as_well() -> None:
    source = 'new<div class="gmail_quote gmail_quote_container">old<div>older</div></div>newer'

    assert quoted_text_of(source).split("\n") == ["new", HISTORY_HERE, "old", "older", HISTORY_ENDS, "newer"]


def test_history_that_is_left_open_has_no_end() -> None:
    assert HISTORY_ENDS not in quoted_text_of('new<div class="gmail_quote">old<div>older</div>')


def test_a_blockquote_that_no_mail_program_calls_a_quote_is_marked_as_set_in() -> None:
    assert quoted_text_of("new<blockquote class=gmail_quote>mine</blockquote>").split("\n")[-2] == f"{INDENTED}> mine"


def test_each_line_of_a_signature_is_marked_up_to_its_end() -> None:
    source = "new<div class=gmail_signature>An<div>Hanoi</div></div>newer"

    assert quoted_text_of(source).split("\n") == ["new", f"{SIGNATURE}An", f"{SIGNATURE}Hanoi", "newer"]


def test_a_signature_that_is_left_open_may_be_anything() -> None:
    assert quoted_text_of("new<div class=gmail_signature>An<div>Hanoi</div>").split("\n") == ["new", "An", "Hanoi"]


def test_no_letter_can_write_the_marks_itself() -> None:
    assert quoted_text_of("new\ue000<p>&#xe000;</p>words") == "new\n\nwords"
