"""Worlds that converge: how many seeds are told, and what they are told in.

`./run test --chaos [--seeds N] [--first N]` tells seeds; without it none is collected.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.chaos.converge_world import World, world
from tests.chaos.converge_zygote import Zygote
from tests.conftest import Databases

Worlds = Callable[..., AbstractContextManager[World]]
"""`worlds("github", "sqlite", tickets=8)`: makes worlds, each in a folder of its own."""

CANARIES = 100
"""Tickets in which something must stay home, unless `--canaries N` asks for more."""

_SHARED_MEMORY = Path("/dev/shm")
MEMORY = str(_SHARED_MEMORY) if _SHARED_MEMORY.is_dir() else None
"""Where worlds live: kill -9 loses no page of it, and nobody waits for a disk."""


def pytest_addoption(parser: pytest.Parser) -> None:
    chosen = parser.getgroup("chaos")
    chosen.addoption("--seeds", type=int, default=0, help="How many stories are told.")
    chosen.addoption("--first", type=int, default=1, help="The seed of the first story.")
    chosen.addoption(
        "--canaries", type=int, default=CANARIES, help="How many tickets are looked at."
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "story_seed" not in metafunc.fixturenames:
        return
    count = metafunc.config.getoption("--seeds", 0)
    first = metafunc.config.getoption("--first", 1)
    seeds = range(first, first + count)
    metafunc.parametrize("story_seed", seeds, ids=[f"seed{one}" for one in seeds])


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--seeds", 0) and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Progress(config))


class Progress:
    """Where a long run is, and what repeats a seed that failed."""

    def __init__(self, config: pytest.Config) -> None:
        self._total = config.getoption("--seeds")
        self._done = 0
        self._failed: list[str] = []
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if "[seed" not in report.nodeid:
            return
        if report.failed:
            seed = report.nodeid.rpartition("[seed")[2].rstrip("]")
            self._failed.append(seed)
            self._say(f"seed {seed} failed; again: {_again(seed)}")
        if report.when == "teardown":
            self._done += 1
            if self._done % 25 == 0 or self._done == self._total:
                failed = f", failed: {' '.join(self._failed)}" if self._failed else ""
                self._say(f"{self._done} of {self._total} seeds{failed}")

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        for seed in self._failed:
            terminalreporter.write_line(f"again: {_again(seed)}")

    def _say(self, text: str) -> None:
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        if terminal is not None:
            terminal.write_line("")
            terminal.write_line(text)


def _again(seed: str) -> str:
    return f"./run test --chaos --seeds 1 --first {seed}"


@pytest.fixture
def canaries(request: pytest.FixtureRequest) -> int:
    """How many tickets of canaries there are."""
    return int(request.config.getoption("--canaries", CANARIES))


@pytest.fixture(scope="session")
def zygote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    """What our processes are forked from."""
    log = tmp_path_factory.mktemp("zygote") / "zygote.log"
    made = Zygote(log)
    yield made
    made.close()
    assert "Traceback" not in log.read_text()


@pytest.fixture(scope="session")
def worlds(zygote: Zygote, request: pytest.FixtureRequest) -> Worlds:
    """Makes worlds; a PostgreSQL is only started when one is asked for."""

    @contextmanager
    def make(tracker: str, dialect: str = "sqlite", **plan: Any) -> Iterator[World]:
        databases: Databases = request.getfixturevalue(f"{dialect}_databases")
        with (
            TemporaryDirectory(prefix="world", dir=MEMORY) as folder,
            databases(Path(folder)) as database,
            world(tracker, database, zygote, **plan) as made,
        ):
            yield made

    return make
