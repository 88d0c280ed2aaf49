"""Carrying out one step of a change."""

from collections.abc import Callable
from urllib.parse import quote

from schemas.change import Ref, Write
from schemas.errors import Permanent
from schemas.model import Json
from schemas.ticket import Attachment
from trackers.answers import Answer
from trackers.fields import Fields
from trackers.gitlab import read, values
from trackers.gitlab.project import Project, comment_record, ticket_record, words
from trackers.gitlab.translate import UPLOAD
from trackers.gitlab.write import duration
from trackers.removal import rare_right


def write(project: Project, step: Write) -> Ref:
    """One step, once. GitLab takes no idempotency key: after a lost answer `find` tells."""
    carry = _STEPS.get(step.step)
    if carry is None:
        raise Permanent(f"GitLab knows no step {step.step!r}")
    if step.step != "create" and not step.ticket:
        raise Permanent(f"step {step.step} names no issue")
    return carry(project, step)


def upload(project: Project, name: str, media_type: str, content: bytes) -> Attachment:
    """A file at the project (https://docs.gitlab.com/api/project_markdown_uploads/)."""
    answer = project.send("POST", "/uploads", files={"file": (name, content, media_type)})
    told = Fields.of(_done(answer).object, "upload")
    address = told.need_text("url")
    secret = UPLOAD.search(address)
    return Attachment(
        id=secret[1] if secret else address,
        name=name,
        url=address,
        media_type=media_type,
        size=len(content),
    )


def file_path(project: Project, url: str) -> str:
    """Where the API gives a file of the project; any other address stays as it is.

    Pages of a project take no token, so that a file is read through the API (GitLab 17.4 and
    later).
    """
    found = UPLOAD.search(url)
    ours = url.startswith("/") or project.session.owns(url)
    if not (found and ours):
        return url
    name = values.file_name(found[2])
    if name is None:
        raise Permanent("an address of an upload leads elsewhere; it is not followed")
    return project.path(f"/uploads/{found[1]}/{quote(name, safe='')}")


def _create(project: Project, step: Write) -> Ref:
    issue = _done(project.send("POST", "/issues", _resolved(project, step.body))).object
    return issue_ref(project.with_label_ids(issue))


def _update(project: Project, step: Write) -> Ref:
    answer = project.send("PUT", _issue(step), _resolved(project, step.body))
    return issue_ref(project.with_label_ids(_done(answer).object))


def _resolved(project: Project, body: dict[str, Json]) -> dict[str, Json]:
    """The fields as the API takes them: a milestone goes by its id, 0 takes it away."""
    if "looks" in body:
        project.make_labels(body["looks"])
        body = {name: value for name, value in body.items() if name != "looks"}
    if "milestone" not in body:
        return body
    kept = {name: value for name, value in body.items() if name != "milestone"}
    wanted = body["milestone"]
    return {**kept, "milestone_id": _milestone_id(project, wanted) if wanted else 0}


def _milestone_id(project: Project, wanted: dict[str, str]) -> int:
    """The milestone of that title in the project or above it, made when there is none."""
    params = {"title": wanted["title"], "include_ancestors": "true"}
    for known in project.everything("/milestones", params) or []:
        if known.get("title") == wanted["title"]:
            return int(known["id"])
    body = {name: value for name, value in wanted.items() if value}
    return int(_done(project.send("POST", "/milestones", body)).object["id"])


def _estimate(project: Project, step: Write) -> Ref:
    seconds = int(step.body["seconds"])
    if seconds:
        body = {"duration": duration(seconds)}
        _done(project.send("POST", f"{_issue(step)}/time_estimate", body))
    else:
        _done(project.send("POST", f"{_issue(step)}/reset_time_estimate"))
    return _now(project, step)


def _spend(project: Project, step: Write) -> Ref:
    """Time spent only adds up, so the difference is added; a smaller total begins anew.

    https://docs.gitlab.com/api/issues/#add-spent-time-for-an-issue
    """
    wanted, path = int(step.body["seconds"]), _issue(step)
    told = _done(project.get(project.path(f"{path}/time_stats"))).object
    spent = Fields.of(told, "time_stats").whole("total_time_spent") or 0
    if wanted < spent:
        _done(project.send("POST", f"{path}/reset_spent_time"))
        spent = 0
    if wanted > spent:
        body = {"duration": duration(wanted - spent)}
        _done(project.send("POST", f"{path}/add_spent_time", body))
    return _now(project, step)


