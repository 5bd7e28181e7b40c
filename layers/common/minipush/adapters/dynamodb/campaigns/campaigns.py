"""The CampaignStore in DynamoDB."""

import math
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from minipush.adapters.aws.retrying import attempts
from minipush.adapters.dynamodb.campaigns.correction_items import (
    added_to_campaign,
    changed_in_campaign,
    correction_item,
    correction_key,
    is_overruled,
    over_arrival,
    read_correction,
)
from minipush.adapters.dynamodb.campaigns.history_items import (
    HISTORY,
    is_too_long,
    read_history,
    without_second_entry,
    written,
)
from minipush.adapters.dynamodb.campaigns.items import (
    META,
    allowed_step,
    campaign_item,
    key,
    may_be_edited,
    plan_changes,
    position,
    read_campaign,
    read_slice,
    shortened,
    slice_items,
    slice_prefix,
    status_in,
    step_changes,
    ttl,
)
from minipush.adapters.dynamodb.campaigns.segment_items import (
    TIMELINE_END,
    as_seen,
    handover,
    read_segment,
    read_timeline,
    segment_key,
    timeline_sk,
)
from minipush.adapters.dynamodb.campaigns.table import CampaignTable
from minipush.adapters.dynamodb.campaigns.values import Item, attributes
from minipush.adapters.dynamodb.updates import update
from minipush.application.cursors import Cursors
from minipush.domain.campaign_errors import SegmentLeasedError
from minipush.domain.campaign_history import Happened, HistoryEntry, entries_of_creation, event_of_step
from minipush.domain.campaign_minutes import SPAN, Minute
from minipush.domain.campaigns import AudienceType, Campaign, CampaignStatus, Segment
from minipush.domain.counts import Correction
from minipush.domain.messages import Cause, MessageType, Reason

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_UNFINISHED = frozenset(status for status in CampaignStatus if not status.is_final)
# Of a segment each. A campaign has 1,000 segments at most.
MOST_SPANS = 3000
_CREATED = r"\d{15}#.+"


