"""Carrying out one step of a change: one write, and what it left.

https://docs.github.com/rest/issues
"""

import re
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import quote

from schemas.change import Ref, Write
from schemas.errors import Permanent
from schemas.model import Json
from trackers.answers import Answer, Unprocessable
from trackers.fields import Fields
from trackers.github.read import everything
from trackers.github.repository import Repository, revision_of

Step = Callable[[Repository, Write], Ref]
_KEY = re.compile(r"(?:(?P<repository>[\w.-]+/[\w.-]+)#)?(?P<number>\d{1,10})")
_ADDRESS = re.compile(r"https?://[^/]+/(?P<repository>[\w.-]+/[\w.-]+)/issues/(?P<number>\d{1,10})")
_TAKEN = "already_exists"


def write(repository: Repository, step: Write) -> Ref:
    """Carries a step out, once; Permanent when GitHub says that it cannot be."""
    try:
        perform = _STEPS[step.step]
    except KeyError:
        raise Permanent(f"GitHub knows no step {step.step!r}") from None
    return perform(repository, step)


def _create(repository: Repository, step: Write) -> Ref:
    body = _resolved(repository, step.body)
    return _issue_ref(_done(repository.session.send("POST", repository.path("/issues"), body)))


def _update(repository: Repository, step: Write) -> Ref:
    body = _resolved(repository, step.body)
    return _issue_ref(_done(repository.session.send("PATCH", _issue(repository, step), body)))


def _labels(repository: Repository, step: Write) -> Ref:
    """GitHub makes labels of names it does not know yet."""
    body = _resolved(repository, step.body)
    _done(repository.session.send("POST", _issue(repository, step, "/labels"), body))
    return _bare(step)


def _unlabel(repository: Repository, step: Write) -> Ref:
    """A label that is not there any more is as good as removed."""
    path = _issue(repository, step, f"/labels/{quote(str(step.body['name']), safe='')}")
    _gone(repository, step, repository.session.send("DELETE", path))
    return _bare(step)


def _assign(repository: Repository, step: Write) -> Ref:
    """Logins that cannot be assigned are left out without a word."""
    path = _issue(repository, step, "/assignees")
    return _issue_ref(_done(repository.session.send("POST", path, step.body)))


def _unassign(repository: Repository, step: Write) -> Ref:
    path = _issue(repository, step, "/assignees")
    return _issue_ref(_done(repository.session.send("DELETE", path, step.body)))


def _lock(repository: Repository, step: Write) -> Ref:
    _done(repository.session.send("PUT", _issue(repository, step, "/lock"), step.body))
    return _bare(step)


def _unlock(repository: Repository, step: Write) -> Ref:
    _done(repository.session.send("DELETE", _issue(repository, step, "/lock")))
    return _bare(step)


def _set_fields(repository: Repository, step: Write) -> Ref:
    path = _issue(repository, step, "/issue-field-values")
    _done(repository.session.send("POST", path, step.body))
    return _bare(step)


def _clear_field(repository: Repository, step: Write) -> Ref:
    path = _issue(repository, step, f"/issue-field-values/{int(step.body['field_id'])}")
    _gone(repository, step, repository.session.send("DELETE", path))
    return _bare(step)


def _comment(repository: Repository, step: Write) -> Ref:
    path = _issue(repository, step, "/comments")
    return comment_ref(
        _ticket(step), _done(repository.session.send("POST", path, step.body)).object
    )


def _edit_comment(repository: Repository, step: Write) -> Ref:
    answer = _done(repository.session.send("PATCH", _comment_path(repository, step), step.body))
    return comment_ref(_ticket(step), answer.object)


def _delete_comment(repository: Repository, step: Write) -> Ref:
    """What is gone already is what was wanted, as long as its issue can be read."""
    answer = repository.session.send("DELETE", _comment_path(repository, step))
    _gone(repository, step, answer)
    return _bare(step, comment=step.comment)


def _link(repository: Repository, step: Write) -> Ref:
    """A link that is there already answers 422: the list tells whether that is why."""
    method, path, body, listed = _line(repository, step)
    try:
        _done(repository.session.send(method, path, body))
    except Unprocessable:
        wanted = body.get("sub_issue_id") or body.get("issue_id")
        items = everything(repository.session, listed) or []
        if wanted not in [item.get("id") for item in items]:
            raise
    return _bare(step)


def _unlink(repository: Repository, step: Write) -> Ref:
    _, path, body, listed = _line(repository, step)
    if "sub_issue_id" in body:
        answer = repository.session.send("DELETE", path.removesuffix("s"), body)
    else:
        answer = repository.session.send("DELETE", f"{path}/{body['issue_id']}")
    if not answer.ok and everything(repository.session, listed) is None:
        _done(answer)
    return _bare(step)


def _line(repository: Repository, step: Write) -> tuple[str, str, dict[str, Json], str]:
    """(method, path, body, path of the list) of a link; written at the parent or the blocked.

    Links name issues by their global id, which only the issue's record tells.
    """
    own, other = _issue(repository, step), _target(repository, step)
    kind = str(step.body["kind"])
    upper, lower = (own, other) if kind in ("child", "blocked_by") else (other, own)
    answer = _done(repository.session.get(lower))
    key = Fields.of(answer.object, "issue").value.get("id")
    if kind in ("parent", "child"):
        path = f"{upper}/sub_issues"
        body = {"sub_issue_id": key}
        if kind == "parent" and step.step == "link":
            body["replace_parent"] = True
        return "POST", path, body, path
    path = f"{upper}/dependencies/blocked_by"
    return "POST", path, {"issue_id": key}, path


