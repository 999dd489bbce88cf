"""Which of our mails a bounce or a complaint is about, as far as the report itself tells."""

import re

from chalicelib.letters.letter import Letter

_MESSAGE_ID = re.compile(rb"(?im)^(?:x-)?(?:original-)?message-id:[ \t]*(?:\r?\n[ \t]+)?<([!-;=?-~]{1,250})>")
_LONGEST = 100_000
_MOST = 20


def returned_message_ids(letter: Letter) -> tuple[str, ...]:
    """Message ids of the mails that came back, without brackets: from the returned heads, then what it answers."""
    found: dict[str, None] = {}
    for part in letter.reports:
        for each in _MESSAGE_ID.findall(part.content[:_LONGEST]):
            found[each.decode("ascii")] = None
    for each in (*letter.in_reply_to, *letter.references):
        found[each] = None
    return tuple(found)[:_MOST]
