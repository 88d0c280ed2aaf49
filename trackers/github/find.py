"""Whether something announced was created: looked up in lists and single reads, never by search.

The search index lags by minutes; lists may lag, too, in an incident. So the numbers after the
newest one listed are read singly until there is none
(https://docs.github.com/rest/issues/issues#list-repository-issues).
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from schemas import revision
from schemas.change import Absent, Found, Intent, Lookup, Marker, Unsure
from schemas.errors import Permanent
from schemas.model import Json
from trackers import markers
from trackers.fields import Fields
from trackers.github.perform import comment_ref, issue_ref
from trackers.github.repository import FULL_PAGE, Repository, is_pull_request
from trackers.http import Params

_SKEW = timedelta(minutes=5)
"""How far our clock and GitHub's may be apart."""
_MOST_PAGES = 5
_MOST_UNLISTED = 50


def find(repository: Repository, intent: Intent, login: str | None) -> Lookup:
    """Found, or Absent when all that could hold the marker was read, or Unsure.

    Only what `login` wrote counts: anybody can copy a text.
    """
    if not login:
        return Unsure(reason="nobody is logged in: what we wrote cannot be told from the rest")
    if intent.creates == "comment":
        return _comment(repository, intent, login)
    listed = _listed(repository, intent, login)
    return listed if isinstance(listed, (Found, Unsure)) else _unlisted(repository, intent, login)


def _listed(repository: Repository, intent: Intent, login: str) -> Lookup:
    params = {"state": "all", "creator": login, "sort": "created", "direction": "desc"}
    path = repository.path("/issues")
    oldest = intent.sent_at - _SKEW
    for page, answer in enumerate(
        repository.session.pages(path, {**params, "per_page": FULL_PAGE}), 1
    ):
        if not answer.ok:
            raise Permanent(f"{answer.asked}: HTTP {answer.status}{answer.reason}")
        items = answer.items
        found = _marked(items, intent.marker, login)
        if found:
            return Found(ref=issue_ref(found))
        if any(_created(item) < oldest for item in items):
            return Absent()
        if page == _MOST_PAGES and answer.next:
            return Unsure(reason=f"it is not among the newest {page * FULL_PAGE} issues of {login}")
    return Absent()


def _unlisted(repository: Repository, intent: Intent, login: str) -> Lookup:
    """Issues that no list shows yet."""
    params: Params = {"state": "all", "sort": "created", "direction": "desc", "per_page": 1}
    newest = repository.session.get(repository.path("/issues"), params).items
    last = Fields.of(newest[0], "issue").need_whole("number") if newest else 0
    for number in range(last + 1, last + 1 + _MOST_UNLISTED):
        answer = repository.session.get(repository.path(f"/issues/{number}"))
        if answer.status == 404:
            return Absent()
        if answer.ok and not answer.moved and _marked([answer.object], intent.marker, login):
            return Found(ref=issue_ref(answer.object))
    return Unsure(reason=f"more than {_MOST_UNLISTED} issues are in no list yet")


def _comment(repository: Repository, intent: Intent, login: str) -> Lookup:
    """All pages, since comments come oldest first; an edit may have moved ours on."""
    ticket = intent.ticket or ""
    if not (ticket.isascii() and ticket.isdecimal()):
        raise Permanent(f"the comment's ticket is no issue number: {ticket[:40]!r}")
    since = revision.of_time(intent.sent_at - _SKEW)
    path = repository.path(f"/issues/{ticket}/comments")
    for answer in repository.session.pages(path, {"since": since, "per_page": FULL_PAGE}):
        if not answer.ok:
            return Unsure(reason=f"the comments of #{ticket} cannot be read: HTTP {answer.status}")
        found = _marked(answer.items, intent.marker, login)
        if found:
            return Found(ref=comment_ref(ticket, found))
    return Absent()


def _marked(items: Iterable[dict[str, Json]], marker: Marker, login: str) -> dict[str, Json] | None:
    """The record with exactly this marker, by this author; the oldest of several."""
    found = [
        item
        for item in items
        if not is_pull_request(item)
        and _author(item) == login.lower()
        and marker in markers.found(str(item.get("body") or ""))
    ]
    return min(found, key=_created) if found else None


def _author(item: dict[str, Json]) -> str:
    user = Fields.of(item, "record").object("user")
    return (user.text("login") or "").lower() if user else ""


def _created(item: dict[str, Json]) -> datetime:
    moment = Fields.of(item, "record").time("created_at")
    if moment is None:
        raise Permanent("record.created_at is missing")
    return moment
