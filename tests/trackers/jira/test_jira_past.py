"""The changelog of the stand-in: it leads back to every state, and hooks tell it under its ids."""

import random

import pytest

from sandbox.jira import fields
from sandbox.jira.scheme import PRIORITIES, SECURITY_LEVELS, STATUSES, TYPES
from schemas.event import ChangesTold
from tests.listening import listening
from tests.trackers.jira.jira_payloads import (
    INES,
    TOMASZ,
    a_change,
    a_user,
    an_event,
    an_issue,
    encoded,
    hooked,
)
from tests.trackers.jira.jira_scene import a_scene
from tests.trackers.stand_ins import a_delivery
from tests.trackers.walked import Walk
from trackers.jira import JIRA

TOLD = JIRA.capabilities.history
MAPS = {
    "types": {"Story": "feature"},
    "severities": {"High": "P1"},
    "statuses": {"In Review": "done", "Won't Do": "in_progress"},
}


def somebody_acts(acts, key, given, dice):
    """One thing a person may do to an issue."""
    some = {
        "components": dice.sample(given.components, dice.choice([0, 1, 2])),
        "fixVersions": dice.sample(given.versions, dice.choice([0, 1, 1, 2])),
        "duedate": dice.choice([None, "2026-12-24", "2027-01-05"]),
        "timetracking": dice.choice([None, 3600, 5400]),
        "parent": dice.choice([None, *given.parents]),
        "issuetype": dice.choice(TYPES[1:4]),
        "priority": dice.choice([*PRIORITIES, None]),
        "security": dice.choice([None, SECURITY_LEVELS[0]]),
        "labels": dice.sample(["quay", "Dock", "dock", "lock"], dice.choice([0, 2, 3])),
        fields.CUSTOMER: dice.choice([None, "ACME", "Quay & Co, Ltd"]),
        fields.POINTS: dice.choice([None, 1.0, 2.5, 13.0]),
        fields.START_DATE: dice.choice([None, "2026-11-01"]),
    }
    few = dict(dice.sample(sorted(some.items(), key=lambda one: one[0]), dice.choice([1, 1, 2, 3])))
    dice.choice(
        [
            lambda: acts.edit(key, title=f"Title {dice.random()}"),
            lambda: acts.edit(key, body=f"A text\n\n* one {dice.random()}"),
            lambda: acts.edit(key, fields=few),
            lambda: acts.edit(key, fields=few),
            lambda: acts.edit(key, fields=few, title=f"Both {dice.random()}"),
            lambda: acts.label(key, dice.choice(["quay", "ferry"])),
            lambda: acts.unlabel(key, "quay"),
            lambda: acts.assign(key, dice.choice(given.people)),
            lambda: acts.edit(key, fields={"reporter": given.person(dice)}),
            lambda: acts.transition(key, dice.choice(STATUSES).name, dice.choice(given.reasons)),
            lambda: acts.transition(key, dice.choice(STATUSES).name, dice.choice(given.reasons)),
            lambda: acts.plan(key, given.sprint(acts, dice)),
            lambda: acts.log_work(key, dice.choice([900, 3600])),
            lambda: acts.comment(key, "A word"),
            lambda: acts.link(key, given.parents[0].key),
            lambda: acts.rank(key, f"0|i{dice.randrange(10**5):05d}:"),
        ]
    )()


class Given:
    """What there is on the site to choose from."""

    def __init__(self, acts):
        self.acts = acts
        self.components = [acts.create_component(name) for name in ("lamp", "lens", "hull")]
        self.versions = [acts.create_version(name) for name in ("Spring", "Summer")]
        self.parents = [acts.open("Epic", kind="Epic"), acts.open("Story", kind="Story")]
        self.users = list(acts.world.users.values())
        self.people = [None, *(one.login for one in self.users[:3])]
        self.reasons = ["Done", "Duplicate", "Won't Do"]
        self.open_sprint = None

    def person(self, dice):
        return dice.choice([None, *self.users[:3]])

    def sprint(self, acts, dice):
        """One sprint is open at a time; the others are over."""
        what = dice.choice(["none", "same", "next"])
        if what == "none" or (what == "same" and self.open_sprint is None):
            return None
        if what == "next":
            if self.open_sprint is not None:
                acts.close_sprint(self.open_sprint)
            self.open_sprint = acts.create_sprint(f"Sprint {dice.randrange(10**6)}").id
            if dice.random() < 0.5:
                acts.start_sprint(self.open_sprint)
        return self.open_sprint


def past_of(scene, issue):
    [history] = scene.client.history([str(issue.id)])
    assert history.complete
    return history.entries


