"""The shared samples, which validate against GitHub's own schemas: all proven, read, translated."""

import orjson
import pytest

from schemas import fingerprint
from schemas.errors import Rejected
from schemas.event import CommentSeen, TicketSeen
from tests.trackers.github.github_payloads import URL
from tests.trackers.stand_ins import NOW, SHARED, a_delivery, a_source, shared
from trackers.registry import tracker_named

GITHUB = tracker_named("github")
SOURCE = a_source("github", URL)
FOLDER = "reference/payloads/github"
FILES = [path.name for path in (SHARED / FOLDER).glob("[!_]*.json")]
NAMES = sorted(name for name in FILES if not name.startswith("rest.")) or ["absent"]


def load(name):
    return orjson.loads(shared(f"{FOLDER}/{name}").read_bytes())


@pytest.fixture(params=NAMES)
def delivery(request):
    """(headers, body, secret) of one sample."""
    book = load("_deliveries.json")
    [told] = [one for one in book["deliveries"] if one["file"] == request.param]
    headers = {name.lower(): value for name, value in told["headers"].items()}
    return headers, shared(f"{FOLDER}/{request.param}").read_bytes(), book["secret"]


def test_a_sample_is_proven_and_read(delivery):
    headers, body, secret = delivery
    proof = GITHUB.verify(headers, body, ["another", secret], NOW)
    action = orjson.loads(body).get("action")
    assert proof.event == ".".join(filter(None, [headers["x-github-event"], action]))
    events = GITHUB.parse(a_delivery(headers, body))
    assert events[0].fact == "project_seen"
    for event in events:
        if isinstance(event, TicketSeen):
            assert GITHUB.to_ticket(event.record, SOURCE).full
        if isinstance(event, CommentSeen):
            assert GITHUB.to_comment(event.record, SOURCE).revision
    with pytest.raises(Rejected):
        GITHUB.verify(headers, body + b" ", [secret], NOW)


def test_rest_records_are_full_tickets():
    issues = [one for one in load("rest.issues_list.json") if "pull_request" not in one]
    tickets = [GITHUB.to_ticket(one, SOURCE) for one in [load("rest.issue.json"), *issues]]
    assert all(ticket.full for ticket in tickets)


def test_a_webhook_and_the_rest_record_of_one_state_have_one_fingerprint():
    """The REST answer, stripped of what only it carries, in the place of the webhook's issue."""
    rest = load("rest.issue.json")
    hook = load("issues.opened.json")["issue"]
    same = {name: rest.get(name, value) for name, value in hook.items()}
    assert fingerprint.core(GITHUB.to_ticket(same, SOURCE)) == fingerprint.core(
        GITHUB.to_ticket(rest, SOURCE)
    )
    assert set(rest) - set(hook) <= {"closed_by"}


def test_rest_comments_are_read():
    assert all(GITHUB.to_comment(one, SOURCE).author for one in load("rest.issue_comments.json"))
