"""What takes too long for each change, on two processes: `make soak`. Every figure is printed last.

Each of these is a program of its own, which exits non-zero when a rule broke. Of the faults at every call each fourth
is played: all of them take the better part of an hour (`python -m tests.faults.crash_points`).
"""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

JOBS = (
    "tests.faults.races",
    *(f"tests.faults.crash_points --every 4 --part {nth}/2" for nth in (1, 2)),
    "tests.faults.model",
    "tests.faults.api_fuzz",
    "tests.faults.restarts 1",
)
AT_ONCE = 2


def run(job: str) -> tuple[int, str]:
    """Its exit status, and what it said."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", *job.split()], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    print(f"── {job}: {time.monotonic() - began:.0f} s, exits {done.returncode}\n{done.stdout}", flush=True)
    return done.returncode, done.stdout.strip().rpartition("\n")[2]


def main() -> int:
    began = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as both:
        ended = list(both.map(run, JOBS))
    print(f"── after {(time.monotonic() - began) / 60:.0f} min")
    for job, (status, last) in zip(JOBS, ended, strict=True):
        print(f"{'ok    ' if status == 0 else 'BROKEN'} {job}: {last}")
    return max(status for status, _ in ended)


if __name__ == "__main__":
    sys.exit(main())
