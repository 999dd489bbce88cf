"""Prepared answers in both languages: agents take them from here, admins write them."""

from typing import Annotated

from pydantic import AfterValidator, Field

from chalicelib.answers import Answer, View
from chalicelib.calls import ADMIN, AGENT, Call, Calls
from chalicelib.language import N_
from chalicelib.problems import ChangedMeanwhile
from chalicelib.reading import LARGEST_WHOLE, WHOLE, Filled, Input, wrong
from chalicelib.tickets.store import canned

calls = Calls(__name__)
KEY_TWICE = N_("Each key may be given once.")
Text = Annotated[Filled, Field(max_length=4_000)]


class Prepared(Input):
    """One answer, by a key of its own."""

    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
    vi: Text
    en: Text


def _each_key_once(replies: list[Prepared]) -> list[Prepared]:
    if len({each.key for each in replies}) < len(replies):
        raise wrong(KEY_TWICE)
    return replies


class CannedReplies(Input):
    """All of them, in the order in which agents see them. `expected_version` is the version that was read before."""

    expected_version: Annotated[int, Field(ge=0, le=LARGEST_WHOLE), WHOLE]
    replies: Annotated[list[Prepared], Field(max_length=100), AfterValidator(_each_key_once)]


class CannedReply(View):
    key: str
    vi: str
    en: str


class CannedRepliesView(View):
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
    replies = [each.model_dump() for each in call.given.replies]
    version = canned.replace(replies, expected_version=call.given.expected_version)
    return Answer(200, _view(version, replies))


def _view(version: int, replies: list[dict[str, str]]) -> CannedRepliesView:
    return CannedRepliesView(version=version, replies=[CannedReply(**each) for each in replies])
