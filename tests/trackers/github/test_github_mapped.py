"""The source's own maps: issue fields, labels and types as fields of ours."""

from datetime import date

import pytest

from tests.trackers.github.github_payloads import URL, a_label, an_issue
from tests.trackers.stand_ins import a_source
from trackers.github import GITHUB

FIELDS = {
    "severity": "520", "due_date": "521", "estimate": "522", "customer": "523", "weight": "524",
}  # fmt: skip


def a_value(key, kind, value, **over):
    return {"issue_field_id": key, "node_id": "x", "data_type": kind, "value": value} | over


def read(source_keys, **issue):
    return GITHUB.to_ticket(an_issue(**issue), a_source("github", URL, **source_keys))


def test_issue_fields_fill_the_fields_the_source_names():
    values = [
        a_value(520, "single_select", "Urgent", single_select_option={"id": 1, "name": "Urgent"}),
        a_value(521, "date", "2027-04-01"),
        a_value(522, "number", 2.5),
        a_value(523, "text", "Harbour Ltd."),
        a_value(524, "text", "no number at all"),
    ]
    ticket = read({"fields": FIELDS}, issue_field_values=values)
    assert (ticket.severity, ticket.customer) == ("P1", "Harbour Ltd.")
    assert (ticket.due_date, ticket.estimate, ticket.weight) == (date(2027, 4, 1), 2.5, None)
    assert ticket.custom_fields["520"] == "Urgent"


@pytest.mark.parametrize(
    ("names", "severity"), [(["prio/2"], "P2"), (["prio/2", "Prio/1"], "P1"), (["other"], None)]
)
def test_labels_stand_for_severities_and_the_worst_one_counts(names, severity):
    source = {"severities": {"prio/1": "P1", "prio/2": "P2"}}
    assert read(source, labels=[a_label(name) for name in names]).severity == severity


def test_statuses_come_from_labels_while_open_and_from_the_reason_once_closed():
    source = {"statuses": {"In progress": "in_progress", "duplicate": "done"}}
    marked = [a_label("in progress")]
    assert read(source, labels=marked).status_category == "in_progress"
    closed = read(source, labels=marked, state="closed", state_reason="completed")
    assert closed.status_category == "done"
    assert read(source, state="closed", state_reason="duplicate").status_category == "done"


def test_types_come_from_the_issue_type_or_else_from_a_label():
    source = {"types": {"Bug": "defect", "kind/task": "task"}}
    assert read(source, type={"id": 1, "name": "Bug"}).type == "defect"
    assert read(source, labels=[a_label("kind/task")]).type == "task"
    assert read(source, type={"id": 2, "name": "Feature"}).type == "feature"


def test_a_partial_record_speaks_for_mapped_fields_only_with_their_values():
    source = a_source("github", URL, fields={"severity": "520"})
    whole = an_issue(issue_field_values=[])
    del whole["comments"]
    assert "severity" in GITHUB.to_ticket(whole, source).present
    del whole["issue_field_values"]
    assert "severity" not in GITHUB.to_ticket(whole, source).present
