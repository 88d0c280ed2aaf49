"""Addresses: what a user types for a team, and where its API lives."""

import re
from urllib.parse import urlsplit

from schemas.errors import ConfigError
from schemas.source import Source

PUBLIC_API = "https://api.linear.app"
PUBLIC_SITE = "linear.app"
_EXPECTED = "expected a team such as https://linear.app/acme/team/ENG"
_WORKSPACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_TEAM = re.compile(r"[A-Za-z][A-Za-z0-9]{0,15}")
_ISSUE = re.compile(r"([A-Za-z][A-Za-z0-9]{0,15})-\d{1,10}")
_FOREIGN = ("github.com", "gitlab.com", "bitbucket.org", "dev.azure.com", "atlassian.net")
_ISSUE_URL = re.compile(r"(https?://[^\s]+/issue/[A-Za-z][A-Za-z0-9]*-\d+)(?:/.*)?")


def source_url(url: str) -> tuple[str, str | None, str]:
    """(clean url, api url or None for linear.app, team key); the key is empty for a workspace."""
    scheme, host, path = _parts(url.strip())
    if not host or any(host == one or host.endswith(f".{one}") for one in _FOREIGN):
        raise _unknown(url)
    workspace, key = _place(path, url)
    api = None if host == PUBLIC_SITE else f"{scheme}://{host}"
    clean = f"{scheme}://{host}/{workspace}"
    return f"{clean}/team/{key}" if key else clean, api, key


def project_name(source: Source) -> str:
    """The team's key, as issues carry it (`ENG`)."""
    return source_url(source.url)[2]


def site(source: Source) -> str:
    """The workspace's address (`https://linear.app/acme`)."""
    return source_url(source.url)[0].partition("/team/")[0]


def api_base(source: Source) -> str:
    """Where the source's API lives, without `/graphql`."""
    base = source.api_url or source_url(source.url)[1] or PUBLIC_API
    return base.rstrip("/").removesuffix("/graphql").rstrip("/")


def issue_url(url: str | None) -> str | None:
    """An issue's address without the words of its title, which change with it."""
    found = _ISSUE_URL.fullmatch(url or "")
    return found[1] if found else url


def _parts(url: str) -> tuple[str, str, str]:
    typed = url if "://" in url or not url.startswith(PUBLIC_SITE) else f"https://{url}"
    try:
        parts = urlsplit(typed)
    except ValueError:
        raise _unknown(url) from None
    if parts.scheme not in ("http", "https"):
        raise _unknown(url)
    host = parts.netloc.rpartition("@")[2].lower().removeprefix("www.")
    return "https" if host == PUBLIC_SITE else parts.scheme, host, parts.path


def _place(path: str, url: str) -> tuple[str, str]:
    """(workspace, team key) of `/acme`, `/acme/team/ENG/…` or `/acme/issue/ENG-1/…`."""
    parts = [part for part in path.split("/") if part]
    if not parts or not _WORKSPACE.fullmatch(parts[0]):
        raise _unknown(url)
    if len(parts) == 1:
        return parts[0], ""
    if len(parts) > 2 and parts[1] == "team" and _TEAM.fullmatch(parts[2]):
        return parts[0], parts[2].upper()
    issue = _ISSUE.fullmatch(parts[2]) if len(parts) > 2 and parts[1] == "issue" else None
    if issue is None:
        raise _unknown(url)
    return parts[0], issue[1].upper()


def _unknown(url: str) -> ConfigError:
    shown = re.sub(r"//[^/@]*@", "//", url)[:200]
    return ConfigError(f"url {shown!r} is no Linear team: {_EXPECTED}")
