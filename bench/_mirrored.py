"""The engine's part of `mirror`: issues of a GitLab mirrored to a stand-in of each tracker."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from store import mappings
from tests.mirroring import Mirroring, mirroring

CREATION = "creation, 2 labels, 3 comments"
LEAST: dict[str, dict[str, int]] = {
    CREATION: {"github": 4, "gitlab": 4, "jira": 5, "linear": 4, "azure_devops": 4},
    "label only": {"github": 3, "gitlab": 2, "jira": 3, "linear": 2, "azure_devops": 2},
    "state only": {"github": 2, "gitlab": 2, "jira": 4, "linear": 2, "azure_devops": 2},
    "comment only": {"github": 2, "gitlab": 2, "jira": 2, "linear": 2, "azure_devops": 2},
    "time only": {"github": 2, "gitlab": 3, "jira": 3, "linear": 2, "azure_devops": 2},
    "nothing": dict.fromkeys(("github", "gitlab", "jira", "linear", "azure_devops"), 0),
}
"""By change. Each write of a ticket that is there already counts the reading before it, too: what
somebody did over there is never overwritten unseen. Where a tracker has no field for the time, the
text tells it."""


@dataclass
class Cost:
    """What mirroring took: requests for one ticket alone and for one of many, by change; how many
    of them went to the source; seconds of processor time of ours, by what was done."""

    alone: dict[str, float] = field(default_factory=dict)
    among: dict[str, float] = field(default_factory=dict)
    at_source: int = 0
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass
class Shop:
    """The source's tickets and what somebody does to them all."""

    scene: Mirroring
    numbers: list[int]
    said: dict[int, int] = field(default_factory=dict)

    def open(self, count: int) -> None:
        self.numbers = []
        for number in range(count):
            made = self._act("open", title=f"Ticket {number}", description="Its text.",
                             labels=["red", "blue"])  # fmt: skip
            self.numbers.append(made["iid"])
            for word in range(3):
                said = self._act("comment", number=made["iid"], body=f"Word {word}")
                self.said[made["iid"]] = said["id"]

    def change(self, word: str) -> None:
        acts: dict[str, Callable[[int], Any]] = {
            "label only": lambda one: self._act("label", number=one, name="green"),
            "state only": lambda one: self._act("close", number=one),
            "comment only": lambda one: self._act(
                "edit_comment", note=self.said[one], body="Another"
            ),
            "time only": lambda one: self._act("edit", number=one, estimate=12_600),
            "title only": lambda one: self._act("edit", number=one, title=f"Other {one}"),
            "nothing": lambda one: None,
        }
        for one in self.numbers:
            acts[word](one)

    def _act(self, name: str, /, **args: Any) -> Any:
        return self.scene.act("here", name, **args)


def mirrored(target: str, many: int = 5) -> Cost:
    """What it costs to mirror to that tracker."""
    cost = Cost()
    with _scene(target) as scene:
        shop = Shop(scene, [])
        for count, found in ((1, cost.alone), (many, cost.among)):
            shop.open(count)
            for word in LEAST:
                if word != CREATION:
                    shop.change(word)
                found[word] = _requests(scene, cost) / count
    return cost


def timed(target: str, many: int = 20) -> dict[str, float]:
    """Seconds of processor time a ticket, in the thread that pushes: the stand-ins have others."""
    with _scene(target) as scene:
        shop = Shop(scene, [])
        found = {}
        for word in ("creation", "update", "look"):
            if word == "creation":
                shop.open(many)
            elif word == "update":
                shop.change("title only")
            scene.read("here")
            if word == "look":
                with scene.store.write() as connection:
                    mappings.wake(connection, [one.id for one in scene.mappings()])
            began = time.thread_time()
            done = scene.push()
            found[word] = (time.thread_time() - began) / max(done.looked, 1)
            scene.read("there")
            scene.push()
        return found


@contextmanager
def _scene(target: str) -> Iterator[Mirroring]:
    trackers = {"here": "gitlab", "there": target}
    mirror = {"name": "bench", "source": "here", "target": "there", "writes_per_hour": 1000}
    with (
        tempfile.TemporaryDirectory(prefix="ts-bench-") as folder,
        mirroring(Path(folder), trackers, [mirror]) as scene,
    ):
        for name in trackers:
            scene.read(name, full=True)
        warm = Shop(scene, [])
        warm.open(1)  # so that the labels exist
        warm.change("label only")
        scene.sync(2)
        yield scene


def _requests(scene: Mirroring, cost: Cost) -> int:
    """How many requests a push of what happened at the source takes."""
    scene.read("here")
    scene.forget_requests()
    scene.push()
    cost.at_source += len(scene.requests("here"))
    found = len(scene.requests("there"))
    scene.read("there")
    scene.push()
    return found
