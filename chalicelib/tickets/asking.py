"""Whether a letter or a form asks to close an account: only then is the asker asked for the explicit word.

Recognising closes nothing. So a doubtful "yes" costs the customer one question, a wrong "no" costs them days.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

_LONGEST_SUBJECT = 500
_LONGEST_CONTENT = 5_000
_TOKEN = re.compile(r"[a-z0-9]+(?:'[a-z]+)?|[.!?;:,]|\n\s*\n")
_ENDS = frozenset(".!?;")
_NEAR = 6

_ACCOUNT = frozenset({"account", "accounts", "acct", "acc", "tk", "taikhoan"})
_CLOSE = frozenset(
    "close delete cancel remove terminate deactivate erase closing deleting cancelling canceling removing terminating"
    " deactivating erasing unregister".split()
)
_CLOSED = frozenset("closed deleted cancelled canceled removed terminated deactivated erased".split())
_CLOSURE = frozenset("closure deletion cancellation cancelation removal termination deactivation erasure".split())
_DONG = frozenset({"huy", "xoa", "dong"})
_DONG_PAIRS = frozenset({("cham", "dut"), ("go", "bo"), ("loai", "bo"), ("ngung", "dung"), ("ngung", "han")})
_WISHES = frozenset("want wants wish like need please have get muon can xin nho yeu cau de nghi vui long hay".split())
_WORDS_BETWEEN = frozenset(
    "my our the this that these those your an a all both of its his her me us up down out whole entire user customer"
    " client personal company business online old unused existing current portal cloud shop web website test second"
    " other free premium paid membership login permanently immediately now completely fully please"
    " giup gium ho dum cho di luon toan bo vinh vien hoan ngay lap tuc het cai mot cac nhung minh toi em anh chi ban"
    " chung ca nhan khach hang nguoi dung su nay do kia cua duoc bo han va".split()
)
# A word of this kind between the verb and the account: it is something else that shall go.
_LEADS_ELSEWHERE = frozenset(
    "from on in at for to with and or under into inside via than trong tren vao tu voi ra".split()
)
_PART_OF_ACCOUNT = frozenset(
    "manager number details statement statements history email password picture name names settings alert alerts"
    " notification notifications upgrade renewal transfer verification recovery credits creation registration holder"
    " executive executives receivable payable link linking update change access ngan lien".split()
)
_TURNS_ROUND = frozenset(
    "not don't dont never didn't doesn't did does why who wouldn't won't khong dung chua sao ai".split()
)
_ALREADY = frozenset("da bi vua".split())
_CANNOT = frozenset("can could the".split())


@lru_cache(maxsize=4096)
def _plain_sign(sign: str) -> str:
    if sign in "đĐ":
        return "d"
    return "".join(part for part in unicodedata.normalize("NFKD", sign) if not unicodedata.combining(part)).lower()


def without_accents(text: str) -> str:
    """The text in small letters, without accents and in one width. Sign by sign: piled-up marks cost no more."""
    return text.lower() if text.isascii() else "".join(map(_plain_sign, text))


def asks_for_closure(subject: str, content: str) -> bool:
    """Whether it says, in Vietnamese (with or without accents) or English, that an account shall be closed."""
    said = (subject[:_LONGEST_SUBJECT], content[:_LONGEST_CONTENT])
    return any(_asks(clause) for text in said for clause in _clauses(without_accents(text).replace("’", "'")))


def _clauses(text: str) -> Iterator[list[str]]:
    clause: list[str] = []
    for token in _TOKEN.findall(text):
        if token in _ENDS or token.isspace():
            yield clause
            clause = []
        else:
            clause.append(token)
    yield clause


def _asks(clause: Sequence[str]) -> bool:
    return any(
        _names_closing(clause, at) and not _is_turned_round(clause, at)
        for at, word in enumerate(clause)
        if word in _CLOSE or word in _CLOSURE or word in _CLOSED or word in _DONG or _pair(clause, at) in _DONG_PAIRS
    )


def _pair(clause: Sequence[str], at: int) -> tuple[str, ...]:
    return tuple(clause[at : at + 2])


def _names_closing(clause: Sequence[str], at: int) -> bool:
    word = clause[at]
    if word in _CLOSED:
        return _account_is_wished_away(clause, at)
    if word in _CLOSURE:
        return _account_before(clause, at) or _account_after(clause, at)
    if word in _DONG and _account_is_wished_away(clause, at):
        return True
    return _account_after(clause, at)


def _account_at(clause: Sequence[str], at: int) -> int:
    """How many words at that place say "account": 0, 1 or 2."""
    if _pair(clause, at) == ("tai", "khoan"):
        return 2
    return int(clause[at] in _ACCOUNT)


def _account_after(clause: Sequence[str], at: int) -> bool:
    """Close ... account, with nothing between but what tells which account (up to two words may be its brand)."""
    unknown = 0
    for place in range(at + 1, min(len(clause), at + 2 + _NEAR)):
        if length := _account_at(clause, place):
            after = clause[place + length] if place + length < len(clause) else ""
            return after not in _PART_OF_ACCOUNT
        word = clause[place]
        if word in _LEADS_ELSEWHERE or word in ",:":
            return False
        unknown += word not in _WORDS_BETWEEN and word != "dut"
        if unknown > (0 if clause[at] in _DONG else 2):
            return False
    return False


def _account_before(clause: Sequence[str], at: int) -> bool:
    return at > 0 and (clause[at - 1] in _ACCOUNT or _pair(clause, at - 2) == ("tai", "khoan"))


def _account_is_wished_away(clause: Sequence[str], at: int) -> bool:
    """I want my account closed; tôi muốn tài khoản này được xóa; tài khoản này tôi muốn xóa."""
    before = clause[max(0, at - _NEAR) : at]
    accounts = [place for place in range(len(before)) if _account_at(before, place)]
    if not accounts or any(word in ("was", "is", "been", "bi", "da", "has", "got", "were") for word in before):
        return False
    # In English the wish stands before the account; in Vietnamese it may stand after it.
    wishes = clause[max(0, at - 2 * _NEAR) : at]
    if clause[at] in _CLOSED:
        wishes = wishes[: len(wishes) - len(before) + accounts[-1]]
    return any(word in _WISHES for word in wishes)


def _is_turned_round(clause: Sequence[str], at: int) -> bool:
    """Don't close, why did you close, không muốn xóa, đã bị xóa. "I cannot close it" is a wish all the same."""
    before = clause[max(0, at - _NEAR) : at]
    if clause[at] in _DONG and any(word in _ALREADY for word in before[-2:]):
        return True
    for place, word in enumerate(before):
        if word not in _TURNS_ROUND:
            continue
        cannot = word == "not" and place > 0 and before[place - 1] in _CANNOT
        how = word == "sao" and place > 0 and before[place - 1] == "lam"
        unable = word in ("khong", "chua") and place + 1 < len(before) and before[place + 1] in ("the", "biet", "su")
        unused = word == "dung" and place > 0 and before[place - 1] in ("su", "nguoi")
        if not (cannot or how or unable or unused or "," in before[place:]):
            return True
    return False
