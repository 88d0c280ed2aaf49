"""Whether an announced creation happened, without the search, which lags behind.

A new issue takes the next key of its project. So the keys after the highest one that was there
before are read one by one, each read being strongly consistent, until so many in a row are missing
that no gap explains it. The marker is an entity property set in the creating call; it counts when
our own account made the issue
(https://developer.atlassian.com/cloud/jira/platform/jira-entity-properties/).
"""

from datetime import timedelta

from schemas.change import Absent, Found, Intent, Lookup, Marker, Ref, Unsure
from schemas.model import Json
from trackers import markers
from trackers.fields import Fields
from trackers.http import Params
from trackers.jira import address, marks, scope
from trackers.jira.record import revision_of
from trackers.jira.site import PAGE, Site, words
from trackers.jira.write import comment_ref

_BEFORE = timedelta(minutes=5)
"""How far the two clocks and the index may be apart."""

_MISSING = 100
_MOST = 2000


def find_marker(site: Site, intent: Intent) -> Lookup:
    """Found, Absent, or Unsure where reading does not settle it."""
    me = Fields.of(site.need("/myself").object, "myself")
    own = me.id("accountId") or me.id("key") or me.need_id("name")
    if intent.creates == "comment":
        return _comment(site, intent, own)
    return _ticket(site, intent, own)


def _ticket(site: Site, intent: Intent, own: str) -> Lookup:
    project = site.project_key()
    number, missing = _highest_before(site, intent), 0
    for _ in range(_MOST):
        number += 1
        issue = _issue(site, f"{project}-{number}")
        missing = 0 if issue else missing + 1
        if issue and _is_ours(issue, intent.marker, own):
            return Found(ref=_ref(site, issue))
        if missing >= _MISSING:
            return Absent()
    return Unsure(reason=f"more than {_MOST} issues are newer than the write")


def _highest_before(site: Site, intent: Intent) -> int:
    """The number of an issue that was there before the write began; a lagging index tells of an
    older one, which only costs more reads."""
    before = scope.millis(intent.sent_at - _BEFORE)
    clause = scope.split_order(scope.walk_jql(site.key))[0]
    body: dict[str, Json] = {
        "jql": f"{clause} AND created < {before} ORDER BY key DESC",
        "maxResults": 1,
        "fields": ["created"],
    }
    while True:  # an empty page may come before a full one
        answer = site.ask("/search/jql" if site.cloud else "/search", body)
        page = Fields.of(answer.object, "search")
        for item in page.items("issues"):
            number = Fields.of(item, "issue").need_text("key").rpartition("-")[2]
            return int(number) if number.isdecimal() else 0
        token = page.text("nextPageToken")
        if not token or token == body.get("nextPageToken"):
            return 0
        body["nextPageToken"] = token


def _issue(site: Site, key: str) -> Fields | None:
    params = {"fields": "creator,updated", "properties": marks.NAME}
    answer = site.get(f"/issue/{key}", params)
    return Fields.of(answer.object, "issue") if answer.ok else None


def _is_ours(issue: Fields, marker: Marker, own: str) -> bool:
    properties = issue.object("properties")
    held = properties.value.get(marks.NAME) if properties else None
    creator = issue.need_object("fields").object("creator")
    return _names(held, marker) and _wrote(creator, own)


def _ref(site: Site, issue: Fields) -> Ref:
    key = issue.need_text("key")
    return Ref(
        ticket=issue.need_id("id"),
        key=key,
        url=address.browse(site.source, key),
        revision=revision_of(issue.need_object("fields")),
    )


def _comment(site: Site, intent: Intent, own: str) -> Lookup:
    """Newest first, back to before the write; an issue we cannot read settles nothing."""
    start, oldest = 0, intent.sent_at - _BEFORE
    while True:
        params: Params = {
            "orderBy": "-created",
            "expand": "properties",
            "startAt": start,
            "maxResults": PAGE,
        }
        answer = site.get(f"/issue/{intent.ticket}/comment", params)
        if not answer.ok:
            return Unsure(reason=f"HTTP {answer.status} for the issue{words(answer)}")
        page = [
            Fields.of(one, "comment") for one in Fields.of(answer.object, "c").items("comments")
        ]
        for comment in page:
            held = [Fields.of(one, "property") for one in comment.items("properties")]
            named = any(_names(one.value.get("value"), intent.marker) for one in held)
            if named and _wrote(comment.object("author"), own):
                ref = comment_ref(site, str(intent.ticket), comment.value)
                return Found(ref=ref)
        start += len(page)
        if not page or (page[-1].time("created") or oldest) < oldest:
            return Absent()


def _names(value: Json, marker: Marker) -> bool:
    """Whether a property's value is this very marker, proof and all."""
    told = value.get("marker") if isinstance(value, dict) else None
    return told == markers.text(marker)


def _wrote(user: Fields | None, own: str) -> bool:
    return user is not None and own in (user.id("accountId"), user.id("key"), user.id("name"))
