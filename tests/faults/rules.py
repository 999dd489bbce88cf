"""The rules of PRODUCT.md, held against what is there once all is quiet: each broken one is a sentence.

One checker for all that is played here: races, disorder, faults at every call, restarts. What only a story knows (how
it must end, and what its reader must have been told) is held beside the rules, by `broken_in`.
"""

import itertools
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from chalicelib.accounts import store as accounts
from chalicelib.accounts.account import Account
from chalicelib.closure.verify_receipt import GENUINE, verdict
from chalicelib.notices.which import notices_of
from chalicelib.tickets import store
from chalicelib.tickets.changes import What, is_unbroken
from chalicelib.tickets.store import guards
from chalicelib.tickets.store.notices import SETTLED
from chalicelib.tickets.ticket import AccountRef, Ticket
from infra.local.clients import client
from tests.stories.people import Answer, Json

WHOLE = {"orders": 3, "files": 3}
NONE = {"orders": 0, "files": 0}
PAUSING = ("held", "stopped", "withdrawn", "rejected", "merged", "blocked", "corrected")
ONCE: tuple[What, ...] = ("opened", "proved", "closed")
"""Closed, too: in what is played here nothing reappears."""
AGAIN = "rule 5: a mail came again"
"""Where SES's answer is lost that may be: whoever plays such a fault excuses it."""
GIVEN_UP = "rule 7: an event was given up"
Mails = defaultdict[str, list[Json]]
"""By the number in their subject, in order."""


class AnyDesk(Protocol):
    """What the rules ask of a desk, wherever it lives. Its tables are read from here."""

    def call(self, method: str, path: str, body: Any = None, *, token: str) -> Answer: ...
    def token(self, **claims: Any) -> str: ...
    def holdings(self, account_id: str) -> dict[str, int]: ...


@dataclass(frozen=True, kw_only=True)
class Promised:
    """What must come of a story: how its ticket ends, and which notices lie in its reader's mailbox, in order."""

    number: str
    account: AccountRef | None
    address: str
    ends: str
    kinds: tuple[str, ...]


def by_number(mails: list[Json]) -> Mails:
    found: Mails = defaultdict(list)
    for mail in mails:
        found[str(mail["subject"])[1:].partition("]")[0]].append(mail)
    return found


def broken_now(desk: AnyDesk, account: AccountRef, files: list[store.File]) -> list[str]:
    """What of the rules doesn't hold while mails and erasing are still to come."""
    mine = [each for each in files if account in _references(each.ticket)]
    return [
        *_gone_if_closed(desk, account, mine),
        *_one_closure(account, mine),
        *(why for file in mine if _began(file) for why in _may_erase(file)),
        *(f"{file.ticket.number}: {each}" for file in files for each in _timeline(file)),
    ]


def broken(desk: AnyDesk, account: AccountRef | None, numbers: Iterable[str], mails: Mails) -> list[str]:
    """What of the rules doesn't hold for this account and its tickets (of this generation or a later one)."""
    files = [store.file_of(each) for each in dict.fromkeys(numbers)]
    mine = [each for each in files if account and account in _references(each.ticket)]
    return [
        *(_of_the_account(desk, account, mine) if account else ()),
        *(
            f"{file.ticket.number}: {each}"
            for file in files
            for each in _of_a_ticket(desk, file, mails[file.ticket.number])
        ),
    ]


def broken_in(
    desk: AnyDesk, story: Promised, outbox: list[Json], *, fates: tuple[str, ...] = ("delivered",)
) -> list[str]:
    """What of the rules, and of what the story promises, doesn't hold. `fates` is what may have become of a mail."""
    mails = by_number(outbox)
    theirs = [each for each in outbox if story.address in each["to"]]
    return [
        *(
            f"{story.number}: {each}"
            for each in (*_ends(desk, story), *_reads(story, mails[story.number], theirs, fates))
        ),
        *broken(desk, story.account, [story.number], mails),
    ]


