"""The ports of campaigns in memory. Each fake passes the contract suite of its real adapter."""

import time
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from threading import Lock

from minipush.application.cursors import Cursors
from minipush.application.ports.campaigns import INLINE, QueuedSegment
from minipush.domain.campaign_errors import SegmentLeasedError
from minipush.domain.campaign_history import Happened, HistoryEntry, entries_of_creation, event_of_step
from minipush.domain.campaign_minutes import Closed, Minute
from minipush.domain.campaigns import AudienceType, Campaign, CampaignStatus, Segment
from minipush.domain.counts import Correction, CorrectionCounts
from minipush.domain.messages import Cause, Outcome, Reason, Status
from minipush.domain.reports import ReportEntry
from minipush.domain.statistics import Activity
from minipush.errors import StoreError


@dataclass
class MemoryCampaigns:
    """`unpublished`: the ids of campaigns with an unpublished step; `kept_corrections`: by campaign and openid.

    `timeline`: by campaign, minute and segment; `reported`: what each checkpoint added to the statistics.
    """

    campaigns: dict[str, Campaign] = field(default_factory=dict)
    unpublished: set[str] = field(default_factory=set)
    kept: dict[tuple[str, int], Segment] = field(default_factory=dict)
    kept_corrections: dict[tuple[str, str], Correction] = field(default_factory=dict)
    kept_history: dict[str, list[HistoryEntry]] = field(default_factory=dict)
    timeline: dict[tuple[str, int, int], Minute] = field(default_factory=dict)
    reported: dict[tuple[str, int, str, int, int], Activity] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def create(self, campaign: Campaign, by: str | None = None) -> Campaign:
        with self.lock:
            if campaign.id not in self.campaigns:
                made = entries_of_creation(campaign.status, campaign.created_at, by)
                self.kept_history[campaign.id] = made
            return _shortened(self.campaigns.setdefault(campaign.id, campaign))

    def read(self, campaign_id: str) -> Campaign | None:
        campaign = self.campaigns.get(campaign_id)
        return campaign and _shortened(campaign)

    def openids(self, campaign: Campaign) -> tuple[str, ...]:
        audience = campaign.plan.audience
        if audience.openids or audience.type is not AudienceType.OPENIDS:
            return audience.openids
        return self.campaigns[campaign.id].plan.audience.openids if campaign.id in self.campaigns else ()

    def newest(
        self, limit: int, cursor: str | None, status: CampaignStatus | None = None
    ) -> tuple[list[Campaign], str | None]:
        cursors = Cursors("campaigns", status)
        before = _read(cursors, cursor) if cursor else None
        having = [campaign for campaign in self.campaigns.values() if status in (None, campaign.status)]
        listed = sorted(having, key=_age, reverse=True)
        found = [campaign for campaign in listed if before is None or _age(campaign) < before]
        page = [_shortened(campaign) for campaign in found[:limit]]
        return page, cursors.write(_position(page[-1])) if len(found) > limit else None

    def step(
        self,
        campaign_id: str,
        allowed: frozenset[CampaignStatus],
        to: CampaignStatus,
        now: int,
        cause: Cause | None = None,
        because: Reason | None = None,
        *,
        by: str | None = None,
        revision: str | None = None,
    ) -> Campaign | None:
        with self.lock:
            there = self.campaigns.get(campaign_id)
            if there is None or there.status not in allowed or because not in (None, there.reason):
                return None
            if revision not in (None, there.revision):
                return None
            entry = HistoryEntry(now, event_of_step(allowed, to), to, by, cause.reason if cause else None)
            self._note(campaign_id, entry)
            why = asdict(cause) if cause else dict.fromkeys(("reason", "errcode", "errmsg", "rid"))
            changed = replace(there, status=to, changed_at=now, **why)
            if to is CampaignStatus.SCHEDULED:
                self.unpublished.discard(campaign_id)
            elif to is CampaignStatus.RUNNING:
                self.unpublished.discard(campaign_id)
                changed = replace(changed, started_at=now if there.started_at is None else there.started_at)
            else:
                self.unpublished.add(campaign_id)
                changed = replace(changed, finished_at=now if to.is_final else there.finished_at)
            self.campaigns[campaign_id] = changed
            return _shortened(changed)

    def edit(self, seen: Campaign, edited: Campaign, now: int, by: str | None = None) -> Campaign | None:
        with self.lock:
            there = self.campaigns.get(edited.id)
            if there is None or not there.may_be_edited or there.revision != seen.revision:
                return None
            changed = replace(
                there,
                plan=edited.plan,
                segments=edited.segments,
                segments_at_once=edited.segments_at_once,
                revision=uuid.uuid4().hex,
            )
            self.campaigns[edited.id] = changed
            self._note(edited.id, HistoryEntry(now, Happened.EDITED, there.status, by))
            return _shortened(changed)

    def history(self, campaign_id: str) -> list[HistoryEntry]:
        return list(self.kept_history.get(campaign_id, []))

    def _note(self, campaign_id: str, entry: HistoryEntry) -> None:
        history = self.kept_history.setdefault(campaign_id, [])
        history.append(entry)
        del history[1:-39]

    def unfinished(self) -> Iterator[Campaign]:
        for campaign in list(self.campaigns.values()):
            if not campaign.status.is_final or campaign.id in self.unpublished:
                yield _shortened(campaign)

    def has_unpublished(self, campaign_id: str) -> bool:
        return campaign_id in self.unpublished

    def mark_published(self, campaign: Campaign) -> None:
        with self.lock:
            there = self.campaigns.get(campaign.id)
            if there and (there.status, there.changed_at) == (campaign.status, campaign.changed_at):
                self.unpublished.discard(campaign.id)

    # ---- corrections

    def add_correction(self, campaign: Campaign, correction: Correction) -> bool:
        with self.lock:
            where = (campaign.id, correction.openid)
            stored = self.kept_corrections.get(where)
            if campaign.id not in self.campaigns or (stored and stored.msgid != correction.msgid):
                return False
            if stored is None or stored.reason is None:
                self.kept_corrections[where] = stored or correction
                if correction.reason:
                    self.kept_corrections[where] = correction
            self._count_corrections(campaign.id)
            return True

    def _count_corrections(self, campaign_id: str) -> None:
        corrections = [each for key, each in self.kept_corrections.items() if key[0] == campaign_id]
        before = [each.before for each in corrections if each.reason]
        counts = CorrectionCounts(
            before.count(Status.SENT),
            before.count(Status.UNKNOWN),
            dict(Counter(each.reason for each in corrections if each.reason)),
            sum(each.reason is None for each in corrections),
        )
        self.campaigns[campaign_id] = replace(self.campaigns[campaign_id], corrections=counts)

    def corrections(self, campaign_id: str, openids: Sequence[str]) -> dict[str, Correction]:
        found = ((openid, self.kept_corrections.get((campaign_id, openid))) for openid in openids)
        return {openid: correction for openid, correction in found if correction}

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

    def save(self, segment: Segment, closed: Closed | None = None, *, keeps_lease: bool = False) -> bool:
        with self.lock:
            there = self._ran(segment)
            if there:
                key = (segment.campaign_id, segment.number)
                until = there.lease_until if keeps_lease else segment.lease_until
                self.kept[key] = replace(_copy(segment), owners=there.owners, lease_until=until)
                if closed:
                    self._keep(segment, closed)
            return there is not None

    def _keep(self, segment: Segment, closed: Closed) -> None:
        for minute in closed.minutes:
            self.timeline[segment.campaign_id, minute.at, segment.number] = minute
        # The same call again changes nothing.
        call = (segment.campaign_id, segment.number, segment.owner, segment.pages, segment.lease_until)
        self.reported[call] = closed.activity

    def minutes(self, campaign_id: str, first: int) -> tuple[list[tuple[int, Minute]], int | None]:
        with self.lock:
            found = sorted(key for key in self.timeline if key[0] == campaign_id and key[1] >= first)
            return [(key[2], self.timeline[key]) for key in found], None

    def _ran(self, segment: Segment) -> Segment | None:
        there = self.kept.get((segment.campaign_id, segment.number))
        return there if there and there.owner == segment.owner else None


