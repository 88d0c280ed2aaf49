"""The client of one source: it carries out, and decides nothing."""

import mimetypes
import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from schemas.change import Intent, Lookup, Ref, Write
from schemas.errors import Permanent
from schemas.event import Aspect, Definition, DefinitionKind
from schemas.history import History
from schemas.record import Cursor, Fetched, Gone, Hidden, Page, Record
from schemas.ticket import Attachment, Person
from schemas.tracker import (
    Activity,
    CensusPage,
    FieldInfo,
    Hook,
    HookFault,
    Identity,
    MissedDelivery,
    ProjectInfo,
)
from trackers.azure_devops import (
    activity,
    carry,
    catalog,
    census,
    history,
    hooks,
    marks,
    read,
    walk,
)
from trackers.azure_devops.auth import Anonymous
from trackers.azure_devops.boards import Boards, refused
from trackers.azure_devops.people import person
from trackers.fields import Fields
from trackers.http import Authority, OnRequest

_CORE: frozenset[Aspect] = frozenset({"core"})
_FILE = re.compile(r".*/_apis/wit/attachments/([0-9A-Fa-f-]{36})(?:[/?].*)?")


class AzureDevOpsClient:
    """One project under one credential.

    `requests` counts every request that was sent, `cached` those answered "not modified".
    """

    def __init__(self, boards: Boards, authority: Authority) -> None:
        self.requests = 0
        self.cached = 0
        self.on_request: OnRequest | None = None
        self._boards = boards
        self._authority = authority
        self._me: Person | None = None

    def note(self, method: str, path: str, status: int | None, seconds: float) -> None:
        """Counts a request and passes it on to whoever listens."""
        self.requests += 1
        self.cached += status == 304
        if self.on_request:
            self.on_request(method, path, status, seconds)

    def identity(self) -> Identity:
        """Who we are; tokens do not tell their scopes."""
        if isinstance(self._authority, Anonymous):
            self._boards.project()
            return Identity(login=None, anonymous=True)
        me = self._myself()
        return Identity(login=me.login or None, id=me.id) if me else Identity(login=None)

    def project(self) -> ProjectInfo:
        """The project under its present name."""
        return self._boards.project()

    def fetch(self, ticket: str, aspects: frozenset[Aspect] = _CORE) -> Fetched:
        """One work item by id; its links come along in any case."""
        return read.fetch(self._boards, ticket, aspects)

    def fetch_comment(self, ticket: str, comment: str) -> Record | Gone | Hidden:
        """One comment by id."""
        return read.fetch_comment(self._boards, ticket, comment)

    def changed_since(self, cursor: Cursor) -> Iterator[Page]:
        """Work items with comments and links; one request when nothing changed."""
        return walk.changed_since(self._boards, cursor)

    def history(self, tickets: Sequence[str]) -> Iterator[History]:
        """Every update of each work item."""
        return history.history(self._boards, tickets)

    def census(self, mark: str | None = None) -> Iterator[CensusPage]:
        """Every work item of the project, and what is in the recycle bin."""
        return census.pages(self._boards, mark)

    def activity(self, mark: str | None) -> Activity | None:
        """Links that were added or removed, which old work items keep no revision of."""
        return activity.told(self._boards, mark)

    def users(self) -> Iterator[Person]:
        """The members of the project's teams."""
        return catalog.users(self._boards)

    def fields(self) -> list[FieldInfo]:
        """The project's fields, with samples."""
        return catalog.fields(self._boards)

    def projects(self) -> Iterator[ProjectInfo]:
        """The organization's projects."""
        return catalog.projects(self._boards)

    def write(self, write: Write) -> Ref:
        """One step of a change."""
        return carry.carry_out(self._boards, write)

    def find_marker(self, intent: Intent) -> Lookup:
        """Whether an announced creation happened."""
        me = self._myself()
        return marks.find(self._boards, intent, me.id if me else None)

    def download(
        self, url: str, *, largest: int | None = None, public: bool = False
    ) -> Iterator[bytes]:
        """An attachment by the id in its address; the organization's old host names it, too."""
        found = _FILE.fullmatch(url)
        if found is None:
            raise Permanent("this is no address of an attachment at Azure DevOps")
        path = f"/_apis/wit/attachments/{found[1]}?download=true&api-version=7.1"
        return self._boards.session.download(path, largest=largest, public=public)

    def upload(self, ticket: str, name: str, media_type: str, content: bytes) -> Attachment:
        """A file, attached to the work item: one that is attached to none is taken away again."""
        path = self._boards.path("wit/attachments")
        answer = self._boards.put_file(path, content, {"fileName": name})
        if not answer.ok:
            raise refused(answer)
        made = Fields.of(answer.object, "attachment")
        url = made.need_text("url")
        carry.attach(self._boards, ticket, url, name)
        return Attachment(
            id=made.need_id("id").lower(),
            name=name,
            url=url,
            media_type=media_type or mimetypes.guess_type(name)[0],
            size=len(content),
        )

    def definitions(
        self, *, fresh: bool = False
    ) -> tuple[tuple[DefinitionKind, ...], tuple[Definition, ...]] | None:
        """Tags, iterations, areas and states; nothing tells beforehand whether any changed."""
        if fresh:
            self._boards.forget()
        return catalog.definitions(self._boards)

    def hooks(self) -> list[Hook]:
        """The project's webhooks, each event by itself."""
        return hooks.hooks(self._boards)

    def check_hooks(self, url: str) -> list[HookFault]:
        """What is wrong with our subscriptions."""
        return hooks.check(self._boards, url)

    def ensure_hook(self, url: str, secret: str) -> Hook:
        """Registers or mends our subscriptions."""
        return hooks.ensure(self._boards, url, secret)

    def keep_hook(self, url: str) -> datetime | None:
        """Nothing: hooks last here."""
        return None

    def remove_hook(self, url: str) -> bool:
        """Removes our subscriptions."""
        return hooks.remove(self._boards, url)

    def missed_deliveries(self, url: str, since: datetime) -> list[MissedDelivery]:
        """Failed notifications; the tracker sends them again by its own plan only."""
        return hooks.missed(self._boards, url, since)

    def close(self) -> None:
        """Gives connections back."""
        self._boards.session.close()

    def _myself(self) -> Person | None:
        """Whose credential it is, as the connection itself tells
        (Microsoft's own client: azure-devops, `location.get_connection_data`)."""
        if self._me is None:
            answer = self._boards.get("/_apis/connectionData")
            if not answer.ok:
                raise refused(answer)
            told = Fields.of(answer.object, "connection").object("authenticatedUser")
            self._me = _account(told) if told else None
        return self._me


def _account(told: Fields) -> Person | None:
    """An identity as this one answer spells it: the account lies among its properties."""
    properties = told.object("properties")
    account = properties.object("Account") if properties else None
    return person(
        {
            "id": told.id("id"),
            "displayName": told.text("providerDisplayName"),
            "uniqueName": account.text("$value") if account else None,
        },
        "connection.authenticatedUser",
    )
