"""Costs: the counting reckons as DynamoDB does, and every price says where it is from."""

import json
import tomllib
from collections import Counter
from datetime import date

import pytest

from infra.cost import PAPER, bill, laid_in, read_prices
from infra.cost_stories import Story
from infra.counting import Counts, counted, size
from infra.local.functions import resource_of, running
from infra.template import PROJECT
from tests.infra.small_cloud import SmallCloud, put, table


def test_every_price_has_its_day_and_its_source() -> None:
    prices = tomllib.loads((PROJECT / "infra" / "prices.toml").read_text(encoding="utf-8"))
    del prices["assumed"]
    for name, each in prices.items():
        assert isinstance(each["looked_up"], date), name
        assert (each["usd"] > 0, each["per"] > 0, bool(each["source"]), each["checked"] in (True, False)) == (True,) * 4


def test_the_memory_that_is_reckoned_with_is_that_of_the_functions() -> None:
    config = json.loads((PROJECT / ".chalice" / "config.json").read_text(encoding="utf-8"))
    assert read_prices()[1]["memory_gb"] * 1024 == config["lambda_memory_size"]


def test_a_bill_is_what_was_counted_times_the_price_for_one_of_it() -> None:
    prices, assumed = read_prices()
    counts = Counts(
        calls=Counter({("TicketStream", "sesv2:SendEmail"): 10}), writes=Counter({"TicketStream": 8_000_000})
    )
    found = bill(counts, prices, assumed, Story(name="ten", counts=counts, times=10, alarms=3))
    assert found["SES"] == pytest.approx(prices["mail_out"].usd / prices["mail_out"].per)
    assert found["DynamoDB"] == pytest.approx(0.25)
    assert found["CloudWatch"] == pytest.approx(0.3)


def test_a_table_is_laid_between_its_marks_and_nothing_else_changes() -> None:
    text = PAPER.read_text(encoding="utf-8")
    laid = laid_in(text, "cost", "| new |")
    assert "\n| new |\n<!-- end of cost -->" in laid
    assert laid.partition("<!-- cost")[0] == text.partition("<!-- cost")[0]
    assert laid.partition("<!-- end of cost")[2] == text.partition("<!-- end of cost")[2]


@pytest.mark.parametrize(("item", "expected"), [
    ({"pk": {"S": "a"}}, 3), ({"t": {"S": "ế"}}, 4), ({"n": {"N": "1234"}}, 4), ({"b": {"BOOL": True}}, 2),
    ({"m": {"M": {"ab": {"S": "cd"}}}}, 9), ({"l": {"L": [{"S": "ab"}, {"NULL": True}]}}, 9),
])  # fmt: skip
def test_an_item_weighs_its_names_and_values(item: dict[str, dict[str, object]], expected: int) -> None:
    assert size(item) == expected


def test_a_transaction_costs_twice_and_so_much_for_each_begun_kilobyte(cloud: SmallCloud) -> None:
    import boto3

    table()
    inside = running.set("signoff-dev-Sweep-1")
    dynamodb = boto3.client("dynamodb")
    try:
        with counted() as counts:
            dynamodb.transact_write_items(TransactItems=[put("small"), put("large", text={"S": "x" * 1500})])
            dynamodb.put_item(TableName="desk", Item=put("one")["Put"]["Item"])
            dynamodb.get_item(TableName="desk", Key={"pk": {"S": "large"}, "sk": {"S": "a"}}, ConsistentRead=True)
            dynamodb.get_item(TableName="desk", Key={"pk": {"S": "none"}, "sk": {"S": "a"}})
    finally:
        running.reset(inside)
    assert (counts.write_units, counts.read_units) == (2 * (1 + 2) + 1, 1.5)
    assert counts.calls == Counter({
        ("Sweep", "dynamodb:TransactWriteItems"): 1, ("Sweep", "dynamodb:PutItem"): 1, ("Sweep", "dynamodb:GetItem"): 2,
    })  # fmt: skip
    assert resource_of("signoff-dev-Sweep-1") == "Sweep"