@dataclass
class MemoryRunningSegments:
    store: MemoryCampaigns

    async def status(self, campaign_id: str) -> CampaignStatus | None:
        campaign = self.store.read(campaign_id)
        return campaign.status if campaign else None

    async def renew(self, segment: Segment, until: int) -> bool:
        return self.store.renew(segment, until)

    async def save(
        self, segment: Segment, closed: Closed | None = None, *, keeps_lease: bool = False
    ) -> bool:
        return self.store.save(segment, closed, keeps_lease=keeps_lease)


@dataclass
class MemoryReports:
    pages: dict[tuple[str, int, int, str], list[ReportEntry]] = field(default_factory=dict)

    def write(self, segment: Segment, outcomes: list[Outcome], at: int) -> None:
        where = (segment.campaign_id, segment.number, segment.pages, segment.owner)
        first, *others = (_entry(outcome, at) for outcome in outcomes)
        page_at = None if first.at == at else at
        self.pages[where] = [replace(first, page_at=page_at), *others]

    def read(self, campaign_id: str, number: int, page: int, owner: str) -> list[ReportEntry]:
        try:
            return list(self.pages[campaign_id, number, page, owner])
        except KeyError:
            raise StoreError("no such page") from None


@dataclass
class MemoryReportPages:
    reports: MemoryReports

    async def write(self, segment: Segment, outcomes: list[Outcome], at: int) -> None:
        self.reports.write(segment, outcomes, at)


