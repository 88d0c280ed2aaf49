"""Links: each once, the same whatever came first, also across sources."""

import itertools
from collections.abc import Iterable, Sequence
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.ticket import PullRequest, Relation, Ticket, TicketRef
from store import links, rows
from store.database import Store
from store.derivable import Derivable
from store.keys import Key, among
from store.link_sides import comparable
from store.tables import addresses, link_sides, relations, tickets
from store.tables import links as link_table
from store.whole import whole_tickets
from tests.builders import NOW


def a_ticket(source: str, number: int, **over: Any) -> Ticket:
    plain = {
        "source": source,
        "external_id": str(number),
        "key": str(number),
        "url": f"https://{source}.test/issues/{number}",
        "title": f"{source} {number}",
    }
    return Ticket(**{**plain, **over})


def a_relation(kind: Any, **target: Any) -> Relation:
    return Relation(kind=kind, target=TicketRef(**target))


def keep(connection: sa.Connection, *found: Ticket) -> None:
    """What an apply would have written of these tickets."""
    keys = [(one.source, one.external_id) for one in found]
    connection.execute(relations.delete().where(among(relations, keys, "ticket")))
    connection.execute(tickets.delete().where(among(tickets, keys)))
    for one in found:
        fate = "deleted" if one.sync_status == "deleted" else "here"
        row = rows.ticket_row(one) | {"source": one.source, "fate": fate}
        connection.execute(tickets.insert(), row | {"observed_at": NOW, "last_synced_at": NOW})
        told = {
            (link.kind, link.target.external_id or link.target.url or link.target.key): link
            for link in one.relations
        }
        for (kind, target), link in told.items():
            row = {"source": one.source, "ticket": one.external_id, "kind": kind}
            reference = rows.reference_of(link)
            connection.execute(relations.insert(), row | {"target": target, "reference": reference})


def derive(connection: sa.Connection, keys: Iterable[Key]) -> None:
    batch = [
        Derivable(key, ticket, (), None)
        for key, ticket in whole_tickets(connection, list(keys), parts=True).items()
    ]
    links.make(connection, batch, NOW)


def learn(store: Store, *found: Ticket) -> None:
    with store.write() as connection:
        keep(connection, *found)
        derive(connection, [(one.source, one.external_id) for one in found])


def told_links(store: Store) -> list[dict[str, Any]]:
    with store.read() as connection:
        return links.find(connection)


def table(store: Store) -> list[dict[str, Any]]:
    with store.read() as connection:
        query = sa.select(link_table).order_by(link_table.c.id)
        return [dict(row) for row in connection.execute(query).mappings()]


def view_of(store: Store, source: str, ticket: str) -> list[tuple[str, str | None]]:
    with store.read() as connection:
        found = links.of(connection, [(source, ticket)])
    return [(one.kind, one.target.key) for one in found.get((source, ticket), [])]


def test_a_link_that_both_ends_tell_is_one(store: Store) -> None:
    one = a_ticket("shop", 1, relations=(a_relation("blocks", external_id="2"),))
    two = a_ticket("shop", 2, relations=(a_relation("blocked_by", external_id="1"),))
    learn(store, one)
    assert [(row["kind"], row["told_by"]) for row in table(store)] == [("blocks", "from")]
    assert table(store)[0]["to_ticket"] is None
    learn(store, two)
    (row,) = table(store)
    assert (row["from_ticket"], row["to_ticket"], row["told_by"]) == ("1", "2", "both")
    learn(store, two.model_copy(update={"relations": ()}))
    assert table(store)[0]["told_by"] == "from"
    learn(store, one.model_copy(update={"relations": ()}))
    assert table(store) == []


def test_a_parent_shows_the_child_that_alone_told_of_it(store: Store) -> None:
    learn(store, a_ticket("shop", 1), a_ticket("shop", 2, parent=TicketRef(external_id="1")))
    assert view_of(store, "shop", "1") == [("child", "2")]
    assert view_of(store, "shop", "2") == [("parent", "1")]


