"""What is counted, as CloudWatch reads it: the embedded metric format, one line of standard output for each."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib import clock, metrics
from tests.environment import of_a_desk

AT = datetime(2026, 11, 27, 4, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def desk() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as process, of_a_desk(process, STAGE="prod"):
        clock.follow(lambda: AT)
        yield
        clock.follow(lambda: datetime.now(UTC))


def test_a_count_is_one_line_that_cloudwatch_makes_a_metric_of(capsys: pytest.CaptureFixture[str]) -> None:
    metrics.count("Notices", State="sent")
    said = capsys.readouterr().out
    assert said.endswith("}\n")
    assert said.count("\n") == 1
    assert json.loads(said) == {
        "_aws": {
            "Timestamp": 1_795_752_000_000,
            "CloudWatchMetrics": [
                {
                    "Namespace": "Signoff",
                    "Dimensions": [["Stage", "State"]],
                    "Metrics": [{"Name": "Notices", "Unit": "Count"}],
                }
            ],
        },
        "Stage": "prod",
        "State": "sent",
        "Notices": 1,
    }


def test_a_time_is_told_in_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    metrics.took("TimeToClose", timedelta(days=7))
    told = json.loads(capsys.readouterr().out)
    assert told["TimeToClose"] == 604_800
    assert told["_aws"]["CloudWatchMetrics"][0]["Metrics"] == [{"Name": "TimeToClose", "Unit": "Seconds"}]
