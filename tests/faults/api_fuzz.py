"""`python -m tests.faults.api_fuzz`: every role asks every operation, for four minutes; exits 1 if one breaks."""

import logging
import os
import sys
import time

from infra.local.cloud import LocalCloud
from tests.faults.fuzzing import EXCUSES, SETTINGS, Depth, Figures, fuzz, table, tokens
from tests.stories.people import Desk

LONG = Depth(examples=6, chains=12, coverage=True)


def main() -> int:
    """Prints what broke as it breaks, and the figures last."""
    logging.disable(logging.WARNING)
    began = time.monotonic()
    with LocalCloud(settings=SETTINGS, seeds=False) as cloud:
        os.environ["AWS_MAX_ATTEMPTS"] = "1"
        desk = Desk(cloud)
        rows = [_told(fuzz(desk, role, token, LONG)) for role, token in tokens(desk).items()]
        desk.settle()
        unlawful = cloud.permissions.refused
    print("\n".join(f"refused by IAM: {each}" for each in unlawful))
    print("Excused: requests that fit the description and are rightly refused:")
    print("\n".join(f"  {', '.join(each.operations)}: {each.why}" for each in EXCUSES))
    print("\n".join(table(rows)))
    broken = sum(len(each.broken) for each in rows) + len(unlawful)
    print(f"{sum(each.requests for each in rows):,} requests in {time.monotonic() - began:.0f} s, {broken} broken")
    return 1 if broken else 0


def _told(figures: Figures) -> Figures:
    for each in figures.broken:
        print(f"{figures.role}: {each}", flush=True)
    return figures


if __name__ == "__main__":
    sys.exit(main())
