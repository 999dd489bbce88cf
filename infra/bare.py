"""What the desk's functions are measured against: a Chalice app that does one thing with one boto3 client."""

from typing import Any

import boto3
from chalice.app import Chalice

app = Chalice(app_name="bare")


@app.lambda_function()
def first(_event: Any, _context: Any) -> dict[str, Any]:
    table = boto3.client("dynamodb")
    found: dict[str, Any] = table.get_item(TableName="desk", Key={"pk": {"S": "a"}, "sk": {"S": "b"}})
    return {"is_there": "Item" in found}
