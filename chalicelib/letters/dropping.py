"""Letters leave quarantine for good: an agent drops them, or their time is over. Needs nothing that reads letters."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from chalicelib import clock
from chalicelib.letters import erasing
from chalicelib.problems import ChangedMeanwhile, NotFound
from chalicelib.tickets import store
from chalicelib.transaction import Together

KEPT_FOR = timedelta(days=14)
GO_BY_THEMSELVES = frozenset({"virus", "loop", "bounce", "automatic", "bulk"})


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
