"""What closing an account means, said before the customer gives their own word."""

from datetime import datetime, timedelta

from msgspec import Struct

from chalicelib import clock
from chalicelib.accounts import store as accounts
from chalicelib.closure.ledger import RESIDUALS
from chalicelib.language import Language, say
from chalicelib.settings import settings
from chalicelib.signin import Person
from chalicelib.tickets import checking, deadlines, opening, views
from chalicelib.tickets.ticket import AccountRef
from chalicelib.tickets.views import NamedView


class Consequences(Struct, frozen=True, kw_only=True):
    """`residuals`: what goes by itself, and after how long; `decided_by`: when the law wants it done at the latest."""

    export_url: str
    residuals: tuple[tuple[str, timedelta], ...]
    own_words_for: timedelta
    record_for: timedelta
    keeps_by_law: bool
    cooling_off: timedelta
    is_decided_by_people: bool
    decided_by: datetime


def consequences_of(decided_by: datetime, language: Language) -> Consequences:
    """What a closure brings that must be done by this day."""
    chosen = settings()
    return Consequences(
        export_url=chosen.export_url,
        residuals=tuple((say(language, what), goes_in) for _, what, goes_in in RESIDUALS),
        own_words_for=chosen.keep_after_end,
        record_for=chosen.keep_tombstones,
        keeps_by_law=bool(chosen.kept_by_law),
        cooling_off=chosen.cooling_off,
        is_decided_by_people=chosen.approval == "agent",
        decided_by=decided_by,
    )


def consequences_now(account_id: str, language: Language) -> Consequences:
    """The same, if this account's owner asked now; `NotFound` if the account is gone."""
    regime = opening.regime_of(accounts.find(account_id))
    return consequences_of(deadlines.after(clock.now(), regime.fulfil), language)


def named_now(person: Person, language: Language) -> list[NamedView]:
    """What the company's own check names of the signed-in owner's account now: for nobody else to read, and nothing if
    it doesn't answer within a few seconds."""
    account = accounts.look_for(person.account_id) if checking.is_on() and person.account_id else None
    if not account or not person.is_owner:
        return []
    registered = AccountRef(account_id=account.account_id, generation=account.generation)
    return [views.named_view(each, language) for each in checking.hear_for_a_page(registered)]
