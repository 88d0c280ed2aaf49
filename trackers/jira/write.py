"""Carrying out one step of a change, once.

https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/
"""

from collections.abc import Callable

from schemas.change import Ref, Write
from schemas.errors import Denied, Permanent, TicketsyncError
from schemas.model import Json
from schemas.record import Record
from trackers.answers import Answer
from trackers.fields import Fields
from trackers.jira import address, read
from trackers.jira.fill import Filler
from trackers.jira.link import link, unlink
from trackers.jira.record import Recorder, revision_of
from trackers.jira.site import Refused, Site, words
from trackers.jira.transition import transition
from trackers.removal import rare_right


def carry_out(site: Site, filler: Filler, write: Write) -> Ref:
    """What a step left at Jira; Permanent for a step that is none of ours."""
    step = _STEPS.get(write.step)
    if step is None:
        raise Permanent(f"Jira has no step {write.step!r}; {'; '.join(write.losses)}")
    return step(site, filler, write)


def _create(site: Site, filler: Filler, write: Write) -> Ref:
    """What was kept of the screens may be old: a refusal, theirs or ours, has them read anew."""
    try:
        answer = _posted(site, filler, write)
    except Denied:
        raise
    except Permanent:
        if not filler.forget():
            raise
        answer = _posted(site, filler, write)
    made = Fields.of(answer.object, "created")
    key = made.need_text("key")
    return _ref(site, made.need_id("id"), key)


def _posted(site: Site, filler: Filler, write: Write) -> Answer:
    return _done(site.send("POST", "/issue", filler.new(write.body)))


def _update(site: Site, filler: Filler, write: Write) -> Ref:
    """Jira refuses an edit as a whole when one of its fields is on no screen: only then, or where
    values need it, is the screen asked for."""
    ticket, plain = _ticket(write), filler.plain(write.body)
    refusal = _tried(site, ticket, plain) if plain else None
    if refusal or not plain:
        body = filler.edited(ticket, write.body)
        if refusal and body == plain:
            raise refusal
        if body is not None:
            _done(site.send("PUT", f"/issue/{ticket}", body))
    return _ref(site, ticket)


def _tried(site: Site, ticket: str, body: Json) -> Refused | None:
    try:
        _done(site.send("PUT", f"/issue/{ticket}", body))
    except Refused as refusal:
        if refusal.status != 400:
            raise
        return refusal
    return None


def _transition(site: Site, filler: Filler, write: Write) -> Ref:
    ticket = _ticket(write)
    transition(site, ticket, write.body)
    return _ref(site, ticket)


def _link(site: Site, filler: Filler, write: Write) -> Ref:
    ticket = _ticket(write)
    link(site, ticket, write.body)
    return _ref(site, ticket)


def _unlink(site: Site, filler: Filler, write: Write) -> Ref:
    ticket = _ticket(write)
    unlink(site, ticket, write.body)
    return _ref(site, ticket)


def _comment(site: Site, filler: Filler, write: Write) -> Ref:
    ticket = _ticket(write)
    answer = _done(site.send("POST", f"/issue/{ticket}/comment", write.body))
    return comment_ref(site, ticket, answer.object)


def _edit_comment(site: Site, filler: Filler, write: Write) -> Ref:
    ticket = _ticket(write)
    path = f"/issue/{ticket}/comment/{write.comment}"
    answer = _done(site.send("PUT", path, write.body))
    return comment_ref(site, ticket, answer.object)


def _delete_comment(site: Site, filler: Filler, write: Write) -> Ref:
    """One that is gone already is as wanted; of an issue that is not there nothing is known."""
    ticket = _ticket(write)
    answer = site.send("DELETE", f"/issue/{ticket}/comment/{write.comment}")
    if not answer.ok:
        site.part(f"/issue/{ticket}", {"fields": "summary"})
    return Ref(ticket=ticket, comment=write.comment)


def _delete(site: Site, filler: Filler, write: Write) -> Ref:
    """For good; one with subtasks is refused, since they would go along
    (https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-issue-issueidorkey-delete)."""
    ticket = _ticket(write)
    with rare_right("the permission Delete issues"):
        site.send("DELETE", f"/issue/{ticket}")
    return Ref(ticket=ticket)


def comment_ref(site: Site, ticket: str, record: Json) -> Ref:
    """A comment as a write left it."""
    told = Fields.of(record, "comment")
    return Ref(
        ticket=ticket,
        comment=told.need_id("id"),
        revision=revision_of(told),
        record=Recorder(site).comment(told.value, ticket, None),
    )


def _ref(site: Site, ticket: str, key: str | None = None) -> Ref:
    """The issue as it is after a step, read back: Jira's own answer is empty.

    A reading that fails does not undo the write; it is left to the next one.
    """
    try:
        found = read.fetch(site, ticket, frozenset({"core"}))
    except TicketsyncError:
        found = None
    if not isinstance(found, Record):
        return Ref(ticket=ticket, key=key, url=address.browse(site.source, key) if key else None)
    shown = str(found.body["key"])
    return Ref(
        ticket=ticket,
        key=shown,
        url=address.browse(site.source, shown),
        revision=found.revision,
        record=found.body,
    )


def _ticket(write: Write) -> str:
    if not write.ticket:
        raise Permanent(f"the step {write.step!r} names no issue")
    return write.ticket


def _done(answer: Answer) -> Answer:
    """404 on a write: the issue is gone, or the right to write to it is."""
    if not answer.ok:
        raise Permanent(f"{answer.asked}: HTTP {answer.status}{words(answer)}")
    return answer


_STEPS: dict[str, Callable[[Site, Filler, Write], Ref]] = {
    "create": _create,
    "update": _update,
    "transition": _transition,
    "link": _link,
    "unlink": _unlink,
    "comment": _comment,
    "edit_comment": _edit_comment,
    "delete_comment": _delete_comment,
    "delete": _delete,
}
