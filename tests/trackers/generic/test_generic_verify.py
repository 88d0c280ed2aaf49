"""The proof of Standard Webhooks, held to the reference library and its own vector."""

import base64
import hashlib
import hmac
from datetime import timedelta

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from schemas.errors import Rejected
from tests.trackers.generic.generic_payloads import AT, SECRET, a_message, encoded, headers
from tests.trackers.stand_ins import shared
from trackers.generic import GENERIC

BODY = encoded(a_message("ticket.deleted", {"id": "T-318"}))
OTHER = "whsec_ISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0A="


def refusal(sent, body=BODY, secrets=(SECRET,), now=AT):
    with pytest.raises(Rejected) as refused:
        GENERIC.verify(sent, body, list(secrets), now)
    assert refused.value.status == 401
    return str(refused.value)


def test_a_delivery_is_named_by_its_id_and_its_ticket():
    proof = GENERIC.verify(headers(BODY, key="msg_abc"), BODY, [SECRET], AT)
    assert (proof.event, proof.delivery_key, proof.ticket) == ("ticket.deleted", "msg_abc", "T-318")
    assert proof.sent_at == AT


@given(st.binary(max_size=300), st.binary(min_size=24, max_size=64), st.booleans())
def test_whatever_the_reference_library_signs_is_proven(body, key, prefixed):
    text = base64.b64encode(key).decode()
    secret = f"whsec_{text}" if prefixed else text
    plain = body.decode("utf-8", "replace")
    signed = Webhook(secret).sign("msg_1", AT, plain)
    sent = headers(BODY) | {"webhook-signature": signed}
    assert GENERIC.verify(sent, plain.encode(), [secret], AT).delivery_key == "msg_1"
    unpadded = secret.rstrip("=")
    assert GENERIC.verify(sent, plain.encode(), [unpadded], AT).delivery_key == "msg_1"


def test_the_official_vector_is_proven():
    told = orjson.loads(shared("reference/payloads/generic/official_vector.json").read_bytes())
    sent = {name: one for name, one in told.items() if name.startswith("webhook-")}
    then = AT.fromtimestamp(int(told["webhook-timestamp"]), AT.tzinfo)
    proof = GENERIC.verify(sent, told["raw_body"].encode(), [told["secret"]], then)
    assert (proof.event, proof.ticket) == ("unknown", None)


@pytest.mark.parametrize("name", ["ticket_updated_signed", "ticket_updated_rotated_secret"])
def test_the_samples_are_proven_in_their_time_only(name):
    told = orjson.loads(shared(f"reference/payloads/generic/{name}.json").read_bytes())
    secret = told.get("current_secret") or told["secret"]
    then = AT.fromtimestamp(int(told["headers"]["webhook-timestamp"]), AT.tzinfo)
    body = told["raw_body"].encode()
    assert GENERIC.verify(told["headers"], body, [secret], then).ticket == "T-318"
    if "previous_secret" in told:
        before = GENERIC.verify(told["headers"], body, [told["previous_secret"]], then)
        assert before.ticket == "T-318"
    assert "five minutes" in refusal(told["headers"], body, [secret], then + timedelta(minutes=6))


@pytest.mark.parametrize("seconds", [-301, 301, 86_400])
def test_a_time_too_far_off_is_refused_in_both_directions(seconds):
    assert "five minutes" in refusal(headers(BODY, at=AT + timedelta(seconds=seconds)))


@pytest.mark.parametrize("seconds", [-299, 0, 299])
def test_a_time_close_enough_is_taken(seconds):
    sent = headers(BODY, at=AT + timedelta(seconds=seconds))
    assert GENERIC.verify(sent, BODY, [SECRET], AT).ticket == "T-318"


def test_any_of_several_secrets_and_several_signatures_will_do():
    old, new = headers(BODY, secret=OTHER), headers(BODY)
    both = f"{old['webhook-signature']} {new['webhook-signature']}"
    assert GENERIC.verify(new | {"webhook-signature": both}, BODY, [SECRET], AT)
    assert GENERIC.verify(old, BODY, [SECRET, "", OTHER], AT)
    assert "fits" in refusal(old)


