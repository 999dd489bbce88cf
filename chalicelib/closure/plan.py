"""What the closure workflow may do with a ticket now. Pure."""

from typing import Literal

from chalicelib.tickets.ticket import Ticket

Go = Literal["go", "over", "account_gone", "other_generation"]


def may_go(ticket: Ticket, *, run: int, generation: int | None) -> Go:
    """Whether this run of the workflow goes on. `generation` is that of the account record now, None if there is none.

    `over`: the ticket moved on without this run. The others: the ticket no longer fits the account, an agent must
    look; nothing may be erased (rule 3).
    """
    if ticket.run != run or not ticket.account:
        return "over"
    if ticket.status == "closing":
        return "go"
    if ticket.status != "scheduled" or ticket.is_paused or not (ticket.proof and ticket.word_at and ticket.approved_by):
        return "over"
    if generation is None:
        return "account_gone"
    return "go" if generation == ticket.account.generation else "other_generation"