def given_up() -> list[str]:
    """Rule 7: events that no function took, since this was last asked. Places in a stream aren't among them: two
    senders of one ticket's notices who meet try again at once, and what is unsent then is the sweep's (that the notices
    went out is held elsewhere)."""
    sqs, found = client("sqs"), list[str]()
    for url in sqs.list_queues().get("QueueUrls", []):
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            found += [each["Body"] for each in messages]
            for each in messages:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
    return [f"{GIVEN_UP}: {each}" for each in found if "DDBStreamBatchInfo" not in json.loads(each)]


# ── a story ──────────────────────────────────────────────────────────────────────────────────────────────────


def _ends(desk: AnyDesk, story: Promised) -> Iterator[str]:
    ticket = store.find(story.number)
    if ticket.status != story.ends:
        yield f"ends as {ticket.status} ({ticket.cause}), not {story.ends}"
    if story.account:
        token = desk.token(sub="crm", scope="accounts:write")
        there = desk.call("GET", f"/accounts/{story.account.account_id}", token=token)
        if not (there.status == 404 if story.ends == "closed" else there.body.get("status") == "active"):
            yield f"is to be {story.ends}, and asked for the account the desk says {there.status} {there.body}"


def _reads(story: Promised, mails: list[Json], theirs: list[Json], fates: tuple[str, ...]) -> Iterator[str]:
    """Rule 5: as the ticket says, and as the mailbox has it; a mail that came again follows its first."""
    told = [(str(each.kind), str(each.state)) for each in store.file_of(story.number).notices]
    if [kind for kind, _ in told] != list(story.kinds) or not all(state in fates for _, state in told):
        yield f"notices {told}, not {story.kinds}"
    subjects = [subject for subject, _ in itertools.groupby(mail["subject"] for mail in mails)]
    if len(subjects) != len(story.kinds):
        yield f"mails {subjects}"
    if theirs != mails:
        yield f"rule 5: {len(mails)} mails of the ticket, {len(theirs)} to its reader"


# ── an account ───────────────────────────────────────────────────────────────────────────────────────────────


def _references(ticket: Ticket) -> tuple[AccountRef, ...]:
    return (*ticket.claims, *((ticket.account,) if ticket.account else ()))


def _began(file: store.File) -> bool:
    return any(each.what == "closing" for each in file.changes)


def _is_at_work(file: store.File) -> bool:
    return file.ticket.status in ("closing", "needs_attention")


def _is_closed(files: list[store.File]) -> bool:
    return any(file.ticket.status == "closed" for file in files)


def _there(account: AccountRef) -> Account | None:
    """Its record; None also where the id is another generation's by now."""
    found = accounts.look_for(account.account_id)
    return found if found and found.generation == account.generation else None


def _gone_if_closed(desk: AnyDesk, account: AccountRef, files: list[store.File]) -> Iterator[str]:
    if _is_closed(files):
        held, there = desk.holdings(account.account_id), _there(account)
        if there or held != NONE:
            yield f"rule 1: {account.account_id}: closed, and there are {held}, the account record: {there}"


def _of_the_account(desk: AnyDesk, account: AccountRef, files: list[store.File]) -> Iterator[str]:
    yield from _gone_if_closed(desk, account, files)
    yield from _one_closure(account, files)
    held, there = desk.holdings(account.account_id), _there(account)
    erasing = [file for file in files if _began(file)]
    if not _is_closed(files) and not any(map(_is_at_work, erasing)) and (not there or held != WHOLE):
        yield f"rule 2: {account.account_id}: erased without a closure: {held}, the account record: {there}"
    if len(erasing) > 1:
        yield f"rule 4: {len(erasing)} closures erased one account"
    if there and there.status == "closing" and not any(map(_is_at_work, files)):
        yield "the account is frozen, and nobody erases it"
    for file in erasing:
        yield from _may_erase(file)


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


# ── a ticket ─────────────────────────────────────────────────────────────────────────────────────────────────


