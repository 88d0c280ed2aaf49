"""Stores with the views of all trackers."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from store.database import Store
from tests.store.views.world import DEFAULTS, NOTHING, bring_up, make


@pytest.fixture
def shown(store: Store) -> Iterator[Store]:
    """A store on each dialect with a small world and every view; afterwards no view is left."""
    with _viewed(store):
        yield store


@pytest.fixture
def shown_postgres(postgres_store: Store) -> Iterator[Store]:
    """The same on PostgreSQL alone."""
    with _viewed(postgres_store):
        yield postgres_store


@contextmanager
def _viewed(store: Store) -> Iterator[None]:
    with store.write() as connection:
        make(connection)
    assert bring_up(store, DEFAULTS) == []
    yield
    bring_up(store, NOTHING)
