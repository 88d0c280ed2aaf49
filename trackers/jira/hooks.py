"""Our webhook at the site: under a grant the app's own, under a token an administrator's.

https://developer.atlassian.com/cloud/jira/platform/webhooks/
"""

from datetime import datetime

from schemas.tracker import Hook, HookFault
from trackers.jira import hooks_admin, hooks_dynamic
from trackers.jira.site import Site


def hooks(site: Site) -> list[Hook]:
    """The webhooks we may see; Denied, with what to do by hand, without the right."""
    return hooks_dynamic.hooks(site) if _granted(site) else hooks_admin.hooks(site)


def check(site: Site, url: str) -> list[HookFault]:
    """What keeps our webhook from telling everything."""
    return hooks_dynamic.check(site, url) if _granted(site) else hooks_admin.check(site, url)


def ensure(site: Site, url: str, secret: str) -> Hook:
    """Registers or mends ours. The app's is proven by its client secret, not by `secret`."""
    if _granted(site):
        return hooks_dynamic.ensure(site, url)
    return hooks_admin.ensure(site, url, secret)


def keep(site: Site, url: str) -> datetime | None:
    """The new end of ours when it was near and put off; an administrator's has none."""
    return hooks_dynamic.keep(site, url) if _granted(site) else None


def remove(site: Site, url: str) -> bool:
    """Removes ours; False when there was none."""
    return hooks_dynamic.remove(site, url) if _granted(site) else hooks_admin.remove(site, url)


def _granted(site: Site) -> bool:
    return site.source.auth == "oauth"
