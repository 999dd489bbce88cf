"""A desk for tests of faults: asked without a network, whose streams stand still while the test wants it, and whose
clock may be another one for one actor."""

import json
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from copy import copy
from datetime import timedelta
from email.message import Message
from http.client import HTTPMessage
from typing import Any, Self

from chalice.local import LocalGatewayException
from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.backend.execution import Execution
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from chalicelib import clock
from chalicelib.upkeep.sweep import Patience, look_at
from infra.load_desk import tables_kept
from infra.local.clients import client
from infra.local.cloud import FunctionFailed, LocalCloud
from infra.local.functions import Functions
from infra.local.seams import replaced
from infra.local.seeds import ORDERS, counts_in_holders, fill_holders
from infra.local.streams import Follower
from infra.local.where import ACCOUNT, REGION
from tests.faults.pausing import pauses_installed
from tests.faults.tables_kept import IS_ELSEWHERE, elsewhere
from tests.stories.people import Answer, Json

SETTINGS = {
    "COOLING_OFF": "P1D", "PROOF_WITHIN": "P3D", "LOOK_AGAIN_FOR": "P1D", "CLOSURES_PER_HOUR": "1000000",
    "ACKS_PER_HOUR": "1000000",
}  # fmt: skip
LETTER_TRIES = 3  # Lambda's own: an event is tried twice more

skew: ContextVar[timedelta] = ContextVar("skew", default=timedelta())
"""By how much the clock of this thread's functions goes ahead."""


