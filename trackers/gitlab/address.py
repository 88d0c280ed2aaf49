"""Addresses: what a user types for a project, and where its API lives."""

import re
from urllib.parse import unquote, urlsplit

from schemas.errors import ConfigError
from schemas.source import Source

PUBLIC_API = "https://gitlab.com/api/v4"
_API_PATH = "/api/v4"
_EXPECTED = "expected a project such as https://gitlab.com/group/project"
_SSH = re.compile(r"(?:ssh://)?git@([^/:]+)(?::\d+/|[:/])(.+)")
_SLUG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}")
_FOREIGN = ("github.com", "bitbucket.org", "linear.app", "dev.azure.com", "atlassian.net")
_PLAIN = ("gitlab.com/", "www.gitlab.com/")


def source_url(url: str) -> tuple[str, str | None, str]:
    """(clean url, api url or None for gitlab.com, `group/subgroup/project`).

    Whatever follows `/-/` (issues, boards, one issue) is left out. A site alone has no name.
    """
    scheme, host, path = _parts(url.strip())
    if not host or any(host == one or host.endswith(f".{one}") for one in _FOREIGN):
        raise _unknown(url)
    host = "gitlab.com" if host == "www.gitlab.com" else host
    name = _project(path, url)
    api = None if host == "gitlab.com" else f"{scheme}://{host}{_API_PATH}"
    return f"{scheme}://{host}/{name}".rstrip("/"), api, name


def project_name(source: Source) -> str:
    """The project's full path, as the source's url spells it; empty when it names a site alone.

    An instance below a path of its host has that path in front, as the API's address tells.
    """
    name = source_url(source.url)[2]
    below = urlsplit(source.api_url or "").path.removesuffix("/").removesuffix(_API_PATH)
    return name.removeprefix(f"{below.strip('/')}/") if below.strip("/") else name


def web_url(source: Source) -> str:
    """The project's own page, without a trailing slash."""
    return source_url(source.url)[0]


def api_base(source: Source) -> str:
    """Where the source's API lives, without a trailing slash; a bare host gets the usual path.

    https://docs.gitlab.com/api/rest/
    """
    told = (source.api_url or source_url(source.url)[1] or PUBLIC_API).rstrip("/")
    return told if urlsplit(told).path.strip("/") else f"{told}{_API_PATH}"


def site(source: Source) -> str:
    """The instance's own address, where people sign in."""
    return api_base(source).removesuffix(_API_PATH)


def _parts(url: str) -> tuple[str, str, str]:
    """(scheme, host with port, path). A user name or token before the host is dropped."""
    ssh = _SSH.fullmatch(url)
    if ssh:
        return "https", ssh[1].lower(), ssh[2]
    typed = f"https://{url}" if url.startswith(_PLAIN) else url
    try:
        parts = urlsplit(typed)
    except ValueError:
        raise _unknown(url) from None
    if parts.scheme not in ("http", "https"):
        raise _unknown(url)
    host = parts.netloc.rpartition("@")[2].lower()
    return "https" if host == "gitlab.com" else parts.scheme, host, parts.path


def _project(path: str, url: str) -> str:
    """The path up to `/-/`; the numbered pages of old versions had no such mark."""
    before = re.sub(r"/issues/\d+/?$", "", unquote(path).partition("/-/")[0].removesuffix("/-"))
    parts = [part for part in before.split("/") if part]
    if not parts:
        return ""
    parts[-1] = parts[-1].removesuffix(".git")
    if len(parts) < 2 or parts[0] == "groups" or not all(_SLUG.fullmatch(one) for one in parts):
        raise _unknown(url)
    return "/".join(parts)


def _unknown(url: str) -> ConfigError:
    shown = re.sub(r"//[^/@]*@", "//", url)[:200]
    return ConfigError(f"url {shown!r} is no GitLab project: {_EXPECTED}")
