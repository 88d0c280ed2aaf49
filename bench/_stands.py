"""A sandbox tracker in a process of its own, and ticketsync in this one as the commands run it.

So processor time and memory measured here are ours alone.
"""

import json
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from cli.context import Opened
from cli.stage import Stand, configure, secrets
from reconciler import session
from reconciler.parts import Parts
from runtime import config, telemetry
from runtime.clock import utc_now
from schemas.ports import Allowance, Lane, Rate
from schemas.session import Session
from schemas.source import Source
from store import sources
from store.database import open_store
from store.tables import comments, tickets

ROOT = Path(__file__).parents[1]
TRACKERS = ("github", "gitlab", "jira", "linear", "azure_devops")
_SERVE = (
    "import json, sys; from sandbox.register import module_of;"
    " one = module_of(sys.argv[1]);"
    " one.foreground(one.Plan(**json.loads(sys.argv[2])))"
)


class Sandbox:
    """A stand-in tracker as a process; `plan` are the fields of its `Plan`."""

    def __init__(self, tracker: str, stack: ExitStack, **plan: Any) -> None:
        self.tracker = tracker
        command = [sys.executable, "-c", _SERVE, tracker, json.dumps(plan)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
        stack.callback(self._stop)
        assert self._process.stdout is not None
        self.told: dict[str, Any] = json.loads(self._process.stdout.readline())
        scheme, _, rest = self.told["api_url"].partition("://")
        self._root = f"{scheme}://{rest.partition('/')[0]}"

    @property
    def project(self) -> str:
        return self.told["project"]

    def requests(self) -> dict[str, Any]:
        """Its own log: `total`, `counted` against the rate limit, `not_modified`, `requests`."""
        return self._ask("GET", "requests")

    def answers(self) -> list[float]:
        """How many seconds each of its webhooks waited for our answer."""
        attempts = self._ask("GET", "outbox")["attempts"]
        return [one["seconds"] for one in attempts if one["status"] in (200, 202)]

    def forget(self) -> None:
        """Begins its log anew."""
        self._ask("DELETE", "requests")

    def act(self, act: str, **args: Any) -> Any:
        """A person does something."""
        return self._ask("POST", "act", {"act": act, "args": args})

    def tickets(self) -> list[dict[str, Any]]:
        """The truth, in neutral words."""
        return self._ask("GET", "state")["tickets"]

    def people(self, rate: float, seconds: float | None = None) -> None:
        """Invented people work at so many acts a second; 0 sends them home."""
        self._ask("POST", "people", {"rate": rate, "seconds": seconds})

    def _ask(self, method: str, name: str, body: Any = None) -> Any:
        data = json.dumps(body).encode() if body is not None else None
        asked = urllib.request.Request(f"{self._root}/_sandbox/{name}", data, method=method)
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return json.loads(answer.read() or b"null")

    def _stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)


class Boundless:
    """A rate budget that lets everything through at once: for what the machine can do."""

    def lane(self, _name: Lane) -> "Boundless":
        return self

    def wait(self, _credential: str, _usual: Allowance | None = None) -> None:
        return None

    def learn(self, _credential: str, _rate: Rate) -> None:
        return None

    def block(self, _credential: str, _seconds: float) -> None:
        return None


@dataclass
class Ours:
    """ticketsync on an empty database and workspace, with one source, read as `sync` reads it.

    Its rate budget is the real one unless it is `boundless`.
    """

    told: dict[str, Any]
    stack: ExitStack
    database: str = ""
    boundless: bool = False
    folder: Path = field(init=False)
    file: Path = field(init=False)
    here: Opened = field(init=False)

    def __post_init__(self) -> None:
        made = self.stack.enter_context(tempfile.TemporaryDirectory(prefix="ts-bench-"))
        self.folder = Path(made)
        stands = [Stand("bench", None, self.told)]  # type: ignore[arg-type]
        self.file = configure(self.folder, stands)
        environ = {"DATABASE_URL": self.database} if self.database else {}
        settings = config.load(self.file, environ=environ)
        watch = telemetry.start(settings, process="bench", secrets=secrets(stands))
        self.stack.callback(watch.close)
        store = open_store(settings.store.url, settings.folder)
        self.stack.callback(store.close)
        declared = config.sources(settings)
        with store.write() as connection:
            sources.declare(connection, declared, utc_now())
        named = {one.name: one for one in declared}
        self.here = Opened(settings, config.secrets(settings), watch, store, named)
        if self.boundless:
            self.here.budgets = Boundless()

    def move_clock(self, now: Callable[[], datetime]) -> None:
        """Reconciler and workers take this for the time."""
        self.here._work = replace(self.here.work, now=now)
        self.parts = replace(self.parts, now=now)

    @cached_property
    def source(self) -> Source:
        return self.here.source("bench")

    @cached_property
    def parts(self) -> Parts:
        return self.here.parts(lambda *_: None)

    def sync(self) -> Session:
        """What the command does: a session, what it left, the files."""
        done = session.run(self.parts, self.source)
        self.here.catch_up("bench")
        self.here.render()
        return done

    def held(self) -> tuple[int, int]:
        """Tickets and comments in the store."""
        with self.here.store.read() as connection:
            count = sa.select(sa.func.count())
            found = [
                connection.execute(count.select_from(one)).scalar_one()
                for one in (tickets, comments)
            ]
        return found[0], found[1]
