"""Changes as steps: operations on fields and links, what waits for the client, and losses."""

import pytest

from schemas.change import CommentChange, LinkChange, TicketChange
from schemas.errors import Permanent
from schemas.ticket import Comment, Relation, Ticket, TicketRef
from tests.trackers.azure_devops.azure_payloads import an_item, item_url, relation, the_source
from trackers import markers
from trackers.azure_devops import AZURE_DEVOPS, texts

MARKER = markers.minted(b"key", "here", "mirror", "source/7")


def a_ticket(**fields) -> Ticket:
    return Ticket.model_validate({"source": "shop", "external_id": "", "key": ""} | fields)


def steps(wanted, *fields, record=None, marker=None, **over):
    change = TicketChange(
        ticket="12" if record else None,
        wanted=wanted,
        fields=frozenset(fields),
        record=record,
        marker=marker,
    )
    return AZURE_DEVOPS.to_writes(change, the_source(**over))


def fields_of(step) -> dict:
    return {
        op["path"].removeprefix("/fields/"): op.get("value")
        for op in step.body["ops"]
        if op["path"].startswith("/fields/")
    }


def test_an_update_tests_the_revision_it_was_made_from():
    [step] = steps(a_ticket(title="New"), "title", record=an_item(rev=7))
    assert step.body["ops"][0] == {"op": "test", "path": "/rev", "value": 7}
    assert fields_of(step) == {"System.Title": "New"}


def test_only_the_fields_that_were_named_are_written():
    [step] = steps(a_ticket(title="New", body="x", priority="1"), "priority", record=an_item())
    assert fields_of(step) == {"Microsoft.VSTS.Common.Priority": 1}


def test_a_change_of_nothing_is_no_step():
    assert steps(a_ticket(), record=an_item()) == []


def test_a_new_one_begins_in_its_first_state_and_is_moved_by_a_step_of_its_own():
    create, state = steps(
        a_ticket(title="A", type="bug", state="closed", status="Closed", status_category="done"),
        *("title", "type", "state", "status"),
        marker=MARKER,
    )
    assert (create.step, create.ticket, create.body["later"]["type"]) == ("create", None, "bug")
    assert "System.State" not in fields_of(create)
    assert (state.step, state.ticket, state.marker) == ("state", None, None)
    assert state.body["later"]["state"] == {"status": "Closed", "category": "done"}


def test_the_marker_is_the_comment_of_a_link_to_the_origin():
    [create] = steps(a_ticket(title="A", url="https://origin.example/7"), "title", marker=MARKER)
    link = create.body["ops"][-1]["value"]
    assert (link["rel"], link["url"]) == ("Hyperlink", "https://origin.example/7")
    assert markers.found(link["attributes"]["comment"]) == [MARKER]


def test_text_goes_where_the_type_shows_it():
    bug, story = "Microsoft.VSTS.TCM.ReproSteps", "System.Description"
    assert bug in fields_of(steps(a_ticket(type="bug", body="x"), "body")[0])
    assert story in fields_of(steps(a_ticket(type="user story", body="x"), "body")[0])
    assert "Custom.Text" in fields_of(
        steps(a_ticket(body="x"), "body", fields={"body": "Custom.Text"})[0]
    )


def test_text_is_html_unless_the_field_is_markdown():
    record = an_item()
    [step] = steps(a_ticket(body="*a*"), "body", record=record)
    assert "<em>a</em>" in fields_of(step)["Microsoft.VSTS.TCM.ReproSteps"]
    record["multilineFieldsFormat"] = {"Microsoft.VSTS.TCM.ReproSteps": "Markdown"}
    [step] = steps(a_ticket(body="*a*"), "body", record=record)
    assert fields_of(step)["Microsoft.VSTS.TCM.ReproSteps"] == "*a*"


def test_tags_are_one_text_and_a_separator_in_a_name_is_a_loss():
    labels = [{"id": name, "name": name} for name in ("a", "b; c", "d,e")]
    [step] = steps(a_ticket(labels=labels), "labels", record=an_item())
    assert fields_of(step)["System.Tags"] == "a; b c; d e"
    assert len(step.losses) == 2


