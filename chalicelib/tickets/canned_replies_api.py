"""Prepared answers in both languages: agents take them from here, admins write them."""

from typing import Annotated

from msgspec import Meta
from msgspec.structs import asdict

from chalicelib.answers import Answer, View
from chalicelib.calls import ADMIN, AGENT, Call, Calls
from chalicelib.language import N_
from chalicelib.problems import ChangedMeanwhile
from chalicelib.reading import LARGEST_WHOLE, Filled, Input, WrongField, WrongFields, matching
from chalicelib.tickets.store import canned

calls = Calls(__name__)
KEY_TWICE = N_("Each key may be given once.")
Text = Annotated[Filled, Meta(max_length=4_000)]


class Prepared(Input, frozen=True, kw_only=True):
    """One answer, by a key of its own."""

    key: Annotated[str, matching(r"[a-z][a-z0-9_-]{0,39}")]
    vi: Text
    en: Text


class CannedReplies(Input, frozen=True, kw_only=True):
    """All of them, in the order in which agents see them. `expected_version` is the version that was read before."""

    expected_version: Annotated[int, Meta(ge=0, le=LARGEST_WHOLE)]
    replies: Annotated[list[Prepared], Meta(max_length=100)]

    def __post_init__(self) -> None:
        if len({each.key for each in self.replies}) < len(self.replies):
            raise WrongFields(WrongField(name="replies", sentence=KEY_TWICE))


class CannedReply(View, frozen=True, kw_only=True):
    key: str
    vi: str
    en: str


class CannedRepliesView(View, frozen=True, kw_only=True):
    """`version` is 0 as long as nobody has written any."""

    version: int
    replies: list[CannedReply]


@calls.get("/desk/canned-replies", who=AGENT, answers={200: CannedRepliesView}, says="Prepared answers")
def see_canned_replies(_: Call[None]) -> Answer:
    version, replies = canned.read()
    return Answer(200, _view(version, replies))


@calls.put(
    "/desk/canned-replies", who=ADMIN, takes=CannedReplies, answers={200: CannedRepliesView},
    says="Replace the prepared answers", refuses=(ChangedMeanwhile,),
)  # fmt: skip
def replace_canned_replies(call: Call[CannedReplies]) -> Answer:
    """What isn't in the list any more is gone."""
    replies = [asdict(each) for each in call.given.replies]
    version = canned.replace(replies, expected_version=call.given.expected_version)
    return Answer(200, _view(version, replies))


def _view(version: int, replies: list[dict[str, str]]) -> CannedRepliesView:
    return CannedRepliesView(version=version, replies=[CannedReply(**each) for each in replies])
