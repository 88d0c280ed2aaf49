"""Hooks: whether a source's webhook is there and tells everything, hour by hour; and what it lost.

Nothing here fails a session: a look that cannot be taken has a reason.
"""

import re
from datetime import datetime

import structlog

from reconciler.parts import Parts
from schemas.errors import StoreAway, TicketsyncError
from schemas.model import Model
from schemas.source import Source
from schemas.tracker import HookFault, HookLook, MissedDelivery
from store import audit, gaps, passes
from trackers.base import Client

log = structlog.get_logger("ticketsync")

WHO = "reconciler"
"""How the audit names us."""


class Redelivered(Model):
    """What became of failed deliveries: so many were `asked` for again.

    What was not granted has to be read: everything that changed since `refused_since`. `unseen`
    says why nothing was asked; the question is then still open.
    """

    asked: int = 0
    refused_since: datetime | None = None
    unseen: str = ""


def check(parts: Parts, source: Source, client: Client, now: datetime) -> HookLook:
    """Looks at our webhook, keeps it from ending, and mends it where `mend_hooks` consents.

    Each fault is logged once, with the command that mends it. Raises StoreAway only.
    """
    with parts.store.read() as connection:
        before = HookLook.kept(passes.find(connection, source.name, "hooks").mark)
        last = gaps.last_webhook(connection, source.name)
    look = HookLook(at=now, unseen=unseen(parts, source))
    if not look.unseen:
        look = _taken(parts, source, client, now)
    look = _after(look, before, last)
    _tell(source, look, before)
    return look


def redeliver(
    parts: Parts, source: Source, client: Client, since: datetime, now: datetime
) -> Redelivered:
    """Asks the tracker to send again what it could not deliver since then. Raises StoreAway only.

    A tracker that sends nothing again (`Capabilities.redelivers`) is not asked.
    """
    reason = unseen(parts, source)
    if not reason and not parts.tracker(source.tracker).capabilities.redelivers:
        reason = "its tracker sends nothing again"
    if reason:
        return Redelivered(unseen=reason)
    try:
        found = client.missed_deliveries(parts.settings.web.webhook(source.slug), since)
    except StoreAway:
        raise
    except TicketsyncError as error:
        log.info("redelivery_waits", source=source.name, reason=str(error))
        return Redelivered(unseen=str(error))
    done = _counted(found)
    if found:
        log.info("redelivery_asked", source=source.name, asked=done.asked, failed=len(found))
    return done


def unseen(parts: Parts, source: Source) -> str:
    """Why the webhook of a source cannot be looked at, in words for its owner; "" when it can."""
    if source.intake == "polling":
        return 'intake = "polling": no webhook is meant to come'
    if not parts.tracker(source.tracker).capabilities.hooks_api:
        return "its tracker has no API for webhooks"
    if not parts.webhook_secrets(source):
        return "no webhook secret is set (webhook_secret_env)"
    if not parts.settings.web.public_url:
        return "[web] public_url (PUBLIC_URL) is not set"
    return ""


def _taken(parts: Parts, source: Source, client: Client, now: datetime) -> HookLook:
    """The look itself. What the tracker refuses, or does not answer, becomes a reason."""
    url = parts.settings.web.webhook(source.slug)
    look = HookLook(at=now)
    try:
        look = look.model_copy(update={"expires_at": client.keep_hook(url)})
        look = look.model_copy(update={"faults": tuple(client.check_hooks(url))})
        if source.mend_hooks and any(one.mended_by == "register" for one in look.faults):
            _mend(parts, source, client, look.faults)
            left = tuple(client.check_hooks(url))
            kinds = {_kind(one) for one in left}
            mended = tuple(one.problem for one in look.faults if _kind(one) not in kinds)
            look = look.model_copy(update={"faults": left, "mended": mended})
    except StoreAway:
        raise
    except TicketsyncError as error:
        look = look.model_copy(update={"unseen": str(error) or type(error).__name__})
    return look


def _mend(parts: Parts, source: Source, client: Client, faults: tuple[HookFault, ...]) -> None:
    """Registers or mends our webhook, and says so in the audit. Raises what the client raises."""
    url = parts.settings.web.webhook(source.slug)
    hook = client.ensure_hook(url, parts.webhook_secrets(source)[0])
    before = {"faults": [one.problem for one in faults]}
    after = {"id": hook.id, "url": url, "events": list(hook.events)}
    with parts.store.write() as connection:
        subject = f"source {source.name}"
        audit.note(connection, parts.now(), WHO, "mend hook", subject, before, after)


def _after(look: HookLook, before: HookLook | None, last: datetime | None) -> HookLook:
    """The look beside the one before: a spell that ends is told once, with when it began."""
    was_well = before.well_at if before else None
    expires = look.expires_at or (before.expires_at if before else None)
    expires = expires if expires and expires > look.at else None
    if look.unseen and not look.faults and not look.mended:
        kept = before.faults if before else ()
        return look.model_copy(update={"faults": kept, "well_at": was_well, "expires_at": expires})
    ill = _ill(look.faults)
    healed = not ill and (bool(look.mended) or (before is not None and _ill(before.faults)))
    return look.model_copy(
        update={
            "well_at": was_well if ill else look.at,
            "silent_since": (was_well or last) if healed else None,
            "expires_at": expires,
        }
    )


def _ill(faults: tuple[HookFault, ...]) -> bool:
    """Whether the hook itself is at fault; a delivery that failed once is no spell."""
    return any(one.mended_by != "none" for one in faults)


def _tell(source: Source, look: HookLook, before: HookLook | None) -> None:
    """Logs what is new since the look before."""
    known = {_kind(one) for one in before.faults} if before else set()
    for problem in look.mended:
        log.info("hook_mended", source=source.name, fault=problem)
    for fault in look.faults:
        if _kind(fault) not in known:
            log.warning(
                "hook_faulty", source=source.name, fault=fault.problem, do=remedy(fault, source)
            )
    if look.silent_since and not look.mended:
        log.info("hook_well_again", source=source.name, since=look.silent_since.isoformat())
    if look.unseen and look.unseen != (before.unseen if before else ""):
        log.info("hook_not_looked_at", source=source.name, reason=look.unseen)


def _kind(fault: HookFault) -> str:
    """A fault without its numbers: a later end of the same pause is no news."""
    return re.split(r"\d", fault.problem)[0]


def remedy(fault: HookFault, source: Source) -> str:
    """What a person does about a fault."""
    mends = {
        "register": f"`hooks register {source.name}` mends it",
        "tracker": "to be mended at the tracker",
        "none": "see that [web] public_url can be reached from outside",
    }
    return mends[fault.mended_by]


def _counted(found: list[MissedDelivery]) -> Redelivered:
    refused = [one.delivered_at for one in found if not one.redelivered]
    return Redelivered(
        asked=sum(one.redelivered for one in found), refused_since=min(refused, default=None)
    )
