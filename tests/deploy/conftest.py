"""What the files of a deployment are measured against: the Procfile and the manifests."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

Manifest = dict[str, Any]

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def procfile() -> dict[str, list[str]]:
    """Each process with the words of its command, in the order of the file."""
    lines = (ROOT / "Procfile").read_text().splitlines()
    matches = [re.fullmatch(r"([a-z]+): (\S.*)", line) for line in lines]
    assert all(matches), "each line of the Procfile is `name: command`"
    return {match[1]: match[2].split() for match in matches if match}


@pytest.fixture(scope="session")
def manifests() -> list[Manifest]:
    """Every object of the kustomize base."""
    folder = ROOT / "deploy" / "kubernetes"
    names = yaml.safe_load((folder / "kustomization.yaml").read_text())["resources"]
    return [found for name in names for found in yaml.safe_load_all((folder / name).read_text())]


@pytest.fixture(scope="session")
def pods(manifests: list[Manifest]) -> dict[str, Manifest]:
    """The pod template's spec of each workload, by component."""
    return {
        found["metadata"]["labels"]["app.kubernetes.io/component"]: found["spec"]["template"][
            "spec"
        ]
        for found in manifests
        if "template" in found["spec"]
    }
