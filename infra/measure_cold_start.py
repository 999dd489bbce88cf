"""Cold starts: `python -m infra.measure_cold_start [--times N] [--contributors]`.

Each deployed function's first call, in a fresh interpreter, against a Chalice app that makes one boto3 client and one
request (infra/bare.py), which runs before each of them in turn; the least of both. A story is played in the local cloud
first, and of each function one invocation is kept with what AWS answered. The fresh process is then handed the same
event, and AWS's answers come at once: what is measured is the process's own. The code is as it is packed, its modules
and templates compiled. Three times of each:

    imported    the handler's module is there
    asked       its first request to AWS is on its way: settings are read, a client is made
    answered    it has answered; all its clients are made, what it shows or mails is worded

Processor time, which other work on the machine disturbs least. Python's own start is not in it, nor Lambda's.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from infra import package, template
from infra.cost_stories import CLOSURE, address_of, answer_to, letter, registered
from infra.demo_desk import Desk
from infra.furnished import Shown
from infra.local.__main__ import quiet
from infra.local.cloud import LocalCloud
from infra.local.where import REGION
from infra.measure_pages import cookie_of
from infra.recorded import Invocation, Told, recorded

FIRST_CALL = template.PROJECT / "infra" / "first_call.py"
BARE = "a bare Chalice app"
AT_MOST = 1.3
Times = dict[str, float]
STAGES = ("imported", "asked", "answered")
CHOSEN = {
    "InboundMail": "GetObject",
    "TicketStream": "SendEmail",
    "ClosureRuns": "StartExecution",
    "ClosureErase": "TransactWriteItems",
    "Sweep": "TransactWriteItems",
}
"""Where a function's invocations differ: the call by which the one that is played is chosen."""


@dataclass(frozen=True, kw_only=True)
class Start:
    """One function's first call: where it begins, with what, in which environment."""

    name: str
    handler: str
    invocation: str
    environment: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The least of all runs in seconds, and its ratio to the least of the bare app's beside them."""

    name: str
    seconds: Times
    ratio: Times


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=11)
    parser.add_argument("--contributors", action="store_true", help="which packages take how long to import")
    given = parser.parse_args(arguments)
    quiet()
    with tempfile.TemporaryDirectory() as folder:
        starts = starts_of_a_story()
        lay_as_packed(Path(folder))
        if given.contributors:
            print(contributors(starts, folder))
        found = measured(starts, folder, times=given.times)
    print(table(found))
    return 0 if all(each.ratio["answered"] <= AT_MOST for each in found) else 1


def table(found: list[Measured]) -> str:
    lines = [f"{'first call':<34}" + "".join(f"{stage:>18}" for stage in STAGES)]
    for each in found:
        cells = (f"{each.seconds[stage] * 1000:>8.0f} ms {each.ratio[stage]:>5.2f}x" for stage in STAGES)
        lines.append(f"{each.name:<34}" + "".join(f"{cell:>18}" for cell in cells))
    slowest = max(found, key=lambda each: each.ratio["answered"])
    lines.append(f"\nUntil it has answered at most {slowest.ratio['answered']:.2f} times: {slowest.name}.")
    return "\n".join(lines)


# ── a story ──────────────────────────────────────────────────────────────────────────────────────────────────


def starts_of_a_story() -> list[Start]:
    """One invocation of each function, as it comes in two closures; the bare app first."""
    handlers = {
        name: str(each["Properties"]["Handler"])
        for name, each in template.sam_template(region=REGION)["Resources"].items()
        if each["Type"] == "AWS::Serverless::Function"
    }
    with LocalCloud(settings={"COOLING_OFF": "P3D"}) as cloud:
        desk = Desk(url=cloud.desk_url, panel_url=cloud.panel_url, smtp_port=cloud.smtp_port)
        with recorded(cloud.now) as all_of_them:
            number = play(desk)
            cloud.invoke("closure_trouble", {"ticket": number, "run": 1, "error": {"Error": "States.Timeout"}})
        pages = {address: _page(address) for address in (cloud.issuer.url + "/jwks.json",)}
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    starts = [_start(BARE, "infra.bare.first", _bare(), pages, environment)]
    for name, handler in handlers.items():
        mine = [each for each in all_of_them if each.function == name]
        for title, invocation in _chosen(name, mine):
            starts.append(_start(title, handler, invocation, pages, environment))
    return starts


def play(desk: Desk) -> str:
    """A closure by portal and one by mail, until they are closed, and an agent's look at the queue."""
    account = registered(desk)
    customer, agent = desk.token(account_id=account), desk.token(sub="an", groups=["desk-agent"])
    number = str(desk.call("POST", "/tickets", CLOSURE, token=customer).json["number"])
    desk.settle()
    version = desk.call("GET", f"/desk/tickets/{number}", token=agent).json["version"]
    desk.read(desk.url + "/desk", cookie_of(Shown(name="desk", who="agent", path="/desk")))
    desk.call("POST", f"/desk/tickets/{number}/approve", {"expected_version": version}, token=agent)
    address = address_of(registered(desk))
    desk.letter(letter(address, "Please close my account and delete my data."), source=address)
    desk.letter(answer_to(desk.outbox(address)[0], address), source=address)
    desk.advance("P3DT2H")
    return number


