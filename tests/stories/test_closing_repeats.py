"""Everything may be delivered twice: the second time changes nothing, and no mail goes out twice."""

from collections.abc import Callable
from typing import Any

import pytest

from infra.local.faults import Fault
from tests.stories.people import Desk, Json


def records(desk: Desk, number: str, *, only_runs: bool = False) -> Json:
    """The stream's records of this ticket's changes, as Lambda gets them."""
    changes = [item for item in desk.items(number) if item["item"]["S"] == "change"]
    wanted = [item for item in changes if "run" in item or not only_runs]
    return {
        "Records": [
            {
                "eventName": "INSERT",
                "dynamodb": {
                    "Keys": {"pk": item["pk"], "sk": item["sk"]},
                    "NewImage": item,
                    "SequenceNumber": str(nth),
                },
            }
            for nth, item in enumerate(wanted, start=1)
        ]
    }


def steps_again(desk: Desk, number: str) -> None:
    for name in ("check", "freeze", "erase", "look", "close", "trouble"):
        event: dict[str, Any] = {"ticket": number, "run": desk.agent().run(number)}
        for holder in ("orders", "files", "account"):
            more: Json = {"holder": holder, "again": True} if name in ("erase", "look") else {}
            more |= {"error": {"Error": "States.ALL"}} if name == "trouble" else {}
            more |= {"when": "after"} if name == "check" else {}
            desk.invoke_late(f"closure_{name}", event | more)


def told_again(desk: Desk, number: str) -> None:
    for _ in range(2):
        assert desk.cloud.invoke("ticket_stream", records(desk, number)) == {"batchItemFailures": []}


def runs_again(desk: Desk, number: str) -> None:
    for _ in range(2):
        answer = desk.cloud.invoke("closure_runs", records(desk, number, only_runs=True))
        assert answer == {"batchItemFailures": []}


def swept_twice(desk: Desk, _number: str) -> None:
    for _ in range(2):
        assert desk.cloud.invoke("sweep")["failed"] == 0


@pytest.mark.parametrize("again", [told_again, steps_again, runs_again, swept_twice])
def test_what_is_delivered_again_after_the_end_changes_nothing(desk: Desk, again: Callable[[Desk, str], None]) -> None:
    lan, an = desk.customer(), desk.agent()
    number = lan.asks_to_close()
    assert an.erases_now(lan, number)["status"] == "closed"
    swept_twice(desk, number)
    before, mails, state = an.ticket(number), lan.mails(), desk.state()
    again(desk, number)
    assert an.ticket(number) == before
    assert lan.mails() == mails
    assert desk.state() == state


@pytest.mark.parametrize("again", [told_again, runs_again, swept_twice])
def test_what_is_delivered_again_while_the_cooling_off_runs_changes_nothing(
    desk: Desk, again: Callable[[Desk, str], None]
) -> None:
    lan, an = desk.customer(), desk.agent()
    number = lan.asks_to_close()
    an.approves(number)
    before, mails, running = an.ticket(number), lan.mails(), desk.state()["executions"]
    again(desk, number)
    assert an.ticket(number) == before
    assert lan.mails() == mails
    assert desk.state()["executions"] == running


def test_steps_done_twice_while_erasing_close_once(desk: Desk) -> None:
    lan, an = desk.customer(), desk.agent()
    number = lan.asks_to_close()
    desk.fault("s3", "DeleteObjects", "before", times=10_000)
    an.erases_now(lan, number)
    desk.advance("PT40M")
    desk.no_more_faults()
    an.decides(number, "retry").ok()
    desk.settle()
    steps_again(desk, number)
    assert an.timeline(number).count("closed") == 1
    kinds = [kind for kind, _ in lan.notices(number)]
    assert (kinds.count("closing"), kinds.count("closed")) == (1, 1)
    assert len(lan.mails()) == len(kinds)


def test_a_mail_is_sent_again_only_where_ses_never_told_of_it_and_nothing_is_lost_after_it(desk: Desk) -> None:
    """The one repeat that rule 5 allows: SES took the mail, its answer was lost, and its event can't be written down
    before the claim lapses."""
    lan = desk.customer()
    desk.fault("sesv2", "SendEmail", "after", times=1)
    desk.cloud.goes_wrong(Fault(service="dynamodb", operation="*", kind="before", function="MailFeedback", times=100))
    number = lan.asks_to_close()
    desk.settle()
    desk.no_more_faults()
    desk.agent().approves(number)
    desk.advance("PT2H")
    assert [kind for kind, _ in lan.notices(number)] == ["received", "scheduled"]
    subjects = [mail["subject"] for mail in lan.mails()]
    assert len(subjects) == 3
    assert subjects[0] == subjects[1] != subjects[2]
