"""The whole of it in one process: the deployed desk, and what stands in for AWS and the world around it."""

import os
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from moto import mock_aws
from moto.awslambda.models import LambdaFunction

from infra.local import deployment, figures, seeds, streams
from infra.local.clients import models_read_once
from infra.local.clock import Clock
from infra.local.endpoint import tables
from infra.local.faults import Fault, Faults
from infra.local.folder import Folder
from infra.local.functions import Functions
from infra.local.gateway import Front
from infra.local.issuer import Issuer
from infra.local.letters import Receiving, arrival, smtp
from infra.local.locks import retention_told
from infra.local.objects import Objects
from infra.local.outbox import Outbox
from infra.local.panel import Panel
from infra.local.permissions import Permissions
from infra.local.quick_tables import quick_tables
from infra.local.quiet import Quiet
from infra.local.schedules import Schedule, Schedules
from infra.local.signing_in import SigningIn
from infra.local.transactions import quick_transactions
from infra.local.travel import Travel
from infra.local.workflows import Workflows
from infra.template import PROJECT


class LocalCloud:
    """Starts on entering, is gone on leaving; one at a time in a process (moto is the process's AWS).

    `settings` overrides environment variables of the functions, such as {"COOLING_OFF": "PT1H"}. A port of 0 is a
    free one. The setting USER_POOL names a Cognito pool here, which is made first. `seeds=False` starts with no
    accounts. Starting again begins with nothing: tables, caches, mails.

    AWS_ENDPOINT_URL_DYNAMODB names another DynamoDB for the tables. With a folder for `data` too, starting again begins
    where the last one ended, however it ended: see infra/README.md for what is kept.
    """

    def __init__(
        self,
        *,
        settings: dict[str, str] | None = None,
        seeds: bool = True,
        port: int = 0,
        panel_port: int = 0,
        smtp_port: int = 0,
        project: Path = PROJECT,
        data: Path | None = None,
    ) -> None:
        self._settings = settings or {}
        self._seeds = seeds
        self._ports = (port, panel_port, smtp_port)
        self._project = project
        self._kept = Folder(path=data)
        self._running = ExitStack()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> Self:
        """Deploys everything and serves. What was begun is ended again when this fails."""
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Ends servers, executions and threads; nothing is left of what they held."""
        self._running.close()

    def _start(self) -> None:
        self._play_aws()
        front = self._deploy()
        self._serve(front)

    def _play_aws(self) -> None:
        begin, kept = self._running.enter_context, self._kept
        self._tables = tables(kept)
        self._quiet = Quiet()
        self._clock = Clock(self._quiet, kept)
        begin(_environment(deployment.aws_environment(), without=deployment.foreign_variables()))
        begin(models_read_once())
        begin(mock_aws(config={"stepfunctions": {"execute_state_machine": True}}))
        self._counted: deque[str] = deque(maxlen=10_000)
        begin(_fresh_app(self._clock.now, self._counted.append))

        self._functions = Functions(self._clock, self._quiet, kept.inside("events"))
        self._outbox, self._faults = Outbox(self._clock, kept), Faults()
        begin(self._tables.installed())
        begin(quick_transactions())
        begin(quick_tables())
        begin(retention_told())
        begin(self._outbox.installed())
        begin(self._faults.installed())
        begin(self._functions.installed())
        begin(Workflows(self._clock, self._quiet).installed())

    def _deploy(self) -> Front:
        begin, kept = self._running.enter_context, self._kept
        port, panel_port, _ = self._ports
        front = Front(port)
        self._running.callback(front.close)
        self._panel = Panel(self, panel_port)
        self._running.callback(self._panel.close)
        self.desk_url, self.panel_url = front.url, self._panel.url
        self.issuer = Issuer(self.panel_url, self._clock, kept)
        self.signing_in = SigningIn(self.issuer, self._clock, desk_url=self.desk_url)
        self._deployed = deployment.deploy(
            self._project,
            desk_url=self.desk_url,
            panel_url=self.panel_url,
            settings=self._settings | _with_pool(self._settings.get("USER_POOL")),
            kept=kept,
        )
        begin(_environment(self._deployed.variables()))
        self.permissions = Permissions()
        begin(self.permissions.enforced(self._deployed.functions))
        self._functions.before_each = self._remembers_only_its_own
        seeds.make_holders()
        objects = Objects(kept=kept.inside("objects"))
        objects.restore()
        begin(objects.installed())
        import_module("chalicelib.closure.holders").names()  # a list that can't be used is told of now, whole
        return front

    def _serve(self, front: Front) -> None:
        begin, kept = self._running.enter_context, self._kept
        functions = list(self._deployed.functions.values())
        self._by_arn = {each.function_arn: each for each in functions}
        for follower in streams.followers(self._functions, self._quiet, self._tables, functions):
            begin(follower.following())
        schedules = Schedules(self._clock, self._fire)
        begin(schedules.running())
        self._travel = Travel(self._clock, schedules, self._quiet, self._tables.delete_expired)
        self._receiving = Receiving(self._clock)
        begin(self._panel.serving())
        self.gateway = front.opens_on(import_module("app").app, self._deployed.functions["APIHandler"], self._functions)
        if self._seeds and not kept.read("seeded.json"):
            seeds.seed(self.gateway, self.token(sub="crm", scope="accounts:write"))
            kept.write("seeded.json", True)
        self._functions.send_again(functions)
        self.settle()
        self.smtp_port = begin(smtp(self._receiving, self._ports[2]))
        begin(front.serving())  # last: the desk answers when everything is ready

    def _fire(self, schedule: Schedule) -> None:
        self._functions.send(self._by_arn[schedule.target], deployment.parsed(schedule.input))

    def _remembers_only_its_own(self, function: LambdaFunction) -> None:
        """The functions share this process, but on AWS none has the keys, or knows the tables, that another one read.
        So a function reads them anew until it is known that it does, and always where its policy speaks of none."""
        if not self.permissions.has_read_what_it_remembers(function.function_name):
            forget_what_was_made(REMEMBER_WHAT_WAS_READ)

    def now(self) -> datetime:
        """The desk's time."""
        return self._clock.now()

    def settle(self) -> None:
        """Comes back when no event, stream record, workflow step or mail is in flight."""
        self._travel.settle()

    def advance(self, by: timedelta | str, *, step: timedelta | None = None) -> None:
        """Moves the desk's time on, by a timedelta or such as "P7D"; all that is due on the way happens, in order.
        Hourly schedules fire once a `step`; without one by the hour, or by the day on a way of more than 8 days."""
        if isinstance(by, str):
            from chalicelib.settings import duration

            by = duration(by)
        self._travel.advance(by, step=step)

    def token(self, **claims: Any) -> str:
        """A signed bearer token; its owner signed in `auth_age_s` ago, it lives `expires_in_s`."""
        return self.issuer.token(**claims)

    def outbox(self, to: str | None = None) -> list[dict[str, Any]]:
        """Every mail sent (to this address), oldest first."""
        return self._outbox.mails(to)

    def mail(self, raw: bytes, *, source: str = "", recipients: tuple[str, ...] = (), **verdicts: str) -> str:
        """Has a raw letter received; checks (spf, dkim, dmarc, spam, virus) that aren't given say PASS, "" leaves one
        out. Gives the SES message id when the letter is stored; use `settle` to have it read."""
        return self._receiving.receive(arrival(raw, source=source, recipients=recipients, **verdicts))

    def faults(
        self, service: str = "", operation: str = "*", kind: str = "before", times: int = 1, **which: Any
    ) -> None:
        """The next `times` such calls of the desk's functions go wrong (see `Fault`). Without a service: ends all
        faults."""
        if service:
            self._faults.add(Fault(service=service, operation=operation, kind=kind, times=times, **which))
        else:
            self._faults.clear()

    def goes_wrong(self, fault: Fault) -> None:
        """From now on, as the fault says."""
        self._faults.add(fault)

    def waiting_faults(self) -> list[dict[str, Any]]:
        return self._faults.waiting()

    def counted(self) -> list[str]:
        """What the desk counted for CloudWatch, line by line, the newest ten thousand; each line is given once."""
        lines = []
        while self._counted:
            lines.append(self._counted.popleft())
        return lines

    def state(self) -> dict[str, Any]:
        """Counts of what lies in the tables, of executions, and of what was given up."""
        variables = self._deployed.variables()
        return figures.state(variables["ACCOUNTS_TABLE"], variables["DESK_TABLE"])

    def invoke(self, name: str, payload: Any = None) -> Any:
        """Calls a function by its Chalice name, such as "sweep", and gives its answer. Raises `FunctionFailed`."""
        import json

        outcome = self._functions.call(self._deployed.named(name), payload if payload is not None else {})
        if outcome.is_error:
            raise FunctionFailed(outcome.text)
        return json.loads(outcome.text)


