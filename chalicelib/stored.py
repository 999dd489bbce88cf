"""What every item of the tables is: PynamoDB's Model, all of them over one client of DynamoDB."""

from functools import cache
from typing import Any

from pynamodb.connection import TableConnection
from pynamodb.models import Model

from chalicelib import clients


class Stored(Model):
    """Left alone, PynamoDB makes a session and a client for each class that is asked first: 0.1 s of a cold start each.

    How to use: inherit, and name the table in `Meta`."""

    @classmethod
    def _get_connection(cls) -> TableConnection:
        table = super()._get_connection()
        if table.connection._client is None:
            table.connection._client = _dynamodb()
        return table


@cache
def _dynamodb() -> Any:
    """With the timeouts and attempts that PynamoDB gives its own."""
    attempts = {"total_max_attempts": 4, "mode": "standard"}
    return clients.client("dynamodb", parameter_validation=False, connect_timeout=15, read_timeout=30, retries=attempts)
