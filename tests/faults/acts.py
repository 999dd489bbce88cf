"""What people, agents, letters, systems, the sweep and the workflow can do to one closure.

An act is prepared first, from what its actor sees then (a version, a code), and done later: that is where races come
from. What it did is an `Outcome`, told in the timeline's words.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Literal

from chalicelib.proof import proving
from chalicelib.tickets import store
from chalicelib.tickets.ticket import AccountRef, Ticket
from infra.local.cloud import FunctionFailed
from tests.faults.world import World, address_of
from tests.stories.people import Answer

Status = Literal[
    "received", "awaiting_proof", "facts", "in_review", "scheduled", "due", "closing", "looked", "needs_attention"
]
Role = Literal["first", "second"]
CLOSURE = {
    "product": "other", "category": "technical_support", "subject": "Hủy tài khoản",
    "content": "Tôi muốn hủy tài khoản của tôi.",
}  # fmt: skip
FACTS = ["name", "email", "last_invoice_number"]
"""Enough for one pair of eyes."""
STEPS_TRIED = 3  # the workflow tries more often, but two actors are in each other's way once


@dataclass(frozen=True, kw_only=True)
class Case:
    """One account, its closure in some status, as it stood before the race."""

    account: AccountRef
    number: str
    status: Status
    ticket: Ticket


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """`done`: answered with success; the timeline must hold `what` by `by` for it. `wrong`: what must never happen."""

    act: str
    done: bool
    what: str = ""
    by: str = ""
    told: str = ""
    wrong: str = ""


Prepared = Callable[[], Outcome]
Act = Callable[[World, Case, Role], Prepared]


def _asked(act: str, what: str, by: str, call: Callable[[], Answer]) -> Prepared:
    def do() -> Outcome:
        said = call()
        wrong = f"answered {said.status} {said.body}" if said.status >= 500 else ""
        told = f"{said.status} {said.code or said.body.get('status', '')}"
        return Outcome(act=act, done=said.status < 300, what=what, by=by, told=told, wrong=wrong)

    return do


# ── customers ────────────────────────────────────────────────────────────────────────────────────────────────


def _customer(act: str, what: str, body: Callable[[World, Case], Any] = lambda *_: None) -> Act:
    def prepare(world: World, case: Case, _role: Role) -> Prepared:
        token, given = world.customer(case.account.account_id), body(world, case)
        return _asked(
            act, what, "customer", lambda: world.call("POST", f"/tickets/{case.number}/{act}", given, token=token)
        )

    return prepare


def _code(_world: World, case: Case) -> dict[str, str]:
    return {"code": proving.code_for(case.ticket, case.account)}


def asks_again(world: World, case: Case, _role: Role) -> Prepared:
    """POST /tickets once more: signed in, in so many words."""
    token = world.customer(case.account.account_id)
    body = CLOSURE | {"request": "account_closure"}
    what = "proved" if case.status == "awaiting_proof" else ""
    ask = _asked("asks-again", what, "customer", lambda: world.call("POST", "/tickets", body, token=token))

    def do() -> Outcome:
        outcome = ask()
        return replace(outcome, what="") if outcome.told.startswith("201") else outcome  # a ticket of its own

    return do


# ── agents ───────────────────────────────────────────────────────────────────────────────────────────────────


def _agent(act: str, what: str, **given: Any) -> Act:
    def prepare(world: World, case: Case, role: Role) -> Prepared:
        token = world.agent(role)
        body: dict[str, Any] = {"expected_version": case.ticket.version, **given}
        if act == "hold":
            body |= {"review_at": (world.cloud.now() + timedelta(days=400)).isoformat(timespec="milliseconds")}
        path = f"/desk/tickets/{case.number}/{act}"
        return _asked(act, what, f"agent:{role}", lambda: world.call("POST", path, body, token=token))

    return prepare


# ── letters ──────────────────────────────────────────────────────────────────────────────────────────────────


def letter_bytes(world: World, sender: str, to: str, words: str, *, message_id: str) -> bytes:
    lines = {
        "From": sender, "To": to, "Subject": "Re: Huy tai khoan", "Message-ID": f"<{message_id}@letters.example>",
        "Date": world.cloud.now().strftime("%a, %d %b %Y %H:%M:%S +0000"), "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
    }  # fmt: skip
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{head}\r\n{words}\r\n".encode()


def _letter(act: str, words: Callable[[World, Case], str], **verdicts: str) -> Act:
    """An answer of the address on file to a mail of ours, at that mail's signed address."""

    def prepare(world: World, case: Case, role: Role) -> Prepared:
        sender = address_of(case.account.account_id)
        to = proving.reply_address(case.ticket, "owner" if case.ticket.proof else "code")
        raw = letter_bytes(world, sender, to, words(world, case), message_id=f"{case.number}.{act}.{role}")

        def do() -> Outcome:
            try:
                ses_id = world.letter(raw, sender=sender, recipient=to, **verdicts)
            except FunctionFailed as failed:
                return Outcome(act=act, done=False, wrong=f"the letter is lost: {failed}"[:300])
            letters = store.file_of(case.number).letters
            causes = [str(each.cause) for each in letters if ses_id in each.sk]
            return Outcome(act=act, done=causes == ["stop"], told=f"letter {causes}")

        return do

    return prepare


