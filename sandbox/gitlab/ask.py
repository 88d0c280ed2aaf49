"""What a REST route is given: the request, who asks, which project, and the words to answer."""

from __future__ import annotations

import base64
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson

from sandbox import rewriting
from sandbox.gitlab.accounts import Identity
from sandbox.gitlab.acts import Acts
from sandbox.gitlab.refusals import forbidden, invalid, not_found, unauthorized
from sandbox.gitlab.site import Site
from sandbox.gitlab.state import Issue, Note, Project
from sandbox.gitlab.views import Views
from sandbox.wire import Call, Json, Reply, reply_json

MOST_PER_PAGE = 100
USUAL_PER_PAGE = 20
UNTOLD_ABOVE = 10_000
"""Longer lists do not tell their totals (GitLab docs: Pagination)."""


@dataclass(slots=True)
class Ask:
    """One request on its way through a route; `many` has every parameter in order."""

    site: Site
    call: Call
    identity: Identity
    project: Project
    many: list[tuple[str, str]]

    @property
    def views(self) -> Views:
        return self.site.views

    @property
    def acts(self) -> Acts:
        """The acts on this project; whoever holds the token is the one who acts."""
        acts = self.site.acts_on(self.project)
        person = self.identity.person
        return replace(acts, somebody=person) if person else acts

    def param(self, name: str) -> str:
        return str(self.call.params[name])

    def number(self, name: str) -> int:
        text = self.param(name)
        if not text.isdecimal():
            raise invalid(f"{name} is invalid")
        return int(text)

    def query(self, name: str, default: str = "") -> str:
        return self.call.query.get(name, default)

    def listed_query(self, name: str) -> list[str]:
        return [value for key, value in self.many if key in (name, f"{name}[]")]

    def flag(self, name: str) -> bool | None:
        found = self.query(name)
        return None if found == "" else found in ("true", "1")

    def need_login(self) -> None:
        if self.identity.person is None:
            raise unauthorized()

    def need(self, allowed: bool) -> None:
        """A role; anonymous ones are asked to sign in first."""
        self.need_login()
        if not allowed:
            raise forbidden()

    def sees(self, issue: Issue) -> bool:
        """Confidential issues are for the team, their author and assignees."""
        if issue.deleted or issue.hidden:
            return False
        mine = self.identity.person in (issue.author, *issue.assignees)
        return not issue.confidential or self.identity.reports or mine

    def issue(self) -> Issue:
        """The issue named in the address; a read may be shown how it was, as replicas do."""
        issue = self.project.issues.get(self.number("iid"))
        lag = self.site.read_lag() if self.call.method == "GET" else 0.0
        if issue is not None and lag > 0:
            issue = self.project.look_at(issue, self.site.world.now() - timedelta(seconds=lag))
        if issue is None or not self.sees(issue):
            raise not_found()
        return issue

    def note(self) -> Note:
        key = self.number("note")
        note = next((one for one in self.issue().notes if one.id == key), None)
        if note is None or not self.reads(note):
            raise not_found()
        return note

    def reads(self, note: Note) -> bool:
        return not note.internal or self.identity.reports

    def body(self) -> Json:
        """JSON or a form; parameters in the query count as well."""
        kind = self.call.headers.get("content-type", "").partition(";")[0]
        content: Any = {}
        if self.call.body and "json" in kind:
            try:
                content = orjson.loads(self.call.body)
            except orjson.JSONDecodeError:
                raise invalid("The provided content is not valid JSON") from None
        elif self.call.body and "form-urlencoded" in kind:
            content = dict(parse_qsl(self.call.body.decode(), keep_blank_values=True))
        if not isinstance(content, dict):
            raise invalid("a JSON object is needed")
        for name in ("description", "body") if self.site.faults.number("rewrites") else ():
            if isinstance(content.get(name), str):
                content[name] = rewriting.markdown(content[name], line_end="\n")
        return {**self.call.query, **content}

    def file(self) -> tuple[str, str, bytes]:
        """(name, media type, content) of the field `file` of a form."""
        kind = self.call.headers.get("content-type", "")
        raw = b"Content-Type: " + kind.encode() + b"\r\n\r\n" + self.call.body
        for part in BytesParser(policy=HTTP).parsebytes(raw).iter_parts():
            if part.get_param("name", header="content-disposition") == "file":
                content = part.get_payload(decode=True)
                name = part.get_filename() or "file"
                return name, part.get_content_type(), bytes(content)
        raise invalid("file is invalid")

    def paged(self, items: Sequence[Any], show: Callable[[Any], object]) -> Reply:
        """One page by number, with its headers (GitLab docs: Offset-based pagination)."""
        size, number = self._size(), max(_positive(self.query("page"), 1), 1)
        start = (number - 1) * size
        pages = max(1, -(-len(items) // size))
        reply = reply_json([show(one) for one in items[start : start + size]])
        following = str(number + 1) if number < pages else ""
        reply.headers |= {
            "x-page": str(number),
            "x-per-page": str(size),
            "x-next-page": following,
            "x-prev-page": str(number - 1) if number > 1 else "",
        }
        links = {"first": 1}
        if following:
            links["next"] = number + 1
        if number > 1:
            links["prev"] = number - 1
        if len(items) <= UNTOLD_ABOVE:
            reply.headers |= {"x-total": str(len(items)), "x-total-pages": str(pages)}
            links["last"] = pages
        reply.headers["link"] = ", ".join(
            f'<{self.here(page=str(page), per_page=str(size))}>; rel="{name}"'
            for name, page in links.items()
        )
        return reply

    def keyset(
        self,
        items: Sequence[Any],
        key: Callable[[Any], tuple[str, int]],
        show: Callable[[Any], Any],
    ) -> Reply:
        """The page after a cursor, which names the last item seen; only `next` is linked.

        `items` are in ascending order. GitLab docs: Keyset-based pagination. Project issues since
        18.3.
        """
        size, cursor = self.site.faults.page_size(self._size()), self.query("cursor")
        start, end = 0, len(items)
        falls = self.query("sort", "desc") == "desc"
        if cursor:
            after = _cursor(cursor)
            start = 0 if falls else bisect_right(items, after, key=key)
            end = bisect_left(items, after, key=key) if falls else len(items)
        span = items[max(end - size, 0) : end] if falls else items[start : start + size]
        shown = span[::-1] if falls else span
        reply = reply_json([show(one) for one in shown])
        if end - start > size:
            mark = base64.urlsafe_b64encode(orjson.dumps(key(shown[-1]))).decode()
            reply.headers["link"] = f'<{self.here(cursor=mark)}>; rel="next"'
        return reply

    def here(self, **query: str) -> str:
        """This address with another query, by the project's number."""
        kept = [(name, value) for name, value in self.many if name not in query]
        asked = urlencode([*kept, *query.items()])
        return f"{self.site.world.base}{self.call.path}?{asked}"

    def _size(self) -> int:
        return min(_positive(self.query("per_page"), USUAL_PER_PAGE), MOST_PER_PAGE)


def _cursor(text: str) -> tuple[str, int]:
    try:
        first, second = orjson.loads(base64.urlsafe_b64decode(text))
    except ValueError:
        raise invalid("cursor is invalid") from None
    return str(first), int(second)


def _positive(text: str, default: int) -> int:
    return int(text) if text.isdecimal() and int(text) > 0 else default
