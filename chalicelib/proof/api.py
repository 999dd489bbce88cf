"""Asking to hurry: the one call of a signed-in customer that needs a code."""

from typing import Annotated

from msgspec import Meta

from chalicelib.answers import Answer
from chalicelib.calls import CUSTOMER, Call, Calls
from chalicelib.problems import CodeRefused, NotNow
from chalicelib.proof import proving
from chalicelib.reading import Input, Line
from chalicelib.tickets import deciding
from chalicelib.tickets.api import IDS, as_now, mine
from chalicelib.tickets.views import TicketView

calls = Calls(__name__)


class ExpediteCode(Input, frozen=True, kw_only=True):
    """Without `code` a fresh one is sent to the address on file; with it the wish is on record."""

    code: Annotated[Line, Meta(max_length=40)] | None = None


@calls.post(
    "/tickets/{id}/expedite", who=CUSTOMER, takes=ExpediteCode, answers={200: TicketView},
    says="Ask for the closure without waiting", ids=IDS, refuses=(NotNow, CodeRefused),
)  # fmt: skip
def expedite(call: Call[ExpediteCode]) -> Answer:
    """Without a code a fresh one is mailed to the address on file; with it an agent may end the cooling-off."""
    ticket = mine(call)
    if call.given.code is None:
        return as_now(call, deciding.ask_to_expedite(ticket, by="customer"))
    if not ticket.code or ticket.code.aim != "expedite":
        raise CodeRefused()
    return as_now(call, proving.try_code(ticket, call.given.code, by="customer"))
