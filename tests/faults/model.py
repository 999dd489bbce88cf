"""`python -m tests.faults.model [SECONDS]`: a small model of the desk beside the real one, for five minutes.

hypothesis chooses who does what: customers, agents, letters, other systems, time. After each step statuses, pauses,
accounts and the kinds of notices are as the model says. The model knows no AWS, no streams, no workflow.
"""

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from chalicelib.accounts import store as accounts
from chalicelib.proof import proving
from chalicelib.tickets import store
from tests.faults.acts import CLOSURE, letter_bytes
from tests.faults.world import World, address_of
from tests.stories.people import Answer

SECONDS = 300
EXAMPLES_A_WORLD = 15
PAUSABLE = ("received", "awaiting_proof", "in_review", "scheduled")
DAYS = 9
MUTED_FOR = 30


@dataclass(kw_only=True)
class Ticket:
    """What the model knows of one ticket."""

    number: str
    generation: int
    status: str
    proved: bool = False
    from_portal: bool = True
    has_code: bool = False
    asked: bool = False
    held: bool = False
    stopped: bool = False
    notices: list[str] = field(default_factory=list)

    def told(self, kind: str) -> None:
        """Whoever has proved the account is told of everything."""
        if self.proved:
            self.notices.append(kind)

    def ends(self, status: str) -> None:
        self.status, self.held, self.stopped = status, False, False
        if self.proved or self.has_code or self.from_portal:
            self.notices.append(status)

    def goes_back(self) -> None:
        """Paused: what was scheduled is reviewed again."""
        self.status = "in_review" if self.status == "scheduled" else self.status
        self.told("on_hold")


@dataclass(kw_only=True)
class Account:
    """One account id; `guard` is its one proved (or signed-in) closure, `waits` the ticket that a code went out for."""

    account_id: str
    generation: int = 0
    is_there: bool = True
    is_held: bool = False
    guard: Ticket | None = None
    waits: Ticket | None = None
    code_lives: bool = False
    muted_for: int = 0
    tickets: list[Ticket] = field(default_factory=list)


_worlds: list[World] = []


