"""Reading single things, and what absence means."""

import httpx
import pytest

from schemas.change import Intent, Unsure, Write
from schemas.errors import ConfigError, Denied, Permanent, Transient
from schemas.record import Gone, Hidden, Moved, Record
from tests.trackers.gitlab.gitlab_payloads import (
    URL,
    a_client,
    a_label,
    a_note,
    a_person,
    an_issue,
    the_source,
)
from tests.trackers.stand_ins import NOW, Script
from trackers import markers
from trackers.gitlab import GITLAB

ROOT = "/api/v4/projects/77001"


def network(**found):
    """Answers by path below the project; a number is a status, anything else the JSON."""

    def answer(request: httpx.Request) -> httpx.Response:
        tail = request.url.path.removeprefix(ROOT) or "/"
        told = found.get(tail, 404)
        if isinstance(told, httpx.Response):
            return told
        if isinstance(told, int):
            return httpx.Response(told, json={"message": "no"})
        return httpx.Response(200, json=told)

    return Script(answer)


def test_one_issue_is_one_request_by_its_number():
    script = network(**{"/issues": [an_issue()]})
    found = a_client(script).fetch("12")
    assert isinstance(found, Record)
    assert script.lines == [
        "GET /api/v4/projects/77001/issues?iids%5B%5D=12&with_labels_details=true"
    ]


def test_an_issue_that_only_a_single_read_shows_gets_its_labels_by_name():
    issue = an_issue(labels=["bug", "unknown"])
    script = network(**{"/issues": [], "/issues/12": issue, "/labels": [a_label(9001, "bug")]})
    ticket = GITLAB.to_ticket(a_client(script).fetch("12").body, the_source())
    assert [one.id for one in ticket.labels] == ["9001", "name:unknown"]


def test_what_is_not_there_is_hidden_and_proves_nothing():
    assert isinstance(a_client(network(**{"/issues": []})).fetch("12"), Hidden)


def test_a_site_alone_is_no_project_and_nothing_is_asked():
    script = network()
    client = a_client(script, url="https://gitlab.example.org", project_id=None)
    for ask in (client.project, lambda: client.fetch("12"), lambda: list(client.census())):
        with pytest.raises(Denied, match="needs a project"):
            ask()
    assert script.asked == []


def a_project(own=None, group=None, **over):
    ways = {"project_access": own, "group_access": group}
    levels = {way: level and {"access_level": level} for way, level in ways.items()}
    told = {"id": 77001, "path_with_namespace": "lantern/coast/harbour", "permissions": levels}
    return told | over


@pytest.mark.parametrize(
    ("project", "expected"),
    [
        (a_project(own=50), Gone),
        (a_project(own=20, group=50), Gone),
        (a_project(own=40, group=30), Hidden),
        (a_project(), Hidden),
        (a_project(own=50, issues_access_level="disabled"), Hidden),
        (a_project() | {"permissions": None}, Hidden),
        (404, Hidden),
    ],
)
def test_only_to_an_owner_an_issue_that_is_not_there_is_gone(project, expected):
    found = a_client(network(**{"/issues": [], "/": project})).fetch("12")
    assert type(found) is expected


def test_a_server_in_trouble_proves_nothing_to_an_owner():
    with pytest.raises(Transient):
        a_client(network(**{"/issues": [], "/issues/12": 503, "/": a_project(own=50)})).fetch("12")


def test_a_moved_issue_tells_where_to():
    note = a_note(system=True, body="moved to lantern/archive#7")
    script = network(**{"/issues": [an_issue(moved_to_id=5)], "/issues/12/notes": [note]})
    found = a_client(script).fetch("12")
    assert isinstance(found, Moved)
    assert found.to.key == "lantern/archive#7"
    assert found.to.url == "https://gitlab.com/lantern/archive/-/issues/7"


def test_a_move_inside_the_namespace_names_the_project_alone():
    note = a_note(system=True, body="moved to archive#7")
    script = network(**{"/issues": [an_issue(moved_to_id=5)], "/issues/12/notes": [note]})
    assert a_client(script).fetch("12").to.key == "lantern/coast/archive#7"


def test_a_move_that_nobody_tells_of_is_a_move_all_the_same():
    found = a_client(network(**{"/issues": [an_issue(moved_to_id=5)]})).fetch("12")
    assert isinstance(found, Moved)
    assert found.to.key is None


