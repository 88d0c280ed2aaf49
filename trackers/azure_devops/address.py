"""Addresses: what a user types for a project, and where its organization's API lives.

Services: dev.azure.com/ORGANIZATION/PROJECT and the older ORGANIZATION.visualstudio.com/PROJECT;
Server: HOST[/tfs]/COLLECTION/PROJECT
(https://learn.microsoft.com/rest/api/azure/devops/#components-of-a-rest-api-requestresponse-pair).
"""

import re
from functools import lru_cache
from urllib.parse import quote, unquote, urlsplit

from schemas.errors import ConfigError
from schemas.source import Source

SERVICES = "dev.azure.com"
_OLD = ".visualstudio.com"
_EXPECTED = "expected a project such as https://dev.azure.com/organization/project"
_FOREIGN = ("github.com", "gitlab.com", "bitbucket.org", "linear.app", "atlassian.net")
_FORBIDDEN = re.compile(r"[\x00-\x1f<>\"|*?;{}]")
_VIRTUAL = "tfs"
"""The virtual directory that Server's set-up proposes."""


@lru_cache(maxsize=256)
def source_url(url: str) -> tuple[str, str | None, str]:
    """(clean url, api url or None for Services, project or "" when only a site is named)."""
    scheme, host, parts = _parts(url.strip())
    if not host or any(host == one or host.endswith(f".{one}") for one in _FOREIGN):
        raise _unknown(url)
    if host.endswith(_OLD):
        organization = host.removesuffix(_OLD)
        parts = parts[1:] if parts[:1] == ["DefaultCollection"] else parts
        scheme, host, parts = "https", SERVICES, [organization, *parts]
    size = 2 if host != SERVICES and parts[:1] == [_VIRTUAL] else 1
    if len(parts) < size or not all(_named(part) for part in parts[: size + 1]):
        raise _unknown(url)
    base = f"{scheme}://{host}/{'/'.join(quote(part) for part in parts[:size])}"
    project = parts[size] if len(parts) > size else ""
    clean = f"{base}/{quote(project)}" if project else base
    return clean, None if host == SERVICES else base, project


def project_name(source: Source) -> str:
    """The project of a source as its url spells it; empty for a site."""
    return source_url(source.url)[2]


def site(source: Source) -> str:
    """The organization's or collection's address for people, without a trailing slash."""
    clean, _, project = source_url(source.url)
    return clean.rpartition("/")[0] if project else clean


def api_base(source: Source) -> str:
    """Where the source's API lives; requests below it start with `/_apis` or `/PROJECT/_apis`."""
    return (source.api_url or site(source)).rstrip("/")


def page(source: Source, project: str, ticket: str) -> str:
    """A work item's page in the browser."""
    where = f"/{quote(project)}" if project else ""
    return f"{site(source)}{where}/_workitems/edit/{ticket}"


def _parts(url: str) -> tuple[str, str, list[str]]:
    """(scheme, host with port, path segments up to the first page of the site).

    A user name or token before the host is dropped.
    """
    known = url.startswith(f"{SERVICES}/") or _OLD in url.partition("/")[0]
    try:
        parts = urlsplit(f"https://{url}" if known and "://" not in url else url)
    except ValueError:
        raise _unknown(url) from None
    if parts.scheme not in ("http", "https"):
        raise _unknown(url)
    host = parts.netloc.rpartition("@")[2].lower()
    segments = []
    for part in (unquote(one) for one in parts.path.split("/") if one):
        if part.startswith("_"):
            break
        segments.append(part)
    return "https" if host == SERVICES else parts.scheme, host, segments


def _named(part: str) -> bool:
    """https://learn.microsoft.com/azure/devops/organizations/settings/naming-restrictions"""
    return 0 < len(part) <= 100 and not _FORBIDDEN.search(part) and bool(part.strip(". "))


def _unknown(url: str) -> ConfigError:
    shown = re.sub(r"//[^/@]*@", "//", url)[:200]
    return ConfigError(f"url {shown!r} is no Azure DevOps project: {_EXPECTED}")
