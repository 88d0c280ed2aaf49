"""A receiver with an API and its tokens, and somebody who asks it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from schemas.mirror import Mirror, MirrorOptions
from schemas.settings import MirrorSettings
from schemas.token import SCOPES
from store import mirrors, sources, tokens
from store.database import Store
from tests.builders import NOW
from tests.receiver.doors import Running, a_source, running

SHOP = "shop"
TWIN = "twin"


@dataclass
class Api:
    """A running receiver, asked with a token of a scope."""

    door: Running
    store: Store
    tokens: dict[str, str]

    def __call__(
        self, method: str, path: str, json: Any = None, *, scope: str | None = "admin", **more: Any
    ) -> httpx.Response:
        """One request; every answer that is no success has to be a problem."""
        given = {"Authorization": f"Bearer {self.tokens[scope]}"} if scope else {}
        headers = given | more.pop("headers", {})
        if json is not None:
            more["json"] = json
        answer = self.door.http.request(method, path, headers=headers, **more)
        assert answer.headers["cache-control"] == "no-store"
        if answer.status_code >= 400 and method != "HEAD":
            is_problem(answer)
        return answer

    def get(self, path: str, **more: Any) -> Any:
        """The content of a good answer."""
        answer = self("GET", path, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def faults(self, method: str, path: str, json: Any = None, **more: Any) -> tuple[int, set[str]]:
        """The status of a refusal, and the keys that it names."""
        answer = self(method, path, json, **more)
        return answer.status_code, {one["at"] for one in answer.json()["errors"]}

    def walk(self, path: str, limit: int) -> list[Any]:
        """All items of a list, page after page by its Link headers."""
        found: list[Any] = []
        following: str | None = f"{path}{'&' if '?' in path else '?'}limit={limit}"
        while following:
            answer = self("GET", following)
            assert answer.status_code == 200, answer.text
            found += answer.json()["items"]
            following = answer.links.get("next", {}).get("url")
            assert (following is None) == (answer.json()["next"] is None)
        return found


def is_problem(answer: httpx.Response) -> None:
    """RFC 9457, with a line for people."""
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == answer.status_code
    assert told["title"]
    assert told["detail"]
    assert "\n" not in told["detail"]
    assert "Traceback" not in answer.text


@contextmanager
def api_of(store: Store, *declared: Any, **web: Any) -> Iterator[Api]:
    """A receiver of two sources, with a token of each scope."""
    found = declared or (
        a_source(SHOP, token_env="TOKEN"),
        a_source(TWIN, tracker="gitlab", token_env="TOKEN"),
    )
    with store.write() as connection:
        made = {
            scope: tokens.create(connection, f"a {scope}", scope, NOW, "test")[1]
            for scope in SCOPES
        }
    with running(store, *found, **web) as door:
        yield Api(door, store, made)


def a_mirror(store: Store, origin: str = "api", **over: Any) -> Mirror:
    """A mirror as it is held."""
    options = MirrorOptions(**over)
    with store.write() as connection:
        if origin == "file":
            mirrors.declare(connection, [MirrorSettings(source=SHOP, target=TWIN, **over)], NOW)
            return mirrors.every(connection)[0]
        return mirrors.create(connection, f"{SHOP}-to-{TWIN}", SHOP, TWIN, options, NOW, "test")


def declare(store: Store, *named: Any) -> None:
    """Rows for sources, as every process that opens the store makes them."""
    with store.write() as connection:
        sources.declare(connection, named, NOW)
