"""Taking over: what people changed in the files becomes deliveries, one way for every source.

A local ticket's file is its record, so the edit is applied. A tracker's ticket follows its tracker:
the edit waits in the store, shown in the file, until it is sent (`sending`). Where edits are not
sent at all a person is told so, once.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

import orjson

from schemas.delivery import Arrival, Via
from schemas.errors import Permanent
from schemas.event import EditTold
from schemas.model import Json
from schemas.record import Observation
from schemas.source import LOCAL, Source
from store import journal, local, standing, tickets
from store.database import Connection
from store.keys import Key
from store.local import Held, Place
from store.workspace import due, layout
from store.workspace.scan import EditedFile, MadeFile, Scan, Seen, Sign, scan
from store.workspace.write import EDITED as UNSENT
from workers.edits import words
from workers.ingest import TOLD
from workers.local import record_edit, record_made
from workers.work import Work

AT_ONCE = 20
"""More edited files than this at once are rather a checkout than somebody's typing."""

CLOCKS_DIFFER_NS = 60 * 1_000_000_000
"""So far the disk's clock may be behind ours: another host may write its times."""

Take = Callable[[Connection], Key | None]


@dataclass(slots=True)
class Taken:
    """What a look at the files brought: lanes to drain, lines for people, and what still moves.

    `old` are sources with files that went back to an older version: they are due to be written.
    """

    keys: list[Key] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    moving: list[Path] = field(default_factory=list)
    old: set[str] = field(default_factory=set)


def edited_here(work: Work) -> list[str]:
    """The sources whose files people may edit."""
    return [one.name for one in work.sources.values() if one.sends_edits or one.name == LOCAL]


def take_over(
    work: Work, seen: Seen, *, consent: bool = False, only: Iterable[str] | None = None
) -> Taken:
    """Journals what people changed in the files of sources; drain its `keys` then.

    A text that was emptied, or many files at once, wait for `consent`. `seen` is the memory of this
    process; what waits or has a fault stays as it is.
    """
    taken = Taken()
    if work.workspace is None:
        return taken
    names = set(work.sources) & (set(work.sources) if only is None else set(only))
    for name in sorted(names):
        if (work.workspace / layout.source_folder(name)).is_dir():
            _Taker(work, work.workspace, work.sources[name], seen, consent, taken).look()
    return taken


