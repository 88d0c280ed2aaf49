"""The control endpoints, the invented people, the seeding, the announcement."""

import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import orjson

from sandbox.github import app

REPO = "/repos/octo/shop"


def test_state_is_neutral_and_without_pull_requests(github, api):
    github.acts.create_milestone("Soon")
    github.acts.open("b", "text", ["z", "a"], ["noor-haddad", "mara-lind"], "Soon")
    github.acts.open("pull", pull=True)
    comment = github.acts.comment(1, "hi", by="aiko-hayashi")
    github.acts.open("gone")
    github.acts.delete(3)
    state = api.get("/_sandbox/state").json()
    first, gone = state["tickets"]
    assert first["labels"] == ["a", "z"]
    assert first["assignees"] == ["mara-lind", "noor-haddad"]
    assert first["milestone"] == "Soon"
    assert first["comments"] == [{"author": "aiko-hayashi", "body": "hi", "id": comment.id}]
    assert first["deleted"] is False
    assert gone["deleted"] is True
    assert state["outbox"]["queued"] == 0


def test_acts_run_over_http(api):
    def act(name, **args):
        return api.post("/_sandbox/act", json={"act": name, "args": args})

    assert act("open", title="one", labels=["bug"]).json()["number"] == 1
    assert act("label", number=1, names=["ui"]).status_code == 200
    assert act("set_labels", number=1, names=["ui"]).status_code == 200
    assert act("assign", number=1, logins=["mara-lind"]).status_code == 200
    comment = act("comment", number=1, body="hi", by="noor-haddad").json()
    assert comment["user"]["login"] == "noor-haddad"
    assert act("delete_comment", comment=comment["id"]).status_code == 200
    assert act("close", number=1, reason="not_planned").json()["state"] == "closed"
    assert act("dance").status_code == 422
    assert act("close", number=99).status_code == 422
    assert act("open").status_code == 422
    ticket = api.get("/_sandbox/state").json()["tickets"][0]
    assert (ticket["labels"], ticket["assignees"]) == (["ui"], ["mara-lind"])


def test_people_do_the_same_things_for_the_same_seed():
    def story(seed):
        with app.start(tickets=10, comments=10, seed=seed) as running:
            running.people.work(400)
            tickets = running.neutral()["tickets"]
            return [(t["title"], t["labels"], t["state"]) for t in tickets], running.people.done

    first, done = story(5)
    assert (first, done) == story(5)
    assert first != story(6)[0]
    assert {"comment", "edit", "close", "reopen", "rename_label", "delete_comment"} <= set(done)


def test_people_work_at_a_pace_and_stop(github, api):
    api.post("/_sandbox/people", json={"rate": 100, "seconds": 0.5})
    github.people.wait(5)
    total = sum(github.people.done.values())
    assert 30 <= total <= 60
    api.post("/_sandbox/people", json={"rate": 50})
    time.sleep(0.1)
    assert api.post("/_sandbox/people", json={"rate": 0}).json()["running"] is False
    total = sum(github.people.done.values())
    time.sleep(0.1)
    assert sum(github.people.done.values()) == total


def test_lists_agree_with_the_state_after_people_worked(client_for):
    with app.start(tickets=50, comments=50) as running:
        running.people.work(1000)
        client = client_for(running)
        listed, url = [], f"{REPO}/issues?state=all&per_page=100&sort=updated&direction=asc"
        while url:
            answer = client.get(url)
            listed += answer.json()
            url = answer.links.get("next", {}).get("url")
        alive = [one for one in running.neutral()["tickets"] if not one["deleted"]]
        shown = {one["number"]: one for one in listed if "pull_request" not in one}
        assert set(shown) == {one["number"] for one in alive}
        for ticket in alive:
            issue = shown[ticket["number"]]
            assert sorted(label["name"] for label in issue["labels"]) == ticket["labels"]
            assert issue["comments"] == len(ticket["comments"])
            assert (issue["milestone"] or {}).get("title") == ticket["milestone"]
        for stone in client.get(f"{REPO}/milestones?state=all").json():
            under = [one for one in listed if (one["milestone"] or {}).get("id") == stone["id"]]
            assert stone["open_issues"] + stone["closed_issues"] == len(under)


def test_seeding_is_deterministic_quick_and_in_the_past():
    began = time.monotonic()
    with app.start(tickets=1000, comments=3000, pulls=20) as running:
        assert time.monotonic() - began < 2
        tickets = running.neutral()["tickets"]
    assert len(tickets) == 1000
    assert sum(len(one["comments"]) for one in tickets) <= 3000
    newest = max(datetime.fromisoformat(one["updated_at"]) for one in tickets)
    oldest = min(datetime.fromisoformat(one["updated_at"]) for one in tickets)
    assert newest < app.clock() - timedelta(hours=1)
    assert oldest > app.clock() - timedelta(days=90, seconds=1)
    text = orjson.dumps(tickets)
    assert b"\\r\\n" in text
    assert "日本語".encode() in text


def test_the_announcement_tells_all_a_script_needs():
    with app.start(owner="acme", repo="till", token="t0k") as running:
        assert app.announce(running) == {
            "tracker": "github",
            "api_url": running.url,
            "url": running.repo_url,
            "project": "acme/till",
            "token": "t0k",
            "webhook_secret": None,
            "source": {},
            "environment": {
                "GITHUB_CLIENT_ID": "Ov23liSandbox",
                "GITHUB_CLIENT_SECRET": "sandbox-client-secret",
            },
        }
        assert running.repo_url == f"{running.url}/acme/till"


def test_the_foreground_prints_one_json_line_and_ends_on_a_signal():
    program = (
        "from sandbox.github.app import Plan, foreground; "
        "foreground(Plan(tickets=3, webhook_secret='s'))"
    )
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen([sys.executable, "-c", program], cwd=root, stdout=subprocess.PIPE) as it:
        line = orjson.loads(it.stdout.readline())
        assert line["webhook_secret"] == "s"
        headers = {"authorization": f"token {line['token']}"}
        issues = httpx.get(f"{line['api_url']}{REPO}/issues?state=all", headers=headers)
        assert len(issues.json()) == 3
        it.send_signal(signal.SIGINT)
        assert it.stdout.read() == b""
        assert it.wait(10) == 0


def test_everything_at_once_comes_to_rest(github, api, hooked):
    github.faults.set(drop=0.1, double=0.1, reorder=0.2, forge=0.1, fail=0.1, delay=0.01)
    github.people.start(rate=300, seconds=1)
    while github.people.as_json()["running"]:
        assert api.get(f"{REPO}/issues?state=all&sort=updated").status_code == 200
    assert github.outbox.idle(20)
    counts = github.outbox.as_json()
    assert counts["queued"] == 0
    pings = 1
    assert len(hooked.got) + pings == sum(counts[name] for name in ("sent", "doubled", "forged"))
    assert min(counts[name] for name in ("sent", "dropped", "failed", "doubled", "forged")) > 0


def test_html_urls_lead_to_a_page(github, api):
    github.acts.open("<b>bold</b>")
    page = api.get(api.get(f"{REPO}/issues/1").json()["html_url"])
    assert page.status_code == 200
    assert "&lt;b&gt;" in page.text
    assert api.get(github.repo_url).headers["content-type"].startswith("text/html")
