"""Where the local cloud reaches into moto and botocore: one way in, always put back.

Each seam is a private name of a pinned version; tests/infra holds a test for every one of them.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def replaced(owner: Any, name: str, make: Callable[[Any], Any]) -> Iterator[None]:
    """Until the end of the block `owner.name` is what `make` makes of the original; then the original again."""
    original = vars(owner)[name]
    setattr(owner, name, make(original))
    try:
        yield
    finally:
        setattr(owner, name, original)
