"""Lists to their end: `nodes` page by page, and what nested lists lack."""

from collections.abc import Iterator, Mapping

from schemas.errors import Transient
from schemas.model import Json
from trackers.fields import Fields
from trackers.linear import queries
from trackers.linear.graph import Graph


def following(connection: Fields) -> str | None:
    """The cursor of the next page; None on the last one."""
    page = connection.need_object("pageInfo")
    return page.need_text("endCursor") if page.flag("hasNextPage") else None


def nodes(
    graph: Graph, query: str, variables: Mapping[str, Json], *path: str, after: str | None = None
) -> Iterator[Fields]:
    """Every node of the list at `path`, page by page by the variable `after`."""
    while True:
        connection = graph.ask(query, {**variables, "after": after})
        for name in path:
            connection = connection.need_object(name)
        for item in connection.items("nodes"):
            yield Fields.of(item, path[-1])
        last, after = after, following(connection)
        if after is None:
            return
        if after == last:
            raise Transient(f"{path[-1]}: the next page is the same page")


def filled(graph: Graph, issue: Fields) -> Fields:
    """An issue whose nested lists are complete, whatever it takes."""
    value = dict(issue.value)
    for name in queries.NESTED:
        connection = issue.object(name)
        after = following(connection) if connection and "pageInfo" in connection else None
        if connection is None or after is None:
            continue
        more = nodes(
            graph, queries.rest(name), {"id": issue.need_id("id")}, "issue", name, after=after
        )
        found = [*connection.items("nodes"), *(one.value for one in more)]
        value[name] = {"nodes": found, "pageInfo": {"hasNextPage": False, "endCursor": None}}
    return Fields(value, issue.path)
