"""OAuth 2.0 (3LO): one consent may reach several sites, each known by its cloud id.

https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/
"""

from collections.abc import Callable

from schemas.errors import Denied
from schemas.ports import Grant
from schemas.source import Source
from trackers.base import OAuthPlan, Reach
from trackers.fields import Fields
from trackers.http import Session
from trackers.jira import address

_RESOURCES = "/oauth/token/accessible-resources"


def look(session_for: Callable[[str], Session], site: str) -> Reach:
    """The sites a grant reaches, by their addresses."""
    answer = session_for(address.GATEWAY).get(_RESOURCES)
    if not answer.ok:
        raise Denied(f"{answer.asked}: HTTP {answer.status}, no site is told")
    found = [Fields.of(item, "resource") for item in answer.items]
    return Reach(sites={one.need_text("url"): one.need_id("id") for one in found})


def cloud_id(grant: Grant, source: Source) -> str:
    """The site's id; Denied when the consent was given for other sites."""
    if not grant.site:
        raise Denied(
            f"the grant is not good for {address.site(source)}: "
            "run `ticketsync auth jira` and choose this site"
        )
    return grant.site


PLAN = OAuthPlan(
    authorize_url="https://auth.atlassian.com/authorize",
    token_url="https://auth.atlassian.com/oauth/token",  # noqa: S106 - an address
    look=look,
    scopes=(
        "read:jira-work",
        "write:jira-work",
        "read:jira-user",
        "manage:jira-webhook",
        "offline_access",
    ),
    pkce=False,
    token_json=True,
    extra={"audience": "api.atlassian.com", "prompt": "consent"},
)
"""Without `offline_access` there is no refresh token; refresh tokens rotate on every use."""
