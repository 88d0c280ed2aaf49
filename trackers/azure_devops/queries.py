"""Questions in WIQL, and the ids they bring, however many there are.

A query of more than 20,000 results is refused as a whole, so every one is cut by id
(https://learn.microsoft.com/azure/devops/boards/queries/wiql-syntax).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from schemas.errors import Denied, Permanent
from schemas.source import Source
from trackers.answers import Answer
from trackers.azure_devops import names, scope, states
from trackers.azure_devops.boards import Boards, too_many
from trackers.fields import Fields

MOST = 19_999
_HERE = "[System.TeamProject] = @project"


def ids(
    boards: Boards, conditions: Sequence[str], *, after: int = 0, most: int = MOST
) -> Iterator[list[int]]:
    """Ids of the project's work items in rising order, at most `most` at a time.

    Never an empty list; work items that are changed meanwhile keep their place.
    """
    while True:
        found, upto = _next(boards, conditions, after, most)
        if found:
            yield found
        if upto is None and len(found) < most:
            return
        after = found[-1] if upto is None else upto


def filtered(boards: Boards) -> list[str]:
    """The source's filter as conditions, as far as they can be put."""
    source = boards.source
    found = _by_state(boards)
    types = [quoted(name) for name in _native_types(source)]
    if types:
        found.append(f"[{names.TYPE}] IN ({', '.join(types)})")
    found += [f"[{names.TAGS}] CONTAINS {quoted(name)}" for name in scope.named(source, "labels")]
    return found + told_by_tracker(source)


def _by_state(boards: Boards) -> list[str]:
    """Queries know states by name only: those are left out that no type has inside the filter.

    What a name shared by several types leaves in is sifted by the record.
    """
    wanted = scope.state(boards.source)
    if wanted == "all":
        return []
    closed: set[str] = set()
    alive: set[str] = set()
    for kind in boards.type_names():
        for one in boards.states(kind):
            name, native = str(one.get("name")), str(one.get("category") or "")
            found = states.category(boards.source, name, native, "")
            (closed if found in ("done", "canceled") else alive).add(name)
    outside = sorted(closed - alive if wanted == "open" else alive - closed)
    named = ", ".join(map(quoted, outside))
    return [f"[{names.STATE}] NOT IN ({named})"] if outside else []


def told_by_tracker(source: Source) -> list[str]:
    """What only the tracker can tell; the macro needs the team in the address
    (https://learn.microsoft.com/azure/devops/boards/queries/query-operators-variables)."""
    clause = scope.clause(source)
    found = [f"({clause})"] if clause else []
    return [*found, f"[{names.AREA}] = @TeamAreas"] if source.team else found


def among(items: Sequence[int]) -> str:
    """One of these ids."""
    return f"[System.Id] IN ({', '.join(map(str, items))})"


def created_since(moment: datetime) -> list[str]:
    """Created by ourselves since a moment; with a zone, since others mean the reader's own."""
    since = moment.strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
    return ["[System.CreatedBy] = @Me", f"[{names.CREATED}] >= '{since}'"]


def quoted(text: str) -> str:
    """A literal; quotes are doubled."""
    return "'{}'".format(text.replace("'", "''"))


def highest(boards: Boards) -> list[int]:
    """The highest ids that queries show: the project's own and the organization's; 0 for none."""
    order = "[System.Id] DESC"
    asked = ([_HERE], ["[System.Id] > 0"])
    return [max(_ids(boards.query(_select(one, order), 1)), default=0) for one in asked]


def latest(boards: Boards, count: int) -> list[int]:
    """The work items of the project changed last."""
    return _ids(boards.query(_select([_HERE], f"[{names.CHANGED}] DESC"), count))


def _next(
    boards: Boards, conditions: Sequence[str], after: int, most: int
) -> tuple[list[int], int | None]:
    """(ids after one, where the window ended). A window of ids can never hold too many."""
    for upto in (None, after + most):
        window = [f"[System.Id] > {after}"] + ([f"[System.Id] <= {upto}"] if upto else [])
        text = _select([_HERE, *conditions, *window], "[System.Id]")
        answer = boards.query(text, most)
        if answer.ok:
            return _ids(answer), upto
        if not too_many(answer):
            break
    raise _refused(answer)


def _select(conditions: Sequence[str], order: str) -> str:
    where = " AND ".join(conditions)
    return f"SELECT [System.Id] FROM WorkItems WHERE {where} ORDER BY {order}"  # noqa: S608 - WIQL


def _ids(answer: Answer) -> list[int]:
    if not answer.ok:
        raise _refused(answer)
    items = Fields.of(answer.object, "query").items("workItems")
    return [Fields.of(item, "query.workItems").need_whole("id") for item in items]


def _refused(answer: Answer) -> Permanent:
    """404 is the project or the team; anything else is the query, which a person wrote."""
    if answer.status == 404:
        return Denied(f"{answer.asked}: HTTP 404{answer.reason}")
    return Permanent(f"{answer.asked}: HTTP {answer.status}, the query is refused{answer.reason}")


def _native_types(source: Source) -> list[str]:
    """The filter's types under their native names, where the source's map knows them."""
    found: list[str] = []
    for name in scope.named(source, "types"):
        mapped = [native for native, ours in source.types.items() if ours == name.casefold()]
        found += mapped or [name]
    return found
