"""Writing: steps made of changes, and what they leave at the stand-in."""

from datetime import date

import pytest

from schemas.change import CommentChange, TicketChange, Write
from schemas.errors import Denied, Permanent, Transient
from schemas.record import Gone
from schemas.ticket import Comment, Person, Ticket
from tests.trackers.jira.jira_payloads import URL, a_doc, an_issue
from tests.trackers.jira.jira_scene import a_scene, connected, reply
from tests.trackers.stand_ins import a_source
from trackers import markers
from trackers.jira import JIRA

SOURCE = a_source("jira", URL)
MARKER = markers.minted(b"key", "here", "m1", "shop/7")


def a_ticket(**fields) -> Ticket:
    return Ticket.model_validate({"source": "shop", "external_id": "", "key": ""} | fields)


def steps(source=SOURCE, ticket=None, record=None, marker=None, **fields) -> list[Write]:
    change = TicketChange(
        ticket=ticket,
        wanted=a_ticket(**fields),
        fields=frozenset(fields),
        record=record,
        marker=marker,
    )
    return JIRA.to_writes(change, source)


def test_a_new_ticket_carries_its_marker_in_the_creating_call():
    [create] = steps(title="A lamp", body="Dark.", marker=MARKER)
    assert (create.step, create.ticket) == ("create", None)
    assert create.body["properties"] == [
        {"key": "ticketsync", "value": {"marker": markers.text(MARKER)}}
    ]
    assert create.body["fields"]["description"] == a_doc("Dark.")


def test_a_status_is_a_step_of_its_own():
    made = steps(title="A", state="closed", status="Done", status_category="done")
    assert [one.step for one in made] == ["create", "transition"]
    assert made[1].ticket is None
    assert [one.step for one in steps(title="A", state="open", status_category="todo")] == [
        "create"
    ]
    [only] = steps(ticket="7", state="closed")
    assert (only.step, only.body["category"]) == ("transition", "done")


def test_labels_are_added_and_taken_away_one_by_one():
    labels = [{"id": "x", "name": name} for name in ("night", "on the quay")]
    [update] = steps(ticket="7", record=an_issue(labels=["night", "old"]), labels=labels)
    assert update.body["update"]["labels"] == [{"add": "on-the-quay"}, {"remove": "old"}]
    assert "on-the-quay" in update.losses[0]


def test_what_has_no_place_is_a_loss():
    two = [Person(id="a", name="Ana"), Person(id="b", name="Ben")]
    [create] = steps(title="A", assignees=two, time_spent=60, locked=True)
    assert create.body["fields"]["assignee"] == {"accountId": "a"}
    assert any("Ben" in loss for loss in create.losses)
    assert any("time_spent" in loss for loss in create.losses)
    assert any("locked" in loss for loss in create.losses)


def test_a_long_title_is_cut_and_a_line_end_in_it_too():
    [create] = steps(title="a\nb" + "c" * 300)
    assert len(create.body["fields"]["summary"]) == 255
    assert "\n" not in create.body["fields"]["summary"]
    assert create.losses


def test_blocks_of_a_text_that_stay_are_taken_from_the_record():
    kept = {"type": "panel", "attrs": {"panelType": "info"}, "content": a_doc("Beware")["content"]}
    document = {"type": "doc", "version": 1, "content": [kept, *a_doc("Old end")["content"]]}
    record = an_issue(description=document)
    body = JIRA.to_ticket(record, SOURCE).body.replace("Old end", "New end")
    [update] = steps(ticket="7", record=record, body=body)
    assert update.body["fields"]["description"]["content"][0] == kept


def test_data_center_takes_wiki_text_and_names_people():
    source = a_source("jira", "https://jira.corp.example/browse/HARB")
    [create] = steps(
        source, title="A", body="# Dark", assignees=[Person(id="JIRAUSER1", login="ivarga")]
    )
    assert create.body["fields"]["description"] == "h1. Dark"
    assert create.body["fields"]["assignee"] == {"name": "ivarga"}