# ── other systems ────────────────────────────────────────────────────────────────────────────────────────────


def new_address(world: World, case: Case, _role: Role) -> Prepared:
    """PUT /accounts with another address; of an account that was erased it is a new registration."""
    email = f"new@{case.account.account_id}.example"
    token = world.system("accounts:write")
    body = {"email": email, "name": "Lan", "country": "VN", "language": "vi"}
    path = f"/accounts/{case.account.account_id}"
    return _asked("new-address", "", "", lambda: world.call("PUT", path, body, token=token))


def system_asks(world: World, case: Case, _role: Role) -> Prepared:
    body = CLOSURE | {"account_id": case.account.account_id}
    token = world.system("tickets:write")
    return _asked("system-asks", "", "", lambda: world.call("POST", "/tickets", body, token=token))


# ── the desk's own ───────────────────────────────────────────────────────────────────────────────────────────


def _task(act: str, name: str, **event: Any) -> Act:
    """A task of the workflow: what it raises is tried again, as the workflow would, unless its run is over."""

    def prepare(world: World, case: Case, _role: Role) -> Prepared:
        given = {"ticket": case.number, "run": case.ticket.run, **event}

        def do() -> Outcome:
            for tried in range(STEPS_TRIED):
                try:
                    said = world.task(name, given)
                    return Outcome(act=act, done=True, told=f"{said}")
                except FunctionFailed as failed:
                    told = str(failed)[:400]
                    if any(each in told for each in ("RunIsOver", "NotLookedAgain", "StillThere", "not frozen")):
                        return Outcome(act=act, done=False, told=told[:80])
                    if tried == STEPS_TRIED - 1:
                        return Outcome(act=act, done=False, wrong=f"failed {STEPS_TRIED} times: {told}")
            raise AssertionError

        return do

    return prepare


def _stream(act: str, name: str) -> Act:
    """The stream's records of this ticket's last change, handed over now."""

    def prepare(world: World, case: Case, _role: Role) -> Prepared:
        image = {"pk": {"S": case.number}, "sk": {"S": f"change#{case.ticket.version:06}"}}
        if name == "closure_runs":
            image |= {"runs": {"S": "start"}, "run": {"N": str(case.ticket.run)}}
        keys = {"pk": {"S": case.number}}
        event = {"Records": [{"dynamodb": {"Keys": keys, "NewImage": image, "SequenceNumber": "1"}}]}

        def do() -> Outcome:
            said = world.task(name, event)
            return Outcome(act=act, done=not said["batchItemFailures"], told=str(said))

        return do

    return prepare


def _sweep(act: str, ahead: timedelta) -> Act:
    def prepare(world: World, case: Case, _role: Role) -> Prepared:
        def do() -> Outcome:
            try:
                world.sweeps(case.number, ahead=ahead)
            except Exception as error:  # one ticket's trouble: the next sweep comes within the hour
                return Outcome(act=act, done=False, told=type(error).__name__)
            return Outcome(act=act, done=True)

        return do

    return prepare


