"""The desk's time. The only file that asks for it."""

from collections.abc import Callable
from datetime import UTC, datetime


def _real() -> datetime:
    return datetime.now(UTC)


_source: Callable[[], datetime] = _real


def now() -> datetime:
    """This instant, aware, in UTC, cut to milliseconds (what a DynamoDB sort key and a JSON answer keep)."""
    instant = _source()
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def follow(source: Callable[[], datetime]) -> None:
    """From now on the time is what `source` says: the local cloud's clock, which people may advance."""
    global _source
    _source = source
