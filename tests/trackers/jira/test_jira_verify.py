"""The two proofs of a delivery, and what passes for neither."""

from datetime import timedelta

import jwt
import pytest

from schemas.errors import Rejected
from tests.trackers.jira.jira_payloads import an_event, an_issue, encoded, hooked
from tests.trackers.stand_ins import NOW, shared
from trackers import tolerant
from trackers.jira import JIRA

SECRET = "an invented client secret of enough length"
BODY = encoded(an_event("jira:issue_updated", issue=hooked(an_issue())))


def a_token(claims=None, *, secret=SECRET, algorithm="HS256") -> str:
    now = int(NOW.timestamp())
    told = {"iss": "app", "iat": now, "exp": now + 180} if claims is None else claims
    return jwt.encode(told, secret, algorithm=algorithm)


def proof(token: str, now=NOW, secrets=(SECRET,)):
    return JIRA.verify({"authorization": f"Bearer {token}"}, BODY, secrets, now)


def test_the_official_vector_is_proven():
    signature = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"
    secrets = ["old", "It's a Secret to Everybody"]
    found = JIRA.verify({"x-hub-signature": signature}, b"Hello World!", secrets, NOW)
    assert found.ticket is None
    assert found.event == "unknown"


@pytest.mark.parametrize("name", ["signed_delivery.json", "signed_delivery_oauth_dynamic.json"])
def test_the_documented_deliveries_are_proven(name):
    told = tolerant.loads(shared(f"reference/payloads/jira/{name}").read_bytes())
    headers = {key.lower(): value for key, value in told["headers"].items()}
    secret = told.get("secret") or told["client_secret"]
    now = NOW.fromtimestamp(1772612110, NOW.tzinfo)
    found = JIRA.verify(headers, told["raw_body"].encode(), [secret], now)
    assert found.delivery_key == headers["x-atlassian-webhook-identifier"]
    assert found.event == "jira:issue_updated"


def test_a_token_under_any_live_secret_is_proven():
    found = proof(a_token(), secrets=["an older one", SECRET])
    assert (found.event, found.ticket) == ("jira:issue_updated", "20481")


def test_a_token_without_times_is_proven():
    assert proof(a_token({"iss": "app"})).ticket == "20481"


@pytest.mark.parametrize("seconds", [-61, 180 + 61])
def test_a_token_of_another_time_is_refused(seconds):
    assert proof(a_token(), NOW + timedelta(seconds=seconds // 2))
    with pytest.raises(Rejected, match="another time"):
        proof(a_token(), NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    "token",
    [
        a_token(secret="another secret that is long enough"),
        a_token(algorithm="HS512", secret=SECRET * 2),
        jwt.encode({"iss": "app"}, "", algorithm="none"),
        "abc",
        "a.b.c",
        "..",
        "eyJhbGciOiJIUzI1NiJ9.bm8.bm8",
        a_token() + "x",
    ],
)
def test_a_token_that_proves_nothing_is_refused(token):
    with pytest.raises(Rejected) as refusal:
        proof(token)
    assert refusal.value.status == 401


@pytest.mark.parametrize("scheme", ["Basic", "JWT", "Bearer"])
def test_an_authorization_of_another_kind_is_refused(scheme):
    headers = {"authorization": scheme if scheme == "Bearer" else f"{scheme} {a_token()}"}
    with pytest.raises(Rejected):
        JIRA.verify(headers, BODY, [SECRET], NOW)


@pytest.mark.parametrize("signature", ["sha1=00", "sha256=", "sha256", "sha256=zz", "md5=0"])
def test_a_signature_of_another_method_is_refused(signature):
    with pytest.raises(Rejected):
        JIRA.verify({"x-hub-signature": signature}, BODY, [SECRET], NOW)


def test_a_wrong_signature_is_not_rescued_by_a_good_token():
    headers = {"x-hub-signature": f"sha256={'0' * 64}", "authorization": f"Bearer {a_token()}"}
    with pytest.raises(Rejected):
        JIRA.verify(headers, BODY, [SECRET], NOW)


def test_without_an_identifier_the_body_names_the_delivery():
    found = proof(a_token())
    assert found.delivery_key.startswith("body:")
    assert found.delivery_key == proof(a_token()).delivery_key
