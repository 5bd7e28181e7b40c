"""A user who, by the provider's answer, has no valid permit left for a template."""

import logging
from dataclasses import dataclass

from minipush.application.delivery.claims import CLAIM_NOT_SETTLED
from minipush.application.delivery.delivery import Delivery
from minipush.application.ports.ledger import Ledger
from minipush.domain.ids import user_hash
from minipush.domain.permits import Permit
from minipush.domain.users import User
from minipush.errors import StoreError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RefusedRecipient:
    """`permit` was tried and is claimed for the delivery. `user` is as it was read before the try.

    `errcode` is kept with the invalidated permits.
    """

    user: User
    permit: Permit
    delivery: Delivery
    errcode: int

    @property
    def about(self) -> dict[str, str]:
        """What a log line says of this user."""
        user = user_hash(self.user.openid)
        return {"delivery_id": self.delivery.id, "user": user, "permit_kind": self.permit.kind.name}

    async def invalidate_all(self, ledger: Ledger, now: int) -> bool:
        """Believe the answer: invalidate this permit and the user's others for the message.

        What the user accepts from now on counts. False if another process has taken over the delivery. The
        answer stands even if the ledger cannot be written.
        """
        openid, holder, message = self.user.openid, self.delivery.holder, self.delivery.message
        fitting = self.user.fitting(message.type.permit_kinds, message.template_id, now)
        tried = self.permit.stored_identity
        others = [permit for permit in fitting if permit.stored_identity != tried]
        try:
            if not await ledger.invalidate(openid, self.permit, holder, self.errcode):
                return False
            await ledger.invalidate_all(openid, others, holder, self.errcode, now)
        except StoreError:
            logger.exception(CLAIM_NOT_SETTLED, extra=self.about)
        return True

    async def spare(self, ledger: Ledger) -> bool:
        """Doubt the answer: give the permit back. False if the ledger cannot be written."""
        try:
            await ledger.give_back(self.user.openid, self.permit, self.delivery.holder)
        except StoreError:
            logger.exception(CLAIM_NOT_SETTLED, extra=self.about)
            return False
        return True