def test_an_epic_is_a_parent_where_there_is_none_closer(store: Store) -> None:
    story = a_ticket("shop", 2, epic=TicketRef(external_id="1"))
    task = a_ticket("shop", 3, parent=TicketRef(external_id="2"), epic=TicketRef(external_id="1"))
    learn(store, a_ticket("shop", 1), story, task)
    assert view_of(store, "shop", "1") == [("child", "2")]
    assert view_of(store, "shop", "2") == [("child", "3"), ("parent", "1")]


def test_a_duplicate_points_to_the_original_and_relates_points_nowhere(store: Store) -> None:
    learn(
        store,
        a_ticket("shop", 1, relations=(a_relation("duplicated_by", external_id="2"),)),
        a_ticket("shop", 2, relations=(a_relation("relates", external_id="3"),)),
        a_ticket("shop", 3, relations=(a_relation("relates", external_id="2"),)),
    )
    duplicates, relates = sorted(table(store), key=lambda row: row["kind"])
    assert (duplicates["from_ticket"], duplicates["to_ticket"]) == ("2", "1")
    assert duplicates["told_by"] == "to"
    assert (relates["from_ticket"], relates["to_ticket"]) == ("2", "3")
    assert relates["told_by"] == "both"


def test_an_end_in_another_source_is_met_when_it_arrives_there(store: Store) -> None:
    far = a_relation("blocks", key="web#7", url="https://WEB.test/-/issues/7/?tab=1", title="Far")
    learn(store, a_ticket("shop", 1, relations=(far,)))
    assert view_of(store, "shop", "1") == [("blocks", "web#7")]
    with store.read() as connection:
        assert len(links.find(connection, dangling=True)) == 1
    learn(store, a_ticket("web", 7))
    assert view_of(store, "shop", "1") == [("blocks", "7")]
    assert view_of(store, "web", "7") == [("blocked_by", "1")]
    with store.read() as connection:
        assert links.find(connection, dangling=True) == []
        (found,) = links.of(connection, [("web", "7")])["web", "7"]
    assert found.target.external_id is None  # an id means something inside its own source alone


def test_a_key_with_its_project_is_known_in_every_source_and_a_bare_number_is_not(
    store: Store,
) -> None:
    bare = a_relation("relates", key="5")
    named = a_relation("blocks", key="OPS-5")
    learn(store, a_ticket("shop", 1, relations=(bare, named)))
    learn(store, a_ticket("web", 5), a_ticket("jira", 9, key="OPS-5"))
    held = {row["kind"]: row["to_ticket"] for row in table(store)}
    assert held == {"relates": None, "blocks": "9"}


def test_a_ticket_that_is_called_something_else_takes_its_links_along(store: Store) -> None:
    learn(
        store,
        a_ticket("shop", 1, relations=(a_relation("blocks", key="OPS-5"),)),
        a_ticket("jira", 9, key="OPS-5"),
    )
    learn(store, a_ticket("jira", 9, key="DEV-1"))
    assert table(store)[0]["to_ticket"] is None
    learn(store, a_ticket("jira", 10, key="OPS-5"))
    assert table(store)[0]["to_ticket"] == "10"


def test_a_deleted_ticket_keeps_its_links(store: Store) -> None:
    one = a_ticket("shop", 1, relations=(a_relation("blocks", external_id="2"),))
    learn(store, one, a_ticket("shop", 2))
    learn(store, one.model_copy(update={"sync_status": "deleted"}))
    assert [(row["from_ticket"], row["to_ticket"]) for row in table(store)] == [("1", "2")]


def test_a_forgotten_ticket_leaves_what_others_tell(store: Store) -> None:
    one = a_ticket("shop", 1, relations=(a_relation("blocks", external_id="2"),))
    two = a_ticket("shop", 2, relations=(a_relation("relates", external_id="3"),))
    learn(store, one, two)
    with store.write() as connection:
        links.forget(connection, [("shop", "2")])
    assert [(row["kind"], row["to_ticket"]) for row in table(store)] == [("blocks", None)]


def test_a_link_back_to_its_teller_is_none(store: Store) -> None:
    learn(store, a_ticket("shop", 1, relations=(a_relation("relates", external_id="1"),)))
    assert table(store) == []


