"""Views are made, kept, moved and dropped; nobody else's is touched."""

import logging
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
import sqlalchemy as sa

from schemas.settings import Settings, SourceSettings, StoreSettings, ViewSettings
from store.database import Store, open_for, upgrade
from store.views import catalogue, standing
from store.views.catalogue import MARK
from tests.conftest import Database
from tests.store.views.world import BOTH, DEFAULTS, JIRA, NOTHING, bring_up, places, say


@pytest.fixture(autouse=True)
def _afterwards(store: Store) -> Iterator[None]:
    yield
    bring_up(store, NOTHING)


def is_up_to_date(store: Store, config: standing.Wanted) -> bool:
    with store.read() as connection:
        return standing.up_to_date(connection, config)


def stamps(store: Store) -> Any:
    """What changes when a view is made anew."""
    query = "SELECT oid, relname FROM pg_class WHERE relkind = 'v' ORDER BY oid"
    if store.dialect == "sqlite":
        query = "PRAGMA schema_version"
    with store.read() as connection:
        return connection.exec_driver_sql(query).all()


def test_only_trackers_in_use_have_views(store: Store) -> None:
    assert bring_up(store, JIRA) == []
    start = "jira_sync." if store.dialect == "postgresql" else "jira_sync_"
    assert f"{start}jira_issues" in places(store)
    assert all(place.startswith(start) for place in places(store))
    say(store, "INSERT INTO sources (name, tracker, url) VALUES ('b', 'azure_devops', 'x')")
    assert not is_up_to_date(store, JIRA)
    bring_up(store, JIRA)
    plain = "public.work_items" if store.dialect == "postgresql" else "work_items"
    assert plain in places(store)


def test_a_second_time_makes_nothing_anew(store: Store) -> None:
    bring_up(store, DEFAULTS)
    before = stamps(store)
    assert is_up_to_date(store, DEFAULTS)
    assert bring_up(store, DEFAULTS) == []
    assert stamps(store) == before


def test_another_name_moves_the_views(store: Store) -> None:
    bring_up(store, JIRA)
    renamed = standing.Wanted(ViewSettings(jira="tickets_of_jira"), frozenset({"jira"}))
    assert not is_up_to_date(store, renamed)
    assert bring_up(store, renamed) == []
    assert all(place.startswith("tickets_of_jira") for place in places(store))
    if store.dialect == "postgresql":
        with store.read() as connection:
            names = connection.exec_driver_sql("SELECT nspname FROM pg_namespace").scalars().all()
        assert "jira_sync" not in names
        assert "tickets_of_jira" in names


def test_switched_off_no_view_is_left(store: Store) -> None:
    bring_up(store, DEFAULTS)
    assert bring_up(store, NOTHING) == []
    assert places(store) == []


def test_a_table_of_somebody_elses_stays_and_is_named(store: Store) -> None:
    place = "public.work_items" if store.dialect == "postgresql" else "work_items"
    say(store, f"CREATE TABLE {place} (mine INTEGER)")
    try:
        (fault,) = bring_up(store, BOTH)
        assert fault == (
            f"[views] azure_devops (AZURE_DEVOPS_SCHEMA_NAME): {place} is there and not ours,"
            " so it stays: set another name"
        )
        assert place.replace("work_items", "bugs") in places(store)
        say(store, f"INSERT INTO {place} VALUES (1)")
    finally:
        say(store, f"DROP TABLE {place}")
    assert bring_up(store, BOTH) == []


def test_a_view_of_somebody_elses_stays(store: Store) -> None:
    place = "public.bugs" if store.dialect == "postgresql" else "bugs"
    say(store, f"CREATE VIEW {place} AS SELECT 1 AS mine")
    try:
        assert len(bring_up(store, BOTH)) == 1
        bring_up(store, NOTHING)
        assert places(store) == [place]
    finally:
        say(store, f"DROP VIEW {place}")


def test_a_view_that_only_looks_like_ours_stays(store: Store) -> None:
    bring_up(store, JIRA)
    if store.dialect == "postgresql":
        place = "jira_sync.mine"
        say(store, f"CREATE VIEW {place} AS SELECT 1 AS mine")
        say(store, f"COMMENT ON VIEW {place} IS '{MARK}what the board sees'")
    else:
        place = "mine"
        with store.read() as connection:
            query = "SELECT sql FROM sqlite_master WHERE name = 'jira_sync_bugs'"
            text = connection.exec_driver_sql(query).scalar_one()
        say(store, text.replace('"jira_sync_bugs"', "mine"))
    try:
        assert bring_up(store, JIRA) == []
        bring_up(store, NOTHING)
        assert places(store) == [place]
    finally:
        say(store, f"DROP VIEW {place}")
        if store.dialect == "postgresql":
            say(store, "DROP SCHEMA jira_sync")


