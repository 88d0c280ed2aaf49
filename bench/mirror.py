"""Requests that writing one mirrored ticket takes, beside the least the tracker's API allows.

    ./run bench mirror [--only TRACKER]

First the clients: each change goes through `to_writes` and `write` to the tracker's sandbox, whose
log counts. `first` is what a client asks that was just made, `then` what it asks later. The least
is one request a write, and one to read back what a write's answer does not tell, since a receipt
needs a revision.

Then the engine: a GitLab's issues are mirrored to each tracker, one alone and five at once. Its
least has one request more for each change, since a push reads before it writes (law 8), and the
source is asked nothing. At last what a push costs us in processor time, all it does to the store
and all it says to the tracker; `look` is one that finds nothing to write.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bench import _mirrored
from bench._stands import Boundless
from sandbox.register import module_of
from schemas.change import Change, CommentChange, Ref, TicketChange
from schemas.ports import AppKey, Grant, OAuthApp, Validator
from schemas.source import Source
from schemas.ticket import Comment, Label, Ticket
from trackers.base import Client, Tracker
from trackers.registry import REGISTRY

TRACKERS = ("github", "gitlab", "jira", "linear", "azure_devops")
_RED = Label(id="", name="red", color="#cc0000")
_BLUE = Label(id="", name="blue", color="#0000cc")
_BORN = frozenset({"title", "body", "labels"})

LEAST: dict[str, dict[str, int]] = {
    "creation, 2 labels, 3 comments": {
        "github": 4, "gitlab": 4, "jira": 5, "linear": 4, "azure_devops": 4,
    },
    "title and text": {"github": 1, "gitlab": 1, "jira": 2, "linear": 1, "azure_devops": 1},
    "labels, one more, one less": {
        "github": 2, "gitlab": 1, "jira": 2, "linear": 1, "azure_devops": 1,
    },
    "closed": {"github": 1, "gitlab": 1, "jira": 3, "linear": 1, "azure_devops": 1},
    "weight or size": {"gitlab": 1, "jira": 2, "linear": 1, "azure_devops": 1},
    "time estimate": {"gitlab": 2, "jira": 2, "azure_devops": 1},
    "time spent": {"gitlab": 2, "azure_devops": 1},
    "a comment edited": {"github": 1, "gitlab": 1, "jira": 1, "linear": 1, "azure_devops": 1},
    "nothing": dict.fromkeys(TRACKERS, 0),
}  # fmt: skip
"""By change. GitHub tells no revision of a ticket whose labels are added and removed one by one,
which keeps those of others, GitLab none when times are set; Jira answers no write of a ticket, and
which transitions there are must be asked."""

_SIZES = {"gitlab": "weight", "jira": "story_points", "linear": "estimate",
          "azure_devops": "story_points"}  # fmt: skip


@dataclass
class Stand:
    """One tracker's sandbox, and what a client is given."""

    tracker: Tracker
    running: Any
    source: Source
    credentials: "Token"
    client: Client = field(init=False)

    def connect(self) -> None:
        """A client that was never asked anything."""
        self.client = self.tracker.connect(
            self.source, credentials=self.credentials, limiter=Boundless(), validators=_Nothing()
        )

    def counted(self, act: Callable[[], Any]) -> int:
        """How many requests an act takes."""
        self.running.requests.clear()
        act()
        return len(self.running.requests.entries)

    def carry_out(self, change: Change) -> list[Ref]:
        done: list[Ref] = []
        for step in self.tracker.to_writes(change, self.source):
            if step.ticket is None and done:
                step = step.model_copy(update={"ticket": done[0].ticket})
            done.append(self.client.write(step))
        return done

    def record(self, key: str) -> Any:
        found = self.client.fetch(key)
        return getattr(found, "body", None)

    def wanted(self, **fields: Any) -> Ticket:
        return Ticket(source="bench", external_id="", key="", **fields)


class _Nothing:
    def get(self, credential: str, address: str) -> Validator | None:
        return None

    def put(self, credential: str, address: str, validator: Validator) -> None:
        return None


@dataclass
class Token:
    """A token, and the account that goes with it."""

    value: str
    login: str | None

    def token(self, source: Source) -> str | None:
        return self.value

    def email(self, source: Source) -> str | None:
        return self.login

    def app(self, source: Source) -> AppKey | None:
        return None

    def oauth_app(self, source: Source) -> OAuthApp | None:
        return None

    def grant(self, source: Source) -> Grant | None:
        return None

    def renew(self, source: Source, seen: Grant, refresh: Callable[[Grant], Grant]) -> Grant:
        raise AssertionError("a token needs no renewal")


