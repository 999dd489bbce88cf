"""`python -m infra.check_package`: the zip alone runs every function.

Packs for this machine's architecture and Python, unzips it into an empty folder, and runs each function of the
template in a fresh interpreter: its handler string, its environment variables, the standard library, the zip, and
nothing else. A small server stands where AWS would; a function passes when a call of AWS, other than for its keys,
arrives there, the API when its pages are shown. (The zip for Lambda is another architecture's: `package.faults` looks
at its wheels.)
"""

import base64
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from chalicelib import front
from infra import package, template

ALONE = Path(__file__).with_name("alone.py")
PAGES = {"/healthz": "", "/close-account": "", "/static/{name}": "signoff.css", "/openapi.json": ""}
"""What the API must show without AWS: a call, a template, a static file, what is made from all calls."""

PARAMETERS = {
    "Stage": "alone",
    "PublicUrl": "https://desk.example",
    "SupportAddress": "support@desk.example",
    "Issuer": "https://issuer.example",
    "AWS::Region": "ap-southeast-1",
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
}
_NOTHING = {"__type": "com.amazonaws#ResourceNotFoundException", "message": "nothing is here"}
_SECRET = {"now": "k1", "keys": {"k1": base64.b64encode(b"only for this check, 32 bytes...").decode()}}
_STEP = {"ticket": "SO-ABC234", "run": 1, "holder": "account", "when": "before", "error": {}}
_KEYS = {"pk": {"S": "SO-ABC234"}, "sk": {"S": "change#0001"}}
_LETTER = {"mail": {"messageId": "letter", "timestamp": "2026-11-27T04:00:00.000Z"}, "receipt": {}}
_DELIVERED = {"eventType": "Delivery", "mail": {"messageId": "mail"}}
EVENTS: dict[str, Any] = {
    "InboundMail": {"Records": [{"ses": _LETTER}]},
    "TicketStream": {"Records": [{"dynamodb": {"Keys": _KEYS, "SequenceNumber": "1"}}]},
    "ClosureRuns": {
        "Records": [
            {"dynamodb": {"NewImage": _KEYS | {"runs": {"S": "start"}, "run": {"N": "1"}}, "SequenceNumber": "1"}}
        ]
    },
    "MailFeedback": {"Records": [{"Sns": {"Message": json.dumps(_DELIVERED)}}]},
    "Sweep": {},
} | {f"Closure{name}": _STEP for name in ("Check", "Freeze", "Erase", "Look", "Close", "Trouble")}


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "built"
        try:
            package.package(out, architecture=package.host())
        except package.CannotPackage as error:
            print(error, file=sys.stderr)
            return 1
        wrong = complaints(out)
    for each in wrong:
        print(each)
    print("the zip alone: " + (f"{len(wrong)} complaints" if wrong else "every function runs"))
    return 1 if wrong else 0


def complaints(built: Path) -> list[str]:
    """What is wrong with the functions of a package in this folder, built for this machine."""
    app = json.loads((built / "sam.json").read_text("utf-8"))
    code = (built / "code").resolve()
    with zipfile.ZipFile(built / "deployment.zip") as packed:
        packed.extractall(code)
    variables = {name: str(_filled(value, app)) for name, value in template.variables(app).items()}
    runs = [
        (name, each["Properties"]["Handler"], event)
        for name, each in app["Resources"].items()
        if each["Type"] == "AWS::Serverless::Function"
        for event in _events(name)
    ]
    with ThreadPoolExecutor(2) as pool:
        told = pool.map(lambda run: _complaint(*run, code=code, variables=variables), runs)
    return [each for each in told if each]


def _events(name: str) -> list[Any]:
    if name == "APIHandler":
        doors = [_request(addresses[0], "", method="TRACE") for addresses in front.DOORS.values()]
        return [*(_request(path, it) for path, it in PAGES.items()), *doors]
    if name not in EVENTS:
        raise SystemExit(f"infra/check_package.py has no event for {name}")
    return [EVENTS[name]]


def _request(path: str, name: str, *, method: str = "GET") -> dict[str, Any]:
    return {
        "resource": path,
        "path": path.replace("{name}", name),
        "httpMethod": method,
        "headers": {"Host": "desk.example", "Accept": "*/*"},
        "multiValueHeaders": {"Host": ["desk.example"], "Accept": ["*/*"]},
        "multiValueQueryStringParameters": None,
        "pathParameters": {"name": name} if name else None,
        "stageVariables": None,
        "requestContext": {"resourcePath": path, "httpMethod": method, "path": path, "identity": {"sourceIp": "::1"}},
        "body": None,
        "isBase64Encoded": False,
    }


def _complaint(name: str, handler: str, event: Any, *, code: Path, variables: dict[str, str]) -> str | None:
    with _aws() as (address, heard):
        own = {"AWS_ACCESS_KEY_ID": "alone", "AWS_SECRET_ACCESS_KEY": "alone", "AWS_SESSION_TOKEN": "alone"}
        own |= {"AWS_REGION": "ap-southeast-1", "AWS_DEFAULT_REGION": "ap-southeast-1", "AWS_ENDPOINT_URL": address}
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(ALONE), str(code), handler],
            input=json.dumps(event), env=variables | own, cwd=code, capture_output=True, text=True, check=False,
        )  # fmt: skip
    what = f"{name} ({handler}) {event.get('path', '')}".strip()
    if done.returncode:
        return f"{what}: {done.stderr[-800:]}"
    told = json.loads(done.stdout.splitlines()[-1])
    if told["outside"]:
        return f"{what}: took from outside the zip: {told['outside']}"
    if name == "APIHandler":
        answer = told.get("answer", told)
        # A method that nobody answers: its door was opened, with all that it imports, and nothing was asked of it.
        wanted = 405 if event["httpMethod"] == "TRACE" else 200
        return None if answer.get("statusCode") == wanted else f"{what}: {answer}"
    return None if heard else f"{what}: called nothing: {told}"


@contextmanager
def _aws() -> Iterator[tuple[str, list[str]]]:
    """A server in AWS's place, and what it was asked. It gives the desk its keys, and refuses everything else."""
    heard: list[str] = []

    class Refusing(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = self.headers.get("X-Amz-Target") or self.path
            is_secret = asked.endswith(".GetParameter")
            heard.extend([] if is_secret else [asked])
            answer = {"Parameter": {"Value": json.dumps(_SECRET)}} if is_secret else _NOTHING
            body = json.dumps(answer).encode()
            self.send_response(200 if is_secret else 400)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PUT = do_POST  # noqa: N815 (the library's names)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Nothing: what is wrong is said by the check."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _filled(value: Any, app: template.Template) -> Any:
    """A variable as CloudFormation would fill it in; what another stack exports by the export's own name."""
    if not isinstance(value, dict):
        return value
    (function, given), *_ = value.items()
    if function == "Ref":
        return PARAMETERS[given] if given in PARAMETERS else app["Parameters"][given]["Default"]
    if function == "Fn::ImportValue":
        return _filled(given, app)
    if function == "Fn::Sub":
        return re.sub(r"\$\{([^}]+)}", lambda named: str(_filled({"Ref": named[1]}, app)), given)
    raise SystemExit(f"infra/check_package.py can't fill in {function}")


if __name__ == "__main__":
    sys.exit(main())
