"""Render: after a commit the workspace files of changed tickets are written."""

from collections.abc import Iterable

from store.workspace.write import write_due
from workers.work import Work


def render(work: Work, sources: Iterable[str]) -> int:
    """Writes what is due in these sources' folders; how many files. Nothing without a workspace."""
    if work.workspace is None:
        return 0
    total = 0
    for source in sorted(set(sources) & set(work.sources)):
        written = write_due(work.store, work.workspace, work.sources[source], work.now)
        if written:
            work.observer.rendered(source, written)
        total += written
    return total