def test_a_pull_request_is_an_end_that_never_is_a_ticket(store: Store) -> None:
    request = PullRequest(repository="acme/shop", number=4, title="Fix", state="merged")
    link = Relation(
        kind="pull_request",
        target=TicketRef(url="https://shop.test/issues/2"),
        pull_request=request,
    )
    learn(store, a_ticket("shop", 1, relations=(link,)), a_ticket("shop", 2))
    (row,) = told_links(store)
    assert row["to"] == {
        "source": None,
        "key": "acme/shop#4",
        "title": "Fix",
        "url": "https://shop.test/issues/2",
        "held": False,
    }
    with store.read() as connection:
        (found,) = links.of(connection, [("shop", "1")])["shop", "1"]
    assert found.pull_request == request


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("https://GitHub.com/a/b/issues/1", "http://github.com/a/b/issues/1/"),
        ("https://git.test/a/b/-/issues/1", "https://git.test/a/b/issues/1#note_2"),
        ("https://git.test:443/a/b/issues/1?x=2", "https://git.test/a/b/issues/1"),
        (
            "https://dev.test/My%20Shop/_workitems/edit/1",
            "https://dev.test/My Shop/_workitems/edit/1",
        ),
    ],
)
def test_addresses_of_one_ticket_compare_equal(left: str, right: str) -> None:
    assert comparable(left) == comparable(right)


def test_a_query_that_names_the_ticket_counts() -> None:
    assert comparable("https://bugs.test/show?id=1") != comparable("https://bugs.test/show?id=2")


KINDS = ("parent", "child", "blocks", "blocked_by", "duplicates", "duplicated_by", "relates")
SOURCES = ("one", "two", "three")


@st.composite
def worlds(draw: st.DrawFn) -> list[Ticket]:
    places = [(source, number) for source in SOURCES for number in range(1, 4)]
    held = draw(st.lists(st.sampled_from(places), min_size=1, max_size=7, unique=True))
    return [draw(tickets_at(source, number)) for source, number in held]


@st.composite
def tickets_at(draw: st.DrawFn, source: str, number: int) -> Ticket:
    targets = draw(st.lists(st.tuples(st.sampled_from(KINDS), references(source)), max_size=4))
    parent = draw(st.none() | references(source))
    key = f"{source[0].upper()}-{draw(st.integers(1, 3))}"
    linked = tuple(Relation(kind=kind, target=target) for kind, target in targets)
    return a_ticket(source, number, key=key, relations=linked, parent=parent)


@st.composite
def references(draw: st.DrawFn, source: str) -> TicketRef:
    number, other = draw(st.integers(1, 3)), draw(st.sampled_from(SOURCES))
    return draw(
        st.sampled_from(
            [
                TicketRef(external_id=str(number)),
                TicketRef(url=f"https://{other}.test/issues/{number}"),
                TicketRef(key=f"{other[0].upper()}-{number}"),
                TicketRef(external_id=str(number), key=f"{source[0].upper()}-{number}"),
            ]
        )
    )


def made(store: Store, batches: Sequence[Sequence[Ticket]]) -> list[dict[str, Any]]:
    """The table after these batches, from nothing."""
    with store.write() as connection:
        for each in (tickets, relations, link_table, link_sides, addresses):
            connection.execute(each.delete())
    for batch in batches:
        learn(store, *batch)
    return table(store)


@settings(max_examples=40)
@given(world=worlds(), earlier=worlds(), seed=st.integers(0, 1000))
def test_the_table_does_not_depend_on_what_came_first(
    sqlite_store: Store, world: list[Ticket], earlier: list[Ticket], seed: int
) -> None:
    told_at_once = made(sqlite_store, [world])
    order = Random(seed)
    shuffled = order.sample(world, len(world))
    known = {(one.source, one.external_id) for one in world}
    past = [one for one in earlier if (one.source, one.external_id) in known]
    one_by_one = made(sqlite_store, [[one] for one in (*past, *shuffled)])
    assert one_by_one == told_at_once
    learn(sqlite_store, *shuffled)
    assert table(sqlite_store) == told_at_once


def test_both_dialects_make_the_same_table(sqlite_store: Store, postgres_store: Store) -> None:
    pairs = itertools.product(KINDS, range(1, 4))
    told = [a_relation(kind, external_id=str(number)) for kind, number in pairs]
    batches = [[a_ticket("one", n, relations=tuple(told[n::3]))] for n in range(1, 4)]
    assert made(sqlite_store, batches) == made(postgres_store, batches) != []