def _target(repository: Repository, step: Write) -> str:
    """The API path of the other end, from its key (`12`, `owner/repo#12`) or its address."""
    found = _KEY.fullmatch(str(step.body.get("key") or ""))
    found = found or _ADDRESS.fullmatch(str(step.body.get("url") or ""))
    if found is None:
        raise Permanent("the other end of the link is no issue at GitHub")
    name = found["repository"] or repository.name
    return f"/repos/{name}/issues/{found['number']}"


def _resolved(repository: Repository, body: Json) -> dict[str, Json]:
    """A body with the milestone's number and the type's name in place of what was wanted."""
    told = dict(body or {})
    if "looks" in told:
        _make_labels(repository, told.pop("looks"))
    if isinstance(told.get("milestone"), dict):
        told["milestone"] = _milestone(repository, told["milestone"])
    if isinstance(told.get("type"), list):
        name = _type(repository, told.pop("type"))
        told |= {"type": name} if name else {}
    return told


def _make_labels(repository: Repository, looks: dict[str, Json]) -> None:
    """Makes the labels that are not there, as they are to look: an issue that names one would make
    it, too, but grey (https://docs.github.com/rest/issues/labels#create-a-label)."""
    known = repository.label_names()
    for name, look in looks.items():
        if name.lower() in known:
            continue
        with suppress(Unprocessable):  # somebody made it in the meantime
            _done(
                repository.session.send("POST", repository.path("/labels"), {"name": name, **look})
            )
        repository.note_label(name)


def _milestone(repository: Repository, wanted: dict[str, Json]) -> int:
    """The number of the milestone, by id or else by title; a new one when there is none."""
    found = _milestones(repository)
    by_id = {str(one.get("id")): one for one in found}
    stone = by_id.get(str(wanted.get("id"))) or _titled(found, wanted)
    if stone is None:
        stone = _new_milestone(repository, wanted)
    return Fields.of(stone, "milestone").need_whole("number")


def _new_milestone(repository: Repository, wanted: dict[str, Json]) -> dict[str, Json]:
    names = ("title", "description", "due_on", "state")
    body = {name: wanted[name] for name in names if wanted.get(name)}
    if body.get("state") not in ("open", "closed"):
        body.pop("state", None)
    try:
        return _done(repository.session.send("POST", repository.path("/milestones"), body)).object
    except Unprocessable:  # somebody made it in the meantime
        stone = _titled(_milestones(repository), wanted)
        if stone is None:
            raise
        return stone


def _milestones(repository: Repository) -> list[dict[str, Json]]:
    return everything(repository.session, repository.path("/milestones?state=all")) or []


def _titled(found: list[dict[str, Json]], wanted: dict[str, Json]) -> dict[str, Json] | None:
    return next((one for one in found if one.get("title") == wanted.get("title")), None)


def _type(repository: Repository, wanted: list[str]) -> str | None:
    """The issue type as the organisation spells it; None where there are none of these."""
    known = {name.lower(): name for name in repository.type_names()}
    return next((known[name.lower()] for name in wanted if name.lower() in known), None)


def issue_ref(record: dict[str, Json]) -> Ref:
    """What a written issue is known by."""
    issue = Fields.of(record, "issue")
    number = str(issue.need_whole("number"))
    return Ref(
        ticket=number,
        key=number,
        url=issue.text("html_url"),
        revision=revision_of(record),
        record=record,
    )


def comment_ref(ticket: str, record: dict[str, Json]) -> Ref:
    """What a written comment is known by."""
    comment = Fields.of(record, "comment")
    return Ref(
        ticket=ticket,
        comment=comment.need_id("id"),
        url=comment.text("html_url"),
        revision=revision_of(record),
        record=record,
    )


def _issue_ref(answer: Answer) -> Ref:
    return issue_ref(answer.object)


def _bare(step: Write, comment: str | None = None) -> Ref:
    """For writes whose answer is not the record."""
    return Ref(ticket=_ticket(step), key=_ticket(step), comment=comment)


def _done(answer: Answer) -> Answer:
    """The answer of a write that happened."""
    if answer.ok:
        return answer
    told = f"{answer.asked}: HTTP {answer.status}{answer.reason}"
    if answer.status in (301, 302):
        raise Permanent(f"{told}: the issue lives elsewhere now")
    raise Permanent(f"{told}: there is no such thing, or the credential may not write it")


def _gone(repository: Repository, step: Write, answer: Answer) -> None:
    """A 404 to a removal is a success while the issue itself can be read."""
    if not answer.ok and not repository.session.get(_issue(repository, step)).ok:
        _done(answer)


def _ticket(step: Write) -> str:
    number = step.ticket or ""
    if not (number.isascii() and number.isdecimal()):
        raise Permanent(f"step {step.step!r} names no issue: {number[:40]!r}")
    return number


def _issue(repository: Repository, step: Write, tail: str = "") -> str:
    return repository.path(f"/issues/{_ticket(step)}{tail}")


def _comment_path(repository: Repository, step: Write) -> str:
    key = step.comment or ""
    if not (key.isascii() and key.isdecimal()):
        raise Permanent(f"step {step.step!r} names no comment: {key[:40]!r}")
    return repository.path(f"/issues/comments/{key}")


_STEPS: dict[str, Step] = {
    "create": _create,
    "update": _update,
    "add_labels": _labels,
    "remove_label": _unlabel,
    "assign": _assign,
    "unassign": _unassign,
    "lock": _lock,
    "unlock": _unlock,
    "set_fields": _set_fields,
    "clear_field": _clear_field,
    "comment": _comment,
    "edit_comment": _edit_comment,
    "delete_comment": _delete_comment,
    "link": _link,
    "unlink": _unlink,
}
