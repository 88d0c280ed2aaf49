"""The stage around the stand-in: its announcement, its neutral state, its invented people."""

import signal
import subprocess
import sys
from pathlib import Path

import httpx
import orjson
import pytest

from sandbox.jira import app
from sandbox.jira.acts import names_of_acts
from tests.sandbox import jira_running
from tests.sandbox.jira_running import SEARCH, found

jira = jira_running.jira
jira_seeded = jira_running.jira_seeded


@pytest.fixture
def levers(jira):
    with httpx.Client(base_url=jira.url + "/_sandbox", trust_env=False) as client:
        yield client


def act(levers, name, **args):
    answer = levers.post("/act", json={"act": name, "args": args})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_announcement_holds_what_a_source_needs(jira):
    line = app.announce(jira)
    assert line["tracker"] == "jira"
    assert line["url"] == f"{jira.url}/browse/PROJ" == jira.project_url
    assert line["source"] == {"deployment": "cloud", "email_env": "JIRA_EMAIL"}
    assert line["environment"] == {
        "JIRA_EMAIL": "sandbox@example.com",
        "JIRA_CLIENT_ID": app.CLIENT_ID,
        "JIRA_CLIENT_SECRET": app.CLIENT_SECRET,
    }
    orjson.dumps(line)


def test_the_foreground_prints_one_json_line_and_ends_on_a_signal():
    program = "from sandbox.jira.app import Plan, foreground; foreground(Plan(tickets=3))"
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen([sys.executable, "-c", program], cwd=root, stdout=subprocess.PIPE) as it:
        line = orjson.loads(it.stdout.readline())
        auth = (line["environment"]["JIRA_EMAIL"], line["token"])
        query = {"jql": f"project = {line['project']}"}
        found = httpx.get(f"{line['api_url']}{SEARCH}", params=query, auth=auth)
        assert len(found.json()["issues"]) == 3
        it.send_signal(signal.SIGINT)
        assert it.stdout.read() == b""
        assert it.wait(10) == 0


def test_everything_at_once_comes_to_rest(jira, receiver):
    jira.add_hook(receiver.url, "s")
    jira.faults.set(drop=0.1, double=0.1, reorder=0.2, forge=0.1, fail=0.1, delay=0.01)
    jira.faults.set(index_lag=0.2, short_pages_next=3, empty_page=2)
    jira.people.start(rate=300, seconds=1)
    with jira_running.open_client(jira) as api:
        while jira.people.as_json()["running"]:
            keys = found(api, "project = PROJ ORDER BY key ASC", maxResults=20)
            assert len(keys) == len(set(keys))
        jira.faults.set(index_lag=0)
        here = {one["key"] for one in jira.neutral()["tickets"] if not one["deleted"]}
        assert set(found(api, "project = PROJ")) == here
    assert jira.outbox.idle(20)
    counts = jira.outbox.as_json()
    assert counts["queued"] == 0
    assert len(receiver.got) == sum(counts[name] for name in ("sent", "doubled", "forged"))
    assert min(counts[name] for name in ("sent", "dropped", "failed", "doubled", "forged")) > 0


def test_acts_by_name_and_the_state_that_follows(jira, levers):
    key = act(levers, "open", title="one", body="A line.\n\nAnother.", labels=["a"])["key"]
    act(levers, "label", number=1, labels=["b", "c"])
    act(levers, "assign", issue=key, person="ben.okafor")
    act(levers, "comment", issue=key, body="hi", by="emi.sato")
    act(levers, "aim", issue=key, version="Harbour 1.5")
    act(levers, "close", issue=key)
    (ticket,) = levers.get("/state").json()["tickets"]
    assert ticket["key"] == key == "PROJ-1"
    assert (ticket["title"], ticket["body"]) == ("one", "A line.\n\nAnother.")
    assert (ticket["state"], ticket["deleted"]) == ("closed", False)
    assert ticket["labels"] == ["a", "b", "c"]
    assert ticket["assignees"] == ["Ben Okafor"]
    assert ticket["milestone"] == "Harbour 1.5"
    assert ticket["comments"][0]["author"] == "佐藤 恵美"
    assert ticket["comments"][0]["body"] == "hi"
    act(levers, "delete", issue=key)
    assert levers.get("/state").json()["tickets"][0]["deleted"] is True


def test_an_unknown_act_is_answered_with_those_there_are(levers):
    answer = levers.post("/act", json={"act": "fly"})
    assert answer.status_code == 422
    assert "transition" in answer.json()["error"]
    assert {"hide", "move", "archive", "close_sprint", "log_work"} <= set(names_of_acts())


def test_the_same_seed_gives_the_same_past_and_the_same_people():
    def history(seed: int) -> list:
        with app.start(tickets=20, comments=20, seed=seed) as running:
            running.people.work(150)
            tickets = running.neutral()["tickets"]
            return [{k: v for k, v in one.items() if k != "updated_at"} for one in tickets]

    first = history(3)
    assert first == history(3)
    assert first != history(4)


def test_people_do_all_sorts_of_things(jira_seeded, receiver):
    jira_seeded.add_hook(receiver.url, "s")
    jira_seeded.people.work(1200)
    done = jira_seeded.people.done
    assert sum(done.values()) == 1200
    assert {"comment", "edit", "close", "reopen", "delete", "move", "sprint", "link"} <= set(done)
    assert jira_seeded.outbox.idle(60)
    assert len(receiver.got) > 1000


def test_the_neutral_state_is_in_plain_words(jira_seeded):
    jira_seeded.people.work(100)
    for ticket in jira_seeded.neutral()["tickets"]:
        texts = [ticket["body"], *(one["body"] for one in ticket["comments"])]
        assert not any(sign in text for text in texts for sign in "*_`#[]<>\\")
        assert ticket["number"] is None


def test_data_center_people_are_called_by_their_user_names():
    with app.start(deployment="server") as running:
        running.acts.open("one", assignees=["ben.okafor"])
        assert running.neutral()["tickets"][0]["assignees"] == ["ben.okafor"]
        assert app.announce(running)["source"] == {"deployment": "server"}
        assert app.announce(running)["environment"] == {}


def test_requests_are_logged_and_faults_are_set_from_outside(jira, levers):
    with jira_running.open_client(jira) as api:
        api.get("/rest/api/3/myself")
        levers.post("/faults", json={"errors_next": 1})
        assert api.get("/rest/api/3/myself").status_code >= 500
    assert levers.get("/requests").json()["total"] == 2
    assert levers.post("/faults", json={"eror": 1}).status_code == 422
