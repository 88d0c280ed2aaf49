"""`up`: receiver, workers and reconciler in one process, until it is told to stop."""

from cli.together import DOORS, assemble, bind, serve
from runtime import config, telemetry
from schemas.settings import Settings


def up(
    settings: Settings,
    *,
    host: str | None = None,
    port: int | None = None,
    only: frozenset[str] | None = None,
    doors: frozenset[str] = DOORS,
) -> int:
    """Runs the doors until SIGTERM or Ctrl-C; exit code 0. Raises TicketsyncError before that.

    The socket is bound first: a busy port must end this process before any thread is started.
    """
    host, port = host or settings.web.host, settings.web.port if port is None else port
    listening = bind(host, port) if "web" in doors else bind("127.0.0.1", 0)
    secrets = config.secrets(settings).values(config.sources(settings))
    told = telemetry.start(settings, process="up", secrets=secrets, exporter=True)
    together = None
    try:
        together = assemble(settings, told, doors, only=only)
        serve(together, listening, lambda: _greet(settings, host, listening.getsockname()[1]))
    finally:
        listening.close()
        if together is not None:
            together.close()
        told.close()
    return 0


def _greet(settings: Settings, host: str, port: int) -> None:
    """Where everything is, in as many lines as a person reads."""
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared, not bound
    base = settings.web.public_url or f"http://{shown}:{port}"
    print(f"ticketsync is up at http://{shown}:{port} (health: /readyz, numbers: /metrics)")
    for source in config.sources(settings):
        hook = f"{base}/webhooks/{source.slug}"
        how = hook if source.webhook_secret_env else "no webhook secret: polling only"
        print(f"  {source.name}: {source.url} ← {how}")
    print("Stop with Ctrl-C.", flush=True)
