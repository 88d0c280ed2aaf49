"""The demo's stage: a stand-in for each tracker, and a configuration as a user would have it."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit

from cli import settings_file
from runtime import config
from sandbox.register import Running, module_of

TRACKERS = ("github", "gitlab", "jira", "linear", "azure_devops")
SECRET = "demo-webhook-secret-of-a-toy"  # noqa: S105 - of trackers that live for this demo only


@dataclass(frozen=True, slots=True)
class Stand:
    """One stand-in at work; `told` is what it announces of itself, `source` its name with us."""

    source: str
    running: Running
    told: dict[str, Any]

    @property
    def tickets(self) -> list[dict[str, Any]]:
        """The truth, in neutral words."""
        found: list[dict[str, Any]] = self.running.neutral()["tickets"]
        return found


@contextmanager
def stands(trackers: Sequence[str], tickets: int, comments: int) -> Iterator[list[Stand]]:
    """Starts them all, stops them at the end."""
    with ExitStack() as running:
        found = []
        for tracker in trackers:
            module = module_of(tracker)
            one = module.start(tickets=tickets, comments=comments, webhook_secret=SECRET)
            running.callback(one.stop)
            found.append(Stand(tracker.replace("_", "-"), one, module.announce(one)))
        yield found


def configure(folder: Path, found: Sequence[Stand]) -> Path:
    """Writes `ticketsync.toml` and `.env`, so that every command works on the demo, too."""
    file = folder / config.DEFAULT_FILE
    document = tomlkit.document()
    document.add(tomlkit.comment(f"Made by `demo`; every command works on it: {_command(file)}"))
    document["log"] = {"level": "error"}
    variables = {"DEMO_SECRET": SECRET}
    for one in found:
        token = f"DEMO_{one.told['tracker'].upper()}_TOKEN"
        variables |= {token: one.told["token"], **one.told.get("environment", {})}
        settings_file.append(document, _table(one, token))
    file.write_text(tomlkit.dumps(document))
    (folder / ".env").write_text("".join(f"{k}={v}\n" for k, v in variables.items()))
    return file


def secrets(found: Sequence[Stand]) -> list[str]:
    """What must not appear on a screen."""
    return [SECRET, *(one.told["token"] for one in found)]


def _command(file: Path) -> str:
    return f"./run --config {file} tickets list"


def _table(one: Stand, token: str) -> dict[str, Any]:
    return {
        "name": one.source,
        "tracker": one.told["tracker"],
        "url": one.told["url"],
        "api_url": one.told["api_url"],
        "token_env": token,
        "webhook_secret_env": "DEMO_SECRET",
        **one.told.get("source", {}),
        "filter": {"state": "all"},
    }
