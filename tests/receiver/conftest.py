"""A receiver that runs, for whoever asks for one."""

from collections.abc import Iterator

import pytest

from tests.receiver.doors import Running, running


@pytest.fixture
def receiver(sqlite_store) -> Iterator[Running]:
    """A receiver with one source on SQLite."""
    with running(sqlite_store) as made:
        yield made
