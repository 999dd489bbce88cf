"""The people of the stories, and the desk they deal with: real HTTP to the desk and to the local cloud's panel.

    lan = desk.customer()                 # registered by PUT /accounts, with orders and files
    number = lan.asks_to_close()          # POST /tickets
    desk.agent().approves(number)
    desk.advance("P9D")                   # cheaper than P7D: past eight days the sweep runs once a day
    assert lan.ticket(number)["status"] == "closed"

`desk.agent().erases_now(lan, number)` is cheaper still: nobody has to wait.
"""

import http.client
import itertools
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import boto3

from chalicelib.pages.forms import FIELD, token_for
from infra.local.cloud import FunctionFailed, LocalCloud
from infra.local.seeds import FILES, ORDERS, fill_holders

Json = dict[str, Any]

CLOSURE = {
    "product": "other",
    "category": "technical_support",
    "subject": "Hủy tài khoản",
    "content": "Tôi muốn hủy tài khoản của tôi.",
    "request": "account_closure",
}
QUESTION = {
    "product": "billing",
    "category": "invoices",
    "subject": "Hóa đơn tháng này",
    "content": "Cho tôi xin lại hóa đơn.",
    "request": "support",
}


_CODE = re.compile(r"^ {4}([B-Z2-9]{4}-[B-Z2-9]{4})\s*$", re.MULTILINE)


def code_in(mail: Json) -> str:
    """The code that a code's mail brings (the stop code stands elsewhere in it)."""
    found = _CODE.search(mail["text"])
    assert found, mail["text"]
    return found[1]


