"""Attachments: where their bytes are, and how new ones get there."""

import re

from schemas.errors import Permanent
from schemas.ticket import Attachment
from trackers.fields import Fields
from trackers.jira import translate
from trackers.jira.site import Site, words

_CONTENT = re.compile(r".*/attachment/content/(\d{1,19})")


def place(site: Site, url: str) -> str:
    """The address of a file at our own API: records name the site's, which a grant is not for."""
    found = _CONTENT.fullmatch(url.partition("?")[0])
    return f"{site.session.base}/rest/api/3/attachment/content/{found[1]}" if found else url


def upload(site: Site, ticket: str, name: str, media_type: str, content: bytes) -> Attachment:
    """The header tells Jira that no browser was tricked into this
    (https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-attachments/)."""
    if not ticket.isdecimal():
        raise Permanent(f"{ticket[:40]!r} is no id of an issue at Jira")
    answer = site.send(
        "POST",
        f"/issue/{ticket}/attachments",
        files={"file": (name, content, media_type)},
        headers={"X-Atlassian-Token": "no-check"},
    )
    if not answer.ok:
        raise Permanent(f"{answer.asked}: HTTP {answer.status}{words(answer)}")
    return translate.attachment(Fields.of(answer.items[0], "attachment"))
