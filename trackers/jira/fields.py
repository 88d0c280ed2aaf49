"""The fields of a project's issues: what they are, what they hold, which a new issue must name."""

from collections.abc import Iterator

from schemas.model import Json
from schemas.tracker import FieldInfo
from trackers.fields import Fields
from trackers.jira import marks, scope, values
from trackers.jira.record import WANTED, Recorder
from trackers.jira.shelf import kind
from trackers.jira.site import Site

_FILLS = {
    "summary": "title",
    "description": "body",
    "status": "status",
    "assignee": "assignees",
    "reporter": "reporter",
    "labels": "labels",
    "priority": "priority",
    "issuetype": "type",
    "duedate": "due_date",
    "fixVersions": "milestone",
    "components": "components",
    "parent": "parent",
    "resolution": "close_reason",
    "timetracking": "time_estimate",
    "timeoriginalestimate": "time_estimate",
    "timespent": "time_spent",
    "attachment": "attachments",
    "comment": "comments",
    "issuelinks": "relations",
}
_SAMPLES = 20
_OPTIONS = 50


def listed(site: Site) -> list[FieldInfo]:
    """Every field, with a value some issue has and the options a new issue may choose from."""
    samples = _samples(site)
    metas = _metas(site)
    return [
        _field(site, Fields.of(record, "field"), samples, metas)
        for record in Recorder(site).field_list()
    ]


def issue_types(site: Site) -> list[Fields]:
    """The types a new issue of the project may have
    (https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/)."""
    path = f"/issue/createmeta/{site.key}/issuetypes"
    return list(_meta_pages(site, path, ("issueTypes", "values")))


def creatable(site: Site, issue_type: str) -> dict[str, Fields]:
    """The fields a new issue of a type takes, by id."""
    path = f"/issue/createmeta/{site.key}/issuetypes/{issue_type}"
    found = _meta_pages(site, path, ("fields", "values"))
    return {meta.id("fieldId") or meta.id("key") or "": meta for meta in found}


def must_fill(meta: Fields) -> bool:
    """Required, and Jira fills in nothing by itself."""
    return meta.flag("required") is True and not meta.flag("hasDefaultValue")


def options(meta: Fields | None) -> tuple[str, ...]:
    """The names of the values allowed, when they are few."""
    allowed = meta.items("allowedValues") if meta else []
    if len(allowed) > _OPTIONS:
        return ()
    return tuple(str(name) for name in map(values.plain, allowed) if isinstance(name, str))


def _field(
    site: Site, record: Fields, samples: dict[str, Json], metas: dict[str, list[Fields]]
) -> FieldInfo:
    key = record.need_id("id")
    own = next((ours for ours, named in site.source.fields.items() if named == key), None)
    schema = record.object("schema")
    found = metas.get(key, [])
    return FieldInfo(
        id=key,
        name=record.text("name") or key,
        type=(schema.text("custom") or schema.text("type") or "" if schema else "") or "unknown",
        custom=record.flag("custom") is True,
        required=any(must_fill(meta) for meta in found),
        sample=samples.get(key),
        options=options(next((meta for meta in found if meta.items("allowedValues")), None)),
        fills=own or _FILLS.get(key) or kind(record) or _usual(site, key),
    )


def _usual(site: Site, key: str) -> str | None:
    """A customer is looked for in one usual field where none is configured."""
    free = "customer" not in site.source.fields
    return "customer" if free and key in marks.USUAL["customer"] else None


def _metas(site: Site) -> dict[str, list[Fields]]:
    """What creating says of each field, over all types but subtasks, which need a parent."""
    found: dict[str, list[Fields]] = {}
    for one in issue_types(site):
        if not one.flag("subtask"):
            for key, meta in creatable(site, one.need_id("id")).items():
                found.setdefault(key, []).append(meta)
    return found


def _samples(site: Site) -> dict[str, Json]:
    """A value of each field among the newest issues, in plain form."""
    condition = scope.split_order(scope.walk_jql(site.key))[0]
    body: dict[str, Json] = {
        "jql": f"{condition} ORDER BY updated DESC",
        "maxResults": _SAMPLES,
        "fields": list(WANTED),
    }
    answer = site.ask("/search/jql" if site.cloud else "/search", body)
    found: dict[str, Json] = {}
    for item in Fields.of(answer.object, "search").items("issues"):
        for key, value in Fields.of(item, "issue").need_object("fields").value.items():
            shown = values.plain(value)
            if shown is not None:
                found.setdefault(key, shown)
    return found


def _meta_pages(site: Site, path: str, names: tuple[str, str]) -> Iterator[Fields]:
    """Cloud names the list by what is in it, Data Center `values`."""
    start = 0
    while True:
        answer = site.need(path, {"startAt": start, "maxResults": 50})
        page = Fields.of(answer.object, "createmeta")
        items = next((page.items(name) for name in names if name in page), [])
        yield from (Fields.of(item, "createmeta") for item in items)
        start += len(items)
        total = page.whole("total")
        if not items or page.flag("isLast") or (total is not None and start >= total):
            return
