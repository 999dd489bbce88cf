"""Nobody is believed to be who they aren't, whatever stands in the letter's head: each forgery, each verdict."""

import itertools

import pytest

from chalicelib.letters.mime import read_letter
from chalicelib.proof.standing import Standing, standing
from tests.letters.forgeries import CLEAN, HIMSELF, NEVER_CLEAN, OURS, OWNER, VERDICTS, Forgery

SPF_AND_DKIM = list(itertools.product(("PASS", "FAIL"), repeat=2))


def _name(each: object) -> str:
    return each.name if isinstance(each, Forgery) else str(each) or "no verdict"


def _believed(raw: bytes, dmarc: str) -> tuple[str | None, Standing]:
    """Whose letter it is, and how far that is believed."""
    letter = read_letter(raw)
    return letter.from_address, standing(letter.from_headers, dmarc or None)


def _raw(forgery: Forgery, *, spf: str = "PASS", dkim: str = "PASS") -> bytes:
    """As SES lays it in the bucket: with lines of its own on top."""
    found = f"spf={spf}; dkim={dkim}"
    stamp = f"Return-Path: <{forgery.source.strip('<>')}>\r\nAuthentication-Results: amazonses.com; {found}\r\n"
    return stamp.encode() + forgery.letter("Please close my account.", to="support@desk.example")


def test_there_are_many_of_them() -> None:
    everything = (*NEVER_CLEAN, *CLEAN, *HIMSELF, *OURS)
    assert len({each.name for each in everything}) == len(everything) >= 100


@pytest.mark.parametrize("forgery", NEVER_CLEAN, ids=_name)
@pytest.mark.parametrize("dmarc", VERDICTS, ids=_name)
def test_a_sender_whom_two_readers_may_read_differently_is_suspect(forgery: Forgery, dmarc: str) -> None:
    assert _believed(_raw(forgery), dmarc) == (None, "suspect")


@pytest.mark.parametrize("forgery", CLEAN, ids=_name)
@pytest.mark.parametrize(("spf", "dkim"), SPF_AND_DKIM)
def test_a_clean_sender_is_as_sure_as_dmarc_says_whatever_the_rest_says(forgery: Forgery, spf: str, dkim: str) -> None:
    raw = _raw(forgery, spf=spf, dkim=dkim)
    said = [_believed(raw, dmarc) for dmarc in VERDICTS]
    sure = ("authenticated", "suspect", "unconfirmed", "unconfirmed", "unconfirmed")
    assert said == [(OWNER, each) for each in sure]


@pytest.mark.parametrize("forgery", HIMSELF, ids=_name)
def test_only_from_says_who_wrote(forgery: Forgery) -> None:
    address, _ = _believed(_raw(forgery), "PASS")
    assert address is not None
    assert address != OWNER


def test_a_verdict_of_tomorrow_makes_nobody_sure() -> None:
    assert _believed(_raw(CLEAN[0]), "EXCELLENT") == (OWNER, "unconfirmed")


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r\r\n"])
@pytest.mark.parametrize("mark", ["X-Mailer: Mail 1.0", "X-Folded: a\r\n b\r\n\tc", "X-Empty:"])
def test_an_honest_head_stays_clean_however_its_lines_end(end: str, mark: str) -> None:
    raw = f"Received: by relay\r\nFrom: John <{OWNER}>\r\n{mark}\r\nSubject: Hi\r\n\r\nHello.\r\n"
    assert _believed(raw.replace("\r\n", end).encode(), "PASS") == (OWNER, "authenticated")


def test_a_letter_without_a_body_stays_clean() -> None:
    assert _believed(f"Subject: Close it\r\nFrom: {OWNER}\r\n".encode(), "PASS") == (OWNER, "authenticated")
    assert _believed(f"Subject: Close it\r\nFrom: {OWNER}\r\n\r\n".encode(), "PASS") == (OWNER, "authenticated")
