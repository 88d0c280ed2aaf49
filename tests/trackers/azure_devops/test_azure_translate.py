"""Work items as tickets: names, numbers, people, places, links and texts."""

from datetime import date

import orjson
import pytest

from schemas import fingerprint
from schemas.errors import Permanent
from schemas.ticket import TicketRef
from tests.trackers.azure_devops.azure_payloads import (
    INES,
    PROJECT,
    TOM,
    an_item,
    item_url,
    relation,
    the_source,
)
from tests.trackers.stand_ins import shared
from trackers.azure_devops import AZURE_DEVOPS
from trackers.azure_devops.people import person

SCHEDULING = "Microsoft.VSTS.Scheduling."


def ticket(record=None, **over):
    return AZURE_DEVOPS.to_ticket(record or an_item(), the_source(**over))


def test_a_work_item_becomes_a_ticket():
    found = ticket()
    assert (found.key, found.external_id, found.number) == ("12", "12", 12)
    assert found.url == "https://dev.azure.com/lantern/Harbour/_workitems/edit/12"
    assert found.title == "The beacon flickers at dusk ☕"
    assert found.body == "Every **evening**.\n\nSince Monday."
    assert (found.type, found.status, found.status_category) == ("bug", "Active", "in_progress")
    assert (found.priority, found.severity, found.revision) == ("1", "P2", "3")
    assert [one.id for one in found.labels] == ["night", "Bug"]
    assert [one.login for one in found.assignees] == ["tom@lantern.example"]
    assert found.reporter.name == "Ines Varga"
    assert (found.sprint.id, found.sprint.name) == ("44", "Release 1\\Sprint 4")
    assert [(one.id, one.name) for one in found.components] == [("31", "Lights")]
    assert found.comment_count == 2
    assert found.updated_at.isoformat() == "2026-11-20T09:30:00.123456+00:00"
    assert found.full


def test_the_sample_of_the_reference_is_read():
    told = orjson.loads(
        shared("reference/payloads/azure_devops/rest_workitemsbatch.json").read_bytes()
    )
    found = ticket(told["body"]["value"][1])
    assert (found.key, found.severity, found.parent) == (
        "318",
        "P2",
        TicketRef(external_id="290", key="290"),
    )


@pytest.mark.parametrize(
    ("state", "native", "reason", "category", "closed", "why"),
    [
        ("New", "Proposed", "New", "todo", False, None),
        ("Active", "InProgress", "", "in_progress", False, None),
        ("Resolved", "Resolved", "Fixed", "in_progress", False, None),
        ("Closed", "Completed", "Fixed", "done", True, "completed"),
        ("Closed", "Completed", "Duplicate", "canceled", True, "duplicate"),
        ("Closed", "Completed", "As Designed", "canceled", True, "not_planned"),
        ("Removed", "Removed", "", "canceled", True, "not_planned"),
        ("Trial", "InProgress", "", "in_progress", False, None),
        ("Closed", None, "", "done", True, "completed"),
        ("Our own", None, "", "todo", False, None),
    ],
)
def test_a_state_means_what_its_category_says(state, native, reason, category, closed, why):
    record = an_item(category=native, System__State=state, System__Reason=reason)
    found = ticket(record)
    assert (found.status_category, found.state) == (category, "closed" if closed else "open")
    assert found.close_reason == why


def test_the_sources_maps_win():
    found = ticket(
        statuses={"active": "done"}, severities={"2 - high": "P1"}, types={"bug": "defect"}
    )
    assert (found.status_category, found.severity, found.type) == ("done", "P1", "defect")


def test_numbers_are_found_under_the_names_of_every_process():
    for name in ("StoryPoints", "Effort", "Size"):
        assert ticket(an_item(**{f"Microsoft__VSTS__Scheduling__{name}": 5})).story_points == 5
    record = an_item(
        Microsoft__VSTS__Scheduling__OriginalEstimate=1.5,
        Microsoft__VSTS__Scheduling__RemainingWork=9,
        Microsoft__VSTS__Scheduling__CompletedWork=0.25,
        Microsoft__VSTS__Scheduling__DueDate="2026-12-24T00:00:00Z",
    )
    found = ticket(record)
    assert (found.time_estimate, found.time_spent) == (5400, 900)
    assert found.due_date == date(2026, 12, 24)
    assert found.custom_fields[f"{SCHEDULING}RemainingWork"] == 9


