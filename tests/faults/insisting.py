"""A desk whose people go on when it fails them: what gets no answer, or a 5xx, is asked again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from chalicelib.accounts import store as accounts
from chalicelib.tickets import store
from chalicelib.tickets.ticket import AccountRef
from infra.local.cloud import LocalCloud
from tests.faults.rules import Promised
from tests.stories.letters import Mailbox, code_in
from tests.stories.people import CLOSURE, Answer, Customer, Desk, Json

TIMES = 6


class GaveUp(AssertionError):
    """It could not be done, however often it was tried."""


class InsistingDesk(Desk):
    """Every call is repeated while the desk fails; a repeat finds what the first one did, or does it."""

    tries = TIMES

    def __init__(self, cloud: LocalCloud) -> None:
        super().__init__(cloud)
        self.now_its_own: Callable[[], None] = lambda: None
        """A story calls this when what it shares with another story is over."""

    def call(self, method: str, path: str, body: Any = None, *, token: str | None = None, **headers: str) -> Answer:
        for _ in range(self.tries):
            answer = super().call(method, path, body, token=token, **headers)
            if answer.status < 500:
                return answer
        raise GaveUp(f"{method} {path}: {answer.status} {answer.raw.decode()}")

    def outbox(self) -> list[Json]:
        """Every mail sent, oldest first."""
        return list(self.panel("GET", "/outbox.json"))

    def register(self, account_id: str, *, status: int = 201, **fields: Any) -> Json:
        answer = self.system("PUT", f"/accounts/{account_id}", fields)
        assert answer.status in (200, status), answer.raw
        return answer.body

    def customer(self, **fields: Any) -> Customer:
        """A customer who reads English, with orders and files, at a domain of their own."""
        number = next(self._numbers)
        said = {"email": f"john@insisting{number}.example", "name": "John Carter", "language": "en", "country": "IE"}
        return super().customer(**(said | fields))


def until(goal: Callable[[], bool], act: Callable[[], object]) -> None:
    """Does it until it is done. A refusal may only mean that the lost answer was a success: the goal tells."""
    for _ in range(TIMES):
        if goal():
            return
        act()
    if not goal():
        raise GaveUp("it was never done")


def timeline(desk: Desk, number: str) -> list[str]:
    """What happened to the ticket, read straight from its table: looking is no step of a story."""
    desk.settle()
    return [each.what for each in store.file_of(number).changes]


def status(desk: Desk, number: str) -> str:
    desk.settle()
    return store.find(number).status


@dataclass(frozen=True, kw_only=True)
class Steps:
    """What a customer's ticket is led through, each step until it is done."""

    desk: Desk
    customer: Customer
    account: AccountRef

    @classmethod
    def of_somebody(cls, desk: InsistingDesk) -> Self:
        """A new customer's."""
        customer = desk.customer()
        found = accounts.look_for(customer.account_id)
        assert found
        account = AccountRef(account_id=found.account_id, generation=found.generation)
        return cls(desk=desk, customer=customer, account=account)

    @property
    def mailbox(self) -> Mailbox:
        return Mailbox(desk=self.desk, address=self.customer.email)

    def promised(self, number: str, ends: str, *kinds: str) -> Promised:
        return Promised(number=number, account=self.account, address=self.customer.email, ends=ends, kinds=kinds)

    def opens(self) -> str:
        """The number of the closure that is asked for on the portal."""
        key = f"once-{self.customer.account_id}"
        answer = self.customer.call("POST", "/tickets", CLOSURE, Idempotency_Key=key)
        assert answer.status in (200, 201, 409), answer.raw
        return str(answer.body["number"])

    def gets_mails(self, many: int) -> list[Json]:
        """So many at least: what the platform's own tries didn't send, the sweep sends."""
        until(lambda: len(self.mailbox.mails()) >= many, lambda: self.desk.advance("PT40M"))
        return self.mailbox.mails()

    def proves(self) -> None:
        """Answers the code's mail with the code."""
        mail = self.gets_mails(1)[0]
        self.mailbox.replies(mail, code_in(mail))

    def does(self, number: str, what: str, body: Json, *, done: str) -> None:
        """The customer's call, made again until the timeline shows it."""
        until(lambda: done in timeline(self.desk, number), lambda: self.customer.does(number, what, body))

    def decides(self, number: str, what: str, *, done: str, **given: Any) -> None:
        """An agent's decision on the version that there is, made again until the timeline shows it."""

        def decide() -> None:
            self.desk.agent().decides(number, what, version=store.find(number).version, **given)

        until(lambda: done in timeline(self.desk, number), decide)

    def approves(self, number: str) -> None:
        self.decides(number, "approve", done="scheduled")
