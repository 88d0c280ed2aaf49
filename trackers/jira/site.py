"""One Jira site under one credential: where requests of a source go, and how it says no."""

from collections.abc import Callable, Iterator, Mapping

from schemas.errors import Denied, Permanent, Transient, Unauthorized
from schemas.model import Json
from schemas.source import Source
from schemas.tracker import ProjectInfo
from trackers import tolerant
from trackers.answers import Answer
from trackers.fields import Fields
from trackers.http import Files, Params, Session
from trackers.jira import address
from trackers.jira.shelf import Shelf

PAGE = 100


class Refused(Permanent):
    """A request that Jira understood and declined: 400, 413 or 422, with its words."""

    def __init__(self, asked: str, status: int, words: str) -> None:
        super().__init__(f"{asked}: HTTP {status}{words}")
        self.status = status


class Unsearchable(Denied):
    """A JQL of ours that Jira refuses: the source's filter, or its project."""


class Missing(Permanent):
    """An issue that is not there, or not for us: its own trouble, not the source's."""


class Site:
    """The source's project at its API. Issues are asked for by id, the project by its pinned id."""

    def __init__(self, session: Session, source: Source, shelf: Shelf) -> None:
        self.session = session
        self.source = source
        self.shelf = shelf
        self.cloud = address.deployment(source) == "cloud"
        self._root = f"/rest/api/{3 if self.cloud else 2}"
        self._project: ProjectInfo | None = None

    @property
    def key(self) -> str:
        """The project's id once it is pinned, else its key; Denied when the source names none."""
        named = self.source.project_id or address.project_name(self.source)
        if not named:
            raise Denied(f"{self.source.url} names a site and no project")
        return named

    def get(self, tail: str, params: Params | None = None) -> Answer:
        """An answer to a reading request: 2xx or 404."""
        return self._told(self.session.get(f"{self._root}{tail}", params))

    def ask(self, tail: str, body: Json) -> Answer:
        """An answer to a POST that only reads; Denied when there is no such question."""
        return _there(self._told(self.session.ask(f"{self._root}{tail}", body)))

    def search(self, tail: str, body: Json) -> Answer:
        """An answer to the source's own JQL; Unsearchable when Jira refuses it: nothing can be read
        before the filter, or the project, is put right."""
        try:
            return self.ask(tail, body)
        except Refused as error:
            if error.status != 400:
                raise
            raise Unsearchable(f"the project or the filter is refused: {error}") from None

    def send(
        self,
        method: str,
        tail: str,
        body: Json = None,
        *,
        params: Params | None = None,
        files: Files | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """An answer to a write: 2xx or 404."""
        path = f"{self._root}{tail}"
        answer = self.session.send(method, path, body, params=params, files=files, headers=headers)
        return self._told(answer)

    def unversioned(self, method: str, path: str, body: Json = None) -> Answer:
        """An answer of the older part of the API that administrators use."""
        send = self.session.get(path) if method == "GET" else self.session.send(method, path, body)
        return self._told(send)

    def need(self, tail: str, params: Params | None = None) -> Answer:
        """A reading request for what must be there; Denied when it is not."""
        return _there(self.get(tail, params))

    def part(self, tail: str, params: Params | None = None) -> Answer:
        """A reading request for a part of one issue; Missing when the issue is not there (any
        more), which says nothing of the source as a whole."""
        answer = self.get(tail, params)
        if not answer.ok:
            raise Missing(f"{answer.asked}: HTTP {answer.status}{words(answer)}")
        return answer

    def paged(
        self,
        tail: str,
        name: str,
        params: Params | None = None,
        *,
        read: Callable[[str, Params], Answer] | None = None,
    ) -> Iterator[Fields]:
        """All items of a list by `startAt`; `name` is the list's in each page, `read` how one is
        asked for (`need` when nothing is said).

        The end is `isLast` or the total, never a short page; a missing `isLast` is no end.
        """
        start = 0
        before: list[Json] = []
        while True:
            answer = (read or self.need)(
                tail, {**(params or {}), "startAt": start, "maxResults": PAGE}
            )
            page = Fields.of(answer.object, name)
            items = page.items(name)
            if items and items == before:  # a list that knows no startAt would never end
                raise Transient(f"{answer.asked}: the next page is the one that was read")
            before = items
            yield from (Fields.of(item, name) for item in items)
            start += len(items)
            total = page.whole("total")
            if not items or page.flag("isLast") or (total is not None and start >= total):
                return

    def project(self) -> ProjectInfo:
        """The project as it is now; Denied when there is none we may see."""
        answer = self.get(f"/project/{self.key}")
        if not answer.ok:
            refusal = f"HTTP {answer.status}: there is none, or the credential may not see it"
            raise Denied(f"project {self.key}: {refusal}")
        self._project = self.told_project(Fields.of(answer.object, "project"))
        return self._project

    def holds(self, project: Fields) -> bool:
        """Whether this is the source's project: by its pinned id, else by its key.

        A key that differs may be a new one, so the project is asked for, once.
        """
        number, key = project.need_id("id"), (project.text("key") or "").casefold()
        if self.source.project_id:
            return number == self.source.project_id
        if key == address.project_name(self.source).casefold():
            return True
        return number == (self._project or self.project()).id

    def project_key(self) -> str:
        """The project's present key, asked for once."""
        return (self._project or self.project()).name

    def told_project(self, record: Fields) -> ProjectInfo:
        """A project from its record; its name is the key."""
        key = record.need_text("key")
        return ProjectInfo(
            id=record.need_id("id"),
            name=key,
            url=address.browse(self.source, key),
            private=record.flag("isPrivate"),
            tickets_enabled=not record.flag("archived"),
        )

    def _told(self, answer: Answer) -> Answer:
        """Some endpoints answer anonymously where a credential is bad, and say so in a header
        (https://support.atlassian.com/jira/kb/how-to-use-the-x-seraph-loginreason-header/)."""
        login = answer.headers.get("x-seraph-loginreason", "")
        if "AUTHENTICATED_FAILED" in login or "AUTHENTICATION_DENIED" in login:
            raise Unauthorized(f"{answer.asked}: the credential is not accepted ({login})")
        if answer.status == 409:
            raise Transient(f"{answer.asked}: HTTP 409{words(answer)}", answer.retry_after)
        if answer.status in (400, 413, 422):
            raise Refused(answer.asked, answer.status, words(answer))
        return answer


def _there(answer: Answer) -> Answer:
    if not answer.ok:
        raise Denied(f"{answer.asked}: HTTP {answer.status}{words(answer)}")
    return answer


def words(answer: Answer) -> str:
    """`: ` and what Jira says for a reason, shortened; empty when it says nothing."""
    try:
        body = tolerant.loads(answer.body)
    except ValueError:
        return ""
    if not isinstance(body, dict):
        return ""
    said = [one for one in body.get("errorMessages") or [] if isinstance(one, str)]
    named = body.get("errors")
    if isinstance(named, dict):
        said += [f"{field}: {one}" for field, one in named.items() if isinstance(one, str)]
    return f": {'; '.join(said)[:500]}" if said else answer.reason
