"""How far each notice has come: claimed before it is sent, so that two senders never send it twice."""

import uuid
from datetime import datetime, timedelta

from pynamodb.exceptions import PutError, UpdateError
from pynamodb.expressions.condition import Condition

from chalicelib.tickets.store import guards
from chalicelib.tickets.store.items import ContactItem, NoticeItem, connection
from chalicelib.transaction import Together

CLAIM_LASTS = timedelta(minutes=10)  # longer than any sender may run: a claim older than this lost its sender
ANSWERS_FOR = timedelta(days=400)
SETTLED = frozenset({"sent", "delivered", "bounced", "complained", "failed", "skipped"})
_REFUSED = "ConditionalCheckFailedException"


def states(number: str) -> list[str]:
    """How far each notice of this ticket has come."""
    connection()
    return [str(item.state) for item in NoticeItem.query(number, NoticeItem.sk.startswith("notice#"))]


def claim(number: str, key: str, *, kind: str, reader: str, at: datetime, tries: int) -> NoticeItem | None:
    """The notice, now ours to send; None while another sender has it, or once it is settled."""
    connection()
    mine = str(uuid.uuid4())
    item = NoticeItem(number, key, kind=kind, reader=reader, state="claimed", at=at, claim=mine, tries=tries + 1)
    lost = (NoticeItem.state == "claimed") & (NoticeItem.at <= at - CLAIM_LASTS)
    free = NoticeItem.pk.does_not_exist() | (NoticeItem.state == "waiting") | lost
    try:
        item.save(condition=free)
    except PutError as error:
        if error.cause_response_code != _REFUSED:
            raise
        found = NoticeItem.get(number, key, consistent_read=True)
        return found if found.claim == mine else None  # ours after all: only the answer was lost
    return item


def mark_sent(number: str, key: str, *, ses_id: str, seat: str, at: datetime, forget: str | None) -> None:
    """SES took it. The sealed address to `forget`, which only this notice needed, goes in the same write."""
    connection()
    together = Together()
    actions = [NoticeItem.state.set("sent"), NoticeItem.at.set(at), NoticeItem.ses_id.set(ses_id)]
    # Whoever holds the claim by now, and also where SES said no and sent it all the same: the mail is out. Refused is
    # only a second writing of the same.
    still = NoticeItem.state.is_in("claimed", "waiting")
    together.update(NoticeItem(number, key), actions, only_if=still, refused=lambda _: True)
    guards.remember_sent(together, ses_id, number=number, seat=seat, until=at + ANSWERS_FOR)
    if forget:
        together.delete(ContactItem(number, f"contact#{forget}"))
    together.commit(connection())


def release(notice: NoticeItem, *, at: datetime, why: str) -> None:
    """SES said no for now: the next sender may try at once."""
    _settle(notice, "waiting", at=at, why=why)


def give_up(notice: NoticeItem, *, at: datetime, why: str) -> None:
    """It can't be sent; the ticket shows that, and the next notice may go."""
    _settle(notice, "failed", at=at, why=why)


def skip(notice: NoticeItem, *, at: datetime, why: str) -> None:
    """It has become pointless, or there is nobody to tell."""
    _settle(notice, "skipped", at=at, why=why)


def _settle(notice: NoticeItem, state: str, *, at: datetime, why: str) -> None:
    _update(notice, state, at=at, why=why, only_if=NoticeItem.claim == notice.claim)


def hear(number: str, ses_id: str, state: str, *, at: datetime) -> tuple[str, ...]:
    """What became of a mail that SES took. A bounce outweighs a delivery; a complaint outweighs both.

    The kinds of the notices that the mail carried."""
    connection()
    kinds = []
    for notice in NoticeItem.query(number, NoticeItem.sk.startswith("notice#"), NoticeItem.ses_id == ses_id):
        weight = {"sent": 0, "delivered": 1, "bounced": 2, "complained": 3}
        if weight[state] > weight.get(notice.state, 9):
            _update(notice, state, at=at, why=None, only_if=NoticeItem.state == notice.state)
        kinds.append(str(notice.kind))
    return tuple(kinds)


def _update(notice: NoticeItem, state: str, *, at: datetime, why: str | None, only_if: Condition) -> None:
    why_said = NoticeItem.why.set(why) if why else NoticeItem.why.remove()
    try:
        notice.update([NoticeItem.state.set(state), NoticeItem.at.set(at), why_said], condition=only_if)
    except UpdateError as error:
        if error.cause_response_code != _REFUSED:
            raise
