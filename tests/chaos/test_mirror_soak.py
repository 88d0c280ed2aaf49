"""Two trackers and a folder of files, edited at random under lost webhooks: in the end all agree.

Each value that somebody types is told apart, and remembered with what stood there before. Nothing
may be lost: a value stands at both sides, is in a conflict, or was seen by whoever typed over it.
"""

import random
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cli.compare import differences, files_by_key
from reconciler import session as reconcile
from runtime import config
from schemas.mirror import Conflict
from store import conflicts, edits, known, mappings
from store.whole import whole_tickets
from store.workspace.layout import source_folder
from tests.journeys.any_tracker import served
from tests.mirroring import Stand, configured
from trackers import markers
from workers.mirrors.push import push_due

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

SIDES = ("north", "south")
TICKETS, ACTS = 8, 60
REST_SECONDS = 90.0
LATER = datetime(2100, 1, 1, tzinfo=UTC)
HOOKS = {"drop": 0.3, "double": 0.1, "reorder": 0.2, "delay": 0.05}


@dataclass(frozen=True)
class Typed:
    """Something a person typed: where, over what."""

    ticket: str
    field: str
    side: str
    value: str
    over: str


@dataclass
class Soak:
    """Both trackers, the files, and all that was typed."""

    folder: Path
    stands: dict[str, Stand]
    together: Any
    chance: random.Random
    typed: list[Typed] = field(default_factory=list)
    labels: set[tuple[str, str]] = field(default_factory=set)
    comments: set[tuple[str, str]] = field(default_factory=set)
    count: int = 0

    def tickets(self, side: str) -> dict[str, dict[str, Any]]:
        return {one["key"]: one for one in self.stands[side].tickets}

    def act(self, side: str, name: str, /, **args: Any) -> None:
        self.stands[side].running.site.perform(name, args)

    def twin(self, key: str, side: str) -> str | None:
        """The number of a northern ticket on a side."""
        if side == "north":
            return key
        with self.together.store.read() as connection:
            found = mappings.twins(connection, [("north", key)])
        return found["north", key][0][0][1] if found else None

    def type_something(self) -> None:
        """One act of somebody, somewhere."""
        self.count += 1
        key, side = str(self.chance.randint(1, TICKETS)), self.chance.choice(SIDES)
        number = self.twin(key, side)
        if number is None:
            return
        kind = self.chance.choice(("title", "title", "body", "label", "comment", "state", "file"))
        now = self.tickets(side)[number]
        getattr(self, f"_{kind}")(key, side, int(number), now)

    def _title(self, key: str, side: str, number: int, now: dict[str, Any]) -> None:
        value = f"title {self.count} of {side}"
        self.act(side, "edit", number=number, title=value)
        self.typed.append(Typed(key, "title", side, value, now["title"]))

    def _body(self, key: str, side: str, number: int, now: dict[str, Any]) -> None:
        """One line of its own: what stands around it stays."""
        word = f"line{self.count}"
        text = re.sub(r"line\d+", word, now["body"], count=1)
        self.act(side, "edit", number=number, description=text)
        before = re.search(r"line\d+", now["body"])
        assert before is not None
        self.typed.append(Typed(key, "body", side, word, before[0]))

    def _label(self, key: str, side: str, number: int, now: dict[str, Any]) -> None:
        name = f"label-{self.count}"
        self.act(side, "label", number=number, name=name)
        self.labels.add((key, name))

    def _comment(self, key: str, side: str, number: int, now: dict[str, Any]) -> None:
        text = f"word {self.count} of {side}."
        self.act(side, "comment", number=number, body=text)
        self.comments.add((key, text))

    def _state(self, key: str, side: str, number: int, now: dict[str, Any]) -> None:
        self.act(side, "close" if now["state"] == "open" else "reopen", number=number)

    def _file(self, key: str, side: str, number: int, now: dict[str, Any]) -> None:
        """The title in a file of the north, as an editor that saves what it read writes it."""
        path = next((self.folder / "tickets" / source_folder("north")).glob(f"{key}_*/ISSUE.md"))
        text = path.read_text()
        before = re.search(r"^title: (.*)$", text, re.MULTILINE)
        assert before is not None
        value = f"title {self.count} of a file"
        path.write_text(text.replace(before[0], f"title: {value}", 1))
        self.typed.append(Typed(key, "title", "file", value, before[1].strip('"')))

    def reconcile(self) -> None:
        for name in SIDES:
            parts = self.together.parts
            done = reconcile.run(parts, parts.sources[name], full=True, wait_seconds=30)
            assert done.status == "complete", done.error
        self.rest()

    def rest(self) -> None:
        """Until nothing is on its way, pending, due, or typed and not sent."""
        until = time.monotonic() + REST_SECONDS
        while self._busy():
            assert time.monotonic() < until, f"not at rest: {self._busy()}"
            time.sleep(0.2)

    def _busy(self) -> str:
        if not all(one.running.outbox.idle(10) for one in self.stands.values()):
            return "webhooks are on their way"
        with self.together.store.read() as connection:
            waiting = [name for name in SIDES if known.unsettled(connection, name)]
            due = mappings.count_waiting(connection, [1])
            unsent = len(edits.due(connection, SIDES, LATER, 100))
        return (
            f"{waiting} unsettled"
            if waiting
            else f"{due} due, {unsent} unsent" * bool(due + unsent)
        )

    def settle_all(self) -> None:
        """A person goes through the list."""
        for one in self.conflicts():
            how = self.chance.choice(("left", "right"))
            with self.together.store.write() as connection:
                conflicts.settle(connection, one, how, None, "me", datetime.now(UTC))
        self.rest()

    def conflicts(self) -> list[Conflict]:
        with self.together.store.read() as connection:
            return conflicts.find(connection, limit=1_000)


