"""What SES is told beside a mail, and says again: whose notice it is."""

import re
from typing import get_args

import pytest

from chalicelib.notices.tags import tagged, tags_of
from chalicelib.notices.worded import NoticeKind

NUMBER = "SO-7K3M9Q"
KEYS = [f"notice#000012#{kind}#{reader}" for kind in get_args(NoticeKind) for reader in ("asker", "owner#previous")]


@pytest.mark.parametrize("key", KEYS)
def test_ses_may_be_told_any_notice_and_what_it_says_again_names_it(key: str) -> None:
    tags = tags_of(NUMBER, key)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,256}", text) for each in tags for text in each.values())
    assert tagged({"tags": {each["Name"]: [each["Value"]] for each in tags}}) == (NUMBER, key)


@pytest.mark.parametrize("mail", [{}, {"tags": None}, {"tags": {"ticket": [NUMBER]}}, {"tags": {"ticket": []}}])
def test_an_event_that_names_no_notice_is_nobodys(mail: dict[str, object]) -> None:
    assert tagged(mail) is None
