"""How fast, and in how much memory, accounts are imported: `python -m infra.measure_import [ACCOUNTS]`.

The import runs in a process of its own, and reaches its table over HTTP as it would on AWS; the table is moto's, in
another process, so that what it keeps is not counted. Given is the memory after a tenth and after all of the file.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3

from infra import template
from infra.local.door import open_door
from infra.local.where import REGION

TABLE = "accounts"
_KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": REGION}


def serve() -> None:
    """moto's DynamoDB on a free port of this machine, whose address is printed."""
    os.environ.update(_KEYS)
    with open_door() as opened:
        wanted = template.read_yaml(template.PROJECT / "infra" / "foundations.yaml")["Resources"]["Accounts"]
        made = {name: wanted["Properties"][name] for name in ("AttributeDefinitions", "KeySchema", "BillingMode")}
        indexes = wanted["Properties"]["GlobalSecondaryIndexes"]
        boto3.client("dynamodb").create_table(TableName=TABLE, GlobalSecondaryIndexes=indexes, **made)
        print(opened["AWS_ENDPOINT_URL_DYNAMODB"], flush=True)
        threading.Event().wait()  # until it is killed


@contextmanager
def table_apart() -> Iterator[dict[str, str]]:
    """A table of accounts in a process of its own, and the environment of a desk that uses it."""
    command = [sys.executable, "-c", "from infra.measure_import import serve; serve()"]
    with subprocess.Popen(command, cwd=template.PROJECT, stdout=subprocess.PIPE, text=True) as server:
        try:
            address = (server.stdout or sys.stdin).readline().strip()
            yield _KEYS | {
                "AWS_ENDPOINT_URL_DYNAMODB": address,
                "PUBLIC_URL": "https://desk.example",
                "SUPPORT_ADDRESS": "support@desk.example",
                "ACCOUNTS_TABLE": TABLE,
                "DESK_TABLE": "desk",
                "LETTERS_BUCKET": "letters",
                "CLOSURE_WORKFLOW": "arn:aws:states:eu-west-1:123456789012:stateMachine:closure",
                "KEYS_PARAMETER": "/signoff/keys",
                "RECEIPT_KEYS_PARAMETER": "/signoff/receipt-keys",
                "ISSUER": "https://issuer.example",
            }
        finally:
            server.kill()


def write_accounts(path: Path, count: int) -> None:
    """A CSV of so many customers, none like the other."""
    with path.open("w", encoding="utf-8") as file:
        file.write("account_id,email,name,phone,company,country,language,attributes.last_invoice_number\n")
        for number in range(count):
            file.write(f"acc-{number},khach{number}@khach.example,Nguyễn Thị Lan {number},+84 90 {number:07},")
            file.write(f'"Công ty Hoa Sen, chi nhánh {number}",VN,vi,HD-{number}\n')


def import_measured(path: Path) -> dict[str, Any]:
    """Imports the file in this process, and says how long it took and how its memory grew."""
    from infra.import_accounts import import_file

    began, busy, size, early = time.perf_counter(), time.process_time(), path.stat().st_size, 0

    def tell(now: Any) -> None:
        nonlocal early
        if not early and now.at >= size / 10:
            early = _resident_kb()

    counts = import_file(path, tell=tell)
    took, own = time.perf_counter() - began, time.process_time() - busy
    return {
        "counts": dict(counts),
        "seconds": took,
        "own_s": own,
        "kb_at_a_tenth": early,
        "kb_at_the_end": _resident_kb(),
    }


def _resident_kb() -> int:
    """What this process holds now (not at its peak), in KiB."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


def main(arguments: list[str]) -> int:
    count = int(arguments[0]) if arguments else 10_000
    with tempfile.TemporaryDirectory() as folder, table_apart() as environment:
        path = Path(folder) / "accounts.csv"
        write_accounts(path, count)
        found = measured_apart(path, environment)
    grown = (found["kb_at_the_end"] - found["kb_at_a_tenth"]) / 1024
    print(
        f"{count} accounts in {found['seconds']:.0f} s ({count / found['seconds']:.0f} a second): "
        f"{found['own_s']:.0f} s of work of its own, the rest is moto's; memory "
        f"{found['kb_at_the_end'] / 1024:.1f} MiB at the end, {grown:+.1f} MiB since a tenth of them"
    )
    return 0 if found["counts"].get("new") == count else 1


def measured_apart(path: Path, environment: dict[str, str]) -> dict[str, Any]:
    """`import_measured` in a process of its own."""
    program = "import json\nfrom pathlib import Path\nfrom infra.measure_import import import_measured\n"
    program += f"print(json.dumps(import_measured(Path({str(path)!r}))))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=template.PROJECT, env=os.environ | environment, check=True,
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