class DynamoCampaignStore:
    """`days`: how long a campaign is kept after its creation or its planned time."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        days: int,
        message_type: Callable[[str], MessageType],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._read = partial(read_campaign, message_type=message_type)
        self._table = CampaignTable(client, table, sleep)
        self._days = days
        self._sleep = sleep

    def create(self, campaign: Campaign, by: str | None = None) -> Campaign:
        kept = self.read(campaign.id)
        if kept:
            return kept
        # The slices first, so that a campaign that can be read is complete.
        self._table.put(slice_items(campaign, self._days))
        history = written(entries_of_creation(campaign.status, campaign.created_at, by))
        created = self._table.insert(campaign_item(campaign, self._days) | {HISTORY: history})
        return shortened(campaign) if created else self._read(self._meta(campaign.id))

    def read(self, campaign_id: str) -> Campaign | None:
        item = self._meta(campaign_id)
        return self._read(item) if item else None

    def openids(self, campaign: Campaign) -> tuple[str, ...]:
        audience = campaign.plan.audience
        if audience.openids or audience.type is not AudienceType.OPENIDS:
            return audience.openids
        return tuple(
            openid
            for item in self._table.items(campaign.id, slice_prefix(campaign))
            for openid in read_slice(item)
        )

    def newest(
        self, limit: int, cursor: str | None, status: CampaignStatus | None = None
    ) -> tuple[list[Campaign], str | None]:
        cursors = Cursors("campaigns", status)
        start = position(cursors.read(cursor, _CREATED)[0], status) if cursor else None
        # One more than the limit shows whether there is a next page.
        found = self._table.newest(status, start, limit + 1)
        page = found[:limit]
        more = len(found) > limit
        # The index may be behind the campaigns, which are read consistently.
        campaigns = [each for each in self._campaigns(page) if status in (None, each.status)]
        return campaigns, cursors.write(page[-1]["created"]["S"]) if more else None

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
        step_id = uuid.uuid4().hex
        changes = {**step_changes(to, now, cause), **attributes({"step": step_id})}
        first = attributes({"started_at": now}) if to is CampaignStatus.RUNNING else {}
        entry = HistoryEntry(now, event_of_step(allowed, to), to, by, cause.reason if cause else None)
        condition, compared = allowed_step(allowed, because, revision)
        request = update(condition, compared, changes, first, appended={HISTORY: written([entry])})
        return self._change(campaign_id, request, "step", step_id)

    def edit(self, seen: Campaign, edited: Campaign, now: int, by: str | None = None) -> Campaign | None:
        edited = replace(edited, revision=uuid.uuid4().hex[:12])
        # The slices first, under a name of their own, so that the audience changes with the plan.
        self._table.put(slice_items(edited, self._days))
        changes = plan_changes(edited, self._days)
        entry = written([HistoryEntry(now, Happened.EDITED, seen.status, by)])
        request = update(*may_be_edited(seen), changes, appended={HISTORY: entry})
        return self._change(edited.id, request, "revision", edited.revision)

    def history(self, campaign_id: str) -> list[HistoryEntry]:
        return read_history(self._meta(campaign_id))

    def _change(self, campaign_id: str, request: dict[str, Any], mark: str, value: str) -> Campaign | None:
        """Update the campaign; None if the condition didn't hold. `mark`: an attribute that has `value` afterwards."""
        where = key(campaign_id, META)
        item = self._table.update(where, request)
        if item is None:
            # The SDK repeats a call whose answer was lost: the change may be ours.
            item = self._meta(campaign_id)
            item = item if item.get(mark) == {"S": value} else {}
        if is_too_long(item):
            self._table.update(where, without_second_entry())
        return self._read(item) if item else None

    def unfinished(self) -> Iterator[Campaign]:
        condition, compared = status_in(_UNFINISHED)
        filtered = {
            "FilterExpression": f"{condition} OR attribute_exists(#unpublished)",
            "ExpressionAttributeNames": {"#status": "status", "#unpublished": "unpublished"},
        }
        start: Item | None = None
        while True:
            found, start = self._table.listed(start, filtered, compared)
            yield from self._campaigns(found)
            if start is None:
                return

    def has_unpublished(self, campaign_id: str) -> bool:
        return "unpublished" in self._meta(campaign_id)

    def mark_published(self, campaign: Campaign) -> None:
        compared = attributes({"status": campaign.status, "changed": campaign.changed_at})
        same = "#status = :status AND #changed_at = :changed"
        self._table.update(key(campaign.id, META), update(same, compared, {"unpublished": None}))

    # ---- corrections

    def add_correction(self, campaign: Campaign, correction: Correction) -> bool:
        item, meta = correction_item(campaign, correction, self._days), key(campaign.id, META)
        stored = self._table.insert_counted(item, meta, added_to_campaign(correction))
        if stored and is_overruled(stored, correction):
            changes = changed_in_campaign(correction)
            stored = self._table.insert_counted(item, meta, changes, over_arrival(correction))
        return stored is not None and stored["msgid"] == item["msgid"]

    def corrections(self, campaign_id: str, openids: Sequence[str]) -> dict[str, Correction]:
        found = self._table.get_many(
            [correction_key(campaign_id, openid) for openid in dict.fromkeys(openids)]
        )
        return {correction.openid: correction for correction in map(read_correction, found)}

    # ---- segments

    def segments(self, campaign_id: str) -> list[Segment]:
        found = [read_segment(item) for item in self._table.items(campaign_id, "segment#")]
        return sorted(found, key=lambda segment: segment.number)

    def take(self, campaign_id: str, number: int, owner: str, now: int, until: int) -> Segment:
        tries = (self._try_to_take(campaign_id, number, owner, now, until) for _ in attempts(self._sleep))
        return next(taken for taken in tries if taken)

    def _try_to_take(self, campaign_id: str, number: int, owner: str, now: int, until: int) -> Segment | None:
        """None if another worker was quicker."""
        where = segment_key(campaign_id, number)
        item = self._table.get(where)
        seen = read_segment(item) if item else None
        if seen and seen.owner != owner and seen.lease_until > now:
            raise SegmentLeasedError(seen.lease_until)
        owners = handover(seen, owner)
        changes = attributes({"owner": owner, "lease_until": until, "owners": owners})
        first = attributes({"pages": 0, "ttl": ttl(now, self._days)})
        taken = self._table.update(where, update(*as_seen(seen), changes, first))
        return read_segment(taken) if taken else None

    def minutes(self, campaign_id: str, first: int) -> tuple[list[tuple[int, Minute]], int | None]:
        start = timeline_sk(first // SPAN, 0)
        items, has_more = self._table.items_between(campaign_id, start, TIMELINE_END, MOST_SPANS)
        found = [entry for item in items for entry in read_timeline(item)]
        # The last span may go on in the next page. All segments' items of one have room in a page.
        following = found[-1][1].span * SPAN if has_more else None
        end = math.inf if following is None else following
        return [(number, minute) for number, minute in found if first <= minute.at < end], following

    # ---- shared by several methods

    def _meta(self, campaign_id: str) -> Item:
        return self._table.get(key(campaign_id, META))

    def _campaigns(self, listed: Sequence[Item]) -> list[Campaign]:
        """In the given order, without those that have been deleted since."""
        ids = [item["campaign_id"]["S"] for item in listed]
        found = {
            item["campaign_id"]["S"]: item for item in self._table.get_many([key(id_, META) for id_ in ids])
        }
        return [self._read(found[id_]) for id_ in ids if id_ in found]
