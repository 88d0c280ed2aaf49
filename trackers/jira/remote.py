"""Pull and merge requests among the web links of an issue.

Jira tells of web links by a request of their own per issue, so they are read only where the source
asks for it: `filter = { pull_requests = true }`
(https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-remote-links/).
"""

import re

from schemas.model import Json
from schemas.source import Source
from schemas.ticket import PullRequest, Relation, TicketRef
from trackers.fields import Fields
from trackers.jira.site import Site

_ADDRESS = re.compile(
    r"https?://[^/\s]+/(?P<repository>[^?#\s]+?)(?:/-)?"
    r"/(?:pull|pulls|pull-requests|merge_requests|pullrequest)/(?P<number>\d{1,9})(?:[/?#]\S*)?"
)


def wanted(source: Source) -> bool:
    """Whether the source has its web links read."""
    return source.filter.get("pull_requests") is True


def pull_requests(site: Site, issue: str) -> tuple[Json, ...]:
    """The web links of an issue that lead to pull or merge requests, as records of our own."""
    answer = site.get(f"/issue/{issue}/remotelink")
    found = [Fields.of(one, "remotelink") for one in answer.items] if answer.ok else []
    records = []
    for link in found:
        target = link.need_object("object")
        address = target.text("url") or ""
        if _ADDRESS.fullmatch(address):
            title = target.text("title")
            records.append({"kind": "pull_request", "url": address, "title": title})
    return tuple(records)


def to_relation(link: Fields) -> Relation:
    """A record of such a link; repository and number are told by its address."""
    address, title = link.need_text("url"), link.text("title")
    found = _ADDRESS.fullmatch(address)
    return Relation(
        kind="pull_request",
        target=TicketRef(url=address, title=title),
        pull_request=PullRequest(
            repository=found["repository"] if found else "",
            number=int(found["number"]) if found else None,
            title=title or "",
        ),
    )
