"""The stand-in's mutations: what Linear checks, normalises, drops and tells."""

import httpx
import pytest

from sandbox.linear import app
from tests.sandbox.linear_running import asked, created, found, refusal, updated

CREATE = "mutation($i: IssueCreateInput!) { issueCreate(input: $i) { issue { id } } }"
UPDATE = (
    "mutation($id: String!, $i: IssueUpdateInput!) { issueUpdate(id: $id, input: $i) { success } }"
)
UUID = "0f0e0d0c-0b0a-4908-8706-050403020100"


@pytest.fixture
def world():
    with app.start(tickets=4, comments=3) as running:
        yield running


def team(world, place=0):
    return world.state.teams[place].id


def test_a_clients_own_id_is_taken_once(world):
    assert created(world, id=UUID)["id"] == UUID
    given = {"i": {"id": UUID, "teamId": team(world), "title": "Again"}}
    assert "already exists" in refusal(world, CREATE, given)[2]
    given["i"]["id"] = "not-a-uuid"
    assert refusal(world, CREATE, given)[2] == "id must be a UUID"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"title": " "}, "title must not be empty"),
        ({"stateId": "none"}, "Entity not found: WorkflowState"),
        ({"assigneeId": "none"}, "Entity not found: User"),
        ({"labelIds": ["none"]}, "Entity not found: IssueLabel"),
        ({"parentId": "ENG-99"}, "Entity not found: Issue"),
        ({"priority": 5}, "priority must be 0 to 4"),
        ({"estimate": 1.5}, "Int cannot represent non-integer value: 1.5"),
        ({"dueDate": "tomorrow"}, "dueDate is no TimelessDate"),
        ({"colour": "red"}, 'Field "colour" is not defined by type "IssueCreateInput".'),
        ({"teamId": "none"}, "Entity not found: Team"),
    ],
)
def test_what_does_not_fit_is_refused(world, given, told):
    wanted = {"teamId": team(world), "title": "New", **given}
    assert refusal(world, CREATE, {"i": wanted})[2] == told
    assert len(world.state.issues) == 4


def test_states_and_labels_of_another_team_are_refused(world):
    foreign = next(one for one in world.state.states if one.team.key == "OPS")
    message = refusal(world, UPDATE, {"id": "ENG-1", "i": {"stateId": foreign.id}})[2]
    assert message == "The state does not belong to the team of the issue"
    label = world.acts.create_label("ops only", team=world.state.teams[1])
    message = refusal(world, UPDATE, {"id": "ENG-1", "i": {"addedLabelIds": [label.id]}})[2]
    assert "not associated with the same team" in message


def test_texts_come_back_as_linear_keeps_them(world):
    text = "Look:\r\n- one  \r\n- two\n<!-- hidden -->\n- [ ] task\n\n"
    issue = created(world, title="  Trimmed  ", description=text)
    kept = world.state.issue(issue["id"])
    assert issue["title"] == "Trimmed"
    assert kept.description == "Look:\n* one\n* two\n- [ ] task"


def test_label_ids_replace_and_the_other_two_change(world):
    ids = {label.name: label.id for label in world.state.labels}
    updated(world, "ENG-1", labelIds=[ids["Bug"], ids["Feature"]])
    issue = updated(
        world, "ENG-1", addedLabelIds=[ids["Improvement"]], removedLabelIds=[ids["Bug"]]
    )
    assert {one["name"] for one in issue["labels"]["nodes"]} == {"Feature", "Improvement"}
    assert updated(world, "ENG-1", labelIds=[])["labels"]["nodes"] == []


def test_of_a_group_one_label_stays_and_the_group_itself_is_refused(world):
    world.acts.edit("ENG-1", labels=[])
    world.acts.label("ENG-1", "Checkout", "Warehouse")
    assert [one.name for one in world.state.issue("ENG-1").labels] == ["Warehouse"]
    group = next(one for one in world.state.labels if one.is_group)
    message = refusal(world, UPDATE, {"id": "ENG-1", "i": {"addedLabelIds": [group.id]}})[2]
    assert "is a group" in message


def test_a_write_that_changes_nothing_moves_nothing(world):
    issue = world.state.issue("ENG-1")
    before = issue.updated_at
    assert updated(world, "ENG-1", title=issue.title)["updatedAt"] == before
    updated(world, "ENG-1", sortOrder=17.5)
    assert (issue.updated_at, issue.sort_order) == (before, 17.5)


def test_comments_and_relations_move_no_issue(world):
    issue, before = world.state.issue("ENG-1"), world.state.issue("ENG-1").updated_at
    made = found(
        world,
        "mutation($i: CommentCreateInput!) { commentCreate(input: $i) { comment { id url } } }",
        {"i": {"issueId": issue.id, "body": "Hello"}},
    )["commentCreate"]["comment"]
    relation = {"issueId": issue.id, "relatedIssueId": "ENG-2", "type": "blocks"}
    relate = (
        "mutation($i: IssueRelationCreateInput!) { issueRelationCreate(input: $i) { success } }"
    )
    found(world, relate, {"i": relation})
    found(world, relate, {"i": relation})  # the same again is the same
    assert issue.updated_at == before
    assert len(world.state.relations) == 1
    assert refusal(world, relate, {"i": {**relation, "type": "loves"}})[0] == 200
    delete = "mutation($id: String!) { commentDelete(id: $id) { success entityId } }"
    assert found(world, delete, {"id": made["id"]})["commentDelete"]["entityId"] == made["id"]
    assert refusal(world, delete, {"id": made["id"]})[2] == "Entity not found: Comment"


