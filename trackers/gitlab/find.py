"""Whether an announced creation happened: among what our own account wrote since.

Lists come from the database, but a replica of it may be behind
(https://docs.gitlab.com/administration/postgresql/database_load_balancing/). So the numbers after
the newest one listed are read singly until none is left.
"""

from datetime import timedelta
from urllib.parse import quote

from schemas import revision
from schemas.change import Absent, Found, Intent, Lookup, Marker, Unsure
from schemas.errors import Denied
from schemas.model import Json
from trackers import markers
from trackers.answers import Answer
from trackers.fields import Fields
from trackers.gitlab import read
from trackers.gitlab.carry import issue_ref, note_ref
from trackers.gitlab.project import FULL_PAGE, Project, words

_CLOCKS_DIFFER = timedelta(minutes=5)
_NEWEST_FIRST = {"order_by": "created_at", "sort": "desc"}
_PAGES = 10
"""A thousand of our own newest issues: a lookup past them is given up as unsure."""
_MISSING = 5
"""So many numbers in a row without an issue are the end: a deleted one leaves a gap."""
_MOST_UNLISTED = 50


def find_marker(project: Project, intent: Intent, author: str | None) -> Lookup:
    """Found, Absent, or Unsure; only what our own account wrote counts."""
    if author is None:
        return Unsure(reason="nobody is signed in, so nothing can be told to be ours")
    if intent.creates == "comment":
        return _comment(project, intent, author)
    listed = _listed(project, intent, author)
    return _unlisted(project, intent.marker, author) if isinstance(listed, Absent) else listed


def _listed(project: Project, intent: Intent, author: str) -> Lookup:
    since = revision.of_time(intent.sent_at - _CLOCKS_DIFFER, 3)
    asked = {"author_id": author, "created_after": since, "state": "all"}
    for count, answer in enumerate(
        project.pages("/issues", asked | _NEWEST_FIRST | read.DETAILED), 1
    ):
        for issue in _items(answer):
            if _carries(issue.get("description"), intent.marker):
                return Found(ref=issue_ref(issue))
        if count == _PAGES and answer.next:
            return Unsure(reason=f"more than {_PAGES * FULL_PAGE} issues were written since then")
    return Absent()


def _unlisted(project: Project, marker: Marker, author: str) -> Lookup:
    """Issues that no list shows yet."""
    newest = _items(project.get(project.path("/issues"), {**_NEWEST_FIRST, "per_page": 1}))
    last = Fields.of(newest[0], "issue").need_whole("iid") if newest else 0
    missing = 0
    for number in range(last + 1, last + 1 + _MOST_UNLISTED):
        answer = project.get(project.path(f"/issues/{number}"))
        missing = 0 if answer.ok else missing + 1
        if missing == _MISSING:
            return Absent()
        issue = answer.object if answer.ok else {}
        if _wrote(issue, author) and _carries(issue.get("description"), marker):
            return Found(ref=issue_ref(project.with_label_ids(issue)))
    return Unsure(reason=f"more than {_MOST_UNLISTED} issues are in no list yet")


def _comment(project: Project, intent: Intent, author: str) -> Lookup:
    path = f"/issues/{quote(str(intent.ticket), safe='')}/notes"
    for answer in project.pages(path, _NEWEST_FIRST):
        if not answer.ok:
            return Unsure(reason=f"the notes of #{intent.ticket} cannot be read: {answer.status}")
        for note in answer.items:
            if _wrote(note, author) and _carries(note.get("body"), intent.marker):
                return Found(ref=note_ref(str(intent.ticket), note))
    return Absent()


def _items(answer: Answer) -> list[dict[str, Json]]:
    if not answer.ok:
        raise Denied(f"{answer.asked}: HTTP {answer.status}{words(answer)}")
    return answer.items


def _wrote(record: dict[str, Json], author: str) -> bool:
    told = record.get("author")
    return isinstance(told, dict) and str(told.get("id")) == author


def _carries(text: Json, marker: Marker) -> bool:
    return isinstance(text, str) and marker in markers.found(text)
