"""The shared sample deliveries and answers, whose structure is GitLab's own."""

from datetime import UTC, datetime

import orjson
import pytest

from schemas.errors import Rejected
from schemas.event import CommentSeen, TicketSeen
from tests.trackers.stand_ins import a_delivery, a_source, shared
from trackers.gitlab import GITLAB

SOURCE = a_source("gitlab", "https://gitlab.example.com/acme-forge/widget-tracker")


def sample(name: str) -> bytes:
    return shared(f"reference/payloads/gitlab/{name}").read_bytes()


def deliveries() -> dict:
    return orjson.loads(sample("_deliveries.json"))


def test_every_sample_is_proven_by_both_tokens_and_read():
    told = deliveries()
    for one in told["deliveries"]:
        body = sample(one["file"])
        headers = {name.lower(): value for name, value in one["headers"].items()}
        now = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
        proof = GITLAB.verify(headers, body, [told["signing_token"]], now)
        assert proof.delivery_key == headers["idempotency-key"]
        unsigned = {k: v for k, v in headers.items() if k != "webhook-signature"}
        assert GITLAB.verify(unsigned, body, [told["secret_token"]], now).ticket == proof.ticket
        for event in GITLAB.parse(a_delivery(headers, body)):
            if isinstance(event, TicketSeen):
                assert GITLAB.to_ticket(event.record, SOURCE).external_id == proof.ticket
            if isinstance(event, CommentSeen):
                assert GITLAB.to_comment(event.record, SOURCE).author


def test_a_changed_byte_of_a_signed_sample_is_refused():
    told = deliveries()
    one = told["deliveries"][0]
    headers = {name.lower(): value for name, value in one["headers"].items()}
    now = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    body = bytearray(sample(one["file"]))
    body[10] ^= 1
    with pytest.raises(Rejected):
        GITLAB.verify(headers, bytes(body), [told["signing_token"]], now)


def test_the_sample_issue_and_notes_are_whole():
    issue = GITLAB.to_ticket(orjson.loads(sample("rest.issue.json")), SOURCE)
    assert issue.full
    assert (issue.number, issue.time_estimate, issue.milestone.title) == (88, 12600, "2026.12")
    for note in orjson.loads(sample("rest.notes.json")):
        assert GITLAB.to_comment(note, SOURCE).revision
