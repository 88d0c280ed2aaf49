"""Pull requests: never tickets, but kept as links of the issues they refer to."""

from collections.abc import Iterator

from schemas.model import Json
from trackers.fields import Fields
from trackers.github.repository import Repository, is_pull_request, repository_named
from trackers.github.timeline import timeline

_OTHERS = (
    "commented", "labeled", "unlabeled", "assigned", "unassigned", "milestoned", "demilestoned",
    "renamed", "closed", "reopened", "locked", "unlocked", "mentioned", "subscribed", "referenced",
)  # fmt: skip


def links(repository: Repository, ticket: str) -> Iterator[Json]:
    """The pull requests that refer to an issue, each once, as records of our own."""
    told: dict[str, Json] = {}
    for event in timeline(repository, ticket, exclude=_OTHERS):
        source = event.get("source") if event.get("event") == "cross-referenced" else None
        issue = source.get("issue") if isinstance(source, dict) else None
        if isinstance(issue, dict) and is_pull_request(issue):
            record = _record(repository, Fields.of(issue, "source.issue"))
            told[record["url"]] = record
    yield from told.values()


def _record(repository: Repository, pull: Fields) -> dict[str, Json]:
    name = repository_named(pull.value) or repository.name
    return {
        "kind": "pull_request",
        "number": pull.need_whole("number"),
        "repository": name,
        "here": name.lower() == repository.name.lower(),
        "url": pull.need_text("html_url"),
        "title": pull.text("title"),
        "state": pull.text("state"),
        "merged_at": pull.need_object("pull_request").text("merged_at"),
    }