def test_a_second_assignee_and_a_second_area_are_losses():
    people = [{"id": "1", "login": "ines@x"}, {"id": "2", "login": "tom@x"}]
    areas = [{"id": "1", "name": "A"}, {"id": "2", "name": "B"}]
    [step] = steps(
        a_ticket(assignees=people, components=areas), "assignees", "components", record=an_item()
    )
    assert fields_of(step)["System.AssignedTo"] == "ines@x"
    assert step.body["later"]["area"] == "1"
    assert len(step.losses) == 2


def test_what_has_no_place_is_a_loss_only_when_there_is_something_to_lose():
    stone = {"id": "1", "title": "v1"}
    [step] = steps(
        a_ticket(title="A", milestone=stone, locked=False), "title", "milestone", "locked"
    )
    assert step.losses == ("milestone has no place at Azure DevOps",)
    long = steps(a_ticket(title="x" * 300), "title")[0]
    assert len(fields_of(long)["System.Title"]) == 255
    assert long.losses


@pytest.mark.parametrize(
    ("word", "number"), [("1", 1), ("High", 2), ("medium", 3), ("lowest", 4), ("soon", None)]
)
def test_priorities_of_other_trackers_are_numbers_here(word, number):
    [step] = steps(a_ticket(priority=word), "priority", record=an_item())
    assert (step.step == "nothing") is (number is None)
    assert fields_of(step).get("Microsoft.VSTS.Common.Priority") == number
    assert bool(step.losses) is (number is None)


def test_severities_have_their_native_names():
    [step] = steps(a_ticket(severity="P4"), "severity", record=an_item())
    assert fields_of(step)["Microsoft.VSTS.Common.Severity"] == "4 - Low"
    own = {"severities": {"Sev A": "P1"}}
    [step] = steps(a_ticket(severity="P1"), "severity", record=an_item(), **own)
    assert fields_of(step)["Microsoft.VSTS.Common.Severity"] == "Sev A"


def test_what_is_cleared_is_removed_only_where_it_was_set():
    record = an_item(Microsoft__VSTS__Scheduling__DueDate="2026-12-24T00:00:00Z")
    [step] = steps(a_ticket(), "due_date", "story_points", record=record)
    assert step.body["ops"][1:] == [
        {"op": "remove", "path": "/fields/Microsoft.VSTS.Scheduling.DueDate"}
    ]


def test_a_span_is_written_in_hours_where_the_work_item_has_it():
    record = an_item(Microsoft__VSTS__Scheduling__OriginalEstimate=1)
    [step] = steps(a_ticket(time_estimate=5400), "time_estimate", record=record)
    assert fields_of(step)["Microsoft.VSTS.Scheduling.OriginalEstimate"] == 1.5
    [step] = steps(a_ticket(time_spent=900), "time_spent", record=an_item())
    assert step.body["later"]["numbers"] == {"time_spent": 0.25}


def test_an_estimate_is_written_only_where_a_field_is_named_for_it():
    wanted = a_ticket(estimate=2.5, weight=3)
    [step] = steps(wanted, "estimate", "weight", record=an_item(), fields={"weight": "Custom.W"})
    assert fields_of(step) == {"Custom.W": 3}
    assert step.losses == ("estimate has no place at Azure DevOps",)


def test_custom_fields_that_are_so_already_are_left_alone():
    record = an_item(Custom__A="x", Custom__B="y")
    wanted = a_ticket(custom_fields={"Custom.A": "x", "Custom.B": "z"})
    [step] = steps(wanted, "custom_fields", record=record)
    assert fields_of(step) == {"Custom.B": "z"}


def test_a_customer_without_a_field_is_a_loss():
    [step] = steps(a_ticket(customer="ACME", title="x"), "customer", "title", record=an_item())
    assert "customer" in step.losses[0]
    [step] = steps(
        a_ticket(customer="ACME"), "customer", record=an_item(), fields={"customer": "Custom.C"}
    )
    assert fields_of(step) == {"Custom.C": "ACME"}


