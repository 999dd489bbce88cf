"""`python -m tests.faults.restarts [TURNS]`: kill -9 all over the two cases of the guide, and nothing is lost.

Plays both cases, and a request that is withdrawn, against a desk on tables and a folder that stay. Again and again the
whole process dies at a call that writes: right after it was answered, before anyone heard of it. It is started again,
whoever got no answer asks again, and time passes. In the end every rule must hold, and every ticket must have ended as
promised; what did not is printed, and makes the exit status 1.
"""

import sys
import tempfile
import time
from pathlib import Path

from infra import ministack
from infra.second_dynamodb import served
from tests.faults import rules
from tests.faults.house import House, a_house
from tests.faults.insisting import Steps, status, until
from tests.stories.letters import CLOSE

EVERY = 41
"""So many calls that write are a life; each turn begins with a shorter one, so that deaths fall elsewhere."""
PROMISED = ("scheduled", "reminder_cooling_off", "closing", "closed")
AN_END = 20
"""More quarters of a day than what a crash leaves behind takes, after the cooling-off."""


def play(house: House) -> list[str]:
    """Three people's requests, side by side in the same lives, by whatever deaths they meet: what doesn't hold of the
    rules, and of what was promised."""
    lan, john, minh = (Steps.of_somebody(house) for _ in range(3))
    lans, minhs = lan.opens(), minh.opens()
    john.mailbox.writes(CLOSE)
    john.proves()
    johns = john.mailbox.ticket()
    for steps, number in ((lan, lans), (john, johns), (minh, minhs)):
        steps.approves(number)
    minh.does(minhs, "withdraw", {}, done="withdrawn")
    _time_passes(house, (lans, johns, minhs))
    house.rests()
    stories = (
        lan.promised(lans, "closed", "received", *PROMISED),
        john.promised(johns, "closed", "code", "verified", *PROMISED),
        minh.promised(minhs, "withdrawn", "received", "scheduled", "withdrawn"),
    )
    house.settle()
    outbox, lost = house.outbox(), [each.name for each in (house.data / "events").glob("[!.]*")]
    return [
        *(why for each in stories for why in rules.broken_in(house, each, outbox, fates=FATES)),
        *(f"rule 7: a letter lies in quarantine: {each}" for each in house.state()["quarantine"]),
        *(f"{rules.GIVEN_UP}: {each}" for each in lost),
    ]


FATES = ("delivered", "sent")
"""An event of SES that tells what became of a mail dies with the process, on this machine."""


def _time_passes(house: House, numbers: tuple[str, ...]) -> None:
    """Until nothing is open; agents try again what the sweep found dead. At last nobody dies any more: a closing begins
    anew with each retry, and could need more calls than a life has."""
    for nth, by in enumerate(("P9D", *["PT6H"] * AN_END)):
        if nth == AN_END // 4:
            house.rests()
        house.advance(by)
        for number in numbers:
            _is_tried_again(house, number)
        if all(status(house, each) in ("closed", "withdrawn") for each in numbers):
            house.advance("PT2H")  # the sweep sends what was left
            return


def _is_tried_again(house: House, number: str) -> None:
    until(
        lambda: status(house, number) != "needs_attention",
        lambda: house.agent().decides(number, "retry"),
    )


def main(arguments: list[str]) -> int:
    turns = int(arguments[0]) if arguments else 6
    broken, repeats, began = 0, 0, time.monotonic()
    ministack.make_environment()
    with tempfile.TemporaryDirectory() as folder, served() as endpoint, a_house(Path(folder), endpoint) as house:
        for turn in range(turns):
            deaths, house.every = house.deaths, EVERY
            house.dies_at("*", "*", 1 + turn * EVERY // turns)
            told = play(house)
            found = [each for each in told if rules.AGAIN not in each]
            broken, repeats = broken + len(found), repeats + len(told) - len(found)
            print(f"turn {turn + 1}: {house.deaths - deaths} deaths, broken: {found or 'nothing'}", flush=True)
    print(
        f"{turns} turns of three requests, {house.deaths} processes killed, {broken} promises broken, "
        f"{repeats} mails twice (each time the death lay between handing over and writing down), "
        f"{time.monotonic() - began:.0f} s"
    )
    return 1 if broken or not house.deaths else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
