"""Every tracker: what happens to our webhook is noticed within one look, and mended by consent."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from cli.stage import SECRET, TRACKERS
from reconciler import hooks
from schemas.tracker import HookLook
from tests.reconciler.hooked import Hooked, hooked

pytestmark = pytest.mark.timeout(120)
Act = Callable[[Hooked], None]


@pytest.fixture
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hooked]:
    with hooked(request.param, tmp_path) as made:
        yield made


every = pytest.mark.parametrize("scene", TRACKERS, indirect=True)


def removed(scene: Hooked) -> None:
    """Somebody removes it at the tracker."""
    client = scene.client()
    assert client.remove_hook(scene.url)
    client.close()


def edit(scene: Hooked, times: int = 1) -> None:
    """A ticket changes so often."""
    key = scene.stand.tickets[0]["key"]
    for number in range(times):
        title = f"Title {number}"
        named = scene.stand.told["tracker"] in ("jira", "linear")
        scene.running.acts.edit(key if named else int(key), title=title)
        assert scene.running.outbox.idle(20)


def switched_off(scene: Hooked) -> None:
    """By failures where the tracker does so by itself, else by somebody."""
    match scene.stand.told["tracker"]:
        case "github":
            [hook] = scene.running.acts.repo.hooks.values()
            hook.active = False
        case "jira":
            [hook] = scene.running.site.hooks.admin.values()
            hook.enabled = False
        case _:
            scene.address.status = 500
            if scene.stand.told["tracker"] == "linear":
                scene.running.faults.set(disable_after=4)
            edit(scene, 4)
            scene.address.status = 200


def narrowed(scene: Hooked) -> None:
    """It does not tell of comments any more."""
    match scene.stand.told["tracker"]:
        case "github":
            [hook] = scene.running.acts.repo.hooks.values()
            hook.events = ["issues"]
        case "gitlab":
            [hook] = scene.running.acts.project.hooks.values()
            hook.flags["confidential_note_events"] = False
        case "jira":
            [hook] = scene.running.site.hooks.admin.values()
            hook.events = ["jira:issue_created"]
        case "linear":
            [hook] = scene.running.site.world.webhooks
            hook.resource_types = ["Issue"]
        case "azure_devops":
            first = next(iter(scene.running.site.world.subscriptions))
            del scene.running.site.world.subscriptions[first]


def ours(found: HookLook) -> list[str]:
    """The faults that registering mends; that deliveries failed stays true for a while."""
    return [one.problem for one in found.faults if one.mended_by == "register"]


@every
def test_a_sound_hook_is_well(scene: Hooked) -> None:
    edit(scene)
    found = scene.look()
    assert (found.faults, found.unseen, found.well_at) == ((), "", found.at)
    assert scene.audited() == []


@every
@pytest.mark.parametrize("act", [removed, switched_off, narrowed])
def test_without_consent_it_is_said_once_and_left_alone(scene: Hooked, act: Act) -> None:
    well = scene.look()
    act(scene)
    with capture_logs() as logs:
        found = scene.look()
        again = scene.look()
    assert ours(found)
    assert again.faults == found.faults
    assert (again.well_at, again.mended, again.silent_since) == (well.at, (), None)
    told = [one for one in logs if one["log_level"] == "warning"]
    assert len(told) == len(found.faults)
    asked = [one for one in told if f"`hooks register {scene.source.name}`" in one["do"]]
    assert len(asked) == len(ours(found))
    assert scene.audited() == []


@every
@pytest.mark.parametrize("act", [removed, switched_off, narrowed])
def test_with_consent_it_is_mended_within_one_look(scene: Hooked, act: Act) -> None:
    well = scene.look()
    scene.consent()
    act(scene)
    found = scene.look()
    assert found.mended
    assert (ours(found), found.unseen) == ([], "")
    assert found.silent_since == well.at
    assert scene.audited() == ["reconciler: mend hook"]
    assert scene.look().silent_since is None
    sent = scene.running.outbox.as_json()["sent"]
    edit(scene)
    assert scene.running.outbox.as_json()["sent"] > sent


@every
def test_a_hook_that_a_person_mended_ends_the_spell(scene: Hooked) -> None:
    well = scene.look()
    removed(scene)
    scene.look()
    scene.register()
    found = scene.look()
    assert (found.faults, found.mended, found.silent_since) == ((), (), well.at)
    assert scene.look().silent_since is None


@every
def test_a_token_without_the_right_is_a_reason(scene: Hooked) -> None:
    scene.look()
    scene.running.faults.set(errors=1.0)
    found = scene.look()
    assert found.unseen
    assert found.faults == ()
    assert found.well_at == scene.looks[0].at


@pytest.mark.parametrize("scene", ["github", "gitlab"], indirect=True)
def test_failed_deliveries_are_asked_for_again(scene: Hooked) -> None:
    scene.address.status = 503
    edit(scene, 2)
    scene.address.status = 200
    client = scene.client()
    now = datetime.now(UTC)
    found = hooks.redeliver(scene.parts, scene.source, client, now - timedelta(hours=1), now)
    assert (found.asked, found.refused_since, found.unseen) == (2, None, "")
    assert scene.running.outbox.idle(10)
    again = hooks.redeliver(scene.parts, scene.source, client, now - timedelta(hours=1), now)
    assert again.asked == 0
    client.close()


@pytest.mark.parametrize("scene", ["gitlab"], indirect=True)
def test_what_is_not_sent_again_has_to_be_read(scene: Hooked) -> None:
    """GitLab takes five requests a minute; after four failures it is silent by itself."""
    scene.address.status = 503
    for _ in range(2):
        edit(scene, 4)
        client = scene.client()
        client.ensure_hook(scene.url, SECRET)
        client.close()
    scene.address.status = 200
    client = scene.client()
    now = datetime.now(UTC)
    found = hooks.redeliver(scene.parts, scene.source, client, now - timedelta(hours=1), now)
    client.close()
    assert found.asked == 5
    assert found.refused_since is not None
    assert now - timedelta(minutes=1) < found.refused_since < now


@pytest.mark.parametrize("scene", ["jira", "linear", "azure_devops"], indirect=True)
def test_trackers_that_send_nothing_again_are_not_asked(scene: Hooked) -> None:
    client = scene.client()
    now = datetime.now(UTC)
    found = hooks.redeliver(scene.parts, scene.source, client, now - timedelta(hours=1), now)
    assert (found.asked, found.unseen) == (0, "its tracker sends nothing again")
    assert client.requests == 0
    client.close()
