"""The company's systems are told of a closing account: an event that isn't taken is no event that was told."""

from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.closure import telling
from tests.examples import LAN, fresh


class Bus:
    """EventBridge, which answers 200 for a call whose event it refuses."""

    def __init__(self, *, refuses: str = "") -> None:
        self.refuses = refuses
        self.told: list[Any] = []

    def put_events(self, *, Entries: list[Any]) -> dict[str, Any]:  # noqa: N803
        self.told += Entries
        if self.refuses:
            return {"FailedEntryCount": 1, "Entries": [{"ErrorCode": self.refuses}]}
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Bus:
    made = Bus()
    monkeypatch.setattr(telling, "_events", lambda: made)
    monkeypatch.setattr(telling, "settings", lambda: SimpleNamespace(event_bus="default"))
    return made


def test_an_event_that_the_bus_refuses_inside_a_call_that_it_took_is_told_again(bus: Bus) -> None:
    bus.refuses = "ThrottlingException"
    with pytest.raises(telling.EventRefused, match="ThrottlingException"):
        telling.tell_systems("AccountClosing", fresh(account=LAN))
    assert len(bus.told) == 1


def test_of_a_ticket_without_an_account_there_is_nothing_to_tell(bus: Bus) -> None:
    telling.tell_systems("AccountClosed", fresh())
    assert bus.told == []
