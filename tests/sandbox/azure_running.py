"""A running stand-in Azure DevOps and a plain client for it."""

from collections.abc import Iterator

import httpx
import pytest

from sandbox.azure_devops import app
from sandbox.azure_devops.app import Running

VERSION = {"api-version": "7.1"}
PREVIEW = {"api-version": "7.1-preview.4"}
PATCH = {"content-type": "application/json-patch+json"}


@pytest.fixture
def azure() -> Iterator[Running]:
    with app.start() as running:
        yield running


@pytest.fixture
def api(azure: Running) -> Iterator[httpx.Client]:
    given = {"auth": ("", app.TOKEN), "params": VERSION, "trust_env": False}
    with httpx.Client(base_url=azure.url, **given) as client:
        yield client


def patched(api: httpx.Client, path: str, *ops: dict, method: str = "PATCH") -> httpx.Response:
    """A JSON Patch."""
    return api.request(method, path, json=list(ops), headers=PATCH, params=VERSION)


def put(field: str, value: object) -> dict:
    return {"op": "add", "path": f"/fields/{field}", "value": value}


def asked(api: httpx.Client, query: str, path: str = "/Shop", **params: object) -> httpx.Response:
    """A query."""
    params = {**VERSION, **params}
    return api.post(f"{path}/_apis/wit/wiql", json={"query": query}, params=params)
