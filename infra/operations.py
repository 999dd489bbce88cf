"""What each operation asks of AWS, against the least that could do it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from infra.cost_stories import CLOSURE, address_of, answer_to, letter, registered
from infra.counting import Counts, counted
from infra.demo_desk import Answer, Desk, Unexpected
from infra.local.permissions import READ_ONCE

LEAST: dict[str, tuple[int, str]] = {
    "sweep, nothing is due": (1, "tickets that wait, and letters in quarantine, are two questions"),
    "PUT /accounts/{id}": (1, "the account before is read, to tell a change from a repeat, and keep its generation"),
    "POST /tickets": (2, ""),
    "GET /tickets/{number}": (1, "the account says who may read it now"),
    "GET /tickets": (1, "the account says who may read them now"),
    "POST /tickets/{number}/replies": (2, "the account says who may; the answer is the whole ticket as it is now"),
    "GET /desk/tickets": (1, "one question a status: each is a partition of its own, by due date"),
    "GET /desk/tickets/{number}": (1, "the account's facts, and whether another ticket holds it"),
    "POST /desk/tickets/{number}/approve": (2, "the answer is the whole ticket as it is now, read as by GET"),
    "POST /tickets/{number}/withdraw": (2, "the account says who may; the answer is the whole ticket as it is now"),
    "a letter that asks for a closure": (3, ""),
    "its code by mail": (3, "claimed, sent, written down: a crash between two sends no mail twice, and loses none"),
    "what became of that mail": (2, "the event names the mail, not the ticket"),
    "a letter that brings the code": (3, "the ticket, its reader's address and the account, twice, decide whose it is"),
    "check": (2, "the account, the hold and the brake are three items"),
    "freeze": (3, "the account, the hold and the brake are looked at again inside"),
    "erase": (7, "of three holders; each checks its run first, and writes into the ledger what it did"),
    "look": (12, "of three holders, twice; each checks its run and its account first, and writes into the ledger"),
    "close": (3, "the ledger and the account are read once more: Closed is said on their evidence alone"),
}
"""How few calls could do it, and why there are more."""


@dataclass(frozen=True, kw_only=True)
class Operation:
    """What its function asked for one of these."""

    name: str
    times: int
    calls: str
    number: int
    write_units: float
    read_units: float


def operations(desk: Desk) -> Iterator[Operation]:
    """Each once, warm: the desk's keys and connections are there already. On a desk without tickets."""
    desk.advance("PT1H")
    yield _shown("sweep, nothing is due", "Sweep", _of(desk, lambda: desk.advance("PT1H")))
    yield from requests(desk)
    yield from _closing(desk)


def requests(desk: Desk) -> Iterator[Operation]:
    """What customers, agents and letters ask. On any desk."""
    for kind in (_by_portal, _by_mail):
        for _ in kind(desk):
            pass  # the first time keys are read, and connections made
        for name, function, counts in kind(desk):
            yield _shown(name, function, counts)


def operations_table(desk: Desk) -> str:
    rows = [
        "| Operation | Calls | Least | Which | Write units | Read units | Why more |",
        "|---|---:|---:|---|---:|---:|---|",
    ]
    rows += [_row(each) for each in operations(desk)]
    return "\n".join(rows)


def _row(it: Operation) -> str:
    least, why = LEAST[it.name]
    name = f"`{it.name}`" if "/" in it.name else it.name
    times = f", {it.times} times" if it.times > 1 else ""
    return (
        f"| {name}{times} | {it.number} | {least} | {it.calls} | {it.write_units:g} | {it.read_units:g} "
        f"| {why if it.number > least else ''} |"
    )


def _shown(name: str, function: str, counts: Counts) -> Operation:
    calls = counts.by_operation(function)
    for once in READ_ONCE:  # a process that is warm has read it; here another function's may have been forgotten
        del calls[once]
    words = ", ".join(f"{n} {what.partition(':')[2]}" for what, n in sorted(calls.items()))
    return Operation(
        name=name,
        times=counts.invocations[function],
        calls=words,
        number=calls.total(),
        write_units=counts.writes[function] / 2,
        read_units=counts.reads[function] / 2,
    )


def _of(desk: Desk, act: Callable[[], object]) -> Counts:
    desk.settle()
    with counted() as counts:
        act()
        desk.settle()
    return counts


Counted = Iterator[tuple[str, str, Counts]]


def _by_portal(desk: Desk) -> Counted:
    account = registered(desk)
    agent, customer = desk.token(sub="an", groups=["desk-agent"]), desk.token(account_id=account)
    said: list[Answer] = []

    def asks(call: str, body: Any = None, token: str = customer, **named: str) -> tuple[str, str, Counts]:
        method, path = call.format(**named).split()
        counts = _of(desk, lambda: said.append(desk.call(method, path, body, token=token)))
        if said[-1].status >= 400:
            raise Unexpected(f"{call}: {said[-1].status}")
        return call, "APIHandler", counts

    fields = {"email": address_of(account), "name": "John Carter", "country": "IE", "language": "vi"}
    yield asks("PUT /accounts/{id}", fields, desk.token(sub="crm", scope="accounts:write"), id=account)
    yield asks("POST /tickets", CLOSURE)
    number = str(said[-1].json["number"])
    yield asks("GET /tickets/{number}", number=number)
    yield asks("GET /tickets")
    yield asks("POST /tickets/{number}/replies", {"text": "Cảm ơn."}, number=number)
    yield asks("GET /desk/tickets", None, agent)
    yield asks("GET /desk/tickets/{number}", None, agent, number=number)
    expected = {"expected_version": said[-1].json["version"]}
    yield asks("POST /desk/tickets/{number}/approve", expected, agent, number=number)
    yield asks("POST /tickets/{number}/withdraw", {}, number=number)


def _by_mail(desk: Desk) -> Counted:
    address = address_of(registered(desk))
    asking = letter(address, "Please close my account and delete my data.")
    counts = _of(desk, lambda: desk.letter(asking, source=address))
    yield "a letter that asks for a closure", "InboundMail", counts
    yield "its code by mail", "TicketStream", counts
    yield "what became of that mail", "MailFeedback", counts
    (mail,) = desk.outbox(address)
    counts = _of(desk, lambda: desk.letter(answer_to(mail, address), source=address))
    yield "a letter that brings the code", "InboundMail", counts


def _closing(desk: Desk) -> Iterator[Operation]:
    """The workflow's own steps, once an approved closure's cooling-off is over."""
    account = registered(desk)
    opened = desk.call("POST", "/tickets", CLOSURE, token=desk.token(account_id=account)).json
    agent = desk.token(sub="an", groups=["desk-agent"])
    path = f"/desk/tickets/{opened['number']}"
    version = desk.call("GET", path, token=agent).json["version"]
    desk.call("POST", f"{path}/approve", {"expected_version": version}, token=agent)
    counts = _of(desk, lambda: desk.advance("P7DT1H"))
    for step in ("Check", "Freeze", "Erase", "Look", "Close"):
        yield _shown(step.lower(), f"Closure{step}", counts)
