"""How the desk bears a flood: `python -m infra.flood 10000` takes in that many letters of one stranger, and counts.

The letters are laid in the bucket and taken in one by one in this process; the stream and the notices run as ever.
moto grows slower with every ticket: ten thousand letters take long, a thousand show the same.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from infra.local.clients import client
from infra.local.cloud import LocalCloud

STRANGER = "eve@stranger.example"
AN_HOUR, A_DAY = 3, 10  # MAIL.md: automatic mails to an address that is not an account's


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What became of the flood. `recorded` are letters that lie beside a ticket, each once."""

    letters: int
    recorded: int
    answers: int
    most_an_hour: int
    most_a_day: int
    seconds: float

    @property
    def is_borne(self) -> bool:
        return self.recorded == self.letters and self.most_an_hour <= AN_HOUR and self.most_a_day <= A_DAY


def flood(cloud: LocalCloud, letters: int, *, hours: int) -> Figures:
    """Takes in the letters, spread over so many hours of the desk's time."""
    began = time.monotonic()
    taken: set[str] = set()
    for hour in range(hours):
        for nth in range(hour * letters // hours, (hour + 1) * letters // hours):
            taken.add(_take_in(cloud, nth))
        cloud.advance(timedelta(hours=1))
    mails = [mail["at"] for mail in cloud.outbox(STRANGER)]
    return Figures(
        letters=letters, recorded=_recorded(taken), answers=len(mails), most_an_hour=_most(at[:13] for at in mails),
        most_a_day=_most(at[:10] for at in mails), seconds=round(time.monotonic() - began, 1),
    )  # fmt: skip


def _take_in(cloud: LocalCloud, nth: int) -> str:
    from chalicelib.letters import intake
    from chalicelib.letters.arrival import Arrival
    from chalicelib.letters.kinds import Verdicts
    from chalicelib.settings import settings

    ses_id, to = f"flood{nth:09}", settings().support_address
    head = f"From: {STRANGER}\r\nTo: {to}\r\nSubject: Close my account {nth}\r\nMessage-ID: <{ses_id}@x>\r\n"
    raw = f"{head}\r\nPlease close my account.\r\n".encode()
    client("s3").put_object(Bucket=settings().letters_bucket, Key=f"raw/{ses_id}", Body=raw)
    sure = Verdicts(spam="PASS", virus="PASS", spf="PASS", dkim="PASS", dmarc="PASS")
    intake.take_in(
        Arrival(
            ses_id=ses_id, key=f"raw/{ses_id}", at=cloud.now(), verdicts=sure, recipients=(to,), source=STRANGER,
        )
    )  # fmt: skip
    return ses_id


def _recorded(taken: set[str]) -> int:
    from chalicelib.settings import settings

    pages = client("dynamodb").get_paginator("scan").paginate(TableName=settings().desk_table)
    places = [item["sk"]["S"].removeprefix("letter#") for page in pages for item in page["Items"]]
    return sum(1 for place in places if place in taken)


def _most(times: Iterable[str]) -> int:
    return max(Counter(times).values(), default=0)


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("letters", type=int, nargs="?", default=1_000)
    asked.add_argument("--hours", type=int, default=6, help="of the desk's time, over which they come")
    given = asked.parse_args()
    with LocalCloud(seeds=False) as cloud:
        found = flood(cloud, given.letters, hours=given.hours)
    for name, value in vars(found).items():
        print(f"{name.replace('_', ' '):14} {value}")
    return 0 if found.is_borne else 1


if __name__ == "__main__":
    sys.exit(main())
