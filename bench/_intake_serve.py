"""The servers of `bench/intake.py`, one process each: `bare`, or the receiver on a database."""

import argparse
import os
import socket
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

SECRET = "bench-secret-0123456789"
CONFIG = """
[[sources]]
name = "bench"
tracker = "github"
url = "https://github.com/bench/bench"
webhook_secret_env = "BENCH_SECRET"
"""


def bare():
    """A Starlette endpoint that reads the body and answers 202: what keeping nothing costs."""

    async def receive(request: Request) -> Response:
        await request.body()
        return Response(status_code=202)

    return Starlette(routes=[Route("/webhooks/{source}", receive, methods=["POST"])])


def receiver(database: str, queue: str, folder: Path):
    """The product as a `web` process runs it."""
    from receiver import app
    from runtime import config

    (folder / "ticketsync.toml").write_text(CONFIG)
    os.environ |= {
        "TICKETSYNC_CONFIG": str(folder / "ticketsync.toml"),
        "BENCH_SECRET": SECRET,
        "DATABASE_URL": database,
        "REDIS_URL": queue,
    }
    assert config.load().sources
    return app.build()


def main() -> None:
    """Binds first, prints the port, serves until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kind")
    parser.add_argument("--database", default="")
    parser.add_argument("--queue", default="embedded")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--core", type=int)
    given = parser.parse_args()
    if given.core is not None:
        os.sched_setaffinity(0, {given.core})
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    app = bare() if given.kind == "bare" else receiver(given.database, given.queue, given.folder)
    print(listener.getsockname()[1], flush=True)
    settings = uvicorn.Config(app, log_level="warning", access_log=False)
    uvicorn.Server(settings).run([listener])


if __name__ == "__main__":
    main()
