"""The brake, for admins: see whether closures are held back, and let them go on."""

from typing import Literal

from chalicelib.answers import Answer, Time, View
from chalicelib.calls import ADMIN, AGENT, Call, Calls
from chalicelib.reading import Input
from chalicelib.settings import settings
from chalicelib.tickets.store import guards

calls = Calls(__name__)


class Released(Input):
    released: Literal[True]


class Brake(View):
    """`since` is when more than `closures_per_hour` would have begun within an hour; null: the brake is off."""

    since: Time | None
    closures_per_hour: int


@calls.get("/desk/brake", who=AGENT, answers={200: Brake}, says="See the brake")
def see_brake(_: Call[None]) -> Answer:
    return Answer(200, Brake(since=guards.braked_since(), closures_per_hour=settings().closures_per_hour))


@calls.post("/desk/brake", who=ADMIN, takes=Released, answers={200: Brake}, says="Release the brake")
def release_brake(_: Call[Released]) -> Answer:
    """What was held back begins with the next sweep."""
    guards.release_brake()
    return Answer(200, Brake(since=None, closures_per_hour=settings().closures_per_hour))
