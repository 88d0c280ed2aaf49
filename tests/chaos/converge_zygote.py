"""A process without threads that has imported everything: each fork of it is ours, at once.

`python -m tests.chaos.converge_zygote` reads lines of JSON: an order to start, or a process to end
by kill -9. It answers each with a line, and takes its children along when its input ends.
"""

import gc
import json
import os
import signal
import subprocess
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.chaos.converge_ours import Order, live, warm
from tests.chaos.processes import ROOT, clean_environ

FORK = "tests.chaos.converge_zygote"


class Zygote:
    """The test's end of it."""

    def __init__(self, log: Path) -> None:
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", FORK],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
                cwd=ROOT,
                env=clean_environ(),
                start_new_session=True,
            )
        assert self._say("ready?") == "ready"

    def start(self, order: Order, log: Path) -> int:
        """A new process of ours; its id."""
        return int(self._say({"start": vars(order), "log": str(log)}))

    def kill(self, pid: int) -> None:
        """kill -9; when this returns it is gone, with its sockets and locks."""
        self._say({"kill": pid})

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _say(self, wish: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(wish) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


def main() -> None:
    """Serves until its input ends."""
    warm()
    gc.collect()
    gc.freeze()
    children: set[int] = set()
    for line in sys.stdin:
        wish = json.loads(line)
        if wish == "ready?":
            said: Any = "ready"
        elif "start" in wish:
            said = _fork(Order(**wish["start"]), wish["log"])
            children.add(said)
        else:
            said = _end(wish["kill"])
            children.discard(wish["kill"])
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()
    for pid in children:
        _end(pid)


def _fork(order: Order, log: str) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for number, end in enumerate((nothing, output, output)):
            os.dup2(end, number)
        live(order)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(1)


def _end(pid: int) -> str:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    with suppress(ChildProcessError):
        os.waitpid(pid, 0)
    return "gone"


if __name__ == "__main__":
    main()
