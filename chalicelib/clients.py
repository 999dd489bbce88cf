"""Clients of AWS. One session makes them all: it reads what botocore knows of endpoints once, and boto3, which would
read it again and import twice as much, isn't needed."""

from functools import cache
from threading import Lock
from typing import Any, Final

SERVICES: Final = ("cognito-idp", "dynamodb", "events", "s3", "sesv2", "sns", "ssm", "stepfunctions", "sts")
"""What the desk makes a client for."""

_one_at_a_time = Lock()
"""Held while a client is made: botocore makes two at the same time badly."""


@cache
def _session() -> Any:
    from botocore.loaders import Loader
    from botocore.session import get_session

    class OurLoader(Loader):
        """Where botocore finds its descriptions of services. Its own looks into the folders of all four hundred to
        know whether one of them is there, for each first client again."""

        def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002
            return list(SERVICES)

    session = get_session()
    session.register_component("data_loader", OurLoader())  # type: ignore[no-untyped-call]
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
