"""A small world for the views: three sources, some tickets, and what happened to them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from schemas.settings import TRACKERS, ViewSettings
from schemas.ticket import (
    Label,
    Milestone,
    Named,
    Person,
    PullRequest,
    Relation,
    Sprint,
    Ticket,
    TicketRef,
)
from store import links, rows, sql
from store.database import Store
from store.derivable import Derivable
from store.tables import (
    definitions,
    flows,
    history,
    people,
    relations,
    snapshots,
    sources,
    spans,
    tickets,
)
from store.views import standing
from store.whole import whole_tickets
from tests.builders import NOW, at

ADA = Person(id="u1", login="ada", name="Ada Lovelace")
BOB = Person(id="u2", login="bob")
SPRINT = Sprint(id="77", name="Sprint 7")
WEB = Named(id="c1", name="Web")
DEFAULTS = standing.Wanted(ViewSettings(), frozenset(TRACKERS))
JIRA = standing.Wanted(ViewSettings(), frozenset({"jira"}))
BOTH = standing.Wanted(ViewSettings(), frozenset({"jira", "azure_devops"}))
NOTHING = standing.Wanted(ViewSettings(enabled=False), frozenset())

Row = dict[str, Any]


def shop(number: int, **over: Any) -> Ticket:
    """A ticket of the Jira source."""
    plain = {
        "source": "jira",
        "external_id": str(10_000 + number),
        "key": f"SHOP-{number}",
        "number": number,
        "url": f"https://jira.test/browse/SHOP-{number}",
        "title": f"Ticket {number}",
        "created_at": at(0),
        "updated_at": at(number),
    }
    return Ticket(**{**plain, **over})


def board(number: int, **over: Any) -> Ticket:
    """A ticket of the Azure DevOps source."""
    place = {
        "source": "boards",
        "external_id": str(number),
        "key": str(number),
        "url": f"https://dev.test/Shop/_workitems/edit/{number}",
    }
    return shop(number).model_copy(update={**place, **over})


def keep_sources(connection: sa.Connection) -> None:
    for name, tracker in (("jira", "jira"), ("boards", "azure_devops"), ("repo", "github")):
        row = {"name": name, "tracker": tracker, "url": f"https://{name}.test", "status": "active"}
        connection.execute(sources.insert(), row | {"project_name": "Shop"})


def keep(connection: sa.Connection, *found: Ticket, doubt: Any = None) -> None:
    """What applies and makers would have written of these tickets."""
    for one in found:
        _keep_named(connection, one)
        status = one.sync_status or "here"
        row = rows.ticket_row(one) | {
            "source": one.source,
            "observed_at": NOW,
            "last_synced_at": NOW,
            "fate": "here" if status in ("synced", "in_doubt") else status,
            "record": b"x",
            "doubt": doubt,
        }
        connection.execute(tickets.insert(), row)
        for link in one.relations:
            target = link.target.external_id or link.target.url or link.target.key
            row = {"source": one.source, "ticket": one.external_id, "kind": link.kind}
            row |= {"target": target, "reference": rows.reference_of(link)}
            connection.execute(relations.insert(), row)
    keys = [(one.source, one.external_id) for one in found]
    whole = whole_tickets(connection, keys, parts=True)
    links.make(connection, [Derivable(key, one, (), None) for key, one in whole.items()], NOW)


def _keep_named(connection: sa.Connection, one: Ticket) -> None:
    """The people and definitions that a ticket names."""
    persons = [*one.assignees, *([one.reporter] if one.reporter else [])]
    plain = {"source": one.source, "seen_at": NOW}
    named = [{**plain, "external_id": p.id, "login": p.login, "name": p.name} for p in persons]
    sql.upsert(connection, people, [row | {"email": None, "kind": "user"} for row in named])
    defined: list[tuple[str, str, str]] = [("label", x.id, x.name) for x in one.labels]
    defined += [("component", x.id, x.name) for x in one.components]
    defined += [("sprint", x.id, x.name) for x in (one.sprint,) if x]
    defined += [("milestone", x.id, x.title) for x in (one.milestone,) if x]
    values = [{**plain, "kind": k, "external_id": i, "name": n} for k, i, n in defined]
    sql.upsert(connection, definitions, values)


def keep_change(connection: sa.Connection, ticket: Ticket, moment: datetime, **over: Any) -> None:
    """A row of the history."""
    plain = {
        "source": ticket.source,
        "ticket": ticket.external_id,
        "entry": f"{ticket.external_id}-{moment.isoformat()}-{len(over)}-{over.get('field')}",
        "at": moment,
        "native_field": over.get("field") or "native",
        "basis": "changelog",
        "noted_at": NOW,
    }
    connection.execute(history.insert(), plain | over)


def keep_numbers(connection: sa.Connection, ticket: Ticket) -> None:
    """What is counted of a ticket: two hours of work, three from its creation."""
    place = {"source": ticket.source, "ticket": ticket.external_id}
    connection.execute(
        flows.insert(),
        place
        | {
            "type": ticket.type,
            "category": "done",
            "working": False,
            "created_at": at(0),
            "started_at": at(3600),
            "done_at": at(3 * 3600),
            "ended_at": at(3 * 3600),
            "done_count": 1,
            "reopened_count": 0,
            "lead_seconds": 3 * 3600,
            "cycle_seconds": 2 * 3600,
            "inferred": False,
        },
    )
    stay = {
        "place": 0,
        "status": "Doing",
        "category": "in_progress",
        "came_from": "",
        "seconds": 5400,
    }
    moments = {"entered_at": at(3600), "left_at": at(3600 + 5400)}
    connection.execute(spans.insert(), place | stay | moments)
    day = {"source": ticket.source, "day": NOW.date(), "metric": "cycle-time", "member": ""}
    figure = {"count": 1, "seconds": 7200, "p50": 7200, "p85": 7200, "inferred": 0}
    figure = day | figure | {"taken_at": NOW}
    parts = (
        {"dimension": "all"},
        {"dimension": "assignee", "member": ADA.id},
        {"dimension": "all", "metric": "wip"},
    )
    connection.execute(snapshots.insert(), [figure | part for part in parts])


def make(connection: sa.Connection) -> None:
    """The whole world."""
    keep_sources(connection)
    request = PullRequest(repository="acme/shop", number=4, title="Fix", state="merged", branch="f")
    merged = Relation(
        kind="pull_request", target=TicketRef(url="https://git.test/4"), pull_request=request
    )
    blocks = Relation(
        kind="blocks", target=TicketRef(url="https://dev.test/Shop/_workitems/edit/5")
    )
    bug = shop(
        1,
        type="bug",
        status="In Progress",
        status_category="in_progress",
        severity="high",
        priority="P1",
        body="It breaks: 100% of the time",
        customer="ACME",
        labels=(Label(id="l1", name="urgent"), Label(id="l2", name="ui")),
        assignees=(ADA, BOB),
        reporter=BOB,
        sprint=SPRINT,
        milestone=Milestone(id="m1", title="v1"),
        components=(WEB,),
        story_points=3,
        relations=(merged, blocks),
    )
    task = shop(2, parent=TicketRef(external_id="10001"), status="Done", state="closed")
    far = board(5, type="bug", components=(WEB,), sprint=SPRINT, status="Active")
    near = board(6, type="issue", parent=TicketRef(external_id="5", key="5"))
    lost = shop(3, sync_status="deleted")
    keep(connection, bug, task, far, near, lost)
    keep(connection, shop(4), doubt={"since": "x"})
    keep_numbers(connection, bug)
    keep_change(connection, bug, at(10), field="status", before="Open", after="In Progress")
    keep_change(connection, bug, at(20), field="assignees", before=["u9"], after=["u1"],
                actor_id="u2", basis="inferred", since=at(15))  # fmt: skip
    keep_change(connection, bug, at(30), field="story_points", before=2.0, after=3.0)
    keep_change(connection, bug, at(40), field="reporter", before="u1", after="u2")
    keep_change(connection, bug, at(50), native_field="rank", before={"a": 1}, after=True)
    keep_change(connection, bug, at(60), field="body", told=False)
    keep_change(connection, bug, at(60), field="title", before="x", after="y", covered=True)


def ask(store: Store, tracker: str, query: str) -> list[Row]:
    """Rows of a query; `{view}` names of a tracker are spelt as the dialect does."""
    with store.read() as connection:
        text = spelt(store, tracker, query)
        return [dict(row) for row in connection.exec_driver_sql(text).mappings()]


def spelt(store: Store, tracker: str, query: str) -> str:
    """A query with the names of views as they stand in this database."""
    name = getattr(ViewSettings(), tracker)
    if store.dialect == "postgresql":
        return query.replace("{", f"{name or 'public'}.").replace("}", "")
    return query.replace("{", f"{name}_" if name else "").replace("}", "")


def names(found: Iterable[Row], column: str) -> list[Any]:
    """One column of what was found."""
    return [row[column] for row in found]


def bring_up(store: Store, config: standing.Wanted) -> list[str]:
    """Makes the views of a configuration; what could not be done."""
    with store.write() as connection:
        return standing.bring_up(connection, config)


def say(store: Store, *statements: str) -> None:
    """Sends statements in one transaction."""
    with store.write() as connection:
        for one in statements:
            connection.exec_driver_sql(one)


def places(store: Store) -> list[str]:
    """The views that stand anywhere, as schema.name."""
    with store.read() as connection:
        if store.dialect == "postgresql":
            query = (
                "SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n"
                " ON n.oid = c.relnamespace WHERE c.relkind = 'v'"
                " AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
            )
        else:
            query = "SELECT name FROM sqlite_master WHERE type = 'view'"
        return sorted(connection.exec_driver_sql(query).scalars())
