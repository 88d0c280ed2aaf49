"""Answers of the API as records: trimmed, complete where it can be, with our notes beside them."""

from collections.abc import Collection, Iterable, Iterator

from schemas import revision
from schemas.errors import Denied
from schemas.model import Json
from schemas.record import Record
from trackers.fields import Fields
from trackers.http import Params
from trackers.jira import links, marks, remote, scope, texts
from trackers.jira.shelf import discovered
from trackers.jira.site import PAGE, Missing, Site

_UNWANTED = ("worklog", "watches", "votes", "thumbnail", "workratio", "lastViewed", "progress")
WANTED = ("*all", *(f"-{name}" for name in _UNWANTED))
"""All fields but those that depend on who looks, or only repeat others."""


class Recorder:
    """Makes records of a site's answers; asks again only for what an answer lacks."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def tickets(self, issues: Iterable[Json], inside: Collection[str] | None) -> tuple[Record, ...]:
        """Issues with their comments and links; `inside` are the ids in the filter, if asked."""
        found = [Fields.of(issue, "issue") for issue in issues]
        rendered = self._rendered([one for one in found if not _readable(one)])
        notes = self.notes() if found else {}
        return tuple(self._ticket(one, notes, inside, rendered) for one in found)

    def comments(self, issue: str, key: str) -> tuple[Json, ...] | None:
        """All comments of an issue, oldest first; None when it went away in the meantime."""
        path, params = f"/issue/{issue}/comment", {"orderBy": "created"}
        listed = self._site.paged(path, "comments", params, read=self._site.part)
        try:
            found = list(listed)
        except Missing:
            return None
        return tuple(self.comment(one.value, issue, key) for one in found)

    def comment(self, record: Json, issue: str, key: str | None) -> Json:
        """A comment with its issue's key; rendered by Jira when its text cannot be read."""
        told = Fields.of(record, "comment")
        body = {**told.value, marks.NAME: {"key": key}}
        if texts.readable(told.value.get("body")) or "renderedBody" in told:
            return body
        path = f"/issue/{issue}/comment/{told.need_id('id')}"
        answer = self._site.get(path, {"expand": "renderedBody"})
        shown = Fields.of(answer.object, "comment").text("renderedBody") if answer.ok else None
        return {**body, "renderedBody": shown or ""}

    def matching(self, issues: Iterable[str]) -> frozenset[str] | None:
        """Those of the ids that lie in the source's JQL; None when it has none."""
        ids, condition = list(issues), scope.jql(self._site.source)
        if not condition:
            return None
        if not ids:
            return frozenset()
        if not self._site.cloud:
            jql = f"({condition}) AND id in ({','.join(ids)})"
            body = {"jql": jql, "fields": ["id"], "maxResults": len(ids)}
            found = Fields.of(self._site.search("/search", body).object, "search").items("issues")
            return frozenset(Fields.of(one, "issue").need_id("id") for one in found)
        body = {"issueIds": [int(one) for one in ids], "jqls": [condition]}
        matches = Fields.of(self._site.ask("/jql/match", body).object, "match").items("matches")
        told = [Fields.of(one, "match") for one in matches]
        errors = [str(error) for one in told for error in one.items("errors")]
        if errors:
            raise Denied(f"the filter's jql is refused: {'; '.join(errors)[:500]}")
        return frozenset(str(number) for one in told for number in one.items("matchedIssues"))

    def notes(self) -> dict[str, Json]:
        """The ids of fields, as the site's list tells them."""
        return {"fields": dict(discovered(self.field_list()))}

    def field_list(self) -> list[dict[str, Json]]:
        """Every field of the site that this credential sees."""
        source = self._site.source
        where = f"{self._site.session.base} {source.auth} {source.token_env} {source.email_env}"
        return self._site.shelf.fields(where, lambda: self._site.need("/field").items)

    def _ticket(
        self,
        issue: Fields,
        notes: dict[str, Json],
        inside: Collection[str] | None,
        rendered: dict[str, Json],
    ) -> Record:
        number, fields = issue.need_id("id"), issue.need_object("fields")
        within = {} if inside is None else {"inside": number in inside}
        body: dict[str, Json] = {
            "id": number,
            "key": issue.need_text("key"),
            "fields": _trimmed(fields),
            marks.NAME: {**notes, **within},
        }
        for name in ("properties", "renderedFields"):
            if issue.value.get(name):
                body[name] = issue.value[name]
        if number in rendered:
            body["renderedFields"] = rendered[number]
        return Record(
            kind="ticket",
            ticket=number,
            external_id=number,
            revision=revision_of(fields),
            body=body,
            comments=self._embedded(fields, number, body["key"]),
            links=self._links(fields, number),
        )

    def _links(self, fields: Fields, number: str) -> tuple[Json, ...]:
        found = links.of_issue(fields.value)
        if not remote.wanted(self._site.source):
            return found
        return (*found, *remote.pull_requests(self._site, number))

    def _embedded(self, fields: Fields, number: str, key: str) -> tuple[Json, ...] | None:
        """The comments an issue brought along; all are asked for when these are but the first."""
        told = fields.object("comment")
        if told is None:
            return None
        found = told.items("comments")
        if len(found) < (told.whole("total") or 0):
            return self.comments(number, key)
        return tuple(self.comment(one, number, key) for one in found)

    def _rendered(self, unreadable: list[Fields]) -> dict[str, Json]:
        """Jira's own HTML of texts we cannot read, by issue id."""
        ids = [one.need_id("id") for one in unreadable]
        return {
            found.need_id("id"): {"description": html.value.get("description")}
            for found in self._again(ids)
            if (html := found.object("renderedFields"))
        }

    def _again(self, ids: list[str]) -> Iterator[Fields]:
        for start in range(0, len(ids), PAGE):
            body = {
                "issueIdsOrKeys": ids[start : start + PAGE],
                "fields": ["description"],
                "expand": ["renderedFields"],
            }
            answer = Fields.of(self._site.ask("/issue/bulkfetch", body).object, "bulkfetch")
            yield from (Fields.of(one, "issue") for one in answer.items("issues"))


def comment_record(body: Json, issue: str) -> Record:
    """A comment as a record."""
    told = Fields.of(body, "comment")
    return Record(
        kind="comment",
        ticket=issue,
        external_id=told.need_id("id"),
        revision=revision_of(told),
        body=body,
    )


def revision_of(record: Fields) -> str | None:
    """`updated`, in milliseconds."""
    updated = record.time("updated")
    return revision.of_time(updated, 3) if updated else None


def asked_for() -> Params:
    """Parameters of a GET that brings a whole issue."""
    return {"fields": ",".join(WANTED), "properties": marks.NAME}


def _trimmed(fields: Fields) -> dict[str, Json]:
    """Without empty custom fields, and of the comments only their number."""
    kept = {
        name: value
        for name, value in fields.value.items()
        if value is not None or not name.startswith("customfield_")
    }
    kept.setdefault("description", None)
    comments = fields.object("comment")
    if comments:
        kept["comment"] = {"total": comments.whole("total") or len(comments.items("comments"))}
    return kept


def _readable(issue: Fields) -> bool:
    fields = issue.object("fields")
    return fields is None or texts.readable(fields.value.get("description"))
