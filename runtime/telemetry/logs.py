"""Logs: structlog and the standard library through one formatter, as JSON or for a reader."""

import json
import logging
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TextIO

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from runtime.telemetry.logfiles import SourceFiles
from runtime.telemetry.redact import Redactor
from schemas.settings import LogSettings

QUIET = ("alembic", "dramatiq", "fakeredis", "httpcore", "httpx", "redis", "sqlalchemy", "urllib3")
"""Others' loggers that say at info what is none of an operator's business."""

UVICORN = ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi")


def configure(
    settings: LogSettings,
    redactor: Redactor,
    *,
    folder: Path,
    slugs: Mapping[str, str],
    process: str,
    stream: TextIO | None = None,
) -> Callable[[], None]:
    """Sets up logging of this process; returns what undoes it.

    Lines go to `stream` (stderr) and, with `settings.dir`, to files below `folder`.
    """
    out = stream or sys.stderr
    handlers = [_to_stream(settings, redactor, process, out)]
    if settings.dir:
        handlers.append(_to_files(folder / settings.dir, slugs, redactor, process))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        # Loggers are made at import, before this: a cached one would keep the old set-up.
        cache_logger_on_first_use=False,
    )
    return _install(handlers, settings.level.upper())


def _install(handlers: list[logging.Handler], level: str) -> Callable[[], None]:
    root = logging.getLogger()
    before, level_before = root.handlers[:], root.level
    root.handlers[:] = handlers
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in UVICORN:  # it brings handlers of its own, which would print a second form
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = name != "uvicorn.access"

    def undo() -> None:
        root.handlers[:] = before
        root.setLevel(level_before)
        for handler in handlers:
            handler.close()
        structlog.reset_defaults()

    return undo


def _to_stream(
    settings: LogSettings, redactor: Redactor, process: str, out: TextIO
) -> logging.Handler:
    handler = logging.StreamHandler(out)
    human = settings.format == "human" or (settings.format == "auto" and out.isatty())
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(colors=out.isatty(), exception_formatter=_as_is)
        if human
        else _json
    )
    handler.setFormatter(_formatter(redactor, process, renderer))
    return handler


def _to_files(
    folder: Path, slugs: Mapping[str, str], redactor: Redactor, process: str
) -> logging.Handler:
    folder.mkdir(parents=True, exist_ok=True)
    handler = SourceFiles(folder, slugs)
    handler.setFormatter(_formatter(redactor, process, _json))
    return handler


def _formatter(redactor: Redactor, process: str, renderer: Processor) -> logging.Formatter:
    def named(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["process"] = process
        return event

    def redacted(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {key: redactor.named(key, value) for key, value in event.items()}

    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.ExtraAdder()],
        processors=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            named,
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            redacted,
            renderer,
        ],
    )


def _json(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    first = {key: event.pop(key) for key in ("timestamp", "level", "event") if key in event}
    line = {**first, **event}
    try:
        return orjson.dumps(line).decode()
    except TypeError:  # a lone surrogate or a huge number out of somebody's payload
        return json.dumps(line, default=str)


def _as_is(out: TextIO, error: Any) -> None:
    out.write(str(error))