REMEMBER_WHAT_WAS_READ = (
    "chalicelib.keys",
    "chalicelib.hooks",
    "chalicelib.closure.signing",
    "chalicelib.closure.holders.dynamodb",
)


class FunctionFailed(RuntimeError):
    """The function raised; the text is the error as Lambda words it."""


def _with_pool(name: str | None) -> dict[str, str]:
    return {"USER_POOL": seeds.make_user_pool(name)} if name else {}


@contextmanager
def _environment(variables: dict[str, str], without: list[str] | None = None) -> Iterator[None]:
    """The process's environment with these variables, and without those; then as it was."""
    before = dict(os.environ)
    for name in without or []:
        del os.environ[name]
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _fresh_app(now: Callable[[], datetime], count: Callable[[str], None]) -> Iterator[None]:
    """The app as in a new execution environment: it has made nothing yet, follows this clock, and counts there."""
    clock, metrics = import_module("chalicelib.clock"), import_module("chalicelib.metrics")
    forget_what_was_made()
    clock.follow(now)
    metrics.go_to(count)
    try:
        yield
    finally:
        clock.follow(lambda: datetime.now(UTC))
        metrics.go_to(None)
        forget_what_was_made()


def forget_what_was_made(only: tuple[str, ...] = ()) -> None:
    """The desk makes clients, settings and keys at first use, in functions with a cache: empties those, of all modules
    or of some."""
    ours = only or tuple(name for name in sys.modules if name == "app" or name.partition(".")[0] == "chalicelib")
    for module in [sys.modules[name] for name in ours if name in sys.modules]:
        for each in list(vars(module).values()):
            if callable(forget := getattr(each, "cache_clear", None)):
                forget()
