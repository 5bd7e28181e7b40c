"""Records completed batches in their order, and writes a checkpoint whenever a page is due."""

from collections.abc import Awaitable, Callable, Mapping

from minipush.application.campaigns.worker.error_rate_monitor import ErrorRateMonitor
from minipush.application.campaigns.worker.recipient_batches import RecipientBatch
from minipush.application.campaigns.worker.refusal_guard import RefusalDecision, RefusalGuard
from minipush.application.campaigns.worker.segment_checkpoint import SegmentCheckpoint
from minipush.application.campaigns.worker.segment_lease import UNHURRIED, StopReason
from minipush.application.campaigns.worker.settings import WorkerSettings
from minipush.application.campaigns.worker.stop_controller import StopController
from minipush.domain.campaign_errors import LeaseLostError
from minipush.domain.campaigns import Segment
from minipush.domain.messages import Outcome, Status
from minipush.errors import StoreError


class BatchRecorder:
    def __init__(
        self,
        *,
        checkpoint: SegmentCheckpoint,
        refusal_guard: RefusalGuard,
        error_rate: ErrorRateMonitor,
        stops: StopController,
        settings: WorkerSettings,
    ) -> None:
        self._checkpoint = checkpoint
        self._refusal_guard = refusal_guard
        self._error_rate = error_rate
        self._stops = stops
        self._settings = settings
        self._completed: list[tuple[RecipientBatch, list[Outcome]]] = []
        self._unwritten: StoreError | None = None

    @property
    def segment(self) -> Segment:
        """As it was last written."""
        return self._checkpoint.segment

    async def record(self, batch: RecipientBatch, outcomes: list[Outcome]) -> None:
        self._completed.append((batch, outcomes))
        completed = sum(len(outcomes) for _, outcomes in self._completed)
        if self._checkpoint.is_due(completed, has_refusals=self._refusal_guard.has_deferred):
            await self._write(self._write_page)

    async def finish(self, end_renewals: Callable[[], Awaitable[None]]) -> None:
        """Write what is left and release the segment; after a mass of refusals, keep the lease for the waiting time.

        The lease is renewed meanwhile: see SegmentCheckpoint.release.
        """
        # A paused campaign begins anew when it is resumed.
        hands_on = self._stops.look_for_stop() in UNHURRIED
        await self._write(lambda: self._release(end_renewals, hands_on=hands_on))

    def check(self) -> None:
        """Raise StoreError where recipients stay in doubt, because the last checkpoint could not be written."""
        if self._unwritten:
            raise self._unwritten

    async def _write(self, write: Callable[[], Awaitable[None]]) -> None:
        if self._stops.look_for_stop() is StopReason.LEASE_LOST:
            return
        await self._add_completed()
        try:
            await write()
        except LeaseLostError:
            self._stops.stop(StopReason.LEASE_LOST)
        except StoreError as error:
            self._stops.stop_for(error)
            self._unwritten = error
        else:
            self._unwritten = None

    async def _write_page(self) -> None:
        await self._checkpoint.write(self._refusal_guard.refusal_state(hands_on=False))

    async def _release(self, end_renewals: Callable[[], Awaitable[None]], *, hands_on: bool) -> None:
        is_doubting = self._refusal_guard.is_doubting
        await self._checkpoint.release(
            self._refusal_guard.refusal_state(hands_on=hands_on),
            self._error_rate.window if hands_on else (),
            hold_seconds=self._settings.rest_after_refusals_seconds if is_doubting else 0,
            end_renewals=end_renewals,
        )

    async def _add_completed(self) -> None:
        """Refusals are resolved only now: the later, the more the guard knows."""
        completed, self._completed = self._completed, []
        decisions = await self._refusal_guard.resolve(
            outcome for _, outcomes in completed for outcome in outcomes
        )
        for batch, outcomes in completed:
            settled = [outcome for outcome in outcomes if not self._is_to_be_sent_again(outcome, decisions)]
            self._checkpoint.add(batch, settled, is_whole=len(settled) == len(outcomes))
            for outcome in settled:
                if decisions.get(outcome.openid) is not RefusalDecision.REFUSED_AGAIN:
                    self._stops.judge(self._error_rate, outcome)

    def _is_to_be_sent_again(self, outcome: Outcome, decisions: Mapping[str, RefusalDecision]) -> bool:
        """What couldn't be sent because the worker stops is sent by the next worker, if there is one."""
        if decisions.get(outcome.openid) is RefusalDecision.SPARED:
            return True
        if outcome.status is Status.UNKNOWN and self._stops.look_for_stop() is StopReason.ENDED:
            return False
        return outcome.may_be_sent_later and self._stops.look_for_stop() is not None
