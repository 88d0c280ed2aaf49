"""A grant: which site it is for, and how it is used."""

import httpx
import pytest

from schemas.errors import Denied
from schemas.ports import Grant
from tests.trackers.jira.jira_payloads import PROJECT, SITE
from tests.trackers.jira.jira_scene import V3, connected, reply
from tests.trackers.stand_ins import Budget, Memory, Script
from trackers.http import Session
from trackers.jira import JIRA, grant

PLAN = JIRA.capabilities.oauth


class Bearer:
    credential = "x"

    def header(self):
        return "Bearer granted"

    def refused(self):
        return False


def looked(answer: httpx.Response):
    script = Script(lambda request: answer)
    opened: list[Session] = []

    def session_for(base: str) -> Session:
        transport = script.transport
        opened.append(
            Session(
                base, authority=Bearer(), limiter=Budget(), validators=Memory(), transport=transport
            )
        )
        return opened[-1]

    try:
        return PLAN.look(session_for, ""), script
    finally:
        for session in opened:
            session.close()


def test_a_consent_tells_its_sites_by_their_addresses():
    answer = reply([{"id": "cloud-7", "url": SITE, "name": "lantern", "scopes": []}])
    reach, script = looked(answer)
    assert reach.sites == {SITE: "cloud-7"}
    [asked] = script.asked
    assert str(asked.url) == "https://api.atlassian.com/oauth/token/accessible-resources"


def test_a_consent_that_tells_no_site_is_denied():
    with pytest.raises(Denied):
        looked(reply({}, 404))


def test_the_plan_asks_for_a_refresh_token_and_for_consent():
    assert "offline_access" in PLAN.scopes
    assert PLAN.extra == {"audience": "api.atlassian.com", "prompt": "consent"}
    assert PLAN.token_json
    assert PLAN == grant.PLAN


def test_requests_go_to_the_gateway_of_the_site():
    root = f"/ex/jira/cloud-7{V3}"
    given = Grant(access_token="granted", site="cloud-7")
    one = connected({"GET /project/HARB": PROJECT}, auth="oauth", granted=given, root=root)
    assert one.client.project().url == f"{SITE}/browse/HARB"
    [asked] = one.script.asked
    assert str(asked.url) == f"https://api.atlassian.com{root}/project/HARB"
    assert asked.headers["authorization"] == "Bearer granted"


def test_a_grant_for_another_site_is_denied_with_the_command():
    with pytest.raises(Denied, match="ticketsync auth jira"):
        connected({}, auth="oauth", granted=Grant(access_token="granted"))


def test_no_grant_is_denied_with_the_command():
    with pytest.raises(Denied, match="ticketsync auth jira"):
        connected({}, auth="oauth")