class DeskAndModel(RuleBasedStateMachine):
    """One account of its own for each example."""

    @initialize()
    def begin(self) -> None:
        self.world = _worlds[-1]
        self.account = Account(account_id=self.world.new_account(has_data=False))

    # ── the customer ────────────────────────────────────────────────────────────────────────────────────────

    @rule(word=st.booleans())
    def asks(self, word: bool) -> None:
        account = self.account
        said = self.as_customer("", CLOSURE | ({"request": "account_closure"} if word else {}))
        waiting = account.waits if account.waits and account.waits.status == "awaiting_proof" else None
        if not account.is_there:
            assert said.status == 404
        elif account.guard:
            assert (said.status, said.code) == (409, "closure_already_open")
        elif word and waiting:
            assert said.status == 200
            self.proves(waiting)
        else:
            assert said.status == 201
            status, kind = ("in_review", "received") if word else ("received", "received_confirm")
            ticket = Ticket(number=said.body["number"], generation=account.generation, status=status, proved=word)
            ticket.notices.append(kind)
            account.tickets.append(ticket)
            account.guard = ticket

    @precondition(lambda self: self.account.tickets)
    @rule(nth=st.integers(0, 5))
    def confirms(self, nth: int) -> None:
        ticket = self.ticket(nth)
        said = self.as_customer(f"/{ticket.number}/confirm")
        if self.is_mine(ticket) and ticket.status == "received":
            assert said.status == 200
            self.proves(ticket)
        else:
            assert said.status in (404, 409)

    @precondition(lambda self: self.account.tickets)
    @rule(nth=st.integers(0, 5))
    def withdraws(self, nth: int) -> None:
        ticket = self.ticket(nth)
        said = self.as_customer(f"/{ticket.number}/withdraw")
        if self.is_mine(ticket) and ticket.status in PAUSABLE:
            assert said.status == 200
            self.ends(ticket, "withdrawn")
        else:
            assert said.status == (200 if self.is_mine(ticket) and ticket.status == "withdrawn" else said.status)
            assert said.status in (200, 404, 409)

    @precondition(lambda self: self.account.tickets)
    @rule(nth=st.integers(0, 5))
    def hurries(self, nth: int) -> None:
        ticket = self.ticket(nth)
        may = self.is_mine(ticket) and ticket.status in ("in_review", "scheduled")
        said = self.as_customer(f"/{ticket.number}/expedite", {})
        assert said.status == 200 if may else said.status in (404, 409)
        if may:
            ticket.notices.append("code_for_expedite")
            now = store.find(ticket.number)
            assert now.account
            code = proving.code_for(now, now.account)
            assert self.as_customer(f"/{ticket.number}/expedite", {"code": code}).status == 200
            ticket.asked = True

    # ── agents ──────────────────────────────────────────────────────────────────────────────────────────────

    @precondition(lambda self: self.account.tickets)
    @rule(nth=st.integers(0, 5), twice=st.booleans())
    def approves(self, nth: int, twice: bool) -> None:
        ticket = self.ticket(nth)
        version = store.find(ticket.number).version
        may = ticket.status == "in_review" and not ticket.held and not self.holds_on(ticket)
        assert (self.decides(ticket, "approve").status == 200) is may
        if may:
            ticket.status, ticket.stopped, ticket.asked = "scheduled", False, False
            ticket.told("scheduled")
        if twice:
            assert self.decides(ticket, "approve", version=version).status == 409

    @precondition(lambda self: self.account.tickets)
    @rule(nth=st.integers(0, 5))
    def rejects(self, nth: int) -> None:
        ticket = self.ticket(nth)
        may = ticket.status in PAUSABLE
        assert (self.decides(ticket, "reject", reason_code="other", reason="x").status == 200) is may
        if may:
            self.ends(ticket, "rejected")

    @precondition(lambda self: self.account.tickets)
    @rule(nth=st.integers(0, 5))
    def holds(self, nth: int) -> None:
        ticket = self.ticket(nth)
        may = ticket.status in PAUSABLE
        review_at = (self.world.cloud.now() + timedelta(days=400)).isoformat(timespec="milliseconds")
        said = self.decides(ticket, "hold", reason="x", review_at=review_at)
        assert (said.status == 200) is may, said
        if may:
            ticket.held = True
            self.account.is_held = self.account.is_held or ticket.generation == self.account.generation
            ticket.goes_back()

    @precondition(lambda self: self.account.tickets)
    @rule(nth=st.integers(0, 5))
    def releases(self, nth: int) -> None:
        ticket = self.ticket(nth)
        may = ticket.status in PAUSABLE and (ticket.held or ticket.stopped or self.holds_on(ticket))
        assert (self.decides(ticket, "release").status == 200) is may
        if may:
            ticket.held = ticket.stopped = False
            if ticket.generation == self.account.generation:
                self.account.is_held = False

    @precondition(lambda self: self.account.tickets)
    @rule(nth=st.integers(0, 5))
    def expedites(self, nth: int) -> None:
        ticket = self.ticket(nth)
        may = ticket.status == "scheduled" and ticket.asked
        assert (self.decides(ticket, "expedite").status == 200) is may
        if may:
            ticket.told("scheduled")
            self.erases(ticket)

    # ── other systems, letters, time ────────────────────────────────────────────────────────────────────────

    @rule()
    def registers(self) -> None:
        said = self.world.register(self.account.account_id)
        assert said.status == (200 if self.account.is_there else 201)
        if not self.account.is_there:
            fresh = Account(account_id=self.account.account_id, generation=self.account.generation + 1)
            fresh.tickets = self.account.tickets
            self.account = fresh

    @precondition(lambda self: self.account.is_there)
    @rule()
    def system_asks(self) -> None:
        account = self.account
        body = CLOSURE | {"account_id": account.account_id}
        said = self.world.call("POST", "/tickets", body, token=self.world.system("tickets:write"))
        if (
            account.waits
            and (account.code_lives or account.muted_for)
            and account.waits.status in (*PAUSABLE, "closing")
        ):
            assert (said.status, said.code) == (409, "closure_already_open")
            return
        assert said.status == 201
        ticket = Ticket(
            number=said.body["number"], generation=account.generation, status="awaiting_proof", from_portal=False
        )
        account.tickets.append(ticket)
        if account.muted_for:
            return  # an agent looks: it names no account
        ticket.has_code = True
        ticket.notices.append("code")
        account.waits, account.code_lives = ticket, True

    @precondition(lambda self: self.account.tickets)
    @rule(nth=st.integers(0, 5), words=st.sampled_from(["STOP", "Rút yêu cầu"]))
    def writes_stop(self, nth: int, words: str) -> None:
        ticket = self.ticket(nth)
        if ticket.generation != self.account.generation or not self.account.is_there or ticket.status not in PAUSABLE:
            return
        self.writes(ticket, words)
        if words != "STOP" and ticket.proved:
            self.ends(ticket, "withdrawn")
        else:
            ticket.stopped = True
            ticket.goes_back()

    @precondition(lambda self: self.account.waits and self.account.is_there)
    @rule()
    def writes_code(self) -> None:
        ticket = self.account.waits
        assert ticket
        if ticket.status != "awaiting_proof":
            return
        now = store.find(ticket.number)
        self.writes(ticket, proving.code_for(now, now.claims[0]))
        if ticket.stopped:
            return
        if self.account.guard:
            ticket.status, ticket.held = "rejected", False  # it ends as a link to the proved one, and tells nobody
        else:
            self.proves(ticket)

    @rule()
    def days_pass(self) -> None:
        self.world.advance(f"P{DAYS}D")
        self.account.code_lives = False
        self.account.muted_for = max(0, self.account.muted_for - DAYS)
        for ticket in self.account.tickets:
            if ticket.status == "awaiting_proof":
                self.ends(ticket, "expired")
            elif ticket.status == "scheduled" and self.holds_on(ticket):
                ticket.stopped = True
                ticket.goes_back()
            elif ticket.status == "scheduled":
                self.erases(ticket)

    # ── what comes of it ────────────────────────────────────────────────────────────────────────────────────

    def proves(self, ticket: Ticket) -> None:
        ticket.status, ticket.proved, ticket.stopped = "in_review", True, False
        ticket.told("verified")
        self.account.guard = ticket

    def ends(self, ticket: Ticket, status: str) -> None:
        ticket.ends(status)
        if self.account.guard is ticket:
            self.account.guard = None

    def erases(self, ticket: Ticket) -> None:
        ticket.told("closing")
        self.ends(ticket, "closed")
        self.account.is_there, self.account.guard = False, None

    def holds_on(self, ticket: Ticket) -> bool:
        """A hold stands on the account; a ticket that names no account knows of none."""
        names_it = ticket.from_portal or ticket.has_code
        return self.account.is_held and ticket.generation == self.account.generation and names_it

    def is_mine(self, ticket: Ticket) -> bool:
        return ticket.generation == self.account.generation and (ticket.from_portal or ticket.proved)

    def ticket(self, nth: int) -> Ticket:
        return self.account.tickets[-1 - nth % len(self.account.tickets)]

    # ── the desk ────────────────────────────────────────────────────────────────────────────────────────────

    def as_customer(self, path: str, body: Any = None) -> Answer:
        token = self.world.customer(self.account.account_id)
        return self.world.call("POST", f"/tickets{path}", body, token=token)

    def decides(self, ticket: Ticket, what: str, *, version: int | None = None, **given: Any) -> Answer:
        body = {"expected_version": version or store.find(ticket.number).version, **given}
        return self.world.call("POST", f"/desk/tickets/{ticket.number}/{what}", body, token=self.world.agent("an"))

    def writes(self, ticket: Ticket, words: str) -> None:
        sender = address_of(self.account.account_id)
        to = proving.reply_address(store.find(ticket.number), "owner" if ticket.proved else "code")
        version = store.find(ticket.number).version
        raw = letter_bytes(self.world, sender, to, words, message_id=f"{ticket.number}.{version}.{words[:2]}")
        self.world.letter(raw, sender=sender, recipient=to)

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.is_as_the_model_says()

    def check_invariants(self, *args: Any, **given: Any) -> None:
        super().check_invariants(*args, **given)
        if hasattr(self, "world"):
            self.is_as_the_model_says()

    def is_as_the_model_says(self) -> None:
        self.world.settle()
        assert (accounts.look_for(self.account.account_id) is not None) is self.account.is_there
        for ticket in self.account.tickets:
            file = store.file_of(ticket.number)
            is_so = (file.ticket.status, file.ticket.held, file.ticket.stopped)
            assert is_so == (ticket.status, ticket.held, ticket.stopped), ticket
            assert [str(each.kind) for each in file.notices] == ticket.notices, ticket


@contextmanager
def world_for_models() -> Iterator[None]:
    with World(PROOF_WITHIN="P1D") as world:
        _worlds.append(world)
        try:
            yield
        finally:
            _worlds.pop()


def play(examples: int, *, steps: int, derandomize: bool) -> None:
    """Raises what hypothesis found, made as short as can be."""
    chosen = settings(
        max_examples=examples, stateful_step_count=steps, derandomize=derandomize, deadline=None, database=None,
        suppress_health_check=list(HealthCheck), phases=(Phase.generate, Phase.shrink), print_blob=False,
    )  # fmt: skip
    with world_for_models():
        run_state_machine_as_test(DeskAndModel, settings=chosen)


def main(arguments: list[str]) -> int:
    logging.disable(logging.CRITICAL)
    until, examples = time.monotonic() + int(arguments[0] if arguments else SECONDS), 0
    while time.monotonic() < until:
        play(EXAMPLES_A_WORLD, steps=20, derandomize=False)
        examples += EXAMPLES_A_WORLD
    print(f"{examples} lives of an account, each of up to 20 steps: the desk was as the model says after each step")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
