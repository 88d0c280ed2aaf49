"""Tickets full of canaries: words that may reach some trackers and never others.

Every word is unique and tells by its first letters what it is: `cnry…` must not leave its tracker,
`mask…` is struck out by the mirrors' patterns, `open…` and `jira…` may go by the mirrors that name
their source. Seven stand-ins are tapped, so that every byte that reached them can be looked at.
"""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomlkit

from reconciler import app as reconciler
from reconciler import session as reconcile
from reconciler.parts import Parts
from runtime import config
from runtime.telemetry.start import Telemetry
from sandbox.register import module_of
from store.database import Store, open_for
from store.journal import Lane
from workers import app as workers
from workers.drain import drain
from workers.local import Wish, create
from workers.mirrors.push import push_due
from workers.mirrors.task import Pushed
from workers.refetch import follow
from workers.work import Work

WORD = re.compile(rb"(cnry|mask|open|jira)(\d+)q")
MASKED = r"mask\d+q"
LIMITS: dict[str, dict[str, Any]] = {
    "github": {"rate_limit": 1_000_000},
    "jira": {"rate_limit": 1_000_000},
    "linear": {"rate_limit": 1_000_000, "complexity_limit": 1_000_000_000},
}
PLACES = {
    "A": "gitlab", "B": "gitlab", "D": "gitlab", "hub": "github", "J": "jira", "L": "linear",
    "Z": "azure_devops",
}  # fmt: skip
"""Our names of the stand-ins; A and J are where tickets are born."""
SPREAD = ("hub", "J", "L", "Z")
"""Each ticket of A goes to B, and by its label to one of these."""
RULES = [
    {"privacy": "local_only", "label": "secret"},
    {"privacy": "local_only", "field": "milestone", "value": "Stealth"},
]


@dataclass
class Words:
    """Makes words, and remembers which of them were meant to arrive where."""

    made: int = 0
    to_arrive: set[tuple[str, str]] = field(default_factory=set)

    def new(self, kind: str) -> str:
        self.made += 1
        return f"{kind}{self.made}q"

    def meant(self, word: str, *places: str) -> str:
        self.to_arrive |= {(place, word) for place in places}
        return word


@dataclass
class World:
    """The stand-ins, and one ticketsync among them, whose workers are this thread."""

    running: dict[str, Any]
    store: Store
    work: Work
    parts: Parts
    words: Words
    draw: random.Random
    published: list[int] = field(default_factory=list)
    """Tickets of A that may leave at first."""
    texts: dict[int, list[str]] = field(default_factory=dict)
    """The words that may leave, by ticket of A."""

    def reconcile(self, *, full: bool = False) -> None:
        for name in PLACES:
            done = reconcile.run(self.parts, self.parts.sources[name], full=full, wait_seconds=20)
            assert done.status == "complete", (name, done.error)

    def push(self) -> Pushed:
        """All that is due now; more than that would be a loop, which a test must not wait for."""
        most = 1_000 + 50 * len(self.published)
        done = push_due(self.work, most=most)
        assert done.looked < most, "mirrors do not come to rest"
        assert done.errors == [], done.errors
        return done

    def rest(self) -> None:
        """Until nothing is written any more, and nothing waits."""
        for _ in range(20):
            self.reconcile()
            done = self.push()
            if not done.writes and not done.waiting:
                return
        raise AssertionError("mirrors do not come to rest")

    def heard(self, place: str) -> Counter[str]:
        """All words in all bytes that a stand-in was ever sent, and how often."""
        return Counter(
            found[0].decode()
            for request in self.running[place].tap.heard
            for found in WORD.finditer(request)
        )

    def said(self, place: str) -> set[str]:
        """All words that stand at a tracker now."""
        text = repr(self.running[place].neutral()).encode()
        return {found[0].decode() for found in WORD.finditer(text)}


def grow(world: World, tickets: int) -> None:
    """Fills A, J and the local source with random tickets."""
    home = world.running["A"].acts
    home.create_milestone("Stealth")
    home.create_milestone("v1.0")
    for number in range(1, tickets + 1):
        _gitlab(world, number)
        if number % 10 == 0:
            _jira(world)
        if number % 20 == 0:
            secret = world.words.new("cnry")
            wish = Wish(title=f"local {secret}", body=secret, labels=(secret,))
            place, _ = create(world.work, wish)
            drain(world.work, [place])


