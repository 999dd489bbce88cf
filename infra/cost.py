"""What it costs: `make cost`, or `python -m infra.cost [--write]`.

Plays closures, letters and idle hours in the local cloud, counts what they ask of AWS (counting.py), and multiplies by
the prices of prices.toml. `--write` lays the tables into docs/cost.md.
"""

import argparse
import re
import sys
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from infra import template
from infra.cost_stories import Story, told
from infra.counting import Counts
from infra.demo_desk import Desk
from infra.local.__main__ import quiet
from infra.local.cloud import LocalCloud
from infra.operations import operations_table

PAPER = template.PROJECT / "docs" / "cost.md"
S3_WRITES = {"s3:PutObject", "s3:ListObjectVersions", "s3:ListObjectsV2", "s3:CopyObject"}
S3_FREE = {"s3:DeleteObject", "s3:DeleteObjects"}


@dataclass(frozen=True, kw_only=True)
class Price:
    usd: float
    per: float

    def of(self, units: float) -> float:
        return self.usd * units / self.per


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="lay the tables into docs/cost.md")
    given = parser.parse_args(arguments)
    quiet()
    tables = {"cost": on_a_new_desk(lambda desk: cost_table(told(desk))), "operations": on_a_new_desk(operations_table)}
    print("\n\n".join(tables.values()))
    if given.write:
        text = PAPER.read_text(encoding="utf-8")
        for name, table in tables.items():
            text = laid_in(text, name, table)
        day = f"{datetime.now(UTC):%Y-%m-%d}"
        PAPER.write_text(re.sub(r"(?<=Counted on )\d{4}-\d\d-\d\d", day, text), encoding="utf-8")
    return 0


def on_a_new_desk(count: Callable[[Desk], str]) -> str:
    """Nobody else's tickets wake there."""
    with LocalCloud() as cloud:
        return count(Desk(url=cloud.desk_url, panel_url=cloud.panel_url, smtp_port=cloud.smtp_port))


def laid_in(text: str, name: str, table: str) -> str:
    """The paper with this table between its marks."""
    begin, end = f"<!-- {name}: make cost WRITE=1 -->", f"<!-- end of {name} -->"
    return text.partition(begin)[0] + f"{begin}\n{table}\n{end}" + text.partition(end)[2]


def cost_table(stories: list[Story]) -> str:
    prices, assumed = read_prices()
    bills = {each.name: bill(each.counts, prices, assumed, each) for each in stories}
    lines = sorted({line for found in bills.values() for line in found})
    rows = ["| US dollars |" + "".join(f" {name} |" for name in bills), "|---|" + "---:|" * len(bills)]
    rows += [f"| {line} |" + "".join(f" {found[line]:.6f} |" for found in bills.values()) for line in lines]
    rows.append("| **altogether** |" + "".join(f" **{sum(found.values()):.4f}** |" for found in bills.values()))
    counts = "; ".join(f"{each.name}: {_in_words(each.counts)}" for each in stories)
    return "\n".join([*rows, "", f"Counted. {counts}."])


def _in_words(counts: Counts) -> str:
    calls = counts.by_operation()
    return (
        f"{calls.total()} calls to AWS, {counts.invocations.total()} invocations, {counts.steps} steps, "
        f"{calls['sesv2:SendEmail']} mails, {counts.write_units:.0f} write and {counts.read_units:.0f} read units"
    )


def read_prices() -> tuple[dict[str, Price], dict[str, float]]:
    """The prices, and what is assumed."""
    found: dict[str, dict[str, Any]] = tomllib.loads(
        (template.PROJECT / "infra" / "prices.toml").read_text(encoding="utf-8")
    )
    assumed = found.pop("assumed")
    return {name: Price(usd=each["usd"], per=each["per"]) for name, each in found.items()}, assumed


def bill(counts: Counts, prices: dict[str, Price], assumed: dict[str, float], story: Story) -> dict[str, float]:
    """Dollars by service, for one of what the story counted so often."""
    calls, invocations = counts.by_operation(), counts.invocations
    ran_s = (calls.total() * assumed["ms_a_call"] + invocations.total() * assumed["ms_an_invocation"]) / 1000
    written = sum(n for name, n in calls.items() if name in S3_WRITES) + invocations["InboundMail"]  # SES lays them
    read = sum(n for name, n in calls.items() if name.startswith("s3:") and name not in S3_WRITES | S3_FREE)
    units: dict[str, list[tuple[str, float]]] = {
        "Lambda": [("lambda_request", invocations.total()), ("lambda_gb_second", ran_s * assumed["memory_gb"])],
        "API Gateway": [("api_request", invocations["APIHandler"])],
        "DynamoDB": [("dynamodb_write_unit", counts.write_units), ("dynamodb_read_unit", counts.read_units)],
        "Step Functions": [("step", counts.steps)],
        "SES": [
            ("mail_out", calls["sesv2:SendEmail"]),
            ("mail_in", invocations["InboundMail"]),
            ("mail_in_chunk", invocations["InboundMail"]),
        ],
        "S3": [("s3_write", written), ("s3_read", read)],
        "SNS, EventBridge": [
            ("sns_publish", calls["sns:Publish"] + invocations["MailFeedback"]),
            ("event", calls["events:PutEvents"] + invocations["Sweep"]),
        ],
        "CloudWatch": [("log_gb", invocations.total() * assumed["log_bytes"] / 1e9)],
        "KMS": [("key_read", calls["ssm:GetParameter"])],
    }
    found = {
        service: sum(prices[name].of(amount) for name, amount in asked) / story.times
        for service, asked in units.items()
    }
    found["CloudWatch"] += prices["alarm_month"].of(story.alarms)
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