def test_links_are_issues_duplicates_and_merge_requests():
    links = [
        an_issue(4, link_type="is_blocked_by", issue_link_id=1),
        an_issue(5, link_type="relates_to", issue_link_id=2, project_id=9)
        | {"references": {"full": "lantern/tools#5"}},
        an_issue(6, link_type="knows", issue_link_id=3),
    ]
    request = {
        "iid": 9,
        "title": "A mend",
        "state": "opened",
        "source_branch": "mend",
        "web_url": f"{URL}/-/merge_requests/9",
        "references": {"full": "lantern/coast/harbour!9"},
    }
    issue = an_issue(
        merge_requests_count=1,
        _links={"closed_as_duplicate_of": "https://gitlab.com/api/v4/projects/77001/issues/3"},
    )
    script = network(
        **{
            "/issues": [issue],
            "/issues/12/links": links,
            "/issues/12/related_merge_requests": [request],
            "/issues/12/closed_by": [request],
        }
    )
    found = a_client(script).fetch("12", frozenset({"core", "links"}))
    relations = [GITLAB.to_relation(one, the_source()) for one in found.links]
    assert [(one.kind, one.target.key) for one in relations] == [
        ("blocked_by", "4"),
        ("relates", "lantern/tools#5"),
        ("duplicates", "3"),
        ("pull_request", "lantern/coast/harbour!9"),
    ]


def test_merge_requests_that_are_switched_off_leave_the_other_links_readable(caplog):
    script = network(
        **{
            "/issues": [an_issue()],
            "/issues/12/links": [an_issue(4, link_type="relates_to", issue_link_id=1)],
            "/issues/12/related_merge_requests": 403,
        }
    )
    client = a_client(script)
    for _ in range(2):
        found = client.fetch("12", frozenset({"core", "links"}))
        assert [one["kind"] for one in found.links] == ["relates"]
    assert len(caplog.records) == 1
    assert "related_merge_requests cannot be read" in caplog.text


def test_a_note_that_is_gone_while_its_issue_is_there_is_deleted():
    assert isinstance(a_client(network(**{"/issues": [an_issue()]})).fetch_comment("12", "7"), Gone)
    assert isinstance(a_client(network(**{"/issues": []})).fetch_comment("12", "7"), Hidden)


def test_notes_that_vanish_while_they_are_read_are_transient():
    script = network(**{"/issues": [an_issue()]})
    with pytest.raises(Transient, match="notes of #12 vanished"):
        a_client(script).fetch("12", frozenset({"core", "comments"}))


@pytest.mark.parametrize("ticket", ["12/notes", "../1", "", "twelve", "١٢"])
def test_only_numbers_become_part_of_an_address(ticket):
    script = network()
    with pytest.raises(Permanent, match="is no number"):
        a_client(script).fetch(ticket)
    assert script.asked == []


def test_a_project_is_asked_for_by_its_encoded_path_until_its_number_is_known():
    def answer(request: httpx.Request) -> httpx.Response:
        told = {"id": 77001, "path_with_namespace": "lantern/port", "visibility": "private"}
        return httpx.Response(200, json=told)

    script = Script(answer)
    client = a_client(script, project_id=None)
    project = client.project()
    assert (project.id, project.name, project.private) == ("77001", "lantern/port", True)
    client.project()
    assert script.lines == [
        "GET /api/v4/projects/lantern%2Fcoast%2Fharbour",
        "GET /api/v4/projects/77001",
    ]


def test_a_project_that_is_not_there_is_denied():
    with pytest.raises(Denied, match="there is none, or the credential may not see it"):
        a_client(network()).project()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"message": {"title": ["is too long", "is odd"]}}, "title is too long, is odd"),
        ({"error": "title is missing"}, "title is missing"),
        ({"message": "no such thing"}, "no such thing"),
    ],
)
def test_a_refused_write_tells_gitlab_s_own_words(body, words):
    script = network(**{"/issues": httpx.Response(400, json=body)})
    with pytest.raises(Permanent, match=words):
        a_client(script).write(Write(step="create", body={"title": "x"}))


def test_a_note_that_became_something_else_is_no_success():
    answer = httpx.Response(202, json={"commands_changes": {}, "summary": ["Closed this issue."]})
    script = network(**{"/issues/12/notes": answer})
    with pytest.raises(Permanent, match="made no note"):
        a_client(script).write(Write(step="comment", ticket="12", body={"body": "x"}))


@pytest.mark.parametrize("step", [Write(step="fly"), Write(step="update", body={})])
def test_a_step_that_nobody_knows_or_that_has_no_issue_is_permanent(step):
    with pytest.raises(Permanent):
        a_client(network()).write(step)


def test_time_spent_is_set_to_the_exact_total():
    def told(seconds: int):
        return network(
            **{
                "/issues/12/time_stats": {"total_time_spent": seconds},
                "/issues/12/reset_spent_time": {},
                "/issues/12/add_spent_time": {},
                "/issues": [an_issue()],
            }
        )

    for held, expected in (
        (0, ["add_spent_time"]),
        (3600, ["add_spent_time"]),
        (5400, []),
        (9000, ["reset_spent_time", "add_spent_time"]),
    ):
        script = told(held)
        a_client(script).write(Write(step="spend", ticket="12", body={"seconds": 5400}))
        posts = [one for one in script.asked if one.method == "POST"]
        assert [one.url.path.rpartition("/")[2] for one in posts] == expected
        if held == 3600:
            assert posts[0].content == b'{"duration":"30m"}'


