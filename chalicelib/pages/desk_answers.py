"""`/desk/answers`: prepared answers in both languages, which admins write; agents find them where they write."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from chalice.app import Response
from msgspec import Struct
from msgspec.structs import asdict

from chalicelib.calls import ADMIN
from chalicelib.language import LANGUAGES, N_, Language, say
from chalicelib.pages.desk_frame import show_desk, told_above
from chalicelib.pages.desk_offers import version_in
from chalicelib.pages.visits import Pages, Visit, go_to
from chalicelib.problems import BadInput, ChangedMeanwhile
from chalicelib.reading import WrongField, WrongFields, read
from chalicelib.tickets import canned_replies_api as api
from chalicelib.tickets.canned_replies_api import CannedReply, Prepared

pages = Pages(__name__)
Replies = list[dict[str, str]]
_TOLD: Final = {
    "save": N_("The answer was kept."),
    "drop": N_("The answer was removed."),
    "up": N_("The answer was moved up."),
}
_IDS: Final = {"what": "|".join(_TOLD)}


@pages.get("/desk/answers", who=ADMIN)
def show_answers(visit: Visit) -> Response:
    return _page(visit)


@pages.post("/desk/answers/{what}", who=ADMIN, ids=_IDS)
def change(visit: Visit) -> Response:
    """One answer is written, removed or moved; a refusal keeps what was typed."""
    what = visit.path["what"]
    try:
        replies = _CHANGES[what](_known(visit), visit.given)
        asked = {"expected_version": version_in(visit.given), "replies": replies}
        api.replace_canned_replies(visit.asking(read(asked, api.CannedReplies)))
    except (WrongFields, BadInput, ChangedMeanwhile) as refused:
        return _page(visit, refusal=refused)
    return go_to("/desk/answers", told=what)


def _known(visit: Visit) -> Replies:
    return [asdict(each) for each in _all(visit).replies]


def _all(visit: Visit) -> api.CannedRepliesView:
    view: Any = api.see_canned_replies(visit.asking(None)).body
    return view  # type: ignore[no-any-return]


def _page(visit: Visit, *, refusal: Exception | None = None) -> Response:
    found = _all(visit)
    known = {each.key for each in found.replies}
    meant = visit.given.get("before", "") if refusal else ""
    open_form = (f"answer-{meant}" if meant in known else "new") if refusal else ""
    problem = told_above(visit, refusal, form=open_form) if refusal else None
    return show_desk(
        visit, "desk_answers.html", status=problem["status"] if problem else 200, problem=problem,
        version=found.version, answers=found.replies, open_form=open_form, typed=visit.given if refusal else {},
        told="" if visit.is_form else say(visit.language, _TOLD.get(visit.given.get("told", ""), "")),
    )  # fmt: skip


# ── one change of the list ───────────────────────────────────────────────────────────────────────────────────


def _with(replies: Replies, given: Mapping[str, str]) -> Replies:
    """With this answer written anew, or at the end."""
    one = asdict(read({name: given.get(name, "") for name in Prepared.__struct_fields__}, Prepared))
    nth = _place(replies, given)
    if any(each["key"] == one["key"] for place, each in enumerate(replies) if place != nth):
        raise WrongFields(WrongField(name="key", sentence=api.KEY_TWICE))
    return [*replies, one] if nth is None else [*replies[:nth], one, *replies[nth + 1 :]]


def _without(replies: Replies, given: Mapping[str, str]) -> Replies:
    return [each for each in replies if each["key"] != given.get("before")]


def _moved_up(replies: Replies, given: Mapping[str, str]) -> Replies:
    nth = _place(replies, given)
    return [*replies[: nth - 1], replies[nth], replies[nth - 1], *replies[nth + 1 :]] if nth else replies


def _place(replies: Replies, given: Mapping[str, str]) -> int | None:
    """Where the answer stands that the form is about; None: it is a new one."""
    return next((nth for nth, each in enumerate(replies) if each["key"] == given.get("before")), None)


_CHANGES: Final[dict[str, Callable[[Replies, Mapping[str, str]], Replies]]] = {
    "save": _with,
    "drop": _without,
    "up": _moved_up,
}


# ── for who writes to an asker ───────────────────────────────────────────────────────────────────────────────


class Offered(Struct, frozen=True, kw_only=True):
    """A prepared answer in one language. `id` names it in the page's address."""

    id: str
    key: str
    text: str


def offered(visit: Visit, first: Language) -> dict[Language, list[Offered]]:
    """All of them, in the asker's language before the other one."""
    replies = _all(visit).replies
    if not replies:
        return {}
    return {each: [_in(each, reply) for reply in replies] for each in (first, *(x for x in LANGUAGES if x != first))}


def _in(language: Language, reply: CannedReply) -> Offered:
    return Offered(id=f"{language}.{reply.key}", key=reply.key, text=reply.vi if language == "vi" else reply.en)


def text_of(prepared: dict[Language, list[Offered]], wanted: str) -> str:
    """The words of this one; none, if there is no such answer."""
    return next((each.text for found in prepared.values() for each in found if each.id == wanted), "")
