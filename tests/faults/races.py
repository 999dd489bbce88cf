"""`python -m tests.faults.races`: every pair of acts that can meet in a status, interleaved at every call to AWS.

The first act is paused before each of its calls in turn, the second is done whole, the first goes on. What a call
doesn't touch can't make a difference: a pause before it and one after it are one interleaving. Each is played from
the same moment, and what came of it is held against the rules at once. Of those that came to the same end, one is
played again with an account of its own: streams, workflow and sweeps do what is left, days pass, and all rules of
PRODUCT.md are held against what is there. Prints what was played, and each rule that was broken; ends with 1 if there
is one. Names of statuses play only those. Against another DynamoDB than moto's:
`python -m infra.second_dynamodb -- python -m tests.faults.races`.
"""

import logging
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import get_args

from chalicelib.accounts import store as accounts
from chalicelib.tickets import store
from chalicelib.tickets.store import guards
from chalicelib.tickets.ticket import MAY_WITHDRAW
from infra.local.seeds import counts_in_holders
from tests.faults import rules
from tests.faults.acts import ACTS, ONLY_HERE, Case, Outcome, Status
from tests.faults.cases import case_in
from tests.faults.pausing import Paused, noted
from tests.faults.world import World

STATUSES: tuple[Status, ...] = get_args(Status)
A_WORLD = 150
"""So many closures share a local cloud while time passes: with more, its tables grow slow."""
End = tuple[object, ...]


@dataclass(frozen=True, kw_only=True)
class Pair:
    status: Status
    first: str
    second: str


@dataclass(frozen=True, kw_only=True)
class Played:
    """One interleaving: `before` which of its calls the first act was paused."""

    pair: Pair
    before: int
    case: Case
    outcomes: tuple[Outcome, Outcome]
    next_before: int | None
    """Before which of its calls the next pause could make a difference."""

    def __str__(self) -> str:
        told = "; ".join(f"{each.act}: {each.told}" for each in self.outcomes)
        return f"{self.pair.status}, before call {self.before + 1} of the first ({told})"


@dataclass(kw_only=True)
class Result:
    pairs: int = 0
    interleavings: int = 0
    ends: int = 0
    broken: list[str] = field(default_factory=list)

    def add(self, other: "Result") -> None:
        self.pairs += other.pairs
        self.interleavings += other.interleavings
        self.ends += other.ends
        self.broken += other.broken

    def figures(self) -> str:
        return (
            f"{self.pairs} pairs, {self.interleavings} interleavings, {self.ends} different ends,"
            f" {len(self.broken)} broken"
        )


def pairs(statuses: tuple[Status, ...] = STATUSES) -> list[Pair]:
    return [
        Pair(status=status, first=first, second=second)
        for status in statuses
        for first, (firsts, _) in ACTS.items()
        for second, (seconds, _) in ACTS.items()
        if status in firsts and status in seconds and {first, second} & ONLY_HERE.get(status, {first})
    ]


def play(chosen: list[Pair]) -> Result:
    """Plays these pairs, and lets time pass over every end that they came to."""
    result, ends = Result(pairs=len(chosen)), dict[End, Played]()
    with World() as world, world.streams_stand_still(for_good=True):
        for status in STATUSES:
            mine = [each for each in chosen if each.status == status]
            for played in _explored(world, mine):
                result.interleavings += 1
                files = [store.file_of(each) for each in _numbers(played.case)]
                result.broken += [f"{played}: {why}" for why in _wrong_at_once(world, played, files)]
                ends.setdefault(_end_of(played, files), played)
    result.ends = len(ends)
    different = list(ends.values())
    for start in range(0, len(different), A_WORLD):
        result.broken += _after_days(different[start : start + A_WORLD])
    return result


# ── playing ──────────────────────────────────────────────────────────────────────────────────────────────────


def _explored(world: World, chosen: list[Pair]) -> Iterator[Played]:
    if not chosen:
        return
    nothing = world.moment()
    case = case_in(world, chosen[0].status)
    back = world.moment()
    for pair in chosen:
        before: int | None = 0
        while before is not None:
            played = _interleaved(world, case, pair, before)
            if played:
                yield played
            before = played.next_before if played else None
            back()
    nothing()


def _interleaved(world: World, case: Case, pair: Pair, before: int) -> Played | None:
    """None if the first act doesn't make so many calls."""
    first = ACTS[pair.first][1](world, case, "first")
    second = ACTS[pair.second][1](world, case, "second")
    paused = Paused(first, before=before)
    if not paused.is_waiting:
        paused.goes_on()
        return None
    with noted() as calls:
        done = second()
    outcomes = (paused.goes_on(), done)
    met = (nth for nth, each in enumerate(paused.calls) if nth >= before and each.meets(calls))
    next_before = next((nth + 1 for nth in met), None)
    return Played(pair=pair, before=before, case=case, outcomes=outcomes, next_before=next_before)


def _after_days(different: list[Played]) -> list[str]:
    """Plays each once more with an account of its own; then everything flows, and days pass."""
    with World() as world:
        again: list[Played] = []
        with world.streams_stand_still():
            for each in different:
                case = case_in(world, each.pair.status)
                played = _interleaved(world, case, each.pair, each.before)
                assert played, each
                again.append(played)
        world.advance("P9D")
        for each in again:
            _retried(world, each.case)
        world.settle()
        mails = rules.by_number(world.cloud.outbox())
        found = [f"{each}: {why}" for each in again for why in _wrong_at_last(world, each, mails)]
        found += rules.given_up()
        return found + [f"a policy lacks something: {each}" for each in world.cloud.permissions.refused]