@dataclass(slots=True)
class _Taker:
    """One source's files."""

    work: Work
    root: Path
    source: Source
    seen: Seen
    consent: bool
    taken: Taken

    def look(self) -> None:
        folder = str((self.root / layout.source_folder(self.source.name)).resolve())
        began = time.time_ns() - CLOCKS_DIFFER_NS
        with self.work.store.read() as connection:
            before = local.looked_at(connection, folder)
        name, now = self.source.name, self.work.now()
        found = scan(self.root, name, self._places, self.seen, now, before)
        self._go_back(found.old)
        self.taken.moving += found.moving
        if self.source.sends_edits or self.source.name == LOCAL:
            self.taken.faults += found.faults
            self._take_all(found)
        else:
            self._tell(found)
        if found.settled:
            with self.work.store.write() as connection:
                local.looked(connection, folder, began)

    def _places(self) -> dict[str, Place]:
        with self.work.store.read() as connection:
            return local.places(connection, self.source.name)

    def _go_back(self, old: list[str]) -> None:
        """A file equal to an earlier render is no edit; it is written anew."""
        if old:
            with self.work.store.write() as connection:
                for ticket in old:
                    local.show(connection, (self.source.name, ticket))
            self.taken.old.add(self.source.name)

    def _take_all(self, found: Scan) -> None:
        many = len(found.edits) + len(found.made)
        if many > AT_ONCE and not self.consent:
            folder = self.root / layout.source_folder(self.source.name)
            told = f"{many} edited files at once wait for consent: {self._accept}"
            self.taken.faults.append(f"{folder}: {told}")
            self.seen |= {one.path: one.sign for one in found.edits}
            self.seen |= {one.path: one.sign for one in found.made}
            return
        for edit in found.edits:
            self._one(edit.path, edit.sign, partial(self._take, edit))
        for made in found.made:
            self._one(made.path, made.sign, partial(self._make, made))

    def _one(self, path: Path, sign: Sign, take: Take) -> None:
        try:
            with self.work.store.write() as connection:
                key = take(connection)
        except Permanent as error:
            self.taken.faults.append(f"{path}: {error}")
            key = None
        if key is None:
            self.seen[path] = sign
        else:
            self.taken.keys.append(key)

    def _make(self, made: MadeFile, connection: Connection) -> Key | None:
        return record_made(connection, self.root, made, self.work.now())

    def _take(self, one: EditedFile, connection: Connection) -> Key | None:
        """The ticket, if it changes by it or has to be written anew."""
        key, digest = (self.source.name, one.ticket), due.digest(one.content)
        tickets.lock(connection, [key])
        held = local.held(connection, key, str(one.file.values.get("render", "")))
        if held is None or not isinstance(held.record, dict):
            raise Permanent("its ticket is not held; it is left alone")
        if held.base is None:
            raise Permanent("names a render that this store never made; it is left alone")
        if held.taken == digest and self._known(connection, key, held, one):
            return None
        changed = words.changed(held.base, one.file)
        if changed.get("body") == "" and not self.consent:
            raise Permanent(f"its text was emptied; that waits for consent: {self._accept}")
        if changed or held.fate != "here":
            _refuse_lost(held)
        if self.source.name != LOCAL:
            self._tell_edit(connection, key, held, one, digest)
        elif changed:
            now = self.work.now()
            record_edit(connection, one.ticket, held.record, changed, digest, now)
        local.take(connection, key, digest)
        return key

    def _known(self, connection: Connection, key: Key, held: Held, one: EditedFile) -> bool:
        """Whether bytes that were taken over once say nothing that is not shown now, or about to
        be: an editor that saves them again after a change at the tracker means them again."""
        if self.source.name == LOCAL or held.base is None or held.shown is None:
            return True
        if standing.pending(connection, key):
            return True
        there = words.changed(held.shown, one.file)
        return not any(name in there for name in words.changed(held.base, one.file))

    def _tell_edit(
        self, connection: Connection, key: Key, held: Held, one: EditedFile, digest: str
    ) -> None:
        base = held.base or {}
        writes = self.work.tracker(self.source.tracker).capabilities.writes
        words.check_rest(base, one.file)
        values = words.checked(words.changed(base, one.file), writes)
        comments = words.new_comments(base, one.file) if held.taken != digest else ()
        if not (values or comments):
            return
        based = {name: _kept(name, base.get(name)) for name in values}
        told = EditTold(ticket=key[1], base=based, values=values, comments=comments)
        journal.keep(connection, [_arrival(key, told, one, digest, self.work.now())])

    @property
    def _accept(self) -> str:
        return f"sync {self.source.name} --accept"

    def _tell(self, found: Scan) -> None:
        """Edits that nobody sends: kept in the journal, and said once."""
        for one in found.edits:
            self.seen[one.path] = one.sign
            now = self.work.now()
            arrival = Arrival(
                source=self.source.name,
                via=Via.workspace,
                event=UNSENT,
                delivery_key=f"workspace:{one.ticket}:{due.digest(one.content)}",
                ticket=one.ticket,
                body=one.content,
                received_at=now,
            )
            with self.work.store.write() as connection:
                [new] = journal.keep(connection, [arrival])
            if new:
                self.taken.keys.append((self.source.name, one.ticket))
                self.taken.faults.append(
                    f"{one.path}: edits of {self.source.name} are not sent; `direction = "
                    '"bidirectional"` in its table sends them. The file is kept beside the next one'
                )


def _refuse_lost(held: Held) -> None:
    if held.fate != "here":
        raise Permanent(f"its ticket is {held.fate}; an edit of it goes nowhere")


def _kept(name: str, value: Json) -> Json:
    """The base in the words the value is kept in."""
    return words.READ[name](name, value) if value not in (None, "") else value


def _arrival(key: Key, told: EditTold, one: EditedFile, digest: str, now: datetime) -> Arrival:
    # The render is part of it: the same bytes can be typed again after another render.
    render = one.file.values.get("render", "")
    return Arrival(
        source=key[0],
        via=Via.workspace,
        event=TOLD,
        delivery_key=f"workspace:{key[1]}:{render}:{digest}:{now.isoformat()}",
        ticket=key[1],
        body=orjson.dumps(Observation(events=(told,)).model_dump(mode="json")),
        received_at=now,
        observed_at=now,
    )
