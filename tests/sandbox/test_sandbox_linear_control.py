"""The stand-in's levers, its crowd, and what it says of itself."""

import dataclasses

import httpx
import pytest

from sandbox.linear import app
from sandbox.linear.acts import names_of_acts


@pytest.fixture
def world():
    with app.start(tickets=8, comments=6) as running:
        yield running


@pytest.fixture
def levers(world):
    with httpx.Client(base_url=f"{world.url}/_sandbox", trust_env=False) as client:
        yield client


def test_it_announces_what_a_source_needs(world):
    line = app.announce(world)
    assert line == {
        "tracker": "linear",
        "api_url": world.url,
        "url": f"{world.url}/acme/team/ENG",
        "project": "ENG",
        "token": app.TOKEN,
        "webhook_secret": None,
        "source": {},
        "environment": {
            "LINEAR_CLIENT_ID": "sandbox-app",
            "LINEAR_CLIENT_SECRET": "sandbox-app-secret",
        },
    }


def test_the_same_seed_gives_the_same_workspace():
    def texts(seed):
        with app.start(tickets=5, comments=5, seed=seed) as running:
            tickets = running.neutral()["tickets"]
            return [(one["key"], one["title"], one["labels"], one["comments"]) for one in tickets]

    assert texts(3) == texts(3) != texts(4)


def test_the_neutral_state_speaks_for_every_ticket(world):
    world.acts.delete("ENG-1")
    world.acts.transfer("ENG-2", "OPS")
    world.acts.plan("ENG-3", milestone="Spring sale")
    tickets = {one["key"]: one for one in world.neutral()["tickets"]}
    assert set(tickets) == {f"ENG-{number}" for number in range(1, 9)}
    assert [tickets[key]["deleted"] for key in ("ENG-1", "ENG-2", "ENG-3")] == [True, True, False]
    assert tickets["ENG-3"]["milestone"] == "Spring sale"


def test_acts_can_be_asked_for_over_http(levers, world):
    act = {"act": "label", "args": {"key": "ENG-1", "names": ["Bug", "Checkout"]}}
    assert levers.post("/act", json=act).is_success
    assert {"Bug", "Checkout"} <= {label.name for label in world.state.issue("ENG-1").labels}
    made = levers.post("/act", json={"act": "open", "args": {"title": "By lever"}}).json()
    assert made["identifier"] == "ENG-9"
    wrong = levers.post("/act", json={"act": "fly", "args": {}})
    assert wrong.status_code == 422
    assert "no act 'fly'" in wrong.json()["error"]
    assert "transfer" in names_of_acts()


def test_the_crowd_does_a_bit_of_everything(world):
    world.add_hook("http://127.0.0.1:9/nowhere", "s")
    world.outbox.hold()
    world.people.work(600)
    assert len(world.people.done) >= 18
    assert sum(world.people.done.values()) == 600
    neutral = world.neutral()["tickets"]
    assert len({one["key"] for one in neutral}) == len(neutral)


def test_every_act_of_the_crowd_can_be_repeated():
    def after(steps):
        with app.start(tickets=8, seed=2) as running:
            running.people.work(steps)
            found = [dict(one) for one in running.neutral()["tickets"]]
            return [{k: v for k, v in one.items() if k != "updated_at"} for one in found]

    assert after(120) == after(120)


def test_a_plan_can_be_changed_in_every_field():
    plan = app.Plan(workspace="harbour", team="LAMP", other="SEA", login="otto")
    fields = dataclasses.asdict(plan)
    with app.start(**fields) as running:
        assert running.project_url.endswith("/harbour/team/LAMP")
        assert "otto" in running.state.people
        assert [team.key for team in running.state.teams] == ["LAMP", "SEA"]
