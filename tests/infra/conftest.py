"""A small cloud for each test that asks for one."""

from collections.abc import Iterator

import pytest

from tests.infra.small_cloud import SmallCloud, small_cloud


@pytest.fixture
def cloud() -> Iterator[SmallCloud]:
    with small_cloud() as made:
        yield made
