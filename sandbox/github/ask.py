"""What a REST route is given: the request, who asks, which repository, and the words to answer.

Pages are asked for by number; one cut short goes on by a cursor that the Link header names.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import orjson

from sandbox import rewriting
from sandbox.github.accounts import Identity
from sandbox.github.acts import Acts
from sandbox.github.refusals import (
    forbidden,
    invalid,
    moved,
    needs_login,
    not_found,
    refusal,
    wrong_type,
)
from sandbox.github.site import Site
from sandbox.github.state import Issue, Repo, stamp
from sandbox.github.views import Views
from sandbox.wire import Call, Json, Reply, reply_json

MOST_PER_PAGE = 100
USUAL_PER_PAGE = 30


@dataclass(frozen=True, slots=True)
class Page:
    """GitHub docs: Using pagination in the REST API."""

    number: int
    size: int
    start: int
    usual: int

    @property
    def even(self) -> bool:
        """Whether the next page is where its number says."""
        return self.size == self.usual and self.start == (self.number - 1) * self.size


@dataclass(slots=True)
class Ask:
    """One request on its way through a route."""

    site: Site
    call: Call
    identity: Identity
    repo: Repo
    root: str
    _page: Page | None = field(default=None, repr=False)

    @property
    def views(self) -> Views:
        return self.site.views

    @property
    def acts(self) -> Acts:
        """The acts on this repository; whoever holds the token is the one who acts."""
        acts = self.site.acts_on(self.repo)
        person = self.identity.person
        return replace(acts, somebody=person) if person else acts

    def param(self, name: str) -> Any:
        return self.call.params[name]

    def query(self, name: str, default: str = "") -> str:
        return self.call.query.get(name, default)

    def choice(self, name: str, allowed: Sequence[str], default: str) -> str:
        value = self.query(name) or default
        if value not in allowed:
            raise invalid("Issue", name, value=value)
        return value

    def since(self) -> str:
        """The moment after which, itself included; GitHub compares it with `updated_at`."""
        text = self.query("since").replace(" ", "+")
        if not text:
            return ""
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise invalid("Issue", "since", value=text) from None
        return stamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))

    def need_login(self) -> None:
        if self.identity.person is None:
            raise needs_login()

    def need_push(self) -> None:
        self.need_login()
        if not self.identity.push:
            raise forbidden()

    def need_admin(self) -> None:
        """Hooks are hidden from those who may not see them, hence 404."""
        if not self.identity.admin:
            raise not_found()

    def any_json(self) -> Any:
        """The body as JSON; GitHub docs: Troubleshooting, "Problems parsing JSON"."""
        kind = self.call.headers.get("content-type", "application/json").split(";")[0].strip()
        plain = kind in ("", "application/x-www-form-urlencoded", "text/plain")
        if not plain and not kind.endswith("json"):
            raise refusal(415, "Unsupported Media Type")
        try:
            return orjson.loads(self.call.body or b"{}")
        except orjson.JSONDecodeError:
            raise refusal(400, "Problems parsing JSON") from None

    def json(self) -> Json:
        value = self.any_json()
        if not isinstance(value, dict):
            raise refusal(400, "Body should be a JSON object")
        if self.site.faults.number("rewrites") and isinstance(value.get("body"), str):
            value["body"] = rewriting.markdown(value["body"])
        return value

    def issue(self) -> Issue:
        """The issue of the path, for what hangs on it: 404 after a transfer, 410 once deleted."""
        issue = self.repo.issues.get(self.param("number"))
        if issue is None or issue.moved_to is not None or issue.hidden:
            raise not_found()
        if issue.deleted:
            raise refusal(410, "This issue was deleted")
        return issue

    def issue_or_redirect(self) -> Issue:
        """Only the issue's own address leads on to where it was transferred."""
        issue = self.repo.issues.get(self.param("number"))
        if issue is not None and issue.moved_to is not None and not issue.hidden:
            new = issue.moved_to
            url = f"{self.root}/repositories/{new.repo.id}/issues/{new.number}"
            raise moved(url, safe=self.call.method == "GET")
        return self.issue()

    def page(self) -> Page:
        """The page asked for; GitHub may put fewer items on it than were asked for."""
        if self._page is None:
            usual = min(_positive(self.query("per_page"), USUAL_PER_PAGE), MOST_PER_PAGE)
            number = _positive(self.query("page"), 1)
            start = _after(self.query("after"), (number - 1) * usual)
            self._page = Page(number, self.site.faults.page_size(usual), start, usual)
        return self._page

    def listed(self, items: Sequence[object]) -> Reply:
        """One page of a short list."""
        page = self.page()
        return self.paged(items[page.start : page.start + page.size], len(items))

    def paged(self, shown: Sequence[object], total: int) -> Reply:
        """A page already cut, with the links to its neighbours."""
        reply = reply_json(list(shown))
        links = self._links(self.page(), total)
        if links:
            reply.headers["link"] = links
        return reply

    def here(self, **query: object) -> str:
        """This address with another query; by number of the repository, as GitHub links."""
        path = self.call.path
        named = f"/repos/{self.call.params.get('owner')}/{self.call.params.get('repo')}"
        if path.startswith(named):
            path = f"/repositories/{self.repo.id}{path[len(named) :]}"
        kept = {name: one for name, one in self.call.query.items() if name != "after"}
        return f"{self.root}{path}?{urlencode({**kept, **query})}"

    def _links(self, page: Page, total: int) -> str:
        last = max(1, -(-total // page.usual))
        end = page.start + page.size
        wanted: dict[str, dict[str, object]] = {}
        if page.number > 1:
            wanted["prev"] = {"page": min(page.number - 1, last)}
        if end < total:
            on = {} if page.even else {"after": _cursor(end)}
            wanted["next"] = {"page": page.number + 1, **on}
            wanted["last"] = {"page": last}
        if page.number > 1:
            wanted["first"] = {"page": 1}
        return ", ".join(f'<{self.here(**query)}>; rel="{name}"' for name, query in wanted.items())


def text_of(body: Json, name: str, *, null: bool = True) -> str | None:
    """A field that must be text, or null where that is allowed."""
    value = body.get(name)
    if value is None and (null or name not in body):
        return None
    if not isinstance(value, str):
        raise wrong_type(name, value, "a string")
    return value


def names_of(value: object, name: str) -> list[str]:
    """A list of names, given as text or as objects with a name."""
    if not isinstance(value, list):
        raise wrong_type(name, value, "an array")
    names = [one.get("name") if isinstance(one, dict) else one for one in value]
    for one in names:
        if not isinstance(one, str):
            raise wrong_type(name, one, "a string")
    return [str(one) for one in names]


def _cursor(start: int) -> str:
    return base64.urlsafe_b64encode(f"cursor:{start}".encode()).decode()


def _after(cursor: str, usual: int) -> int:
    """Where a cursor of ours leads to; `usual` without one."""
    try:
        told = base64.urlsafe_b64decode(cursor).decode().removeprefix("cursor:")
    except ValueError:
        return usual
    return int(told) if told.isdigit() else usual


def _positive(text: str, default: int) -> int:
    return int(text) if text.isdigit() and int(text) > 0 else default
