"""Letters that wait for an agent's look, or go by themselves after a while."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from chalicelib import clock
from chalicelib.letters import erasing
from chalicelib.letters.arrival import Arrival, Opened, mark_seen, opened
from chalicelib.letters.kinds import Verdicts
from chalicelib.problems import ChangedMeanwhile, NotFound
from chalicelib.tickets import store
from chalicelib.transaction import Together

KEPT_FOR = timedelta(days=14)
GO_BY_THEMSELVES = frozenset({"virus", "loop", "bounce", "automatic", "bulk"})


def put(read: Opened, cause: str, *, number: str | None = None) -> None:
    """Lays the letter in quarantine, with its cause; agents see it beside the ticket it meant, too. `SeenBefore`."""
    together = Together()
    mark_seen(together, read, None)
    goes = cause in GO_BY_THEMSELVES
    store.letters.in_quarantine(together, read.record(cause), ticket=number, goes=goes)
    if number:
        store.letters.beside_ticket(together, number, read.record(cause))
    store.commit(together)


def released(letter_id: str) -> Opened:
    """The letter, read again, for its place to be found: an agent says that it is a person's. `NotFound` once its raw
    bytes are gone."""
    item = store.letters.find_quarantined(letter_id)
    said = item.data.get("verdicts", {})
    arrival = Arrival(
        ses_id=letter_id, key=item.key, at=item.at, verdicts=Verdicts(**said), source=None,
        recipients=tuple(item.data.get("recipients", ())),
    )  # fmt: skip
    try:
        return replace(opened(arrival), quarantined=item)
    except Exception as error:
        if getattr(error, "response", {}).get("Error", {}).get("Code") == "NoSuchKey":
            raise NotFound() from None
        raise


def drop(letter_id: str) -> None:
    """The letter's record goes, also from beside the ticket it meant, and then all that lies of it in the bucket. In
    this order: an agent who releases it at the same instant must find it whole. A crash in between leaves its bytes to
    the bucket's lifecycle."""
    item = store.letters.find_quarantined(letter_id)
    together = Together()
    store.letters.out_of_quarantine(together, item)
    if item.data.get("ticket"):
        store.letters.no_longer_beside(together, item.data["ticket"], letter_id)
    store.commit(together)
    erasing.erase(letter_id, item.key)


def drop_old(*, enough: Callable[[], bool]) -> int:
    """Drops what goes by itself after 14 days, the oldest first, until it is `enough`; the rest waits for an agent.
    How many went."""
    before = clock.now() - KEPT_FOR
    dropped = 0
    for item in store.letters.going_before(before):
        if enough():
            break
        with suppress(NotFound, ChangedMeanwhile):  # an agent was faster
            drop(item.data["id"])
            dropped += 1
    return dropped
