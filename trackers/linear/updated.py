"""What an update of an issue changed, as its webhook tells it.

`updatedFrom` holds the former values: plain ones as they were, of things only the ids
(https://linear.app/developers/webhooks). A former name that the payload does not hold is not told.
"""

from collections.abc import Callable, Iterator

from schemas.event import ChangesTold
from schemas.history import members
from schemas.model import Json
from schemas.ticket import Person
from trackers.fields import Fields
from trackers.linear import people, translate
from trackers.told import told_change

Change = tuple[str, str, Json, Json, bool]
"""Linear's name of a field, ours, the values before and after, and whether they are told."""


def changes(ticket: str, issue: Fields, before: Fields, content: Fields) -> list[ChangesTold]:
    """The changes of one delivery under ids of their own; none when nothing of ours changed.

    What follows from the source's own words (severity, customer) is left to the changelog.
    """
    at = issue.time("updatedAt")
    if at is None:
        return []
    actor = _actor(content)
    found = tuple(
        told_change(ticket, at, actor, native, ours, was, now, told=told)
        for native, ours, was, now, told in _all(issue, before)
        if was != now or not told
    )
    return [ChangesTold(ticket=ticket, entries=found)] if found else []


def _all(issue: Fields, before: Fields) -> Iterator[Change]:
    """A whole record leaves out what is empty; a part of one says nothing by that."""
    whole = translate.complete(issue.value)
    for name, native, ours, value in _PLAIN:
        if name in before and (whole or name in issue):
            yield native, ours, value(before, name), value(issue, name), True
    if "description" in before and (whole or "description" in issue):
        texts = (before.text("description") or "", issue.text("description") or "")
        yield "description", "body", *_texts(*texts)
    for name, thing, native, ours, called in _THINGS:
        if name in before and (whole or name in issue):
            yield native, ours, *_thing(issue, before, name, thing, called)
    if "labelIds" in before:
        yield "labels", "labels", *_labels(issue, before)


def _text(record: Fields, name: str) -> Json:
    return record.text(name) or None


def _day(record: Fields, name: str) -> Json:
    day = translate.day(record, name)
    return day.isoformat() if day else None


def _one(record: Fields, name: str) -> Json:
    key = record.id(name)
    return [key] if key else None


_PLAIN: tuple[tuple[str, str, str, Callable[[Fields, str], Json]], ...] = (
    ("title", "title", "title", _text),
    ("dueDate", "dueDate", "due_date", _day),
    ("priority", "priority", "priority", translate.priority),
    ("estimate", "estimate", "estimate", translate.number),
    ("estimate", "estimate", "story_points", translate.number),
    ("assigneeId", "assignee", "assignees", _one),
)
"""Of these `updatedFrom` holds what history tells."""


def _texts(before: str, after: str) -> tuple[Json, Json, bool]:
    """Texts with signed uploads are not what an answer says: told without their values."""
    if any(translate.has_signed_uploads(text) for text in (before, after)):
        return None, None, False
    return translate.markdown(before) or None, translate.markdown(after) or None, True


def _called(thing: Fields) -> Json:
    return thing.text("name") or thing.id("id")


def _stated(thing: Fields) -> Json:
    return thing.text("name") or None


_THINGS: tuple[tuple[str, str, str, str, Callable[[Fields], Json]], ...] = (
    ("stateId", "state", "state", "status", _stated),
    ("cycleId", "cycle", "cycle", "sprint", translate.sprint_name),
    ("projectId", "project", "project", "project", _called),
    ("projectMilestoneId", "projectMilestone", "projectMilestone", "milestone", _called),
    ("parentId", "parent", "parent", "parent", lambda thing: thing.text("identifier")),
)


def _thing(
    issue: Fields, before: Fields, name: str, thing: str, called: Callable[[Fields], Json]
) -> tuple[Json, Json, bool]:
    """Both values; only a thing that was not there before has a former value we know."""
    now = issue.object(thing)
    after = called(now) if now else None
    unset = after is None and issue.id(name) is None
    told = before.id(name) is None and (after is not None or unset)
    return (None, after, True) if told else (None, None, False)


def _labels(issue: Fields, before: Fields) -> tuple[Json, Json, bool]:
    """Of those that went the names are not told."""
    had = {str(one) for one in before.items("labelIds")}
    if not isinstance(issue.value.get("labels"), list):
        return None, None, False
    labels = [Fields.of(one, "Issue.labels") for one in issue.items("labels")]
    names = {one.need_id("id"): one.text("name") or one.need_id("id") for one in labels}
    if had - names.keys():
        return None, None, False
    return None, members(names[one] for one in names.keys() - had) or None, True


def _actor(content: Fields) -> Person | None:
    """Who did it: a user, an app or an integration."""
    actor = content.object("actor")
    if actor is None:
        return None
    kind = actor.text("type") or "user"
    if kind == "user":
        return people.user(actor)
    name = actor.text("name") or actor.text("service") or kind
    return Person(id=actor.need_id("id"), login=name, name=name, kind="bot")