def test_trash_restore_and_deletion_for_good(world):
    found(world, 'mutation { issueDelete(id: "ENG-1") { success } }')
    assert world.state.issue("ENG-1").trashed
    found(world, 'mutation { issueUnarchive(id: "ENG-1") { entity { id } } }')
    assert not world.state.issue("ENG-1").trashed
    found(world, 'mutation { issueArchive(id: "ENG-1") { success } }')
    assert world.state.issue("ENG-1").archived_at
    found(world, 'mutation { issueDelete(id: "ENG-1", permanentlyDelete: true) { success } }')
    assert world.state.issue("ENG-1") is None


def test_a_move_to_another_team_remaps_and_keeps_the_id(world):
    world.acts.plan("ENG-1", cycle=2)
    world.acts.move("ENG-1", "In Review")
    before = world.state.issue("ENG-1").id
    issue = updated(world, "ENG-1", teamId=team(world, 1))
    assert (issue["id"], issue["identifier"]) == (before, "OPS-1")
    kept = world.state.issue("OPS-1")
    assert (kept.state.name, kept.state.team.key, kept.cycle) == ("In Progress", "OPS", None)
    assert kept.previous == ["ENG-1"]


def test_states_set_the_times_that_belong_to_them(world):
    world.acts.move("ENG-1", "backlog")
    world.acts.edit("ENG-1", started_at=None)
    issue = world.state.issue("ENG-1")
    world.acts.move("ENG-1", "In Progress")
    started = issue.started_at
    world.acts.close("ENG-1")
    assert (issue.started_at, issue.completed_at is not None) == (started, True)
    world.acts.reopen("ENG-1")
    assert issue.completed_at is None
    world.acts.relate("ENG-1", "duplicate", "ENG-2")
    assert (issue.state.type, issue.canceled_at is not None) == ("duplicate", True)


def test_the_same_address_is_one_attachment(world):
    query = (
        "mutation($i: AttachmentCreateInput!) { attachmentCreate(input: $i) { attachment { id } } }"
    )
    wanted = {"issueId": "ENG-1", "url": "https://example.org/1", "title": "One"}
    first = found(world, query, {"i": wanted})
    second = found(world, query, {"i": {**wanted, "title": "Two", "metadata": {"k": 1}}})
    assert first == second
    [kept] = world.state.issue("ENG-1").attachments
    assert (kept.title, kept.metadata) == ("Two", {"k": 1})
    lookup = (
        '{ attachmentsForURL(url: "https://example.org/1") { nodes { issue { identifier } } } }'
    )
    assert found(world, lookup)["attachmentsForURL"]["nodes"][0]["issue"]["identifier"] == "ENG-1"


def test_an_upload_wants_exactly_what_was_announced(world):
    query = (
        'mutation { fileUpload(contentType: "text/plain", filename: "a.txt", size: 3) {'
        " uploadFile { uploadUrl assetUrl headers { key value } } } }"
    )
    place = found(world, query)["fileUpload"]["uploadFile"]
    assert httpx.get(place["assetUrl"], trust_env=False).status_code == 401
    wrong = httpx.put(place["uploadUrl"], content=b"toolong", trust_env=False)
    assert wrong.status_code == 403
    plain = {"content-type": "text/plain"}
    assert httpx.put(place["uploadUrl"], content=b"abc", headers=plain, trust_env=False).is_success
    own = {"authorization": app.TOKEN}
    assert httpx.get(place["assetUrl"], headers=own, trust_env=False).content == b"abc"


def test_members_may_not_touch_webhooks(world):
    world.accounts.add_token("lin_api_member", "aiko", admin=False)
    answer = asked(world, "{ webhooks { nodes { id } } }", token="lin_api_member")
    assert answer.status_code == 403
    assert answer.json()["errors"][0]["extensions"]["type"] == "forbidden"


def test_an_answer_lost_on_the_way_was_carried_out(world):
    world.faults.set(answer_lost=1)
    with pytest.raises(httpx.TransportError):
        created(world, id=UUID)
    assert world.state.issues[UUID]
    assert [one.lost for one in world.requests.entries] == [True]


def test_consent_leaves_tokens_that_rotate(world):
    from sandbox.linear.oauth import CLIENT_ID, CLIENT_SECRET  # noqa: PLC0415

    with httpx.Client(base_url=world.url, trust_env=False) as client:
        wish = {
            "client_id": CLIENT_ID, "response_type": "code", "state": "s",
            "redirect_uri": "http://127.0.0.1:9/back", "scope": "read,write",
        }  # fmt: skip
        back = httpx.URL(client.get("/oauth/authorize", params=wish).headers["location"])
        app_ = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        first = client.post(
            "/oauth/token",
            data={**app_, "grant_type": "authorization_code", "code": back.params["code"]},
        ).json()
        refresh = {**app_, "grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
        second = client.post("/oauth/token", data=refresh).json()
        assert second["access_token"] != first["access_token"]
        assert client.post("/oauth/token", data=refresh).status_code == 400
    assert found(world, "{ viewer { id } }", token=f"Bearer {second['access_token']}")
