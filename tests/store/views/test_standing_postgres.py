"""What only a database with roles and schemas knows of the views."""

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
import sqlalchemy as sa

from schemas.settings import Settings, SourceSettings, StoreSettings
from store.database import Store, open_for
from store.views import standing
from tests.conftest import Database
from tests.store.views.world import BOTH, JIRA, NOTHING, bring_up, places, say


@pytest.fixture(autouse=True)
def _afterwards(postgres_store: Store) -> Iterator[None]:
    yield
    bring_up(postgres_store, NOTHING)


@pytest.fixture
def reader(postgres_store: Store) -> Iterator[str]:
    """A role that may do nothing yet."""
    name = f"reader_{postgres_store.engine.url.database}"
    say(postgres_store, f"CREATE ROLE {name} LOGIN")
    yield name
    say(postgres_store, f"DROP OWNED BY {name}", f"DROP ROLE {name}")


def test_a_reader_keeps_its_grant_when_a_view_is_made_anew(
    postgres_store: Store, reader: str
) -> None:
    bring_up(postgres_store, JIRA)
    say(
        postgres_store,
        f"GRANT USAGE ON SCHEMA jira_sync TO {reader}",
        f"GRANT SELECT ON jira_sync.bugs TO {reader}",
        "COMMENT ON VIEW jira_sync.bugs IS 'ticketsync: 0000000000000000'",
    )
    assert bring_up(postgres_store, JIRA) == []
    with postgres_store.write() as connection:
        aside = standing.lay_aside(connection)
        standing.bring_up(connection, JIRA, aside)
    say(postgres_store, f"SET LOCAL ROLE {reader}", "SELECT * FROM jira_sync.bugs")


def test_the_recipe_for_a_reader_shows_the_views_and_no_table(
    postgres_store: Store, reader: str
) -> None:
    bring_up(postgres_store, JIRA)
    say(
        postgres_store,
        f"GRANT USAGE ON SCHEMA jira_sync TO {reader}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA jira_sync TO {reader}",
    )
    say(postgres_store, f"SET LOCAL ROLE {reader}", "SELECT * FROM jira_sync.work_items")
    with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
        say(postgres_store, f"SET LOCAL ROLE {reader}", "SELECT * FROM ticketsync.grants")


def test_what_a_user_built_on_a_view_outlives_a_new_text(postgres_store: Store) -> None:
    bring_up(postgres_store, JIRA)
    say(
        postgres_store,
        "CREATE VIEW public.mine AS SELECT id FROM jira_sync.bugs",
        "COMMENT ON VIEW jira_sync.bugs IS 'ticketsync: 0000000000000000'",
    )
    try:
        assert bring_up(postgres_store, JIRA) == []
        with postgres_store.write() as connection:
            standing.bring_up(connection, JIRA, standing.lay_aside(connection))
        assert "public.mine" in places(postgres_store)
        (fault,) = bring_up(postgres_store, NOTHING)
        assert fault.startswith("[views]: cannot drop our view jira_sync.bugs: cannot drop")
    finally:
        say(postgres_store, "DROP VIEW public.mine")


def test_a_role_that_may_make_nothing_is_told_what_it_needs(
    postgres_store: Store, reader: str
) -> None:
    say(
        postgres_store,
        f"GRANT USAGE ON SCHEMA ticketsync TO {reader}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA ticketsync TO {reader}",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    )
    with postgres_store.write() as connection:
        connection.exec_driver_sql(f"SET LOCAL ROLE {reader}")
        faults = standing.bring_up(connection, BOTH)
    database = postgres_store.engine.url.database
    assert faults == [
        f"[views] azure_devops (AZURE_DEVOPS_SCHEMA_NAME): {reader} may make no views in the"
        f' schema public: `GRANT CREATE ON SCHEMA "public" TO "{reader}"`, or set another name',
        "[views] jira (JIRA_SCHEMA_NAME): cannot make the schema jira_sync:"
        f' `GRANT CREATE ON DATABASE "{database}" TO "{reader}"`',
    ]
    assert places(postgres_store) == []


def test_azure_devops_stands_in_the_default_schema_of_the_role(postgres_database: Database) -> None:
    with psycopg.connect(postgres_database.url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA analysts")
    address = sa.make_url(postgres_database.url).update_query_dict(
        {"options": "-csearch_path=nowhere,ticketsync,analysts,public"}
    )
    url = address.render_as_string(hide_password=False)
    source = SourceSettings(name="a", tracker="azure_devops", url="https://dev.azure.com/o/p")
    settings = Settings(store=StoreSettings(url=url), sources=(source,))
    try:
        with closing(open_for(settings)) as opened:
            assert "analysts.work_items" in places(opened)
            bring_up(opened, NOTHING)
    finally:
        with psycopg.connect(postgres_database.url, autocommit=True) as connection:
            connection.execute("DROP SCHEMA analysts")
