"""Files across a mirror: images in texts and attachments, brought once and linked anew.

The order for whoever writes tickets:

1. Where `Capabilities.loose_uploads` of the target (GitLab, Linear): `carry_files` first, then the
   ticket or the comment with texts in which `urls` are replaced.
2. Else where `uploads` (Jira, Azure DevOps): files belong to a ticket. Create the ticket with the
   `urls` of a first call, which answers `waits`; call again with its id; update the body once.
3. Where there are no uploads (GitHub): one call; relative addresses become full ones.

Call it outside any transaction; it costs no request when there is nothing new. Comments have the
same order as the ticket's text, and its `ticket_there` is known by then.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from schemas.errors import Permanent, StoreAway, TooLarge, Transient
from schemas.mirror import Mirror, Side
from schemas.record import Record
from schemas.ticket import Attachment
from store import mapped_files
from store.mapped_files import MappedFile
from trackers.base import Client
from workers.failures import described
from workers.rules import file_kinds
from workers.rules.file_links import LinkedFile, linked_files, safe_name
from workers.rules.terms import OTHER
from workers.work import Work

MB = 1_000_000
LATER = timedelta(minutes=15)
"""A tracker that did not answer is asked for the file again after so long."""
MUCH_LATER = timedelta(days=1)
"""What was refused may be allowed one day."""
LANDS = timedelta(seconds=90)
"""An upload whose answer was lost has ended by then, one way or the other."""
UNTOLD = "whether it arrived is not known yet"


@dataclass(frozen=True, slots=True)
class CarriedFiles:
    """What became of the files.

    `urls` replace addresses in texts: by the twin's address, or by the full address at the source
    for a relative one that stays. `losses` are lines for people. `unnamed` are (name, address
    there) of attachments that no text names, for a target that shows files in texts only. `waits`:
    the target takes them once the ticket is there. `again` is when a file that failed is due.
    """

    urls: dict[str, str] = field(default_factory=dict)
    losses: tuple[str, ...] = ()
    unnamed: tuple[tuple[str, str], ...] = ()
    waits: bool = False
    again: datetime | None = None


def carry_files(
    work: Work,
    mirror: Mirror,
    side: Side,
    ticket_here: str,
    ticket_there: str,
    texts: Sequence[str],
    attachments: Sequence[Attachment],
    here: Client,
    there: Client,
) -> CarriedFiles:
    """Brings what `texts` and `attachments` of a ticket on `side` name to the other side.

    `ticket_there` is "" while there is none. Only files of the source's own tracker are ever asked
    for. A file that fails keeps its address, is listed, and is tried again later; nothing is raised
    for it but StoreAway.
    """
    source = work.sources[mirror.at(side)]
    patterns = work.tracker(source.tracker).capabilities.files
    files = linked_files(texts, attachments, source, patterns)
    if not files:
        return CarriedFiles()
    return _Errand(work, mirror, side, ticket_here, ticket_there, here, there).run(files)


def known_files(
    work: Work,
    mirror: Mirror,
    side: Side,
    ticket_here: str,
    ticket_there: str,
    texts: Sequence[str],
    attachments: Sequence[Attachment],
) -> dict[str, str]:
    """The `urls` of what was brought before; asks nobody for anything."""
    source = work.sources[mirror.at(side)]
    patterns = work.tracker(source.tracker).capabilities.files
    files = linked_files(texts, attachments, source, patterns)
    if not files:
        return {}
    return _Errand(work, mirror, side, ticket_here, ticket_there, None, None).run(files).urls


class _Errand:
    """One call's work; without clients it only looks what is known."""

    def __init__(
        self,
        work: Work,
        mirror: Mirror,
        side: Side,
        ticket_here: str,
        ticket_there: str,
        here: Client | None,
        there: Client | None,
    ) -> None:
        self.work, self.mirror, self.side = work, mirror, side
        self.here, self.there = here, there
        self.ticket_here, self.ticket = ticket_here, ticket_there
        self.source = work.sources[mirror.at(side)]
        self.target = work.sources[mirror.at(OTHER[side])]
        self.takes = work.tracker(self.target.tracker).capabilities
        self.owner = "" if self.takes.loose_uploads else ticket_there
        self.largest = int(mirror.options.attachment_max_mb * MB)
        self.urls: dict[str, str] = {}
        self.losses: list[str] = []
        self.unnamed: list[tuple[str, str]] = []
        self.waits = False
        self.again: list[datetime] = []

    def run(self, files: Sequence[LinkedFile]) -> CarriedFiles:
        """Sees to each file."""
        ours = self._back(files)
        with self.work.store.read() as connection:
            known = mapped_files.of(
                connection, self.mirror.id, self.side, self.owner, [one.url for one in files]
            )
        for file in files:
            if file.url in ours:
                self._point(file, ours[file.url])
            else:
                self._one(file, known.get(file.url))
        again = min(self.again, default=None)
        losses, unnamed = tuple(self.losses), tuple(self.unnamed)
        return CarriedFiles(self.urls, losses, unnamed, self.waits, again)

    def _back(self, files: Sequence[LinkedFile]) -> dict[str, str]:
        """Files here that we brought from the other side: they lie there already.

        One that arrived without our knowing is none of the ticket's own either.
        """
        forms = {form: file.url for file in files for form in self._forms(file)}
        with self.work.store.read() as connection:
            found = mapped_files.twins(connection, self.mirror.id, OTHER[self.side], list(forms))
            untold = mapped_files.untold(
                connection, self.mirror.id, OTHER[self.side], self.ticket_here, UNTOLD
            )
        there = {forms[form]: url for form, url in found.items()}
        return {one.url: untold[one.name] for one in files if one.name in untold} | there

    def _forms(self, file: LinkedFile) -> set[str]:
        page = self.source.url.rstrip("/")
        short = {file.url.removeprefix(page)} if file.url.startswith(f"{page}/") else set()
        return {file.url, file.url.partition("?")[0], *file.spelled, *short}

    def _point(self, file: LinkedFile, url: str) -> None:
        self.urls |= dict.fromkeys({file.url, *file.spelled}, url)

    def _stay(self, file: LinkedFile) -> None:
        """Its address stays, but a relative one would mean nothing there."""
        self.urls |= {one: file.url for one in file.spelled if one.startswith("/")}

    def _one(self, file: LinkedFile, known: MappedFile | None) -> None:
        if known and known.twin_url:
            self._arrived(file, known.twin_url)
        elif not self.mirror.options.sync_attachments:
            self._stay(file)
        elif not self.takes.uploads:
            self._lost(file, f"{self.target.name} takes no files; the link leads to the source")
        elif self.here is None:
            self._stay(file)
        elif not (self.ticket or self.takes.loose_uploads):
            self._stay(file)
            self.waits = True
        elif known and not self._is_due(known):
            self._lost(file, known.reason, known.due_at)
        else:
            self._try(file, known)

    def _is_due(self, known: MappedFile) -> bool:
        """A limit that was raised since brings what was too large."""
        if known.due_at is None:
            return known.reason != self._too_large()
        return known.due_at <= self.work.now()

    def _try(self, file: LinkedFile, known: MappedFile | None) -> None:
        note = self._outcome(file, known)
        self._keep(note)
        if note.twin_url:
            self._arrived(file, note.twin_url)
        else:
            self._lost(file, note.reason, note.due_at)

    def _arrived(self, file: LinkedFile, url: str) -> None:
        self._point(file, url)
        if file.listed and not file.spelled:
            self.unnamed.append((file.name, url))

    def _lost(self, file: LinkedFile, reason: str, due_at: datetime | None = None) -> None:
        self._stay(file)
        self.losses.append(f"{file.name}: {reason}")
        self.again += [due_at] if due_at else []

    def _outcome(self, file: LinkedFile, known: MappedFile | None) -> MappedFile:
        untold = known is not None and known.reason == UNTOLD
        try:
            found = self._arrived_untold(known.name) if known and untold else None
            return self._note(file, twin_url=found or self._brought(file))
        except StoreAway:
            raise
        except TooLarge:
            return self._note(file, reason=self._too_large())
        except _Untold as error:
            return self._note(file, reason=UNTOLD, due_at=self._after(error.cause, LANDS))
        except Transient as error:
            reason = UNTOLD if untold else described(error)
            return self._note(file, reason=reason, due_at=self._after(error, LATER))
        except Permanent as error:
            return self._note(file, reason=described(error), due_at=self.work.now() + MUCH_LATER)

    def _brought(self, file: LinkedFile) -> str:
        """The file's new address."""
        content, kind = self._content(file)
        name = self._named(file, kind)
        if not self.takes.loose_uploads:
            self._keep(self._note(file, reason=UNTOLD, due_at=self.work.now() + LANDS, name=name))
        try:
            return self.there.upload(self.ticket, name, kind, content).url
        except Transient as error:
            if isinstance(error, StoreAway) or self.takes.loose_uploads:
                raise  # one that nobody names does no harm where files belong to no ticket
            raise _Untold(error) from error

    def _content(self, file: LinkedFile) -> tuple[bytes, str]:
        """The bytes, and the media type; the rest of a file that is refused is not asked for."""
        if file.size is not None and file.size > self.largest:
            raise TooLarge(self._too_large())
        public = not self.mirror.options.attachment_private_hosts
        pieces = self.here.download(file.asked, largest=self.largest, public=public)
        try:
            got = _head(pieces)
            head = bytes(got[: file_kinds.HEAD_BYTES])
            kind = file_kinds.media_type(file.name, file.media_type, head, file.shown)
            for piece in pieces:
                got += piece
        finally:
            _close(pieces)
        return bytes(got), kind

    def _named(self, file: LinkedFile, kind: str) -> str:
        """Where the file belongs to a ticket, a hash in the name tells ours after a lost answer."""
        stem, dot, ending = file.name.rpartition(".")
        if not dot:
            stem, ending = file.name, file_kinds.extension(kind).removeprefix(".")
        mark = "" if self.takes.loose_uploads else f"-{_hash(file.url)}"
        return f"{stem}{mark}.{ending}" if ending else f"{stem}{mark}"

    def _arrived_untold(self, name: str) -> str | None:
        """The address of an upload whose answer was lost, when it did arrive."""
        found = self.there.fetch(self.ticket)
        if not isinstance(found, Record):
            raise Transient(f"{self.target.name}: ticket {self.ticket} cannot be read")
        ticket = self.work.tracker(self.target.tracker).to_ticket(found.body, self.target)
        return next((one.url for one in ticket.attachments if safe_name(one.name) == name), None)

    def _note(
        self,
        file: LinkedFile,
        *,
        twin_url: str | None = None,
        reason: str = "",
        due_at: datetime | None = None,
        name: str | None = None,
    ) -> MappedFile:
        kept = name or self._named(file, file.media_type or "")
        return MappedFile(self.side, file.url, self.owner, kept, twin_url, reason, due_at)

    def _keep(self, note: MappedFile) -> None:
        now = self.work.now()
        with self.work.store.write() as connection:
            mapped_files.keep(connection, self.mirror.id, note, now)

    def _after(self, error: Transient, wait: timedelta) -> datetime:
        asked = timedelta(seconds=error.retry_after or 0)
        return self.work.now() + max(asked, wait)

    def _too_large(self) -> str:
        return f"larger than {self.mirror.options.attachment_max_mb:g} MB (attachment_max_mb)"


class _Untold(Exception):
    """An upload to a ticket had no answer."""

    def __init__(self, cause: Transient) -> None:
        super().__init__(str(cause))
        self.cause = cause


def _head(pieces: Iterator[bytes]) -> bytearray:
    got = bytearray()
    for piece in pieces:
        got += piece
        if len(got) >= file_kinds.HEAD_BYTES:
            break
    return got


def _close(pieces: Iterator[bytes]) -> None:
    """Ends a download that is not wanted to its end."""
    close = getattr(pieces, "close", None)
    if close is not None:
        close()


def _hash(url: str) -> str:
    return hashlib.sha256(url.encode("utf-8", "replace")).hexdigest()[:8]
