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

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from schemas.mirror import Mirror, Side
from schemas.source import Source
from schemas.ticket import Attachment
from store import mapped_files
from store.mapped_files import MappedFile
from store.whole import whole_tickets
from trackers.base import Client
from workers.mirrors.uploading import UNTOLD, Upload, mark, mark_of, too_large
from workers.rules.file_links import LinkedFile, linked_files, safe_name, spelled_at_home
from workers.rules.redacting import Redact
from workers.rules.terms import OTHER
from workers.work import Work


@dataclass(frozen=True, slots=True)
class CarriedFiles:
    """What became of the files.

    `urls` replace addresses in texts: by the twin's address, or by the full address at the source
    for a relative one that stays. `losses` are lines for people. `unnamed` are (name, address
    there) of attachments that no text names, for a target that shows files in texts only. `waits`:
    the target takes them once the ticket is there. `again` is when a file that failed is due.
    `pending`: something could be brought now (of `look_at_files`, which brings nothing). `arrived`
    are the addresses in texts whose file came with this call: what names them and was written
    before has to be written once more, though nobody edited it.
    """

    urls: dict[str, str] = field(default_factory=dict)
    losses: tuple[str, ...] = ()
    unnamed: tuple[tuple[str, str], ...] = ()
    waits: bool = False
    again: datetime | None = None
    pending: bool = False
    arrived: frozenset[str] = frozenset()


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
    *,
    leaves: Callable[[], None],
    redact: Redact,
) -> CarriedFiles:
    """Brings what `texts` and `attachments` of a ticket on `side` name to the other side.

    `ticket_there` is "" while there is none. `leaves` is asked right before each file is sent, and
    raises when the ticket may not leave now; `redact` is for the files' names. Only
    files of the source's own tracker are ever asked for. A file that fails keeps its address, is
    listed, and is tried again later; nothing is raised for it but StoreAway, and what `leaves`
    raises.
    """
    look = _Look(work, mirror, side, ticket_here, ticket_there)
    upload = Upload(work, mirror, side, ticket_there, here, there, leaves, redact)
    return look.run(look.named(texts, attachments), upload)


def look_at_files(
    work: Work,
    mirror: Mirror,
    side: Side,
    ticket_here: str,
    ticket_there: str,
    texts: Sequence[str],
    attachments: Sequence[Attachment],
) -> CarriedFiles:
    """What `carry_files` would say, without bringing anything: whether it is worth calling."""
    look = _Look(work, mirror, side, ticket_here, ticket_there)
    return look.run(look.named(texts, attachments), None)


