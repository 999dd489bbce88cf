"""`python -m infra.measure_memory`: the memory at its height of each function, and of the largest letter that is read.

Each in an interpreter of its own: a function's module is imported and the clients of AWS that it may need are made, as
at its first call; then the largest letter (LARGEST_LETTER, an attachment in Base64) is read. What a call itself needs
beside that is small: a ticket is a few kilobytes.
"""

import json
import subprocess
import sys
from collections.abc import Iterator

from infra import template

_FUNCTION = """
import importlib, resource, sys
importlib.import_module(sys.argv[1])
import boto3
for service in sys.argv[2:]:
    boto3.client(service, region_name="ap-southeast-1")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""
_LETTER = """
import base64, resource, sys
from chalicelib.letters import intake
from chalicelib.letters.mime import read_letter
body = base64.encodebytes(bytes(range(256)) * (int(sys.argv[1]) * 3 // 4 // 256))
head = b"From: a@b.example\\r\\nSubject: s\\r\\nContent-Type: multipart/mixed; boundary=x\\r\\n\\r\\n"
part = b"--x\\r\\nContent-Type: application/pdf\\r\\nContent-Transfer-Encoding: base64\\r\\n\\r\\n"
raw = (head + part + body + b"\\r\\n--x--\\r\\n")[: int(sys.argv[1])]
del body
letter = read_letter(raw)
assert letter.attachments
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""
_CLIENTS = {"ssm": "ssm", "dynamodb": "dynamodb", "s3": "s3", "ses": "sesv2", "sns": "sns", "states": "stepfunctions"}
_CLIENTS |= {"events": "events", "cognito-idp": "cognito-idp"}


def main() -> None:
    for name, function in functions():
        print(f"{name:16} {_measured(_FUNCTION, function, *_services(name)):5} MB")
    for size in (1_000_000, 10_000_000, 40_000_000):
        print(f"letter of {size // 1_000_000:2} MB  {_measured(_LETTER, str(size)):5} MB")


def functions() -> Iterator[tuple[str, str]]:
    """Name of the policy and module of each function."""
    entrypoints = json.loads((template.PROJECT / ".chalice" / "config.json").read_text(encoding="utf-8"))
    for each in entrypoints["stages"]["dev"]["lambda_functions"].values():
        name = each["iam_policy_file"].removeprefix("policy-").removesuffix(".json")
        yield name, _MODULES.get(name.partition("_")[0], "") or _MODULES[name]


_MODULES = {
    "api": "app",  # all its doors, as a process has them in the end
    "closure": "chalicelib.closure.steps",
    "inbound_mail": "chalicelib.letters.inbound_mail",
    "ticket_stream": "chalicelib.notices.ticket_stream",
    "mail_feedback": "chalicelib.notices.feedback",
    "sweep": "chalicelib.upkeep.sweep",
}


def _services(name: str) -> list[str]:
    """The clients that its policy speaks of."""
    policy = json.loads((template.PROJECT / ".chalice" / f"policy-{name}.json").read_text(encoding="utf-8"))
    said = {action.partition(":")[0] for each in policy["Statement"] for action in each["Action"]}
    return sorted(_CLIENTS[each] for each in said & _CLIENTS.keys())


def _measured(script: str, *given: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", script, *given], cwd=template.PROJECT, capture_output=True, text=True, check=True
    )
    return int(done.stdout)


if __name__ == "__main__":
    main()
