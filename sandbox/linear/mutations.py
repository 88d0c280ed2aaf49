"""The mutations: input checked as Linear checks it, then the same acts a person does."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

from sandbox.linear.accounts import Identity, sees
from sandbox.linear.acts import Acts, with_label
from sandbox.linear.execute import Read
from sandbox.linear.hook_mutations import HookMutations
from sandbox.linear.refusals import invalid, not_found
from sandbox.linear.state import Attachment, Comment, Issue, Label, Relation, Team
from sandbox.linear.texts import normal
from sandbox.wire import Json

ISSUE_INPUT = frozenset(
    {
        "title", "description", "stateId", "assigneeId", "delegateId", "labelIds", "priority",
        "estimate", "dueDate", "cycleId", "projectId", "projectMilestoneId", "parentId",
        "sortOrder", "subscriberIds", "teamId",
    }
)  # fmt: skip
CREATE_INPUT = ISSUE_INPUT | {"id", "createdAt", "createAsUser", "displayIconUrl"}
UPDATE_INPUT = ISSUE_INPUT | {"addedLabelIds", "removedLabelIds", "trashed"}
COMMENT_INPUT = frozenset(
    {"id", "issueId", "body", "parentId", "createdAt", "createAsUser", "displayIconUrl",
     "doNotSubscribeToIssue"}
)  # fmt: skip
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_PLAIN = {"dueDate": "due", "sortOrder": "sort_order"}
_THINGS = {
    "assigneeId": ("assignee", "User"),
    "delegateId": ("delegate", "User"),
    "cycleId": ("cycle", "Cycle"),
    "projectId": ("project", "Project"),
    "projectMilestoneId": ("milestone", "ProjectMilestone"),
    "stateId": ("state", "WorkflowState"),
}
_CLASSES = {
    "User": "Person",
    "Cycle": "Cycle",
    "Project": "LinearProject",
    "ProjectMilestone": "Milestone",
    "WorkflowState": "State",
    "IssueLabel": "Label",
}


class Mutations(HookMutations):
    """What one identity may write."""

    def __init__(self, acts: Acts, identity: Identity) -> None:
        super().__init__(acts, identity)
        self.by = identity.person.handle

    def table(self) -> dict[str, Read]:
        """By name: what it does, what it answers, what it takes."""
        told: list[tuple[str, Callable[[Json], Any], str, tuple[str, ...]]] = [
            ("issueCreate", self.issue_create, "IssuePayload", ("input",)),
            ("issueUpdate", self.issue_update, "IssuePayload", ("id", "input")),
            ("issueDelete", self.issue_delete, "IssueArchivePayload", ("id", "permanentlyDelete")),
            ("issueArchive", self.issue_archive, "IssueArchivePayload", ("id", "trash")),
            ("issueUnarchive", self.issue_unarchive, "IssueArchivePayload", ("id",)),
            ("issueAddLabel", self.issue_add_label, "IssuePayload", ("id", "labelId")),
            ("issueRemoveLabel", self.issue_remove_label, "IssuePayload", ("id", "labelId")),
            ("commentCreate", self.comment_create, "CommentPayload", ("input",)),
            ("commentUpdate", self.comment_update, "CommentPayload", ("id", "input")),
            ("commentDelete", self.comment_delete, "DeletePayload", ("id",)),
            ("issueRelationCreate", self.relation_create, "IssueRelationPayload", ("input",)),
            ("issueRelationDelete", self.relation_delete, "DeletePayload", ("id",)),
            ("attachmentCreate", self.attachment_create, "AttachmentPayload", ("input",)),
            ("attachmentDelete", self.attachment_delete, "DeletePayload", ("id",)),
            ("issueLabelCreate", self.label_create, "IssueLabelPayload", ("input",)),
            ("reactionCreate", self.reaction_create, "ReactionPayload", ("input",)),
            *self.hook_rows(),
        ]
        return {name: Read(_called(carry), of, takes=takes) for name, carry, of, takes in told}

    def issue_create(self, given: Json) -> Json:
        wanted = _input(given, CREATE_INPUT, "IssueCreateInput")
        team = self._team(wanted.get("teamId"))
        if not str(wanted.get("title") or "").strip():
            raise invalid("title must not be empty")
        key = self._new_id(wanted)
        values = self._values(wanted, team, [])
        title, body = values.pop("title"), values.pop("description", None)
        issue = self.acts.add(
            team, title, body, self.identity.person, id=key, born=wanted.get("createdAt"), **values
        )
        return self._done(issue=issue)

    def issue_update(self, given: Json) -> Json:
        issue = self._issue(given["id"])
        wanted = _input(given, UPDATE_INPUT, "IssueUpdateInput")
        values: Json = {}
        team = issue.team
        if wanted.get("teamId"):
            team = self._team(wanted["teamId"])
            values = self.acts.in_team(issue, team)
        values |= self._values(wanted, team, values.get("labels", issue.labels))
        if "title" in values and not values["title"]:
            raise invalid("title must not be empty")
        if "trashed" in wanted:
            values["trashed"] = wanted["trashed"] or None
            values["archived_at"] = self.world.moment() if wanted["trashed"] else None
        self.acts.change(issue, self.identity.person, **values)
        return self._done(issue=issue)

    def issue_delete(self, given: Json) -> Json:
        issue = self._issue(given["id"])
        if given.get("permanentlyDelete"):
            self._need_admin("deleting for good")
            self.acts.purge(issue.id, by=self.by)
        else:
            self.acts.delete(issue.id, by=self.by)
        return self._done(entity=issue)

    def issue_archive(self, given: Json) -> Json:
        issue = self._issue(given["id"])
        put = self.acts.delete if given.get("trash") else self.acts.archive
        put(issue.id, by=self.by)
        return self._done(entity=issue)

    def issue_unarchive(self, given: Json) -> Json:
        issue = self._issue(given["id"])
        self.acts.restore(issue.id, by=self.by)
        return self._done(entity=issue)

    def issue_add_label(self, given: Json) -> Json:
        issue = self._issue(given["id"])
        labels = with_label(issue.labels, self._label(given["labelId"], issue.team))
        self.acts.change(issue, self.identity.person, labels=labels)
        return self._done(issue=issue)

    def issue_remove_label(self, given: Json) -> Json:
        issue = self._issue(given["id"])
        kept = [label for label in issue.labels if label.id != given["labelId"]]
        self.acts.change(issue, self.identity.person, labels=kept)
        return self._done(issue=issue)

    def comment_create(self, given: Json) -> Json:
        wanted = _input(given, COMMENT_INPUT, "CommentCreateInput")
        issue = self._issue(wanted.get("issueId"))
        if not normal(wanted.get("body")):
            raise invalid("body must not be empty")
        parent = self._thing(wanted["parentId"], "Comment") if wanted.get("parentId") else None
        comment = self.acts.comment(
            issue.id,
            wanted["body"],
            by=self.by,
            id=self._new_id(wanted),
            born=wanted.get("createdAt"),
            parent=parent,
        )
        return self._done(comment=comment)

    def comment_update(self, given: Json) -> Json:
        comment = self._comment(given["id"])
        wanted = _input(given, frozenset({"body"}), "CommentUpdateInput")
        if "body" in wanted:
            self.acts.edit_comment(comment.id, wanted["body"], by=self.by)
        return self._done(comment=comment)

    def comment_delete(self, given: Json) -> Json:
        comment = self._comment(given["id"])
        self.acts.delete_comment(comment.id, by=self.by)
        return self._done(entityId=comment.id)

    def relation_create(self, given: Json) -> Json:
        allowed = frozenset({"id", "issueId", "relatedIssueId", "type"})
        wanted = _input(given, allowed, "IssueRelationCreateInput")
        if wanted.get("type") not in ("blocks", "duplicate", "related", "similar"):
            raise invalid(
                f'Value "{wanted.get("type")}" does not exist in "IssueRelationType" enum.'
            )
        one, other = self._issue(wanted["issueId"]), self._issue(wanted["relatedIssueId"])
        if one is other:
            raise invalid("An issue cannot be related to itself")
        for known in self.world.relations:
            if (known.issue, known.other, known.type) == (one, other, wanted["type"]):
                return self._done(issueRelation=known)
        made = self.acts.relate(one.id, wanted["type"], other.id, by=self.by)
        return self._done(issueRelation=made)

    def relation_delete(self, given: Json) -> Json:
        found = self.world.things.get(given["id"])
        if not isinstance(found, Relation):
            raise not_found("IssueRelation")
        self.acts.unrelate(found.id, by=self.by)
        return self._done(entityId=given["id"])

    def attachment_create(self, given: Json) -> Json:
        allowed = frozenset({"id", "issueId", "url", "title", "subtitle", "metadata", "iconUrl"})
        wanted = _input(given, allowed, "AttachmentCreateInput")
        issue = self._issue(wanted["issueId"])
        if not re.match(r"https?://", str(wanted.get("url"))):
            raise invalid("url must be a URL address")
        more = {name: wanted[name] for name in ("subtitle", "metadata", "id") if name in wanted}
        made = self.acts.attach(issue.id, wanted["url"], wanted["title"], by=self.by, **more)
        return self._done(attachment=made)

    def attachment_delete(self, given: Json) -> Json:
        found = self.world.things.get(given["id"])
        if not isinstance(found, Attachment):
            raise not_found("Attachment")
        self.acts.detach(found.id, by=self.by)
        return self._done(entityId=given["id"])

    def label_create(self, given: Json) -> Json:
        allowed = frozenset({"id", "name", "color", "description", "teamId", "parentId", "isGroup"})
        wanted = _input(given, allowed, "IssueLabelCreateInput")
        label = self.acts.create_label(
            wanted["name"],
            wanted.get("color") or "#bec2c8",
            by=self.by,
            id=wanted.get("id"),
            team=self._team(wanted["teamId"]) if wanted.get("teamId") else None,
            description=wanted.get("description"),
            parent=self._thing(wanted["parentId"], "IssueLabel")
            if wanted.get("parentId")
            else None,
            is_group=bool(wanted.get("isGroup")),
        )
        return self._done(issueLabel=label)

    def reaction_create(self, given: Json) -> Json:
        wanted = _input(given, frozenset({"id", "issueId", "emoji"}), "ReactionCreateInput")
        issue = self._issue(wanted["issueId"])
        return self._done(reaction=self.acts.react(issue.id, wanted["emoji"], by=self.by))

    def _values(self, wanted: Json, team: Team, labels: list[Label]) -> Json:
        """Attributes to set; what was not named stays, null clears."""
        values = {_PLAIN[name]: wanted[name] for name in _PLAIN if name in wanted}
        if "title" in wanted:
            values["title"] = str(wanted["title"] or "").strip()
        if "description" in wanted:
            values["description"] = normal(wanted["description"]) or None
        for name, (attribute, kind) in _THINGS.items():
            if name in wanted:
                values[attribute] = self._thing(wanted[name], kind) if wanted[name] else None
        if "parentId" in wanted:
            values["parent"] = self._issue(wanted["parentId"]) if wanted["parentId"] else None
        values |= _numbers(wanted) | self._labels(wanted, team, labels)
        self._fit(values, team)
        return values

    def _labels(self, wanted: Json, team: Team, labels: list[Label]) -> Json:
        """`labelIds` replaces the set; the other two change it."""
        if not wanted.keys() & {"labelIds", "addedLabelIds", "removedLabelIds"}:
            return {}
        chosen: list[Label] = [] if "labelIds" in wanted else list(labels)
        for key in [*(wanted.get("labelIds") or ()), *(wanted.get("addedLabelIds") or ())]:
            chosen = with_label(chosen, self._label(key, team))
        gone = wanted.get("removedLabelIds") or ()
        return {"labels": [label for label in chosen if label.id not in gone]}

    def _fit(self, values: Json, team: Team) -> None:
        """States and cycles belong to one team, milestones to a project."""
        for name in ("state", "cycle"):
            if values.get(name) is not None and values[name].team is not team:
                raise invalid(f"The {name} does not belong to the team of the issue")
        if "state" in values and values["state"] is None:
            raise invalid("stateId must not be null")
        if values.get("milestone") and "project" not in values:
            values["project"] = values["milestone"].project
        due = values.get("due")
        if due is not None and not _DAY.fullmatch(str(due)):
            raise invalid("dueDate is no TimelessDate")

    def _label(self, key: str, team: Team) -> Label:
        label: Label = self._thing(key, "IssueLabel")
        if label.team not in (None, team):
            raise invalid(f"The label '{label.name}' is not associated with the same team")
        return label

    def _thing(self, key: str, kind: str) -> Any:
        found = self.world.things.get(key)
        if found is None or type(found).__name__ != _CLASSES.get(kind, kind):
            raise not_found(kind)
        return found

    def _issue(self, key: Any) -> Issue:
        found = self.world.issue(str(key or ""))
        if found is None or found.hidden or not sees(self.identity, found.team):
            raise not_found("Issue")
        return found

    def _comment(self, key: Any) -> Comment:
        found = self.world.comments.get(str(key))
        if found is None:
            raise not_found("Comment")
        return found

    def _new_id(self, wanted: Json) -> str | None:
        """A client's own id: a UUID of version 4 that nothing has yet."""
        key = wanted.get("id")
        if key is None:
            return None
        try:
            version = uuid.UUID(str(key)).version
        except ValueError:
            version = None
        if version != 4:
            raise invalid("id must be a UUID")
        if key in self.world.things:
            raise invalid(f"Entity with the id {key} already exists", "The id is already in use.")
        return str(key)


def _numbers(wanted: Json) -> Json:
    values = {}
    if "priority" in wanted:
        values["priority"] = wanted["priority"] or 0
        if values["priority"] not in range(5):
            raise invalid("priority must be 0 to 4")
    if "estimate" in wanted:
        values["estimate"] = wanted["estimate"]
        if wanted["estimate"] is not None and not isinstance(wanted["estimate"], int):
            raise invalid(f"Int cannot represent non-integer value: {wanted['estimate']}")
    return values


def _called(carry: Callable[[Json], Any]) -> Callable[[Any, Json], Any]:
    return lambda _, given: carry(given)


def _input(given: Json, allowed: frozenset[str], kind: str) -> Json:
    """The input object; an unknown key is refused, as a schema does."""
    wanted = given.get("input")
    if not isinstance(wanted, dict):
        raise invalid(f'Argument "input" of required type "{kind}!" was not provided.')
    unknown = sorted(set(wanted) - allowed)
    if unknown:
        raise invalid(f'Field "{unknown[0]}" is not defined by type "{kind}".')
    return wanted
