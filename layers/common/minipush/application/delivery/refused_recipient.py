"""A user of whom WeChat says that nothing is left of the count for a template: 43101."""

import logging
from dataclasses import dataclass

from minipush.application.delivery.attempt import CLAIM_NOT_SETTLED
from minipush.application.delivery.delivery import Delivery
from minipush.application.ports.ledger import Ledger
from minipush.domain.permits import NOTHING_LEFT, Permit
from minipush.domain.users import User
from minipush.errors import StoreError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RefusedRecipient:
    """`permit` was tried, and is claimed for the delivery; the user is as read before."""

    user: User
    permit: Permit
    delivery: Delivery

    async def invalidate_all(self, ledger: Ledger, now: int) -> bool:
        """WeChat is believed: this permit and the others are dead; False when another has taken the delivery over.

        What the user accepts from now on counts. The answer stands, also when the ledger can't be told of it.
        """
        openid, holder, message = self.user.openid, self.delivery.holder, self.delivery.message
        fitting = self.user.fitting(message.type.kinds, message.template_id, now)
        others = [permit for permit in fitting if permit != self.permit]
        try:
            if not await ledger.invalidate(openid, self.permit, holder, NOTHING_LEFT):
                return False
            await ledger.invalidate_all(openid, others, holder, NOTHING_LEFT, now)
        except StoreError:
            logger.exception(CLAIM_NOT_SETTLED, extra={"permit_kind": self.permit.kind})
        return True

    async def spare(self, ledger: Ledger) -> bool:
        """WeChat is not believed: the permit is live again, unless the ledger can't be told."""
        try:
            await ledger.give_back(self.user.openid, self.permit, self.delivery.holder)
        except StoreError:
            logger.exception(CLAIM_NOT_SETTLED, extra={"permit_kind": self.permit.kind})
            return False
        return True