def _gitlab(world: World, number: int) -> None:
    kind = world.draw.choice(("plain", "plain", "plain", "confidential", "secret", "stealth"))
    to = world.draw.choice(SPREAD)
    if kind == "plain":
        world.published.append(number)
        world.texts[number] = []

    def word() -> str:
        if kind != "plain":
            return world.words.new("cnry")
        made = world.words.meant(world.words.new("open"), "B", to)
        world.texts[number].append(made)
        return made

    labels = [f"to-{to}", *(["Secret"] if kind == "secret" else [])]
    if kind == "plain" and world.draw.random() < 0.2:
        labels.append(f"about {world.words.new('mask')}")
    mask = world.words.new("mask")
    world.running["A"].acts.open(
        f"Ticket {word()} {mask}",
        f"Text {word()}\n\n{mask} and {word()} " + "x " * world.draw.randrange(40),
        labels,
        confidential=kind == "confidential",
        iid=number,
    )
    _around(world, number, kind, word)


def _around(world: World, number: int, kind: str, word: Callable[[], str]) -> None:
    """Milestones, comments and links of one."""
    words, acts = world.words, world.running["A"].acts
    if kind == "stealth" or world.draw.random() < 0.2:
        acts.milestone(number, "Stealth" if kind == "stealth" else "v1.0")
    for _ in range(world.draw.choice((0, 0, 1, 2))):
        acts.comment(number, f"Says {word()} {words.new('mask')}")
    if world.draw.random() < 0.3:
        acts.comment(number, f"Among us {words.new('cnry')}", internal=True)
    if number > 1 and world.draw.random() < 0.1:
        acts.link(number, world.draw.randrange(1, number))


def _jira(world: World) -> None:
    """Tickets of Jira go to D; of them too some are restricted, and so are some comments."""
    words, acts = world.words, world.running["J"].acts
    restricted = world.draw.random() < 0.5
    word = words.new("cnry") if restricted else words.meant(words.new("jira"), "D")
    issue = acts.open(f"Jira {word}", f"Text {words.new('mask')}")
    if restricted:
        acts.restrict(issue.key)
    else:
        acts.comment(issue.key, words.meant(words.new("jira"), "D"))
        acts.comment(issue.key, words.new("cnry"), role="Administrators")
        acts.comment(issue.key, words.new("cnry"), internal=True)


def darken(world: World) -> set[int]:
    """Half of the published tickets turn private, and are edited right after; which."""
    acts, words = world.running["A"].acts, world.words
    chosen = world.draw.sample(world.published, len(world.published) // 2)
    for number in chosen:
        if world.draw.random() < 0.5:
            acts.edit(number, confidential=True)
        else:
            acts.label(number, "secret")
        secret = words.new("cnry")
        acts.edit(number, title=f"Now {secret}", description=f"Now {secret}")
        acts.comment(number, f"Now {secret}")
    return set(chosen)


@contextmanager
def world(folder: Path, database_url: str, seed: int) -> Iterator[World]:
    """Everything at work and tapped, with nothing in it yet."""
    with ExitStack() as ending:
        running: dict[str, Any] = {}
        for name, tracker in PLACES.items():
            one = module_of(tracker).start(**LIMITS.get(tracker, {}))
            ending.callback(one.stop)
            one.tap.listening = True  # type: ignore[attr-defined]
            running[name] = one
        settings = config.load(_configured(folder, database_url, running), environ={})
        store = open_for(settings)
        ending.callback(store.close)
        work = workers.prepare(settings, store, Telemetry())

        def wake(lanes: Any) -> None:
            _drained(work, lanes)

        parts = reconciler.prepare(settings, store, wake)
        yield World(
            running,
            store,
            work,
            parts,
            Words(),
            random.Random(seed),
        )


def _drained(work: Work, lanes: list[Lane]) -> None:
    follow(work, drain(work, lanes))


def _configured(folder: Path, database_url: str, running: dict[str, Any]) -> Path:
    document: dict[str, Any] = {"store": {"url": database_url}, "sources": [], "mirrors": []}
    variables = {}
    for name, one in running.items():
        told = module_of(PLACES[name]).announce(one)
        variables |= {f"{name.upper()}_TOKEN": told["token"], **told.get("environment", {})}
        document["sources"].append(
            {
                "name": name,
                "tracker": PLACES[name],
                "url": told["url"],
                "api_url": told["api_url"],
                "token_env": f"{name.upper()}_TOKEN",
                **told.get("source", {}),
                "filter": {"state": "all"},
                **({"privacy_rules": RULES} if name == "A" else {}),
            }
        )
    usual = {"redact": [MASKED], "sync_existing_issues": True, "sync_closed_issues": True}
    pairs = [("A", "B", {}), ("J", "D", {}), ("B", "D", {}), ("local", "B", {})]
    pairs += [("A", to, {"include_labels": [f"to-{to}"]}) for to in SPREAD]
    for source, target, more in pairs:
        document["mirrors"].append({"source": source, "target": target, **usual, **more})
    file = folder / "ticketsync.toml"
    file.write_text(tomlkit.dumps(document))
    (folder / ".env").write_text("".join(f"{k}={v}\n" for k, v in variables.items()))
    return file
