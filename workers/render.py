"""Render: after a commit the workspace files of changed tickets are written."""

from collections.abc import Iterable
from pathlib import Path

from store.workspace.write import write_due
from workers.work import Work


def render(work: Work, sources: Iterable[str], *, indexed: bool = True) -> int:
    """Writes what is due in these sources' folders; how many files. Nothing without a workspace.

    A folder has one writer at a time. While another thread is at it nothing is waited for: it goes
    on until nothing is due, and a drain is not held up by a disk. `indexed` False leaves a changed
    index to the sweep: during an import it would be written anew for every page.
    """
    if work.workspace is None:
        return 0
    return sum(
        _render(work, work.workspace, source, indexed)
        for source in sorted(set(sources) & set(work.sources))
    )


def _render(work: Work, workspace: Path, source: str, indexed: bool) -> int:
    if not work.rendering.take(source):
        return 0
    total, more = 0, True
    try:
        while more:
            written = write_due(
                work.store, workspace, work.sources[source], work.now, work.attachments, indexed
            )
            if written:
                work.observer.rendered(source, written)
            total += written
            more = work.rendering.go_on(source)
    except BaseException:
        work.rendering.drop(source)
        raise
    return total
