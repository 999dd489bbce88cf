"""`/desk/figures`: how the desk is doing, from counts and from as many tickets as cost little to read."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from chalice.app import Response
from msgspec import Struct

from chalicelib import clock
from chalicelib.calls import AGENT
from chalicelib.language import N_, Language, say
from chalicelib.pages import desk_words
from chalicelib.pages.desk_frame import show_desk
from chalicelib.pages.visits import Pages, Visit
from chalicelib.settings import settings
from chalicelib.tickets import store
from chalicelib.tickets.ticket import OPEN, Ticket

pages = Pages(__name__)

WEEKS: Final = 8
_OPEN_READ: Final = 200
_ENDED_READ: Final = 400
_MAILS_OF: Final = 40
_AGES: Final = (
    (timedelta(days=1), N_("less than a day")),
    (timedelta(days=3), N_("1 to 3 days")),
    (timedelta(days=7), N_("3 to 7 days")),
    (timedelta(days=14), N_("1 to 2 weeks")),
    (timedelta(days=30), N_("2 weeks to 30 days")),
    (timedelta.max, N_("more than 30 days")),
)


class Bar(Struct, frozen=True, kw_only=True):
    """One bar of a chart: what it stands for, how many, and the colour's class."""

    label: str
    count: int
    kind: str = ""


@pages.get("/desk/figures", who=AGENT)
def show_figures(visit: Visit) -> Response:
    now, language = clock.now(), visit.language
    opened, more_open = store.queue(OPEN, limit=_OPEN_READ)
    ended, more_ended = store.ended(None, limit=_ENDED_READ, now=now, oldest=now - timedelta(weeks=WEEKS))
    recent = [each for each in ended if _week(each.ended_at or now) > _week(now) - timedelta(weeks=WEEKS)]
    counts = store.open_counts()
    mails = _mails([*recent, *opened][:_MAILS_OF])
    return show_desk(
        visit, "desk_figures.html",
        by_status=[Bar(label=_status(each, language), count=counts[each], kind=each) for each in OPEN],
        open_count=sum(counts.values()), overdue=sum(each.due_at <= now for each in opened),
        by_age=_by_age(opened, now, language), open_read=len(opened) if more_open else 0,
        on_time=_on_time(recent), ended_count=len(recent), ended_read=len(recent) if more_ended else 0,
        by_week=_by_week(recent, now), closed_count=sum(each.status == "closed" for each in recent),
        by_mail=_by_mail(mails, language), mail_count=sum(mails.values()), delivered=mails["delivered"],
        mails_of=min(_MAILS_OF, len(recent) + len(opened)),
    )  # fmt: skip


def _status(status: str, language: Language) -> str:
    return desk_words.name("status", status, language)


def _by_age(opened: list[Ticket], now: datetime, language: Language) -> list[Bar]:
    found = Counter(next(text for most, text in _AGES if now - each.opened_at < most) for each in opened)
    return [Bar(label=say(language, text), count=found[text]) for _, text in _AGES]


def _on_time(ended: list[Ticket]) -> int | None:
    """Of a hundred ended tickets, how many ended before they were due, cut: never better than it was. None of none."""
    if not ended:
        return None
    return 100 * sum(bool(each.ended_at and each.ended_at <= each.due_at) for each in ended) // len(ended)


def _by_week(ended: list[Ticket], now: datetime) -> list[Bar]:
    """Closed accounts by the Monday of their week, the oldest first."""
    found = Counter(_week(each.ended_at) for each in ended if each.status == "closed" and each.ended_at)
    mondays = [_week(now) - timedelta(weeks=back) for back in range(WEEKS - 1, -1, -1)]
    return [Bar(label=f"{each:%d/%m}", count=found[each], kind="closed") for each in mondays]


def _week(at: datetime) -> date:
    here = at.astimezone(ZoneInfo(settings().time_zone)).date()
    return here - timedelta(days=here.weekday())


def _mails(tickets: Iterable[Ticket]) -> Counter[str]:
    return Counter(state for each in tickets for state in store.notices.states(each.number))


def _by_mail(mails: Counter[str], language: Language) -> list[Bar]:
    return [
        Bar(label=desk_words.name("notice_state", state, language), count=count, kind=state)
        for state, count in mails.most_common()
    ]
