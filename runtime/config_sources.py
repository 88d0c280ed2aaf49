"""Sources that the environment defines alone, by the names people already use."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from runtime.slugs import slug_of
from runtime.usual_names import FIELDS
from schemas.origin import origin_of

Environ = Mapping[str, str]
Table = dict[str, Any]

_AZURE = "https://dev.azure.com"


def defined(environ: Environ, faults: list[str]) -> list[Table]:
    """The `[[sources]]` tables that JIRA_… and ADO_… variables stand for; appends their faults.

    They count only when the file has none.
    """
    return [*_jira(environ, faults), *_azure(environ, faults)]


def filled(source: Table, environ: Environ) -> Table:
    """A source's table with the field ids that variables name and the table does not."""
    tracker, named = source.get("tracker"), source.get("fields", {})
    usual = FIELDS.get(tracker, {}) if isinstance(tracker, str) else {}
    found = {field: environ.get(name, "").strip() for field, name in usual.items()}
    new = {field: id_ for field, id_ in found.items() if id_}
    if not new or not isinstance(named, dict):  # the wrong type is a fault of its own
        return source
    return source | {"fields": new | named}


def site(tracker: str, environ: Environ) -> str | None:
    """Where a tracker is, as its usual variable says; None when there is no such, or it is odd."""
    if tracker == "jira":
        return _jira_origin(_read(environ, "JIRA_CLOUD_URL")) or None
    if tracker == "azure_devops":
        organization = _read(environ, "ADO_ORGANIZATION")
        return _azure_base(organization) if organization else None
    return None


def _jira(environ: Environ, faults: list[str]) -> Iterator[Table]:
    address, key = _read(environ, "JIRA_CLOUD_URL"), _read(environ, "JIRA_PROJECT_KEY")
    if not address:
        return  # JIRA_PROJECT_KEY alone belongs to some other tool
    if not key:
        faults.append("JIRA_CLOUD_URL is set, but not JIRA_PROJECT_KEY: set both")
        return
    origin = _jira_origin(address)
    if not origin:
        faults.append("JIRA_CLOUD_URL must be an address like https://NAME.atlassian.net")
        return
    url = f"{origin}/browse/{quote(key.upper(), safe='')}"
    yield {"name": "jira", "tracker": "jira", "url": url, "deployment": "cloud"}


def _azure(environ: Environ, faults: list[str]) -> Iterator[Table]:
    organization = _read(environ, "ADO_ORGANIZATION")
    if not organization:
        return
    teams = _teams(_read(environ, "ADO_SCRUM_PROJECT"), faults)
    first = _read(environ, "ADO_PROJECT")
    projects = list(dict.fromkeys([*([first] if first else []), *teams]))
    if not projects:
        faults.append("ADO_ORGANIZATION is set, but not ADO_PROJECT: set both")
    base = _azure_base(organization)
    for index, project in enumerate(projects):
        yield {
            "name": "ado" if index == 0 else f"ado-{slug_of(project)}",
            "tracker": "azure_devops",
            "url": f"{base}/{quote(project, safe='')}",
        } | ({"team": teams[project]} if teams.get(project) else {})


def _jira_origin(address: str) -> str:
    return origin_of(address if "://" in address else f"https://{address}")


def _azure_base(organization: str) -> str:
    base = organization.rstrip("/")
    return base if "://" in base else f"{_AZURE}/{quote(base, safe='')}"


def _teams(raw: str, faults: list[str]) -> dict[str, str]:
    """`project1:team1,project2:team2` as a table."""
    found: dict[str, str] = {}
    for pair in (one.strip() for one in raw.split(",")):
        project, _, team = (part.strip() for part in pair.partition(":"))
        if not pair:
            continue
        if not project or not team:
            faults.append(f"ADO_SCRUM_PROJECT must be project:team,project:team, not {pair[:40]!r}")
        elif found.setdefault(project, team) != team:
            faults.append(f"ADO_SCRUM_PROJECT names {project!r} with two teams; name one")
    return found


def _read(environ: Environ, name: str) -> str:
    return environ.get(name, "").strip()
