"""What campaigns need from the world, in memory. Each passes the contract suite of the real one."""

import base64
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Lock

from minipush.application.ports.campaigns import INLINE
from minipush.domain.campaigns import (
    AudienceType,
    Campaign,
    CampaignStatus,
    DeliveryFailure,
    DeliveryFailureCounts,
    Segment,
)
from minipush.domain.messages import Outcome, Reason, Status
from minipush.errors import SegmentLeasedError, StoreError


@dataclass
class MemoryCampaigns:
    """`news`: the campaigns whose last step has not been told."""

    campaigns: dict[str, Campaign] = field(default_factory=dict)
    campaign_events: set[str] = field(default_factory=set)
    kept: dict[tuple[str, int], Segment] = field(default_factory=dict)
    late: dict[tuple[str, str], DeliveryFailure] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def create(self, campaign: Campaign) -> Campaign:
        with self.lock:
            return _shortened(self.campaigns.setdefault(campaign.id, campaign))

    def read(self, campaign_id: str) -> Campaign | None:
        campaign = self.campaigns.get(campaign_id)
        return campaign and _shortened(campaign)

    def openids(self, campaign: Campaign) -> tuple[str, ...]:
        audience = campaign.plan.audience
        if audience.openids or audience.type is not AudienceType.OPENIDS:
            return audience.openids
        return self.campaigns[campaign.id].plan.audience.openids if campaign.id in self.campaigns else ()

    def newest(self, limit: int, cursor: str | None) -> tuple[list[Campaign], str | None]:
        before = _read_cursor(cursor) if cursor else None
        listed = sorted(self.campaigns.values(), key=_age, reverse=True)
        found = [campaign for campaign in listed if before is None or _age(campaign) < before]
        page = [_shortened(campaign) for campaign in found[:limit]]
        return page, _cursor(page[-1]) if len(found) > limit else None

    def step(
        self,
        campaign_id: str,
        allowed: frozenset[CampaignStatus],
        to: CampaignStatus,
        now: int,
        reason: Reason | None = None,
        errcode: int | None = None,
    ) -> Campaign | None:
        with self.lock:
            there = self.campaigns.get(campaign_id)
            if there is None or there.status not in allowed:
                return None
            changed = replace(there, status=to, changed_at=now, reason=reason, errcode=errcode)
            if to is CampaignStatus.RUNNING:
                self.campaign_events.discard(campaign_id)
                changed = replace(changed, started_at=now if there.started_at is None else there.started_at)
            else:
                self.campaign_events.add(campaign_id)
                changed = replace(changed, finished_at=now if to.is_final else there.finished_at)
            self.campaigns[campaign_id] = changed
            return _shortened(changed)

    def unfinished(self) -> Iterator[Campaign]:
        for campaign in list(self.campaigns.values()):
            if not campaign.status.is_final or campaign.id in self.campaign_events:
                yield _shortened(campaign)

    def has_unpublished(self, campaign_id: str) -> bool:
        return campaign_id in self.campaign_events

    def mark_published(self, campaign: Campaign) -> None:
        with self.lock:
            there = self.campaigns.get(campaign.id)
            if there and (there.status, there.changed_at) == (campaign.status, campaign.changed_at):
                self.campaign_events.discard(campaign.id)

    # ---- what could not be delivered

    def add_delivery_failure(self, campaign: Campaign, message: DeliveryFailure) -> bool:
        with self.lock:
            there = self.late.get((campaign.id, message.openid))
            if campaign.id not in self.campaigns or there:
                return there is not None and there.msgid == message.msgid
            self.late[campaign.id, message.openid] = message
            self._count_undelivered(campaign.id)
            return True

    def _count_undelivered(self, campaign_id: str) -> None:
        messages = [message for key, message in self.late.items() if key[0] == campaign_id]
        before = [message.before for message in messages]
        counts = DeliveryFailureCounts(
            before.count(Status.SENT),
            before.count(Status.UNKNOWN),
            dict(Counter(message.reason for message in messages)),
        )
        self.campaigns[campaign_id] = replace(self.campaigns[campaign_id], delivery_failures=counts)

    def delivery_failures(self, campaign_id: str, openids: Sequence[str]) -> dict[str, DeliveryFailure]:
        found = ((openid, self.late.get((campaign_id, openid))) for openid in openids)
        return {openid: message for openid, message in found if message}

    # ---- segments

    def segments(self, campaign_id: str) -> list[Segment]:
        with self.lock:
            return [_copy(self.kept[key]) for key in sorted(self.kept) if key[0] == campaign_id]

    def take(self, campaign_id: str, number: int, owner: str, now: int, until: int) -> Segment:
        with self.lock:
            there = self.kept.get((campaign_id, number)) or Segment(campaign_id, number, "", 0)
            if there.owner not in ("", owner) and there.lease_until > now:
                raise SegmentLeasedError(there.lease_until)
            if there.owner != owner:
                wrote = tuple(entry for entry in there.owners if entry[0] < there.pages)
                there = replace(there, owner=owner, owners=(*wrote, (there.pages, owner)))
            self.kept[campaign_id, number] = replace(there, lease_until=until)
            return _copy(self.kept[campaign_id, number])

    def renew(self, segment: Segment, until: int) -> bool:
        with self.lock:
            there = self._ran(segment)
            if there:
                there.lease_until = until
            return there is not None

    def save(self, segment: Segment) -> bool:
        with self.lock:
            there = self._ran(segment)
            if there:
                key = (segment.campaign_id, segment.number)
                self.kept[key] = replace(_copy(segment), owners=there.owners)
            return there is not None

    def _ran(self, segment: Segment) -> Segment | None:
        there = self.kept.get((segment.campaign_id, segment.number))
        return there if there and there.owner == segment.owner else None


