"""The file declares mirrors: whether there is anything to write is known without a write lock."""

from datetime import UTC, datetime

from schemas.mirror import MirrorOptions
from schemas.settings import MirrorSettings
from store import mirrors
from store.database import Store

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ONE = MirrorSettings(source="shop", target="till", exclude_labels=("a",), statuses={"x": "y"})


def differ(store: Store, *declared: MirrorSettings) -> bool:
    with store.read() as connection:
        return mirrors.differ(connection, declared)


def declare(store: Store, *declared: MirrorSettings) -> None:
    with store.write() as connection:
        mirrors.declare(connection, declared, NOW)


def test_only_what_the_file_says_otherwise_is_to_be_written(store: Store) -> None:
    assert not differ(store)
    assert differ(store, ONE)
    declare(store, ONE)
    assert not differ(store, ONE)
    for changed in (
        ONE.model_copy(update={"name": "yard"}),
        ONE.model_copy(update={"enabled": False}),
        ONE.model_copy(update={"exclude_labels": ("a", "b")}),
        ONE.model_copy(update={"target": "board"}),
    ):
        assert differ(store, changed)
    assert differ(store)
    declare(store)
    assert not differ(store)
    assert differ(store, ONE)


def test_what_people_switched_and_mirrors_of_the_api_are_no_difference(store: Store) -> None:
    declare(store, ONE)
    with store.write() as connection:
        (mirror,) = mirrors.every(connection)
        mirrors.enable(connection, mirror, False, NOW, "cli")
        mirrors.create(connection, "mine", "till", "shop", MirrorOptions(), NOW, "api")
    assert not differ(store, ONE)