def link_in(mail: Json, *, nth: int = 0) -> str:
    """The nth tracking link in the mail's text; in a code's mail the first one is where the code is typed."""
    found: list[str] = re.findall(r"http://\S+/track/[a-z0-9.-]*[a-z0-9]", mail["text"])
    return found[nth]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back. `body` is the JSON, or {} where it is none; `raw` its bytes."""

    status: int
    headers: http.client.HTTPMessage
    raw: bytes

    @property
    def body(self) -> Json:
        found = json.loads(self.raw) if self.raw[:1] == b"{" else {}
        return dict(found)

    @property
    def code(self) -> str:
        """The stable code of a refusal."""
        return str(self.body.get("code", ""))

    def ok(self, status: int = 200) -> Json:
        """The body, if it is that status."""
        assert self.status == status, (self.status, self.raw.decode("utf-8", "replace"))
        return self.body


def send(url: str, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
    """One request over HTTP; whatever the answer is, it is given back."""
    parts = urlsplit(url)
    line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=120)
    try:
        line.request(method, parts.path + path, body, headers or {})
        with line.getresponse() as answer:
            return Answer(status=answer.status, headers=answer.headers, raw=answer.read())
    finally:
        line.close()


class Desk:
    """The desk at its address, and the panel beside it. One for each local cloud; accounts get numbers of their own."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self._numbers: Iterator[int] = itertools.count(1)

    # ── the desk ────────────────────────────────────────────────────────────────────────────────────────────

    def call(self, method: str, path: str, body: Any = None, *, token: str | None = None, **headers: str) -> Answer:
        """A call of the API; `Idempotency_Key="k"` is sent as that header, with dashes."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent |= {"Authorization": f"Bearer {token}"} if token else {}
        sent |= {"Content-Type": "application/json"} if body is not None else {}
        raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        return send(self.cloud.desk_url, method, path, raw, sent)

    def page(self, path: str, form: dict[str, str] | None = None) -> Answer:
        """A page, or the form on it, sent as our own page sends it; the path may be a whole link out of a mail."""
        path = path.removeprefix(self.cloud.desk_url)
        if form is None:
            return send(self.cloud.desk_url, "GET", path)
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        fields = {**form, FIELD: token_for(None)}
        return send(self.cloud.desk_url, "POST", path, urlencode(fields).encode(), kind)

    def system(self, method: str, path: str, body: Any = None, *, scope: str = "accounts:write") -> Answer:
        """A call by another of the company's systems."""
        return self.call(method, path, body, token=self.token(sub="crm", scope=scope))

    def customer(self, *, has_data: bool = True, sub: str | None = None, **fields: Any) -> "Customer":
        """A customer with an account just registered; by default Vietnamese, with three orders and three files."""
        number = next(self._numbers)
        account_id = f"acc-{number:04}"
        said: Json = {
            "email": f"khach{number:04}@khach.example",
            "name": "Nguyễn Thị Lan",
            "country": "VN",
            "language": "vi",
        }
        said |= fields
        self.register(account_id, **said)
        if has_data:
            fill_holders(account_id)
        return Customer(desk=self, account_id=account_id, email=said["email"], sub=sub or account_id)

    def register(self, account_id: str, *, status: int = 201, **fields: Any) -> Json:
        return self.system("PUT", f"/accounts/{account_id}", fields).ok(status)

    def agent(self, sub: str = "an", **claims: Any) -> "Agent":
        return Agent(desk=self, sub=sub, groups=("desk-agent",), claims=claims)

    def admin(self, sub: str = "chi") -> "Agent":
        return Agent(desk=self, sub=sub, groups=("desk-agent", "desk-admin"))

    # ── the panel ───────────────────────────────────────────────────────────────────────────────────────────

    def panel(self, method: str, path: str, body: Any = None) -> Any:
        raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        answer = send(self.cloud.panel_url, method, path, raw)
        assert answer.status == 200, answer.raw
        return json.loads(answer.raw)

    def token(self, **claims: Any) -> str:
        return str(self.panel("POST", "/token", claims)["token"])

    def advance(self, by: str) -> None:
        """Time passes; all that is due on the way happens."""
        self.panel("POST", "/clock", {"advance": by})

    def settle(self) -> None:
        self.panel("POST", "/settle")

    def state(self) -> Json:
        return dict(self.panel("GET", "/state.json"))

    def mails(self, to: str) -> list[Json]:
        """Every mail to this address, oldest first, once nothing is in flight any more."""
        self.settle()
        return list(self.panel("GET", f"/outbox.json?{urlencode({'to': to})}"))

    def letter(self, raw: bytes, **how: str) -> str:
        """Has a raw letter received (verdicts, source and recipient as in API.md) and read; gives its SES id."""
        found = self.panel("POST", f"/mail?{urlencode(how)}", raw)["id"]
        self.settle()
        return str(found)

    def fault(self, service: str, operation: str, kind: str, times: int = 1) -> None:
        fault = {"service": service, "operation": operation, "kind": kind, "times": times}
        self.panel("POST", "/faults", fault)

    def no_more_faults(self) -> None:
        self.panel("POST", "/faults", {"clear": True})

    def invoke_late(self, name: str, event: Json) -> None:
        """A call of a workflow's task that comes late or twice: it finds its run over, or nothing to do."""
        try:
            self.cloud.invoke(name, event)
        except FunctionFailed as failed:
            if "RunIsOver" not in str(failed):
                raise

    def takes_over(self, execution: str) -> None:
        """That run of the workflow stops, for a story that does its steps by hand. The cooling-off is over since a few
        minutes: the sweep doesn't start it again yet."""
        arn = f"{os.environ['CLOSURE_WORKFLOW'].replace(':stateMachine:', ':execution:')}:{execution}"
        boto3.client("stepfunctions").stop_execution(executionArn=arn)
        self.cloud.advance(timedelta(days=7, minutes=5), step=timedelta(days=1))

    # ── what lies in the company's other systems ────────────────────────────────────────────────────────────

    def holdings(self, account_id: str) -> dict[str, int]:
        """How many orders, and how many versions of files, lie there for this account."""
        orders = boto3.client("dynamodb").query(
            TableName=ORDERS,
            KeyConditionExpression="account_id = :a",
            ExpressionAttributeValues={":a": {"S": account_id}},
            ConsistentRead=True,
        )
        files = boto3.client("s3").list_object_versions(Bucket=FILES, Prefix=f"{account_id}/")
        return {
            "orders": int(orders["Count"]),
            "files": len(files.get("Versions", [])) + len(files.get("DeleteMarkers", [])),
        }

    def table(self, name: str) -> str:
        """The table that the functions know by this variable."""
        return os.environ[name]

    def contacts(self, number: str) -> list[str]:
        """The sealed addresses that lie beside this ticket."""
        return [item["sk"]["S"] for item in self.items(number) if item["sk"]["S"].startswith("contact#")]

    def items(self, number: str) -> list[Json]:
        """Every item of the desk table that belongs to this ticket, as DynamoDB holds it."""
        self.settle()
        found = boto3.client("dynamodb").query(
            TableName=self.table("DESK_TABLE"),
            KeyConditionExpression="pk = :n",
            ExpressionAttributeValues={":n": {"S": number}},
            ConsistentRead=True,
        )
        return list(found["Items"])


