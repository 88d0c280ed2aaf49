"""The script `run`, on a checkout of its own: a tiny project, real environments, no network."""

import ast
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "run"
in_turn = pytest.mark.xdist_group("built")
"""For tests that share one checkout."""

PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
BACKEND = """
import pathlib, zipfile

TEXTS = {
    "METADATA": "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1.0\\n",
    "WHEEL": "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    "RECORD": "",
}

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    here = pathlib.Path(__file__).parent
    with (here / "linked").open("a") as file:
        file.write("x")
    name = "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(wheel_directory, name), "w") as wheel:
        wheel.writestr("tiny.pth", str(here))
        for file, text in TEXTS.items():
            wheel.writestr("tiny-1.0.dist-info/" + file, text)
    return name
"""
"""A build backend of the standard library alone, which counts how often it is asked."""

COMMAND = """
import importlib.util, json, os, sys
found = [name for name in ("alpha", "beta") if importlib.util.find_spec(name)]
print(json.dumps({"arguments": sys.argv[1:], "folder": os.getcwd(), "pid": os.getpid(),
                  "python": sys.executable, "found": found}))
"""


def a_wheel(folder: Path, name: str, version: str = "1.0") -> str:
    """A wheel with one module; answers its line in a lock."""
    info = f"{name}-{version}.dist-info"
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{name}.py", f"VERSION = {version!r}\n")
        wheel.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        wheel.writestr(
            f"{info}/WHEEL",
            "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        wheel.writestr(f"{info}/RECORD", "")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return f"{name} @ {path.as_uri()} --hash=sha256:{digest}\n"


class Checkout:
    """A project with our `run`: alpha is in the runtime lock, alpha and beta in that of tests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        shutil.copy(SCRIPT, folder / "run")
        (folder / "cli").mkdir()
        (folder / "cli" / "__main__.py").write_text(COMMAND)
        (folder / "pyproject.toml").write_text(PROJECT)
        (folder / "backend.py").write_text(BACKEND)
        alpha, beta = a_wheel(folder, "alpha"), a_wheel(folder, "beta")
        (folder / "requirements.lock").write_text(alpha)
        (folder / "requirements-dev.lock").write_text(alpha + beta)

    @property
    def stamp(self) -> Path:
        return self.folder / ".venv" / "ticketsync.json"

    def start(self, *arguments: str, **options: Any) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, self.folder / "run", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PIP_NO_INDEX": "1"},
            **options,
        )

    def run(self, *arguments: str, code: int = 0, **options: Any) -> tuple[str, str]:
        """What it printed, on stdout and stderr."""
        process = self.start(*arguments, **options)
        out, err = process.communicate(timeout=120)
        assert process.returncode == code, err
        return out, err

    def links(self) -> int:
        """How often the editable link was made."""
        path = self.folder / "linked"
        return len(path.read_text()) if path.exists() else 0


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout after its first command; tests leave it built."""
    checkout = Checkout(tmp_path_factory.mktemp("built") / "checkout")
    out, err = checkout.run("first")
    assert json.loads(out)["found"] == ["alpha"]
    assert err.splitlines() == [
        "ticketsync: installing requirements.lock into .venv (this once; may take a minute)"
    ]
    return checkout


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "checkout")


@in_turn
def test_a_built_checkout_goes_straight_on(built: Checkout) -> None:
    links = built.links()
    process = built.start("status", "--json", cwd="/")
    out, err = process.communicate(timeout=60)
    said = json.loads(out)
    assert said["arguments"] == ["status", "--json"]
    assert said["folder"] == "/"
    assert said["pid"] == process.pid
    assert Path(said["python"]) == built.folder / ".venv" / "bin" / "python"
    assert err == ""
    assert built.links() == links


@in_turn
def test_a_built_checkout_costs_little(built: Checkout) -> None:
    def seconds(*command: str | Path) -> float:
        begun = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        return time.perf_counter() - begun

    python = built.folder / ".venv" / "bin" / "python"
    bare = min(seconds(python, "-P", "-m", "cli") for _ in range(5))
    whole = min(seconds(sys.executable, built.folder / "run") for _ in range(5))
    assert whole - bare < 0.1


@in_turn
def test_files_where_one_stands_are_not_imported(built: Checkout, tmp_path: Path) -> None:
    (tmp_path / "cli.py").write_text("raise SystemExit('imported from here')")
    out, _ = built.run("status", cwd=tmp_path)
    assert json.loads(out)["folder"] == str(tmp_path.resolve())


@in_turn
def test_a_link_to_run_finds_its_checkout(built: Checkout, tmp_path: Path) -> None:
    (tmp_path / "sync").symlink_to(built.folder / "run")
    done = subprocess.run([sys.executable, tmp_path / "sync"], capture_output=True, check=True)
    assert json.loads(done.stdout)["found"] == ["alpha"]


@in_turn
def test_a_changed_project_renews_the_link_only(built: Checkout) -> None:
    links = built.links()
    (built.folder / "pyproject.toml").write_text(PROJECT + "# changed\n")
    _, err = built.run("status")
    assert err == ""
    assert built.links() == links + 1


@in_turn
def test_a_changed_lock_is_installed(built: Checkout) -> None:
    lock = built.folder / "requirements.lock"
    lock.write_text(a_wheel(built.folder, "alpha", "2.0"))
    _, err = built.run("status")
    assert "installing requirements.lock" in err
    assert list((built.folder / ".venv").rglob("alpha-2.0.dist-info"))
    assert built.run("status")[1] == ""


