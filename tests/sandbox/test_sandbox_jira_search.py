"""JQL as Jira reads it, tokens instead of offsets, and an index that lags behind."""

from datetime import UTC, datetime, timedelta

import pytest

from sandbox.jira import app
from tests.sandbox import jira_running
from tests.sandbox.jira_running import SEARCH, doc, found, open_client

jira = jira_running.jira
jira_api = jira_running.jira_api
jira_seeded = jira_running.jira_seeded
create = jira_running.create


@pytest.fixture
def five(jira, jira_api):
    """PROJ-1 to PROJ-5, unlike each other."""
    acts = jira.acts
    acts.open("one", "words inside", ["a"], ["ana.ortiz"], "Bug")
    acts.open("two", "", ["b"], ["ben.okafor"])
    acts.open("three", "", ["a", "b"])
    acts.open("four", "", [], ["sandbox-user"], "Story")
    acts.open("five")
    acts.transition("PROJ-2", "In Progress")
    acts.close("PROJ-3")
    acts.comment("PROJ-4", "a comment")
    return jira_api


CASES = {
    "project = PROJ": "12345",
    'project = "Harbour office"': "12345",
    "project = 10012 AND key = PROJ-2": "2",
    "key in (PROJ-1, PROJ-3)": "13",
    "issuekey > PROJ-2 AND key <= PROJ-4": "34",
    "id = 20005": "5",
    "status = 'In Progress'": "2",
    "statusCategory = Done": "3",
    "statusCategory != Done": "1245",
    'statusCategory in ("To Do", "In Progress")': "1245",
    "labels = a": "13",
    "labels != a": "2",
    "labels not in (a)": "2",
    "labels is EMPTY": "45",
    "labels is not EMPTY": "123",
    "labels in (a, b) and labels = b": "23",
    "assignee = currentUser()": "4",
    "assignee is empty": "35",
    "assignee != currentUser()": "12",
    "issuetype = Bug OR type = Story": "14",
    "NOT (labels = a)": "245",
    "resolution = Unresolved": "1245",
    "resolution in (Unresolved, Done)": "12345",
    "resolution is EMPTY": "1245",
    "resolved is not EMPTY": "3",
    "summary ~ three": "3",
    'text ~ "words inside"': "1",
    "comment ~ comment": "4",
    "labels = a AND (status = Done OR assignee is not EMPTY)": "13",
    "updated >= -5m": "12345",
    "updated < -5m": "",
    "created >= startOfDay(-1)": "12345",
    "created < startOfDay(-1) OR created > endOfDay()": "",
    'created >= startOfWeek("-2d")': "12345",
    "project = PROJ AND updated >= 0": "12345",
}


@pytest.mark.parametrize("jql", CASES)
def test_a_query_finds_what_it_means(five, jql):
    wanted = CASES[jql]
    numbers = "".join(sorted(key.partition("-")[2] for key in found(five, jql)))
    assert numbers == wanted


@pytest.mark.parametrize(
    ("jql", "words"),
    [
        ("", "Unbounded"),
        ("ORDER BY updated", "Unbounded"),
        ("project = NOPE", "does not exist for the field 'project'"),
        ("key = PROJ-99", "An issue with key 'PROJ-99'"),
        ("flavour = sweet", "Field 'flavour' does not exist"),
        ("status = Sleeping", "does not exist for the field 'status'"),
        ("project = PROJ AND", "Unexpected end"),
        ("project = PROJ) ", "got ')'"),
        ("updated > yesterday", "Date value 'yesterday'"),
        ("labels ~ a", "operator '~' is not supported"),
        ("project = PROJ ORDER BY nonsense", "Not able to sort"),
        ("project = PROJ ORDER BY key,id,key,id,key,id,key,id", "more than 7"),
        ("project was OPS", "got 'was'"),
    ],
)
def test_a_query_that_cannot_be_is_refused_in_words(five, jql, words):
    answer = five.post(SEARCH, json={"jql": jql})
    assert answer.status_code == 400
    assert words in answer.json()["errorMessages"][0]


