"""Reading single things: one ticket, one comment, definitions, people, ourselves."""

from collections.abc import Iterator

from schemas.errors import Permanent, Transient
from schemas.event import Aspect, Definition, DefinitionKind
from schemas.record import Fetched, Gone, Hidden, Moved, Record
from schemas.ticket import Person, TicketRef
from schemas.tracker import Identity, ProjectInfo
from trackers.fields import Fields
from trackers.http import Params
from trackers.jira import address, definitions
from trackers.jira.people import person
from trackers.jira.record import Recorder, asked_for, comment_record
from trackers.jira.site import Site, words

_KINDS: tuple[DefinitionKind, ...] = ("milestone", "component", "state")
_PEOPLE_PAGE = 1000


def fetch(site: Site, ticket: str, aspects: frozenset[Aspect]) -> Fetched:
    """One issue; its comments and links come with it, asked for or not.

    A 404 stands for deleted and for not visible alike. An issue that moved answers under its id
    with the key of its new project
    (https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-issue-issueidorkey-get).
    """
    answer = site.get(f"/issue/{_number(ticket)}", asked_for())
    if not answer.ok:
        return Hidden(ticket=ticket, reason=f"HTTP {answer.status}{words(answer)}")
    issue = Fields.of(answer.object, "issue")
    moved = _moved(site, issue)
    if moved:
        return Moved(ticket=ticket, to=moved)
    recorder = Recorder(site)
    [record] = recorder.tickets([issue.value], recorder.matching([ticket]))
    if "comments" in aspects and record.comments is None:
        comments = recorder.comments(ticket, issue.need_text("key"))
        if comments is None:
            raise Transient(f"issue {ticket} went away while it was read")
        return record.model_copy(update={"comments": comments})
    return record


def fetch_comment(site: Site, ticket: str, comment: str) -> Record | Gone | Hidden:
    """One comment. A 404 proves a deletion only while the comment's issue can be read."""
    path = f"/issue/{_number(ticket)}"
    answer = site.get(f"{path}/comment/{_number(comment)}")
    issue = site.get(path, {"fields": "summary"})
    if answer.ok and issue.ok:
        key = Fields.of(issue.object, "issue").need_text("key")
        return comment_record(Recorder(site).comment(answer.object, ticket, key), ticket)
    if issue.ok:
        return Gone(ticket=ticket, proof=f"HTTP {answer.status}, while its issue can be read")
    return Hidden(ticket=ticket, reason=f"HTTP {issue.status} for the comment's issue")


def all_definitions(site: Site) -> tuple[tuple[DefinitionKind, ...], tuple[Definition, ...]]:
    """Versions, components and states of the project; labels have no definition at Jira."""
    path = f"/project/{site.key}"
    found = [definitions.version(one) for one in _versions(site, path)]
    parts = site.need(f"{path}/components").items
    found += [definitions.component(Fields.of(one, "component")) for one in parts]
    states: dict[str, Definition] = {}
    for kind in site.need(f"{path}/statuses").items:
        for one in Fields.of(kind, "statuses").items("statuses"):
            state = definitions.state(Fields.of(one, "status"), site.source)
            states.setdefault(state.id, state)
    return _KINDS, (*found, *states.values())


def identity(site: Site) -> Identity:
    """Who we are; anonymous answers elsewhere hide a bad credential, this one does not."""
    me = Fields.of(site.need("/myself").object, "myself")
    login = me.text("emailAddress") or me.text("displayName") or me.text("name")
    return Identity(login=login, id=me.id("accountId") or me.id("key") or me.id("name"))


def users(site: Site) -> Iterator[Person]:
    """Who issues of the project can be assigned to.

    Jira pages first and drops people without the right afterwards: only an empty page is the end
    (https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-user-search/).
    """
    project = site.project_key()
    seen: set[str] = set()
    for start in range(0, 100 * _PEOPLE_PAGE, _PEOPLE_PAGE):
        params: Params = {"project": project, "startAt": start, "maxResults": _PEOPLE_PAGE}
        listed = site.need("/user/assignable/search", params).items
        found = [one for one in (person(Fields.of(item, "user")) for item in listed) if one]
        fresh = [one for one in found if one.id not in seen]
        if not fresh:
            return
        seen |= {one.id for one in fresh}
        yield from fresh


def projects(site: Site) -> Iterator[ProjectInfo]:
    """Every project the credential can see."""
    if site.cloud:
        listed = site.paged("/project/search", "values")
    else:
        listed = (Fields.of(one, "project") for one in site.need("/project").items)
    yield from map(site.told_project, listed)


def _versions(site: Site, path: str) -> Iterator[Fields]:
    return site.paged(f"{path}/version", "values")


def _moved(site: Site, issue: Fields) -> TicketRef | None:
    """Where an issue lives that is not in our project."""
    fields = issue.need_object("fields")
    project = fields.object("project")
    if project is None or site.holds(project):
        return None
    key = issue.need_text("key")
    return TicketRef(
        external_id=issue.need_id("id"),
        key=key,
        url=address.browse(site.source, key),
        title=fields.text("summary"),
    )


def _number(text: str) -> str:
    """Only numbers become part of an address."""
    if not (text.isascii() and text.isdecimal()):
        raise Permanent(f"{text[:40]!r} is no id of an issue or comment at Jira")
    return text