@dataclass
class MemoryReports:
    pages: dict[tuple[str, int, int, str], list[dict[str, object]]] = field(default_factory=dict)

    def write(self, segment: Segment, outcomes: list[Outcome], at: int) -> None:
        instant = datetime.fromtimestamp(at / 1000, UTC)
        when = f"{instant:%Y-%m-%dT%H:%M:%S}.{at % 1000:03}Z"
        where = (segment.campaign_id, segment.number, segment.pages, segment.owner)
        self.pages[where] = [_entry(outcome, when) for outcome in outcomes]

    def read(self, campaign_id: str, number: int, page: int, owner: str) -> list[dict[str, object]]:
        try:
            return [dict(entry) for entry in self.pages[campaign_id, number, page, owner]]
        except KeyError:
            raise StoreError("no such page") from None


@dataclass
class MemoryQueue:
    """`put` messages in order: campaign, number, delay in seconds. They stay until a test takes them."""

    messages: list[tuple[str, int, int]] = field(default_factory=list)

    def put(self, campaign_id: str, numbers: Iterable[int], delay_seconds: int = 0) -> None:
        self.messages += [(campaign_id, number, delay_seconds) for number in numbers]


@dataclass
class MemorySchedules:
    """`due`: when (ms) each campaign is to be started."""

    due: dict[str, int] = field(default_factory=dict)

    def set(self, campaign_id: str, at: int) -> None:
        self.due.setdefault(campaign_id, at)

    def remove(self, campaign_id: str) -> None:
        self.due.pop(campaign_id, None)


@dataclass
class MemoryCampaignEvents:
    """Campaigns as they were when it was told of them."""

    told: list[Campaign] = field(default_factory=list)

    def publish(self, campaign: Campaign) -> None:
        self.told.append(campaign)


def _age(campaign: Campaign) -> tuple[int, str]:
    return (campaign.created_at, campaign.id)


def _cursor(campaign: Campaign) -> str:
    return base64.urlsafe_b64encode(f"{campaign.created_at}#{campaign.id}".encode()).decode()


def _read_cursor(cursor: str) -> tuple[int, str]:
    created_at, campaign_id = base64.b64decode(cursor, b"-_", validate=True).decode().split("#", 1)
    return (int(created_at), campaign_id)


def _shortened(campaign: Campaign) -> Campaign:
    audience = campaign.plan.audience
    if len(audience.openids) <= INLINE:
        return campaign
    without = replace(audience, openids=(), left_out=len(audience.openids))
    return replace(campaign, plan=replace(campaign.plan, audience=without))


def _copy(segment: Segment) -> Segment:
    counts = replace(segment.counts, by_reason=dict(segment.counts.by_reason))
    return replace(segment, counts=counts)


def _entry(outcome: Outcome, when: str) -> dict[str, object]:
    entry: dict[str, object] = {"openid": outcome.openid, "status": outcome.status.value, "at": when}
    if outcome.reason:
        entry["reason"] = outcome.reason.value
    if outcome.errcode is not None:
        entry["errcode"] = outcome.errcode
    if outcome.permit_kind:
        entry["permit_kind"] = outcome.permit_kind.name
    if outcome.msgid is not None:
        entry["msgid"] = str(outcome.msgid)
    return entry
