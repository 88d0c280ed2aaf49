"""Webhooks: an administrator's under a token, the app's own under a grant."""

from datetime import UTC, datetime, timedelta

import pytest

from schemas.errors import Denied, Permanent, Unauthorized
from schemas.ports import Grant
from tests.trackers.jira.jira_scene import V3, a_scene, connected, reply
from trackers.jira import hooks_admin, hooks_dynamic

OURS = "https://sync.example/webhooks/shop"
GRANT = Grant(access_token="granted", site="cloud-7")
ROOT = f"/ex/jira/cloud-7{V3}"


def granted(answers):
    return connected(answers, auth="oauth", granted=GRANT, root=ROOT)


def a_hook(**over):
    soon = datetime.now(UTC) + timedelta(days=29)
    return {
        "id": 10017,
        "url": OURS,
        "jqlFilter": 'project = "HARB"',
        "events": list(hooks_dynamic.EVENTS),
        "expirationDate": int(soon.timestamp() * 1000),
    } | over


def listed(*hooks):
    return {"GET /webhook": {"values": list(hooks), "isLast": True, "total": len(hooks)}}


def test_an_administrators_webhook_is_made_checked_and_removed():
    with a_scene() as scene:
        client = scene.client
        [missing] = client.check_hooks(OURS)
        assert missing.mended_by == "register"
        hook = client.ensure_hook(OURS, "a secret")
        assert client.check_hooks(OURS) == []
        assert client.hooks() == [hook]
        assert client.ensure_hook(OURS, "another secret").id == hook.id
        assert scene.there.site.hooks.admin[int(hook.id)].secret == "another secret"
        assert client.remove_hook(OURS) is True
        assert client.remove_hook(OURS) is False


def test_what_is_wrong_with_an_administrators_webhook_is_told():
    with a_scene() as scene:
        hook = scene.there.add_hook(OURS, None, ["jira:issue_created"])
        hook.enabled, hook.jql = False, "labels = quay"
        problems = " ".join(fault.problem for fault in scene.client.check_hooks(OURS))
        for word in ("switched off", "no secret", "comment_created", "labels = quay"):
            assert word in problems
        scene.client.ensure_hook(OURS, "a secret")
        assert scene.client.check_hooks(OURS) == []


def test_without_the_right_the_way_by_hand_is_told():
    path = "GET /rest/webhooks/1.0/webhook"
    one = connected({path: reply({"errorMessages": ["no"]}, 403)})
    with pytest.raises(Denied, match="System > WebHooks"):
        one.client.check_hooks(OURS)


def test_a_webhook_without_a_secret_is_not_made():
    with pytest.raises(Permanent, match="secret"):
        connected({}).client.ensure_hook(OURS, " ")


def test_an_app_registers_its_own_webhook():
    made = {"webhookRegistrationResult": [{"createdWebhookId": 10017}]}
    one = granted(listed() | {"POST /webhook": made})
    assert one.client.ensure_hook(OURS, "").id == "10017"
    [body] = one.bodies
    assert body["url"] == OURS
    assert body["webhooks"][0]["jqlFilter"] == 'project = "HARB"'
    assert one.script.asked[0].headers["authorization"] == "Bearer granted"
    assert str(one.script.asked[0].url).startswith("https://api.atlassian.com/ex/jira/cloud-7/")


def test_faults_that_come_with_a_200_are_told():
    wrong = {"webhookRegistrationResult": [{"errors": ["The clause is not supported."]}]}
    with pytest.raises(Permanent, match="clause is not supported"):
        granted(listed() | {"POST /webhook": wrong}).client.ensure_hook(OURS, "")


def test_a_sound_webhook_is_refreshed_and_not_made_again():
    one = granted(listed(a_hook()) | {"PUT /webhook/refresh": {"expirationDate": 1}})
    assert one.client.ensure_hook(OURS, "").id == "10017"
    assert one.bodies == [{"webhookIds": [10017]}]


def test_a_webhook_that_a_refresh_ignored_is_made_again():
    told = [a_hook()]

    def refresh(_):
        told.clear()
        return {"expirationDate": 1}

    made = {"webhookRegistrationResult": [{"createdWebhookId": 10018}]}
    answers = {
        "GET /webhook": lambda _: {"values": list(told), "isLast": True},
        "PUT /webhook/refresh": refresh,
        "POST /webhook": made,
    }
    assert granted(answers).client.ensure_hook(OURS, "").id == "10018"


