"""The tracker against what ours holds, and what ours promised: every way in which they differ."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from cli.compare import differences, files_by_key
from schemas.ticket import Ticket
from store import known
from store.tables import deliveries, folders, sessions, tickets
from store.whole import whole_tickets
from store.workspace.layout import FILE, source_folder
from tests.chaos.converge_world import SOURCE, World

Line = tuple[str, str, str]
"""(ticket, kind, other ticket): one end of a link between two tickets of the project."""

KEY_HEADERS = {
    "github": "X-GitHub-Delivery",
    "gitlab": "webhook-id",
    "jira": "X-Atlassian-Webhook-Identifier",
    "linear": "Linear-Delivery",
}


def problems(world: World) -> list[str]:
    """Everything that is not as promised; empty when all is."""
    checks = (_contents, _links, _fates, _lost, _journal, _files)
    return [f"{check.__name__[1:]}: {said}" for check in checks for said in check(world)]


def visible(world: World) -> list[dict[str, Any]]:
    """The tickets that ours has to show as existing."""
    there = (one for one in world.truth if not one["deleted"] and not one.get("hidden"))
    shelved = archived(world)
    return [one for one in there if one["key"] not in shelved]


def held(world: World) -> dict[str, Ticket]:
    """What ours shows as existing, by its id."""
    with world.store.read() as connection:
        keys = [(SOURCE, one) for one in sorted(known.ids_here(connection, SOURCE))]
        found = whole_tickets(connection, keys, parts=True)
    shelved = archived(world)
    return {key[1]: one for key, one in found.items() if one.key not in shelved}


def archived(world: World) -> set[str]:
    """Keys of tickets that Jira's searches do not show, and that only who knows them can read."""
    if world.tracker != "jira":
        return set()
    return {one.key for one in world.running.state.issues.values() if one.archived}


def workspace(world: World) -> Path:
    return world.folder / "tickets" / source_folder(SOURCE)


def _contents(world: World) -> Iterator[str]:
    """SQL and files, field by field, with every comment; and nothing twice."""
    stored = list(held(world).values())
    shelved = archived(world)
    files = {k: one for k, one in files_by_key(workspace(world)).items() if k not in shelved}
    for one in differences(visible(world), stored, files):
        if one.place != "SQL" and not world.workspace:
            continue
        yield f"{one.key} {one.place} {one.field}: tracker {one.tracker!r}, ours {one.ours!r}"
    statuses = {one["key"]: one["status"] for one in visible(world) if "status" in one}
    for one in stored:
        if statuses.get(one.key, one.status) != one.status:
            yield f"{one.key} status: tracker {statuses[one.key]!r}, ours {one.status!r}"
    for key, times in Counter(one.key for one in stored).items():
        if times > 1:
            yield f"{key} is there {times} times"


def _links(world: World) -> Iterator[str]:
    with world.running.state.lock:
        theirs = set(LINES[world.tracker](world.running))
    here = {str(one["key"]) for one in visible(world)}
    theirs = {line for line in theirs if line[0] in here and line[2] in here}
    stored = held(world)
    kinds = KINDS.get(world.tracker, _ALL)
    ours = {
        (one.key, link.kind, stored[link.target.external_id].key)
        for one in stored.values()
        for link in one.relations
        if link.kind in kinds and link.target.external_id in stored
    }
    for line in sorted(theirs - ours):
        yield f"{line} is at the tracker, not in the store"
    for line in sorted(ours - theirs):
        yield f"{line} is in the store, not at the tracker"


def _fates(world: World) -> Iterator[str]:
    """What we may not see any more is marked so, and no lost right is taken for a deletion."""
    with world.store.read() as connection:
        query = sa.select(tickets.c.key, tickets.c.fate, tickets.c.title)
        rows = {row.key: row for row in connection.execute(query)}
    for one in world.truth:
        row = rows.get(str(one["key"]))
        if row is None or not (one["deleted"] or one.get("hidden")):
            continue
        if row.fate == "here":
            yield f"{row.key} is shown as here, though it is away"
        if not one["deleted"] and row.fate in ("deleted", "moved"):
            yield f"{row.key} is called {row.fate}, though only our right to see it is gone"


def _lost(world: World) -> Iterator[str]:
    """Rows stay, whatever became of their tickets."""
    with world.store.read() as connection:
        ids = set(connection.execute(sa.select(tickets.c.external_id)).scalars())
    for one in sorted(world.seen - ids):
        yield f"the row of ticket {one} is gone"


