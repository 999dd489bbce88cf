"""Clients of AWS. One session makes them all: it reads what botocore knows of endpoints once, and boto3, which would
read it again and import twice as much, isn't needed."""

import json
from contextlib import suppress
from functools import cache
from threading import Lock
from typing import Any, Final

SERVICES: Final = frozenset(("cognito-idp", "dynamodb", "events", "s3", "sesv2", "sns", "ssm", "stepfunctions", "sts"))
"""What the desk makes a client for: only their descriptions are packed. A test holds the code against it."""

_one_at_a_time = Lock()
"""Held while a client is made: botocore makes two at the same time badly."""


@cache
def _session() -> Any:
    """botocore's session, which finds its descriptions of services in half the time.

    Left alone, it looks into the folders of all four hundred to know whether one of them is there, and reads each
    description into ordered dictionaries, as Python needed them before 3.7. (Both are parts that it lets be replaced.)
    """
    from botocore.loaders import JSONFileLoader, Loader
    from botocore.session import get_session

    class InDicts(JSONFileLoader):  # type: ignore[misc, unused-ignore]
        def _load_file(self, full_path: str, open_method: Any) -> Any:
            with suppress(FileNotFoundError), open_method(full_path, "rb") as file:
                return json.loads(file.read())

    class OfOurs(Loader):  # type: ignore[misc, unused-ignore]
        def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002
            return sorted(SERVICES)

    session = get_session()
    session.register_component("data_loader", OfOurs(file_loader=InDicts()))  # type: ignore[no-untyped-call]
    return session


def client(service: str, **config: Any) -> Any:
    """A new client of this service, with such settings as botocore's Config takes. Whoever asks keeps it."""
    from botocore.config import Config

    with _one_at_a_time:
        return _session().create_client(service, config=Config(**config))


@cache
def ssm() -> Any:
    """The Parameter Store, where all secrets lie."""
    return client("ssm")


def is_of_aws(error: BaseException) -> bool:
    """Whether a call to AWS failed (refused, throttled, without an answer), which may be otherwise the next time. Told
    by the class's family alone, so that nobody who asks has to import it."""
    families = {kind.__module__.partition(".")[0] for kind in type(error).__mro__}
    return bool(families & {"botocore", "pynamodb"})
