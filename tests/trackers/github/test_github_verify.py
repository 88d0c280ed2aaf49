"""The door: headers, forms, odd bodies, and the lane a delivery belongs to."""

import hashlib

import pytest

from schemas.errors import Rejected
from tests.trackers.github.github_payloads import (
    SECRET,
    a_label,
    a_payload,
    a_repository,
    an_issue,
    encoded,
    headers,
    signature,
)
from tests.trackers.stand_ins import NOW
from trackers.registry import tracker_named

GITHUB = tracker_named("github")
OTHER = a_repository(1, "somebody/else")


def proof(event, payload, **over):
    body = payload if isinstance(payload, bytes) else encoded(payload)
    return GITHUB.verify(headers(event, body) | over, body, [SECRET], NOW)


@pytest.mark.parametrize(
    ("event", "parts", "lane"),
    [
        ("issues", {"issue": an_issue(31)}, "31"),
        ("issue_comment", {"issue": an_issue(32)}, "32"),
        ("sub_issues", {"sub_issue": an_issue(8), "parent_issue": an_issue(9)}, "8"),
        (
            "sub_issues",
            {"sub_issue": an_issue(8), "sub_issue_repo": OTHER, "parent_issue": an_issue(9)},
            "9",
        ),
        (
            "issue_dependencies",
            {
                "blocked_issue": an_issue(4),
                "blocked_issue_repo": OTHER,
                "blocking_issue": an_issue(5),
            },
            "5",
        ),
        ("label", {"label": a_label()}, None),
        ("push", {"issue": an_issue(31)}, None),
    ],
)
def test_the_lane_is_the_issue_of_this_repository(event, parts, lane):
    assert proof(event, a_payload("happened", **parts)).ticket == lane


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"\0\0",
        b"[]",
        b"null",
        b"[" * 5000 + b"]" * 5000,
        b'{"a":' * 900 + b"1" + b"}" * 900,
        b'{"issue": []}',
        b'{"issue": {"number": "12"}}',
        b'{"issue": {"number": 12.0}}',
        b'{"issue": {"number": true}}',
        b'{"issue": {"number": -3}}',
        b'{"issue": {"number": 99999999999}}',
        b'{"issue": {"number": 99999999999999999999999999999999}}',
        b'{"issue": {"number": ' + b"9" * 6000 + b"}}",
        b'{"action": ["opened"], "issue": null}',
    ],
    ids=range(16),
)
def test_a_proven_body_that_makes_no_sense_has_no_lane(body):
    assert proof("issues", body).ticket is None


def test_a_lone_surrogate_does_not_cost_the_lane():
    body = rb'{"action": "opened", "issue": {"number": 7, "title": "\ud83d"}}'
    assert (proof("issues", body).ticket, proof("issues", body).event) == ("7", "issues.opened")


def test_a_form_is_proven_by_its_urlencoded_bytes():
    body = encoded(a_payload("opened", issue=an_issue(3, title="a & b = 100% +1 ☕")), form=True)
    told = GITHUB.verify(headers("issues", body, form=True), body, [SECRET], NOW)
    assert (told.event, told.ticket) == ("issues.opened", "3")


@pytest.mark.parametrize("body", [b"", b"other=1", b"payload=", b"payload=%FF%FE", b"payload"])
def test_a_form_without_a_payload_has_no_lane(body):
    told = GITHUB.verify(headers("issues", body, form=True), body, [SECRET], NOW)
    assert told.ticket is None


def test_an_event_without_an_action_is_its_own_name():
    assert proof("ping", a_payload(None)).event == "ping"


@pytest.mark.parametrize("action", ["Opened", "é", "x" * 99, "", "a b", 5, None])
def test_an_odd_action_is_left_out_of_the_name(action):
    assert proof("issues", {"action": action}).event == "issues"


@pytest.mark.parametrize("event", ["", "issues\n", "ISSUES é", "x" * 99])
def test_an_odd_event_is_unknown(event):
    assert proof("issues", {}, **{"x-github-event": event}).event == "unknown"


@pytest.mark.parametrize("guid", ["", "é", "x" * 300, "a\nb"])
def test_without_a_usable_guid_the_body_names_the_delivery(guid):
    expected = f"body:{hashlib.sha256(b'{}').hexdigest()}"
    assert proof("issues", b"{}", **{"x-github-delivery": guid}).delivery_key == expected


@pytest.mark.parametrize(
    "claimed",
    ["", "sha256=", "sha1=00", "sha256=é", signature(b"{}")[7:], signature(b"{}").upper()],
)
def test_a_signature_of_another_form_is_refused(claimed):
    with pytest.raises(Rejected):
        proof("issues", b"{}", **{"x-hub-signature-256": claimed})
