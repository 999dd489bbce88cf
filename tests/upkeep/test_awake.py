"""What the sweep looks at is read page by page, each ticket once, whatever became of those before."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest

from chalicelib.tickets import store
from chalicelib.tickets.store.items import TicketItem
from infra.local.cloud import forget_what_was_made
from infra.template import PROJECT, read_yaml
from tests.environment import ENVIRONMENT, of_a_desk
from tests.examples import START


@pytest.fixture
def table() -> Iterator[None]:
    wanted = read_yaml(PROJECT / "infra" / "foundations.yaml")["Resources"]["Desk"]["Properties"]
    made = ("AttributeDefinitions", "KeySchema", "BillingMode", "GlobalSecondaryIndexes")
    forget_what_was_made()
    with pytest.MonkeyPatch.context() as process, of_a_desk(process):
        untyped: Any = boto3
        described = {name: wanted[name] for name in made}
        untyped.client("dynamodb").create_table(TableName=ENVIRONMENT["DESK_TABLE"], **described)
        yield
    forget_what_was_made()


def test_a_ticket_that_stays_awake_is_given_once_and_one_that_goes_to_sleep_hides_no_other(table: None) -> None:
    tickets = [f"SO-{nth:06}" for nth in range(220)]
    with TicketItem.batch_write() as batch:
        for nth, number in enumerate(tickets):
            at = START + timedelta(seconds=nth)
            item = TicketItem(number, "ticket", version=1, status="in_review", run=0, writing="w", data={})
            item.wake, item.wake_at = "ticket", at
            batch.save(item)
    given = []
    for number in store.awake(START + timedelta(seconds=215)):
        given.append(number)
        if len(given) % 2:
            later = START + timedelta(days=1)
            TicketItem(number, "ticket").update([TicketItem.wake_at.set(later)])
    assert given == tickets[:216]