def test_order_up_and_down(five):
    assert found(five, "project = PROJ ORDER BY key DESC")[0] == "PROJ-5"
    assert found(five, "project = PROJ ORDER BY summary ASC")[:2] == ["PROJ-5", "PROJ-4"]
    by_type = found(five, "project = PROJ ORDER BY issuetype DESC, key ASC")
    assert by_type == ["PROJ-2", "PROJ-3", "PROJ-5", "PROJ-4", "PROJ-1"]


def test_pages_lead_to_the_end_without_a_total(jira_seeded):
    with open_client(jira_seeded) as api:
        body = {"jql": "project = PROJ ORDER BY updated ASC, key ASC", "maxResults": 7}
        seen, tokens = [], []
        while True:
            page = api.post(SEARCH, json=body).json()
            assert set(page) <= {"issues", "nextPageToken", "isLast"}
            seen += [one["id"] for one in page["issues"]]
            if "nextPageToken" not in page:
                break
            tokens.append(page["nextPageToken"])
            body["nextPageToken"] = tokens[-1]
        assert page["isLast"] is True
        assert len(seen) == len(set(seen)) == 45
        assert len(set(tokens)) == 6
        other = {"jql": "project = PROJ", "nextPageToken": tokens[0]}
        assert api.post(SEARCH, json=other).status_code == 400


def test_what_moves_while_it_is_paged_is_seen_again_and_nothing_is_lost(jira_seeded):
    with open_client(jira_seeded) as api:
        body = {"jql": "project = PROJ ORDER BY updated ASC", "maxResults": 20}
        first = api.post(SEARCH, json=body).json()
        moved = first["issues"][0]["id"]
        jira_seeded.acts.edit(moved, title="moved")
        seen = [one["id"] for one in first["issues"]]
        while "nextPageToken" in first:
            first = api.post(SEARCH, json={**body, "nextPageToken": first["nextPageToken"]}).json()
            seen += [one["id"] for one in first["issues"]]
        assert len(set(seen)) == 45
        assert seen.count(moved) == 2


def test_without_fields_there_are_ids_alone(five):
    page = five.post(SEARCH, json={"jql": "project = PROJ"}).json()
    assert all(set(one) == {"id"} for one in page["issues"])
    page = five.get(SEARCH, params={"jql": "key = PROJ-1", "fields": ["summary", "labels"]}).json()
    assert page["issues"][0]["fields"] == {"summary": "one", "labels": ["a"]}


def test_wide_pages_are_shorter_than_asked(jira):
    for number in range(120):
        jira.acts.open(f"issue {number}")
    with open_client(jira) as api:
        wide = {"jql": "project = PROJ", "fields": ["*all"], "maxResults": 5000}
        assert len(api.post(SEARCH, json=wide).json()["issues"]) == 100
        bare = {**wide, "fields": ["id"]}
        assert len(api.post(SEARCH, json=bare).json()["issues"]) == 120
        jira.faults.set(empty_page=1, short_pages_next=1)
        page = api.post(SEARCH, json=wide).json()
        assert (page["issues"], page["isLast"]) == ([], False)
        assert len(found(api, "project = PROJ")) == 120


def test_a_page_that_is_empty_still_leads_on(jira_seeded):
    with open_client(jira_seeded) as api:
        jira_seeded.faults.set(empty_page=2)
        assert len(found(api, "project = PROJ", maxResults=10)) == 45


def test_unknown_keys_and_the_old_search_are_refused(five):
    answer = five.post(SEARCH, json={"jql": "project = PROJ", "startAt": 0})
    assert answer.status_code == 400
    for method in ("GET", "POST"):
        answer = five.request(method, "/rest/api/3/search", params={"jql": "project = PROJ"})
        assert answer.status_code == 410
        assert "CHANGE-2046" in answer.json()["errorMessages"][0]


