"""An API that runs, for whoever asks for one."""

from collections.abc import Iterator

import pytest

from tests.receiver.api.desks import Api, api_of


@pytest.fixture
def api(store) -> Iterator[Api]:
    """On each dialect."""
    with api_of(store) as made:
        yield made


@pytest.fixture
def quick(sqlite_store) -> Iterator[Api]:
    """On SQLite, for what does not depend on the dialect."""
    with api_of(sqlite_store) as made:
        yield made
