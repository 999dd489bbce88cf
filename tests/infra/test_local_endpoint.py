"""Another DynamoDB in the place of moto's: what goes there, under whose name, and what is left there."""

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest

from infra.local.endpoint import CannotKeep, Endpoint, TableIsThere, Where, tables
from infra.local.folder import Folder
from infra.local.where import ACCOUNT
from tests.infra.small_cloud import SmallCloud

SCHEMA: Any = {
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
}


@dataclass(kw_only=True)
class There:
    """What was asked of it, and what it answers: by the operation's name, or nothing much."""

    url: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)

    @property
    def operations(self) -> list[str]:
        return [operation for operation, _ in self.asked]


@pytest.fixture
def there() -> Iterator[There]:
    found = There()

    class Server(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            operation = self.headers["X-Amz-Target"].rpartition(".")[2]
            key = re.search(r"Credential=(\w+)/", self.headers["Authorization"])
            found.asked.append((operation, key[1] if key else ""))
            refusal = found.refuses.get(operation)
            body = json.dumps({"__type": refusal, "message": refusal} if refusal else {}).encode()
            self.send_response(400 if refusal else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    found.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()


def endpoint(there: There, kept: Folder | None = None) -> Endpoint:
    return Endpoint(where=Where(tables=there.url, streams=there.url), kept=kept or Folder())


def test_items_go_there_and_other_services_stay_here(cloud: SmallCloud, there: There) -> None:
    heard: list[int] = []
    with (at := endpoint(there)).installed():
        at.listen(lambda: heard.append(1))
        boto3.client("dynamodb").get_item(TableName="desk", Key={"pk": {"S": "a"}})
        boto3.client("dynamodb").put_item(TableName="desk", Item={"pk": {"S": "a"}})
        boto3.client("dynamodbstreams").list_streams()
        assert boto3.client("sqs").list_queues().get("QueueUrls", []) == []
    assert there.operations == ["GetItem", "PutItem", "ListStreams"]
    assert len(heard) == 1


def test_a_table_is_made_there_and_here_and_goes_there_at_the_end(cloud: SmallCloud, there: There) -> None:
    with endpoint(there).installed():
        boto3.client("dynamodb").create_table(TableName="desk", **SCHEMA)
    assert there.operations == ["CreateTable", "UpdateTable", "DeleteTable"]
    assert boto3.client("dynamodb").list_tables()["TableNames"] == ["desk"]
    (key,) = {key for _, key in there.asked}
    assert re.fullmatch(r"\d{12}", key)
    assert key != ACCOUNT


def test_tables_that_are_kept_are_found_again(cloud: SmallCloud, there: There, tmp_path: Path) -> None:
    there.refuses["CreateTable"] = "ResourceInUseException"
    with endpoint(there, Folder(path=tmp_path)).installed():
        boto3.client("dynamodb").create_table(TableName="desk", **SCHEMA)
    assert there.asked == [("CreateTable", ACCOUNT)]


def test_a_cloud_that_begins_with_nothing_touches_no_table_that_is_there(cloud: SmallCloud, there: There) -> None:
    there.refuses["CreateTable"] = "ResourceInUseException"
    with endpoint(there).installed(), pytest.raises(TableIsThere, match="desk is there already"):
        boto3.client("dynamodb").create_table(TableName="desk", **SCHEMA)
    assert there.operations == ["CreateTable"]


def test_a_folder_alone_keeps_no_tables(tmp_path: Path) -> None:
    with pytest.raises(CannotKeep, match="AWS_ENDPOINT_URL_DYNAMODB"):
        tables(Folder(path=tmp_path))
