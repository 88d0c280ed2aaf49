"""Privacy that was declared anew: what is published already is looked at again."""

import sqlalchemy as sa

from schemas.mirror import MirrorOptions
from schemas.source import PrivacyRule, Source
from store import mappings, mirrors, sources
from store.database import Store
from store.tables import mappings as rows
from tests.builders import NOW, a_source


def declare(store: Store, *declared: Source) -> int:
    """How many mappings of an untouched mirror are due after that."""
    with store.write() as connection:
        sources.declare(connection, declared, NOW)
        due = connection.execute(sa.select(sa.func.count()).where(rows.c.push_due > 0)).scalar_one()
        connection.execute(rows.update().values(push_due=0))
    return int(due)


def joined(store: Store) -> None:
    """A mirror between two other sources, at rest."""
    with store.write() as connection:
        mirrors.create(connection, "m", "shop", "other", MirrorOptions(), NOW, "test")
        mappings.mark(connection, [("shop", "12")], NOW)
        connection.execute(rows.update().values(push_due=0))


def test_a_change_of_privacy_wakes_all_that_was_published(store: Store) -> None:
    declare(store, a_source("shop"), a_source("third"))
    joined(store)
    assert declare(store, a_source("shop"), a_source("third")) == 0
    assert declare(store, a_source("shop", privacy="local_only"), a_source("third")) == 1
    assert declare(store, a_source("shop", privacy="local_only"), a_source("third")) == 0
    rule = PrivacyRule(privacy="local_only", label="x")
    named = a_source("third", privacy_rules=(rule,))
    assert declare(store, a_source("shop", privacy="local_only"), named) == 1


def test_another_change_of_a_source_wakes_nothing(store: Store) -> None:
    declare(store, a_source("shop"))
    joined(store)
    assert declare(store, a_source("shop", interval_minutes=30)) == 0
