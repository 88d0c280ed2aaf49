"""Proving a delivery: the plain token and the signing token, and nothing in between."""

import base64
import hmac
from datetime import UTC, datetime, timedelta

import pytest
import standardwebhooks

from schemas.errors import Rejected
from tests.trackers.stand_ins import NOW
from trackers.gitlab import GITLAB

BODY = b'{"object_kind":"issue","event_type":"issue"}'
KEY = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
OTHER = "whsec_" + base64.b64encode(bytes(32)).decode()
MOMENT = datetime.fromtimestamp(1763658000, UTC)
SIGNED = {
    "webhook-id": "5b0f3c1e-7d62-4c0a-9a9e-3f2b1c4d5e6f",
    "webhook-timestamp": "1763658000",
    "webhook-signature": "v1,cxAVINdjmZ7KDrYzJkbIbZD9QpAIsmJjCfFh40TxP64=",
}
PLAIN = {"x-gitlab-token": "a token", "idempotency-key": "key-1"}


def refused(headers, secrets, *, body=BODY, now=MOMENT) -> str:
    with pytest.raises(Rejected) as refusal:
        GITLAB.verify(headers, body, secrets, now)
    assert refusal.value.status == 401
    return str(refusal.value)


def test_the_documented_signature_is_accepted():
    proof = GITLAB.verify(SIGNED, BODY, [OTHER, "a token", KEY], MOMENT)
    assert (proof.delivery_key, proof.sent_at) == (SIGNED["webhook-id"], MOMENT)


def test_a_signature_of_the_standard_library_is_accepted():
    """A key of 24 bytes, as the sample of the specification has."""
    key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    name = "msg_p5jXN8AQM9LWM0D4loKWxJek"
    signed = standardwebhooks.Webhook(key).sign(name, NOW, body.decode())
    headers = {
        "webhook-id": name,
        "webhook-timestamp": str(int(NOW.timestamp())),
        "webhook-signature": f"v1a,nothing {signed}",
    }
    assert GITLAB.verify(headers, body, [key], NOW).delivery_key == name


def test_a_plain_token_is_accepted_for_any_of_the_live_secrets():
    proof = GITLAB.verify(PLAIN, BODY, ["an old one", "a token"], NOW)
    assert proof.delivery_key == "key-1"
    assert proof.sent_at is None


def test_what_is_signed_must_verify_whatever_the_token_says():
    both = SIGNED | PLAIN
    forged = both | {"webhook-signature": "v1,AAAA"}
    assert "does not match" in refused(forged, [KEY, "a token"])
    assert GITLAB.verify(both, BODY, [KEY], MOMENT)


def test_a_signed_delivery_needs_a_signing_token_on_our_side():
    assert "no signing token" in refused(SIGNED | PLAIN, ["a token"])


def test_headers_of_unsigned_hooks_of_new_versions_are_no_signature():
    headers = PLAIN | {"webhook-id": "w-1", "webhook-timestamp": "1763658000"}
    assert GITLAB.verify(headers, BODY, ["a token"], NOW).delivery_key == "w-1"


def test_a_signing_token_is_never_taken_as_a_plain_one():
    refused({"x-gitlab-token": KEY}, [KEY])


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp"])
def test_every_signed_part_counts(name):
    refused(SIGNED | {name: "1763658001"}, [KEY])
    refused({k: v for k, v in SIGNED.items() if k != name}, [KEY])


@pytest.mark.parametrize("stamp", ["", "yesterday", "-5", "٣", "9" * 30])
def test_a_time_that_is_none_is_refused(stamp):
    refused(SIGNED | {"webhook-timestamp": stamp}, [KEY])


@pytest.mark.parametrize(("minutes", "fine"), [(4, True), (-4, True), (6, False), (-6, False)])
def test_a_signature_is_good_for_five_minutes(minutes, fine):
    now = MOMENT + timedelta(minutes=minutes)
    if fine:
        assert GITLAB.verify(SIGNED, BODY, [KEY], now)
    else:
        assert "five minutes" in refused(SIGNED, [KEY], now=now)


@pytest.mark.parametrize("secrets", [[], ["", "  "]])
def test_without_a_usable_secret_nothing_is_accepted(secrets):
    refused(SIGNED, secrets)
    refused({"x-gitlab-token": ""}, secrets)
    refused({"x-gitlab-token": "  "}, secrets)


@pytest.mark.parametrize("token", ["", "a toke", "a token ", "A token", "a tokén"])
def test_a_wrong_token_is_refused(token):
    refused({"x-gitlab-token": token}, ["a token"])


@pytest.mark.parametrize("key", ["whsec_", "whsec_!!!", "whsec_AAAA", "whsec_ü"])
def test_a_broken_signing_token_signs_nothing(key):
    digest = hmac.digest(b"", b"x", "sha256")
    headers = SIGNED | {"webhook-signature": f"v1,{base64.b64encode(digest).decode()}"}
    refused(headers, [key])


def test_a_body_that_cannot_be_read_is_proven_all_the_same():
    proof = GITLAB.verify(PLAIN, b"{", ["a token"], NOW)
    assert (proof.event, proof.ticket) == ("unknown", None)


def test_without_any_key_of_its_own_a_delivery_is_named_by_its_body():
    headers = {"x-gitlab-token": "a token", "x-gitlab-event-uuid": "shared by several events"}
    keys = {GITLAB.verify(headers, body, ["a token"], NOW).delivery_key for body in (BODY, b"{}")}
    assert len(keys) == 2
    assert all(one.startswith("body:") for one in keys)
