"""The brake, for admins: see whether closures are held back, and let them go on."""

from typing import Annotated

from msgspec import Meta

from chalicelib.answers import Answer, View
from chalicelib.calls import ADMIN, AGENT, Call, Calls
from chalicelib.language import N_
from chalicelib.reading import Input, Instant, WrongField, WrongFields
from chalicelib.settings import settings
from chalicelib.tickets.store import guards

calls = Calls(__name__)
NOT_TRUE = N_("This must be true.")


class Released(Input, frozen=True, kw_only=True):
    """`released` is true: nothing else can be asked for."""

    released: Annotated[bool, Meta(extra_json_schema={"const": True})]

    def __post_init__(self) -> None:
        if not self.released:
            raise WrongFields(WrongField(name="released", sentence=NOT_TRUE))


class Brake(View, frozen=True, kw_only=True):
    """`since` is when more than `closures_per_hour` would have begun within an hour; null: the brake is off."""

    since: Instant | None
    closures_per_hour: int


@calls.get("/desk/brake", who=AGENT, answers={200: Brake}, says="See the brake")
def see_brake(_: Call[None]) -> Answer:
    return Answer(200, Brake(since=guards.braked_since(), closures_per_hour=settings().closures_per_hour))


@calls.post("/desk/brake", who=ADMIN, takes=Released, answers={200: Brake}, says="Release the brake")
def release_brake(_: Call[Released]) -> Answer:
    """What was held back begins with the next sweep."""
    guards.release_brake()
    return Answer(200, Brake(since=None, closures_per_hour=settings().closures_per_hour))