ACTS: dict[str, tuple[tuple[Status, ...], Act]] = {
    "withdraw": (("received", "in_review", "scheduled", "due", "closing"), _customer("withdraw", "withdrawn")),
    "confirm": (("received", "in_review"), _customer("confirm", "proved")),
    "reply": (
        ("received", "in_review", "scheduled", "due", "closing"),
        _customer("replies", "replied", lambda *_: {"text": "Còn gì nữa không?"}),
    ),
    "hurry": (("in_review", "scheduled", "due"), _customer("expedite", "", lambda *_: {})),
    "hurry-code": (("due",), _customer("expedite", "expedite_asked", _code)),
    "asks-again": (
        ("received", "awaiting_proof", "facts", "in_review", "scheduled", "due", "closing", "looked"),
        asks_again,
    ),
    "approve": (("received", "awaiting_proof", "in_review", "scheduled"), _agent("approve", "scheduled")),
    "reject": (
        ("received", "awaiting_proof", "facts", "in_review", "scheduled", "due", "closing"),
        _agent("reject", "rejected", reason_code="other", reason="Không được."),
    ),
    "hold": (
        ("received", "awaiting_proof", "facts", "in_review", "scheduled", "due", "closing"),
        _agent("hold", "held", reason="Đang tranh chấp."),
    ),
    "release": (("in_review", "scheduled"), _agent("release", "released")),
    "expedite": (("scheduled", "due"), _agent("expedite", "expedited")),
    "extend": (("in_review", "closing"), _agent("extend", "extended", reason="Cần thêm thời gian.")),
    "retry": (("closing", "needs_attention"), _agent("retry", "retried")),
    "correct": (("received", "in_review", "awaiting_proof", "facts"), _agent("correct", "corrected", kind="support")),
    "assign": (("in_review", "due", "closing", "looked", "needs_attention"), _agent("assign", "assigned", to="an")),
    "send-code": (("awaiting_proof", "facts"), _agent("send-code", "code_sent")),
    "facts": (("awaiting_proof", "facts"), _agent("facts", "facts_recorded", matched=FACTS)),
    "letter-stop": (
        ("received", "awaiting_proof", "facts", "in_review", "scheduled", "due", "closing"),
        _letter("letter-stop", lambda *_: "STOP", dmarc="GRAY", spf="GRAY", dkim="GRAY"),
    ),
    "letter-not-me": (
        ("awaiting_proof", "facts", "in_review", "scheduled", "due"),
        _letter("letter-not-me", lambda *_: "KHÔNG PHẢI TÔI"),
    ),
    "letter-withdraw": (
        ("awaiting_proof", "in_review", "scheduled", "due", "closing"),
        _letter("letter-withdraw", lambda *_: "Rút yêu cầu"),
    ),
    "letter-code": (
        (
            "awaiting_proof",
            "facts",
        ),
        _letter("letter-code", lambda world, case: _code(world, case)["code"]),
    ),
    "new-address": (
        (
            "received",
            "awaiting_proof",
            "facts",
            "in_review",
            "scheduled",
            "due",
            "closing",
            "looked",
            "needs_attention",
        ),
        new_address,
    ),
    "system-asks": (("received", "awaiting_proof", "in_review", "due", "looked"), system_asks),
    "sweep": (
        ("received", "awaiting_proof", "in_review", "scheduled", "due", "closing", "looked", "needs_attention"),
        _sweep("sweep", timedelta()),
    ),
    "sweep-late": (
        ("awaiting_proof", "facts", "scheduled", "due", "closing"),
        _sweep("sweep-late", timedelta(days=3, hours=1)),
    ),
    "sweep-reminds": (
        (
            "awaiting_proof",
            "facts",
        ),
        _sweep("sweep-reminds", timedelta(days=2, hours=1)),
    ),
    "check": (("scheduled", "due", "closing"), _task("check", "closure_check", when="after")),
    "freeze": (("due", "closing"), _task("freeze", "closure_freeze")),
    "erase-orders": (("closing", "looked"), _task("erase-orders", "closure_erase", holder="orders")),
    "erase-account": (("closing", "looked"), _task("erase-account", "closure_erase", holder="account")),
    "look-again": (("closing", "looked"), _task("look-again", "closure_look", holder="orders", again=True)),
    "close": (("closing", "looked"), _task("close", "closure_close")),
    "trouble": (("closing", "looked"), _task("trouble", "closure_trouble", error={"Error": "Boom", "Cause": "{}"})),
    "stream": (
        ("received", "awaiting_proof", "in_review", "scheduled", "due", "closing", "looked", "needs_attention"),
        _stream("stream", "ticket_stream"),
    ),
    "runs": (("scheduled", "due", "closing"), _stream("runs", "closure_runs")),
}
"""By name: in which statuses it can meet another act, and how it is prepared."""

ONLY_HERE: dict[Status, set[str]] = {
    "facts": {"facts"},
    "due": {"freeze", "check", "hurry-code", "sweep-late"},
    "looked": {"close", "erase-account", "look-again", "trouble"},
}
"""A status that differs from one before it (`awaiting_proof`, `scheduled`, `closing`) by what can happen only here: one
of these is in each pair."""