def test_configured_fields_fill_what_they_are_named_for():
    record = an_item(Custom__Client=TOM, Custom__Weight=8.0, Custom__Other="x")
    found = ticket(record, fields={"customer": "Custom.Client", "story_points": "Custom.Weight"})
    assert (found.customer, found.story_points) == ("tom@lantern.example", 8)
    assert found.custom_fields == {"Custom.Other": "x"}


def test_a_field_mapped_to_what_no_work_item_has_stays_a_custom_one():
    record = an_item(Custom__Rank=3, Custom__Size=2.5, Custom__Goal="x")
    named = {"weight": "Custom.Rank", "estimate": "Custom.Size", "milestone": "Custom.Goal"}
    found = ticket(record, fields=named)
    assert (found.weight, found.estimate) == (3, 2.5)
    assert found.custom_fields == {"Custom.Goal": "x"}


def test_orders_of_boards_are_no_part_of_a_ticket():
    moving = {
        "Microsoft__VSTS__Common__StackRank": 1.5,
        "System__BoardColumn": "Doing",
        "WEF_0A_Kanban.Column": "Doing",
    }
    assert fingerprint.core(ticket(an_item(**moving))) == fingerprint.core(ticket())


def test_the_root_of_areas_and_iterations_is_none():
    found = ticket(an_item(System__AreaPath="Harbour", System__IterationPath="Harbour"))
    assert (found.components, found.sprint, found.sprints) == ((), None, ())


def test_links_files_and_addresses_are_told_apart():
    record = an_item()
    guid = "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed"
    marker = f"ticketsync:1:here:m:src%2F7:1:{'0' * 32}"
    record["relations"] = [
        relation("System.LinkTypes.Hierarchy-Reverse", item_url(9)),
        relation("System.LinkTypes.Hierarchy-forward", item_url(13)),
        relation("Hyperlink", "https://lantern.example/spec"),
        relation("Hyperlink", "https://other.example/7", comment=marker),
        relation(
            "AttachedFile",
            f"https://dev.azure.com/lantern/_apis/wit/attachments/{guid}",
            name="lamp.png",
            resourceSize=77,
        ),
    ]
    found = ticket(record)
    assert found.parent.external_id == "9"
    assert found.external_fields["hyperlinks"] == ["https://lantern.example/spec"]
    assert [(one.id, one.name, one.size) for one in found.attachments] == [(guid, "lamp.png", 77)]


@pytest.mark.parametrize(
    ("rel", "kind"),
    [
        ("System.LinkTypes.Hierarchy-Reverse", "parent"),
        ("System.LinkTypes.Hierarchy-Forward", "child"),
        ("System.LinkTypes.Dependency-forward", "blocks"),
        ("System.LinkTypes.Dependency-Reverse", "blocked_by"),
        ("System.LinkTypes.Duplicate-Forward", "duplicated_by"),
        ("System.LinkTypes.Duplicate-Reverse", "duplicates"),
        ("System.LinkTypes.Related", "relates"),
        ("Microsoft.VSTS.Common.TestedBy-Forward", "relates"),
    ],
)
def test_a_link_has_a_kind_whatever_its_case(rel, kind):
    found = AZURE_DEVOPS.to_relation(relation(rel, item_url(9, None)), the_source())
    assert (found.kind, found.target.external_id) == (kind, "9")


def test_a_link_into_another_project_is_no_ticket_of_ours():
    there = relation(
        "System.LinkTypes.Related", item_url(9, "00000000-1111-4222-8333-444444444444")
    )
    found = AZURE_DEVOPS.to_relation(there, the_source(project_id=PROJECT))
    assert (found.target.external_id, found.target.key) == (None, "9")


