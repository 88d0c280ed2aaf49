"""Uploading: one file, from the tracker it lies at to the other one."""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas.errors import Permanent, StoreAway, TooLarge, Transient
from schemas.mirror import Mirror, Side
from schemas.record import Record
from schemas.source import Source
from store import mapped_files
from store.mapped_files import MappedFile
from trackers.base import Capabilities, Client
from workers.failures import described
from workers.rules import file_kinds
from workers.rules.file_links import LinkedFile, safe_name
from workers.rules.redacting import REDACTED, Redact
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
_MARKED = re.compile(r"-ts(?P<mark>[0-9a-f]{8})(?:\.[^.]{1,10})?$")
_STEM = 95
"""With mark and ending a name stays within what `safe_name` leaves whole."""


@dataclass(frozen=True, slots=True)
class Upload:
    """How files of one ticket are brought; `ticket` is the twin's id, "" while there is none.

    `leaves` is asked right before a file is sent, and raises when it may not; `redact` is for the
    names of files.
    """

    work: Work
    mirror: Mirror
    side: Side
    ticket: str
    here: Client
    there: Client
    leaves: Callable[[], None]
    redact: Redact

    @property
    def target(self) -> Source:
        """Where the files go."""
        return self.work.sources[self.mirror.at(OTHER[self.side])]

    @property
    def takes(self) -> Capabilities:
        """What the target can do."""
        return self.work.tracker(self.target.tracker).capabilities

    @property
    def largest(self) -> int:
        """The cap in bytes."""
        return int(self.mirror.options.attachment_max_mb * MB)

    def bring(self, file: LinkedFile, known: MappedFile | None) -> MappedFile:
        """What became of a file, noted in the store; raises nothing but StoreAway."""
        note = self._outcome(file, known)
        self._keep(note)
        return note

    def _outcome(self, file: LinkedFile, known: MappedFile | None) -> MappedFile:
        name = known.name if known is not None and known.reason == UNTOLD else None
        try:
            found = self._arrived(name) if name else None
            return self._note(file, name, twin_url=found or self._brought(file))
        except StoreAway:
            raise
        except TooLarge:
            return self._note(file, name, reason=too_large(self.mirror))
        except _Untold as error:
            at = self._after(error.cause, LANDS)
            return self._note(file, error.name, reason=UNTOLD, due_at=at)
        except Transient as error:
            reason = UNTOLD if name else described(error)
            return self._note(file, name, reason=reason, due_at=self._after(error, LATER))
        except Permanent as error:
            at = self.work.now() + MUCH_LATER
            return self._note(file, name, reason=described(error), due_at=at)

    def _brought(self, file: LinkedFile) -> str:
        """The file's new address. Where files belong to tickets it is announced first, so that it
        is looked for when the answer, or this process, is lost; elsewhere a second one that
        nobody names does no harm."""
        content, kind = self._content(file)
        name = self._named(file, kind)
        self.leaves()
        if self.takes.loose_uploads:
            return self.there.upload(self.ticket, name, kind, content).url
        self._keep(self._note(file, name, reason=UNTOLD, due_at=self.work.now() + LANDS))
        try:
            return self.there.upload(self.ticket, name, kind, content).url
        except StoreAway:
            raise
        except Transient as error:
            raise _Untold(name, error) from error

    def _content(self, file: LinkedFile) -> tuple[bytes, str]:
        """The bytes, and the media type; the rest of a file that is refused is not asked for."""
        if file.size is not None and file.size > self.largest:
            raise TooLarge(too_large(self.mirror))
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
        """Where the file belongs to a ticket, a mark in its name tells what it was made of."""
        named = self.redact([file.name])[0].replace(REDACTED, "redacted")
        stem, dot, ending = named.rpartition(".")
        if not dot:
            stem, ending = named, file_kinds.extension(kind).removeprefix(".")
        if not self.takes.loose_uploads and not mark_of(file.name):
            stem = f"{stem[:_STEM]}-ts{mark(file.url)}"
        return f"{stem}.{ending}" if ending else stem

    def _arrived(self, name: str) -> str | None:
        """The address of an upload whose answer was lost, when it did arrive."""
        found = self.there.fetch(self.ticket)
        if not isinstance(found, Record):
            raise Transient(f"{self.target.name}: ticket {self.ticket} cannot be read")
        ticket = self.work.tracker(self.target.tracker).to_ticket(found.body, self.target)
        return next((one.url for one in ticket.attachments if safe_name(one.name) == name), None)

    def _note(
        self,
        file: LinkedFile,
        name: str | None,
        *,
        twin_url: str | None = None,
        reason: str = "",
        due_at: datetime | None = None,
    ) -> MappedFile:
        owner = "" if self.takes.loose_uploads else self.ticket
        return MappedFile(self.side, file.url, owner, name or file.name, twin_url, reason, due_at)

    def _keep(self, note: MappedFile) -> None:
        now = self.work.now()
        with self.work.store.write() as connection:
            mapped_files.keep(connection, self.mirror.id, note, now)

    def _after(self, error: Transient, wait: timedelta) -> datetime:
        asked = timedelta(seconds=error.retry_after or 0)
        return self.work.now() + max(asked, wait)


def too_large(mirror: Mirror) -> str:
    """Why a file over the cap stays where it is."""
    return f"larger than {mirror.options.attachment_max_mb:g} MB (attachment_max_mb)"


def mark(url: str) -> str:
    """What names of copies carry of the address of the file they were first made of."""
    return hashlib.sha256(url.encode("utf-8", "replace")).hexdigest()[:8]


def mark_of(name: str) -> str | None:
    """The mark in a name that may be one of ours."""
    found = _MARKED.search(name)
    return found["mark"] if found else None


class _Untold(Exception):
    """An upload to a ticket, under this name, had no answer."""

    def __init__(self, name: str, cause: Transient) -> None:
        super().__init__(name)
        self.name = name
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