@in_turn
def test_a_lock_that_fails_shows_why_and_spoils_nothing(built: Checkout) -> None:
    lock = built.folder / "requirements.lock"
    kept = lock.read_text()
    lock.write_text(re.sub("sha256:.*", f"sha256:{'0' * 64}", kept))
    out, err = built.run("status", code=1)
    lock.write_text(kept)
    assert out == ""
    assert "DO NOT MATCH THE HASHES" in err
    assert err.endswith("set-up failed; see above\n")
    assert built.run("status")[1] == ""


def test_the_larger_set_serves_the_smaller(checkout: Checkout) -> None:
    (checkout.folder / "bench").mkdir()
    (checkout.folder / "bench" / "speed.py").write_text("import beta, sys; print(sys.argv[1:])")
    out, err = checkout.run("bench", "speed", "--quick", cwd="/")
    assert out == "['--quick']\n"
    assert "requirements-dev.lock" in err
    out, err = checkout.run("status")
    assert json.loads(out)["found"] == ["alpha", "beta"]
    assert err == ""
    assert checkout.run("bench", "slow", code=2)[1] == ("no measurement 'slow'; there are: speed\n")


def test_an_environment_made_by_hand_is_kept(checkout: Checkout) -> None:
    venv = checkout.folder / ".venv"
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    (venv / "mine").write_text("kept")
    checkout.run("status")
    assert (venv / "mine").exists()


def test_two_at_once_build_once(checkout: Checkout) -> None:
    both = [checkout.start("status") for _ in range(2)]
    said = [process.communicate(timeout=120) for process in both]
    assert [json.loads(out)["found"] for out, _ in said] == [["alpha"], ["alpha"]]
    assert checkout.links() == 1
    assert sum("waiting for another" in err for _, err in said) == 1


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_build_is_made_anew(checkout: Checkout, sent: signal.Signals) -> None:
    process = checkout.start("status", start_new_session=True)
    until = time.monotonic() + 60
    while not checkout.stamp.exists() and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(0.3)
    os.killpg(process.pid, sent)
    _, err = process.communicate(timeout=60)
    assert "Traceback" not in err
    assert process.returncode == (130 if sent == signal.SIGINT else -signal.SIGKILL)
    assert json.loads(checkout.stamp.read_text()) == {}
    (checkout.folder / ".venv" / "half").write_text("made")
    assert json.loads(checkout.run("status")[0])["found"] == ["alpha"]
    assert not (checkout.folder / ".venv" / "half").exists()


@in_turn
def test_a_copied_checkout_gets_its_own(built: Checkout, tmp_path: Path) -> None:
    shutil.copytree(built.folder, tmp_path / "copy", symlinks=True)
    (tmp_path / "copy" / "requirements.lock").write_text(a_wheel(tmp_path, "beta"))
    done = subprocess.run(
        [sys.executable, tmp_path / "copy" / "run"], capture_output=True, text=True, check=True
    )
    said = json.loads(done.stdout)
    assert said["found"] == ["beta"]
    assert said["python"].startswith(str(tmp_path))


def test_an_old_python_can_read_it_up_to_its_refusal() -> None:
    ast.parse(SCRIPT.read_text(), feature_version=(3, 7))
    head = SCRIPT.read_text().partition("leave_old_python()\n\nROOT")[0]
    assert "def leave_old_python" in head
    assert "list[" not in head


def an_old_python() -> str | None:
    """One that starts: version managers leave names on PATH that do not."""
    found = [shutil.which(f"python3.{minor}") for minor in (10, 9, 8, 7)]
    starts = (
        old
        for old in found
        if old and subprocess.call([old, "-c", ""], stderr=subprocess.DEVNULL) == 0
    )
    return next(starts, None)


def test_an_old_python_is_refused_in_one_line() -> None:
    old = an_old_python()
    if old is None:
        pytest.skip("no Python older than 3.11 here")
    done = subprocess.run([old, SCRIPT], capture_output=True, text=True, env={"PATH": "/none"})
    assert done.returncode == 1
    refusal = r"ticketsync needs Python 3\.11 or newer; this is 3\.[0-9]+\.[0-9]+\S*\n"
    assert re.fullmatch(refusal, done.stderr)


def test_locks_agree_on_what_they_share() -> None:
    pins = [
        dict(re.findall(r"^([\w.-]+)==(\S+)", path.read_text(), re.MULTILINE))
        for path in sorted(ROOT.glob("requirements*.lock"))
    ]
    assert len(pins) == 3
    runtime = min(pins, key=len)
    assert all(runtime.items() <= larger.items() for larger in pins)


def test_locks_hold_no_address() -> None:
    assert not [path for path in ROOT.glob("requirements*.lock") if "://" in path.read_text()]


def test_every_package_of_a_lock_is_hashed() -> None:
    for path in ROOT.glob("requirements*.lock"):
        text = path.read_text()
        assert re.findall(r"^\S+==\S+(?! .*\\$)", text, re.MULTILINE)
        blocks = re.split(r"^(?=\S+==)", text, flags=re.MULTILINE)[1:]
        assert all("--hash=sha256:" in block for block in blocks)
