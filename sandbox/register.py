"""The stand-in trackers by name; a module is imported when its tracker is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Protocol

from sandbox.crowd import Crowd
from sandbox.faults import Switchboard
from sandbox.outbox import Outbox
from sandbox.requests import RequestLog
from sandbox.wire import Json

MODULES = {
    "github": "sandbox.github.app",
    "gitlab": "sandbox.gitlab.app",
    "jira": "sandbox.jira.app",
    "linear": "sandbox.linear.app",
    "azure_devops": "sandbox.azure_devops.app",
    "generic": "sandbox.generic.app",
}


class Running(Protocol):
    """A stand-in at work: a context manager that stops it.

    `project_url` is what a person types for its project, `url` where its API is.
    """

    @property
    def url(self) -> str: ...
    @property
    def project_url(self) -> str: ...
    @property
    def faults(self) -> Switchboard: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def people(self) -> Crowd: ...
    @property
    def requests(self) -> RequestLog: ...
    def neutral(self) -> Json: ...
    def add_hook(self, url: str, secret: str) -> object: ...
    def stop(self) -> None: ...


class Module(Protocol):
    """What each stand-in's module offers."""

    Plan: Any

    def start(self, port: int = 0, **plan: Any) -> Running: ...
    def announce(self, running: Any) -> Json: ...
    def foreground(self, plan: Any, port: int = 0) -> None: ...


def module_of(tracker: str) -> Module:
    """The module of a tracker's stand-in; KeyError when there is none."""
    found: Any = import_module(MODULES[tracker])
    return found  # type: ignore[no-any-return]