@dataclass
class MemoryQueue:
    """`messages` in the order of `put`: campaign, number, delay in seconds. A test may take them out itself.

    `received`: by receipt, with the time (time.monotonic()) at which each is visible again.
    """

    messages: list[tuple[str, int, int]] = field(default_factory=list)
    received: dict[str, tuple[tuple[str, int, int], float]] = field(default_factory=dict)

    def put(self, campaign_id: str, numbers: Iterable[int], delay_seconds: int = 0) -> None:
        self.messages += [(campaign_id, number, delay_seconds) for number in numbers]

    def receive(self, most: int, wait_seconds: int, hidden_seconds: int) -> list[QueuedSegment]:
        until = time.monotonic() + wait_seconds
        while not (found := self._take(most, hidden_seconds)) and time.monotonic() < until:
            time.sleep(0.01)
        return found

    def hide(self, receipt: str, seconds: int) -> None:
        if receipt in self.received:
            self.received[receipt] = self.received[receipt][0], time.monotonic() + seconds

    def delete(self, receipt: str) -> None:
        self.received.pop(receipt, None)

    def _take(self, most: int, hidden_seconds: int) -> list[QueuedSegment]:
        now = time.monotonic()
        visible = [receipt for receipt, (_, at) in self.received.items() if at <= now]
        self.messages += [self.received.pop(receipt)[0] for receipt in visible]
        taken = [message for message in self.messages if not message[2]][:most]
        found = []
        for message in taken:
            self.messages.remove(message)
            found.append(QueuedSegment(*message[:2], uuid.uuid4().hex))
            self.received[found[-1].receipt] = message, now + hidden_seconds
        return found


@dataclass
class MemorySchedules:
    """`due`: the start time (ms) by campaign."""

    due: dict[str, int] = field(default_factory=dict)

    def set(self, campaign_id: str, at: int) -> None:
        self.due[campaign_id] = at

    def remove(self, campaign_id: str) -> None:
        self.due.pop(campaign_id, None)


@dataclass
class MemoryCampaignEvents:
    """`published`: campaigns as they were then."""

    published: list[Campaign] = field(default_factory=list)

    def publish(self, campaign: Campaign) -> None:
        self.published.append(campaign)


def _age(campaign: Campaign) -> tuple[int, str]:
    return (campaign.created_at, campaign.id)


def _position(campaign: Campaign) -> str:
    return f"{campaign.created_at}#{campaign.id}"


def _read(cursors: Cursors, cursor: str) -> tuple[int, str]:
    created_at, campaign_id = cursors.read(cursor, "([0-9]+)#(.+)").groups()
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


def _entry(outcome: Outcome, at: int) -> ReportEntry:
    return ReportEntry(
        openid=outcome.openid,
        status=outcome.status,
        at=at if outcome.at is None else outcome.at,
        reason=outcome.reason,
        errcode=outcome.errcode,
        permit_kind=outcome.permit_kind.name if outcome.permit_kind else None,
        msgid=None if outcome.msgid is None else str(outcome.msgid),
        errmsg=outcome.errmsg,
        rid=outcome.rid,
    )
