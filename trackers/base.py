"""The one interface every tracker has: pure functions, and a client that carries out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol

import httpx as http
from pydantic import Field

from schemas.change import Change, Intent, Lookup, Marker, Ref, Write
from schemas.delivery import Delivery, Proof
from schemas.event import Aspect, Definition, DefinitionKind, Event
from schemas.history import History
from schemas.model import Json, Model
from schemas.ports import Credentials, Limiter, Validators
from schemas.record import Cursor, Fetched, Gone, Hidden, Page, Record
from schemas.source import Source
from schemas.ticket import Attachment, Comment, Person, Relation, Ticket
from schemas.tracker import (
    Activity,
    CensusPage,
    FieldInfo,
    Hook,
    HookFault,
    Identity,
    MissedDelivery,
    Part,
    ProjectInfo,
)
from trackers.http import Session

Headers = Mapping[str, str]
"""Request headers with lower-case names."""


class Reach(Model):
    """What a new grant is good for: whose it is, and the ids of its sites by their addresses."""

    account: str | None = None
    sites: dict[str, str] = Field(default_factory=dict)


Look = Callable[[Callable[[str], Session], str], Reach]
"""Asks a tracker how far a grant reaches: (session for a base address, site) to Reach.

The session sends the new token; the site is `{site}` of the plan's addresses, or empty.
"""


class OAuthPlan(Model):
    """How a tracker hands out OAuth grants; `{site}` in addresses is the site's origin.

    `extra` are further parameters of the first request; `separator` stands between scopes.
    `token_json` says that the token endpoint takes JSON, not a form. `site` is the one meant when
    nobody names one; `look` is asked once after each consent.
    """

    authorize_url: str
    token_url: str
    site: str = ""
    look: Look | None = Field(default=None, exclude=True, repr=False)
    revoke_url: str | None = None
    scopes: tuple[str, ...]
    separator: str = " "
    pkce: bool = True
    token_json: bool = False
    extra: dict[str, str] = Field(default_factory=dict)


class Capabilities(Model):
    """What a tracker can do, said here rather than by raising.

    `ack_status` is the one answer it takes for success; `restorable` whether a deleted ticket may
    come back; `verify_again` whether a kept delivery can prove itself a second time (the proof is
    not itself the secret); `secret_headers` must not reach the journal, `event_headers` are what of
    a webhook's headers is journaled. `polls` False is a tracker without an API: what it sends is
    all there is. `schemes` are the proofs of its webhooks, in words; `text` the form of its rich
    text. `tells` are the parts of tickets whose every change its webhooks tell; `activity` whether
    it lists what moves no revision; `conditional` whether an answer "not modified" costs no rate
    limit. `history` names the fields of `schemas.history.TRACKED` whose every change the changelog
    tells; empty without one. `writes` names the ticket fields that can be written, `links` the
    kinds of relations; `oauth` is None where only tokens are known. `token_variables` are the usual
    names of the token in the environment, `email_variables` those of the account that goes with it.
    `files` are the addresses by which texts name the tracker's own files, as regular expressions:
    of a path at the source's site, or (with a scheme) of a whole address elsewhere. Empty where an
    address can be guessed: then only what a ticket lists as its own is taken to be its file.
    `loose_uploads` says that a file can be put there before its ticket is, and belongs to none.
    """

    ack_status: int = 202
    restorable: bool = False
    verify_again: bool = True
    form_bodies: bool = False
    polls: bool = True
    hooks_api: bool = True
    redelivers: bool = False
    tells: frozenset[Part] = frozenset({"core", "comments"})
    activity: bool = False
    conditional: bool = False
    history: frozenset[str] = frozenset()
    uploads: bool = False
    loose_uploads: bool = False
    files: tuple[str, ...] = ()
    schemes: tuple[str, ...] = ()
    text: Literal["markdown", "adf", "html"] = "markdown"
    writes: frozenset[str] = frozenset()
    comments: frozenset[Literal["create", "update", "delete"]] = frozenset()
    links: frozenset[str] = frozenset()
    custom_fields: bool = False
    oauth: OAuthPlan | None = None
    token_variables: tuple[str, ...] = ()
    email_variables: tuple[str, ...] = ()
    secret_headers: frozenset[str] = frozenset()
    event_headers: frozenset[str] = frozenset()
    translator_version: int = 1


class Client(Protocol):
    """The only I/O of a tracker: sync, one source, one credential.

    Every method raises Transient, Permanent or Denied (schemas/errors) and nothing else. `requests`
    counts what was sent, `cached` what of it was answered "not modified".
    """

    requests: int
    cached: int

    def identity(self) -> Identity:
        """Who the credential is; raises Denied when it is refused."""

    def project(self) -> ProjectInfo:
        """The source's project as the tracker names it now."""

    def fetch(self, ticket: str, aspects: frozenset[Aspect] = ...) -> Fetched:
        """One ticket by drain key, with the parts asked for; strongly consistent."""

    def fetch_comment(self, ticket: str, comment: str) -> Record | Gone | Hidden:
        """One comment by id."""

    def changed_since(self, cursor: Cursor) -> Iterator[Page]:
        """Tickets first, then comments, in an order that is safe while items move.

        `cursor.since` None walks everything; `cursor.position` goes on inside a walk.
        """

    def history(self, tickets: Sequence[str]) -> Iterator[History]:
        """The changelogs of these tickets, whole, also past a first page; each oldest first.

        One that cannot be read, or is gone, is left out: an empty changelog would say that nothing
        ever changed.
        """

    def census(self, mark: str | None = None) -> Iterator[CensusPage]:
        """Every ticket of the project with id, revision and comment count; archived ones, too.

        Whatever the filter says: `Seen.inside` tells. `mark` goes on where a page ended.
        """

    def activity(self, mark: str | None) -> Activity | None:
        """What the tracker's activity list tells since `mark`; None when nothing new is there.

        The first call, without a mark, only finds out where to begin. A tracker without such a list
        (`Capabilities.activity`) answers None.
        """

    def users(self) -> Iterator[Person]:
        """People who may work on the project, as far as the tracker tells."""

    def fields(self) -> list[FieldInfo]:
        """The fields tickets have here, with a sample value each where one was found."""

    def projects(self) -> Iterator[ProjectInfo]:
        """The projects the credential can see; also for a source that names a site only."""

    def write(self, write: Write) -> Ref:
        """Carries out one step of a change, once; raises what it came to.

        A Transient may have happened nevertheless: ask `find_marker` before trying again.
        """

    def find_marker(self, intent: Intent) -> Lookup:
        """Whether an announced creation happened, looked up in a strongly consistent way."""

    def download(
        self, url: str, *, largest: int | None = None, public: bool = False
    ) -> Iterator[bytes]:
        """An attachment in pieces; Permanent when it is larger than `largest` bytes.

        `public` refuses redirects to private addresses, other than that of the API itself.
        """

    def upload(self, ticket: str, name: str, media_type: str, content: bytes) -> Attachment:
        """A file put at the tracker, with the address to name in texts."""

    def definitions(
        self, *, fresh: bool = False
    ) -> tuple[tuple[DefinitionKind, ...], tuple[Definition, ...]] | None:
        """All definitions of the kinds named; None when nothing changed since the last read.

        `fresh` reads them whether they changed or not: an answer that was read and then lost with
        its process would otherwise hide a change until the next one.
        """

    def hooks(self) -> list[Hook]:
        """The webhooks of the project."""

    def check_hooks(self, url: str) -> list[HookFault]:
        """What keeps the hook at `url` from telling us everything; empty when all is well."""

    def ensure_hook(self, url: str, secret: str) -> Hook:
        """Registers or mends the hook at `url`."""

    def keep_hook(self, url: str) -> datetime | None:
        """Puts off the end of our hook where hooks end by themselves; the new end, else None.

        Only looks while the end is far. No other part of the hook is touched.
        """

    def remove_hook(self, url: str) -> bool:
        """Removes our hook; False when there was none."""

    def missed_deliveries(self, url: str, since: datetime) -> list[MissedDelivery]:
        """Asks the tracker to send again what it could not deliver; what it was."""

    def close(self) -> None:
        """Gives connections back."""


