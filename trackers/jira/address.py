"""Addresses: what a user types for a project, where its API lives, and which Jira it is."""

import re
from functools import lru_cache
from itertools import pairwise
from urllib.parse import parse_qsl, urlsplit

from schemas.errors import ConfigError
from schemas.source import Source

GATEWAY = "https://api.atlassian.com"
"""Where OAuth grants are good for, site by site
(https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/#making-calls-to-product-apis)."""

_CLOUD = (".atlassian.net", ".jira.com", ".atlassian-us-gov-mod.net")
_FOREIGN = ("github.com", "gitlab.com", "bitbucket.org", "linear.app", "dev.azure.com")
_KEY = re.compile(r"[A-Z][A-Z0-9_]{1,254}")
_ISSUE = re.compile(r"([A-Z][A-Z0-9_]{1,254})-\d{1,10}")
_PAGE = re.compile(
    r"/(?:browse|projects|issues|secure|plugins|rest|jira/(?:software|core|servicedesk))(?=/|$)"
)
"""Where the path of a page begins; what stands before is Data Center's context path."""

_EXPECTED = "expected a project such as https://your-site.atlassian.net/browse/PROJ"


def source_url(url: str) -> tuple[str, str | None, str]:
    """(clean url, api url or None for Jira Cloud, project key or "" when only a site is named)."""
    site, path = _split(url)
    key = _key(path) or _asked_key(url)
    clean = f"{site}/browse/{key}" if key else site
    return clean, None if is_cloud(site) else site, key


def project_name(source: Source) -> str:
    """The project's key, as the source's url spells it."""
    return source_url(source.url)[2]


def site(source: Source) -> str:
    """The address people see, without a trailing slash; with a context path where there is one."""
    return _split(source.url)[0]


def is_cloud(address: str) -> bool:
    """Whether an address is one of Atlassian's own hosts."""
    host = (urlsplit(address).hostname or "").lower()
    return host.endswith(_CLOUD)


def deployment(source: Source) -> str:
    """`cloud` or `server` (Data Center): as configured, else by the host."""
    return source.deployment or ("cloud" if is_cloud(source.url) else "server")


def api_base(source: Source) -> str:
    """Where requests with a token go, without a trailing slash."""
    return (source.api_url or site(source)).rstrip("/")


def gateway(source: Source, cloud_id: str) -> str:
    """Where requests under an OAuth grant go."""
    base = (source.api_url or GATEWAY).rstrip("/")
    return base if "/ex/jira/" in base else f"{base}/ex/jira/{cloud_id}"


def browse(source: Source, key: str) -> str:
    """The page of an issue."""
    return f"{site(source)}/browse/{key}"


@lru_cache(maxsize=256)
def _split(url: str) -> tuple[str, str]:
    """(site with context path, path of the page in it)."""
    typed = url.strip()
    typed = typed if "://" in typed else f"https://{typed}"
    try:
        parts = urlsplit(typed)
        host = parts.netloc.rpartition("@")[2].lower()
        named = parts.hostname or ""
    except ValueError:
        raise _unknown(url) from None
    foreign = any(named == one or named.endswith(f".{one}") for one in _FOREIGN)
    if parts.scheme not in ("http", "https") or not named or foreign or " " in host:
        raise _unknown(url)
    path = parts.path.rstrip("/")
    if is_cloud(typed):
        return f"https://{host}", path
    page = _PAGE.search(path)
    context = path[: page.start()] if page else path
    return f"{parts.scheme}://{host}{context}", path[len(context) :]


def _key(path: str) -> str:
    """The first part that is a project's or an issue's key, behind a word that announces one."""
    parts = [part for part in path.split("/") if part]
    for before, part in pairwise(parts):
        found = part.upper()
        if before in ("browse", "issues") and _ISSUE.fullmatch(found):
            return found.rpartition("-")[0]
        if before in ("browse", "projects") and _KEY.fullmatch(found):
            return found
    return ""


def _asked_key(url: str) -> str:
    """Data Center's boards name their project behind the question mark."""
    asked = dict(parse_qsl(urlsplit(url.strip()).query))
    found = (asked.get("projectKey") or asked.get("selectedIssue", "").rpartition("-")[0]).upper()
    return found if _KEY.fullmatch(found) else ""


def _unknown(url: str) -> ConfigError:
    shown = re.sub(r"//[^/@]*@", "//", url)[:200]
    return ConfigError(f"url {shown!r} is no Jira project: {_EXPECTED}")