class _Look:
    """What is known of the files of a ticket on `side`, and what is still to be brought."""

    def __init__(
        self, work: Work, mirror: Mirror, side: Side, ticket_here: str, ticket_there: str
    ) -> None:
        self.work, self.mirror, self.side = work, mirror, side
        self.ticket_here, self.ticket = ticket_here, ticket_there
        self.source: Source = work.sources[mirror.at(side)]
        self.target: Source = work.sources[mirror.at(OTHER[side])]
        self.takes = work.tracker(self.target.tracker).capabilities
        self.owner = "" if self.takes.loose_uploads else ticket_there
        self.urls: dict[str, str] = {}
        self.losses: list[str] = []
        self.unnamed: list[tuple[str, str]] = []
        self.waits = False
        self.again: list[datetime] = []
        self.pending = False
        self.arrived: set[str] = set()

    def named(self, texts: Sequence[str], attachments: Sequence[Attachment]) -> list[LinkedFile]:
        """The source's own files among all that is named."""
        patterns = self.work.tracker(self.source.tracker).capabilities.files
        return linked_files(texts, attachments, self.source, patterns)

    def run(self, files: Sequence[LinkedFile], upload: Upload | None) -> CarriedFiles:
        """Sees to each file; without `upload` nothing is brought."""
        if not files:
            return CarriedFiles()
        ours = self._back(files)
        with self.work.store.read() as connection:
            known = mapped_files.of(
                connection, self.mirror.id, self.side, self.owner, [one.url for one in files]
            )
        for file in files:
            if file.url in ours:
                self._point(file, ours[file.url])
            else:
                self._one(file, known.get(file.url), upload)
        again = min(self.again, default=None)
        losses, unnamed = tuple(self.losses), tuple(self.unnamed)
        arrived = frozenset(self.arrived)
        return CarriedFiles(self.urls, losses, unnamed, self.waits, again, self.pending, arrived)

    def _back(self, files: Sequence[LinkedFile]) -> dict[str, str]:
        """Files here that were brought from the other side: they lie there already.

        Those that arrived without our knowing are among them, and those that came round by other
        mirrors: a ring would otherwise never have enough.
        """
        forms = {form: file.url for file in files for form in self._forms(file)}
        there = OTHER[self.side]
        with self.work.store.read() as connection:
            found = mapped_files.twins(connection, self.mirror.id, there, list(forms))
            untold = mapped_files.untold(
                connection, self.mirror.id, there, self.ticket_here, UNTOLD
            )
        arrived = {one.url: untold[one.name] for one in files if one.name in untold}
        known = arrived | {forms[form]: url for form, url in found.items()}
        home = {url: spelled_at_home(original, self.target) for url, original in known.items()}
        return self._round(files) | home

    def _round(self, files: Sequence[LinkedFile]) -> dict[str, str]:
        """Copies of a file that the other side's ticket has already, as the marks in names say."""
        marked = {one.url: one for one in files if one.listed and mark_of(one.name)}
        if not (marked and self.ticket):
            return {}
        key = (self.target.name, self.ticket)
        with self.work.store.read() as connection:
            ticket = whole_tickets(connection, [key]).get(key)
        found = {}
        for one in ticket.attachments if ticket else ():
            for url, file in marked.items():
                if safe_name(one.name) == file.name or mark(one.url) == mark_of(file.name):
                    found[url] = spelled_at_home(one.url, self.target)
        return found

    def _forms(self, file: LinkedFile) -> set[str]:
        """How our own note of an upload may spell it."""
        short = spelled_at_home(file.url, self.source)
        return {file.url, file.url.partition("?")[0], short, *file.spelled}

    def _one(self, file: LinkedFile, known: MappedFile | None, upload: Upload | None) -> None:
        if known and known.twin_url:
            self._arrived(file, known.twin_url)
        elif not self.mirror.options.sync_attachments:
            self._stay(file)
        elif not self.takes.uploads:
            self._lost(file, f"{self.target.name} takes no files; the link leads to the source")
        elif not (self.ticket or self.takes.loose_uploads):
            self._stay(file)
            self.waits = True
        elif known and not self._is_due(known):
            self._lost(file, known.reason, known.due_at)
        elif upload is None:
            self._stay(file)
            self.pending = True
        else:
            note = upload.bring(file, known)
            if note.twin_url:
                self._arrived(file, note.twin_url)
                self.arrived |= file.spelled
            else:
                self._lost(file, note.reason, note.due_at)

    def _is_due(self, known: MappedFile) -> bool:
        """A limit that was raised since brings what was too large."""
        if known.due_at is None:
            return known.reason != too_large(self.mirror)
        return known.due_at <= self.work.now()

    def _arrived(self, file: LinkedFile, url: str) -> None:
        self._point(file, url)
        if file.listed and not file.spelled:
            self.unnamed.append((file.name, url))

    def _point(self, file: LinkedFile, url: str) -> None:
        self.urls |= dict.fromkeys({file.url, *file.spelled}, url)

    def _stay(self, file: LinkedFile) -> None:
        """Its address stays, but a relative one would mean nothing there."""
        self.urls |= {one: file.url for one in file.spelled if one.startswith("/")}

    def _lost(self, file: LinkedFile, reason: str, due_at: datetime | None = None) -> None:
        self._stay(file)
        self.losses.append(f"{file.name}: {reason}")
        self.again += [due_at] if due_at else []
