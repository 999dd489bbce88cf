"""The dry run: what every holder has of an account now. Nothing is erased, and nothing is written down."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context

from chalicelib.closure import holders, running
from chalicelib.closure.ledger import Look
from chalicelib.tickets.ticket import AccountRef

WITHIN_S = 20
"""As long as the door may take, less what it needs itself: API Gateway hangs up after 29 seconds."""
_AT_ONCE = 8


def look_everywhere(account: AccountRef, *, within_s: float = WITHIN_S) -> dict[str, Look]:
    """What each holder has, in the order of erasing. One that can't be asked, or doesn't answer in time: it can't tell,
    with the code of what went wrong. `SettingsWrong` where the list of holders can't be used."""
    if running.has_new_generation(account):
        return dict.fromkeys(holders.names(), Look(found="cannot_tell", detail="registered_again"))
    crowd = ThreadPoolExecutor(max_workers=_AT_ONCE)
    asked = {name: crowd.submit(copy_context().run, _look, name, account) for name in holders.names()}
    wait(asked.values(), timeout=within_s)
    crowd.shutdown(wait=False, cancel_futures=True)
    return dict(_answers(asked))


def _answers(asked: dict[str, Future[Look]]) -> Iterator[tuple[str, Look]]:
    for name, answer in asked.items():
        is_told = answer.done() and not answer.cancelled()
        yield name, answer.result() if is_told else Look(found="cannot_tell", detail="not_in_time")


def _look(name: str, account: AccountRef) -> Look:
    try:
        return running.ask_to_look(name, account)
    except running.HolderFailed as failed:
        return Look(found="cannot_tell", detail=str(failed).removeprefix(f"{name}: "))
