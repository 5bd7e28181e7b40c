"""The RunningSegments in DynamoDB."""

from collections.abc import Callable
from typing import Any

from minipush.adapters.dynamodb.campaigns.items import META, key, ttl
from minipush.adapters.dynamodb.campaigns.segment_items import MINE, progress, segment_key, timeline_item
from minipush.adapters.dynamodb.campaigns.values import attributes
from minipush.adapters.dynamodb.event_loop_calls import EventLoopCalls
from minipush.adapters.dynamodb.event_loop_table import EventLoopTable
from minipush.adapters.dynamodb.updates import Attributes, update
from minipush.domain.campaign_minutes import Closed
from minipush.domain.campaigns import CampaignStatus, Segment
from minipush.domain.statistics import Activity

_STATUS = {"ProjectionExpression": "#status", "ExpressionAttributeNames": {"#status": "status"}}


class DynamoRunningSegments:
    """`days`: how long a campaign is kept.

    `statistics`: the write, an entry of TransactItems, that adds to the statistics of an instant's hour (ms).
    """

    def __init__(
        self,
        calls: EventLoopCalls,
        table: str,
        days: int,
        statistics: Callable[[Activity, int], Any] | None = None,
    ) -> None:
        self._table = EventLoopTable(calls, table)
        self._days = days
        self._statistics = statistics

    async def status(self, campaign_id: str) -> CampaignStatus | None:
        item = await self._table.get(key(campaign_id, META), **_STATUS)
        return CampaignStatus(item["status"]["S"]) if item else None

    async def renew(self, segment: Segment, until: int) -> bool:
        return await self._update(segment, attributes({"lease_until": until}))

    async def save(
        self, segment: Segment, closed: Closed | None = None, *, keeps_lease: bool = False
    ) -> bool:
        lease = {} if keeps_lease else attributes({"lease_until": segment.lease_until})
        changes = {**progress(segment), **lease}
        if not closed:
            return await self._update(segment, changes)
        kept_until = ttl(closed.at, self._days)
        items = [timeline_item(segment, closed.minutes, kept_until)] if closed.minutes else []
        others = []
        if self._statistics and not closed.activity.is_empty:
            others.append(self._statistics(closed.activity, closed.at))
        return await self._table.update_with(_key(segment), _own(segment, changes), items, others)

    async def _update(self, segment: Segment, changes: Attributes) -> bool:
        return await self._table.update(_key(segment), _own(segment, changes)) is not None


def _key(segment: Segment) -> dict[str, Any]:
    return segment_key(segment.campaign_id, segment.number)


def _own(segment: Segment, changes: Attributes) -> dict[str, Any]:
    """The update of a segment that is still this owner's."""
    return update(MINE, attributes({"mine": segment.owner}), changes)
