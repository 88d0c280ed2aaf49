"""What moves no revision and is listed nevertheless: links between work items.

The list follows the order of saving, and its continuation token stays good: it is the mark
(https://learn.microsoft.com/rest/api/azure/devops/wit/reporting-work-item-links).
"""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from schemas.errors import Permanent
from schemas.model import Json
from schemas.tracker import Activity, Touched
from trackers.answers import Answer
from trackers.azure_devops.boards import Boards, refused
from trackers.fields import Fields

_MOST_PAGES = 10
_DONE = {"create": "added", "remove": "removed"}


@dataclass(frozen=True, slots=True)
class _Mark:
    """Where to go on: behind a token, or from a time where the tracker has given none."""

    project: str
    token: str | None = None
    since: str | None = None

    def text(self) -> str:
        return json.dumps(asdict(self))


def told(boards: Boards, mark: str | None) -> Activity | None:
    """Work items whose links were added or removed since; at most ten pages, the rest next time.

    Without a mark of this project, or with one the tracker refuses, only the beginning is found.
    """
    at = _resumed(boards, mark)
    if at is None:
        return Activity(mark=_begin(boards))
    touched: dict[str, Touched] = {}
    for _ in range(_MOST_PAGES):
        answer = _asked(boards, at)
        if answer.status == 400:
            return Activity(touched=tuple(touched.values()), mark=_begin(boards))
        report = _report(answer)
        for link in report.items("values"):
            touched |= {one.ticket: one for one in _ends(boards, link)}
        following = _after(boards, at, report, answer)
        over = report.flag("isLastBatch") is not False or following.token in (None, at.token)
        at = following
        if over:
            break
    if not touched and at.text() == mark:
        return None
    return Activity(touched=tuple(touched.values()), mark=at.text())


def _begin(boards: Boards) -> str:
    """Behind everything there is now."""
    at = _Mark(boards.named, since=_text(boards.clock or datetime.now(UTC)))
    answer = _asked(boards, at)
    return _after(boards, at, _report(answer), answer).text()


def _asked(boards: Boards, at: _Mark) -> Answer:
    params = {"continuationToken": at.token} if at.token else {"startDateTime": at.since or ""}
    return boards.get(boards.path("wit/reporting/workitemlinks"), params)


def _report(answer: Answer) -> Fields:
    if not answer.ok:
        raise refused(answer)
    return Fields.of(answer.object, "report")


def _after(boards: Boards, at: _Mark, report: Fields, answer: Answer) -> _Mark:
    token = report.text("continuationToken") or at.token
    return _Mark(boards.named, token, None if token else _text(answer.date))


def _ends(boards: Boards, link: Json) -> list[Touched]:
    """Both ends, as far as they are in our project; a link to a pull request has one."""
    attributes = Fields.of(link, "report.values").need_object("attributes")
    verb = _DONE.get((attributes.text("changedOperation") or "").casefold(), "changed")
    return [
        Touched(ticket=str(key), aspect="links", reason=f"a link was {verb}", at=_time(attributes))
        for end in ("source", "target")
        if (key := attributes.whole(f"{end}Id")) and _is_ours(boards, attributes, end)
    ]


def _is_ours(boards: Boards, attributes: Fields, end: str) -> bool:
    """Before our project's id is pinned, nobody else's can be told from it."""
    project, ours = attributes.text(f"{end}ProjectId"), boards.source.project_id
    return not project or not ours or project.casefold() == ours.casefold()


def _time(attributes: Fields) -> datetime | None:
    """A time that cannot be read is left out: the link counts all the same."""
    try:
        return attributes.time("changedDate")
    except Permanent:
        return None


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _resumed(boards: Boards, mark: str | None) -> _Mark | None:
    try:
        found = _Mark(**json.loads(mark or ""))
    except (ValueError, TypeError):
        return None
    texts = all(one is None or isinstance(one, str) for one in (found.token, found.since))
    sound = texts and bool(found.token or found.since)
    return found if sound and found.project == boards.named else None
