"""The quarantine, for agents."""

from typing import Any

from chalicelib.answers import Answer, Page, Paging, View
from chalicelib.calls import AGENT, Call, Calls
from chalicelib.cursors import cursor_for, key_of
from chalicelib.letters import dropping
from chalicelib.reading import Instant
from chalicelib.tickets import opening, store
from chalicelib.tickets.views import AttachmentView, attachments_of

calls = Calls(__name__)
_IDS = {"id": r"[A-Za-z0-9._-]{1,128}"}


class QuarantinedLetter(View, frozen=True, kw_only=True):
    """A letter nobody acted on, with a preview as plain text.

    `goes_at`: when it drops by itself; null: never, and an agent must have looked at it by `answer_by`."""

    id: str
    at: Instant
    cause: str
    standing: str
    verdicts: dict[str, str]
    from_seen: str | None
    subject: str
    preview: str
    attachments: list[AttachmentView]
    copies: int
    ticket: str | None
    goes_at: Instant | None
    answer_by: Instant | None


class Done(View, frozen=True, kw_only=True):
    id: str


@calls.get("/desk/quarantine", who=AGENT, asks=Paging, answers={200: Page[QuarantinedLetter]},
           says="Quarantined letters, the oldest first", id_at="/items/0/id")  # fmt: skip
def list_quarantine(call: Call[Paging]) -> Answer:
    after = key_of(call.given.cursor, of="quarantine") if call.given.cursor else None
    found, key = store.letters.quarantined(limit=call.given.limit, after=after)
    items = [_view(each) for each in found]
    return Answer(200, Page[QuarantinedLetter](items=items, next=cursor_for(key, of="quarantine") if key else None))


@calls.post("/desk/quarantine/{id}/release", who=AGENT, answers={200: Done}, says="It is a person's: take it in",
            ids=_IDS)  # fmt: skip
def release(call: Call[None]) -> Answer:
    from chalicelib.letters import intake, quarantine  # all that reads letters: the other calls need none of it

    intake.place(quarantine.released(call.path["id"]), "person")
    return Answer(200, Done(id=call.path["id"]))


@calls.post("/desk/quarantine/{id}/drop", who=AGENT, answers={200: Done}, says="Drop it", ids=_IDS)
def drop(call: Call[None]) -> Answer:
    dropping.drop(call.path["id"])
    return Answer(200, Done(id=call.path["id"]))


def _view(item: Any) -> QuarantinedLetter:
    data = item.data
    goes_at = item.at + dropping.KEPT_FOR if item.cause in dropping.GO_BY_THEMSELVES else None
    return QuarantinedLetter(
        id=data["id"], at=item.at, cause=item.cause, standing=data["standing"], verdicts=data.get("verdicts", {}),
        from_seen=data.get("from"), subject=data.get("subject", ""), preview=data.get("text", "")[:2_000],
        attachments=attachments_of(data), copies=int(item.copies or 0), ticket=data.get("ticket"),
        goes_at=goes_at, answer_by=None if goes_at else opening.answer_by(item.at),
    )  # fmt: skip