class World:
    """Starts on entering. Every account has a mail domain of its own, so that no budget ties two of them together."""

    def __init__(self, **settings: str) -> None:
        self._settings = SETTINGS | settings
        self._running = ExitStack()
        self._flowing = threading.Event()
        self._later: list[Callable[[], None]] = []
        self._followers: set[Follower] = set()
        self._numbers = 0
        self._tokens: dict[str, str] = {}

    def __enter__(self) -> Self:
        begin = self._running.enter_context
        before = os.environ.get("AWS_MAX_ATTEMPTS")
        self._running.callback(_set, "AWS_MAX_ATTEMPTS", before)
        try:
            self.cloud = begin(LocalCloud(settings=self._settings, seeds=False))
            os.environ["AWS_MAX_ATTEMPTS"] = "1"  # boto3 sleeps real seconds between its own attempts
            clock.follow(lambda: self.cloud.now() + skew.get())
            begin(replaced(Follower, "_next", self._held_back))
            begin(replaced(Functions, "send", self._sent_later))
            begin(replaced(Execution, "start", self._started_later))
            begin(pauses_installed())
            self._flowing.set()
        except BaseException:
            self._running.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    # ── time and streams ────────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def streams_stand_still(self, *, for_good: bool = False) -> Iterator[None]:
        """No stream hands anything over meanwhile, no event arrives, no execution begins: all of it does at the end,
        and is settled; or nothing ever does, where this world is at its end, too."""
        self._flowing.clear()
        try:
            yield
        finally:
            if not for_good:
                self._flow()
        if not for_good:
            self.settle()

    def _flow(self) -> None:
        self._flowing.set()
        for follower in self._followers:
            follower.look()
        later, self._later = self._later, []
        for each in later:
            each()

    def _held_back(self, original: Any) -> Any:
        def _next(follower: Follower) -> list[Json]:
            self._followers.add(follower)
            found: list[Json] = original(follower) if self._flowing.is_set() else []
            return found

        return _next

    def _sent_later(self, original: Any) -> Any:
        def send(functions: Functions, function: Any, event: Json) -> None:
            if self._flowing.is_set():
                original(functions, function, event)
            else:
                self._later.append(lambda: original(functions, function, event))

        return send

    def _started_later(self, original: Any) -> Any:
        def start(execution: Execution) -> None:
            if self._flowing.is_set():
                original(execution)
            else:
                execution.exec_status = ExecutionStatus.RUNNING
                self._later.append(lambda: original(execution))

        return start

    def moment(self) -> Callable[[], None]:
        """What brings tables, mails and all that was held back to how they are now. Only while streams stand still."""
        kept = (elsewhere if IS_ELSEWHERE else tables_kept)((*_tables(), ORDERS))
        machines = stepfunctions_parser_backends[ACCOUNT][REGION].state_machines
        count, begun = len(self._later), [(each, len(each.executions)) for each in machines]
        mails, sent = self.cloud._outbox._mails, len(self.cloud._outbox._mails)

        def back() -> None:
            kept()
            del self._later[count:], mails[sent:]
            for machine, length in begun:
                del machine.executions[length:]

        return back

    def settle(self) -> None:
        self.cloud.settle()

    def advance(self, by: str) -> None:
        self._tokens.clear()
        self.cloud.advance(by)

    # ── calls ───────────────────────────────────────────────────────────────────────────────────────────────

    def call(self, method: str, path: str, body: Any = None, *, token: str = "") -> Answer:
        """A call of the API, as API Gateway hands it to the function."""
        headers = Message()
        headers["Content-Type"] = "application/json"
        if token:
            headers["Authorization"] = f"Bearer {token}"
        try:
            raw = json.dumps(body).encode() if body is not None else None
            answer = self.cloud.gateway.handle_request(method, path, headers, raw)
        except LocalGatewayException as error:
            return Answer(status=error.CODE, headers=HTTPMessage(), raw=b"")
        return Answer(status=answer["statusCode"], headers=HTTPMessage(), raw=str(answer["body"]).encode())

    def token(self, **claims: Any) -> str:
        key = json.dumps(claims, sort_keys=True)
        if key not in self._tokens:
            self._tokens[key] = self.cloud.token(**claims)
        return self._tokens[key]

    def customer(self, account_id: str) -> str:
        return self.token(account_id=account_id, sub=account_id)

    def agent(self, sub: str) -> str:
        return self.token(sub=sub, groups=["desk-agent", "desk-admin"])

    def system(self, scope: str) -> str:
        return self.token(sub="crm", scope=scope)

    def task(self, name: str, event: Json) -> Any:
        """A function called as Lambda would; `FunctionFailed` if it raised."""
        return self.cloud.invoke(name, event)

    def letter(self, raw: bytes, *, sender: str, recipient: str, letter_id: str = "", **verdicts: str) -> str:
        """A letter that SES has laid in the bucket, taken in, in as many tries as Lambda makes; its SES id."""
        event, ses_id = self.stored(raw, sender=sender, recipient=recipient, letter_id=letter_id, **verdicts)
        for tried in range(1, LETTER_TRIES + 1):
            try:
                self.task("inbound_mail", event)
                break
            except FunctionFailed:
                if tried == LETTER_TRIES:
                    raise
        return ses_id

    def stored(
        self, raw: bytes, *, sender: str, recipient: str, letter_id: str = "", **verdicts: str
    ) -> tuple[Json, str]:
        """SES's event for a letter that lies in the bucket, not handed over yet; and its SES id."""
        ses_id = letter_id or secrets.token_hex(20)
        client("s3").put_object(Bucket=os.environ["LETTERS_BUCKET"], Key=f"raw/{ses_id}", Body=raw)
        at = self.cloud.now().isoformat(timespec="milliseconds")
        checks = dict.fromkeys(("spam", "virus", "spf", "dkim", "dmarc"), "PASS") | verdicts
        receipt = {"recipients": [recipient], **{f"{name}Verdict": {"status": it} for name, it in checks.items()}}
        mail = {"messageId": ses_id, "timestamp": at, "source": sender, "destination": [recipient]}
        return {"Records": [{"ses": {"mail": mail, "receipt": receipt}}]}, ses_id

    def sweeps(self, number: str, *, ahead: timedelta = timedelta()) -> None:
        """The sweep comes to this ticket alone, so much later than it is; `FunctionFailed` if that went wrong."""
        function = copy(self.cloud._deployed.named("sweep"))
        function.handler = f"{__name__}.sweep_one"
        when = skew.set(ahead)
        try:
            outcome = self.cloud._functions.call(function, {"ticket": number})
        finally:
            skew.reset(when)
        if outcome.is_error:
            raise FunctionFailed(outcome.text)

    # ── accounts ────────────────────────────────────────────────────────────────────────────────────────────

    def new_account(self, *, has_data: bool = True) -> str:
        self._numbers += 1
        account_id = f"acc-{self._numbers:05}"
        said = self.register(account_id, attributes={"last_invoice_number": "7"})
        assert said.status == 201, said
        if has_data:
            fill_holders(account_id)
        return account_id

    def holdings(self, account_id: str) -> dict[str, int]:
        return counts_in_holders(account_id)

    def register(self, account_id: str, **changed: Any) -> Answer:
        body = {"email": address_of(account_id), "name": "Lan", "country": "VN", "language": "vi"} | changed
        return self.call("PUT", f"/accounts/{account_id}", body, token=self.system("accounts:write"))


def _tables() -> tuple[str, str]:
    return os.environ["DESK_TABLE"], os.environ["ACCOUNTS_TABLE"]


def sweep_one(event: Json, _context: Any) -> None:
    """In the place of the sweep's entrypoint, which looks at every ticket that is due."""
    look_at(event["ticket"], Patience())


def address_of(account_id: str) -> str:
    return f"owner@{account_id}.example"


def _set(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value
