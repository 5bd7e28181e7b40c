"""Stops a worker, and its campaign where that is needed."""

import asyncio
import logging
from typing import TYPE_CHECKING

from minipush.application.campaigns.worker.error_rate_monitor import ErrorRateMonitor, StopDecision
from minipush.application.campaigns.worker.segment_lease import SegmentLease, StopReason
from minipush.domain.campaigns import CampaignStatus
from minipush.domain.messages import Outcome
from minipush.errors import ClaimLostError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from minipush.application.campaigns.campaign_lifecycle import CampaignLifecycle

logger = logging.getLogger(__name__)


class StopController:
    def __init__(
        self, campaign_id: str, lease: SegmentLease, lifecycle: "Callable[[], CampaignLifecycle]"
    ) -> None:
        self._campaign_id = campaign_id
        self._lease = lease
        self._lifecycle = lifecycle
        self._status_changes: list[asyncio.Task[None]] = []

    def look_for_stop(self) -> StopReason | None:
        return self._lease.look_for_stop()

    def stop(self, reason: StopReason) -> None:
        self._lease.stop(reason)

    def stop_for(self, error: StoreError | ClaimLostError) -> None:
        """We may have lost the lease, above all on ClaimLostError; the conditional write of the checkpoint decides."""
        if not self._lease.look_for_stop():
            logger.warning("the worker leaves its segment for now", exc_info=error)
        self._lease.stop(StopReason.TROUBLE)

    def judge(self, error_rate: ErrorRateMonitor, outcome: Outcome) -> None:
        if (decision := error_rate.record(outcome)) and not self._lease.look_for_stop():
            self._stop_campaign(decision)

    def _stop_campaign(self, decision: StopDecision) -> None:
        """Stop this worker at once; the others see the campaign's new status."""
        is_final = decision.status is CampaignStatus.FAILED
        self._lease.stop(StopReason.ENDED if is_final else StopReason.STATUS)
        change = asyncio.to_thread(self._change_status, decision)
        self._status_changes.append(asyncio.create_task(change))

    def _change_status(self, decision: StopDecision) -> None:
        self._lifecycle().stop(self._campaign_id, decision.status, decision.cause)

    async def finish(self) -> None:
        """Wait for changes of the campaign's status that are under way. Raises StoreError."""
        await asyncio.gather(*self._status_changes)
