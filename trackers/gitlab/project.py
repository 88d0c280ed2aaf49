"""The source's project at its API; once its number is known, a rename changes nothing."""

import logging
from collections.abc import Iterator
from urllib.parse import quote

from schemas.errors import Denied, Permanent, Transient
from schemas.model import Json
from schemas.record import Record
from schemas.tracker import ProjectInfo
from trackers.answers import Answer
from trackers.fields import Fields
from trackers.gitlab import values
from trackers.http import Files, Params, Session
from trackers.kept import Kept

FULL_PAGE = 100
ABSENT = frozenset({400, 404, 409})
"""What comes back as an answer: an absence, and refusals whose words only GitLab knows."""

_OWNER = 50
"""https://docs.gitlab.com/api/access_requests/#valid-access-levels"""

_log = logging.getLogger(__name__)


class Project:
    """Where requests for one source go: by number once it is known, by full path before."""

    def __init__(
        self,
        session: Session,
        name: str,
        pinned: str | None = None,
        *,
        signed_in: bool = True,
        kept: Kept | None = None,
    ) -> None:
        self.session = session
        self.signed_in = signed_in
        self.name = name
        self.id = pinned
        self._kept = kept or Kept()
        self._kept_from_us: set[str] = set()

    def path(self, tail: str = "") -> str:
        """The API path of something in the project
        (https://docs.gitlab.com/api/rest/#namespaced-paths)."""
        if not (self.id or self.name):
            raise Denied(f"{self.session.base} is a site; a source needs a project of it")
        return f"/projects/{self.id or quote(self.name, safe='')}{tail}"

    def pinned(self) -> str:
        """The project's number, asked for once: an old path is good for reading only."""
        return self.id or self.told().id

    def told(self) -> ProjectInfo:
        """The project as it is now. An old path redirects to the number after a rename."""
        answer = self.get(self.path())
        if not answer.ok:
            refusal = f"HTTP {answer.status}: there is none, or the credential may not see it"
            raise Denied(f"project {self.name}: {refusal}")
        told = project_told(answer.object)
        self.id, self.name = told.id, told.name
        return told

    def owned(self) -> bool:
        """Whether we are an Owner now, of a project that has its issues switched on.

        https://docs.gitlab.com/user/permissions/; asked afresh, since roles change.
        """
        if not self.signed_in:
            return False
        answer = self.get(self.path())
        if not answer.ok or not project_told(answer.object).tickets_enabled:
            return False
        ways = (
            values.raw(Fields(answer.object, "project"), "permissions", way, "access_level")
            for way in ("project_access", "group_access")
        )
        return any(isinstance(level, int) and level >= _OWNER for level in ways)

    def get(self, address: str, params: Params | None = None) -> Answer:
        """An answer to GET; a refusal of the question itself is Permanent."""
        return sound(self.session.get(address, params))

    def send(
        self, method: str, tail: str, body: Json = None, *, files: Files | None = None
    ) -> Answer:
        """An answer to a write inside the project; 400 is Permanent, 404 and 409 come back."""
        self.pinned()
        answer = self.session.send(method, self.path(tail), body, files=files)
        if answer.status == 400:
            raise Permanent(f"{answer.asked}: HTTP 400{words(answer)}")
        return answer

    def everything(self, tail: str, params: Params | None = None) -> list[dict[str, Json]] | None:
        """All items of a list, by its next links; None when there is no such list."""
        items: list[dict[str, Json]] = []
        for answer in self.pages(tail, params):
            if not answer.ok:
                return None
            items += answer.items
        return items

    def permitted(self, tail: str, params: Params | None = None) -> list[dict[str, Json]]:
        """All items of a list; none of one that is kept from us."""
        return self.shown(tail, params) or []

    def shown(self, tail: str, params: Params | None = None) -> list[dict[str, Json]] | None:
        """All items of a list that a role, a licence or a switched-off feature may keep from us:
        then there is none, and a refusal is said once a process."""
        try:
            return self.everything(tail, params)
        except Denied as refusal:
            if "HTTP 403" not in str(refusal):
                raise
            kind = tail.rpartition("/")[2]
            if kind not in self._kept_from_us:
                self._kept_from_us.add(kind)
                _log.warning("%s: %s cannot be read: %s", self.name, kind, refusal)
            return None

    def pages(self, tail: str, params: Params | None = None) -> Iterator[Answer]:
        """A list page by page; totals and counts are left out of long ones, so they are not used
        (https://docs.gitlab.com/api/rest/#pagination)."""
        answer = self.get(self.path(tail), {"per_page": FULL_PAGE, **(params or {})})
        yield answer
        while answer.ok and answer.next:
            answer = self.get(answer.following)
            yield answer

    def with_label_ids(self, issue: dict[str, Json]) -> dict[str, Json]:
        """An issue whose labels came as names, with the labels themselves in their place.

        Lists give them with `with_labels_details`; answers to writes and single reads do not.
        """
        names = issue.get("labels")
        if not isinstance(names, list) or not any(isinstance(one, str) for one in names):
            return issue
        known = self._known_labels(names)
        return {**issue, "labels": [known.get(one, one) for one in names]}

    def make_labels(self, looks: dict[str, Json]) -> None:
        """Makes the labels that are not there, as they are to look: an issue that names one would
        make it, too, but in a colour of its own choice
        (https://docs.gitlab.com/api/labels/#create-a-new-label)."""
        known = self._known_labels(list(looks))
        folded = {name.lower() for name in known}
        for name, look in looks.items():
            if name.lower() in folded:
                continue
            answer = self.send("POST", "/labels", {"name": name, **look})
            if answer.ok:
                known = {**known, name: answer.object}
                self._kept.keep(self._question, known)

    @property
    def _question(self) -> tuple[str, str, str]:
        return self.session.credential, self.session.base, self.id or self.name

    def _known_labels(self, names: list[Json]) -> dict[str, Json]:
        known: dict[str, Json] = self._kept.known(self._question) or {}
        if any(one not in known for one in names):
            found = self.everything("/labels") or []
            known = {str(one.get("name")): one for one in found}
            self._kept.keep(self._question, known)
        return known


