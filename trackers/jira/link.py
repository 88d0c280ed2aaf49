"""Making and taking away links between issues.

The request names the ends by the words of the type, and which end is which is easily mistaken: so
every new link is read back, and turned round when it came out the wrong way
(https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-links/).
"""

from schemas.errors import Permanent
from schemas.model import Json
from trackers.fields import Fields
from trackers.jira import links
from trackers.jira.site import Site, words

_INVERSE = {
    "blocks": "blocked_by",
    "blocked_by": "blocks",
    "duplicates": "duplicated_by",
    "duplicated_by": "duplicates",
    "relates": "relates",
}
_FORWARD = ("blocks", "duplicates", "relates")


def link(site: Site, ticket: str, body: Json) -> None:
    """Makes a link of a kind; one that is there already is as wanted."""
    kind, other = body["kind"], body["other"]
    if _held(site, ticket, kind, other):
        return
    name = _type(site, kind)
    ends = ({"id": ticket}, other) if kind in _FORWARD else (other, {"id": ticket})
    _post(site, name, *ends)
    if _held(site, ticket, kind, other):
        return
    turned = _held(site, ticket, _INVERSE[kind], other)
    if not turned:
        raise Permanent(f"issue {ticket}: the link {kind} was accepted and is not there")
    _delete(site, turned)
    _post(site, name, *reversed(ends))


def unlink(site: Site, ticket: str, body: Json) -> None:
    """Takes a link away; one that is not there is as wanted."""
    held = _held(site, ticket, body["kind"], body["other"])
    if held:
        _delete(site, held)


def _held(site: Site, ticket: str, kind: str, other: Json) -> str | None:
    """The id of the link of this kind between the two."""
    answer = site.part(f"/issue/{ticket}", {"fields": "issuelinks"})
    fields = Fields.of(answer.object, "issue").object("fields")
    for record in links.of_issue(fields.value if fields else {}):
        same = all(record[name] == told for name, told in other.items())
        if record["kind"] == kind and record["link"] and same:
            return str(record["link"])
    return None


def _type(site: Site, kind: str) -> str:
    """The site's own name for a kind; sites may rename and add types."""
    forward = kind if kind in _FORWARD else _INVERSE[kind]
    listed = Fields.of(site.need("/issueLinkType").object, "link types").items("issueLinkTypes")
    types = [Fields.of(one, "link type") for one in listed]
    fitting = [one for one in types if links.kind_of(one, outward=True) == forward]
    plain = [one for one in fitting if "relat" in (one.text("name") or "").lower()]
    for one in plain or fitting:
        return one.need_text("name")
    raise Permanent(f"the site has no type of link that means {kind}")


def _post(site: Site, name: str, inward: Json, outward: Json) -> None:
    body = {"type": {"name": name}, "inwardIssue": inward, "outwardIssue": outward}
    answer = site.send("POST", "/issueLink", body)
    if not answer.ok:
        raise Permanent(f"{answer.asked}: HTTP {answer.status}{words(answer)}")


def _delete(site: Site, number: str) -> None:
    """A 404 is a link that is gone already, or one we may not take away."""
    answer = site.send("DELETE", f"/issueLink/{number}")
    if not answer.ok and site.get(f"/issueLink/{number}").ok:
        raise Permanent(f"{answer.asked}: HTTP {answer.status}{words(answer)}")
