"""How far a sender is believed: only a From that nobody can read in two ways, and only as DMARC allows."""

import pytest

from chalicelib.proof.standing import clean_address, standing

CLEAN = {
    "an@example.com": "an@example.com",
    "<an@example.com>": "an@example.com",
    "An Nguyen <an@example.com>": "an@example.com",
    '"Nguyen, An" <An.Nguyen@Example.COM>': "an.nguyen@example.com",
    "Nguyễn Văn An <an@example.com>": "an@example.com",
    "Joe Q. Public <john.q.public+shop@mail.example.co.uk>": "john.q.public+shop@mail.example.co.uk",
    "=?UTF-8?B?Tmd1eeG7hW4gVsSDbiBBbg==?= <an@example.com>": "an@example.com",
    "=?utf-8?Q?M=C3=BCller=2C_Anna?= <anna@example.com>": "anna@example.com",
    "=?ISO-2022-JP?B?GyRCQG5FRBsoQg==?= <kawada@example.jp>": "kawada@example.jp",
    '"an@example.com" <an@example.com>': "an@example.com",
    "\"'an@example.com'\" <an@example.com>": "an@example.com",
    "O'Brien <o'brien@example.ie>": "o'brien@example.ie",
    '"Shop (Support)" <help@example.com>': "help@example.com",
    "An <an@xn--vit-hma.example>": "an@xn--vit-hma.example",
    '"An@Example.com" <an@example.com>': "an@example.com",
    '"O\'Brien-Smith, J." <j@example.ie>': "j@example.ie",
    "=?utf-8?q?O=27Brien-Smith=2C_J=2E?= <j@example.ie>": "j@example.ie",
    "=?UTF-8?Q?Anna?= =?UTF-8?Q?Anna?= <anna@example.com>": "anna@example.com",
    "=?windows-1258?Q?Nguy=EAn?= <nguyen@example.com>": "nguyen@example.com",
    "=?big5?b?pKSk5Q==?= <chung@example.tw>": "chung@example.tw",
    "Nguye\u0302\u0303n Va\u0306n An <an@example.com>": "an@example.com",
    "हिन्दी <hindi@example.in>": "hindi@example.in",
    "川田\u3000太郎 <kawada@example.jp>": "kawada@example.jp",
    "Xan@example.comX": "xan@example.comx",
    " \tan@example.com \t": "an@example.com",
    f"{'a' * 64}@example.com": f"{'a' * 64}@example.com",
    f"an@{'b' * 63}.{'c' * 63}.{'d' * 63}.{'e' * 61}": f"an@{'b' * 63}.{'c' * 63}.{'d' * 63}.{'e' * 61}",
    f"{'n' * 1983} <an@example.com>": "an@example.com",
}
UNCLEAN = [
    "",
    "An",
    "an@localhost",
    "an@example.com, eve@example.net",
    "An <an@example.com>, Eve <eve@example.net>",
    "An <an@example.com> <eve@example.net>",
    "an@example.com <eve@example.net>",
    '"an@example.com" <eve@example.net>',
    "<an@example.com> Eve <eve@example.net>",
    "<an@example.com>eve@example.net",
    "an@example.com (Eve)",
    "An (eve@example.net) <an@example.com>",
    "Friends: an@example.com;",
    "undisclosed:;",
    "<@relay.example:an@example.com>",
    '"an"@example.com',
    '"an@example.com> <eve@example.net" <bob@example.org>',
    '"An\\" <an@example.com>" <eve@example.net>',
    '"An" "Eve" <an@example.com>',
    "an@[192.0.2.1]",
    "an@example.com\0@example.net",
    "an@example.com\n <eve@example.net>",
    "An\r\nFrom: eve@example.net <an@example.com>",
    "An <an@example.com",
    "An an@example.com>",
    "An <an@exam ple.com>",
    "An <an@@example.com>",
    "An <an@example..com>",
    "An <.an@example.com>",
    "An <an@-example.com>",
    "An <an%example.com@relay.example>",
    "An <relay!an@example.com>",
    "An <án@example.com>",
    "An <an@exámple.com>",
    "An <an\uff20example.com>",
    "=?utf-8?Q?an=40example=2Ecom=2C?= <eve@example.net>",
    "=?utf-8?Q?An_=3Can=40example=2Ecom=3E?= <eve@example.net>",
    "=?utf-8?B?QW4AIDxhbkBleGFtcGxlLmNvbT4=?= <eve@example.net>",
    "=?utf-8?Q?=22An=22?= <an@example.com>",
    "=?utf-7?Q?+ADw-an+AEA-example.com+AD4-?= <eve@example.net>",
    "=?x-unknown?Q?An?= <an@example.com>",
    "=?utf-8?Q?An <an@example.com>",
    "=?utf-8?B?!!?= <an@example.com>",
    "An\u202e <an@example.com>",
    "An\x07 <an@example.com>",
    "An, Eve <an@example.com>",
    f"{'a' * 65}@example.com",
    f"an@{'b' * 63}.{'c' * 63}.{'d' * 63}.{'e' * 62}",
    f"{'n' * 1984} <an@example.com>",
    "an@example.com\n",
    "An\n <an@example.com>",
    "an@example.com <an@example.com>",
    '"Xan@example.com" <an@example.com>',
    "\"'Xan@example.com'\" <an@example.com>",
    "An?= <an@example.com>",
    "=?utf-8?b?QW4AIDxhbkBleGFtcGxlLmNvbT4=?= <eve@example.net>",
    "=?utf-7?Q?An?= <an@example.com>",
    "=?iso-8859-99?Q?An?= <an@example.com>",
    "=?utf-8?Q?An=FF?= <an@example.com>",
]


@pytest.mark.parametrize(("header", "address"), CLEAN.items())
def test_a_from_as_mail_programs_write_it_is_clean(header: str, address: str) -> None:
    assert clean_address([header]) == address


@pytest.mark.parametrize("header", UNCLEAN)
def test_a_from_that_two_readers_may_read_differently_is_not_clean(header: str) -> None:
    assert clean_address([header]) is None
    assert standing([header], "PASS") == "suspect"


def test_two_from_headers_are_suspect_even_if_they_say_the_same() -> None:
    assert standing(["an@example.com", "an@example.com"], "PASS") == "suspect"


def test_no_from_header_is_suspect() -> None:
    assert standing([], "PASS") == "suspect"


def test_a_clean_from_that_passes_dmarc_is_authenticated() -> None:
    assert standing(["An <an@example.com>"], "PASS") == "authenticated"


@pytest.mark.parametrize("verdict", ["GRAY", "PROCESSING_FAILED", None, "something new"])
def test_a_clean_from_without_a_policy_to_check_is_unconfirmed(verdict: str | None) -> None:
    assert standing(["An <an@example.com>"], verdict) == "unconfirmed"


def test_a_clean_from_that_fails_dmarc_is_suspect() -> None:
    assert standing(["An <an@example.com>"], "FAIL") == "suspect"
