"""The REST endpoints, a file each for what they are about.

One table, in order: the first row that fits wins. Labels may contain slashes, hence `:path`.
"""

from __future__ import annotations

from collections.abc import Callable

from sandbox.github.ask import Ask
from sandbox.github.rest import (
    app,
    comments,
    dependencies,
    fields,
    history,
    hooks,
    issues,
    labels,
    login,
    milestones,
    repository,
    search,
    sub_issues,
    triage,
)
from sandbox.wire import Reply, Routes

Route = Callable[[Ask], Reply]

ROOMS = (
    comments,
    history,
    issues,
    triage,
    sub_issues,
    dependencies,
    fields,
    login,
    labels,
    milestones,
    hooks,
    repository,
    app,
    search,
)


def routes() -> Routes[Route]:
    """All endpoints of the stand-in."""
    return Routes(row for room in ROOMS for row in room.rows())