@pytest.mark.parametrize(
    ("over", "word"),
    [
        ({"events": ["jira:issue_created"]}, "comment_created"),
        ({"jqlFilter": "project = OPS"}, "not our project"),
        ({"expirationDate": 1795166100000}, "expires on 2026-11-20"),
        ({"expirationDate": "2026-11-20T09:15:00Z"}, "expires on 2026-11-20"),
    ],
)
def test_what_is_wrong_with_an_apps_webhook_is_told(over, word):
    [fault] = granted(listed(a_hook(**over))).client.check_hooks(OURS)
    assert word in fault.problem
    assert fault.mended_by == "register"
    assert granted(listed(a_hook())).client.check_hooks(OURS) == []


def in_days(days: float) -> int:
    return int((datetime.now(UTC) + timedelta(days=days)).timestamp() * 1000)


def test_a_webhook_whose_end_is_far_is_left_alone():
    one = granted(listed(a_hook(expirationDate=in_days(11))))
    assert one.client.keep_hook(OURS) is None
    assert one.bodies == []
    [hook] = one.client.hooks()
    assert hook.expires_at > datetime.now(UTC) + timedelta(days=10)


def test_a_webhook_near_its_end_is_refreshed_and_nothing_else():
    told = [a_hook(expirationDate=in_days(9)), a_hook(id=3, url="https://else.example/hook")]

    def refresh(_):
        told[0] = a_hook(expirationDate=in_days(30))
        return {"expirationDate": in_days(30)}

    listing = {"GET /webhook": lambda _: {"values": list(told), "isLast": True}}
    one = granted(listing | {"PUT /webhook/refresh": refresh})
    end = one.client.keep_hook(OURS)
    assert end > datetime.now(UTC) + timedelta(days=29)
    assert one.bodies == [{"webhookIds": [10017]}]


def test_a_webhook_that_is_gone_has_no_end():
    assert granted(listed()).client.keep_hook(OURS) is None
    told = [a_hook(expirationDate=in_days(1))]
    listing = {"GET /webhook": lambda _: {"values": told[:1], "isLast": True}}
    one = granted(listing | {"PUT /webhook/refresh": lambda _: told.clear() or {}})
    assert one.client.keep_hook(OURS) is None


def test_an_administrators_webhook_never_ends():
    one = connected({})
    assert one.client.keep_hook(OURS) is None
    assert one.script.asked == []


def test_an_end_that_is_no_time_is_refused():
    with pytest.raises(Permanent, match="expirationDate"):
        granted(listed(a_hook(expirationDate=10**18))).client.hooks()


def test_a_webhook_left_at_a_former_address_is_named():
    before = "https://old.example/webhooks/shop"
    [fault] = granted(listed(a_hook(url=before))).client.check_hooks(OURS)
    assert "one points to old.example" in fault.problem
    with a_scene() as scene:
        scene.there.add_hook(before, "a secret")
        [fault] = scene.client.check_hooks(OURS)
        assert "one points to old.example" in fault.problem


def test_an_apps_webhook_is_removed():
    one = granted(listed(a_hook()) | {"DELETE /webhook": reply(None, 202)})
    assert one.client.remove_hook(OURS) is True
    assert one.bodies == [{"webhookIds": [10017]}]


def test_an_administrators_webhook_tells_more_than_an_apps():
    assert set(hooks_dynamic.EVENTS) < set(hooks_admin.EVENTS)
    assert {"worklog_created", "issuelink_created"} <= set(hooks_admin.EVENTS)


def test_jira_has_no_list_of_missed_deliveries_for_us():
    assert connected({}).client.missed_deliveries(OURS, datetime.now(UTC)) == []


def test_of_several_webhooks_at_our_address_one_stays():
    """The others would go on under their old secrets."""
    with a_scene() as scene:
        for _ in range(3):
            scene.there.add_hook(OURS, "an old secret")
        scene.there.add_hook("https://else.example/hook", "not ours")
        hook = scene.client.ensure_hook(OURS, "a secret")
        assert [one.id for one in scene.client.hooks() if one.url == OURS] == [hook.id]
        assert len(scene.client.hooks()) == 2
        assert scene.client.check_hooks(OURS) == []


def test_a_credential_that_is_not_accepted_is_not_taken_for_a_missing_right():
    one = connected({"GET /rest/webhooks/1.0/webhook": reply({}, 401)})
    with pytest.raises(Unauthorized):
        one.client.check_hooks(OURS)
