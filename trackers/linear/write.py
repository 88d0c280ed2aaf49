"""Carrying out one step of a change: one mutation, sent once."""

from collections.abc import Callable
from contextlib import suppress

from schemas.change import Absent, Found, Intent, Lookup, Ref, Unsure, Write
from schemas.errors import Denied, Permanent
from schemas.model import Json
from trackers import markers
from trackers.fields import Fields
from trackers.kept import Kept
from trackers.linear import address, links, paging, queries
from trackers.linear.graph import NotFound
from trackers.linear.read import known
from trackers.linear.team import Team, revision_of, ticket_record
from trackers.linear.vocabulary import Vocabulary
from trackers.removal import rare_right


class Writer:
    """The steps of `changes.to_writes`, for one team."""

    def __init__(self, team: Team, kept: Kept) -> None:
        self._team = team
        self._graph = team.graph
        self._words = Vocabulary(team, kept)
        self._steps: dict[str, Callable[[Write], Ref]] = {
            "create": self._create,
            "update": self._update,
            "comment": self._comment,
            "edit_comment": self._edit_comment,
            "delete_comment": self._delete_comment,
            "delete": self._delete,
            "link": self._link,
            "unlink": self._unlink,
        }

    def write(self, write: Write) -> Ref:
        """What the step left; Permanent with Linear's reason when it was refused."""
        step = self._steps.get(write.step)
        if step is None:
            raise Permanent(f"step {write.step!r} is none of Linear's")
        try:
            return step(write)
        except Denied:
            raise
        except Permanent:  # what the team calls things may have changed since it was read
            if write.step not in ("create", "update") or not self._words.forget():
                raise
        return step(write)

    def find(self, intent: Intent) -> Lookup:
        """By the id we gave it: strongly consistent, and nobody else can have made that id."""
        key = markers.as_uuid(intent.marker)
        try:
            if intent.creates == "ticket":
                return Found(ref=self._issue(key))
            return Found(ref=self._comment_ref(self._graph.ask(queries.COMMENT_BY_ID, {"id": key})))
        except NotFound:
            return self._nowhere()

    def _nowhere(self) -> Lookup:
        """Nothing is absent for somebody who is shown nothing."""
        with suppress(Denied):
            if self._team.listed():
                return Absent()
        return Unsure(reason=f"team {self._team.key} is not shown to us at present")

    def _create(self, write: Write) -> Ref:
        body = Fields.of(write.body, "write")
        given = {**body.need_object("input").value, "teamId": self._team.id}
        state, labels = body.object("state"), body.object("labels")
        chosen = self._words.state(state) if state else None
        if chosen:
            given["stateId"] = chosen
        if labels:
            given["labelIds"] = self._words.labels(labels.items("wanted"))
        # On a new issue there is nothing to clear: null is left out.
        given = {name: value for name, value in given.items() if value is not None}
        try:
            answer = self._graph.change(queries.CREATE, {"input": given})
        except Denied:
            raise
        except Permanent as refused:
            if write.marker is None:
                raise
            return self._made_before(str(given["id"]), refused)
        return self._ref(_done(answer, "issueCreate").need_object("issue"))

    def _made_before(self, key: str, refused: Permanent) -> Ref:
        """A refused create may be one that happened: its id is taken. Otherwise the refusal stands.

        What an id in use is answered with is not documented.
        """
        try:
            return self._issue(key)
        except NotFound:
            raise refused from None

    def _update(self, write: Write) -> Ref:
        body = Fields.of(write.body, "write")
        given = dict(body.need_object("input").value)
        state, labels = body.object("state"), body.object("labels")
        chosen = self._words.state(state) if state else None
        if chosen and chosen != (state.id("now") if state else None):
            given["stateId"] = chosen
        if labels:
            given |= self._label_changes(labels)
        if not given:
            return self._issue(_target(write))
        answer = self._graph.change(queries.UPDATE, {"id": _target(write), "input": given})
        return self._ref(_done(answer, "issueUpdate").need_object("issue"))

    def _label_changes(self, labels: Fields) -> dict[str, Json]:
        """Added and removed ones; the whole set only where the former one is not known."""
        wanted = self._words.labels(labels.items("wanted"))
        if labels.value.get("had") is None:
            return {"labelIds": wanted}
        had = [str(one) for one in labels.items("had")]
        added = [one for one in wanted if one not in had]
        removed = [one for one in had if one not in wanted]
        return ({"addedLabelIds": added} if added else {}) | (
            {"removedLabelIds": removed} if removed else {}
        )

    def _comment(self, write: Write) -> Ref:
        given = {**Fields.of(write.body, "write").value, "issueId": _target(write)}
        try:
            answer = self._graph.change(queries.COMMENT_CREATE, {"input": given})
        except Denied:
            raise
        except Permanent as refused:
            if write.marker is None:
                raise
            try:
                found = self._graph.ask(queries.COMMENT_BY_ID, {"id": given["id"]})
            except NotFound:
                raise refused from None
            return self._comment_ref(found)
        return self._comment_ref(_done(answer, "commentCreate"))

    def _edit_comment(self, write: Write) -> Ref:
        asked = {"id": _comment_id(write), "input": Fields.of(write.body, "write").value}
        answer = self._graph.change(queries.COMMENT_UPDATE, asked)
        return self._comment_ref(_done(answer, "commentUpdate"))

    def _delete_comment(self, write: Write) -> Ref:
        """One that is gone already was what we wanted."""
        key = _comment_id(write)
        with suppress(NotFound):
            _done(self._graph.change(queries.COMMENT_DELETE, {"id": key}), "commentDelete")
        return Ref(ticket=_target(write), comment=key)

    def _delete(self, write: Write) -> Ref:
        """Into the trash, from where it is restored within 30 days."""
        key = _target(write)
        with suppress(NotFound), rare_right("membership of the team"):
            _done(self._graph.change(queries.DELETE, {"id": key}), "issueDelete")
        return Ref(ticket=key)

    def _link(self, write: Write) -> Ref:
        body = Fields.of(write.body, "write")
        form = body.need_text("form")
        if form == "parent":
            self._set_parent(body.need_text("child"), body.need_text("parent"))
        elif form == "relation":
            given = {
                "issueId": body.need_text("issue"),
                "relatedIssueId": body.need_text("related"),
                "type": body.need_text("type"),
            }
            _done(self._graph.change(queries.RELATE, {"input": given}), "issueRelationCreate")
        else:  # the same address twice is the same attachment
            given = {
                "issueId": _target(write),
                "url": body.need_text("url"),
                "title": body.need_text("title"),
            }
            _done(self._graph.change(queries.ATTACH, {"input": given}), "attachmentCreate")
        return Ref(ticket=_target(write))

    def _unlink(self, write: Write) -> Ref:
        body = Fields.of(write.body, "write")
        if body.need_text("form") == "parent":
            self._orphan(body.need_text("child"), body.need_text("parent"))
            return Ref(ticket=_target(write))
        for key, mutation, field in self._matching(_target(write), body):
            try:
                _done(self._graph.change(mutation, {"id": key}), field)
            except NotFound:
                continue  # gone already
        return Ref(ticket=_target(write))

    def _matching(self, ticket: str, body: Fields) -> list[tuple[str, str, str]]:
        """(id, mutation, its field) of each relation or attachment that is meant."""
        sizes = dict.fromkeys(queries.LINKS, 50)
        issue = self._graph.ask(queries.one_issue(**sizes), {"id": known(ticket)})
        found = paging.filled(self._graph, issue.need_object("issue"))
        if body.need_text("form") == "address":
            nodes = [Fields.of(one, "attachment") for one in _nodes(found, "attachments")]
            same = [one for one in nodes if one.text("url") == body.text("url")]
            return [(one.need_id("id"), queries.DETACH, "attachmentDelete") for one in same]
        near, far, kind = (body.need_text(name) for name in ("issue", "related", "type"))
        other = far if ticket == near else near
        sides = [("relations", "relatedIssue"), ("inverseRelations", "issue")]
        if kind != "related":  # the others have a direction: A may block B, and B block A
            sides = sides[:1] if ticket == near else sides[1:]
        return [
            (one.need_id("id"), queries.UNRELATE, "issueRelationDelete")
            for name, side in sides
            for one in (Fields.of(node, "relation") for node in _nodes(found, name))
            if links.native(one.text("type")) == kind and one.need_object(side).id("id") == other
        ]

    def _orphan(self, child: str, parent: str) -> None:
        """A child that has another parent by now keeps that one."""
        asked = {"id": known(child)}
        issue = self._graph.ask(queries.one_issue(), asked).need_object("issue")
        now = issue.object("parent")
        if now and parent in (now.id("id"), now.text("identifier")):
            self._set_parent(child, None)

    def _set_parent(self, child: str, parent: str | None) -> None:
        asked = {"id": known(child), "input": {"parentId": parent}}
        _done(self._graph.change(queries.UPDATE, asked), "issueUpdate")

    def _issue(self, key: str) -> Ref:
        asked = {"id": known(key)}
        return self._ref(self._graph.ask(queries.one_issue(labels=50), asked).need_object("issue"))

    def _ref(self, issue: Fields) -> Ref:
        record = ticket_record(issue)
        return Ref(
            ticket=record.ticket,
            key=issue.text("identifier"),
            url=address.issue_url(issue.text("url")),
            revision=record.revision,
            record=record.body,
        )

    def _comment_ref(self, answer: Fields) -> Ref:
        comment = answer.need_object("comment")
        return Ref(
            ticket=comment.need_id("issueId"),
            comment=comment.need_id("id"),
            url=comment.text("url"),
            revision=revision_of(comment),
            record=comment.value,
        )


def _nodes(issue: Fields, name: str) -> list[Json]:
    return issue.need_object(name).items("nodes")


def _done(answer: Fields, name: str) -> Fields:
    result = answer.need_object(name)
    if result.flag("success") is False:
        raise Permanent(f"{name}: Linear says that it did not succeed")
    return result


def _target(write: Write) -> str:
    if write.ticket is None:
        raise Permanent(f"step {write.step} needs a ticket")
    return known(write.ticket)


def _comment_id(write: Write) -> str:
    if write.comment is None:
        raise Permanent(f"step {write.step} needs a comment")
    return known(write.comment)
