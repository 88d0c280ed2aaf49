"""Mirrors between all five trackers: all of a ticket reaches its twin, and so does each change."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from schemas.ticket import Ticket
from store import conflicts
from tests.journeys.somebody import DUE, LABELS, PEOPLE, STONE, WORDS, Somebody
from tests.mirroring import Mirroring, mirroring

pytestmark = pytest.mark.slow

TRACKERS = ("github", "gitlab", "jira", "linear", "azure_devops")
ONE_WAY = [
    *(("gitlab", target) for target in TRACKERS),
    ("github", "gitlab"),
    ("jira", "github"),
    ("linear", "gitlab"),
    ("azure_devops", "gitlab"),
    ("jira", "linear"),
    ("linear", "azure_devops"),
]
TWO_WAYS = [
    ("gitlab", "github"),
    ("jira", "linear"),
    ("azure_devops", "github"),
    ("linear", "azure_devops"),
    ("gitlab", "jira"),
]
NATIVE: dict[str, set[str]] = {
    "github": {"milestone"},
    "gitlab": {"milestone", "weight", "due_date", "time_estimate"},
    "jira": {"due_date", "time_estimate", "story_points", "priority"},
    "linear": {"due_date", "story_points", "priority"},
    "azure_devops": {"due_date", "story_points", "priority"},
}
"""What of the rich ticket has a field of its own there; the rest is a label or a footer's line."""
TOLD = {
    "milestone": STONE,
    "weight": "Weight::3",
    "due_date": DUE,
    "time_estimate": "Time estimate**: 2h",
    "story_points": "Story-Points::3",
    "priority": "Priority::",
}
RANKS = {("jira", "linear"): "High", ("linear", "azure_devops"): "2"}


class Two:
    """A ticket with all that its tracker has, and its twin."""

    def __init__(self, scene: Mirroring, trackers: tuple[str, str]) -> None:
        self.scene, self.trackers = scene, trackers
        self.here: Somebody = PEOPLE[trackers[0]](scene, "here")
        self.there: Somebody = PEOPLE[trackers[1]](scene, "there")
        self.other = self.here.open("Another one")
        scene.sync(2)
        self.key = self.here.rich("Till is stuck", self.other)
        self.comments = [self.here.acts.comment(self.key, word).id for word in ("One", "Two")]
        self.title = "Till is stuck"
        scene.sync()
        self.own_id = self._with_title("here").external_id

    def own(self) -> Ticket:
        return self.scene.held("here")[self.own_id]

    def twin(self) -> Ticket:
        (joined,) = (one for one in self.scene.mappings() if one.left == self.own_id)
        assert (joined.state, joined.reason) == ("joined", "")
        return self.scene.held("there")[joined.right or ""]

    def twin_key(self) -> Any:
        """As the acts over there name it."""
        named = self.trackers[1] in ("jira", "linear")
        return self.twin().key if named else int(self.twin().external_id)

    def retitled(self, title: str) -> None:
        self.title = title
        self.here.retitle(self.key, title)

    def carried(self, act: Callable[[], Any]) -> None:
        """Somebody acts at the source: the target alone is asked, and then nobody any more."""
        act()
        self.scene.read("here")
        self.scene.forget_requests()
        assert self.scene.push().writes > 0
        assert self.scene.requests("here") == []
        self.scene.forget_requests()
        assert self.scene.push().writes == 0
        assert self.scene.requests("here") == self.scene.requests("there") == []

    def rests(self) -> None:
        """Everything is read once more, and nobody has anything to say."""
        for name in ("here", "there"):
            self.scene.read(name, full=True)
        assert self.scene.push().writes == 0

    def _with_title(self, source: str) -> Ticket:
        (found,) = (one for one in self.scene.held(source).values() if one.title == self.title)
        return found


@contextmanager
def two(folder: Path, trackers: tuple[str, str], direction: str = "push") -> Iterator[Two]:
    mirror = {"name": "m", "source": "here", "target": "there", "direction": direction}
    with mirroring(folder, dict(zip(("here", "there"), trackers, strict=True)), [mirror]) as scene:
        for name in ("here", "there"):
            scene.read(name, full=True)
        yield Two(scene, trackers)


def names(ticket: Ticket) -> set[str]:
    return {one.name for one in ticket.labels}


def comments(ticket: Ticket) -> list[str]:
    """The first line of each."""
    return [one.body.split("\n")[0] for one in ticket.comments]