def test_a_pull_request_is_a_link_and_never_a_ticket():
    url = f"vstfs:///Git/PullRequestId/{PROJECT}%2F11112222-3333-4444-8555-666677778888%2F41"
    found = AZURE_DEVOPS.to_relation(relation("ArtifactLink", url), the_source())
    assert (found.kind, found.pull_request.number) == ("pull_request", 41)
    assert found.target.url == (
        f"https://dev.azure.com/lantern/{PROJECT}/_git/11112222-3333-4444-8555-666677778888"
        "/pullrequest/41"
    )


def test_a_github_pull_request_and_other_artifacts():
    url = "vstfs:///GitHub/PullRequest/0aa6f11b-35d7-4e3d-a6b1-3c52eaa5a5a3%2f7"
    found = AZURE_DEVOPS.to_relation(relation("ArtifactLink", url), the_source())
    assert found.pull_request.number == 7
    with pytest.raises(Permanent, match=r"relation\.url"):
        AZURE_DEVOPS.to_relation(relation("ArtifactLink", "vstfs:///Build/Build/3"), the_source())


def test_text_that_says_it_is_markdown_stays_as_it_is():
    record = an_item(Microsoft__VSTS__TCM__ReproSteps="a *b*\n\n- c")
    record["multilineFieldsFormat"] = {"Microsoft.VSTS.TCM.ReproSteps": "Markdown"}
    assert ticket(record).body == "a *b*\n\n- c"


def test_a_story_shows_its_description_and_a_bug_its_steps():
    steps, story = "Microsoft__VSTS__TCM__ReproSteps", "System__WorkItemType"
    both = {"System__Description": "<p>words</p>", steps: "<p>steps</p>"}
    assert ticket(an_item(**both, **{story: "User Story"})).body == "words"
    found = ticket(an_item(**both))
    assert (found.body, found.custom_fields["System.Description"]) == ("steps", "words")
    assert ticket(an_item(**{steps: "<p>steps</p>", story: "Our Defect"})).body == "steps"


def test_a_comment_is_read_in_either_form():
    plain = {"id": 9001, "workItemId": 12, "version": 2, "createdBy": INES, "text": "<p>a</p>"}
    found = AZURE_DEVOPS.to_comment(plain, the_source())
    assert (found.id, found.body, found.revision) == ("9001", "a", "2")
    assert found.url.endswith("/_workitems/edit/12#9001")
    assert (
        AZURE_DEVOPS.to_comment({**plain, "format": "markdown", "text": "*a*"}, the_source()).body
        == "*a*"
    )


@pytest.mark.parametrize(
    ("told", "login", "name"),
    [
        (INES, "ines@lantern.example", "Ines Varga"),
        ("Ines Varga <ines@lantern.example>", "ines@lantern.example", "Ines Varga"),
        ("Ines Varga <LANTERN\\ines>", "LANTERN\\ines", "Ines Varga"),
        ("Ines Varga", "Ines Varga", "Ines Varga"),
    ],
)
def test_people_are_read_in_every_form(told, login, name):
    found = person(told, "x")
    assert (found.login, found.name) == (login, name)


@pytest.mark.parametrize("nobody", [None, "", {}])
def test_nobody_is_none(nobody):
    assert person(nobody, "x") is None


def test_a_partial_record_speaks_for_what_it_holds():
    record = {"id": 12, "fields": {"System.Title": "A", "System.State": "New"}}
    found = ticket(record)
    assert not found.full
    assert {"title", "state", "status"} <= found.present
    assert "body" not in found.present
    assert "revision" not in found.present


@pytest.mark.parametrize(
    "fields",
    [
        {"System__Title": 7},
        {"System__State": []},
        {"System__CommentCount": "2"},
        {"System__ChangedDate": "yesterday"},
        {"System__AssignedTo": 5},
        {"Microsoft__VSTS__Scheduling__StoryPoints": "many"},
    ],
)
def test_a_wrong_type_names_its_field(fields):
    with pytest.raises(Permanent) as cause:
        ticket(an_item(**fields))
    assert next(iter(fields)).rpartition("__")[2] in str(cause.value)


@pytest.mark.parametrize("record", [None, [], {}, {"id": 0, "fields": {}}, {"id": "x"}])
def test_what_is_no_work_item_is_refused(record):
    with pytest.raises(Permanent, match="workItem"):
        ticket(record or {"id": None})
