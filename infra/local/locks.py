"""S3 object lock: moto keeps retention dates and obeys them, but can't be asked for one (GetObjectRetention)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from moto.s3.responses import S3Response

from infra.local.seams import replaced

Answer = tuple[int, dict[str, str], str]


@contextmanager
def retention_told() -> Iterator[None]:
    """While it lasts, `GET ?retention` answers as S3 does."""
    with replaced(S3Response, "_key_response_get", _with_retention):
        yield


def _with_retention(original: Callable[..., Any]) -> Callable[..., Any]:
    def _key_response_get(response: S3Response, query: dict[str, Any], key_name: str) -> Any:
        if "retention" not in query:
            return original(response, query, key_name)
        key, _ = response._get_key()
        return _told(key.lock_mode, key.lock_until)

    return _key_response_get


def _told(mode: str | None, until: str | None) -> Answer:
    if not mode or not until:
        return 404, {}, "<Error><Code>NoSuchObjectLockConfiguration</Code><Message>none</Message></Error>"
    inner = f"<Mode>{mode}</Mode><RetainUntilDate>{until}</RetainUntilDate>"
    return 200, {}, f'<Retention xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{inner}</Retention>'
