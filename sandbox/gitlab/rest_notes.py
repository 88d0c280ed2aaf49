"""Routes of notes and of emoji (GitLab docs: Notes API, Emoji reactions API)."""

from __future__ import annotations

from datetime import timedelta

from sandbox.gitlab.ask import Ask
from sandbox.gitlab.printed import exact
from sandbox.gitlab.refusals import Refused, invalid, refused, too_often
from sandbox.gitlab.state import Note
from sandbox.wire import Reply, reply_json

LARGEST = 1_000_000


def list_notes(ask: Ask) -> Reply:
    """System notes are among them; newest first unless told otherwise."""
    by = "updated" if ask.query("order_by") == "updated_at" else "born"
    found = [one for one in ask.issue().notes if ask.reads(one)]
    falls = ask.query("sort", "desc") == "desc"
    found.sort(key=lambda one: (getattr(one, by), one.id), reverse=falls)
    return ask.paged(found, ask.views.note)


def list_events(ask: Ask) -> Reply:
    """What was commented, newest first; of other things that happen nothing is told here.

    GitLab docs: Events API. A deleted note takes its event along, and an edited one leaves none.
    """
    if ask.query("action") not in ("", "commented"):
        return ask.paged([], ask.views.comment_event)

    def read() -> list[Note]:
        notes = (one for one in reversed(ask.project.notes.values()) if not one.system)
        return [one for one in notes if ask.reads(one) and ask.sees(one.issue)]

    found, lag = ask.project.scan(("events", ask.identity.key), read), ask.site.list_lag()
    if lag > 0:
        then = ask.site.world.now() - timedelta(seconds=lag)
        found = [one for one in found if one.born <= then]
    return ask.paged(found, ask.views.comment_event)


def show_note(ask: Ask) -> Reply:
    return reply_json(ask.views.note(ask.note()))


def create_note(ask: Ask) -> Reply:
    """Commands alone make no note: 202 and what they did."""
    ask.need_login()
    issue, body = ask.issue(), ask.body()
    text = _text(body.get("body"))
    if ask.site.limits.refuses(ask.identity, "notes"):
        raise Refused(too_often())
    internal = body.get("internal") in (True, "true") and ask.identity.reports
    note = ask.acts.comment(issue.iid, text, internal=internal)
    if note is None:
        told = {"commands_changes": {}, "summary": ["Applied your commands."]}
        return reply_json(told, 202)
    return reply_json(ask.views.note(note), 201)


def edit_note(ask: Ask) -> Reply:
    note = ask.note()
    ask.need(_may(ask, note))
    ask.acts.edit_comment(note.id, _text(ask.body().get("body")))
    return reply_json(ask.views.note(note))


def delete_note(ask: Ask) -> Reply:
    note = ask.note()
    ask.need(_may(ask, note))
    ask.acts.delete_comment(note.id)
    return Reply(204)


def list_emoji(ask: Ask) -> Reply:
    issue = ask.issue()
    people = {one.id: one for one in ask.site.world.people.values()}
    return reply_json(
        [
            {
                "id": key,
                "name": name,
                "user": ask.views.person(people[person]),
                "created_at": exact(issue.born),
                "updated_at": exact(issue.born),
                "awardable_id": issue.id,
                "awardable_type": "Issue",
                "url": None,
            }
            for (person, name), key in issue.awards.items()
        ]
    )


def _text(value: object) -> str:
    if value is None:
        raise invalid("body is missing")
    if not str(value).strip():
        raise refused(note=["can't be blank"])
    if len(str(value)) > LARGEST:
        raise refused(note=["is too long (maximum is 1000000 characters)"])
    return str(value)


def _may(ask: Ask, note: Note) -> bool:
    return ask.identity.maintains or ask.identity.person is note.author
