"""Reading single things, and telling absence from deletion."""

import pytest

from schemas.errors import ConfigError, Denied, Permanent, Retired, Transient, Unauthorized
from schemas.record import Cursor, Gone, Hidden, Moved
from tests.trackers.jira.jira_payloads import (
    AGILE,
    PROJECT,
    SITE,
    URL,
    a_comment,
    a_field,
    an_issue,
)
from tests.trackers.jira.jira_scene import BASICS, Routes, a_scene, connected, reply
from tests.trackers.stand_ins import Budget, Memory, Script, Secrets, a_source
from trackers.jira import JIRA, Jira


def test_an_issue_comes_with_its_comments_and_links_in_one_request():
    issue = an_issue(
        comment={"comments": [a_comment()], "total": 1},
        parent={"id": "7", "key": "HARB-1"},
    )
    one = connected({"GET /issue/20481": issue}, project_id="10500")
    record = one.client.fetch("20481", frozenset({"core", "comments", "links"}))
    assert [line.partition("?")[0] for line in one.lines] == ["GET …/issue/20481", "GET …/field"]
    assert len(record.comments) == 1
    assert record.links[0]["kind"] == "parent"
    assert "properties=ticketsync" in one.lines[0]


def test_missing_and_hidden_issues_look_alike_and_prove_nothing():
    one = connected({})
    found = one.client.fetch("20481")
    assert isinstance(found, Hidden)
    assert "404" in found.reason


def test_an_issue_of_another_project_has_moved():
    issue = an_issue(key="OPS-77", project={**PROJECT, "id": "10520", "key": "OPS"})
    found = connected({"GET /issue/20481": issue}).client.fetch("20481")
    assert isinstance(found, Moved)
    assert (found.to.key, found.to.external_id) == ("OPS-77", "20481")
    assert found.to.url == f"{SITE}/browse/OPS-77"


def test_a_removed_api_is_retired():
    removed = reply({"errorMessages": ["removed"]}, 410)
    one = connected({"POST /search/jql": removed, "POST /search/approximate-count": {"count": 1}})
    with pytest.raises(Retired):
        list(one.client.census())


@pytest.mark.parametrize("ticket", ["../myself", "HARB-1", "", "1 2"])
def test_only_numbers_become_part_of_an_address(ticket):
    one = connected({})
    with pytest.raises(Permanent, match="no id"):
        one.client.fetch(ticket)
    assert one.script.asked == []


def test_a_missing_comment_is_gone_only_while_its_issue_can_be_read():
    issue = {"GET /issue/20481": an_issue()}
    assert isinstance(connected(issue).client.fetch_comment("20481", "5"), Gone)
    assert isinstance(connected({}).client.fetch_comment("20481", "5"), Hidden)
    there = issue | {"GET /issue/20481/comment/33012": a_comment()}
    assert connected(there).client.fetch_comment("20481", "33012").external_id == "33012"


def test_a_project_that_cannot_be_seen_is_denied():
    one = connected({"GET /project/HARB": reply({"errorMessages": ["No project"]}, 404)})
    with pytest.raises(Denied, match="may not see it"):
        one.client.project()


def test_a_site_without_a_project_still_lists_its_projects():
    listed = {"values": [PROJECT, PROJECT | {"id": "1", "key": "OPS"}], "isLast": True, "total": 2}
    one = connected({"GET /project/search": listed}, url=SITE)
    assert [project.name for project in one.client.projects()] == ["HARB", "OPS"]
    with pytest.raises(Denied, match="names a site"):
        one.client.project()


def test_a_list_without_the_word_last_is_read_on():
    def answer(params):
        start = int(params["startAt"])
        found = [PROJECT | {"id": str(start), "key": f"P{start}"}] if start < 3 else []
        return {"values": found, "startAt": start}

    one = connected({"GET /project/search": answer})
    assert [project.name for project in one.client.projects()] == ["P0", "P1", "P2"]