def _now(project: Project, step: Write) -> Ref:
    """The issue after a step whose answer tells the times alone, unless another step follows."""
    if step.body.get("read") is False:
        return Ref(ticket=str(step.ticket))
    found = read.fetch(project, str(step.ticket), frozenset({"core"}))
    body = getattr(found, "body", None)
    return issue_ref(body) if isinstance(body, dict) else Ref(ticket=str(step.ticket))


def _comment(project: Project, step: Write) -> Ref:
    """A note that is an emoji alone becomes a reaction, and one of quick actions alone nothing
    (https://docs.gitlab.com/api/notes/)."""
    answer = _done(project.send("POST", f"{_issue(step)}/notes", step.body))
    if not answer.object.get("id"):
        raise Permanent(f"{answer.asked}: GitLab made no note of it{words(answer)}")
    return _note_ref(step, answer)


def _edit_comment(project: Project, step: Write) -> Ref:
    return _note_ref(step, _done(project.send("PUT", _note(step), step.body)))


def _delete_comment(project: Project, step: Write) -> Ref:
    """One that is gone already is as good as deleted."""
    answer = project.send("DELETE", _note(step))
    if not answer.ok and answer.status != 404:
        raise _refused(answer)
    return Ref(ticket=str(step.ticket), comment=step.comment)


def _delete(project: Project, step: Write) -> Ref:
    """For good; https://docs.gitlab.com/api/issues/#delete-an-issue. One that is not there any
    more is as wanted."""
    with rare_right("the role Owner"):
        answer = project.send("DELETE", _issue(step))
    if not answer.ok and answer.status != 404:
        raise _refused(answer)
    return Ref(ticket=str(step.ticket))


def _link(project: Project, step: Write) -> Ref:
    """A link that is there already answers 409."""
    own = project.pinned()
    body = {
        "target_project_id": step.body["target_project"] or own,
        "target_issue_iid": step.body["target_issue_iid"],
        "link_type": step.body["link_type"],
    }
    answer = project.send("POST", f"{_issue(step)}/links", body)
    if not answer.ok and answer.status != 409:
        raise _refused(answer)
    return Ref(ticket=str(step.ticket))


def _unlink(project: Project, step: Write) -> Ref:
    path = f"{_issue(step)}/links"
    for link in project.everything(path) or []:
        if _is_link(project, link, step.body):
            answer = project.send("DELETE", f"{path}/{quote(str(link['issue_link_id']))}")
            if not answer.ok and answer.status != 404:
                raise _refused(answer)
    return Ref(ticket=str(step.ticket))


def _is_link(project: Project, link: dict[str, Json], wanted: dict[str, Json]) -> bool:
    full = str((link.get("references") or {}).get("full") or "").partition("#")[0]
    there = wanted["target_project"]
    same = full == there if there else str(link.get("project_id")) == project.id
    number = str(link.get("iid")) == str(wanted["target_issue_iid"])
    return same and number and link.get("link_type") == wanted["link_type"]


_STEPS: dict[str, Callable[[Project, Write], Ref]] = {
    "create": _create,
    "update": _update,
    "estimate": _estimate,
    "spend": _spend,
    "comment": _comment,
    "edit_comment": _edit_comment,
    "delete_comment": _delete_comment,
    "delete": _delete,
    "link": _link,
    "unlink": _unlink,
}


def issue_ref(issue: dict[str, Json]) -> Ref:
    """An issue as what a write left."""
    record = ticket_record(issue)
    return Ref(
        ticket=record.ticket,
        key=record.ticket,
        url=issue.get("web_url"),
        revision=record.revision,
        record=issue,
    )


def _note_ref(step: Write, answer: Answer) -> Ref:
    return note_ref(str(step.ticket), answer.object)


def note_ref(ticket: str, note: dict[str, Json]) -> Ref:
    """A note as what a write left."""
    told = comment_record(ticket, note).revision
    return Ref(ticket=ticket, comment=str(note.get("id")), revision=told, record=note)


def _issue(step: Write) -> str:
    return f"/issues/{quote(str(step.ticket), safe='')}"


def _note(step: Write) -> str:
    return f"{_issue(step)}/notes/{quote(str(step.comment), safe='')}"


def _done(answer: Answer) -> Answer:
    if not answer.ok:
        raise _refused(answer)
    return answer


def _refused(answer: Answer) -> Permanent:
    return Permanent(f"{answer.asked}: HTTP {answer.status}{words(answer)}")