def measured(name: str) -> dict[str, tuple[int, int]]:
    """By change: (requests of a fresh client, requests of one that was at work)."""
    module = module_of(name)
    with module.start() as running:
        told = module.announce(running)
        keys = {k: v for k, v in told.get("source", {}).items() if not k.endswith("_env")}
        named = {"name": "bench", "slug": "bench", "tracker": name, "url": told["url"]}
        source = Source.model_validate({**named, "api_url": told["api_url"], **keys})
        login = next(iter(told.get("environment", {}).values()), None)
        stand = Stand(REGISTRY[name], running, source, Token(told["token"], login))
        stand.connect()
        stand.source = source.model_copy(update={"project_id": stand.client.project().id})
        stand.client.close()
        stand.connect()
        _made(stand)  # so that the labels exist
        found: dict[str, tuple[int, int]] = {}
        for word in LEAST:
            if name in LEAST[word]:
                first, then = _counts(stand, word, fresh=True), _counts(stand, word, fresh=False)
                found[word] = first, then
        stand.client.close()
        return found


def _counts(stand: Stand, word: str, *, fresh: bool) -> int:
    """Requests of one change to a ticket of its own; what prepares it is not counted."""
    key, comment = "", ""
    if not word.startswith("creation"):
        # At Azure DevOps only tasks have times.
        timed = stand.tracker.name == "azure_devops" and word.startswith("time")
        key, comment = _made(stand, "task" if timed else "issue")
    record = stand.record(key) if key else None
    if fresh:
        stand.client.close()
        stand.tracker = type(stand.tracker)()  # nothing that the process keeps
        stand.connect()
    if word.startswith("creation"):
        return stand.counted(lambda: _made(stand))
    change = _change(stand, word, key, comment, record)
    return stand.counted(lambda: stand.carry_out(change)) if change else 0


def _made(stand: Stand, kind: str = "issue") -> tuple[str, str]:
    wanted = stand.wanted(title="A ticket", body="Its text.", labels=(_RED, _BLUE), type=kind)
    born = _BORN | {"type"} if kind != "issue" else _BORN
    key = stand.carry_out(TicketChange(wanted=wanted, fields=born))[0].ticket
    said = [
        stand.carry_out(CommentChange(ticket=key, wanted=Comment(id="", body=f"Word {n}")))[0]
        for n in range(3)
    ]
    return key, str(said[0].comment)


def _change(stand: Stand, word: str, key: str, comment: str, record: Any) -> Change | None:
    if word == "a comment edited":
        return CommentChange(ticket=key, comment=comment, wanted=Comment(id="", body="Another"))
    size = _SIZES.get(stand.tracker.name, "")
    green = Label(id="", name="green")
    values: dict[str, dict[str, Any]] = {
        "title and text": {"title": "Another title", "body": "Another text."},
        "labels, one more, one less": {"labels": (_BLUE, green)},
        "closed": {"state": "closed", "status_category": "done"},
        "weight or size": {size: 3},
        "time estimate": {"time_estimate": 12_600},
        "time spent": {"time_spent": 5_400},
        "nothing": {},
    }
    if not values[word]:
        return None
    if "green" not in _labels_seen(stand):
        other = stand.wanted(title="Green", labels=(green,))
        stand.carry_out(TicketChange(wanted=other, fields=frozenset({"title", "labels"})))
        _labels_seen(stand).add("green")
    fields = frozenset(values[word]) - {"status_category"}
    wanted = stand.wanted(**values[word])
    return TicketChange(ticket=key, wanted=wanted, fields=fields, record=record)


_SEEN: dict[int, set[str]] = {}


def _labels_seen(stand: Stand) -> set[str]:
    return _SEEN.setdefault(id(stand), set())


def main() -> None:
    """Prints a table; a dash is what the tracker has no place for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=TRACKERS)
    chosen = parser.parse_args().only
    names = [chosen] if chosen else list(TRACKERS)
    began = time.perf_counter()
    found = {name: measured(name) for name in names}
    print(f"{datetime.now(UTC):%Y-%m-%d}  requests first/then (least)")
    print(f"{'':32}" + "".join(f"{name:>16}" for name in names))
    for word, least in LEAST.items():
        cells = [
            f"{found[name][word][0]}/{found[name][word][1]} ({least[name]})"
            if name in least
            else "-"
            for name in names
        ]
        print(f"{word:32}" + "".join(f"{cell:>16}" for cell in cells))
    _engine(names)
    print(f"{time.perf_counter() - began:.1f} s")


def _engine(names: list[str]) -> None:
    costs = {name: _mirrored.mirrored(name) for name in names}
    print("\nmirrored from a GitLab: requests at the target, alone/of five (least)")
    print(f"{'':32}" + "".join(f"{name:>16}" for name in names))
    for word, least in _mirrored.LEAST.items():
        cells = [
            f"{costs[name].alone[word]:g}/{costs[name].among[word]:g} ({least[name]})"
            for name in names
        ]
        print(f"{word:32}" + "".join(f"{cell:>16}" for cell in cells))
    asked = [str(costs[name].at_source) for name in names]
    print(f"{'all of these, at the source':32}" + "".join(f"{cell:>16}" for cell in asked))
    spent = {name: _mirrored.timed(name) for name in names}
    print("\nprocessor time a ticket, ms (pushes a second)")
    for word in ("creation", "update", "look"):
        cells = [f"{1000 * spent[name][word]:.1f} ({1 / spent[name][word]:.0f})" for name in names]
        print(f"{word:32}" + "".join(f"{cell:>16}" for cell in cells))


if __name__ == "__main__":
    main()
