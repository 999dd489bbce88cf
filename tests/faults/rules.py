"""The rules of PRODUCT.md, held against what is there once all is quiet: each broken one is a sentence."""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from chalicelib.accounts import store as accounts
from chalicelib.notices.which import notices_of
from chalicelib.tickets import store
from chalicelib.tickets.changes import Change, is_unbroken
from chalicelib.tickets.store import guards
from chalicelib.tickets.store.notices import SETTLED
from chalicelib.tickets.ticket import AccountRef, Ticket
from infra.local.seeds import counts_in_holders
from tests.faults.world import World
from tests.stories.people import Json

WHOLE = {"orders": 3, "files": 3}
NONE = {"orders": 0, "files": 0}
PAUSING = ("held", "stopped", "withdrawn", "rejected", "merged", "blocked", "corrected")


@dataclass(frozen=True, kw_only=True)
class Outbox:
    """Every mail sent, by the number in its subject, in order."""

    by_number: dict[str, list[Json]]

    @classmethod
    def of(cls, world: World) -> "Outbox":
        found: dict[str, list[Json]] = defaultdict(list)
        for mail in world.cloud.outbox():
            found[str(mail["subject"])[1:].partition("]")[0]].append(mail)
        return cls(by_number=found)


def broken_now(account: AccountRef, files: list[store.File]) -> list[str]:
    """What of the rules doesn't hold while mails and erasing are still to come."""
    mine = [each for each in files if account in _references(each.ticket)]
    return [
        *_one_closure(account, mine),
        *(why for file in mine if any(each.what == "closing" for each in file.changes) for why in _may_erase(file)),
        *(f"{file.ticket.number}: {each}" for file in files for each in _timeline(file)),
    ]


def broken(account: AccountRef, numbers: Iterable[str], outbox: Outbox, *, had_data: bool = True) -> list[str]:
    """What of the rules doesn't hold for this account and its tickets (of this generation or a later one)."""
    files = [store.file_of(each) for each in dict.fromkeys(numbers)]
    mine = [each for each in files if account in _references(each.ticket)]
    return [
        *_of_the_account(account, mine, had_data=had_data),
        *_one_closure(account, mine),
        *(f"{file.ticket.number}: {each}" for file in files for each in _of_a_ticket(file, outbox)),
    ]


def _references(ticket: Ticket) -> tuple[AccountRef, ...]:
    return (*ticket.claims, *((ticket.account,) if ticket.account else ()))


def _of_the_account(account: AccountRef, files: list[store.File], *, had_data: bool) -> Iterator[str]:
    found = accounts.look_for(account.account_id)
    is_there = found is not None and found.generation == account.generation
    held = counts_in_holders(account.account_id)
    erasing = [file for file in files if any(each.now == "closing" for each in file.changes)]
    closed = [file for file in files if file.ticket.status == "closed"]
    if closed and (is_there or held != NONE):
        yield f"rule 1: closed, and there are {held}, the account record: {is_there}"
    if not erasing and (not is_there or (had_data and held != WHOLE)):
        yield f"rule 2: erased without a closure: {held}, the account record: {is_there}"
    if len(erasing) > 1:
        yield f"rule 4: {len(erasing)} closures erased one account"
    if found and is_there and found.status == "closing" and not any(_is_erasing(each.ticket) for each in files):
        yield "the account is frozen, and nobody erases it"
    for file in erasing:
        yield from _may_erase(file)


def _is_erasing(ticket: Ticket) -> bool:
    return ticket.status in ("closing", "needs_attention")


def _may_erase(file: store.File) -> Iterator[str]:
    """Rule 2: proof, word, approval and time were there when erasing began, and nobody had said stop since."""
    ticket, changes = file.ticket, file.changes
    began = next(each for each in changes if each.what == "closing")
    before = changes[: began.nth - 1]
    decided = [each for each in before if each.what in ("scheduled", "expedited")]
    if not (ticket.proof and ticket.word_at and ticket.approved_by and decided):
        yield "rule 2: erased without proof, word or approval"
        return
    if began.at.isoformat() < str(decided[-1].facts["closes_at"]):
        yield "rule 2: erased before its time"
    approved = max(each.nth for each in before if each.what == "scheduled")
    stops = [each.what for each in before if each.nth > approved and each.what in PAUSING]
    if stops:
        yield f"rule 2: erased after {stops}"


def _one_closure(account: AccountRef, files: list[store.File]) -> Iterator[str]:
    closures = [file.ticket for file in files if file.ticket.kind == "closure" and file.ticket.is_live]
    proved = [each for each in closures if each.proof and each.account == account]
    if len(proved) > 1:
        yield f"rule 4: {len(proved)} proved closures live"
    holder = guards.holder_of_closure(account)
    for ticket in proved:
        if holder != ticket.number:
            yield f"rule 4: {ticket.number} lives without its guard ({holder})"
    if holder and not any(file.ticket.number == holder and file.ticket.is_live for file in files):
        yield f"rule 4: the guard belongs to {holder}, which has ended: nobody can ask again"


def _of_a_ticket(file: store.File, outbox: Outbox) -> Iterator[str]:
    yield from _timeline(file)
    yield from _told(file, outbox)
    if file.ticket.status == "closed" and file.contacts:
        yield f"rule 6: a sealed address outlived the closing notice: {list(file.contacts)}"


def _timeline(file: store.File) -> Iterator[str]:
    ticket, changes = file.ticket, file.changes
    if not is_unbroken(changes) or len(changes) != ticket.version or changes[-1].hash != ticket.head:
        yield f"rule 9: its timeline is broken: {len(changes)} changes, version {ticket.version}"
    if changes[-1].now != ticket.status or not _follow(changes):
        yield f"rule 9: its timeline tells {[each.now for each in changes]}, it is {ticket.status}"


def _follow(changes: list[Change]) -> bool:
    return all(later.was == sooner.now for sooner, later in itertools.pairwise(changes))


def _told(file: store.File, outbox: Outbox) -> Iterator[str]:
    """Rule 5: each notice that the timeline asks for once, and in order."""
    asked = [each.key for each in notices_of(file.changes)]
    states = {each.sk: each for each in file.notices}
    for key in asked:
        if key not in states or states[key].state not in SETTLED:
            yield f"rule 5: {key} is {states[key].state if key in states else 'not there'}"
    for key in states:
        if not any(key == each or key.startswith(f"{each}#") for each in asked):
            yield f"rule 5: {key} was asked for by no change"
    mails = [str(each["id"]) for each in outbox.by_number.get(file.ticket.number, [])]
    known = {str(each.ses_id): key for key, each in states.items() if each.ses_id}
    if sorted(mails) != sorted(known):
        yield f"rule 5: {len(mails)} mails were sent, {len(known)} are known"
    order = [known[each] for each in mails if each in known]
    places = [asked.index(key) for key in order if key in asked]
    if places != sorted(places):
        yield f"rule 5: notices went out of order: {[asked[each] for each in places]}"