def project_told(record: dict[str, Json]) -> ProjectInfo:
    """A project's record; `issues_access_level` is newer than `issues_enabled`."""
    found = Fields.of(record, "project")
    enabled, level = found.flag("issues_enabled"), found.text("issues_access_level")
    visibility = found.text("visibility")
    return ProjectInfo(
        id=found.need_id("id"),
        name=found.need_text("path_with_namespace"),
        url=found.text("web_url") or "",
        private=None if visibility is None else visibility != "public",
        tickets_enabled=enabled is not False and level != "disabled",
    )


def sound(answer: Answer) -> Answer:
    """The answer, unless it says that the question was wrong."""
    if answer.status in (400, 409):
        raise Permanent(f"{answer.asked}: HTTP {answer.status}{words(answer)}")
    return answer


def words(answer: Answer) -> str:
    """`: ` and what GitLab says for a reason, whose shape differs by endpoint
    (https://docs.gitlab.com/api/rest/troubleshooting/#status-code-400)."""
    if answer.reason:
        return answer.reason
    try:
        found = answer.object
    except Transient:  # a page of a proxy, say; the status alone has to do
        return ""
    told = found.get("error") or found.get("message")
    if isinstance(told, dict):
        told = "; ".join(f"{name} {_plain(value)}" for name, value in told.items())
    return f": {str(told)[:200]}" if told else ""


def ticket_record(body: dict[str, Json]) -> Record:
    """An issue as a record; Permanent when it has no number."""
    issue = Fields.of(body, "issue")
    number = values.number_of(issue)
    return Record(
        kind="ticket",
        ticket=number,
        external_id=number,
        revision=values.revision_of(issue),
        body=body,
    )


def comment_record(ticket: str, body: dict[str, Json]) -> Record:
    """A note as a record."""
    note = Fields.of(body, "note")
    return Record(
        kind="comment",
        ticket=ticket,
        external_id=note.need_id("id"),
        revision=values.revision_of(note),
        body=body,
    )


def _plain(value: Json) -> str:
    return ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)
