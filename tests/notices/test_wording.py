import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from itertools import product
from pathlib import Path
from typing import Literal

import pytest
from msgspec.structs import replace

from chalicelib.language import LANGUAGES, MARKER, Language
from chalicelib.notices import worded as module
from chalicelib.notices.worded import KINDS, NoticeFacts, NoticeKind, ReasonCode, worded
from infra.translations import sentences_of

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
WORDING = Path(module.__file__).with_name("wording")

BARE = NoticeFacts(
    number="SO-7K3M9Q",
    company="Green Cloud",
    support_address="support@desk.example",
    codes=(("acme-1", "BCGH-23KM"),),
)
FULL = replace(
    BARE,
    name="Nguyễn Văn An",
    account_id="acme-1",
    tracking_link="https://desk.example/track/t0ken",
    stop_code="HKMN-23PQ",
    code_link="https://desk.example/track/c0de",
    confirm_link="https://desk.example/portal/SO-7K3M9Q",
    ask_again_link="https://desk.example/close-account",
    export_url="https://desk.example/export",
    complaints_url="https://authority.example/complain",
    opened_at=NOW,
    due_at=NOW + timedelta(days=20),
    answer_by=NOW + timedelta(days=2),
    proof_until=NOW + timedelta(days=7),
    please_answer_by=NOW + timedelta(days=5),
    closes_at=NOW + timedelta(days=8),
    hold_review_at=NOW + timedelta(days=9),
    blocker_until=NOW + timedelta(days=14),
    code_until=NOW + timedelta(hours=24),
    keep_until=NOW + timedelta(days=38),
    tombstone_until=NOW + timedelta(days=738),
    proof="code",
    tries_left=3,
    reason_code="blocked",
    reason_text="First line\nsecond line",
    warnings=("120.000 đ of credit will be lost",),
    blockers=(("Invoice 12 is unpaid", "https://pay.example/12"), ("Server vm-1 is running", "")),
    kept=(("Invoices", "Accounting Act 2015", NOW + timedelta(days=3650)), ("Contract", "Civil Code", None)),
    residuals=(("Backups", NOW + timedelta(days=35)), ("Logs", None)),
    words="Dear An,\n\nwhich server?",
)

EVERY = list(product(KINDS, LANGUAGES, (BARE, FULL)))
KIND_AND_LANGUAGE = list(product(KINDS, LANGUAGES))