def _chosen(name: str, mine: list[Invocation]) -> list[tuple[str, Invocation]]:
    if name == "APIHandler":
        calls = (("POST", "/tickets"), ("GET", "/desk"))
        return [
            (f"{name} {method} {path}", next(each for each in mine if _is(each.event, method, path)))
            for method, path in calls
        ]
    wanted = CHOSEN.get(name, "")
    return [(name, next(each for each in mine if not wanted or each.asks(wanted)))]


def _is(event: dict[str, str], method: str, path: str) -> bool:
    return (event["httpMethod"], event["path"]) == (method, path)


def _start(name: str, handler: str, it: Invocation, pages: dict[str, str], environment: dict[str, str]) -> Start:
    return Start(
        name=name, handler=handler, invocation=json.dumps(asdict(it) | {"pages": pages}), environment=environment
    )


def _page(address: str) -> str:
    with urllib.request.urlopen(address, timeout=10) as answer:
        text: str = answer.read().decode()
    return text


def _bare() -> Invocation:
    nothing = Told(asked="DynamoDB_20120810.GetItem", operation="GetItem", status=200, headers={}, body="e30=")
    return Invocation(function="bare", event={}, at="2026-11-27T00:00:00+00:00", told=[nothing])


def lay_as_packed(folder: Path) -> None:
    """The desk's code, and the bare app's, with templates compiled; modules are when they are first imported."""
    left_out = shutil.ignore_patterns("__pycache__")
    shutil.copytree(template.PROJECT / "chalicelib", folder / "chalicelib", ignore=left_out)
    (folder / "infra").mkdir()
    shutil.copy(template.PROJECT / "infra" / "bare.py", folder / "infra")
    package.compile_templates(folder)


# ── fresh interpreters ───────────────────────────────────────────────────────────────────────────────────────


def measured(starts: list[Start], folder: str, *, times: int) -> list[Measured]:
    """Each against the bare app's run just before it: what else the machine does disturbs both alike."""
    bare, *others = starts
    for each in starts:
        _in_a_fresh_interpreter(each, folder)  # the first time modules are compiled
    taken: dict[str, list[tuple[Times, Times]]] = {each.name: [] for each in others}
    for _ in range(times):
        for each in others:
            taken[each.name].append((_in_a_fresh_interpreter(bare, folder), _in_a_fresh_interpreter(each, folder)))
    all_bare = [pair[0] for pairs in taken.values() for pair in pairs]
    found = [Measured(name=BARE, seconds=_least(all_bare), ratio=dict.fromkeys(STAGES, 1.0))]
    for name, pairs in taken.items():
        its, mine = (_least(each) for each in zip(*pairs, strict=True))
        found.append(Measured(name=name, seconds=mine, ratio={stage: mine[stage] / its[stage] for stage in STAGES}))
    return found


def _least(times: Iterable[Times]) -> Times:
    """What else the machine does only ever adds to it."""
    runs = list(times)
    return {stage: min(each[stage] for each in runs) for stage in STAGES}


def _in_a_fresh_interpreter(start: Start, folder: str) -> Times:
    done = subprocess.run(
        [sys.executable, str(FIRST_CALL), folder, start.handler],
        input=start.invocation, env=start.environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{start.name}: {done.stderr[-2000:]}")
    told: Times = json.loads(done.stdout.splitlines()[-1])
    return told


def contributors(starts: list[Start], folder: str) -> str:
    """What each function imports beyond the bare app, by package, in milliseconds of Python's own -X importtime (the
    least of five runs; to be timed makes it slower)."""
    by_handler = {each.handler: each for each in starts}
    bare = _imports(by_handler.pop("infra.bare.first"), folder)
    lines = []
    for module in sorted({handler.rpartition(".")[0] for handler in by_handler}):
        start = next(each for handler, each in by_handler.items() if handler.rpartition(".")[0] == module)
        packages = Counter[str]()
        for name, us in _imports(start, folder).items():
            if name not in bare:
                packages[name.partition(".")[0]] += us
        told = ", ".join(f"{name} {us / 1000:.0f}" for name, us in packages.most_common(6))
        lines.append(f"{module:<34} {told}")
    return "\n".join(["beyond the bare app, ms of import", *lines, ""])


def _imports(start: Start, folder: str) -> dict[str, int]:
    runs = [_import_times(start, folder) for _ in range(5)]
    return {name: min(run.get(name, us) for run in runs) for name, us in runs[0].items()}


def _import_times(start: Start, folder: str) -> dict[str, int]:
    module = start.handler.rpartition(".")[0]
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", f"import {module}"], cwd=folder,
        env=start.environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    rows = (line.removeprefix("import time:").split("|") for line in done.stderr.splitlines())
    return {row[2].strip(): int(row[0]) for row in rows if len(row) == 3 and row[0].strip().isdigit()}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