def test_cloud_needs_the_email_beside_the_token():
    with pytest.raises(ConfigError, match="JIRA_EMAIL"):
        connected({}, login=None)
    with pytest.raises(ConfigError, match="OUR_MAIL is not set"):
        connected({}, login=None, email_env="OUR_MAIL")


def test_cloud_sends_the_pair_and_data_center_the_token():
    one = connected({})
    one.client.project()
    assert one.script.asked[0].headers["authorization"].startswith("Basic ")
    other = connected(
        {}, url="https://jira.corp.example/browse/HARB", login=None, root="/rest/api/2"
    )
    other.client.project()
    assert other.script.asked[0].headers["authorization"] == "Bearer invented0123456789"
    assert other.lines == ["GET /rest/api/2/project/HARB"]


def test_a_token_with_a_line_end_is_denied_without_being_told():
    with pytest.raises(Denied) as refusal:
        connected({}, token="hunter2\nx")
    assert "hunter2" not in str(refusal.value)


def test_without_a_token_nothing_is_sent_along():
    one = connected({}, token=None)
    one.client.project()
    assert "authorization" not in one.script.asked[0].headers


def test_a_comment_that_cannot_be_read_is_taken_from_jiras_rendering():
    broken = a_comment(body={"type": "doc", "version": 1, "content": "no list"})
    one = connected(
        {
            "GET /issue/20481": an_issue(comment={"comments": [broken], "total": 1}),
            "GET /issue/20481/comment/33012": broken | {"renderedBody": "<p>From the pier</p>"},
        }
    )
    [record] = one.client.fetch("20481").comments
    assert JIRA.to_comment(record, one.source).body.strip() == "From the pier"
    assert one.lines[-1] == "GET …/issue/20481/comment/33012?expand=renderedBody"


def test_comments_are_asked_for_when_the_issue_does_not_bring_them():
    issue = an_issue()
    del issue["fields"]["comment"]
    listed = {"comments": [a_comment()], "total": 1}
    one = connected({"GET /issue/20481": issue, "GET /issue/20481/comment": listed})
    assert one.client.fetch("20481").comments is None
    assert len(one.client.fetch("20481", frozenset({"comments"})).comments) == 1


def test_the_stand_in_tells_who_we_are_and_what_there_is():
    with a_scene(tickets=25, comments=10) as scene:
        client = scene.client
        assert client.identity().login == "sandbox@example.com"
        assert client.project().name == "PROJ"
        assert [one.name for one in client.projects()] == ["PROJ"]
        assert {"Sandbox User", "Ana Ortiz"} <= {one.name for one in client.users()}
        kinds, found = client.definitions()
        assert set(kinds) == {one.kind for one in found} == {"milestone", "component", "state"}
        states = {one.name: one.state for one in found if one.kind == "state"}
        assert states["Won't Do"] == "canceled"


def test_the_stand_in_tells_its_fields():
    with a_scene(tickets=25) as scene:
        fields = {one.id: one for one in scene.client.fields()}
        fills = {one.fills: one.id for one in fields.values() if one.custom and one.fills}
        assert fills == {
            "sprint": "customfield_10020",
            "story_points": "customfield_10016",
            "customer": "customfield_10001",
        }
        assert fields["summary"].required
        assert "High" in fields["priority"].options
        assert fields["summary"].sample


def test_moved_deleted_hidden_and_archived_are_told_apart():
    with a_scene() as scene:
        acts = scene.there.acts
        acts.add_project("OPS", "Operations")
        moved, deleted, hidden = (acts.open(title) for title in ("A", "B", "C"))
        acts.move(moved.key, "OPS")
        acts.delete(deleted.key)
        acts.hide(hidden.key)
        kinds = [type(scene.client.fetch(str(one.id))) for one in (moved, deleted, hidden)]
        assert kinds == [Moved, Hidden, Hidden]