def all_is_told(own: Ticket, twin: Ticket, trackers: tuple[str, str]) -> None:
    target = trackers[1]
    shown = "\n".join([*names(twin), twin.body]).lower()
    for field, words in TOLD.items():
        value = getattr(own, field)
        if value is None or (trackers[0] == "gitlab" and field in ("priority", "story_points")):
            continue  # a GitLab has none: they are read from labels and from the weight
        if field == "milestone" and field in NATIVE[target] and trackers != ("gitlab", "gitlab"):
            assert twin.milestone is not None
            assert twin.milestone.title == STONE
        elif field == "priority" and field in NATIVE[target]:
            assert twin.priority == RANKS[trackers]
        elif field in NATIVE[target] and field != "milestone":
            assert getattr(twin, field) == value, field
        else:
            assert words.lower() in shown, field


@pytest.mark.parametrize("trackers", ONE_WAY, ids=">".join)
def test_all_of_a_ticket_reaches_the_twin_and_so_does_each_change(tmp_path, trackers):
    with two(tmp_path, trackers) as both:
        own, twin = both.own(), both.twin()
        assert twin.title == "Till is stuck"
        assert [word for word in WORDS if word not in twin.body] == []
        assert "**Source**: [" in twin.body
        assert names(twin) >= set(LABELS)
        assert any(name.startswith("Mirrored-From::instance-") for name in names(twin))
        people = {one.name for one in twin.assignees}
        assert people or any(name.startswith("Assignee::@") for name in names(twin))
        assert comments(twin) == ["One", "Two"]
        all_is_told(own, twin, trackers)

        both.carried(lambda: both.retitled("Till is stuck again"))
        both.carried(lambda: both.here.rewrite(both.key, "second", "third"))
        both.carried(lambda: both.here.green(both.key))
        both.carried(lambda: both.here.acts.unlabel(both.key, "red"))
        both.carried(lambda: both.here.acts.edit_comment(both.comments[0], "One, again"))
        both.carried(lambda: both.here.acts.close(both.key))
        twin = both.twin()
        assert (twin.title, twin.state) == ("Till is stuck again", "closed")
        assert "third" in twin.body
        assert "second" not in twin.body
        assert names(twin) & {"red", "blue", "green"} == {"blue", "green"}
        assert comments(twin) == ["One, again", "Two"]
        both.carried(lambda: both.here.acts.reopen(both.key))
        assert both.twin().state == "open"
        both.rests()


@pytest.mark.parametrize("trackers", TWO_WAYS, ids="=".join)
def test_edits_of_the_twin_come_back_and_both_rest(tmp_path, trackers):
    with two(tmp_path, trackers, "bidirectional") as both:
        scene, key, before = both.scene, both.twin_key(), both.own()
        both.there.retitle(key, "Till is stuck, says the other")
        both.there.rewrite(key, "second", "third")
        both.there.green(key)
        both.there.acts.unlabel(key, "red")
        both.there.acts.comment(key, "Three")
        both.there.acts.close(key)
        scene.sync()
        own = both.own()
        assert (own.title, own.state) == ("Till is stuck, says the other", "closed")
        assert own.body == before.body.replace("second", "third")
        assert names(own) == {"blue", "green"}
        assert comments(own) == ["One", "Two", "Three"]
        kept = ("due_date", "priority", "weight", "time_estimate", "story_points", "milestone")
        assert {name: getattr(own, name) for name in kept} == {
            name: getattr(before, name) for name in kept
        }
        assert own.assignees == before.assignees
        both.there.acts.reopen(key)
        both.here.retitle(both.key, "Back home")
        scene.sync()
        assert (both.own().state, both.twin().title) == ("open", "Back home")
        both.rests()
        with scene.store.read() as connection:
            assert conflicts.find(connection) == []


@pytest.mark.parametrize(
    ("trackers", "direction"),
    [(("gitlab", target), "bidirectional") for target in TRACKERS]
    + [(("jira", "linear"), "push"), (("azure_devops", "github"), "push")],
)
def test_trackers_that_rewrite_texts_are_not_told_again(tmp_path, trackers, direction):
    with two(tmp_path, trackers, direction) as both:
        scene = both.scene
        for stand in scene.stands.values():
            stand.running.faults.set(rewrites=1)
        both.here.rewrite(both.key, "second", "third")
        both.here.acts.comment(both.key, "- a list\n- of two")
        assert scene.sync().writes == 2
        assert "third" in both.twin().body
        for _ in range(2):
            both.rests()
        with scene.store.read() as connection:
            assert conflicts.find(connection) == []
