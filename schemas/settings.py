"""Settings as the configuration file spells them; defaults here are the documented ones."""

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from schemas.mirror import MirrorOptions
from schemas.model import Json, Model
from schemas.notice import TYPES, NoticeType
from schemas.source import PrivacyRule

TRACKERS = ("github", "gitlab", "jira", "linear", "azure_devops", "generic")
"""The words for them in the file; `tests/conformance` holds the register to this list."""

Seconds = float


class StoreSettings(Model):
    """Where everything is kept. `sqlite:///file.db` is relative to the configuration file."""

    url: str = "sqlite:///ticketsync.db"
    auto_migrate: bool = True


class QueueSettings(Model):
    """`embedded` lives inside one process; `redis://` or `rediss://` joins several."""

    url: str = "embedded"


class WebSettings(Model):
    """The receiver. `public_url` is how trackers reach us; it is needed to register hooks.

    `api` False takes the admin API away, whoever has a token.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    public_url: str = ""
    max_body_mb: float = Field(default=25, gt=0, le=200)
    body_seconds: Seconds = Field(default=30, gt=0)
    queue_rows: int = Field(default=4096, ge=1)
    queue_mb: float = Field(default=64, gt=0)
    deadline_seconds: Seconds = Field(default=2, gt=0)
    api: bool = True

    def webhook(self, slug: str) -> str:
        """The full address that takes the webhooks of a source."""
        return f"{self.public_url.rstrip('/')}/webhooks/{slug}"


class WorkspaceSettings(Model):
    """The Markdown folders; None is the default of the store (on with SQLite, else off).

    `attachments` brings the tickets' files beside them, up to `attachment_max_mb` (10^6 bytes).
    """

    path: str | None = None
    attachments: bool = False
    attachment_max_mb: float = Field(default=25, gt=0, le=10_000)


class RetrySettings(Model):
    """Retries of a delivery that failed: `delay_seconds`, doubled each time with jitter."""

    attempts: int = Field(default=5, ge=3, le=50)
    delay_seconds: Seconds = Field(default=10, gt=0, le=60)


class ReconcilerSettings(Model):
    """How often trackers are polled for what webhooks missed.

    Once an hour the overlap is the wide one; a census goes round once in `census_hours`.
    """

    interval_minutes: int = Field(default=15, ge=5, le=1440)
    overlap_seconds: Seconds = Field(default=300, ge=0)
    wide_overlap_minutes: int = Field(default=120, ge=0, le=1440)
    census_hours: int = Field(default=24, ge=1, le=168)


class JournalSettings(Model):
    """How long done deliveries are kept; bodies go first."""

    keep_bodies_days: int = Field(default=14, ge=1)
    keep_rows_days: int = Field(default=60, ge=7)


class ViewSettings(Model):
    """Where the views for analysts stand: on PostgreSQL in these schemas, on SQLite so prefixed.

    Empty is the connection's own default schema, and no prefix.
    """

    enabled: bool = True
    github: str = "github_sync"
    gitlab: str = "gitlab_sync"
    jira: str = "jira_sync"
    linear: str = "linear_sync"
    azure_devops: str = ""
    generic: str = "generic_sync"


class NoticesSettings(Model):
    """What others are told by a webhook of ours; off without a `url`.

    `secret_env` names the variable of the signing secrets (`whsec_…`, several while rotating).
    """

    url: str = ""
    secret_env: str = "TICKETSYNC_NOTICES_SECRET"  # noqa: S105 - a name
    types: tuple[NoticeType, ...] = TYPES
    allow_private: bool = False
    include_body: bool = False


class LogSettings(Model):
    """`auto` is human-readable on a terminal and JSON elsewhere."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "json", "human"] = "auto"
    dir: str | None = None


class SentrySettings(Model):
    """Off without a DSN."""

    dsn: str | None = None
    environment: str | None = None


class SourceSettings(Model):
    """One `[[sources]]` table.

    `auth = "oauth"` uses what `ticketsync auth` stored, not `token_env`. `deployment` tells a Jira
    or GitLab behind an address of its own from the hosted one. `fields` maps our field names to the
    tracker's field ids; `statuses`, `severities` and `types` its names to ours. `strategy` settles
    what a file and the tracker both changed.
    """

    name: str = Field(min_length=1, max_length=100)
    tracker: Literal["github", "gitlab", "jira", "linear", "azure_devops", "generic"]
    url: str
    api_url: str | None = None
    auth: Literal["token", "oauth"] = "token"
    deployment: Literal["cloud", "server"] | None = None
    token_env: str | None = None
    email_env: str | None = None
    app_id_env: str | None = None
    app_private_key_env: str | None = None
    app_installation_id: str | None = None
    webhook_secret_env: tuple[str, ...] = ()
    direction: Literal["pull", "push", "bidirectional", "disabled"] = "pull"
    filter: dict[str, Json] = Field(default_factory=lambda: {"state": "open"})
    intake: Literal["hybrid", "polling", "webhook"] = "hybrid"
    interval_minutes: int | None = Field(default=None, ge=5, le=1440)
    start: Literal["all", "now"] = "all"
    baseline: Literal["adopt", "leave"] = "adopt"
    mend_hooks: bool = False
    strategy: Literal["local_wins", "external_wins", "newest_wins", "manual", "merge"] = "manual"
    privacy: Literal["local_only", "shareable", "public"] = "shareable"
    privacy_rules: tuple[PrivacyRule, ...] = ()
    team: str | None = None
    fields: dict[str, str] = Field(default_factory=dict)
    statuses: dict[str, Literal["todo", "in_progress", "done", "canceled"]] = Field(
        default_factory=dict
    )
    severities: dict[str, str] = Field(default_factory=dict)
    types: dict[str, str] = Field(default_factory=dict)

    @field_validator("tracker", mode="before")
    @classmethod
    def _either_dash(cls, value: Json) -> Json:
        # The command line says azure-devops, as one does there.
        return value.replace("-", "_") if isinstance(value, str) else value

    @field_validator("webhook_secret_env", mode="before")
    @classmethod
    def _one_or_several(cls, value: Json) -> Json:
        # The file is read strictly, and to pydantic a list is then no tuple.
        return (
            (value,)
            if isinstance(value, str)
            else tuple(value)
            if isinstance(value, list)
            else value
        )


class MirrorSettings(MirrorOptions):
    """One `[[mirrors]]` table; without a `name` it is called `SOURCE-to-TARGET`."""

    name: str = Field(default="", max_length=200)
    source: str
    target: str
    enabled: bool = True


class Settings(Model):
    """The whole configuration, checked. `file` is None when there is none; `folder` roots paths."""

    store: StoreSettings = StoreSettings()
    queue: QueueSettings = QueueSettings()
    web: WebSettings = WebSettings()
    workspace: WorkspaceSettings = WorkspaceSettings()
    retry: RetrySettings = RetrySettings()
    reconciler: ReconcilerSettings = ReconcilerSettings()
    journal: JournalSettings = JournalSettings()
    notices: NoticesSettings = NoticesSettings()
    views: ViewSettings = ViewSettings()
    log: LogSettings = LogSettings()
    sentry: SentrySettings = SentrySettings()
    sources: tuple[SourceSettings, ...] = ()
    mirrors: tuple[MirrorSettings, ...] = ()
    file: Path | None = None
    folder: Path = Path()
    metrics_port: int | None = None