def _journal(world: World) -> Iterator[str]:
    """Every webhook that was answered 2xx is there, once, with an outcome; nothing is dead."""
    columns = (deliveries.c.delivery_key, deliveries.c.outcome, deliveries.c.via)
    more = (deliveries.c.event, deliveries.c.reason, deliveries.c.last_error)
    with world.store.read() as connection:
        rows = list(connection.execute(sa.select(*columns, *more)))
    kept = {row.delivery_key for row in rows if row.via == "webhook"}
    for key in sorted(acknowledged(world) - kept):
        yield f"webhook {key} was answered 2xx and is not in the journal"
    with world.store.read() as connection:
        open_ones = sa.select(sessions.c.id).where(sessions.c.status == "running")
        for session in connection.execute(open_ones).scalars():
            yield f"session {session} is running for ever"
    for row in rows:
        if row.outcome is None or row.outcome == "dead":
            told = f"{row.reason} {row.last_error or ''}".strip()
            yield f"{row.via} {row.event} {row.delivery_key} is {row.outcome or 'pending'}: {told}"


def acknowledged(world: World) -> set[str]:
    """The keys of the webhooks that ours took."""
    if world.tracker == "azure_devops":
        subscriptions = world.running.state.subscriptions.values()
        notes = [note for one in subscriptions for note in one.notes]
        return {str(note["eventId"]) for note in notes if note["result"] == "succeeded"}
    name = KEY_HEADERS[world.tracker]
    taken = [one for one in world.running.outbox.attempts if 200 <= one.status < 300]
    return {one.headers[name] for one in taken}


def _files(world: World) -> Iterator[str]:
    """One folder for each ticket that has one, none besides."""
    on_disk = Counter(path.parent.name for path in workspace(world).glob(f"*/{FILE}"))
    with world.store.read() as connection:
        noted = Counter(Path(one).name for one in connection.execute(_FOLDERS).scalars())
    for name in sorted((on_disk - noted) + (noted - on_disk)):
        yield f"{name}: {on_disk[name]} on disk, {noted[name]} noted"


_FOLDERS = sa.select(folders.c.path).where(folders.c.source == SOURCE)


# The links as each tracker's stand-in holds them.


def _github(running: Any) -> Iterator[Line]:
    for one in running.site.home.issues.values():
        me = str(one.number)
        if one.parent is not None:
            yield me, "parent", str(one.parent.number)
        yield from ((me, "child", str(other.number)) for other in one.children)
        yield from ((me, "blocked_by", str(other.number)) for other in one.blocked_by)
        yield from ((me, "blocks", str(other.number)) for other in one.blocking)


def _gitlab(running: Any) -> Iterator[Line]:
    home = running.site.home
    for one in home.issues.values():
        for link in one.links:
            out = link.source is one
            other = link.target if out else link.source
            sides = {"relates_to": ("relates", "relates"), "blocks": ("blocks", "blocked_by")}
            if other.project is home:
                yield str(one.iid), sides[link.kind][not out], str(other.iid)


def _jira(running: Any) -> Iterator[Line]:
    sides = {"Blocks": ("blocks", "blocked_by"), "Duplicate": ("duplicates", "duplicated_by")}
    for one in running.state.alive(running.site.home):
        if one.parent is not None:
            yield one.key, "parent", one.parent.key
        yield from ((one.key, "child", child.key) for child in one.children)
        for link in one.links:
            out = link.source is one
            other = link.target if out else link.source
            yield one.key, sides.get(link.type.name, ("relates", "relates"))[not out], other.key


def _linear(running: Any) -> Iterator[Line]:
    sides = {"blocks": ("blocks", "blocked_by"), "duplicate": ("duplicates", "duplicated_by")}
    for one in running.state.issues.values():
        if one.parent is not None:
            yield one.identifier, "parent", one.parent.identifier
            yield one.parent.identifier, "child", one.identifier
    for link in running.state.relations:
        there, back = sides.get(link.type, ("relates", "relates"))
        yield link.issue.identifier, there, link.other.identifier
        yield link.other.identifier, back, link.issue.identifier


_AZURE_KINDS = {
    "Hierarchy-Reverse": "parent",
    "Hierarchy-Forward": "child",
    "Dependency-Forward": "blocks",
    "Dependency-Reverse": "blocked_by",
    "Duplicate-Forward": "duplicated_by",
    "Duplicate-Reverse": "duplicates",
    "Related": "relates",
}


def _azure(running: Any) -> Iterator[Line]:
    for one in running.state.items.values():
        for relation in one.relations:
            kind = _AZURE_KINDS.get(relation["rel"].rpartition(".")[2])
            if kind and "/workItems/" in relation["url"]:
                yield str(one.id), kind, relation["url"].rpartition("/")[2]


LINES: dict[str, Callable[[Any], Iterator[Line]]] = {
    "github": _github,
    "gitlab": _gitlab,
    "jira": _jira,
    "linear": _linear,
    "azure_devops": _azure,
}
_ALL = frozenset(
    {"parent", "child", "blocks", "blocked_by", "duplicates", "duplicated_by", "relates"}
)
KINDS = {"gitlab": frozenset({"blocks", "blocked_by", "relates"})}
"""GitLab's parents are epics, and its duplicates are no links."""