@contextmanager
def soak(folder: Path, seed: int) -> Iterator[Soak]:
    mirrors = [
        {"name": "m", "source": "north", "target": "south", "direction": "bidirectional",
         "sync_existing_issues": True, "writes_per_hour": 10_000}
    ]  # fmt: skip
    options = {name: {"direction": "bidirectional"} for name in SIDES}
    sources = dict.fromkeys(SIDES, "gitlab")
    with configured(folder, sources, mirrors, options=options) as (file, stands):
        settings = config.load(file, {})
        with served(settings) as (together, address):
            found = Soak(folder, {one.source: one for one in stands}, together, random.Random(seed))
            for number in range(1, TICKETS + 1):
                found.act("north", "open", title=f"title 0 of {number}",
                          description=f"Before.\n\nline{number}\n\nAfter.")  # fmt: skip
            found.reconcile()
            found.reconcile()
            for name, stand in found.stands.items():
                url = f"{address}/webhooks/{name}"
                client = together.parts.connect(together.parts.sources[name])
                client.ensure_hook(url, "demo-webhook-secret-of-a-toy")
                client.close()
                stand.running.faults.set(**HOOKS)
            yield found


@pytest.mark.parametrize("seed", [1])
def test_whatever_people_edit_where_all_three_agree_or_a_conflict_holds_both(
    tmp_path: Path, seed: int
) -> None:
    with soak(tmp_path, seed) as world:
        for _ in range(ACTS):
            world.type_something()
            time.sleep(world.chance.choice((0.0, 0.05, 0.3)))
        for stand in world.stands.values():
            stand.running.faults.clear()
        world.reconcile()
        world.reconcile()
        open_ones = world.conflicts()
        assert_agreed(world, open_ones)
        assert_nothing_lost(world, open_ones)
        for stand in world.stands.values():
            stand.running.requests.clear()
        world.reconcile()
        for stand in world.stands.values():
            asked = stand.running.requests.as_json()["requests"]
            assert {one["method"] for one in asked} <= {"GET", "HEAD"}, asked
        assert push_due(world.together.work).writes == 0
        for _ in range(4):  # what is settled between file and tracker may meet the twin's edit
            world.settle_all()
            world.reconcile()
        world.reconcile()
        assert world.conflicts() == []
        assert_agreed(world, [])


def assert_agreed(world: Soak, open_ones: list[Conflict]) -> None:
    """Both trackers say the same but where a conflict says so; store and files follow them."""
    clashing = {(one.ticket, one.field) for one in open_ones}
    shown = {(one.source, one.ticket) for one in open_ones}
    shown |= {(one.other_source, one.other_ticket) for one in open_ones}
    south = world.tickets("south")
    assert len(south) == TICKETS
    for key, one in world.tickets("north").items():
        twin = south[world.twin(key, "south") or ""]
        for name in ("title", "state"):
            if (key, name) not in clashing:
                assert one[name] == twin[name], (key, name)
        if (key, "body") not in clashing:
            assert twin["body"].startswith(one["body"]), key
        assert set(one["labels"]) <= set(twin["labels"]), key
    for name in SIDES:
        store = world.together.store
        with store.read() as connection:
            keys = [(name, each) for each in sorted(known.ids_here(connection, name))]
            stored = whole_tickets(connection, keys, parts=True)
        files = files_by_key(world.folder / "tickets" / source_folder(name))
        truth = [without_marks(one) for one in world.stands[name].tickets]
        wrong = differences(truth, stored.values(), files)
        unlike = [one for one in wrong if (name, one.key) not in shown]
        assert unlike == [], (name, unlike)


def without_marks(ticket: dict[str, Any]) -> dict[str, Any]:
    """The tracker's truth as people see it: our marks are hidden in Markdown."""
    comments = [one | {"body": markers.without(one["body"])} for one in ticket["comments"]]
    return ticket | {"body": markers.without(ticket["body"]), "comments": comments}


def is_kept(world: Soak, value: str) -> bool:
    """Whether a file that was saved while ours was being written is kept beside it."""
    kept = (world.folder / "tickets").glob("*/*/ISSUE.edited-*.md")
    return any(value in path.read_text() for path in kept)


def assert_nothing_lost(world: Soak, open_ones: list[Conflict]) -> None:
    seen = {(one.ticket, one.over) for one in world.typed}
    said = {
        (one.ticket, str(value)) for one in open_ones for value in (one.left, one.right, one.base)
    }
    for one in world.typed:
        sides = [world.tickets(side)[world.twin(one.ticket, side) or ""] for side in SIDES]
        stands = any(one.value in str(it[one.field]) for it in sides)
        clashes = any(key == one.ticket and one.value in text for key, text in said)
        kept = one.side == "file" and is_kept(world, one.value)
        assert stands or clashes or kept or (one.ticket, one.value) in seen, one
    for key, name in world.labels:
        for side in SIDES:
            assert name in world.tickets(side)[world.twin(key, side) or ""]["labels"], (key, name)
    for key, text in world.comments:
        for side in SIDES:
            bodies = [
                one["body"] for one in world.tickets(side)[world.twin(key, side) or ""]["comments"]
            ]
            assert sum(text in body for body in bodies) == 1, (key, text, bodies)
