"""A closure in each status that a race can meet it in, made in the shortest way; streams stand still meanwhile."""

from chalicelib.proof import proving
from chalicelib.tickets import store
from tests.faults.acts import CLOSURE, FACTS, Case, Status
from tests.faults.world import World
from tests.stories.people import Answer, Json

HOLDERS = ("orders", "files", "account")


def case_in(world: World, status: Status) -> Case:
    account_id = world.new_account()
    number = _opened(world, account_id, status)
    for step in _WAY[status]:
        step(world, number, account_id)
    ticket = store.find(number)
    account = ticket.account or ticket.claims[0]
    return Case(account=account, number=number, status=status, ticket=ticket)


def _opened(world: World, account_id: str, status: Status) -> str:
    if status in ("awaiting_proof", "facts"):
        body, token = CLOSURE | {"account_id": account_id}, world.system("tickets:write")
    else:
        body, token = CLOSURE.copy(), world.customer(account_id)
        if status != "received":
            body["request"] = "account_closure"
    return str(_ok(world.call("POST", "/tickets", body, token=token))["number"])


def _approved(world: World, number: str, _account_id: str) -> None:
    _decided(world, number, "approve")


def _decided(world: World, number: str, what: str) -> None:
    body = {"expected_version": store.find(number).version}
    _ok(world.call("POST", f"/desk/tickets/{number}/{what}", body, token=world.agent("setup")))


def _asked_to_hurry(world: World, number: str, account_id: str) -> None:
    token, path = world.customer(account_id), f"/tickets/{number}/expedite"
    _ok(world.call("POST", path, {}, token=token))
    ticket = store.find(number)
    assert ticket.account
    _ok(world.call("POST", path, {"code": proving.code_for(ticket, ticket.account)}, token=token))


def _expedited(world: World, number: str, _account_id: str) -> None:
    _decided(world, number, "expedite")


def _compared(world: World, number: str, _account_id: str) -> None:
    """One agent found the facts to match; it takes two."""
    body = {"expected_version": store.find(number).version, "matched": FACTS}
    _ok(world.call("POST", f"/desk/tickets/{number}/facts", body, token=world.agent("setup")))


def _code_again(world: World, number: str, account_id: str) -> None:
    """A living code that isn't used: the customer asked to hurry once more."""
    _ok(world.call("POST", f"/tickets/{number}/expedite", {}, token=world.customer(account_id)))


def _frozen(world: World, number: str, _account_id: str) -> None:
    assert world.task("closure_freeze", {"ticket": number, "run": store.find(number).run})["go"]


def _erased(world: World, number: str, _account_id: str) -> None:
    run = store.find(number).run
    for holder in HOLDERS:
        world.task("closure_erase", {"ticket": number, "run": run, "holder": holder})
    for holder in HOLDERS:
        world.task("closure_look", {"ticket": number, "run": run, "holder": holder, "again": True})


def _troubled(world: World, number: str, _account_id: str) -> None:
    run = store.find(number).run
    world.task("closure_trouble", {"ticket": number, "run": run, "error": {"Error": "Boom", "Cause": "{}"}})


_HURRIED = (_approved, _asked_to_hurry, _expedited)
_WAY = {
    "received": (),
    "awaiting_proof": (),
    "facts": (_compared,),
    "in_review": (),
    "scheduled": (_approved, _asked_to_hurry),
    "due": (*_HURRIED, _code_again),
    "closing": (*_HURRIED, _frozen),
    "looked": (*_HURRIED, _frozen, _erased),
    "needs_attention": (*_HURRIED, _frozen, _troubled),
}


def _ok(said: Answer) -> Json:
    assert said.status < 300, said
    return said.body