class _Reading(HTMLParser):
    """What a reader sees of a page, and whether its tags close in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.links: list[str] = []
        self.seen: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "title" not in self.open:
            self.seen.append(data)


def _letters(text: str) -> str:
    return re.sub(r"[\s_-]", "", text)


@pytest.mark.parametrize(("kind", "language", "facts"), EVERY)
def test_every_notice_can_be_worded_with_all_facts_and_with_few(
    kind: NoticeKind, language: Language, facts: NoticeFacts
) -> None:
    notice = worded(kind, language, facts)

    assert notice.subject.startswith("[SO-7K3M9Q] ")
    assert notice.text.startswith(MARKER[language] + "\n\n")
    assert f'<html lang="{language}">' in notice.html
    assert "None" not in notice.text + notice.subject
    assert not re.search(r"\{\w+\}", notice.text + notice.html + notice.subject)
    assert "\n\n\n" not in notice.text


@pytest.mark.parametrize(("kind", "language", "facts"), EVERY)
def test_text_and_html_say_the_same(kind: NoticeKind, language: Language, facts: NoticeFacts) -> None:
    notice = worded(kind, language, facts)

    page = _Reading(notice.html)
    assert not page.open
    assert _letters("".join(page.seen)) == _letters(notice.text)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_a_folder_whose_text_and_html_take_the_same_sentences(kind: NoticeKind) -> None:
    folder = WORDING / kind

    assert {path.name for path in folder.iterdir()} == {"subject.txt", "body.txt", "body.html"}
    assert list(sentences_of(folder / "body.txt")) == list(sentences_of(folder / "body.html"))


def test_there_is_no_folder_without_a_kind() -> None:
    assert {path.name for path in WORDING.iterdir() if path.is_dir()} - {"parts"} == set(KINDS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_kind_has_a_subject_of_its_own(language: Language) -> None:
    assert len({worded(kind, language, FULL).subject for kind in KINDS}) == len(KINDS)


@pytest.mark.parametrize(("kind", "language"), KIND_AND_LANGUAGE)
def test_every_notice_carries_the_tracking_link_and_where_to_ask(kind: NoticeKind, language: Language) -> None:
    notice = worded(kind, language, FULL)

    for part in (notice.text, notice.html):
        assert "https://desk.example/track/t0ken" in part
        assert "support@desk.example" in part


@pytest.mark.parametrize(("kind", "language"), KIND_AND_LANGUAGE)
def test_a_notice_is_worded_again_letter_by_letter(kind: NoticeKind, language: Language) -> None:
    assert worded(kind, language, FULL) == worded(kind, language, FULL)


# What outsiders learn


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_acknowledgement_is_the_same_whether_or_not_there_is_an_account(language: Language) -> None:
    nobody = replace(
        FULL, name="", account_id="", codes=(), code_link="", export_url="", closes_at=None, warnings=(), proof=None
    )

    assert worded("acknowledged", language, FULL) == worded("acknowledged", language, nobody)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_acknowledgement_says_what_to_send_and_what_not(language: Language) -> None:
    text = worded("acknowledged", language, FULL).text

    assert {"en": "the tax code", "vi": "mã số thuế"}[language] in text
    assert {"en": "do not send pictures of identity papers", "vi": "đừng gửi ảnh giấy tờ tùy thân"}[language] in text


FOR_ANYBODY: list[NoticeKind] = [
    *("acknowledged", "received_confirm", "rejected", "withdrawn", "expired", "more_needed", "code_refused"),
    *("how_to_reply_code", "agent_reply", "support_received", "resolved", "deadline_extended"),
]
ASKER = replace(FULL, reader="asker", proof=None)


@pytest.mark.parametrize(("kind", "language"), list(product(FOR_ANYBODY, LANGUAGES)))
def test_who_has_proved_nothing_is_told_nothing_of_an_account(kind: NoticeKind, language: Language) -> None:
    text = worded(kind, language, ASKER).text

    for secret in ("Nguyễn", "acme-1", "BCGH", "c0de", "credit", "Invoice", "Backups", "second line"):
        assert secret not in text


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in FOR_ANYBODY])
@pytest.mark.parametrize("proof", [None, "code", "sign_in"])
def test_what_only_an_owner_may_know_is_not_worded_for_an_asker(
    kind: NoticeKind, proof: Literal["code", "sign_in"] | None
) -> None:
    with pytest.raises(ValueError, match="proved nothing"):
        worded(kind, "vi", replace(ASKER, proof=proof))


@pytest.mark.parametrize("kind", ["verified", "scheduled", "closing", "closed", "rejected"])
def test_an_asker_who_proved_by_facts_reads_what_the_owner_reads(kind: NoticeKind) -> None:
    by_facts = replace(FULL, proof="facts", codes=())

    assert worded(kind, "vi", replace(by_facts, reader="asker")) == worded(kind, "vi", by_facts)


@pytest.mark.parametrize("kind", ["withdrawn", "rejected", "expired"])
def test_who_has_proved_nothing_is_not_told_that_an_account_exists(kind: NoticeKind) -> None:
    assert "still exists" not in worded(kind, "en", ASKER).text
    assert "vẫn còn" not in worded(kind, "vi", ASKER).text


@pytest.mark.parametrize("kind", ["withdrawn", "rejected", "expired"])
def test_an_end_without_erasing_says_that_the_account_still_exists(kind: NoticeKind) -> None:
    assert "Your account still exists." in worded(kind, "en", FULL).text
    assert "Tài khoản của bạn vẫn còn." in worded(kind, "vi", FULL).text


# Codes

CODE_MAILS: list[NoticeKind] = ["code", "code_for_expedite", "reminder_proof"]


@pytest.mark.parametrize("kind", CODE_MAILS)
def test_a_code_mail_begins_with_its_warning(kind: NoticeKind) -> None:
    after_marker = worded(kind, "en", FULL).text.split("\n\n")[1]

    assert after_marker == "This code closes your account. We never ask for it by phone or chat."
    assert worded(kind, "vi", FULL).text.split("\n\n")[1].startswith("Mã này dùng để xóa tài khoản của bạn.")


@pytest.mark.parametrize("kind", CODE_MAILS)
def test_a_code_mail_without_a_code_is_refused(kind: NoticeKind) -> None:
    with pytest.raises(ValueError, match="needs a code"):
        worded(kind, "vi", replace(FULL, codes=()))


@pytest.mark.parametrize("kind", CODE_MAILS)
def test_a_code_is_brought_to_the_owner_only_even_if_the_asker_proved_by_facts(kind: NoticeKind) -> None:
    with pytest.raises(ValueError, match="the owner to read it"):
        worded(kind, "vi", replace(FULL, reader="asker", proof="facts"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_several_accounts_at_one_address_have_a_code_each(language: Language) -> None:
    notice = worded("code", language, replace(FULL, codes=(("acme-1", "BCGH-23KM"), ("acme-2", "XZVT-98RQ"))))

    for part in (notice.text, " ".join(_Reading(notice.html).seen)):
        assert re.search(r"BCGH-23KM\s+acme-1\s+XZVT-98RQ\s+acme-2", part)


@pytest.mark.parametrize(("kind", "language"), list(product(CODE_MAILS, LANGUAGES)))
def test_no_code_stands_in_a_subject(kind: NoticeKind, language: Language) -> None:
    notice = worded(kind, language, FULL)

    assert "BCGH" not in notice.subject
    assert "HKMN" not in notice.subject


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_code_mail_repeats_nothing_that_the_asker_wrote(language: Language) -> None:
    said = worded("code", language, replace(FULL, words="Ring 0900 000 000", reason_text="Ring 0900 000 000"))

    assert "0900" not in said.text + said.html + said.subject


# What each step owes its reader


@pytest.mark.parametrize("kind", ["received", "received_confirm", "acknowledged", "code"])
def test_a_first_notice_states_the_procedure_and_the_date_by_which_it_ends(kind: NoticeKind) -> None:
    text = worded(kind, "en", FULL).text

    assert "What happens next:" in text
    assert "by Saturday 12 December 2026 at the latest" in text
    assert "chậm nhất vào thứ Bảy, 12/12/2026" in worded(kind, "vi", FULL).text


@pytest.mark.parametrize(
    "kind", ["received", "acknowledged", "verified", "scheduled", "on_hold", "blocked", "reminder_cooling_off"]
)
def test_while_it_can_be_stopped_a_notice_says_how(kind: NoticeKind) -> None:
    english, vietnamese = worded(kind, "en", FULL).text, worded(kind, "vi", FULL).text

    assert "WITHDRAW" in english
    assert "HKMN-23PQ" in english
    assert "RÚT YÊU CẦU" in vietnamese
    assert "HKMN-23PQ" in vietnamese


@pytest.mark.parametrize("kind", ["closing", "closed"])
def test_when_it_can_no_longer_be_stopped_no_notice_says_how(kind: NoticeKind) -> None:
    text = worded(kind, "en", FULL).text + worded(kind, "vi", FULL).text

    assert not re.search("WITHDRAW|NOT ME|RÚT YÊU CẦU|KHÔNG PHẢI TÔI|HKMN", text)


def test_the_closing_notice_says_that_there_is_no_way_back() -> None:
    assert "There is no way back now." in worded("closing", "en", FULL).text
    assert "không thể dừng lại hay khôi phục được nữa" in worded("closing", "vi", FULL).text


def test_the_last_notice_says_what_was_looked_at_what_stays_and_until_when() -> None:
    text = worded("closed", "en", FULL).text

    assert "we read every listed system again" in text
    assert "- Invoices (on the basis of Accounting Act 2015), until Wednesday 19 November 2036" in text
    assert "- Contract (on the basis of Civil Code)" in text
    assert "- Backups: gone by Sunday 27 December 2026" in text
    assert "- Logs" in text
    assert "On Wednesday 30 December 2026 we erase the content of this request" in text
    assert "That record is deleted on Wednesday 29 November 2028." in text
    assert "how to check its signature" in text


def test_the_last_notice_claims_nothing_kept_by_law_where_nothing_is() -> None:
    assert "the law" not in worded("closed", "en", BARE).text


REASONS: list[ReasonCode] = ["unproved", "not_owner", "blocked", "duplicate", "fraud_suspected", "legal_hold"]


def test_a_refusal_gives_its_reason_and_the_way_to_complain() -> None:
    refusals = {worded("rejected", "vi", replace(FULL, reason_code=reason)).text for reason in REASONS}

    assert len(refusals) == len(REASONS)
    assert all("https://authority.example/complain" in text for text in refusals)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_support_question_is_never_called_closed(language: Language) -> None:
    for kind in ("support_received", "resolved", "agent_reply", "more_needed"):
        notice = worded(kind, language, FULL)
        assert not re.search("closed|đã đóng", notice.subject + notice.text, re.IGNORECASE)


# What strangers could put into a mail


@pytest.mark.parametrize("number", ["SO-1\r\nBcc: all@desk.example", "SO-1\x00\x1b", "SO-1\u2028Bcc: x", "SO-1\u202eX"])
def test_a_subject_is_one_line_without_control_characters(number: str) -> None:
    subject = worded("received", "vi", replace(BARE, number=number)).subject

    assert subject.isprintable()
    assert "\u202e" not in subject


def test_a_subject_has_an_end() -> None:
    assert len(worded("received", "vi", replace(BARE, number="9" * 5000)).subject) <= 200


def test_a_name_cannot_bring_lines_of_its_own() -> None:
    text = worded("verified", "en", replace(FULL, name="An\n\nYour account is closed")).text

    assert "Hello An Your account is closed,\n" in text


def test_words_of_an_agent_are_shown_and_never_run() -> None:
    notice = worded("agent_reply", "en", replace(FULL, words='<script>x</script>\n<a href="https://evil.example">'))

    assert "script" not in _Reading(notice.html).tags
    assert "https://evil.example" not in _Reading(notice.html).links
    assert "&lt;script&gt;x&lt;/script&gt;<br>" in notice.html
    assert "<script>x</script>\n" in notice.text


def test_only_a_web_address_becomes_a_link() -> None:
    notice = worded("blocked", "en", replace(FULL, blockers=(("Pay", "javascript:alert(1)"),)))

    assert "javascript" not in notice.html + notice.text


@pytest.mark.parametrize(("kind", "language"), KIND_AND_LANGUAGE)
def test_a_notice_loads_nothing_from_elsewhere(kind: NoticeKind, language: Language) -> None:
    html = worded(kind, language, FULL).html

    assert not re.search(r"src=|url\(|@import", html)
    assert set(_Reading(html).tags).isdisjoint({"img", "link", "script", "iframe", "form", "style"})
