"""The stories that are played again and again, each time with a fault at another call.

Each gives what must have come of it: how the ticket ends, and which notices its reader has got, in order.
"""

from collections.abc import Callable
from datetime import timedelta

from chalicelib.tickets import store
from chalicelib.tickets.opening import asker_hash
from tests.faults.insisting import InsistingDesk, Steps, status, until
from tests.faults.rules import Promised
from tests.stories.letters import CLOSE, Mailbox, code_in, has_code, stranger

SETTINGS = {"COOLING_OFF": "PT1H", "LOOK_AGAIN_FOR": "PT0S", "CLOSURES_PER_HOUR": "10000", "COMPANY": "Signoff, faulty"}

ERASE_TRIES = 9
"""How often the workflow tries to erase before it calls for an agent."""


Story = Callable[[InsistingDesk], Promised]


def by_portal(desk: InsistingDesk) -> Promised:
    steps, number = _asked(desk)
    steps.approves(number)
    desk.advance("PT2H")
    return steps.promised(number, "closed", "received", "scheduled", "closing", "closed")


def by_mail(desk: InsistingDesk) -> Promised:
    steps, number = _written(desk)
    steps.proves()
    steps.approves(number)
    desk.advance("PT2H")
    return steps.promised(number, "closed", "code", "verified", "scheduled", "closing", "closed")


def withdrawn(desk: InsistingDesk) -> Promised:
    steps, number = _asked(desk)
    steps.approves(number)
    desk.now_its_own()
    steps.does(number, "withdraw", {}, done="withdrawn")
    desk.advance("PT2H")
    return steps.promised(number, "withdrawn", "received", "scheduled", "withdrawn")


def expedited(desk: InsistingDesk) -> Promised:
    steps, number = _asked(desk)
    steps.approves(number)
    desk.now_its_own()
    steps.does(number, "expedite", {}, done="code_sent")
    code = next(code_in(mail) for mail in reversed(steps.gets_mails(3)) if has_code(mail))
    kinds: tuple[str, ...] = ("received", "scheduled", "code_for_expedite", "closing", "closed")
    if status(desk, number) == "scheduled":  # else that mail came so late that the cooling-off was over
        steps.does(number, "expedite", {"code": code}, done="expedite_asked")
        steps.decides(number, "expedite", done="expedited")
        kinds = ("received", "scheduled", "code_for_expedite", "scheduled", "closing", "closed")
    return steps.promised(number, "closed", *kinds)


def rejected(desk: InsistingDesk) -> Promised:
    steps, number = _asked(desk)
    desk.now_its_own()
    steps.decides(number, "reject", done="rejected", reason_code="other", reason="No.")
    return steps.promised(number, "rejected", "received", "rejected")


def expired(desk: InsistingDesk) -> Promised:
    steps, number = _written(desk)
    desk.now_its_own()
    desk.cloud.advance(
        "P8D", step=timedelta(hours=12)
    )  # by the day the reminder's code wouldn't live to a second sweep
    return steps.promised(number, "expired", "code", "reminder_proof", "expired")


def retried(desk: InsistingDesk) -> Promised:
    """A holder refuses until all of the workflow's own tries are used up; then an agent tries again."""
    steps, number = _asked(desk)
    desk.fault("s3", "DeleteObjects", "deny", times=ERASE_TRIES)
    steps.approves(number)
    desk.now_its_own()
    desk.advance("PT3H")
    until(lambda: status(desk, number) != "closing", lambda: desk.advance("PT1H"))
    if status(desk, number) == "needs_attention":  # not if the holder did it, and only its answer was lost
        steps.decides(number, "retry", done="retried")
    return steps.promised(number, "closed", "received", "scheduled", "closing", "closed")


def released(desk: InsistingDesk) -> Promised:
    """A letter that looked like spam; an agent reads it, and makes it a ticket."""
    eve, agent = stranger(desk), desk.agent()
    ses_id = eve.writes(CLOSE, how={"spam": "FAIL"})
    until(lambda: bool(_numbers(eve)), lambda: agent.call("POST", f"/desk/quarantine/{ses_id}/release"))
    number = _numbers(eve)[0]
    return Promised(number=number, account=None, address=eve.address, ends="awaiting_proof", kinds=("acknowledged",))


def _asked(desk: InsistingDesk) -> tuple[Steps, str]:
    """A customer, and the ticket opened on the portal."""
    steps = Steps.of_somebody(desk)
    return steps, steps.opens()


def _written(desk: InsistingDesk) -> tuple[Steps, str]:
    """A customer, and the ticket opened by a letter."""
    steps = Steps.of_somebody(desk)
    steps.mailbox.writes(CLOSE)
    return steps, _numbers(steps.mailbox)[0]


def _numbers(mailbox: Mailbox) -> list[str]:
    """The tickets that were opened from this address, read straight from their table."""
    tickets, _ = store.of(asker_hash(mailbox.address), limit=10)
    return [each.number for each in tickets]


STORIES: dict[str, Story] = {
    "closed by portal": by_portal,
    "closed by mail": by_mail,
    "withdrawn": withdrawn,
    "expedited": expedited,
    "rejected": rejected,
    "expired": expired,
    "retried": retried,
    "released from quarantine": released,
}