class Tracker(Protocol):
    """A dialect: stateless and pure but for `connect`; one value per tracker in the registry."""

    @property
    def name(self) -> str:
        """The word for it in the configuration."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""

    def verify(self, headers: Headers, body: bytes, secrets: Sequence[str], now: datetime) -> Proof:
        """Proves a delivery by its raw bytes against any of the live secrets.

        Raises Rejected(401) when the proof is wrong or absent. A body that cannot be parsed is
        still proven: its `ticket` is None.
        """

    def parse(self, delivery: Delivery) -> list[Event]:
        """The facts in a webhook delivery; raises Permanent with the cause when it is broken."""

    def to_ticket(self, record: Json, source: Source) -> Ticket:
        """A record of one issue as a ticket, full or explicitly partial."""

    def to_comment(self, record: Json, source: Source) -> Comment:
        """A record of one comment."""

    def to_relation(self, record: Json, source: Source) -> Relation:
        """A record of one link, as `Record.links` holds it."""

    def marks(self, record: Json) -> list[Marker]:
        """Every marker of ours that a record of a ticket or comment carries, proven or not.

        Never raises, whatever the record is. Where a marker is an id that only its maker can tell
        (`markers.as_uuid`), no record shows it and the list is empty.
        """

    def author(self, record: Json) -> Person | None:
        """Who wrote the ticket or comment of a record; None when the record does not tell.

        Not the reporter, whom people may change: compare with `Identity.wrote` before a marker
        counts. Never raises, whatever the record is.
        """

    def holds(self, ticket: Ticket, source: Source, record: Json = None) -> bool | None:
        """Whether a ticket lies inside the source's filter; None when only the tracker can tell.

        `record` is what the ticket was translated from, when it is at hand.
        """

    def to_writes(self, change: Change, source: Source) -> list[Write]:
        """The steps that carry a change out, in order; what has no place here is a loss."""

    def source_url(self, url: str) -> tuple[str, str | None, str]:
        """(clean url, api url or None for the public one, project name) of what a user typed.

        An address that names a site but no project has an empty name. Raises ConfigError when it is
        none of this tracker's.
        """

    def project_name(self, source: Source) -> str:
        """The project's name as the tracker spells it in its payloads (`owner/repo`)."""

    def connect(
        self,
        source: Source,
        *,
        credentials: Credentials,
        limiter: Limiter,
        validators: Validators,
        transport: http.BaseTransport | None = None,
    ) -> Client:
        """A client for one source; `transport` replaces the network in tests."""
