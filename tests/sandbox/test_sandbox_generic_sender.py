"""The in-house tool's stand-in: what it sends is signed, whole, retried and true."""

import subprocess
import sys
from pathlib import Path

import httpx
import orjson
import pytest
from standardwebhooks import Webhook

from sandbox.generic import app

SECRET = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="


@pytest.fixture
def tool():
    with app.start(tickets=3, comments=4) as running:
        yield running


@pytest.fixture
def heard(tool, receiver):
    """The receiver, with everything it heard on being added forgotten."""
    tool.add_hook(receiver.url, SECRET)
    assert tool.outbox.idle(5)
    receiver.got.clear()
    return receiver


def bodies(receiver):
    return [orjson.loads(one.body) for one in receiver.got]


def test_a_new_receiver_hears_every_ticket_whole(tool, receiver):
    tool.add_hook(receiver.url, SECRET)
    assert tool.outbox.idle(5)
    told = bodies(receiver)
    assert [one["type"] for one in told] == ["ticket.updated"] * 3
    keys = {one["data"]["key"] for one in told}
    assert keys == {one["key"] for one in tool.neutral()["tickets"]}
    assert sum(len(one["data"]["comments"]) for one in told) == 4


def test_every_act_is_told_by_its_name(tool, heard):
    acts = tool.acts
    number = acts.create("New", "Text").number
    acts.edit(number, title="Newer")
    acts.label(number, "bug")
    acts.assign(number, "mara")
    acts.milestone(number, "Spring sale")
    comment = acts.comment(number, "Hello").id
    acts.edit_comment(comment, "Hello again")
    acts.delete_comment(comment)
    acts.close(number)
    acts.reopen(number)
    acts.delete(number)
    acts.restore(number)
    acts.move(number, "PIER-1")
    acts.configure()
    assert tool.outbox.idle(5)
    assert [one["type"] for one in bodies(heard)] == [
        "ticket.created", *["ticket.updated"] * 4, "comment.created", "comment.updated",
        "comment.deleted", "ticket.closed", "ticket.reopened", "ticket.deleted",
        "ticket.restored", "ticket.moved", "project.configured",
    ]  # fmt: skip
    assert bodies(heard)[10]["data"].keys() == {"id"}


def test_the_reference_library_verifies_what_is_sent(tool, heard):
    tool.acts.create("Café ☕", "Text")
    assert tool.outbox.idle(5)
    [one] = heard.got
    assert Webhook(SECRET).verify(one.body.decode(), one.headers)["data"]["title"] == "Café ☕"


def test_a_refused_event_is_tried_again_under_one_id(tool, heard):
    heard.status = 503
    tool.acts.create("New")
    assert tool.outbox.idle(5)
    assert len(heard.got) == 3
    assert len({one.headers["webhook-id"] for one in heard.got}) == 1
    assert len({one.body for one in heard.got}) == 1


def test_410_ends_the_sending(tool, heard):
    heard.status = 410
    tool.acts.create("New")
    assert tool.outbox.idle(5)
    heard.status = 202
    tool.acts.create("Newer")
    assert tool.outbox.idle(5)
    assert len(heard.got) == 1


def test_faults_befall_events(tool, heard):
    tool.faults.set(drop_next=1)
    tool.acts.create("Lost")
    tool.faults.set(double_next=1, forge_next=1)
    tool.acts.create("Doubled")
    assert tool.outbox.idle(5)
    titles = [one["data"]["title"] for one in bodies(heard)]
    assert sorted(titles) == ["Doubled", "Doubled", "FORGED"]


def test_an_in_house_tool_has_names_and_shapes_of_its_own(receiver):
    with app.start(in_house=True) as running:
        running.add_hook(receiver.url, SECRET)
        number = running.acts.create("New").number
        running.acts.edit(number, title="Newer")
        running.acts.configure()
        assert running.outbox.idle(5)
    told = bodies(receiver)
    assert [one["type"] for one in told] == ["TicketCreated", "TicketUpdated", "ProjectConfigured"]
    assert told[1]["data"]["ticket"]["title"] == "Newer"


def test_one_seed_gives_one_story():
    def told():
        with app.start(tickets=5, comments=5, seed=7) as running:
            running.people.work(40)
            return [
                {k: v for k, v in one.items() if k != "updated_at"}
                for one in running.neutral()["tickets"]
            ]

    assert told() == told()


def test_it_has_no_api_and_can_be_controlled(tool, heard):
    with httpx.Client(base_url=tool.url, trust_env=False) as client:
        assert client.get("/shop").status_code == 200
        assert client.get("/api/tickets").status_code == 404
        wish = {"act": "create", "args": {"title": "By hand"}}
        assert client.post("/_sandbox/act", json=wish).json()["key"] == "SHOP-4"
        assert client.post("/_sandbox/act", json={"act": "dance"}).status_code == 422
        state = client.get("/_sandbox/state").json()
    assert state["tickets"][-1]["title"] == "By hand"
    assert tool.requests.count(path="/api/tickets") == 1


def test_the_foreground_announces_itself_in_one_line():
    program = "from sandbox.generic.app import Plan, foreground; foreground(Plan(tickets=2))"
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen([sys.executable, "-c", program], cwd=root, stdout=subprocess.PIPE) as it:
        try:
            line = orjson.loads(it.stdout.readline())
        finally:
            it.terminate()
    assert (line["tracker"], line["project"]) == ("generic", "shop")
    assert line["webhook_secret"].startswith("whsec_")
    assert line.keys() >= {"api_url", "url", "token", "source", "environment"}