def test_mapped_fields_are_written_where_the_source_says():
    source = a_source("jira", URL, fields={"due_date": "customfield_3", "body": "customfield_1"})
    [create] = steps(source, title="A", body="Dark.", due_date=date(2027, 1, 2))
    assert create.body["fields"]["customfield_3"] == "2027-01-02"
    assert create.body["fields"]["customfield_1"] == a_doc("Dark.")
    assert not {"duedate", "description"} & set(create.body["fields"])


def test_an_unknown_step_is_refused():
    with pytest.raises(Permanent, match="no step 'dance'"):
        connected({}).client.write(Write(step="dance", ticket="7"))


def test_a_write_that_creates_waits_for_its_ticket():
    with pytest.raises(Permanent, match="names no issue"):
        connected({}).client.write(Write(step="transition", body={}))


def creating(fields, **answers):
    """A site whose one type `Bug` takes these fields."""
    types = {"issueTypes": [{"id": "10004", "name": "Bug", "subtask": False}], "total": 1}
    metas = [{"fieldId": key, "key": key, "name": key.title(), "required": False, **meta}
             for key, meta in fields.items()]  # fmt: skip
    return {
        "GET /issue/createmeta/HARB/issuetypes": types,
        "GET /issue/createmeta/HARB/issuetypes/10004": {"fields": metas, "total": len(metas)},
        "POST /issue": reply({"id": "20481", "key": "HARB-12", "self": "x"}, 201),
        "GET /issue/20481": an_issue(),
    } | answers


def test_a_required_field_that_nothing_fills_is_named():
    one = connected(creating({"summary": {"required": True}, "customfield_7": {"required": True}}))
    with pytest.raises(Permanent, match=r"Customfield_7 \(customfield_7\), which nothing fills"):
        one.client.write(steps(title="A")[0])
    assert not any(line.startswith("POST") for line in one.lines)


def test_a_required_field_with_a_default_is_left_to_jira():
    meta = {"required": True, "hasDefaultValue": True}
    one = connected(creating({"summary": {"required": True}, "priority": meta}))
    assert one.client.write(steps(title="A")[0]).key == "HARB-12"


def test_fields_no_screen_shows_are_left_out():
    one = connected(creating({"summary": {"required": True}}))
    one.client.write(steps(title="A", due_date=date(2026, 12, 1), story_points=3)[0])
    [body] = one.bodies
    assert set(body["fields"]) == {"summary", "project", "issuetype"}


def test_a_severity_becomes_the_priority_that_means_it():
    options = [{"id": "1", "name": name} for name in ("Blocker", "Minor", "High")]
    one = connected(creating({"priority": {"allowedValues": options}}))
    one.client.write(steps(title="A", severity="P1")[0])
    assert one.bodies[0]["fields"]["priority"] == {"name": "Blocker"}


def test_values_take_the_form_of_their_field():
    option = {"schema": {"type": "option", "custom": "x:select"}}
    many = {"schema": {"type": "array", "items": "option", "custom": "x:multiselect"}}
    number = {"schema": {"type": "number", "custom": "x:float"}}
    area = "com.atlassian.jira.plugin.system.customfieldtypes:textarea"
    fields = {
        "customfield_1": option,
        "customfield_2": many,
        "customfield_3": number,
        "customfield_4": {"schema": {"type": "string", "custom": area}},
        "customfield_5": {"schema": {"type": "option-with-child", "custom": "x:cascadingselect"}},
        "customfield_6": {"schema": {"type": "user", "custom": "x:userpicker"}},
        "customfield_7": {"schema": {"type": "team", "custom": "x:team"}},
        "customfield_10001": option,
    }
    one = connected(creating(fields))
    wanted = {
        "customfield_1": "red",
        "customfield_2": ["a", "b"],
        "customfield_3": "4.5",
        "customfield_4": "A note",
        "customfield_5": "Europe / Spain",
        "customfield_6": "Ines Varga",
        "customfield_7": "Team Quay",
        "customfield_9": "nowhere",
    }
    one.client.write(steps(title="A", custom_fields=wanted, customer="Quay Ltd.")[0])
    sent = one.bodies[0]["fields"]
    assert sent["customfield_1"] == {"value": "red"}
    assert sent["customfield_2"] == [{"value": "a"}, {"value": "b"}]
    assert sent["customfield_3"] == 4.5
    assert sent["customfield_4"] == a_doc("A note")
    assert sent["customfield_10001"] == {"value": "Quay Ltd."}
    assert sent["customfield_5"] == {"value": "Europe", "child": {"value": "Spain"}}
    assert not {"customfield_6", "customfield_7", "customfield_9"} & set(sent)


