"""What readers see while indexes or replicas are behind the truth.

Repository-wide lists and searches are read from an index; what hangs on one issue is read by its
key, so only a replica that lags makes it old.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import orjson

from sandbox.github.site import Site
from sandbox.github.state import Comment, Issue, Look, Repo


def issue_look(site: Site, issue: Issue, lag: float) -> Look | None:
    """How an issue looked `lag` seconds ago; None when it was not to be seen."""
    today = site.views.look(issue) if issue.shown else None
    trail = issue.repo.issue_trails.get(issue.number) if lag > 0 else None
    return trail.at(site.world.now() - timedelta(seconds=lag), today) if trail else today


def comment_look(site: Site, repo: Repo, comment: Comment, lag: float) -> Look | None:
    """The same for a comment."""
    shown = comment.id in repo.comments and comment.issue.shown
    rendered = orjson.dumps(site.views.comment(comment))
    today = Look(comment.updated_at, "", rendered) if shown else None
    trail = repo.comment_trails.get(comment.id) if lag > 0 else None
    return trail.at(site.world.now() - timedelta(seconds=lag), today) if trail else today


def comment_looks(
    site: Site, repo: Repo, lag: float, of: Issue | None = None
) -> Iterator[tuple[int, Look]]:
    """Comments of the repository or of one issue, by id, as they were."""
    known = {**repo.trailed, **repo.comments} if lag > 0 else repo.comments
    here = known.values() if of is None else (one for one in known.values() if one.issue is of)
    for comment in sorted(here, key=lambda one: one.id):
        look = comment_look(site, repo, comment, lag)
        if look is not None:
            yield comment.id, look
