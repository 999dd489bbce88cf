"""The local cloud's own AWS clients: making one takes longer than most of its calls.

Only for the local cloud itself. The desk makes its own, in every cloud anew, with the settings it has then.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3
import moto.core.responses
from botocore.loaders import JSONFileLoader

from infra.local.seams import replaced

_one_at_a_time = threading.Lock()
_read: dict[str, Any] = {}


def client(service: str) -> Any:
    """The process's client for this service in the region of now; only inside of moto, whose credentials it keeps."""
    with _one_at_a_time:  # boto3 makes two at once badly
        return _made(service, os.environ.get("AWS_DEFAULT_REGION", ""))


@cache
def _made(service: str, region: str) -> Any:
    return boto3.client(service, region_name=region or None)


@contextmanager
def models_read_once() -> Iterator[None]:
    """While it lasts, every session shares the services' descriptions, which botocore reads anew for each session;
    and moto looks through its classes for their operations once, not at each call."""
    with (
        replaced(JSONFileLoader, "load_file", _read_once),
        replaced(moto.core.responses, "method_names_from_class", cache),
    ):
        yield


def _read_once(original: Callable[..., Any]) -> Callable[..., Any]:
    def load_file(loader: JSONFileLoader, file_path: str) -> Any:
        if file_path not in _read:
            found = original(loader, file_path)
            if found is None:
                return None  # another file may be there under another ending
            _read[file_path] = found
        return _read[file_path]

    return load_file
