"""The changelog: every change of every field, to its end.

https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-changelog-bulkfetch-post
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from schemas.history import History
from schemas.model import Json
from trackers.fields import Fields
from trackers.jira import changelog, meaning, past
from trackers.jira.meaning import Meaning
from trackers.jira.record import Recorder
from trackers.jira.site import Missing, Site

_TOGETHER = 100


@dataclass(frozen=True, slots=True)
class _Read:
    """An issue, and the lines of its changelog, which was read after it."""

    issue: Fields
    changes: list[Fields]


def history(site: Site, tickets: Sequence[str]) -> Iterator[History]:
    """Every change of these tickets, oldest first; a ticket that cannot be read is left out."""
    means = _meaning(site)
    wanted = [*past.asked(means), "parent"]
    for start in range(0, len(tickets), _TOGETHER):
        some = tickets[start : start + _TOGETHER]
        several = site.cloud and len(some) > 1
        read = _several(site, some, wanted) if several else _each(site, some, wanted)
        found = {one.issue.need_id("id"): one for one in read}
        told = {
            key: list(changelog.lines(key, one.changes, means.names)) for key, one in found.items()
        }
        _learn(site, means, [one.issue for one in found.values()], told.values())
        for key, one in found.items():
            yield History(ticket=key, entries=tuple(past.entries(one.issue, told[key], means)))


def _several(site: Site, tickets: Sequence[str], wanted: list[str]) -> Iterator[_Read]:
    """The issues first: an empty changelog and none at all look the same."""
    issues = {one.need_id("id"): one for one in _issues(site, tickets, wanted)}
    changes: dict[str, list[Fields]] = {key: [] for key in issues}
    body: dict[str, Json] = {"issueIdsOrKeys": list(issues), "maxResults": 1000}
    while issues:
        page = Fields.of(site.ask("/changelog/bulkfetch", body).object, "changelogs")
        for item in page.items("issueChangeLogs"):
            issue = Fields.of(item, "changelog")
            listed = (Fields.of(change, "changelog") for change in issue.items("changeHistories"))
            changes.setdefault(issue.need_id("issueId"), []).extend(listed)
        token = page.text("nextPageToken")
        if not token or token == body.get("nextPageToken"):
            break
        body["nextPageToken"] = token
    return (_Read(issue, changes[key]) for key, issue in issues.items())


def _issues(site: Site, tickets: Iterable[str], wanted: list[str]) -> Iterator[Fields]:
    body = {"issueIdsOrKeys": list(tickets), "fields": wanted}
    answer = Fields.of(site.ask("/issue/bulkfetch", body).object, "bulkfetch")
    return (Fields.of(one, "issue") for one in answer.items("issues"))


def _each(site: Site, tickets: Sequence[str], wanted: list[str]) -> Iterator[_Read]:
    """One by one; Data Center brings the whole changelog with the issue."""
    expand = {} if site.cloud else {"expand": "changelog"}
    for ticket in tickets:
        answer = site.get(f"/issue/{ticket}", {"fields": ",".join(wanted), **expand})
        if not answer.ok:
            continue
        issue = Fields.of(answer.object, "issue")
        if site.cloud:
            listed = site.paged(f"/issue/{ticket}/changelog", "values", read=site.part)
            with suppress(Missing):
                yield _Read(issue, list(listed))
            continue
        told = issue.object("changelog")
        changes = told.items("histories") if told else []
        yield _Read(issue, [Fields.of(change, "changelog") for change in changes])


def _meaning(site: Site) -> Meaning:
    """What the site tells of its fields; of its statuses only once they matter."""
    recorder = Recorder(site)
    names, sorts = meaning.sorts(recorder.field_list())
    found = {name: tuple(keys) for name, keys in recorder.notes()["fields"].items()}
    return Meaning(site.source, site.cloud, found, names, sorts, {})


def _learn(
    site: Site,
    means: Meaning,
    issues: Sequence[Fields],
    told: Iterable[list[tuple[changelog.Line, list[changelog.Item]]]],
) -> None:
    """Statuses, once issues were resolved, and which of their parents are epics."""
    moved = [item for lines in told for _, items in lines for item in items]
    if not means.statuses and any(item.native in ("status", "resolution") for item in moved):
        listed = [Fields.of(one, "status") for one in site.need("/status").items]
        means.statuses = {one.need_id("id"): one for one in listed}
    above = [fields.object("parent") for one in issues if (fields := one.object("fields"))]
    means.epics |= {one.need_id("id"): meaning.is_epic(one) for one in above if one}
    ends = {side.id for item in moved if item.native == "parent" for side in (item.old, item.new)}
    unknown = sorted(one for one in ends if one and one.isdecimal() and one not in means.epics)
    means.epics |= {one.need_id("id"): meaning.is_epic(one) for one in _types(site, unknown)}


def _types(site: Site, issues: Sequence[str]) -> Iterator[Fields]:
    """Issues with their types; those that cannot be read are left out."""
    for start in range(0, len(issues), _TOGETHER) if site.cloud else ():
        yield from _issues(site, issues[start : start + _TOGETHER], ["issuetype"])
    for issue in () if site.cloud else issues:
        answer = site.get(f"/issue/{issue}", {"fields": "issuetype"})
        if answer.ok:
            yield Fields.of(answer.object, "issue")
