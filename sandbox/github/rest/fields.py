"""Issue types and values of issue fields (GitHub docs: issue types; issue field values)."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.github.ask import Ask
from sandbox.github.desk import NoSuch
from sandbox.github.refusals import invalid, not_found
from sandbox.github.views import field_values
from sandbox.wire import Reply, reply_json

VALUES = "/repos/{owner}/{repo}/issues/{number:int}/issue-field-values"


def rows() -> list[tuple[str, str, Callable[[Ask], Reply]]]:
    return [
        ("GET", "/orgs/{org}/issue-types", list_types),
        ("GET", VALUES, list_values),
        ("POST", VALUES, add_values),
        ("DELETE", f"{VALUES}/{{field:int}}", remove_value),
    ]


def list_types(ask: Ask) -> Reply:
    owner = ask.site.home.owner
    known = owner.login.lower() == str(ask.param("org")).lower()
    if not known or owner.kind != "Organization":
        raise not_found()
    return reply_json([ask.views.issue_type(one) for one in ask.site.world.types])


def list_values(ask: Ask) -> Reply:
    return ask.listed(field_values(ask.site.world, ask.issue()))


def add_values(ask: Ask) -> Reply:
    """Sets those that are named; the others stay."""
    issue = ask.issue()
    ask.need_push()
    wanted = ask.json().get("issue_field_values", [])
    if not isinstance(wanted, list):
        raise invalid("IssueFieldValue", "issue_field_values")
    for one in wanted:
        try:
            ask.acts.set_field(issue.number, one["field_id"], one["value"])
        except (NoSuch, KeyError, TypeError):
            raise invalid("IssueFieldValue", "field_id") from None
    return reply_json(field_values(ask.site.world, issue))


def remove_value(ask: Ask) -> Reply:
    issue = ask.issue()
    ask.need_push()
    if ask.param("field") not in issue.values:
        raise not_found()
    ask.acts.set_field(issue.number, ask.param("field"), None)
    return Reply(204)
