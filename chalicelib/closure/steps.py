"""Entrypoints: the tasks of the closure workflow, and the stream that starts and stops its runs."""

import json
import logging
from contextlib import AbstractContextManager, suppress
from typing import Any

from chalice.app import Blueprint

from chalicelib import logs
from chalicelib.closure import executions, running
from chalicelib.problems import NotFound
from chalicelib.tickets import checking, store

entrypoint = Blueprint(__name__)
_log = logging.getLogger("signoff.closure")
_SPARE_MS = 20_000  # what a step keeps back to answer in time


@entrypoint.lambda_function(name="closure_check")
def check(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    with _told("closure checked", event, when=event["when"]) as said:
        said["go"] = go = running.check(event["ticket"], event["run"], when=event["when"])
    return {"go": go}


@entrypoint.lambda_function(name="closure_freeze")
def freeze(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    with _told("account frozen", event) as said:
        holders = running.freeze(event["ticket"], event["run"])
        said["go"] = bool(holders)
    return {"go": bool(holders), "holders": holders}


@entrypoint.lambda_function(name="closure_erase")
def erase(event: dict[str, Any], context: Any) -> dict[str, int]:
    with _told("holder erased", event, holder=event["holder"]):
        settle = running.erase(
            event["ticket"], event["run"], event["holder"],
            enough=lambda: context.get_remaining_time_in_millis() < _SPARE_MS,
        )  # fmt: skip
    return {"settle": settle}


@entrypoint.lambda_function(name="closure_look")
def look(event: dict[str, Any], _context: Any) -> None:
    is_again = bool(event.get("again"))
    with _told("holder looked at", event, holder=event["holder"], again=is_again):
        running.look(event["ticket"], event["run"], event["holder"], is_again=is_again)


@entrypoint.lambda_function(name="closure_close")
def close(event: dict[str, Any], _context: Any) -> None:
    with _told("ticket closed", event):
        running.close(event["ticket"], event["run"])


@entrypoint.lambda_function(name="closure_trouble")
def trouble(event: dict[str, Any], _context: Any) -> None:
    ours = _in_our_words(event["error"])
    cause = ours or str(event["error"].get("Error", "unknown"))
    with _told("closure troubled", event, cause=cause[:200]):
        running.trouble(event["ticket"], event["run"], cause, names_holder=ours is not None)


def _told(what: str, event: dict[str, Any], **more: logs.Id) -> AbstractContextManager[dict[str, logs.Id]]:
    """The line of one task: its ticket, and the name of its execution."""
    return logs.told(_log, what, ticket=event["ticket"], execution=f"{event['ticket']}-{event['run']}", **more)


def _in_our_words(error: dict[str, str]) -> str | None:
    """What failed, as our own exceptions say it; of any other error only its name counts, lest it tell something
    personal."""
    try:
        told = json.loads(error.get("Cause", ""))
    except ValueError:
        told = {}
    if told.get("errorType") in ("StillThere", "HolderFailed", "NotLookedAgain", "NotDone"):
        return f"{told['errorType']} {told['errorMessage']}"
    return None


@entrypoint.lambda_function(name="closure_runs")
def follow_changes(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Starts and stops the workflow as the changes in this batch ask; then asks the company's own check about closures
    that came to review."""
    failed = []
    images = [(record["dynamodb"]["NewImage"], record["dynamodb"]["SequenceNumber"]) for record in event["Records"]]
    for image, sequence in images:
        if "run" not in image:
            continue
        number, runs, run = image["pk"]["S"], image["runs"]["S"], int(image["run"]["N"])
        try:
            with logs.told(_log, "run followed", ticket=number, execution=f"{number}-{run}", asked=runs):
                _follow(number, runs, run)
        except Exception:
            failed.append({"itemIdentifier": sequence})
    if checking.is_on():
        _ask({image["pk"]["S"] for image, _ in images if "run" not in image}, context)
    return {"batchItemFailures": failed[:1]}


def _ask(numbers: set[str], context: Any) -> None:
    """What isn't asked here, because the check is silent or time is short, the sweep asks within the hour: runs must
    not wait for another system."""
    for number in sorted(numbers):
        if context.get_remaining_time_in_millis() < _SPARE_MS:
            return
        with suppress(Exception), logs.told(_log, "check asked", ticket=number) as said:
            said["answered"] = answered = checking.look(number)
            if not answered:
                return


def _follow(number: str, runs: str, run: int) -> None:
    try:
        ticket = store.find(number)
    except NotFound:
        return
    if run > 1:
        executions.stop(number, run - 1)
    if runs == "start" and ticket.run == run:
        executions.start(ticket)
