"""The red switch: stop all sends at once, and let campaigns go on when it is turned back."""

import logging
import time
from collections.abc import Callable, Iterator
from typing import Final

from minipush.application.campaigns.campaign_lifecycle import CampaignLifecycle
from minipush.application.ports.campaigns import CampaignStore
from minipush.application.ports.clock import Clock
from minipush.application.ports.sending import SendingSwitch
from minipush.domain.campaigns import Campaign, CampaignStatus
from minipush.domain.messages import Cause, Reason
from minipush.domain.sending import Sending
from minipush.errors import StoreError

logger = logging.getLogger(__name__)

# The sends stop anyway. What isn't paused or resumed by then is left to the workers and to ReconcileCampaigns.
PATIENCE_SECONDS: Final = 10.0
PAGE: Final = 100


class SwitchSending:
    """Workers and direct sends look at the switch themselves: see SendingWatch. This shows in the campaigns, too."""

    def __init__(
        self, switch: SendingSwitch, store: CampaignStore, lifecycle: CampaignLifecycle, clock: Clock
    ) -> None:
        self._switch = switch
        self._store = store
        self._lifecycle = lifecycle
        self._clock = clock

    def read(self) -> Sending:
        return self._switch.read()

    def __call__(self, *, enabled: bool, reason: str | None, by: str) -> Sending:
        """`by`: the operator. Raises StoreError if the switch could not be turned."""
        sending = Sending(enabled, reason, by, self._clock())
        self._switch.turn(sending)
        logger.warning("sending was switched %s", "on" if enabled else "off", extra={"operator": by})
        try:
            if enabled:
                self._apply(CampaignStatus.PAUSED, self._go_on)
            else:
                self._apply(CampaignStatus.RUNNING, self._pause)
        except StoreError:
            logger.exception("not all campaigns follow the switch yet")
        return sending

    def _apply(self, status: CampaignStatus, step: Callable[[Campaign], object]) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        for campaign in self._campaigns(status):
            if time.monotonic() > until:
                logger.warning("not all campaigns follow the switch yet")
                return
            step(campaign)

    def _campaigns(self, status: CampaignStatus) -> Iterator[Campaign]:
        cursor: str | None = None
        while True:
            campaigns, cursor = self._store.newest(PAGE, cursor, status)
            yield from campaigns
            if cursor is None:
                return

    def _pause(self, campaign: Campaign) -> None:
        self._lifecycle.stop(campaign.id, CampaignStatus.PAUSED, Cause(Reason.SENDING_OFF))

    def _go_on(self, campaign: Campaign) -> None:
        if campaign.reason is Reason.SENDING_OFF:
            self._lifecycle.go_on(campaign)
