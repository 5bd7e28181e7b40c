"""A user's timeline: what happened to the user's permits, messages and settings, as far as it is still stored."""

import enum
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from minipush.domain.deliveries import DeliveryId
from minipush.domain.permits import Claim, Permit
from minipush.domain.settings_log import KEPT_MS, Changer, SettingsLog
from minipush.domain.template_refusals import TemplateRefusal


class TimelineEvent(enum.StrEnum):
    """The values are part of the HTTP contract. Of events at the same time, the later ones of this list come first."""

    PERMIT_ADDED = "permit_added"
    PROMPT_REFUSED = "prompt_refused"
    SENT = "sent"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    DELIVERY_FAILED = "delivery_failed"
    PERMIT_WITHDRAWN = "permit_withdrawn"
    PERMIT_EXPIRED = "permit_expired"
    SETTINGS_CHANGED = "settings_changed"


_ORDER = {event: place for place, event in enumerate(TimelineEvent)}


@dataclass(frozen=True, slots=True)
class DeliveryFailure:
    """WeChat's report that it could not deliver the message on a permit. `at`: None in reports of older versions."""

    at: int | None
    errcode: int | None


@dataclass(frozen=True, slots=True)
class StoredPermit:
    """`added_at`: when it was handed over (ms); None where that was not stored."""

    permit: Permit
    added_at: int | None = None
    failure: DeliveryFailure | None = None


@dataclass(frozen=True, slots=True)
class UserHistory:
    """What is stored of a user that has a time."""

    permits: tuple[StoredPermit, ...] = ()
    template_refusals: tuple[TemplateRefusal, ...] = ()
    settings_log: SettingsLog = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """`at` in ms. `permits`: how many permits the same happened to at once. `by`: who changed the settings.

    `note`: says more about a refusal of a prompt or a change of settings.
    """

    at: int
    event: TimelineEvent
    permit_kind: str | None = None
    template_id: str | None = None
    permits: int = 1
    campaign: str | None = None
    errcode: int | None = None
    note: str | None = None
    by: Changer | None = None


def timeline(history: UserHistory, now: int) -> list[TimelineEntry]:
    """The newest entry first. What happened to several permits at once is one entry."""
    entries = Counter(_entries(history, now))
    merged = [replace(entry, permits=times) for entry, times in entries.items()]
    return sorted(merged, key=_order, reverse=True)


def _order(entry: TimelineEntry) -> tuple[int, int, str, str, str]:
    names = (entry.permit_kind or "", entry.template_id or "", f"{entry.campaign} {entry.note}")
    return (entry.at, _ORDER[entry.event], *names)


def _entries(history: UserHistory, now: int) -> Iterator[TimelineEntry]:
    for stored in history.permits:
        yield from _of_permit(stored, now)
    yield from map(_of_refusal, history.template_refusals)
    for change in history.settings_log:
        if change.at > now - KEPT_MS:
            event, note = TimelineEvent.SETTINGS_CHANGED, change.step.value
            yield TimelineEntry(at=change.at, event=event, note=note, by=change.by)


def _of_refusal(refusal: TemplateRefusal) -> TimelineEntry:
    note = "ban" if refusal.is_ban else "reject"
    template_id = refusal.template_id
    return TimelineEntry(
        at=refusal.at, event=TimelineEvent.PROMPT_REFUSED, template_id=template_id, note=note
    )


def _of_permit(stored: StoredPermit, now: int) -> Iterator[TimelineEntry]:
    permit = stored.permit
    about = TimelineEntry(
        at=stored.added_at or 0,
        event=TimelineEvent.PERMIT_ADDED,
        permit_kind=permit.kind.name,
        template_id=permit.template_id,
    )
    if stored.added_at is not None:
        yield about
    if permit.claim:
        yield from _of_claim(about, permit.claim, stored.failure)
    elif permit.expires_at is not None and permit.is_expired(now):
        yield replace(about, at=permit.expires_at, event=TimelineEvent.PERMIT_EXPIRED)


def _of_claim(about: TimelineEntry, claim: Claim, failure: DeliveryFailure | None) -> Iterator[TimelineEntry]:
    if claim.is_withdrawal:
        yield replace(about, at=claim.at, event=TimelineEvent.PERMIT_WITHDRAWN)
        return
    spent = replace(
        about, at=claim.at, event=TimelineEvent.SENT, campaign=DeliveryId.of_claim(claim).campaign_id
    )
    if claim.invalidated_by is not None:
        yield replace(spent, event=TimelineEvent.REFUSED, errcode=claim.invalidated_by)
        return
    yield replace(spent, event=TimelineEvent.UNKNOWN) if claim.is_in_doubt else spent
    if claim.failed_msgid:
        found = failure or DeliveryFailure(None, None)
        # WeChat's clock has whole seconds, and may be behind ours.
        at, errcode = max(found.at or 0, claim.at), found.errcode
        yield replace(spent, at=at, event=TimelineEvent.DELIVERY_FAILED, errcode=errcode)