def test_a_new_parent_takes_the_place_of_the_old_one():
    record = an_item()
    record["relations"] = [
        relation("Hyperlink", "https://x.example"),
        relation("System.LinkTypes.Hierarchy-Reverse", item_url(9)),
    ]
    parent = {"external_id": "10", "key": "10"}
    [step] = steps(a_ticket(parent=parent), "parent", record=record)
    assert step.body["ops"][1] == {"op": "remove", "path": "/relations/1"}
    assert step.body["ops"][2]["value"]["url"].endswith("/_apis/wit/workItems/10")
    same = {"external_id": "9", "key": "9"}
    assert steps(a_ticket(parent=same), "parent", record=record) == []


def test_a_state_open_or_closed_weighs_more_than_a_category_that_contradicts_it():
    [step] = steps(a_ticket(state="closed", close_reason="not_planned"), "state", record=an_item())
    assert step.body["later"]["state"] == {"status": "", "category": "canceled"}
    reopened = a_ticket(state="open", status="Closed", status_category="done")
    [step] = steps(reopened, "state", "status", record=an_item())
    assert step.body["later"]["state"] == {"status": "", "category": "todo"}


def comment(body, record=None, marker=None, url=None):
    wanted = Comment(id="", body=body, url=url)
    change = CommentChange(
        ticket="12",
        comment="9001" if record else None,
        wanted=wanted,
        record=record,
        marker=marker,
    )
    [step] = AZURE_DEVOPS.to_writes(change, the_source())
    return step


@pytest.mark.parametrize("origin", [None, "https://o.example/7", "https://o.example/7#c-1"])
def test_a_comment_ends_with_its_marker_which_reading_leaves_out(origin):
    step = comment("Hello *you*", marker=MARKER, url=origin)
    assert markers.found(step.body["text"]) == [MARKER]
    assert texts.read(step.body["text"], is_markdown=False).text == "Hello *you*"
    assert (origin or "") in step.body["text"]


def test_an_edit_keeps_the_marker_and_the_form_of_a_comment():
    first = comment("One", marker=MARKER).body["text"]
    again = comment("Two", record={"text": first, "format": "html"})
    assert markers.found(again.body["text"]) == [MARKER]
    plain = texts.marked("One", MARKER, None, is_markdown=True)
    again = comment("*Two*", record={"text": plain, "format": "markdown"})
    assert (again.step, again.body["format"]) == ("edit_comment", "markdown")
    assert texts.read(again.body["text"], is_markdown=True).text == "*Two*"
    assert markers.found(again.body["text"]) == [MARKER]


def test_somebody_mentioned_is_mentioned_in_either_form():
    guid = "b0b0b0b0-0000-4000-8000-00000000000b"
    html = f'<p>Hi <a href="#" data-vss-mention="version:2.0,{guid}">@Ben Okafor</a></p>'
    read = texts.read(html, is_markdown=False).text
    assert read == f"Hi [@Ben Okafor](azureid:{guid})"
    assert texts.written(read, is_markdown=False).text.strip() == html
    assert texts.written(read, is_markdown=True).text == f"Hi @<{guid}>"


def test_a_link_is_made_by_its_native_name_and_what_has_none_is_a_loss():
    blocks = Relation(kind="blocks", target=TicketRef(external_id="9"))
    [step] = AZURE_DEVOPS.to_writes(LinkChange(ticket="12", relation=blocks), the_source())
    assert step.body == {"rel": "System.LinkTypes.Dependency-Forward", "target": "9"}
    away = Relation(kind="relates", target=TicketRef(url="https://elsewhere.example/7"))
    [step] = AZURE_DEVOPS.to_writes(LinkChange(ticket="12", relation=away), the_source())
    assert step.step == "nothing"
    assert "elsewhere.example" in step.losses[0]


def test_a_text_too_long_for_any_converter_is_refused_with_a_cause():
    with pytest.raises(Permanent, match="cannot be written as HTML"):
        steps(a_ticket(body="x" * 1_000_001), "body", record=an_item())
