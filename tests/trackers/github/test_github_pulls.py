"""Pull requests: hints in webhooks, links in records, never tickets."""

import orjson
import pytest

from schemas.event import Doubtful, Ignored
from tests.trackers.github.github_payloads import NAME, URL, a_payload, headers
from tests.trackers.stand_ins import a_delivery, a_source
from trackers.github import GITHUB
from trackers.github.keywords import mentioned


def told(text, action="opened", **changes):
    pull = {"number": 40, "title": "A mend", "body": text, "state": "open"}
    payload = a_payload(action, number=40, pull_request=pull, changes=changes)
    from_github = headers("pull_request", b"")
    events = GITHUB.parse(a_delivery(from_github, orjson.dumps(payload)))
    return events[1:]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Fixes #12", ("12",)),
        ("closes: #3, resolves #4 and fixed #3", ("3", "4")),
        (f"Close {NAME}#7", ("7",)),
        ("Close other/repo#7", ()),
        (f"resolved {URL}/issues/8.", ("8",)),
        ("see #12", ()),
        ("prefixes #12", ()),
        ("Fixes #0", ()),
        (None, ()),
    ],
)
def test_closing_keywords_name_issues(text, numbers):
    assert mentioned([text or ""], NAME) == numbers
    [event] = told(text)
    if numbers:
        reason = "pull_request.opened"
        assert event == Doubtful(tickets=numbers, aspect="links", reason=reason)
    else:
        assert isinstance(event, Ignored)
        assert "#40" in event.reason


def test_an_edit_hints_at_what_the_text_named_before():
    [event] = told("Fixes #2", "edited", body={"from": "Fixes #1"})
    assert set(event.tickets) == {"1", "2"}


def test_a_link_record_becomes_a_pull_request_of_the_ticket():
    record = {
        "kind": "pull_request", "number": 40, "repository": NAME, "here": True,
        "url": f"{URL}/pull/40", "title": "A mend", "state": "closed",
        "merged_at": "2026-11-20T10:00:00Z",
    }  # fmt: skip
    relation = GITHUB.to_relation(record, a_source("github", URL))
    assert (relation.kind, relation.target.url) == ("pull_request", f"{URL}/pull/40")
    assert relation.target.external_id is None
    pull = relation.pull_request
    assert (pull.repository, pull.number, pull.title, pull.state) == (NAME, 40, "A mend", "merged")
    assert pull.merged_at is not None
    still = GITHUB.to_relation(record | {"merged_at": None}, a_source("github", URL))
    assert still.pull_request.state == "closed"
