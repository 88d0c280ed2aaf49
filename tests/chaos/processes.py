"""Our own processes as they really run, to be killed: each with its children in one group."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import httpx

WATCHDOG = 'read _ || { kill -TERM -- "-$1"; sleep 12; kill -KILL -- "-$1"; }'
"""Ends the group when its standard input is closed without a word: when we are gone."""

ROOT = Path(__file__).parents[2]
UP = ("-m", "cli")
WEB = ("-m", "uvicorn", "--factory", "receiver.app:build", "--no-access-log")
WORKER = ("-m", "dramatiq", "workers.app:build", "-p", "1", "-t", "4")
WORKER_END = ("--worker-shutdown-timeout", "8000")


class Process:
    """A Python of ours in a process group of its own; its output goes to a file."""

    def __init__(
        self, arguments: Sequence[str], log: Path, environ: Mapping[str, str], folder: Path
    ) -> None:
        self.log = log
        self.environ = clean_environ() | dict(environ)
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env=self.environ,
                start_new_session=True,
            )
        self._watchdog = subprocess.Popen(
            ["/bin/sh", "-c", WATCHDOG, "watchdog", str(self.pid)],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def send(self, number: int) -> None:
        """A signal to the first process alone, as a supervisor sends it."""
        self._process.send_signal(number)

    def wait(self, seconds: float) -> int:
        """The exit code; raises TimeoutExpired."""
        return self._process.wait(seconds)

    def freeze(self) -> None:
        """Stops the group where it stands, with all it holds."""
        os.killpg(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Lets a frozen group go on."""
        os.killpg(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        """kill -9 of all of them: nobody is left to tidy up."""
        family = descendants(self.pid)
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()
        if self._watchdog.poll() is None:
            self._watchdog.communicate(b"\n")

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


def clean_environ() -> dict[str, str]:
    """What a process needs of ours and no more: no setting of the tester's own gets in."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR")
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "PYTHONPATH": str(ROOT)
    }


def descendants(ancestor: int) -> list[int]:
    """The living processes below one, also those with a session of their own."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if fields[0] != "Z":
                parents[int(stat.parent.name)] = int(fields[1])
    found, level = [], {ancestor}
    while level := {pid for pid, parent in parents.items() if parent in level}:
        found += sorted(level)
    return found


def commands(pids: Sequence[int]) -> list[str]:
    """What those of them that still run were started as."""
    said = []
    for pid in pids:
        with suppress(OSError):
            said.append(Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").strip())
    return [one for one in said if one]


def until_ready(port: int, process: Process, seconds: float = 30.0) -> float:
    """Waits until /readyz answers 200; how long that took."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if not process.running:
            raise AssertionError(f"it ended with {process.wait(1)}:\n{process.output()[-2000:]}")
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=2).status_code == 200:
                return time.monotonic() - began
        except httpx.HTTPError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"not ready in {seconds} s:\n{process.output()[-2000:]}")
