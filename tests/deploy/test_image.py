"""The container image: what goes in, who it runs as, what it runs."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

HADOLINT = Path(sys.executable).parent / "hadolint"


@pytest.fixture(scope="module")
def lines(root: Path) -> list[str]:
    """The instructions of the final stage, continued lines joined."""
    text = (root / "deploy" / "Dockerfile").read_text().replace("\\\n", " ")
    final = text[text.rindex("\nFROM ") :]
    return [line for line in final.splitlines() if line and not line.startswith("#")]


def argument(lines: list[str], instruction: str) -> str:
    found = [line for line in lines if line.startswith(instruction + " ")]
    assert len(found) == 1, instruction
    return found[0].removeprefix(instruction + " ")


def test_nobody_is_root(lines: list[str]) -> None:
    assert argument(lines, "USER") == "10001:10001"


def test_one_folder_is_written_to(lines: list[str]) -> None:
    assert argument(lines, "VOLUME") == argument(lines, "WORKDIR") == "/data"
    assert "TICKETSYNC_CONFIG=/data/ticketsync.toml" in argument(lines, "ENV")


def test_the_data_folder_is_not_imported_from(lines: list[str]) -> None:
    assert "PYTHONSAFEPATH=1" in argument(lines, "ENV")


def test_everything_runs_by_default(lines: list[str]) -> None:
    words = json.loads(argument(lines, "CMD"))
    assert words == ["python", "-m", "cli", "up", "--host", "0.0.0.0", "--port", "8000"]


def test_health_is_asked_without_a_shell_or_a_tool(lines: list[str]) -> None:
    check = argument(lines, "HEALTHCHECK")
    command = json.loads(check[check.index("[") :])
    assert command[:2] == ["python", "-c"]
    assert "/healthz" in command[2]
    compile(command[2], "HEALTHCHECK", "exec")


def test_dependencies_are_hashed(root: Path) -> None:
    text = (root / "deploy" / "Dockerfile").read_text()
    assert "pip install --require-hashes -r requirements.lock" in text
    assert set(re.findall(r"pip install (--\S+)", text)) == {"--require-hashes", "--no-deps"}


def test_the_image_sees_the_packages_and_nothing_else(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    lines = (root / ".dockerignore").read_text().splitlines()
    let_in = {line[1:] for line in lines if line.startswith("!")}
    assert "*" in lines
    assert let_in == {*packages, "pyproject.toml", "requirements.lock", "LICENSE"}


@pytest.mark.skipif(not HADOLINT.exists(), reason="hadolint is not installed: ./run check-deploy")
def test_hadolint_has_no_complaint(root: Path) -> None:
    command = [HADOLINT, root / "deploy" / "Dockerfile"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
