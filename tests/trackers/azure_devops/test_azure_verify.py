"""Who may deliver: one who knows the credential, whatever the body is."""

import base64

import pytest

from schemas.errors import Rejected
from tests.trackers.stand_ins import NOW
from trackers.azure_devops import AZURE_DEVOPS

BODY = (
    b'{"id":"e0000012-0000-4000-8000-000000000000","eventType":"workitem.updated",'
    b'"createdDate":"2026-11-20T09:30:02.1234567Z","resource":{"id":2,"workItemId":12}}'
)


def basic(pair: str) -> dict[str, str]:
    return {"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def proof(headers, *secrets, body=BODY):
    return AZURE_DEVOPS.verify(headers, body, secrets, NOW)


@pytest.mark.parametrize(
    ("headers", "secret"),
    [
        (basic("hook:pass word"), "hook:pass word"),
        (basic("hook:pass word"), "pass word"),
        (basic("anybody:a:b"), "a:b"),
        ({"x-hook-token": "tok-1"}, "tok-1"),
        (basic("hook:päss"), "hook:päss"),
    ],
)
def test_a_known_credential_proves_the_delivery(headers, secret):
    found = proof(headers, "an older one", secret)
    assert (found.event, found.ticket) == ("workitem.updated", "12")
    assert found.delivery_key == "e0000012-0000-4000-8000-000000000000"
    assert found.sent_at.isoformat() == "2026-11-20T09:30:02.123456+00:00"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": ""},
        {"authorization": "Basic"},
        {"authorization": "Basic !!!"},
        {"authorization": "Bearer pass"},
        {"authorization": f"Basic {base64.b64encode(b'no colon').decode()}"},
        basic("hook:"),
        basic(":"),
        basic("pass:hook"),
        basic("hook:pass "),
        {"x-hook-token": ""},
        {"x-hook-token": "hook"},
    ],
)
def test_anything_else_is_refused_with_401(headers):
    with pytest.raises(Rejected) as refusal:
        proof(headers, "hook:pass")
    assert refusal.value.status == 401
    assert "hook:pass" not in str(refusal.value)


def test_a_secret_with_a_user_needs_that_user():
    with pytest.raises(Rejected):
        proof(basic("other:pass"), "hook:pass")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b'{"eventType": 7}', b"{}"])
def test_a_body_that_cannot_be_read_is_proven_and_has_a_key_of_its_own(body):
    found = proof(basic("u:p"), "p", body=body)
    assert (found.event, found.ticket) == ("unknown", None)
    assert found.delivery_key.startswith("body:")


def test_one_event_has_one_key_whatever_subscription_brings_it():
    again = BODY.replace(b'"eventType"', b'"notificationId":9,"subscriptionId":"x","eventType"')
    assert (
        proof(basic("u:p"), "p", body=again).delivery_key == proof(basic("u:p"), "p").delivery_key
    )


def test_the_credential_is_a_secret_header_and_proves_nothing_twice():
    able = AZURE_DEVOPS.capabilities
    assert able.secret_headers == {"authorization", "x-hook-token"}
    assert not able.secret_headers & able.event_headers
    assert not able.verify_again
