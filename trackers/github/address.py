"""Addresses: what a user types for a repository, and where its API lives."""

import re
from urllib.parse import urlsplit

from schemas.errors import ConfigError
from schemas.source import Source

PUBLIC_API = "https://api.github.com"
_EXPECTED = "expected a repository such as https://github.com/owner/repo"
_SSH = re.compile(r"(?:ssh://)?git@([^/:]+)[:/](.+)")
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_FOREIGN = ("gitlab.com", "bitbucket.org", "linear.app", "dev.azure.com", "atlassian.net")


def source_url(url: str) -> tuple[str, str | None, str]:
    """(clean url, api url or None for github.com, `owner/repo`); ConfigError for anything else.

    The name is empty for the address of a site alone (`https://github.com`).
    """
    scheme, host, path = _parts(url.strip())
    if not host or any(host == one or host.endswith(f".{one}") for one in _FOREIGN):
        raise _unknown(url)
    host = "github.com" if host == "www.github.com" else host
    if not path.strip("/"):
        return f"{scheme}://{host}", _api(scheme, host), ""
    owner, name = _repository(path, url)
    return f"{scheme}://{host}/{owner}/{name}", _api(scheme, host), f"{owner}/{name}"


def project_name(source: Source) -> str:
    """`owner/repo` of a source, as its url spells it."""
    return source_url(source.url)[2]


def site(source: Source) -> str:
    """The origin people log in at: where an OAuth grant comes from."""
    parts = urlsplit(source_url(source.url)[0])
    return f"{parts.scheme}://{parts.netloc}"


def api_base(source: Source) -> str:
    """Where the source's API lives, without a trailing slash."""
    return (source.api_url or source_url(source.url)[1] or PUBLIC_API).rstrip("/")


def _api(scheme: str, host: str) -> str | None:
    """None for github.com.

    Enterprise Server answers under /api/v3, Enterprise Cloud with data residency under api.HOST
    (https://docs.github.com/enterprise-server/rest/using-the-rest-api/getting-started-with-the-rest-api).
    """
    if host == "github.com":
        return None
    return f"https://api.{host}" if host.endswith(".ghe.com") else f"{scheme}://{host}/api/v3"


def _parts(url: str) -> tuple[str, str, str]:
    """(scheme, host with port, path). A user name or token before the host is dropped."""
    ssh = _SSH.fullmatch(url)
    if ssh:
        return "https", ssh[1].lower(), ssh[2]
    bare = url.rstrip("/") == "github.com" or url.startswith("github.com/")
    typed = f"https://{url}" if bare else url
    try:
        parts = urlsplit(typed)
    except ValueError:
        raise _unknown(url) from None
    if parts.scheme not in ("http", "https"):
        raise _unknown(url)
    host = parts.netloc.rpartition("@")[2].lower()
    return "https" if host == "github.com" else parts.scheme, host, parts.path


def _repository(path: str, url: str) -> tuple[str, str]:
    parts = [part for part in path.split("/") if part]
    if len(parts) < 2 or (len(parts) > 2 and parts[2] != "issues"):
        raise _unknown(url)
    owner, name = parts[0], parts[1].removesuffix(".git")
    if not all(_NAME.fullmatch(part) and part.strip(".") for part in (owner, name)):
        raise _unknown(url)
    return owner, name


def _unknown(url: str) -> ConfigError:
    shown = re.sub(r"//[^/@]*@", "//", url)[:200]
    return ConfigError(f"url {shown!r} is no GitHub repository: {_EXPECTED}")
