"""Letters that wait for an agent's look, or go by themselves after a while."""

from msgspec.structs import replace

from chalicelib.letters.arrival import Arrival, Opened, mark_seen, opened
from chalicelib.letters.dropping import GO_BY_THEMSELVES
from chalicelib.letters.kinds import Verdicts
from chalicelib.problems import NotFound
from chalicelib.tickets import store
from chalicelib.transaction import Together


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