@pytest.mark.parametrize(
    "noise", ["v1", "v1,", "v1,%%%", "nonsense", "v1a,AAAA", "v9,AAAA", ",", "v1,é", "v1a"]
)
def test_entries_that_cannot_be_read_are_skipped(noise):
    sent = headers(BODY)
    mixed = f"{noise} {sent['webhook-signature']}"
    assert GENERIC.verify(sent | {"webhook-signature": mixed}, BODY, [SECRET], AT)
    assert "fits" in refusal(sent | {"webhook-signature": noise})


def test_the_names_of_svix_are_taken_as_well():
    sent = {name.replace("webhook-", "svix-"): one for name, one in headers(BODY).items()}
    assert GENERIC.verify(sent, BODY, [SECRET], AT).ticket == "T-318"
    assert "needed" in refusal({name: one for name, one in sent.items() if name != "svix-id"})


def test_a_public_key_proves_v1a_and_nothing_else():
    key = Ed25519PrivateKey.generate()
    public = "whpk_" + base64.b64encode(key.public_key().public_bytes_raw()).decode()
    sent = headers(BODY)
    content = f"{sent['webhook-id']}.{sent['webhook-timestamp']}.".encode() + BODY
    signed = "v1a," + base64.b64encode(key.sign(content)).decode()
    asymmetric = sent | {"webhook-signature": signed}
    assert GENERIC.verify(asymmetric, BODY, [public], AT).ticket == "T-318"
    assert GENERIC.verify(asymmetric, BODY, [SECRET, public], AT).ticket == "T-318"
    refusal(asymmetric, secrets=[SECRET])
    refusal(asymmetric, body=BODY + b" ", secrets=[public])
    refusal(sent, secrets=[public])
    refusal(asymmetric, secrets=["whpk_AAAA", "whpk_%"])


def test_a_public_key_is_never_taken_for_a_symmetric_one():
    public = "whpk_" + base64.b64encode(b"k" * 32).decode()
    refusal(headers(BODY, secret=public.removeprefix("whpk_")), secrets=[public])


def test_a_plain_text_is_its_own_key():
    secret = "a long phrase, not base64 at all"
    sent = headers(BODY, secret="whsec_" + base64.b64encode(secret.encode()).decode())
    assert GENERIC.verify(sent, BODY, [secret], AT).ticket == "T-318"


@pytest.mark.parametrize(
    ("over", "told"),
    [
        ({"webhook-id": ""}, "needed"),
        ({"webhook-id": "a.b"}, "without a dot"),
        ({"webhook-id": "a" * 201}, "without a dot"),
        ({"webhook-id": "é"}, "without a dot"),
        ({"webhook-timestamp": ""}, "needed"),
        ({"webhook-timestamp": "now"}, "no number"),
        ({"webhook-timestamp": "-5"}, "no number"),
        ({"webhook-timestamp": "1e9"}, "no number"),
        ({"webhook-timestamp": "٣"}, "no number"),
        ({"webhook-timestamp": "9" * 40}, "no number"),
        ({"webhook-signature": ""}, "needed"),
        ({"webhook-id": "msg_2"}, "fits"),
    ],
)
def test_headers_that_are_wrong_are_refused_with_the_reason(over, told):
    assert told in refusal(headers(BODY) | over)


def test_a_secret_that_cannot_be_decoded_proves_nothing():
    refusal(headers(BODY), secrets=["whsec_%%%"])
    assert "no webhook secret" in refusal(headers(BODY), secrets=["", " "])


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'{"type": 5}', b'"x"'])
def test_a_body_that_cannot_be_read_is_proven_all_the_same(body):
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    sent = headers(BODY)
    content = f"{sent['webhook-id']}.{sent['webhook-timestamp']}.".encode() + body
    digest = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    proof = GENERIC.verify(sent | {"webhook-signature": f"v1,{digest}"}, body, [SECRET], AT)
    assert (proof.event, proof.ticket) == ("unknown", None)