@pytest.mark.parametrize("deployment", ["cloud", "server"])
@pytest.mark.parametrize("seed", range(4))
def test_the_changelog_leads_back_to_every_earlier_state(deployment, seed):
    dice, walk = random.Random(seed), Walk()
    with a_scene(over=MAPS, deployment=deployment) as scene:
        acts = scene.there.acts
        given = Given(acts)
        issue = acts.open("Long", "A text", labels=["quay"], kind="Story")
        for _ in range(50):
            walk.note(scene.ticket(str(issue.id)), past_of(scene, issue))
            somebody_acts(acts, issue.key, given, dice)
        walk.note(scene.ticket(str(issue.id)), past_of(scene, issue))
        other = str(given.parents[0].id)
        both = list(scene.client.history([other, str(issue.id)]))
        assert both[1].entries == walk.snapshots[-1][1]
        assert walk.check(TOLD) > 20


def told_by(bodies):
    """The changes that webhooks tell, by id."""
    found = {}
    for raw in bodies:
        for event in JIRA.parse(a_delivery({}, raw)):
            if isinstance(event, ChangesTold):
                assert event.identified
                found |= {entry.id: entry for entry in event.entries}
    return found


@pytest.mark.parametrize("deployment", ["cloud", "server"])
def test_webhooks_tell_what_the_changelog_tells_under_the_same_ids(deployment):
    dice = random.Random(deployment)
    with a_scene(over=MAPS, deployment=deployment) as scene, listening() as here:
        acts = scene.there.acts
        given = Given(acts)
        issue = acts.open("Long", "A text", labels=["quay"], kind="Story")
        scene.there.add_hook(here.url)
        for _ in range(50):
            somebody_acts(acts, issue.key, given, dice)
        assert scene.there.outbox.idle()
        mine = [one.raw for one in here.got if one.json.get("issue", {}).get("key") == issue.key]
        told = told_by(mine)
        listed = {one.id: one for one in past_of(scene, issue)}
    bare = {"actor": None}
    assert len(told) > 8
    assert {key: one.model_copy(update=bare) for key, one in told.items()} == {
        key: listed[key].model_copy(update=bare) for key in told
    }
    assert {one.actor.id for one in told.values()} == {listed[key].actor.id for key in told}
    surely = {"title", "status", "labels", "assignees", "parent", "confidential"}
    assert not surely & {one.field for key, one in listed.items() if key not in told}


def updated(*items, event="jira:issue_updated", **over):
    body = {
        "issue": hooked(an_issue()),
        "changelog": {"id": "77", "items": list(items)},
        "user": a_user(),
    }
    return encoded(an_event(event, **{**body, **over}))


def test_a_webhook_tells_only_what_no_configuration_moves():
    items = (
        a_change("summary", "a", "b"),
        a_change("description", "a", "b"),
        a_change("priority", "2", "4", fromString="High", toString="Low"),
        a_change("Team", "1", "2", fieldId="customfield_7", fieldtype="custom"),
        a_change("assignee", INES, TOMASZ),
    )
    told = told_by([updated(*items)])
    assert {(one.field, str(one.before), str(one.after)) for one in told.values()} == {
        ("title", "a", "b"), ("assignees", f"['{INES}']", f"['{TOMASZ}']"),
    }  # fmt: skip
    assert {one.actor.id for one in told.values()} == {INES}
    assert {one.at.isoformat() for one in told.values()} == {"2026-11-20T09:15:00.120000+00:00"}


def test_a_webhook_without_the_id_of_its_line_or_a_time_tells_no_change():
    item = a_change("summary", "a", "b")
    assert told_by([updated(item, changelog={"items": [item]})]) == {}
    issue = hooked(an_issue())
    del issue["fields"]["updated"]
    assert told_by([updated(item, issue=issue)]) == {}


def test_a_creation_is_no_change():
    item = a_change("Status", None, "10000", fieldId="status", toString="To Do")
    assert told_by([updated(item, event="jira:issue_created")]) == {}


def test_a_parent_told_by_other_words_than_its_key_is_left_to_the_changelog():
    item = a_change("IssueParentAssociation", None, "9001", toString="A summary")
    assert told_by([updated(item)]) == {}
    keyed = a_change("IssueParentAssociation", "9001", "9002", fromString="A-1", toString="A-2")
    [entry] = told_by([updated(keyed)]).values()
    assert (entry.field, entry.before, entry.after) == ("parent", "A-1", "A-2")


@pytest.mark.parametrize("over", [{"user": {"displayName": "?"}}, {"from": ["1"]}])
def test_a_change_that_cannot_be_read_leaves_the_delivery_as_it_was(over):
    item = a_change("assignee", INES, TOMASZ) | {one: over[one] for one in over if one == "from"}
    body = updated(item, **{one: over[one] for one in over if one != "from"})
    facts = [one.fact for one in JIRA.parse(a_delivery({}, body))]
    assert facts == ["project_seen", "ticket_seen", "doubtful"]
