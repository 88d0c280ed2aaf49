"""docs/sql.md: its queries run, and it names every column of every view."""

import re
from pathlib import Path

import pytest
import sqlalchemy as sa

from schemas.settings import ViewSettings
from store.database import Store
from store.views.catalogue import OWN, VIEWS
from tests.store.views.world import ask, say

PAGE = (Path(__file__).parents[3] / "docs" / "sql.md").read_text()
QUERIES = re.findall(r"```sql( \w+)?\n(.*?)```", PAGE, re.DOTALL)
PLAIN = [text for kind, text in QUERIES if not kind]
POSTGRES = [text for kind, text in QUERIES if kind.strip() in ("metabase", "grafana")]
ROLE = next(text for kind, text in QUERIES if kind.strip() == "role")


def columns_of(store: Store, view: str) -> list[str]:
    text = f"SELECT * FROM {view}"
    with store.read() as connection:
        return list(connection.exec_driver_sql(text).keys())


def as_dialect(store: Store, query: str) -> str:
    """The page's queries are written for PostgreSQL."""
    return query if store.dialect == "postgresql" else re.sub(r"\b(\w+_sync)\.", r"\1_", query)


@pytest.mark.parametrize("view", sorted({**VIEWS, **OWN["jira"]}))
def test_every_column_of_a_view_is_documented_and_no_other(shown: Store, view: str) -> None:
    section = {
        "bugs": "work_items",
        "issues": "work_items",
        "work_item_relations": "bugs_relations",
    }
    _, _, text = PAGE.partition(f"### {section.get(view, view)}\n")
    rows = re.findall(r"^\| (`.*?) \|", re.split(r"^##", text, flags=re.M)[0], re.M)
    told = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    if view == "work_item_relations":
        told = {name.replace("bug_id", "work_item_id") for name in told}
    place = as_dialect(shown, f"jira_sync.{view}")
    assert set(columns_of(shown, place)) == told


def test_every_tracker_and_setting_is_documented() -> None:
    for tracker in ViewSettings.model_fields.keys() - {"enabled"}:
        assert f"| `{tracker}`, `{tracker.upper()}_SCHEMA_NAME` |" in PAGE


@pytest.mark.parametrize("query", PLAIN)
def test_a_query_of_the_page_answers_on_both(shown: Store, query: str) -> None:
    found = ask(shown, "jira", as_dialect(shown, query))
    if "blocked_by" not in query:
        assert found


def test_the_board_of_the_page_counts_what_it_says(shown: Store) -> None:
    query = next(text for text in PLAIN if "AS state, count(*) AS tickets" in text)
    found = ask(shown, "jira", as_dialect(shown, query))
    assert {row["state"]: row["tickets"] for row in found} == {"Open": 1, "Done": 1}


def as_tools_send_it(query: str) -> str:
    """What Metabase and Grafana make of their own marks before they send a query."""
    query = re.sub(r"\[\[.*?\]\]", "", query)
    query = re.sub(
        r"\$__timeFilter\((.*?)\)\n", r"\1 BETWEEN '2000-01-01' AND '2100-01-01'\n", query
    )
    return re.sub(
        r"\$__timeGroupAlias\((\w+), '1h'\)", r'''date_trunc('hour', \1) AS "time"''', query
    )


@pytest.mark.parametrize("query", POSTGRES)
def test_a_query_for_a_tool_answers_on_postgres(shown_postgres: Store, query: str) -> None:
    text = as_tools_send_it(query)
    assert "$" not in text
    found = ask(shown_postgres, "jira", text)
    assert found or "resolved_at" in query


def test_the_recipe_for_a_reader_works_and_shows_no_table(shown_postgres: Store) -> None:
    name = f"analyst_{shown_postgres.engine.url.database}"
    try:
        say(shown_postgres, ROLE.replace("analyst", name))
        say(shown_postgres, f"SET LOCAL ROLE {name}", "SELECT * FROM jira_sync.work_items")
        with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
            say(shown_postgres, f"SET LOCAL ROLE {name}", "SELECT * FROM ticketsync.grants")
    finally:
        say(shown_postgres, f"DROP OWNED BY {name}", f"DROP ROLE {name}")