def test_a_ticket_of_the_stand_in_reads_as_its_people_wrote_it():
    with a_scene(tickets=40, comments=40) as scene:
        neutral = {one["key"]: one for one in scene.there.neutral()["tickets"]}
        for record in scene.walk_all():
            ticket = JIRA.to_ticket(record.body, scene.source)
            meant = neutral[ticket.key]
            assert (ticket.title, ticket.state) == (meant["title"], meant["state"])
            assert ticket.body == meant["body"]
            assert {one.name for one in ticket.labels} == set(meant["labels"])
            said = [JIRA.to_comment(one, scene.source) for one in record.comments]
            told = [(one.author.name, one.body) for one in said]
            assert told == [(one["author"], one["body"]) for one in meant["comments"]]


def test_files_are_downloaded_from_our_own_api():
    with a_scene() as scene:
        issue = scene.there.acts.open("With a file")
        scene.there.acts.attach(issue.key, "lamp.txt", b"light")
        [file] = scene.ticket(str(issue.id)).attachments
        assert b"".join(scene.client.download(file.url)) == b"light"
        with pytest.raises(Permanent, match="larger"):
            list(scene.client.download(file.url, largest=2))


def test_a_file_is_uploaded():
    with a_scene() as scene:
        new = scene.create(title="With a file")
        file = scene.client.upload(new, "a.txt", "text/plain", b"hello")
        assert scene.ticket(new).attachments[0].id == file.id
        assert b"".join(scene.client.download(file.url)) == b"hello"


def test_a_credential_that_is_only_ignored_is_told_as_one_that_is_not_accepted():
    """The kind of error decides whether the variable to mend is named."""
    anonymous = reply({"issues": []}, x_seraph_loginreason="AUTHENTICATED_FAILED")
    one = connected({"GET /project/HARB": anonymous})
    with pytest.raises(Unauthorized):
        one.client.project()


def test_an_issue_that_goes_away_while_it_is_read_is_no_trouble_of_the_source():
    """Its comments answer 404 then, which must not look like a lost project."""
    gone = an_issue(comment={"comments": [a_comment()], "total": 2})
    page = {"issues": [gone, an_issue(20482, "HARB-13")]}
    one = connected({"POST /search/jql": page, "POST /search/approximate-count": {"count": 2}})
    [found] = one.client.changed_since(Cursor())
    assert [(record.ticket, record.comments) for record in found.records] == [
        ("20481", None),
        ("20482", ()),
    ]


def test_a_list_that_gives_the_same_page_for_ever_is_not_read_for_ever():
    one = connected({"GET /project/search": {"values": [PROJECT]}})
    with pytest.raises(Transient, match="the next page is the one that was read"):
        list(one.client.projects())


def test_fields_one_credential_does_not_see_are_found_by_another():
    """Field lists are kept by the dialect, which all sources of a site share."""
    jira = Jira()
    sprint = a_field(10777, "Sprint", f"{AGILE}:gh-sprint", "array")
    asked = []
    other = a_field(10555, "Colour", "x:select", "option")
    for name, listed in (("NARROW", [other]), ("WIDE", [sprint]), ("WIDE", [other])):
        script = Script(Routes(BASICS | {"GET /field": listed, "GET /issue/20481": an_issue()}))
        client = jira.connect(
            a_source("jira", URL, token_env=name),
            credentials=Secrets("invented0123456789", login="me@x.io"),
            limiter=Budget(),
            validators=Memory(),
            transport=script.transport,
        )
        asked.append(client.fetch("20481").body["ticketsync"]["fields"])
    assert asked == [{}, {"sprint": ["customfield_10777"]}, {"sprint": ["customfield_10777"]}]


def test_comments_that_cannot_be_read_are_asked_for_again():
    """Without them the question would count as answered."""
    issue = an_issue(comment={"comments": [a_comment()], "total": 2})
    one = connected({"GET /issue/20481": issue})
    with pytest.raises(Transient, match="went away while it was read"):
        one.client.fetch("20481", frozenset({"comments"}))