@dataclass(frozen=True, kw_only=True)
class Customer:
    """Somebody with an account, who can sign in to the portal."""

    desk: Desk
    account_id: str
    email: str
    sub: str

    def token(self, **claims: Any) -> str:
        return self.desk.token(account_id=self.account_id, sub=self.sub, **claims)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        return self.desk.call(method, path, body, token=self.token(), **headers)

    def opens(self, **changed: Any) -> Answer:
        """POST /tickets: a closure in so many words, unless something of it is changed (None leaves a field out)."""
        body = {name: value for name, value in (CLOSURE | changed).items() if value is not None}
        return self.call("POST", "/tickets", body)

    def asks_to_close(self, **changed: Any) -> str:
        """The number of the new ticket."""
        return str(self.opens(**changed).ok(201)["number"])

    def ticket(self, number: str) -> Json:
        self.desk.settle()
        return self.call("GET", f"/tickets/{number}").ok()

    def tickets(self) -> list[str]:
        """The numbers of the own tickets, newest first."""
        return [each["number"] for each in self.call("GET", "/tickets").ok()["items"]]

    def does(self, number: str, what: str, body: Any = None) -> Answer:
        """POST /tickets/{number}/{what}, such as confirm, replies, withdraw, expedite."""
        return self.call("POST", f"/tickets/{number}/{what}", body)

    def hurries(self, number: str) -> Json:
        """Asks for the closure without waiting, with the code that comes by mail; an agent may grant it then."""
        self.does(number, "expedite", {}).ok()
        return self.does(number, "expedite", {"code": code_in(self.mails()[-1])}).ok()

    def mails(self) -> list[Json]:
        return self.desk.mails(self.email)

    def account(self) -> Answer:
        """The account as another system sees it."""
        return self.desk.system("GET", f"/accounts/{self.account_id}")

    def notices(self, number: str) -> list[tuple[str, str]]:
        """Kind and state of each notice on the ticket, oldest first."""
        return [(each["kind"], each["state"]) for each in self.ticket(number)["notices"]]


@dataclass(frozen=True, kw_only=True)
class Agent:
    """Somebody of the technical team, or its lead."""

    desk: Desk
    sub: str
    groups: tuple[str, ...]
    claims: Json = field(default_factory=dict)

    def token(self) -> str:
        return self.desk.token(sub=self.sub, groups=list(self.groups), **self.claims)

    def call(self, method: str, path: str, body: Any = None) -> Answer:
        return self.desk.call(method, path, body, token=self.token())

    def ticket(self, number: str) -> Json:
        self.desk.settle()
        return self.call("GET", f"/desk/tickets/{number}").ok()

    def decides(self, number: str, what: str, *, version: int | None = None, **given: Any) -> Answer:
        """POST /desk/tickets/{number}/{what}, on the version that the ticket has now."""
        seen = self.ticket(number)["version"] if version is None else version
        return self.call("POST", f"/desk/tickets/{number}/{what}", {"expected_version": seen, **given})

    def approves(self, number: str) -> Json:
        return self.decides(number, "approve").ok()

    def erases_now(self, customer: Customer, number: str) -> Json:
        """Approves the closure and grants the customer's wish to hurry: a closing without moving the clock."""
        self.approves(number)
        customer.hurries(number)
        self.decides(number, "expedite").ok()
        return self.ticket(number)

    def run(self, number: str) -> int:
        """The number of the workflow's present run for this ticket."""
        (item,) = [each for each in self.desk.items(number) if each["sk"]["S"] == "ticket"]
        return int(item["run"]["N"])

    def timeline(self, number: str) -> list[str]:
        """What happened, in order, as the desk sees it."""
        return [each["what"] for each in self.ticket(number)["timeline"]]