def test_the_index_lags_and_named_issues_are_fresh(jira, jira_api, create):
    old = create("before")
    jira.faults.set(index_lag=60)
    new = create("after")
    jira_api.put(f"/rest/api/3/issue/{old}", json={"fields": {"summary": "changed"}})
    fields = {"jql": "project = PROJ", "fields": ["summary"]}
    page = jira_api.post(SEARCH, json=fields).json()
    assert [one["fields"]["summary"] for one in page["issues"]] == ["before"]
    assert found(jira_api, "summary ~ changed") == []
    ids = [jira.state.issue(key).id for key in (old, new)]
    page = jira_api.post(SEARCH, json={**fields, "reconcileIssues": ids}).json()
    assert {one["fields"]["summary"] for one in page["issues"]} == {"changed", "after"}
    assert jira_api.get(f"/rest/api/3/issue/{new}").json()["fields"]["summary"] == "after"
    jira_api.delete(f"/rest/api/3/issue/{old}")
    assert found(jira_api, "project = PROJ") == [old]
    jira.faults.set(index_lag=0)
    assert found(jira_api, "project = PROJ") == [new]
    many = {**fields, "reconcileIssues": list(range(51))}
    assert jira_api.post(SEARCH, json=many).status_code == 400


class Clock:
    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment


def test_the_index_catches_up_with_time():
    clock = Clock(datetime(2026, 3, 4, 9, 0, tzinfo=UTC))
    with app.start(now=clock) as running, open_client(running) as api:
        running.faults.set(index_lag=10)
        running.acts.open("x")
        assert found(api, "project = PROJ") == []
        clock.moment += timedelta(seconds=11)
        assert found(api, "project = PROJ") == ["PROJ-1"]


@pytest.mark.parametrize(("zone", "hour"), [("UTC", 9), ("Europe/Berlin", 10), ("America/Lima", 4)])
def test_date_literals_mean_the_profiles_time_zone(zone, hour):
    clock = Clock(datetime(2026, 3, 4, 9, 0, 30, tzinfo=UTC))
    with app.start(zone=zone, now=clock) as running, open_client(running) as api:
        running.acts.open("x")
        assert api.get("/rest/api/3/myself").json()["timeZone"] == zone
        here = f"2026-03-04 {hour:02d}"
        assert found(api, f'updated >= "{here}:00"') == ["PROJ-1"]
        assert found(api, f'updated >= "{here}:01"') == []
        assert found(api, f'updated <= "{here.replace("-", "/")}:00"') == []
        moment = int(clock.moment.timestamp() * 1000)
        assert found(api, f"updated >= {moment}") == ["PROJ-1"]
        assert found(api, f"updated > {moment}") == []
        updated = api.get("/rest/api/3/issue/PROJ-1").json()["fields"]["updated"]
        assert updated.startswith(f"2026-03-04T{hour:02d}:00:30.000")


def test_sprints_parents_components_and_versions_can_be_asked_for(jira, jira_api, create):
    epic = create("epic", "Epic")
    child = create("child", "Story", parent={"key": epic}, components=[{"name": "Gate"}])
    jira.acts.aim(child, "Harbour 1.5")
    jira.acts.plan(child, "Harbour Sprint 7")
    assert found(jira_api, f"parent = {epic}") == [child]
    assert found(jira_api, "component = Gate") == [child]
    assert found(jira_api, 'fixVersion = "Harbour 1.5"') == [child]
    assert found(jira_api, "sprint in openSprints()") == [child]
    assert found(jira_api, 'sprint = "Harbour Sprint 7"') == [child]
    assert found(jira_api, "sprint is EMPTY") == [epic]


def test_a_long_query_has_to_be_posted(five):
    jql = "project = PROJ AND key in (" + ", ".join(["PROJ-1"] * 1500) + ")"
    assert five.get(SEARCH, params={"jql": jql}).status_code == 414
    assert found(five, jql) == ["PROJ-1"]


def test_a_description_is_searched_by_its_words(jira_api, create):
    key = create(description=doc("the quick", "brown fox"))
    assert found(jira_api, 'description ~ "brown quick"') == [key]
