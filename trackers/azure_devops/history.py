"""Every change of a work item, as its updates tell them.

https://learn.microsoft.com/rest/api/azure/devops/wit/updates/list
"""

from collections.abc import Iterator, Sequence
from functools import partial

from schemas.history import History
from trackers.azure_devops import names, past, read
from trackers.azure_devops.boards import Boards, listed, refused
from trackers.fields import Fields


def history(boards: Boards, tickets: Sequence[str]) -> Iterator[History]:
    """The changelog of each, oldest first; those that cannot be read are left out.

    The work items themselves tell who is still there, and which texts are Markdown by now.
    """
    meaning = partial(read.category, boards)
    for start in range(0, len(tickets), names.FULL_BATCH):
        some = tickets[start : start + names.FULL_BATCH]
        found = read.batch(boards, [int(read.number(one)) for one in some])
        items = {str(item.get("id")): item for item in found}
        for ticket in some:
            updates = _updates(boards, ticket) if ticket in items else None
            if updates is not None:
                told = past.entries(items[ticket], updates, boards.source, meaning)
                yield History(ticket=ticket, entries=tuple(told))


def _updates(boards: Boards, ticket: str) -> list[Fields] | None:
    """All updates of one work item; None when it cannot be read."""
    path = f"/_apis/wit/workItems/{read.number(ticket)}/updates"
    updates: list[Fields] = []
    while True:
        answer = boards.get(path, {"$top": names.FULL_BATCH, "$skip": len(updates)})
        if answer.status == 404:
            return None
        if not answer.ok:
            raise refused(answer)
        page = listed(answer)
        updates += [Fields(one, "update") for one in page]
        if len(page) < names.FULL_BATCH:
            return updates