def test_a_write_whose_reading_back_fails_is_still_done():
    one = connected(creating({"summary": {}}) | {"GET /issue/20481": reply({}, 503)})
    ref = one.client.write(steps(title="A")[0])
    assert (ref.ticket, ref.key, ref.record) == ("20481", "HARB-12", None)


def test_a_refusal_repeats_what_jira_says_of_each_field():
    wrong = reply({"errorMessages": [], "errors": {"description": "must be a document"}}, 400)
    one = connected(creating({"summary": {}}) | {"POST /issue": wrong})
    with pytest.raises(Permanent, match="description: must be a document"):
        one.client.write(steps(title="A")[0])


def test_a_write_without_an_answer_is_transient_and_not_repeated():
    one = connected(creating({"summary": {}}) | {"POST /issue": reply({}, 502)})
    with pytest.raises(Transient):
        one.client.write(steps(title="A")[0])
    assert sum(line.startswith("POST") for line in one.lines) == 1


def test_an_edited_comment_stays_as_restricted_as_it_was():
    record = {"id": "5", "body": a_doc("Old"), "visibility": {"type": "role", "value": "Staff"}}
    wanted = Comment(id="5", body="New")
    change = CommentChange(ticket="7", comment="5", wanted=wanted, record=record)
    [edit] = JIRA.to_writes(change, SOURCE)
    assert edit.body == {"body": a_doc("New"), "visibility": record["visibility"]}


def test_a_ticket_is_created_changed_and_closed_at_the_stand_in():
    with a_scene() as scene:
        epic = scene.create(title="Lights", type="epic")
        new = scene.create(title="A lamp", body="Dark.", type="story", epic={"key": "PROJ-1"})
        ticket = scene.ticket(new)
        assert (ticket.type, ticket.epic.external_id) == ("story", epic)
        refs = scene.update(new, title="Two lamps", state="closed", close_reason="not_planned")
        after = scene.ticket(new)
        assert [ref.revision for ref in refs][-1] == after.revision
        assert (after.title, after.state, after.close_reason) == (
            "Two lamps", "closed", "not_planned",
        )  # fmt: skip
        assert after.status_category == "canceled"
        scene.update(new, epic=None, state="open", status_category="todo")
        again = scene.ticket(new)
        assert (again.epic, again.state, again.close_reason) == (None, "open", None)


OFF_SCREEN = {"errorMessages": [], "errors": {"duedate": "It is not on the appropriate screen."}}


def test_an_edit_no_screen_shows_is_said_and_tried_once():
    shown = {"fields": {"summary": {"required": True, "name": "Summary"}}}
    one = connected(
        {
            "GET /issue/20481": an_issue(),
            "GET /issue/20481/editmeta": shown,
            "PUT /issue/20481": reply(OFF_SCREEN, 400),
        }
    )
    [step] = steps(ticket="20481", due_date=date(2026, 12, 1))
    with pytest.raises(Permanent, match="duedate cannot be set"):
        one.client.write(step)
    assert sum(line.startswith("PUT") for line in one.lines) == 1


