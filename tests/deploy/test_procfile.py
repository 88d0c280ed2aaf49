"""The processes by name, and what platforms read beside them."""

import json
import re
from pathlib import Path

Procfile = dict[str, list[str]]

POOL_THREADS = "4"
KILL_AFTER_MS = 10_000
"""What `docker stop` waits; Heroku and Kubernetes wait 30 s."""


def option(words: list[str], name: str) -> str:
    return words[words.index(name) + 1]


def test_processes_are_the_public_ones(procfile: Procfile) -> None:
    assert {name: words[:3] for name, words in procfile.items()} == {
        "web": ["uvicorn", "--factory", "receiver.app:build"],
        "worker": ["dramatiq", "workers.app:build", "-p"],
        "reconciler": ["python", "-m", "reconciler"],
        "release": ["python", "-m", "cli"],
    }


def test_release_migrates(procfile: Procfile) -> None:
    assert procfile["release"] == ["python", "-m", "cli", "db", "migrate"]


def test_web_listens_where_the_platform_says(procfile: Procfile) -> None:
    assert option(procfile["web"], "--host") == "0.0.0.0"
    assert option(procfile["web"], "--port") == "${PORT:-8000}"


def test_web_leaves_access_logs_to_telemetry(procfile: Procfile) -> None:
    assert "--no-access-log" in procfile["web"]


def test_worker_is_bounded_in_processes_and_threads(procfile: Procfile) -> None:
    assert option(procfile["worker"], "-p") == "${WORKERS:-2}"
    assert option(procfile["worker"], "-t") == POOL_THREADS


def test_worker_ends_before_it_is_killed(procfile: Procfile) -> None:
    assert int(option(procfile["worker"], "--worker-shutdown-timeout")) < KILL_AFTER_MS


def test_every_variable_of_the_procfile_has_a_default(root: Path) -> None:
    used = re.findall(r"\$\S+", (root / "Procfile").read_text())
    assert used
    assert all(re.fullmatch(r"\$\{[A-Z]+:-[0-9]+\}", name) for name in used)


def test_heroku_starts_every_process_but_the_release(root: Path, procfile: Procfile) -> None:
    app = json.loads((root / "app.json").read_text())
    assert set(app["formation"]) == set(procfile) - {"release"}


def test_heroku_brings_both_servers(root: Path) -> None:
    app = json.loads((root / "app.json").read_text())
    plans = [addon["plan"].split(":")[0] for addon in app["addons"]]
    assert plans == ["heroku-postgresql", "heroku-redis"]


def test_heroku_is_given_no_secret(root: Path) -> None:
    variables = json.loads((root / "app.json").read_text())["env"]
    secret = {name: spec for name, spec in variables.items() if re.search("TOKEN|SECRET|DSN", name)}
    assert secret
    assert not [name for name, spec in secret.items() if "value" in spec]


def test_heroku_installs_the_runtime_lock(root: Path) -> None:
    assert (root / "requirements.txt").read_text() == "-r requirements.lock\n"


def test_example_environment_sets_nothing(root: Path) -> None:
    lines = (root / ".env.example").read_text().splitlines()
    assert all(line.startswith("#") or not line for line in lines)


def test_example_environment_explains_each_variable(root: Path) -> None:
    lines = (root / ".env.example").read_text().splitlines()
    at = [number for number, line in enumerate(lines) if re.fullmatch("#[A-Z_]+=", line)]
    assert len(at) == len({lines[number] for number in at})
    assert all(re.match("# .+[.]$", lines[number - 1]) for number in at)
