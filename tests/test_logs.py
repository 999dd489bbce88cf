"""The line of an entrypoint: what happened, its ids, and how it ended."""

import logging

import pytest

from chalicelib import logs

LOG = logging.getLogger("signoff.test")


def test_what_is_done_is_told_once_with_its_ids_and_those_that_came_to_light(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "signoff")
    with logs.told(LOG, "letter taken in", letter="abc", ticket=None) as said:
        said["kind"] = "person"
    (line,) = caplog.records
    beside = vars(line)
    assert (line.levelname, line.getMessage(), beside["letter"], beside["kind"]) == (
        "INFO", "letter taken in", "abc", "person",
    )  # fmt: skip
    assert beside["took_ms"] >= 0
    assert "ticket" not in beside


def test_what_fails_goes_on_and_its_line_names_the_error_but_not_what_it_says(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(ValueError, match="personal"), logs.told(LOG, "swept", ticket="SO-7K3M9Q"):
        raise ValueError("something personal")
    (line,) = caplog.records
    assert (line.levelname, line.getMessage()) == ("WARNING", "not done: swept")
    assert vars(line)["error"] == "ValueError"
    assert "personal" not in str(vars(line))