def test_an_edit_that_is_refused_for_a_field_off_the_screen_is_made_without_it():
    shown = {"fields": {"summary": {"required": True, "name": "Summary"}}}

    def edit(body):
        return reply(OFF_SCREEN, 400) if "duedate" in body["fields"] else reply({}, 204)

    one = connected(
        {
            "GET /issue/20481": an_issue(),
            "GET /issue/20481/editmeta": shown,
            "PUT /issue/20481": edit,
            "GET /field": [],
        }
    )
    [step] = steps(ticket="20481", title="Seen", due_date=date(2026, 12, 1))
    assert one.client.write(step).ticket == "20481"
    assert sum(line.startswith("PUT") for line in one.lines) == 2


def test_an_edit_that_is_refused_for_its_value_is_not_tried_again():
    shown = {"fields": {"summary": {"required": True, "name": "Summary"}}}
    one = connected(
        {
            "GET /issue/20481/editmeta": shown,
            "PUT /issue/20481": reply({"errors": {"summary": "is too odd"}}, 400),
        }
    )
    [step] = steps(ticket="20481", title="Odd")
    with pytest.raises(Permanent, match="too odd"):
        one.client.write(step)
    assert sum(line.startswith("PUT") for line in one.lines) == 1


def test_a_type_that_is_unknown_here_becomes_the_plainest():
    types = {"issueTypes": [{"id": "1", "name": "Epic"}, {"id": "2", "name": "Task"}], "total": 2}
    metas = {"fields": [], "total": 0}
    one = connected(
        creating({})
        | {
            "GET /issue/createmeta/HARB/issuetypes": types,
            "GET /issue/createmeta/HARB/issuetypes/2": metas,
        }
    )
    one.client.write(steps(title="A", type="user story")[0])
    assert one.bodies[0]["fields"]["issuetype"] == {"id": "2"}


def test_a_comment_of_the_stand_in_is_internal_where_that_is_meant():
    with a_scene() as scene:
        new = scene.create(title="One")
        wanted = Comment(id="", body="Between us", internal=True)
        [ref] = scene.carry_out(CommentChange(ticket=new, wanted=wanted, marker=MARKER))
        assert ref.revision
        scene.carry_out(CommentChange(ticket=new, comment=ref.comment))
        scene.carry_out(CommentChange(ticket=new, comment=ref.comment))
        assert isinstance(scene.client.fetch_comment(new, ref.comment), Gone)


@pytest.mark.parametrize("answer", [reply({}, 403), an_issue(key=5), reply({}, 401)])
def test_a_write_whose_reading_back_is_refused_or_broken_is_done_all_the_same(answer):
    """An error would say that nothing was made, and it would be made again."""
    one = connected(creating({"summary": {}}) | {"GET /issue/20481": answer})
    assert one.client.write(steps(title="A")[0]).ticket == "20481"


def test_a_comment_of_an_issue_out_of_sight_is_not_taken_for_deleted():
    step = Write(step="delete_comment", ticket="20481", comment="5")
    with pytest.raises(Permanent, match="HTTP 404"):
        connected({}).client.write(step)
    seen = connected({"GET /issue/20481": an_issue()})
    assert seen.client.write(step).comment == "5"


@pytest.mark.parametrize("step", ["update", "transition"])
def test_a_write_to_an_issue_out_of_sight_is_no_trouble_of_the_source(step):
    body = {"fields": {"summary": "A"}, "status": "Done", "category": "done"}
    with pytest.raises(Permanent) as refusal:
        connected({}).client.write(Write(step=step, ticket="20481", body=body))
    assert not isinstance(refusal.value, Denied)


def test_types_are_read_to_the_end_where_no_total_is_told():
    found = [{"id": "1", "name": "Task"}, {"id": "2", "name": "Defect"}]
    answers = creating({}) | {
        "GET /issue/createmeta/HARB/issuetypes": lambda params: {
            "issueTypes": found[int(params["startAt"]) :][:1]
        },
        "GET /issue/createmeta/HARB/issuetypes/2": {"fields": [], "total": 0},
    }
    one = connected(answers)
    one.client.write(steps(title="A", type="defect")[0])
    assert one.bodies[0]["fields"]["issuetype"] == {"id": "2"}
