"""The command line as a person uses it, against a running stand-in GitHub."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from cli.app import app
from sandbox.github.app import Running, start
from sandbox.gitlab import app as gitlab
from schemas.delivery import Arrival, Via
from store import journal
from store.database import Store, open_store

SECRET = "a-webhook-secret"
CLEAN: dict[str, str | None] = dict.fromkeys(
    (
        "DATABASE_URL", "REDIS_URL", "PG_HOST", "PG_DATABASE", "PORT", "HOST", "PUBLIC_URL",
        "GITHUB_TOKEN", "GITHUB_WEBHOOK_SECRET", "LOG_LEVEL", "SENTRY_DSN", "METRICS_PORT",
        "TICKETSYNC_CONFIG", "COLUMNS",
        "GH_TOKEN", "GITLAB_TOKEN", "GITLAB_WEBHOOK_SECRET", "LINEAR_API_KEY", "JIRA_TOKEN",
        "JIRA_API_TOKEN", "JIRA_EMAIL", "JIRA_USER_EMAIL", "JIRA_CLOUD_URL", "JIRA_PROJECT_KEY",
        "ADO_PERSONAL_ACCESS_TOKEN", "AZURE_DEVOPS_EXT_PAT", "ADO_ORGANIZATION", "ADO_PROJECT",
        "ADO_SCRUM_PROJECT", "NOTICES_URL", "TICKETSYNC_NOTICES_SECRET",
        "TICKETSYNC_API_TOKEN",
    )
)  # fmt: skip


@dataclass
class Done:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Shell:
    """A folder with a configuration file, and the commands run on it."""

    folder: Path
    environ: dict[str, str | None] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        return self.folder / "ticketsync.toml"

    def __call__(self, *words: object, answers: str | None = None) -> Done:
        arguments = ["--config", str(self.file), *map(str, words)]
        environ = CLEAN | self.environ
        done = CliRunner().invoke(app, arguments, input=answers, env=environ)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Done(done.exit_code, done.stdout, done.stderr)

    def ok(self, *words: object, answers: str | None = None) -> Done:
        done = self(*words, answers=answers)
        assert done.code == 0, done.out + done.err
        return done

    def configure(self, tracker: Running, name: str = "shop", more: str = "") -> None:
        """Adds a source to the file by hand."""
        before = self.file.read_text() if self.file.exists() else ""
        self.file.write_text(
            f"{before}\n[[sources]]\n"
            f'name = "{name}"\ntracker = "github"\nurl = "{tracker.repo_url}"\n'
            f'api_url = "{tracker.url}"\ntoken_env = "SHOP_TOKEN"\n{more}\n'
        )

    @contextmanager
    def store(self) -> Iterator[Store]:
        """The store of this folder, from outside."""
        opened = open_store("sqlite:///ticketsync.db", self.folder)
        yield opened
        opened.close()

    def keep(self, body: bytes, **named: Any) -> int:
        """Journals a webhook as the receiver would have; its number."""
        signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        headers = {
            "content-type": "application/json",
            "x-github-event": "issues",
            "x-hub-signature-256": f"sha256={signature}",
        }
        given: dict[str, Any] = {
            "source": "shop",
            "via": Via.webhook,
            "event": "issues.edited",
            "delivery_key": hashlib.sha256(body + repr(named).encode()).hexdigest(),
            "ticket": "1",
            "body": body,
            "received_at": datetime.now(UTC),
            "headers": headers,
        }
        with self.store() as store, store.write() as connection:
            journal.keep(connection, [Arrival(**given | named)])
            return journal.find(connection, limit=1)[0].id


@pytest.fixture
def github() -> Iterator[Running]:
    with start(tickets=12, comments=20) as running:
        yield running


@pytest.fixture
def bare(tmp_path: Path) -> Shell:
    """A folder without a configuration file."""
    return Shell(tmp_path)


@pytest.fixture
def shell(bare: Shell, github: Running) -> Shell:
    """One source, `shop`, that keeps all issues; nothing read yet."""
    bare.environ["SHOP_TOKEN"] = github.plan.token
    bare.configure(github, more='filter = { state = "all" }')
    return bare


@pytest.fixture
def synced(shell: Shell) -> Shell:
    """The same, read once."""
    shell.ok("sync")
    return shell


@dataclass
class Yards(Shell):
    """Two projects, `shop` with three issues and `till` with none; no mirror yet."""

    shop: gitlab.Running = field(init=False)
    till: gitlab.Running = field(init=False)

    def mirror(self, more: str = "", name: str = "yard") -> None:
        """Declares a mirror of shop into till, by hand."""
        table = f'[[mirrors]]\nname = "{name}"\nsource = "shop"\ntarget = "till"\n{more}\n'
        self.file.write_text(f"{self.file.read_text()}\n{table}")


@pytest.fixture
def yards(tmp_path: Path) -> Iterator[Yards]:
    made = Yards(tmp_path, {"YARD_TOKEN": gitlab.TOKEN})
    with (
        gitlab.start(project="shop", tickets=3, comments=2) as made.shop,
        gitlab.start(project="till") as made.till,
    ):
        made.file.write_text(
            "".join(
                f'[[sources]]\nname = "{name}"\ntracker = "gitlab"\nurl = "{one.project_url}"\n'
                f'api_url = "{one.url}"\ntoken_env = "YARD_TOKEN"\n'
                f'filter = {{ state = "all" }}\n'
                for name, one in (("shop", made.shop), ("till", made.till))
            )
        )
        yield made


@pytest.fixture
def payload(github: Running) -> Callable[..., bytes]:
    """The body of an `issues.edited` webhook about an issue as it is, or as told."""

    def make(number: int = 1, **changed: Any) -> bytes:
        headers = {"authorization": f"Bearer {github.plan.token}"}
        with httpx.Client(base_url=github.url, headers=headers, trust_env=False) as client:
            repository = client.get("/repos/octo/shop").json()
            issue = client.get(f"/repos/octo/shop/issues/{number}").json()
        body = {"action": "edited", "issue": issue | changed, "repository": repository}
        return json.dumps(body | {"sender": issue["user"]}).encode()

    return make