def test_a_marker_of_somebody_else_does_not_count():
    marker = markers.minted(b"key", "home", "m", "x/1")
    written = a_note(body=markers.hidden(marker), author=a_person(7, "a-stranger"))
    script = network(**{"/api/v4/user": a_person(), "/issues/12/notes": [written]})
    intent = Intent(creates="comment", marker=marker, ticket="12", sent_at=NOW)
    assert type(a_client(script).find_marker(intent)).__name__ == "Absent"


def test_notes_that_cannot_be_read_leave_it_open_whether_one_was_made():
    script = network(**{"/api/v4/user": a_person()})
    marker = markers.minted(b"key", "home", "m", "x/1")
    intent = Intent(creates="comment", marker=marker, ticket="12", sent_at=NOW)
    assert isinstance(a_client(script).find_marker(intent), Unsure)


def test_without_a_credential_nothing_can_be_told_to_be_ours():
    intent = Intent(creates="ticket", marker=markers.minted(b"k", "h", "m", "t"), sent_at=NOW)
    assert isinstance(a_client(network(), token=None).find_marker(intent), Unsure)


@pytest.mark.parametrize("token", ["with blank", "ünïcode", "line\nbreak"])
def test_a_token_that_is_none_is_denied_and_not_shown(token):
    with pytest.raises(Denied) as refusal:
        a_client(network(), token=token)
    assert token not in str(refusal.value)


@pytest.mark.parametrize(
    ("told", "named"),
    [
        ({"jql": "x"}, "'jql' is unknown"),
        ({"state": "done"}, "state is 'done'"),
        ({"labels": [1]}, "labels is a list of names"),
        ({"confidential": "no"}, "confidential is true or false"),
    ],
)
def test_a_filter_that_is_none_of_ours_is_a_config_error(told, named):
    with pytest.raises(ConfigError, match=named):
        a_client(network(), filter=told)


@pytest.mark.parametrize(
    ("told", "over", "inside"),
    [
        ({}, {}, True),
        ({}, {"state": "closed"}, False),
        ({"state": "closed"}, {"state": "closed"}, True),
        ({"labels": ["BUG"]}, {"labels": [a_label(1, "bug")]}, True),
        ({"labels": "bug,wish"}, {"labels": [a_label(1, "bug")]}, False),
        ({"milestone": "V2"}, {"milestone": {"id": 1, "title": "v2"}}, True),
        ({"milestone": "v3"}, {}, False),
        ({"types": ["task"]}, {"issue_type": "task"}, True),
        ({"types": ["task"]}, {}, False),
        ({"confidential": False}, {"confidential": True}, False),
    ],
)
def test_a_filter_holds_tickets(told, over, inside):
    source = the_source(filter=told)
    assert GITLAB.holds(GITLAB.to_ticket(an_issue(**over), source), source) is inside


def test_a_filter_cannot_tell_what_a_partial_ticket_leaves_out():
    record = {"iid": 12, "title": "A", "state": "opened", "milestone_id": 5}
    source = the_source(filter={"milestone": "v2"})
    assert GITLAB.holds(GITLAB.to_ticket(record, source), source) is None
    closed = GITLAB.to_ticket(record | {"state": "closed"}, source)
    assert GITLAB.holds(closed, source) is False


@pytest.mark.parametrize("name", ["..", "../../../../user", "%2e%2e", "..%2F..%2Fuser"])
def test_a_file_whose_address_leads_elsewhere_is_not_asked_for(name):
    script = network(**{"/": {"secret": True}, "/uploads": []})
    url = f"{URL}/uploads/{'0a' * 16}/{name}"
    with pytest.raises(Permanent, match="leads elsewhere"):
        list(a_client(script).download(url))
    assert script.asked == []


def test_the_name_of_a_file_is_one_part_of_the_path():
    script = network(**{f"/uploads/{'0a' * 16}/a map.png": {"is": "a file"}})
    assert list(a_client(script).download(f"{URL}/uploads/{'0a' * 16}/a%20map.png"))
    assert script.lines == [f"GET {ROOT}/uploads/{'0a' * 16}/a%20map.png"]


def test_a_list_whose_next_page_is_itself_ends_in_words():
    def answer(request: httpx.Request) -> httpx.Response:
        link = {"link": f'<{request.url}>; rel="next"'}
        return httpx.Response(200, json=[], headers=link)

    with pytest.raises(Transient, match="the next page is the same page"):
        list(a_client(Script(answer)).users())


def test_iterations_are_read_once_a_first_issue_shows_that_there_are_some():
    issues: list = []
    iteration = {"id": 820, "title": "Spring", "state": 2}
    found = {"/issues": issues, "/labels": [], "/milestones": [], "/iterations": [iteration]}
    client = a_client(network(**found))
    assert client.definitions()[0] == ("label", "milestone")
    issues.append(an_issue(iteration=None))
    assert client.definitions()[0] == ("label", "milestone", "sprint")
