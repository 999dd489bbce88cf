"""Proof by facts, as agents record it: four eyes, and only the names of what matched."""

from typing import Annotated

from msgspec import Meta

from chalicelib import clock
from chalicelib.accounts import store as accounts
from chalicelib.accounts.account import Account
from chalicelib.answers import Answer
from chalicelib.calls import AGENT, Call, Calls
from chalicelib.language import N_
from chalicelib.problems import ChangedMeanwhile, ClosureAlreadyOpen, NotNow, NotProved, OwnAccount
from chalicelib.proof import facts
from chalicelib.reading import WrongField, WrongFields, matching
from chalicelib.settings import settings
from chalicelib.tickets import deciding, desk_api, moves, opening, store
from chalicelib.tickets.api import IDS
from chalicelib.tickets.deciding import Deciding
from chalicelib.tickets.desk_api import Seen
from chalicelib.tickets.ticket import FactsRecord, Ticket
from chalicelib.tickets.views import DeskTicketView

calls = Calls(__name__)
NOT_COMPARABLE = N_("The account has nothing to compare this with: {names}.")
NAME = Annotated[str, matching(r"[a-z0-9_]{1,64}")]


class Facts(Seen, frozen=True, kw_only=True):
    """`matched`: the names of the facts that matched the account, as the agent compared them."""

    matched: Annotated[list[NAME], Meta(max_length=50)]


@calls.post(
    "/desk/tickets/{id}/facts", who=AGENT, takes=Facts, answers={200: DeskTicketView},
    says="Record which facts matched; with a second agent's record ownership is proved", ids=IDS,
    refuses=(ChangedMeanwhile, NotNow, NotProved, OwnAccount, ClosureAlreadyOpen),
)  # fmt: skip
def record_facts(call: Call[Facts]) -> Answer:
    """The ticket must be linked to one account. A record that isn't enough is on the timeline and proves nothing."""
    asked = call.given
    number = call.path["id"]
    account = _account_of(store.find(number))
    _refuse_what_is_not_there(account, asked.matched)
    is_enough = facts.is_enough(
        frozenset(asked.matched), private=settings().private_facts, is_company=bool(account.fields.company)
    )
    who = Deciding(sub=call.person.sub, account_id=call.person.account_id, expected_version=asked.expected_version)
    ticket, at = deciding.seen(number, who), clock.now()
    record = FactsRecord(agent=who.sub, at=at, matched=tuple(sorted(set(asked.matched))))
    moved = moves.facts_recorded(ticket, record=record, is_enough=is_enough)
    if facts.are_four_eyes(moved.ticket.facts):
        opening.prove(ticket, ticket.claims[0], way="facts", by=who.by, at=at, before=moved)
    else:
        deciding.apply(ticket, moved)
    return desk_api.as_now(call, number)


def _account_of(ticket: Ticket) -> Account:
    """The one account that the ticket is linked to, still of that generation; `NotProved` without one."""
    if len(ticket.claims) != 1:
        raise NotProved()
    account = accounts.find(ticket.claims[0].account_id)
    if account.generation != ticket.claims[0].generation:
        raise NotProved()
    return account


def _refuse_what_is_not_there(account: Account, matched: list[str]) -> None:
    said = account.fields
    own = {"email": said.email, "name": said.name, "phone": said.phone, "company": said.company,
           "tax_code": said.tax_code}  # fmt: skip
    unknown = set(matched) - facts.may_be_matched(own, said.attributes)
    if unknown:
        names = {"names": ", ".join(sorted(unknown))}
        raise WrongFields(WrongField(name="matched", sentence=NOT_COMPARABLE, facts=names))
