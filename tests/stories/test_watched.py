"""What operators see of the desk from outside: a line for each entrypoint with its ids, and what is counted."""

import json
import logging

import pytest

from tests.stories.letters import CLOSE, stranger
from tests.stories.people import Desk, Json


def counts(desk: Desk) -> dict[tuple[str, str], float]:
    """Each metric that was counted since the last time, with what it was counted by. Where time passes, what goes on in
    older stories is counted with it."""
    desk.settle()
    found: dict[tuple[str, str], float] = {}
    for line in desk.cloud.counted():
        told = json.loads(line)
        (metric,) = told["_aws"]["CloudWatchMetrics"]
        (dimensions,) = metric["Dimensions"]
        name = metric["Metrics"][0]["Name"]
        by = next((told[each] for each in dimensions if each != "Stage"), "")
        assert (metric["Namespace"], told["Stage"]) == ("Signoff", "dev")
        found[name, by] = found.get((name, by), 0) + told[name]
    return found


def test_a_closure_is_counted_from_its_opening_to_its_end(desk: Desk) -> None:
    lan, an = desk.customer(), desk.agent()
    counts(desk)
    number = lan.asks_to_close()
    an.approves(number)
    desk.advance("P7DT1H")
    found = counts(desk)
    assert found["Tickets", "opened"] == 1
    assert found["Tickets", "closed"] >= 1
    assert found["TimeToClose", ""] >= 7 * 86_400 - 60
    assert found["HolderLooks", "nothing"] >= 2 * 3
    assert found["Notices", "sent"] == found["Notices", "delivered"] >= len(lan.mails())


def test_letters_are_counted_by_kind_and_so_is_what_needs_a_person(desk: Desk) -> None:
    counts(desk)
    eve = stranger(desk)
    eve.writes(CLOSE)
    eve.writes(CLOSE, Precedence="bulk")
    found = counts(desk)
    assert (found["Letters", "person"], found["Letters", "bulk"]) == (1, 1)
    lan, an = desk.customer(), desk.agent()
    desk.fault("s3", "DeleteObjects", "before", times=100)
    an.erases_now(lan, number := lan.asks_to_close())
    desk.advance("PT40M")
    assert an.ticket(number)["status"] == "needs_attention"
    found = counts(desk)
    assert found["Tickets", "needs_attention"] >= 1
    assert found["Warnings", "needs_attention"] >= 1


def test_a_change_that_comes_again_from_the_stream_is_counted_when_it_is_done(desk: Desk) -> None:
    lan = desk.customer()
    counts(desk)
    desk.fault("sesv2", "SendEmail", "before", times=2)
    lan.asks_to_close()
    found = counts(desk)
    assert found["Tickets", "opened"] == 1
    assert found["Notices", "waiting"] >= 1


def test_each_entrypoint_logs_a_line_with_its_ids(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "signoff")
    lan, an = desk.customer(), desk.agent()
    number = lan.asks_to_close()
    an.erases_now(lan, number)
    desk.settle()
    letter = stranger(desk).writes(CLOSE)
    desk.advance("PT1H")
    lines: list[Json] = [{"says": each.getMessage(), **vars(each)} for each in caplog.records]
    run = f"{number}-{an.run(number)}"
    of_run = {each["says"] for each in lines if each.get("execution") == run}
    assert of_run >= {"run followed", "account frozen", "holder erased", "holder looked at", "ticket closed"}
    assert {each["ticket"] for each in lines if each.get("execution") == run} == {number}
    asked = [each for each in lines if each["says"] == "answered" and each.get("ticket") == number]
    assert {each["route"] for each in asked} >= {"/desk/tickets/{id}/approve"}
    assert all(each["request"] and each["status"] for each in asked)
    told = {each["says"] for each in lines}
    assert told >= {"changes told", "fate of a mail heard", "swept", "letter taken in"}
    assert [each["letter"] for each in lines if each["says"] == "letter taken in"] == [letter]
