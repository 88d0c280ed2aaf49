"""The door: proofs by the raw body, several live secrets, late and lost times."""

from datetime import timedelta

import orjson
import pytest

from schemas.errors import Rejected
from tests.trackers.linear.linear_payloads import (
    SECRET,
    SENT,
    TICKET,
    a_comment,
    an_issue,
    payload,
    signed,
)
from tests.trackers.stand_ins import NOW, shared
from trackers.linear import LINEAR

BODY = orjson.dumps(payload("Issue", "update", an_issue()))


def refusal(headers, body=BODY, secrets=(SECRET,), now=NOW):
    with pytest.raises(Rejected) as caught:
        LINEAR.verify(headers, body, secrets, now)
    assert caught.value.status == 401
    return str(caught.value)


def test_any_live_secret_proves():
    proof = LINEAR.verify(signed(BODY), BODY, ["a new one", SECRET], NOW)
    assert (proof.event, proof.ticket, proof.delivery_key) == ("Issue.update", TICKET, "d1")
    assert proof.sent_at == NOW


def test_what_does_not_prove_is_refused():
    assert "is missing" in refusal({})
    assert "does not match" in refusal(signed(BODY, "another"))
    assert "does not match" in refusal({"linear-signature": "sha256=" + "0" * 64})
    assert "no webhook secret" in refusal(signed(BODY, ""), secrets=("", "  "))
    assert "does not match" in refusal(signed(BODY), BODY + b" ")
    assert "does not match" in refusal({"linear-signature": "\udcff"})


def test_a_signature_in_capitals_is_the_same_signature():
    headers = signed(BODY)
    headers["linear-signature"] = headers["linear-signature"].upper()
    assert LINEAR.verify(headers, BODY, [SECRET], NOW).ticket == TICKET


@pytest.mark.parametrize("late", [timedelta(seconds=61), timedelta(hours=1), timedelta(hours=7.1)])
def test_a_late_retry_is_let_in(late):
    assert LINEAR.verify(signed(BODY), BODY, [SECRET], NOW + late).ticket == TICKET


@pytest.mark.parametrize("off", [timedelta(hours=13), -timedelta(minutes=6)])
def test_what_is_far_from_our_clock_is_refused(off):
    assert "too far" in refusal(signed(BODY), now=NOW + off)


def test_the_time_in_the_body_wins_over_the_header():
    headers = signed(BODY) | {"linear-timestamp": "1"}
    assert LINEAR.verify(headers, BODY, [SECRET], NOW).sent_at == NOW
    bare = orjson.dumps({"type": "Issue", "action": "update", "data": {}})
    headers = signed(bare) | {"linear-timestamp": str(SENT)}
    assert LINEAR.verify(headers, bare, [SECRET], NOW).sent_at == NOW
    assert LINEAR.verify(signed(bare), bare, [SECRET], NOW).sent_at is None


@pytest.mark.parametrize("time", [True, "soon", 1e300, [], {}])
def test_a_time_that_is_none_is_none(time):
    body = orjson.dumps(payload("Issue", "update", an_issue(), webhookTimestamp=time))
    assert LINEAR.verify(signed(body), body, [SECRET], NOW).sent_at is None


@pytest.mark.parametrize("body", [b"", b"[]", b"not json", b"\xff\xfe", b'{"data": 3}', b"null"])
def test_a_body_that_says_nothing_is_proven_all_the_same(body):
    proof = LINEAR.verify(signed(body), body, [SECRET], NOW)
    assert (proof.event, proof.ticket) == ("unknown", None)


@pytest.mark.parametrize("key", ["", "x" * 101, "dé", "a\x00b"])
def test_without_a_usable_delivery_id_the_body_names_itself(key):
    headers = signed(BODY) | {"linear-delivery": key}
    assert LINEAR.verify(headers, BODY, [SECRET], NOW).delivery_key.startswith("body:")


@pytest.mark.parametrize(
    ("content", "lane"),
    [
        (payload("Comment", "create", a_comment()), TICKET),
        (payload("Comment", "create", a_comment(issueId=None)), None),
        (payload("Attachment", "create", {"id": "a", "issueId": TICKET}), TICKET),
        (payload("Reaction", "create", {"id": "r", "issueId": TICKET}), TICKET),
        (payload("IssueRelation", "create", {"id": "r", "issueId": TICKET}), TICKET),
        (payload("IssueLabel", "update", {"id": "l", "name": "Bug"}), None),
        ({"type": "IssueSLA", "action": "set", "issueData": {"id": TICKET}}, TICKET),
        (payload("Issue", "update", {"id": "two words"}), None),
        (payload("Issue", "update", {"id": 7}), None),
    ],
)
def test_a_delivery_goes_to_the_lane_of_its_issue(content, lane):
    body = orjson.dumps(content)
    assert LINEAR.verify(signed(body), body, [SECRET], NOW).ticket == lane


def test_the_documented_example_is_proven_and_only_unchanged():
    told = orjson.loads(shared("reference/payloads/linear/signed_delivery.json").read_bytes())
    headers = {name.lower(): value for name, value in told["headers"].items()}
    body = told["raw_body"].encode()
    content = orjson.loads(body)
    now = NOW.fromtimestamp(content["webhookTimestamp"] / 1000, NOW.tzinfo)
    assert LINEAR.verify(headers, body, [told["secret"]], now).ticket == content["data"]["id"]
    refusal(headers, body.replace(b"update", b"create"), [told["secret"]], now)