def _retried(world: World, case: Case) -> None:
    """What a step gave up, or the sweep found stuck, an agent has go on."""
    ticket = store.find(case.number)
    if ticket.status == "needs_attention":
        path, body = f"/desk/tickets/{case.number}/retry", {"expected_version": ticket.version}
        assert world.call("POST", path, body, token=world.agent("an")).status == 200


# ── what came of it ──────────────────────────────────────────────────────────────────────────────────────────


def _numbers(case: Case) -> list[str]:
    found = store.of(case.account.account_id, limit=20)[0]
    waiting = guards.waiting(case.account)
    return list(dict.fromkeys([case.number, *(each.number for each in found), *([waiting] if waiting else [])]))


def _end_of(played: Played, files: list[store.File]) -> End:
    """All that what comes later depends on, without times, ids, and who of two agents did what."""
    case = played.case
    account = accounts.look_for(case.account.account_id)
    record = account and (account.status, account.generation == case.account.generation, account.address[:4])
    holder, waiting = guards.holder_of_closure(case.account), guards.waiting(case.account)
    numbers = [each.ticket.number for each in files]
    kept = (_place(holder, numbers), _place(waiting, numbers), guards.is_held(case.account))
    erases = case.status in ("closing", "looked")
    holdings = tuple(counts_in_holders(case.account.account_id).values()) if erases else ()
    return (case.status, record, kept, holdings, *map(_file_end, files))


def _place(number: str | None, numbers: Sequence[str]) -> int | None:
    return numbers.index(number) if number in numbers else None


def _file_end(file: store.File) -> End:
    ticket = file.ticket
    code = ticket.code and (ticket.code.nth, ticket.code.tries, ticket.code.used, ticket.code.aim)
    return (
        ticket.status, ticket.run, ticket.held, ticket.stopped, ticket.proof, bool(ticket.word_at), code,
        bool(ticket.expedite_asked_at), len(ticket.claims), ticket.cause,
        tuple((each.what, each.by.partition(":")[0], each.why, each.runs) for each in file.changes),
        tuple(sorted((each.sk, each.state) for each in file.notices)),
        tuple(sorted(each.cause for each in file.letters)), tuple(sorted(file.contacts)),
        tuple(sorted((each["holder"], each["found"], each.get("run") or 0) for each in file.ledger)),
    )  # fmt: skip


def _wrong_at_once(world: World, played: Played, files: list[store.File]) -> Iterator[str]:
    yield from (each.wrong for each in played.outcomes if each.wrong)
    yield from _lost(played, files[0])
    yield from rules.broken_now(world, played.case.account, files)
    if not {played.pair.first, played.pair.second} & CLOCK_AHEAD:
        mails = rules.by_number(world.cloud.outbox())
        yield from (why for file in files for why in rules.sent_once(file, mails[file.ticket.number]))


def _wrong_at_last(world: World, played: Played, mails: rules.Mails) -> Iterator[str]:
    yield from (each.wrong for each in played.outcomes if each.wrong)
    yield from rules.broken(world, played.case.account, _numbers(played.case), mails)
    ticket = store.find(played.case.number)
    if ticket.status in ("closing", "needs_attention", "scheduled"):
        yield f"it is still {ticket.status} ({ticket.cause}) after all that time"
    if ticket.status == "awaiting_proof" and not ticket.is_undeliverable:
        yield "it still waits for proof"


CLOCK_AHEAD = {"sweep-late", "sweep-reminds"}
"""By such a sweep's clock the other's claim on a notice is days old: it sends what the other is about to send."""
ONCE = ("withdrawn", "proved")
"""What may be answered with success twice, and is done once."""


def _lost(played: Played, file: store.File) -> Iterator[str]:
    """Each answered success stands in the timeline, as often as it was answered; what was refused left nothing."""
    changes = file.changes[played.case.ticket.version :]
    timeline = Counter[tuple[str, str]]((each.what, each.by) for each in changes)
    done = Counter((each.what, each.by) for each in played.outcomes if each.done and each.what)
    asked = {(each.what, each.by) for each in played.outcomes if each.what}
    for key in asked:
        if key[0] in ONCE:
            is_so = any(change.what == key[0] for change in changes) if done[key] else not timeline[key]
        else:
            is_so = timeline[key] == done[key]
        if not is_so:
            yield f"{key[0]} by {key[1]}: {done[key]} answered with success, {timeline[key]} in the timeline"
    for each in played.outcomes:
        if each.act in STOPPING:
            yield from _not_stopped(played, each, {change.what for change in changes}, [each.now for each in changes])


STOPPING = ("letter-stop", "letter-not-me", "letter-withdraw")


def _not_stopped(played: Played, letter: Outcome, whats: set[str], nows: list[str]) -> Iterator[str]:
    """Rule 10: a letter that says stop does, unless erasing had begun or the ticket had ended."""
    was_over = played.case.status in ("closing", "looked") or any(each not in MAY_WITHDRAW for each in nows)
    if letter.done and not whats & {"stopped", "withdrawn"}:
        yield f"rule 10: {letter.act} is kept as a stop, and stopped nothing"
    if not letter.done and not was_over:
        yield f"rule 10: {letter.act} stopped nothing"


def figures(statuses: Iterable[Status]) -> Result:
    result = Result()
    for status in statuses:
        one = play(pairs((status,)))
        print(f"{status}: {one.figures()}", flush=True)
        for each in one.broken:
            print(f"  {each}", flush=True)
        result.add(one)
    return result


def main(arguments: list[str]) -> int:
    logging.disable(logging.CRITICAL)  # what fails in a race is tried again, and told of here
    result = figures([each for each in STATUSES if each in arguments or not arguments])
    print(result.figures())
    return 1 if result.broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
