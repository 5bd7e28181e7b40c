"""The claim of one delivery on one permit: made, given back, or ended with the permit."""

import logging

from minipush.application.delivery.delivery import Delivery, DeliveryDependencies
from minipush.domain.ids import user_hash
from minipush.domain.permits import Permit, delivery_of
from minipush.errors import ClaimLostError, StoreError

logger = logging.getLogger(__name__)

CLAIM_NOT_SETTLED = "a claim could not be settled; the permit stays claimed"


async def claim(dependencies: DeliveryDependencies, openid: str, permit: Permit, delivery: Delivery) -> bool:
    """Whether the permit is this delivery's now; False if another delivery has it, or it is gone.

    Raise ClaimLostError if another process has taken over the delivery, StoreError if the ledger cannot be written.
    """
    ledger, holder = dependencies.ledger, delivery.holder
    try:
        found = await ledger.claim(openid, permit, holder, dependencies.clock())
    except StoreError:
        # The claim may be written all the same. Nothing was sent on it.
        await ledger.give_back(openid, permit, holder)
        raise
    if found and found != holder and delivery_of(found) == delivery.id:
        raise ClaimLostError
    return found == holder


async def give_back(
    dependencies: DeliveryDependencies, openid: str, permit: Permit, delivery: Delivery
) -> bool:
    """Whether the permit is live again. If the ledger cannot be written, it may stay claimed."""
    try:
        await dependencies.ledger.give_back(openid, permit, delivery.holder)
    except StoreError:
        logger.exception(CLAIM_NOT_SETTLED, extra=_about(openid, permit, delivery))
        return False
    return True


async def invalidate(
    dependencies: DeliveryDependencies, openid: str, permit: Permit, delivery: Delivery, errcode: int
) -> None:
    """The provider refused the permit for good. Raise ClaimLostError as `claim`."""
    try:
        is_ours = await dependencies.ledger.invalidate(openid, permit, delivery.holder, errcode)
    except StoreError:
        logger.exception(CLAIM_NOT_SETTLED, extra=_about(openid, permit, delivery))
        return
    if not is_ours:
        raise ClaimLostError


async def invalidate_others(
    dependencies: DeliveryDependencies, openid: str, permits: list[Permit], delivery: Delivery, errcode: int
) -> None:
    """The provider's answer ends these unclaimed permits, too. It stands even if the ledger cannot be written."""
    ledger, now = dependencies.ledger, dependencies.clock()
    try:
        await ledger.invalidate_all(openid, permits, delivery.holder, errcode, now)
    except StoreError:
        about = {"delivery_id": delivery.id, "user": user_hash(openid)}
        logger.exception("permits could not be invalidated; they will be tried again", extra=about)


def _about(openid: str, permit: Permit, delivery: Delivery) -> dict[str, str]:
    return {"delivery_id": delivery.id, "user": user_hash(openid), "permit_kind": permit.kind.name}