def _of_a_ticket(desk: AnyDesk, file: store.File, mails: list[Json]) -> Iterator[str]:
    yield from _timeline(file)
    yield from _told(file)
    yield from sent_once(file, mails)
    yield from _shown(desk, file)
    own = {"asker"} if file.ticket.way_in == "mail" else set[str]()  # whoever wrote is answered until the papers go
    if file.ticket.status == "closed" and (left := set(file.contacts) - own):
        yield f"rule 6: a sealed address outlived the closing notice: {sorted(left)}"


def _timeline(file: store.File) -> Iterator[str]:
    """Rule 9: every change, numbered and chained."""
    ticket, changes = file.ticket, file.changes
    if not is_unbroken(changes) or len(changes) != ticket.version or changes[-1].hash != ticket.head:
        yield f"rule 9: its timeline is broken: {len(changes)} changes, version {ticket.version}"
    follow = all(later.was == sooner.now for sooner, later in itertools.pairwise(changes))
    if changes[-1].now != ticket.status or not follow:
        yield f"rule 9: its timeline tells {[each.now for each in changes]}, it is {ticket.status}"
    whats = [each.what for each in changes]
    yield from (f"rule 9: twice in the timeline: {what}" for what in ONCE if whats.count(what) > 1)


def _told(file: store.File) -> Iterator[str]:
    """Rule 5: each notice that the timeline asks for is settled, and there is no other."""
    asked = [each.key for each in notices_of(file.changes)]
    states = {each.sk: each.state for each in file.notices}
    for key in asked:
        if states.get(key) not in SETTLED:
            yield f"rule 5: {key} is {states.get(key, 'not there')}"
    for key in states:
        if not any(key == each or key.startswith(f"{each}#") for each in asked):
            yield f"rule 5: {key} was asked for by no change"


def sent_once(file: store.File, mails: list[Json]) -> Iterator[str]:
    """Rule 5: each notice was sent once, in order, and answers find their ticket by it. A mail that no notice knows
    can only be the next one's first try, whose answer was lost."""
    asked = [each.key for each in notices_of(file.changes)]
    known = {str(each.ses_id): each.sk for each in file.notices if each.ses_id}
    sent = [str(each["id"]) for each in mails]
    for mail, after in itertools.zip_longest(mails, mails[1:]):
        if (mail["id"] in known) != bool(guards.sent(mail["id"])):
            yield f"rule 5: {mail['subject']}: written down beside the ticket, or for answers to it, but not both"
        if mail["id"] not in known:
            is_next = after and (mail["subject"], mail["to"]) == (after["subject"], after["to"])
            yield f"{AGAIN if is_next else 'rule 5: no notice knows the mail'}: {mail['subject']}"
    yield from (
        f"rule 5: {key} was sent, they say, and not once" for ses_id, key in known.items() if sent.count(ses_id) != 1
    )
    places = [asked.index(known[each]) for each in sent if known.get(each) in asked]
    if places != sorted(places):
        yield f"rule 5: notices went out of order: {[asked[each] for each in places]}"


def _shown(desk: AnyDesk, file: store.File) -> Iterator[str]:
    """What agents see is what is so; and there is a receipt, a genuine one, of what is closed, and of nothing else."""
    ticket, path = file.ticket, f"/desk/tickets/{file.ticket.number}"
    token = desk.token(sub="an", groups=["desk-agent"])
    said = desk.call("GET", path, token=token).body
    shown = (said.get("status"), said.get("version"), [(one["kind"], one["state"]) for one in said.get("notices", [])])
    if shown != (ticket.status, ticket.version, [(each.kind, each.state) for each in file.notices]):
        yield f"the desk shows {shown}, it is {ticket.status} at version {ticket.version}"
    receipt = desk.call("GET", f"{path}/receipt", token=token)
    if (receipt.status == 200) != (ticket.status == "closed"):
        yield f"the ticket is {ticket.status}, its receipt {receipt.status}"
    if receipt.status == 200 and verdict(receipt.raw, desk.call("GET", "/receipt-keys", token="").raw).exits != GENUINE:
        yield "its receipt isn't genuine"