def test_in_sqlite_a_view_in_other_letters_is_in_the_way_and_stays(store: Store) -> None:
    if store.dialect != "sqlite":
        pytest.skip("elsewhere they are two names")
    say(store, 'CREATE VIEW "Bugs" AS SELECT 1 AS mine', 'CREATE TABLE "Issues" (mine INTEGER)')
    try:
        (fault,) = bring_up(store, BOTH)
        assert fault == (
            "[views] azure_devops (AZURE_DEVOPS_SCHEMA_NAME): bugs, issues are there and not ours,"
            " so they stay: set another name"
        )
        say(store, 'SELECT mine FROM "Bugs"', 'SELECT mine FROM "Issues"')
    finally:
        say(store, 'DROP VIEW "Bugs"', 'DROP TABLE "Issues"')


def test_a_migration_without_a_configuration_meets_no_view(store: Store) -> None:
    bring_up(store, JIRA)
    upgrade(store)
    assert places(store) == []


def test_a_view_of_an_older_text_is_made_anew(store: Store) -> None:
    bring_up(store, JIRA)
    place = '"jira_sync"."bugs"' if store.dialect == "postgresql" else '"jira_sync_bugs"'
    schema = "jira_sync" if store.dialect == "postgresql" else None
    text = "SELECT 'x' AS id"
    old = catalogue.View(schema, "bugs" if schema else "jira_sync_bugs", text, "").mark
    say(store, f"DROP VIEW {place}", f"CREATE VIEW {place} AS /* {old} */\n{text}")
    if store.dialect == "postgresql":
        say(store, f"COMMENT ON VIEW {place} IS '{old}'")
    assert not is_up_to_date(store, JIRA)
    assert bring_up(store, JIRA) == []
    assert is_up_to_date(store, JIRA)
    say(store, f"SELECT area_path FROM {place}")


def test_laid_aside_for_a_migration_views_come_back(store: Store) -> None:
    bring_up(store, JIRA)
    before = places(store)
    with store.write() as connection:
        aside = standing.lay_aside(connection)
        # What a view stands on could not lose a column.
        connection.execute(sa.text("ALTER TABLE spans RENAME COLUMN came_from TO was"))
        connection.execute(sa.text("ALTER TABLE spans RENAME COLUMN was TO came_from"))
        assert standing.bring_up(connection, JIRA, aside) == []
    assert places(store) == before


def test_opened_for_a_configuration_a_store_has_its_views(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    source = SourceSettings(name="a", tracker="linear", url="https://linear.test/a")
    kept = StoreSettings(url=database.url)
    settings = Settings(store=kept, sources=(source,), folder=database.folder)
    with closing(open_for(settings)) as opened:
        assert any(place.startswith("linear_sync") for place in places(opened))
    (taken,) = (settings.model_copy(update={"views": ViewSettings(linear="")}),)
    prefix = "public." if database.dialect == "postgresql" else ""
    with closing(database.open()) as opened:
        say(opened, f"CREATE TABLE {prefix}bugs (mine INTEGER)")
    with caplog.at_level(logging.WARNING), closing(open_for(taken)) as opened:
        say(opened, f"DROP TABLE {prefix}bugs")
    (line,) = [record.getMessage() for record in caplog.records if "[views]" in record.getMessage()]
    assert f"{prefix}bugs is there and not ours" in line


def test_without_leave_to_migrate_no_view_is_made(database: Database) -> None:
    source = SourceSettings(name="a", tracker="linear", url="https://linear.test/a")
    kept = StoreSettings(url=database.url, auto_migrate=False)
    settings = Settings(store=kept, sources=(source,), folder=database.folder)
    with closing(open_for(settings)) as opened:
        assert places(opened) == []
    with closing(open_for(settings, migrate=True)) as opened:
        assert places(opened) != []


def test_no_two_views_of_any_tracker_share_a_place() -> None:
    for dialect in ("sqlite", "postgresql"):
        found = catalogue.wanted(dialect, ViewSettings(), DEFAULTS.trackers, "public")
        assert len({one.place for one in found}) == len(found) == 61
